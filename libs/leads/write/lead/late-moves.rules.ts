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

/** The stages in their order. Where a lead was given back is on no side of them. */
const lifecycle: readonly StageName[] = ['lead', 'mql', 'handed-off', 'sal', 'sql', 'opportunity', 'customer'];
const isBehind = (stage: StageName, other: StageName): boolean =>
  lifecycle.includes(stage) && lifecycle.indexOf(stage) < lifecycle.indexOf(other) && stage !== 'opportunity'; // a conversion leaves a customer one

/**
 * Where a lead stands, and since which move; before its first move it stands there from the start. That a lead was taken
 * up again is no such move: it followed from where the lead seemed to stand, and gives way to news of the time between.
 */
interface StagePosition {
  readonly stage: StageName;
  readonly since?: Instant | undefined;
}
/** Of two moves of other systems the later stands, and of one instant the further: in whatever order they are told. */
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

/** Is this a move of another system that was told after a later one? It counts at its own instant and moves nobody back. */
export const isLateMove = ({ type, data, occurredAt }: DatedEvent<AnyEvent>, known: StagePosition): boolean => {
  const to = targetStages[type];
  return to !== undefined && (data as { external?: true }).external === true && isBefore(to, occurredAt, known);
};

const stagePositionOf = ({ stage, person: { stages } }: CapturedLead): StagePosition => ({
  stage,
  since: stages.findLast(({ value }) => value.stage !== 'lead')?.from,
});
/** Where the lead stood when a move to this stage was made. */
const stageAtMove = ({ person: { stages } }: CapturedLead, to: StageName, at: Instant): Stage => {
  return (isOvertaken(stages, to, at) ? valueBefore(stages, at) : valueAt(stages, at)) ?? { stage: 'lead', from: at };
};
/** Did the lead come further at this very instant? */
const isOvertaken = (stages: Register<Stage>, to: StageName, at: Instant): boolean =>
  stages.some(({ from, value }) => from === at && isBehind(to, value.stage));
const leadAtMove = (lead: CapturedLead, to: StageName, at: Instant): CapturedLead => ({
  ...stageAtMove(lead, to, at),
  person: lead.person,
});

/** Since when moves count that a read model is told of: see `Standing`. What was moved after a lead was taken up again is void. */
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
 * A decider of leads that takes what other systems decided in whatever order it is told: a move that is told after a
 * later one is decided on the lead as it stood then, and moves it back no more.
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
      // The deal may be open to this day: then the lead was given back for no reason.
      return withDealConsequences(state, facts, context, (all) => leadAfter(evolve, state, all, context));
    },
  };
};

/** The lead after a move of today, which stands whatever instant it names. */
const withMove = (before: Lead, next: Lead, { type, occurredAt }: DatedEvent<LeadEvent>): Lead => {
  if (!isCapturedLead(next)) return next;
  const stays = isCapturedLead(before) && before.stage === next.stage && !stageChangeEvents.has(type);
  if (stays) return next;
  const from = type === 'LeadCaptured' ? FROM_THE_START : occurredAt;
  const earlier = next.person.stages.filter((each) => each.from < from);
  return { ...next, person: { ...next.person, stages: [...earlier, { from, value: stageOf(next) }] } };
};
/** The lead where it stands now, with what a late move said of the person. */
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
