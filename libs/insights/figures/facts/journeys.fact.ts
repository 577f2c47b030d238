import { toMs } from '@baton/kernel';
import { journeys, type JourneyDocument } from '@baton/attribution';
import { fact, instantOf, numberOf, textOf } from '../fact.rules';
import { ofColleague } from './colleagues.fact';
import { dealFact } from './deals.fact';
import { ofFirstTouch } from './first-touches.fact';

const ofDeal = (column: string) => ({ through: 'opportunityId', fact: () => dealFact, column });
const contactOf = ({ firstContactAt, closedAt }: JourneyDocument): string =>
  firstContactAt === null ? 'none' : firstContactAt > closedAt ? 'after the close' : 'before the close';

/** The journey of every closed deal, with the facts of the deal at its close. */
export const journeyFact = fact<JourneyDocument, JourneyDocument>({
  name: 'journeys',
  description: 'The journey of every closed deal, from the first contact with any of its people to the close.',
  entity: 'Opportunity',
  of: journeys,
  rows: (journey) =>
    journey.status === 'closed' ? [{ id: journey.journeyId, entity: journey.journeyId, row: journey }] : [],
  columns: {
    opportunityId: textOf(({ journeyId }) => journeyId),
    closedAt: instantOf(({ closedAt }) => closedAt),
    outcome: textOf(({ outcome }) => outcome),
    contact: textOf(contactOf),
    cycleMs: numberOf((journey) =>
      contactOf(journey) === 'before the close' ? toMs(journey.closedAt) - toMs(journey.firstContactAt!) : undefined,
    ),
    product: textOf(({ product }) => product),
    owner: textOf(({ owner }) => owner),
    source: textOf(({ source }) => source),
    currency: textOf(({ currency }) => currency),
  },
  dimensions: {
    ...{ owner: 'owner', product: 'product', currency: 'currency', recordSource: 'source', account: ofDeal('account') },
    ...{ rep: 'owner', manager: ofColleague('owner', ['closedAt'], 'manager') },
    ...{ channel: ofFirstTouch('channel'), campaign: ofFirstTouch('campaign') },
    ...{ source: ofFirstTouch('source', 'source'), team: ofFirstTouch('team') },
  },
});
