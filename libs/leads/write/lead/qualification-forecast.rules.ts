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
import { leadAfter, isCapturedLead, withPerson, type CapturedLead, type Lead } from './lead.model';
import { criteriaOf, qualifiedOver } from './qualification.rules';
import { scoreMovement } from './score.model';

const HORIZON_MS = 20 * 365 * DAY_MS;
/** Maximum number of intervals checked per search; an unfinished search continues later from where it stopped. */
const MAX_STEPS = 1000;

/** True if a lead can come to meet these definitions without another event. */
const canQualifyByTime = (definition: FindDefinition): boolean => {
  const model = definition('scoring-model')?.body;
  const score = model ? scoreMovement(model) : { rises: false, falls: false };
  if (score.rises && model?.threshold !== undefined) return true;
  const tree = criteriaOf(definition('mql'));
  return tree !== undefined && canBecomeMet(tree, score);
};

/**
 * The first instant after `after` at which time alone makes a lead meet the definitions in force, to the millisecond;
 * or, if the search takes too long, an earlier instant from which to continue it.
 * @param facts with no touch after `after`
 * @returns epoch milliseconds; undefined if it does not happen within twenty years
 */
export const nextQualified = (facts: CriteriaFacts, after: number, definition: FindDefinition): number | undefined => {
  const spans: (readonly [number, number])[] = [[after + 1, after + HORIZON_MS]];
  for (let steps = 0; spans.length > 0; steps++) {
    const [from, to] = spans.pop()!;
    if (steps === MAX_STEPS) return from;
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

/** True if the lead is evaluated as time passes. */
const awaitsQualification = (state: Lead): state is CapturedLead =>
  isCapturedLead(state) && state.stage === 'lead' && state.person.mergedInto === undefined;

/** Events after which a lead is evaluated. */
const evaluatedEvents: ReadonlySet<string> = new Set<LeadEvent['type']>([
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
 * Forecasts when a lead will qualify without another event, because negative points decay, or a count or a `not` expires.
 * `QualificationScheduled` records a new, changed or dropped forecast in the same append as its cause; at that time the lead
 * is evaluated again under the definitions then in force. Nothing is computed if the definitions cannot be met by time alone.
 * @param decider evaluates the lead after each relevant event, and on `ReevaluateLead`
 */
export const withQualificationForecast = (decider: LeadDecider): LeadDecider => {
  const withForecast = (state: Lead, facts: Facts, context: DefinitionContext): Facts => {
    const { now, definition } = context;
    const possible = canQualifyByTime(definition);
    if (!possible && !(isCapturedLead(state) && state.person.qualifiesAt !== undefined)) return facts;
    const after = leadAfter(evolve, state, facts, context);
    if (!awaitsQualification(after)) return facts;
    const { person } = after;
    const next = possible ? nextQualified(person, toMs(laterOf(now, person.latest)), definition) : undefined;
    const at = next === undefined ? undefined : fromMs(next);
    if (at === person.qualifiesAt) return facts;
    const definitions = (['mql', 'scoring-model'] as const).flatMap((kind) => definition(kind)?.ref ?? []);
    const data = { leadId: person.leadId, ...(at && { at }), definitions };
    return [...facts, { type: 'QualificationScheduled', data }];
  };
  const evolve = (state: Lead, event: DatedEvent<LeadEvent>): Lead => {
    const next = decider.evolve(state, event);
    // A lead that leaves this stage is evaluated anew when it returns.
    return isCapturedLead(next) && next.person.qualifiesAt !== undefined && !awaitsQualification(next)
      ? withPerson(next, ({ qualifiesAt: _, ...person }) => person)
      : next;
  };
  const qualifiesAtOf = (state: Lead): Instant | undefined =>
    awaitsQualification(state) ? state.person.qualifiesAt : undefined;
  return {
    ...decider,
    evolve,
    decide: (state, command, context) => {
      const facts = decider.decide(state, command, context);
      if (facts instanceof Refused) return facts;
      const judged = command.type === 'ReevaluateLead' || facts.some(({ type }) => evaluatedEvents.has(type));
      return judged ? withForecast(state, facts, context) : facts;
    },
    due: (state) => qualifiesAtOf(state) ?? decider.due(state),
    elapse: (state, context) => {
      const qualifiesAt = qualifiesAtOf(state);
      if (qualifiesAt === undefined || qualifiesAt > context.now || !isCapturedLead(state))
        return withForecast(state, decider.elapse(state, context), context);
      const meta = { commandId: '', actor: 'baton', origin: 'system' } as const;
      const again = { type: 'ReevaluateLead', data: { leadId: state.person.leadId }, meta } as const;
      const facts = decider.decide(state, again, context);
      return facts instanceof Refused ? [] : withForecast(state, facts, context);
    },
  };
};
