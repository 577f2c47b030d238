import {
  computed,
  DAY_MS,
  enumeration,
  field,
  lastStageOf,
  noStays,
  readModel,
  roles,
  toMs,
  withStayMark,
  type DocumentOf,
  type HistoryStep,
  type Sealed,
  type Stay,
  type StayMark,
  type Stays,
  type StoredEvent,
} from '@baton/kernel';
import { isBehind, isLateMove } from '../../write/lead/late-moves.rules';
import type { LeadEvent } from '../../write/lead/lead.events';
import { convertedFrom, type StageName } from '../../write/lead/lead.model';
import { leadStages } from '../leads/leads.read-model';

const exits = enumeration('LeadStayExit', 'How a stay in a lifecycle stage ended.', {
  moved: 'The lead moved to another stage.',
  merged: 'The lead was merged into another one, which goes on.',
});
const filtered = { optional: true, filter: true } as const;
const known = { nullable: true, filter: true } as const;
const sorted = { filter: true, sort: true } as const;
const fields = {
  stayId: field.id('The stay.', { filter: true }),
  leadId: field.id('The lead.', { filter: true, entity: 'Lead' }),
  stage: field.enum(leadStages, 'The stage, or the disposition.', { filter: true }),
  place: field.integer('Which of all its stays it is, in the order of its history, from 1.', sorted),
  visit: field.integer('Which stay of the lead in this stage it is, from 1.', sorted),
  enteredAt: field.instant('When the lead came to the stage.', sorted),
  leftAt: field.instant('When it left; null while it is there.', { nullable: true, ...sorted }),
  exit: field.enum(exits, 'How the stay ended; null while it lasts.', known),
  previousStage: field.enum(leadStages, 'The stage before; null for the first.', known),
  nextStage: field.enum(leadStages, 'The stage after; null while it lasts, and after a merge.', known),
  stayMs: field.largeInteger('How long it lasted, in milliseconds of the wall clock; null while it lasts.', {
    nullable: true,
    ...sorted,
  }),
  by: field.text('The user or system that moved the lead here.', { filter: true }),
  definition: field.text('The definition and version that decided, `mql@3`.', filtered),
  reason: field.text('The reason for the move.', filtered),
  note: field.personal('The comment of the rep.', { optional: true }),
  external: field.flag('True if another system made the decision.', { filter: true }),
  rep: field.text('The rep who had the lead when it came here.', filtered),
  owner: field.text('The owner of the lead, as captured.', filtered),
  source: field.text('Where the lead came from, as captured.', filtered),
} as const;
/** A stay of a lead in a lifecycle stage. */
export type LeadStageStay = DocumentOf<typeof fields>;

type Step = HistoryStep<Stays, Partial<LeadStageStay>>;
const marked = (leadId: string, stays: Stays, mark: StayMark, options?: Parameters<typeof withStayMark>[2]): Step => {
  const { put = [], ...step } = withStayMark(stays, mark, options);
  return {
    ...step,
    put: put.map(({ id, row }) => ({ id, row: { leadId, ...(row as Stay & { stage: StageName }) } as never })),
  };
};

/** What events of moves may say. */
interface MoveData {
  readonly definition?: string;
  readonly rep?: string;
  readonly reason?: string;
  readonly cause?: string;
  readonly note?: Sealed;
  readonly external?: true;
}
const moveOf = ({ data, meta }: StoredEvent): Pick<StayMark, 'move' | 'facts'> => {
  const { definition, rep, reason = data.cause, note, external = false } = data as MoveData & { cause?: string };
  const stated = { definition, reason, note };
  const known = Object.entries(stated).filter(([, value]) => value !== undefined);
  return {
    move: { by: meta.actor, external, ...Object.fromEntries(known) },
    ...(rep !== undefined && { facts: { rep } }),
  };
};

/** Moves of other systems may be recorded late: they count at their own time. Others void later ones, as in the decider. */
const moved =
  (to: StageName | ((before: StageName) => StageName)) =>
  (stays: Stays, event: StoredEvent, leadId: string): Step => {
    const { id, occurredAt: at } = event;
    const since = stays.marks.findLast((mark) => mark.returns || (mark.to && mark.to !== 'lead'))?.at;
    const stage = (lastStageOf(stays) ?? 'lead') as StageName;
    const isLate = isLateMove(event, { stage, since });
    const target = typeof to === 'string' ? to : to(((isLate ? lastStageOf(stays, at) : stage) ?? 'lead') as StageName);
    const comesBefore = (other: StayMark) => isBehind(target, other.to as StageName);
    return marked(
      leadId,
      stays,
      { id, at, to: target, ...moveOf(event) },
      isLate ? { comesBefore } : { voidsLater: true },
    );
  };
type Becomes = Extract<LeadEvent, { type: 'LeadUnmerged' }>['data']['becomes'];
const becomes =
  (reason: string) =>
  (stays: Stays, event: StoredEvent<{ type: string; data: { becomes?: Becomes } }>, leadId: string): Step => {
    const { data, ...rest } = event;
    if (!data.becomes) return { state: stays };
    const { stage, definition, rep } = data.becomes;
    const said = { reason, ...(definition !== undefined && { definition }), ...(rep !== undefined && { rep }) };
    return moved(stage)(stays, { ...rest, data: said }, leadId);
  };
const facts = ({ owner, source }: { readonly owner?: string; readonly source?: string }) => ({
  ...(owner !== undefined && { owner }),
  ...(source !== undefined && { source }),
});

/** One row per stay of a lead in a lifecycle stage: together they tile its time from the capture on, while it is not merged. */
export const leadStageStays = readModel<LeadStageStay, LeadEvent, Stays>({
  name: 'lead-stage-stays',
  version: 2,
  personal: true,
  node: 'LeadStageStay',
  description: 'A stay of a lead in a lifecycle stage, from one move to the next.',
  key: 'stayId',
  fields,
  computed: {
    days: computed<LeadStageStay>(
      field.number('How long it lasted, or has lasted so far, in days of 24 hours.'),
      ({ enteredAt, leftAt }, at) => Math.max(0, toMs(leftAt ?? at) - toMs(enteredAt)) / DAY_MS,
    ),
  },
  lists: {
    leadStageStays: { description: 'Stays of leads in lifecycle stages, the latest first.', orderBy: '-enteredAt' },
  },
  allow: roles,
  questions: [
    { where: ['leadId'], orderBy: 'enteredAt' },
    { where: ['stage'], orderBy: '-enteredAt' },
    { where: ['stage', 'rep'], orderBy: '-enteredAt' },
  ],
  keys: ({ data }) => [data.leadId],
  history: {
    initial: () => noStays,
    on: {
      LeadCaptured: (stays, event, leadId) => {
        const { id, occurredAt: at, data } = event;
        return marked(leadId, stays, {
          id,
          at,
          to: 'lead',
          move: { by: event.meta.actor, external: false },
          facts: facts(data),
        });
      },
      LeadQualified: moved('mql'),
      LeadHandedOff: moved('handed-off'),
      LeadAccepted: moved('sal'),
      LeadRejected: moved('rejected'),
      LeadRecycled: moved('recycled'),
      LeadSalesQualified: moved('sql'),
      LeadConverted: moved(convertedFrom),
      LeadBecameCustomer: moved('customer'),
      LeadReturnedToOpportunity: moved('opportunity'),
      LeadReengaged: moved('lead'),
      LeadDisqualified: moved('disqualified'),
      MergedFactsAdded: becomes('merge'),
      MergedFactsRemoved: becomes('unmerge'),
      LeadUnmerged: becomes('unmerge'),
      LeadMergedInto: (stays, { id, occurredAt: at }, leadId) =>
        marked(leadId, stays, { id, at, to: null, exit: 'merged' }),
      LeadUnmergedFrom: (stays, event, leadId) => {
        const { id, occurredAt: at } = event;
        return marked(leadId, stays, { id, at, returns: true, ...moveOf(event as StoredEvent) });
      },
    },
  },
});
