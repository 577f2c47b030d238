import { touches, type Touch } from '@baton/opportunities';
import { fact, instantOf, numberOf, textOf } from '../fact.rules';
import { ofColleague } from './colleagues.fact';
import { ofPerson } from './people.fact';

/** Every contact between a person and either team. */
export const touchFact = fact<Touch, Touch>({
  name: 'touches',
  description:
    'Every contact between a person and either team, as its source reported it; visits included. Its rep is who recorded it.',
  entity: 'Lead',
  of: touches,
  rows: (touch) => [{ id: touch.touchId, entity: touch.leadId, row: touch }],
  columns: {
    at: instantOf(({ at }) => at),
    leadId: textOf(({ leadId }) => leadId),
    team: textOf(({ team }) => team),
    direction: textOf(({ direction }) => direction),
    action: textOf(({ action }) => action),
    outcome: textOf(({ outcome }) => outcome),
    source: textOf(({ source }) => source),
    campaign: textOf(({ campaign }) => campaign),
    content: textOf(({ content }) => content),
    channel: textOf(({ channel }) => channel),
    page: textOf(({ page }) => page),
    revision: numberOf(({ revision }) => revision),
    by: textOf(({ by }) => by),
    minutes: numberOf(({ minutes }) => minutes),
  },
  dimensions: {
    ...{ team: 'team', direction: 'direction', action: 'action', outcome: 'outcome' },
    ...{ source: 'source', campaign: 'campaign', content: 'content' },
    ...{ rep: 'by', manager: ofColleague('by', ['at'], 'manager') },
    ...{ region: ofPerson('region'), industry: ofPerson('industry'), size: ofPerson('size') },
  },
});
