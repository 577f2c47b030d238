import {
  computed,
  DAY_MS,
  enumeration,
  field,
  noStays,
  readModel,
  roles,
  toMs,
  withStayMark,
  type DocumentOf,
  type HistoryStep,
  type StayMark,
  type Stays,
  type StoredEvent,
} from '@baton/kernel';
import { clearableFields } from '../../write/opportunity/deal.model';
import type { OpportunityEvent } from '../../write/opportunity/opportunity.events';

const exits = enumeration('OpportunityStayExit', 'How a stay in a pipeline stage ended.', {
  moved: 'The deal moved to another stage.',
  won: 'The deal was won.',
  lost: 'The deal was lost.',
});
const known = { nullable: true, filter: true } as const;
const filtered = { optional: true, filter: true } as const;
const sorted = { filter: true, sort: true } as const;
const fields = {
  stayId: field.id('The stay.', { filter: true }),
  opportunityId: field.id('The deal.', { filter: true, entity: 'Opportunity' }),
  stage: field.text('The stage, as the team names it.', sorted),
  place: field.integer('Which of all its stays it is, in the order of its history, from 1.', sorted),
  visit: field.integer('Which stay of the deal in this stage it is, from 1.', sorted),
  enteredAt: field.instant('When the deal came to the stage.', sorted),
  leftAt: field.instant('When it left; null while it is there.', { nullable: true, ...sorted }),
  exit: field.enum(exits, 'How the stay ended; null while it lasts.', known),
  previousStage: field.text('The stage before; null for the first.', known),
  nextStage: field.text('The stage after; null while it lasts, and after a close.', known),
  stayMs: field.largeInteger('How long it lasted, in milliseconds of the wall clock; null while it lasts.', {
    nullable: true,
    ...sorted,
  }),
  by: field.text('The user or system that moved the deal here.', { filter: true }),
  owner: field.text('The owner of the deal when it came here.', filtered),
  product: field.text('The product, as known when it came here.', filtered),
  source: field.text('The source, as known when it came here.', filtered),
} as const;
/** A stay of a deal in a pipeline stage. */
export type DealStageStay = DocumentOf<typeof fields>;

type Step = HistoryStep<Stays, Partial<DealStageStay>>;
const factNames = ['owner', 'product', 'source'] as const;
type Facts = Readonly<Partial<Record<(typeof factNames)[number], string>>>;
const factsIn = (said: Facts): object =>
  Object.fromEntries(factNames.flatMap((name) => (said[name] === undefined ? [] : [[name, said[name]]])));

/** A change dated at the instant of a close was made before it. */
const beforeClose = { comesBefore: (other: StayMark) => other.to === null };
const marked = (
  stays: Stays,
  { id, occurredAt: at, meta }: StoredEvent,
  opportunityId: string,
  mark: Omit<StayMark, 'id' | 'at' | 'move'>,
  options?: typeof beforeClose,
): Step => {
  const { put = [], ...step } = withStayMark(stays, { id, at, move: { by: meta.actor }, ...mark }, options);
  return { ...step, put: put.map(({ id: stay, row }) => ({ id: stay, row: { ...row, opportunityId } as never })) };
};
const changed = (stays: Stays, event: StoredEvent, opportunityId: string, facts: object): Step =>
  Object.keys(facts).length === 0 ? { state: stays } : marked(stays, event, opportunityId, { facts }, beforeClose);

/**
 * One row per stay of a deal in a pipeline stage: together they tile the time in which it is open. Moves may be recorded in
 * any order; each counts at its own time.
 */
export const dealStageStays = readModel<DealStageStay, OpportunityEvent, Stays>({
  name: 'deal-stage-stays',
  version: 2,
  node: 'OpportunityStageStay',
  description: 'A stay of a deal in a pipeline stage, from one move to the next.',
  key: 'stayId',
  fields,
  computed: {
    days: computed<DealStageStay>(
      field.number('How long it lasted, or has lasted so far, in days of 24 hours.'),
      ({ enteredAt, leftAt }, at) => Math.max(0, toMs(leftAt ?? at) - toMs(enteredAt)) / DAY_MS,
    ),
  },
  lists: {
    opportunityStageStays: {
      description: 'Stays of deals in pipeline stages, the latest first.',
      orderBy: '-enteredAt',
    },
  },
  allow: roles,
  questions: [
    { where: ['opportunityId'], orderBy: 'enteredAt' },
    { where: ['stage'], orderBy: '-enteredAt' },
    { where: ['stage', 'owner'], orderBy: '-enteredAt' },
  ],
  keys: ({ data }) => [data.opportunityId],
  history: {
    initial: () => noStays,
    on: {
      OpportunityOpened: (stays, event, id) =>
        marked(stays, event, id, { to: event.data.stage, facts: factsIn(event.data) }),
      OpportunityStageMoved: (stays, event, id) => marked(stays, event, id, { to: event.data.to }, beforeClose),
      OpportunityOwnerChanged: (stays, event, id) => changed(stays, event, id, { owner: event.data.to }),
      OpportunityUpdated: (stays, event, id) => changed(stays, event, id, factsIn(event.data)),
      OpportunityFactsCleared: (stays, event, id) => {
        const cleared = event.data.facts.map((fact) => clearableFields[fact]);
        const names = factNames.filter((name) => cleared.includes(name));
        return changed(stays, event, id, Object.fromEntries(names.map((name) => [name, null])));
      },
      OpportunityWon: (stays, event, id) => marked(stays, event, id, { to: null, exit: 'won' }),
      OpportunityLost: (stays, event, id) => marked(stays, event, id, { to: null, exit: 'lost' }),
      OpportunityReopened: (stays, event, id) => {
        const { stage } = event.data;
        return marked(stays, event, id, stage === undefined ? { returns: true } : { to: stage });
      },
    },
  },
});
