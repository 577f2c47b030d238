import {
  computed,
  DAY_MS,
  enumeration,
  field,
  readModel,
  roles,
  type DocumentOf,
  type HistoryStep,
  type Money,
  type StoredEvent,
} from '@baton/kernel';
import { clearableFields } from '../../write/opportunity/deal.model';
import type { OpportunityEvent } from '../../write/opportunity/opportunity.events';
import { dealStatuses } from '../deals/deals.read-model';
import {
  noHistory,
  withChange,
  type ChangeKind,
  type ChangeRow,
  type DealHistory,
  type DealValues,
} from './changes.rules';

const kinds = enumeration<ChangeKind>('OpportunityChangeKind', 'What changed in a deal, or happened to it.', {
  opened: 'It was opened.',
  stage: 'It moved to another stage.',
  amount: 'Its amount changed.',
  'close-date': 'Its expected close date changed.',
  owner: 'Its owner changed.',
  won: 'It was won.',
  lost: 'It was lost.',
  reopened: 'It was reopened.',
  proposal: 'A proposal was sent.',
  people: 'A person got a role in it, or lost it.',
  details: 'Its name, company, product or source changed.',
});
const known = { nullable: true, filter: true } as const;
const sorted = { filter: true, sort: true } as const;
const hidden = { nullable: true, hidden: true } as const;
const fields = {
  changeId: field.id('The change.', { filter: true }),
  opportunityId: field.id('The deal.', { filter: true, entity: 'Opportunity' }),
  at: field.instant('When it happened.', sorted),
  turn: field.integer('Its place among the changes of the deal at the same instant, from 0.', { hidden: true }),
  what: field.enum(kinds, 'What changed.', { filter: true }),
  by: field.text('The user or system that changed it.', { filter: true }),
  previous: field.text('The stage, close date or owner before; null for none, and for other changes.', known),
  previousMinor: field.largeInteger('The amount before, in minor units.', hidden),
  previousCurrency: field.text('The currency of the amount before.', hidden),
  push: field.integer('Which move of the close date to a later day it is, from 1; null for other changes.', {
    ...{ nullable: true, ...sorted },
  }),
  pipeline: field.text('The pipeline after it.', known),
  stage: field.text('The stage after it.', known),
  amount: field.money('The amount after it.', { nullable: true, ...sorted }),
  expectedCloseOn: field.day('The expected close date after it.', known),
  owner: field.text('The owner after it.', known),
  status: field.enum(dealStatuses, 'Open, won or lost after it.', { filter: true }),
} as const;
/** A change of a deal, with its values after it. */
export type DealChange = DocumentOf<typeof fields>;

/** The amount before a change of it; null without one. */
export const previousAmountOf = ({ previousMinor, previousCurrency }: DealChange): Money | null =>
  previousMinor === null || previousCurrency === null ? null : { minor: previousMinor, currency: previousCurrency };
/** By how many days a change moved the expected close date; negative for an earlier day, null without two days. */
export const daysMovedOf = ({ what, previous, expectedCloseOn }: DealChange): number | null =>
  what !== 'close-date' || previous === null || expectedCloseOn === null
    ? null
    : Math.round((Date.parse(expectedCloseOn) - Date.parse(previous)) / DAY_MS);

type Step = HistoryStep<DealHistory, Partial<DealChange>>;
const changed = (
  history: DealHistory,
  { id, occurredAt: at, meta, data }: StoredEvent,
  sets: Partial<DealValues>,
  is?: ChangeKind,
): Step => {
  const { put = [], ...step } = withChange(history, { id, at, by: meta.actor, sets, ...(is && { is }) });
  const { opportunityId } = data as { readonly opportunityId: string };
  const withDeal = ({ row }: { readonly row: ChangeRow }) => ({ ...row, opportunityId }) as Partial<DealChange>;
  return { ...step, put: put.map((one) => ({ id: one.id, row: withDeal(one) })) };
};
const amountIn = (amount: Money | undefined): Partial<DealValues> =>
  amount ? { amountMinor: amount.minor, currency: amount.currency } : {};
/** The fields that have a value. */
const given = (fieldsOf: { readonly [F in keyof DealValues]?: DealValues[F] | undefined }): Partial<DealValues> =>
  Object.fromEntries(Object.entries(fieldsOf).filter(([, value]) => value !== undefined));

/**
 * One row per change of a deal: of its stage, amount, close date, owner and status, with the values before and after; what
 * else happened to it has a row too. Changes may be recorded in any order; each counts at its own time, and one that changes
 * nothing then has no row.
 */
export const dealChanges = readModel<DealChange, OpportunityEvent, DealHistory>({
  name: 'deal-changes',
  version: 1,
  node: 'OpportunityChange',
  description: 'A change of a deal, with its values after it.',
  key: 'changeId',
  fields,
  computed: {
    previousAmount: computed<DealChange>(
      field.money('The amount before; null for none, and for other changes.', { nullable: true }),
      previousAmountOf,
    ),
    daysMoved: computed<DealChange>(
      field.integer('By how many days the close date moved; negative for an earlier one, null for other changes.', {
        nullable: true,
      }),
      daysMovedOf,
    ),
  },
  lists: { opportunityChanges: { description: 'Changes of deals, the latest first.', orderBy: '-at' } },
  allow: roles,
  questions: [
    { where: ['opportunityId'], orderBy: '-at' },
    { where: ['what'], orderBy: '-at' },
    { where: ['owner', 'what'], orderBy: '-at' },
  ],
  keys: ({ data }) => [data.opportunityId],
  history: {
    initial: () => noHistory,
    on: {
      OpportunityOpened: (history, event) => {
        const { pipeline, stage, amount, expectedCloseOn, owner } = event.data;
        return changed(
          history,
          event,
          { ...given({ pipeline, stage, expectedCloseOn, owner }), ...amountIn(amount) },
          'opened',
        );
      },
      OpportunityStageMoved: (history, event) =>
        changed(history, event, given({ stage: event.data.to, pipeline: event.data.pipeline })),
      OpportunityAmountChanged: (history, event) => changed(history, event, amountIn(event.data.to)),
      OpportunityCloseDateChanged: (history, event) => changed(history, event, { expectedCloseOn: event.data.to }),
      OpportunityOwnerChanged: (history, event) => changed(history, event, { owner: event.data.to }),
      OpportunityUpdated: (history, event) => changed(history, event, {}, 'details'),
      OpportunityFactsCleared: (history, event) => {
        const cleared = event.data.facts.map((fact) => clearableFields[fact]);
        const own = cleared.filter((name) => name === 'owner' || name === 'expectedCloseOn');
        const sets = Object.fromEntries(own.map((name) => [name, null]));
        return changed(history, event, sets, own.length < cleared.length ? 'details' : undefined);
      },
      ContactRoleAdded: (history, event) => changed(history, event, {}, 'people'),
      ContactRoleRemoved: (history, event) => changed(history, event, {}, 'people'),
      ProposalSent: (history, event) => changed(history, event, {}, 'proposal'),
      OpportunityWon: (history, event) =>
        changed(history, event, { ...amountIn(event.data.signedAmount), status: 'won' }, 'won'),
      OpportunityLost: (history, event) => changed(history, event, { status: 'lost' }, 'lost'),
      OpportunityReopened: (history, event) =>
        changed(history, event, { ...given({ stage: event.data.stage }), status: 'open' }, 'reopened'),
    },
  },
});
