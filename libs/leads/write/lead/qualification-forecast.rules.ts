import {
  laterOf,
  DAY_MS,
  fromMs,
  Refused,
  toMs,
  type Decider,
  type NewEvent,
  type DatedEvent,
  type Instant,
} from '@baton/kernel';
import { canBecomeMet, type CriteriaFacts, type DefinitionContext, type FindDefinition } from '@baton/definitions';
import type { LeadCommand, LeadEvent } from './lead.events';
import { afterFacts, isKnown, withPerson, type Known, type Lead } from './lead.model';
import { criteriaOf, qualifiedOver } from './qualification.rules';
import { scoreMovement } from './score.model';

const HORIZON_MS = 20 * 365 * DAY_MS;
/** So many spans are looked at; whoever is not decided by then is looked at again where the search stands. */
const LOOKS = 1000;

/** Can a lead come to meet these definitions while nothing happens to it? */
const canRise = (definition: FindDefinition): boolean => {
  const model = definition('scoring-model')?.body;
  const score = model ? scoreMovement(model) : { rises: false, falls: false };
  if (score.rises && model?.threshold !== undefined) return true;
  const tree = criteriaOf(definition('mql'));
  return tree !== undefined && canBecomeMet(tree, score);
};

/**
 * The first instant after `after` at which time alone makes a lead meet the definitions in force, to the millisecond;
 * or, where that takes too long to find, one before it at which to look again.
 * @param facts with no touch after `after`
 * @returns epoch milliseconds; undefined where it never happens within twenty years
 */
export const nextQualified = (facts: CriteriaFacts, after: number, definition: FindDefinition): number | undefined => {
  const spans: (readonly [number, number])[] = [[after + 1, after + HORIZON_MS]];
  for (let looks = 0; spans.length > 0; looks++) {
    const [from, to] = spans.pop()!;
    if (looks === LOOKS) return from;
    const found = qualifiedOver(facts, from, to, definition);
    if (found > 0) return from;
    if (found < 0) continue;
    const middle = from + Math.floor((to - from) / 2);
    spans.push([middle + 1, to], [from, middle]);
  }
  return undefined;
};

type Facts = readonly NewEvent<LeadEvent>[];
type LeadDecider = Decider<Lead, LeadCommand, LeadEvent>;

/** Is the lead judged by the definitions as time passes? */
const waits = (state: Lead): state is Known =>
  isKnown(state) && state.stage === 'lead' && state.person.mergedInto === undefined;

/** What a lead is judged after. */
const judgedAfter: ReadonlySet<string> = new Set<LeadEvent['type']>([
  'LeadCaptured',
  'LeadProfileChanged',
  'LeadFactsCleared',
  'TouchRecorded',
  'LeadVisitsJoined',
  'LeadReengaged',
  'LeadUnmergedFrom',
  'LeadUnmerged',
  'MergedFactsAdded',
  'MergedFactsRemoved',
]);

/**
 * A lead that time alone may qualify: points below zero that fade, a count that must not be exceeded, a `not`. When the
 * instant is foreseen, changes, or is foreseen no more, `QualificationScheduled` stands in the same append as its cause;
 * at that instant the definitions then in force judge the lead again. Where the definitions cannot be met by time alone
 * nothing is looked for.
 * @param decider judges the lead whenever something happens to it, and when it is told to (`ReevaluateLead`)
 */
export const withQualificationForecast = (decider: LeadDecider): LeadDecider => {
  const foretold = (state: Lead, facts: Facts, context: DefinitionContext): Facts => {
    const { now, definition } = context;
    const possible = canRise(definition);
    if (!possible && !(isKnown(state) && state.person.foreseen !== undefined)) return facts;
    const after = afterFacts(evolve, state, facts, context);
    if (!waits(after)) return facts;
    const { person } = after;
    const next = possible ? nextQualified(person, toMs(laterOf(now, person.latest)), definition) : undefined;
    const at = next === undefined ? undefined : fromMs(next);
    if (at === person.foreseen) return facts;
    const definitions = (['mql', 'scoring-model'] as const).flatMap((kind) => definition(kind)?.ref ?? []);
    const data = { leadId: person.leadId, ...(at && { at }), definitions };
    return [...facts, { type: 'QualificationScheduled', data }];
  };
  const evolve = (state: Lead, event: DatedEvent<LeadEvent>): Lead => {
    const next = decider.evolve(state, event);
    // Whoever leaves is judged afresh on coming back.
    return isKnown(next) && next.person.foreseen !== undefined && !waits(next)
      ? withPerson(next, ({ foreseen: _, ...person }) => person)
      : next;
  };
  const foreseenOf = (state: Lead): Instant | undefined => (waits(state) ? state.person.foreseen : undefined);
  return {
    ...decider,
    evolve,
    decide: (state, command, context) => {
      const facts = decider.decide(state, command, context);
      if (facts instanceof Refused) return facts;
      const judged = command.type === 'ReevaluateLead' || facts.some(({ type }) => judgedAfter.has(type));
      return judged ? foretold(state, facts, context) : facts;
    },
    due: (state) => foreseenOf(state) ?? decider.due(state),
    elapse: (state, context) => {
      const foreseen = foreseenOf(state);
      if (foreseen === undefined || foreseen > context.now || !isKnown(state))
        return foretold(state, decider.elapse(state, context), context);
      const meta = { commandId: '', actor: 'baton', origin: 'system' } as const;
      const again = { type: 'ReevaluateLead', data: { leadId: state.person.leadId }, meta } as const;
      const facts = decider.decide(state, again, context);
      return facts instanceof Refused ? [] : foretold(state, facts, context);
    },
  };
};
