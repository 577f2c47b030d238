import {
  FROM_THE_START,
  Refused,
  valueAt,
  valueBefore,
  withValue,
  type AnyEvent,
  type Decider,
  type DatedEvent,
  type Instant,
  type Register,
} from '@baton/kernel';
import { withDealConsequences } from './deals.rules';
import { handoffsAfterLateMove } from './handoffs.rules';
import type { LeadCommand, LeadEvent } from './lead.events';
import {
  leadAfter,
  isCapturedLead,
  stageOf,
  type CapturedLead,
  type Lead,
  type Stage,
  type StageName,
} from './lead.model';
import { moves, type MoveName } from './moves.rules';
import { stageChangeEvents } from './merged-facts.rules';

/** The forward stages in order; rejected, recycled and disqualified are not part of it. */
const lifecycle: readonly StageName[] = ['lead', 'mql', 'handed-off', 'sal', 'sql', 'opportunity', 'customer'];
/** Does a stage come before another one in the lifecycle? */
export const isBehind = (stage: StageName, other: StageName): boolean =>
  // a customer with a new deal stays a customer
  lifecycle.includes(stage) && lifecycle.indexOf(stage) < lifecycle.indexOf(other) && stage !== 'opportunity';

/**
 * The stage of a lead and the time of its last move. A re-engagement does not count as a move: it followed from the
 * stage known at that time, and is replaced by earlier moves that are recorded late.
 */
interface StagePosition {
  readonly stage: StageName;
  readonly since?: Instant | undefined;
}
/**
 * True if a move must not replace the current stage: it is earlier, or at the same instant to an earlier stage. So the
 * order of recording does not matter.
 */
const isBefore = (to: StageName, at: Instant, { stage, since = FROM_THE_START }: StagePosition): boolean =>
  at < since || (at === since && isBehind(to, stage));

const targetStages: Readonly<Partial<Record<string, StageName>>> = {
  LeadQualified: 'mql',
  LeadHandedOff: 'handed-off',
  LeadAccepted: 'sal',
  LeadRejected: 'rejected',
  LeadRecycled: 'recycled',
  LeadSalesQualified: 'sql',
  LeadConverted: 'opportunity',
  LeadDisqualified: 'disqualified',
} satisfies Partial<Record<LeadEvent['type'], StageName>>;

/** True for a move by another system that was recorded after a later one: it counts at its own time and does not move the lead back. */
export const isLateMove = ({ type, data, occurredAt }: DatedEvent<AnyEvent>, known: StagePosition): boolean => {
  const to = targetStages[type];
  return to !== undefined && (data as { external?: true }).external === true && isBefore(to, occurredAt, known);
};

const stagePositionOf = ({ stage, person: { stages } }: CapturedLead): StagePosition => ({
  stage,
  since: stages.findLast(({ value }) => value.stage !== 'lead')?.from,
});
/** The stage of the lead when a move to `to` was made. */
const stageAtMove = ({ person: { stages } }: CapturedLead, to: StageName, at: Instant): Stage => {
  return (isOvertaken(stages, to, at) ? valueBefore(stages, at) : valueAt(stages, at)) ?? { stage: 'lead', from: at };
};
/** True if the lead reached a later stage at the same instant. */
const isOvertaken = (stages: Register<Stage>, to: StageName, at: Instant): boolean =>
  stages.some(({ from, value }) => from === at && isBehind(to, value.stage));
const leadAtMove = (lead: CapturedLead, to: StageName, at: Instant): CapturedLead => ({
  ...stageAtMove(lead, to, at),
  person: lead.person,
});

/** `movedAt` of a read model after a move, see `StagePosition`; a re-engagement voids later moves. */
export const movedAtOf = (
  { movedAt }: { readonly movedAt?: Instant },
  stage: StageName,
  at: Instant,
): { readonly movedAt?: Instant } => {
  if (stage !== 'lead') return { movedAt: at };
  return movedAt !== undefined && movedAt > at ? { movedAt: at } : {};
};

type LeadDecider = Decider<Lead, LeadCommand, LeadEvent>;
/**
 * Accepts moves by other systems in any order: a move that is recorded after a later one is decided on the lead as it was
 * at that time, and does not move it back.
 */
export const withLateMoves = (inner: LeadDecider): LeadDecider => {
  const evolve: LeadDecider['evolve'] = (state, event) => {
    if (!isCapturedLead(state) || !isLateMove(event, stagePositionOf(state)))
      return withMove(state, inner.evolve(state, event), event);
    const then = inner.evolve(leadAtMove(state, targetStages[event.type]!, event.occurredAt), event);
    return isCapturedLead(then) ? withLateMove(state, then, event) : state;
  };
  return {
    ...inner,
    evolve,
    decide: (state, command, context) => {
      const external = 'external' in command.data && command.data.external !== undefined;
      if (!external || !isCapturedLead(state)) return inner.decide(state, command, context);
      const { to } = moves[command.type as MoveName];
      if (!isBefore(to, context.now, stagePositionOf(state))) return inner.decide(state, command, context);
      const facts = inner.decide(leadAtMove(state, to, context.now), command, context);
      if (facts instanceof Refused || command.type !== 'ConvertLead') return facts;
      // If the deal is still open, the lead should not have been recycled in the meantime.
      return withDealConsequences(state, facts, context, (all) => leadAfter(evolve, state, all, context));
    },
  };
};

/** The lead after a move in order; later entries of its history are dropped. */
const withMove = (before: Lead, next: Lead, { type, occurredAt }: DatedEvent<LeadEvent>): Lead => {
  if (!isCapturedLead(next)) return next;
  const stays = isCapturedLead(before) && before.stage === next.stage && !stageChangeEvents.has(type);
  if (stays) return next;
  const from = type === 'LeadCaptured' ? FROM_THE_START : occurredAt;
  const earlier = next.person.stages.filter((each) => each.from < from);
  return { ...next, person: { ...next.person, stages: [...earlier, { from, value: stageOf(next) }] } };
};
/** The lead at its current stage, with the person changed by a late move. */
const withLateMove = (now: CapturedLead, then: CapturedLead, event: DatedEvent<LeadEvent>): CapturedLead => {
  const { mergedFacts: _, qualifiesAt: __, ...person } = then.person;
  const { mergedFacts: union, qualifiesAt } = now.person;
  const to = targetStages[event.type]!;
  const stages = isOvertaken(now.person.stages, to, event.occurredAt)
    ? now.person.stages
    : withValue(now.person.stages, event.occurredAt, stageOf(then));
  return {
    ...stageOf(now),
    person: {
      ...person,
      ...(union && { mergedFacts: union }),
      ...(qualifiesAt !== undefined && { qualifiesAt }),
      stages,
      handoffLog: handoffsAfterLateMove(
        now.person.handoffLog,
        event,
        stages.map(({ from: at, value }) => ({ ...value, at })),
      ),
    },
  };
};
