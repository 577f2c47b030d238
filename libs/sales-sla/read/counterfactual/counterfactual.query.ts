import {
  NotFound,
  Refused,
  zoneOf,
  type DefinitionSource,
  type EventLog,
  type Instant,
  type ClosedJournal,
  type Json,
  type Position,
  type StoredEvent,
} from '@baton/kernel';
import {
  validateBody,
  calendarFor,
  definitionOf,
  definitionsAt,
  type DefinitionOf,
  type FindDefinitionAt,
  type CalendarFields,
  type Obligation,
} from '@baton/definitions';
import type { AsOf } from '@baton/platform/documents';
import { compileCalendar, type Calendar } from '@baton/sla-clocks';
import { leadEvents, type LeadEvent } from '@baton/leads';
import { routingEvents, type RoutingEvent } from '@baton/routing';
import { BreachComparison, type BreachChange, type BreachCounts, type NamedTerms } from './breach-changes.rules';
import {
  RoutingReplay,
  type NamedRouting,
  type RepShare,
  type RoutedLead,
  type Weights,
} from './routing-changes.rules';

type Cut = { readonly [K in keyof AsOf]: AsOf[K] | undefined };
/**
 * The alternative. A definition is a body of its kind, or a version by its reference, `sla-policy@2`, drafts included.
 */
export interface CounterfactualQuestion {
  readonly policy?: Json | undefined;
  readonly calendar?: Json | undefined;
  readonly routing?: Json | undefined;
  /** Weights of reps by queue: `{ "emea": { "ann": 200, "bob": 0 } }`. */
  readonly weights?: Json | undefined;
  /** Terms to compare with, for a history without recorded clocks; by default the recorded clocks. */
  readonly baselinePolicy?: Json | undefined;
  readonly baselineCalendar?: Json | undefined;
  /** Clocks started and leads qualified at or after this instant … */
  readonly from?: Instant | undefined;
  /** … and before this one. */
  readonly to?: Instant | undefined;
  /** IANA zone of the months; UTC by default. */
  readonly timeZone?: string | undefined;
  /** Which events to use; by default all. */
  readonly cut?: Cut | undefined;
  /** The instant at which clocks are evaluated. */
  readonly at: Instant;
}

/** Changes of breaches, and of the assignment of leads. */
export interface Counterfactual {
  /** Position up to which the log was read. */
  readonly position: Position;
  readonly at: Instant;
  /** Number of events folded. */
  readonly events: number;
  /** Null if neither a policy nor a calendar is given. */
  readonly sla: {
    readonly total: BreachCounts;
    readonly byKind: readonly BreachCounts[];
    readonly byRep: readonly BreachCounts[];
    /** By the month in which the clock started. */
    readonly byMonth: readonly BreachCounts[];
    readonly breaches: readonly BreachChange[];
  } | null;
  /** Null if neither rules nor weights are given. */
  readonly routing: {
    readonly qualified: number;
    readonly byRep: readonly RepShare[];
    readonly differing: readonly RoutedLead[];
  } | null;
}

/** The log and the definitions. */
export interface ReplaySources {
  readonly log: EventLog;
  readonly journal: ClosedJournal;
  readonly definitions: DefinitionSource;
}
type TermsKind = 'sla-policy' | 'business-calendar' | 'routing';
type DefinitionAt = FindDefinitionAt<TermsKind>;
type NamedDefinition<K extends TermsKind> = Pick<DefinitionOf<K>, 'ref' | 'body'>;

const PAGE = 2_000;
const GIVEN = 'given';
const END: Instant = '9999-12-31T23:59:59.999Z';

/** The definition that the query names or contains; undefined if it uses the agreed one. */
const givenDefinition = <K extends TermsKind>(
  kind: K,
  given: Json | undefined,
  path: string,
  at: DefinitionAt,
): NamedDefinition<K> | undefined => {
  if (given === undefined || given === null) return undefined;
  if (typeof given !== 'string') {
    const fault = validateBody(kind, given);
    if (!fault) return { ...definitionOf(kind, 0, given), ref: GIVEN };
    throw new Refused('definition/invalid-body', fault.message, fault.path ? `${path}.${fault.path}` : path);
  }
  const [named, number] = given.split('@');
  const found = named === kind && /^[1-9]\d{0,8}$/.test(number ?? '') ? at(kind, Number(number)) : undefined;
  if (!found)
    throw new NotFound(
      'definition/unknown-version',
      `${path} names ${given}, but there is no such version; give a reference such as ${kind}@2.`,
      path,
    );
  return found;
};

const weightsOf = (given: Json | undefined): Weights | undefined => {
  if (given === undefined || given === null) return undefined;
  const refused = (path: string) =>
    new Refused(
      'counterfactual/invalid-weights',
      'weights must be whole numbers from 0 to 10,000 by queue and rep, such as {"emea": {"ann": 200}}.',
      path,
    );
  const isTree = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isTree(given)) throw refused('weights');
  for (const [queue, reps] of Object.entries(given)) {
    if (!isTree(reps)) throw refused(`weights.${queue}`);
    for (const [rep, weight] of Object.entries(reps))
      if (!Number.isInteger(weight) || Number(weight) < 0 || Number(weight) > 10_000)
        throw refused(`weights.${queue}.${rep}`);
  }
  return given as unknown as Weights;
};

/** The terms in force at an instant: those of the alternative, and for the rest the agreed ones. */
const termsUnder = (
  policy: NamedDefinition<'sla-policy'> | undefined,
  calendar: NamedDefinition<'business-calendar'> | undefined,
  definitionAt: DefinitionAt,
) => {
  const made = new Map<string, readonly NamedTerms[]>();
  return (at: Instant, place: CalendarFields): readonly NamedTerms[] => {
    const agreed = policy ?? definitionAt('sla-policy', at);
    if (!agreed) return [];
    const hours = calendar ?? definitionAt('business-calendar', at);
    const own = hours && calendarFor(hours.body, place);
    const key = `${agreed.ref} ${hours?.ref} ${own?.code}`;
    const known = made.get(key);
    if (known) return known;
    const compiled: Calendar | undefined = own && compileCalendar(own.time);
    const terms = agreed.body.obligations.map((obligation: Obligation): NamedTerms => {
      const named = obligation.clock === 'business-calendar' ? hours : undefined;
      return {
        ...{ obligation, calendar: named && compiled, definition: agreed.ref },
        ...(named && { hours: named.ref }),
      };
    });
    made.set(key, terms);
    return terms;
  };
};

/** The comparison of breaches and the replay of routing that a query asks for. */
const comparisonsOf = (question: CounterfactualQuestion, definitionAt: DefinitionAt) => {
  const { from, to, at } = question;
  const zone = zoneOf(question.timeZone);
  const given = <K extends TermsKind>(kind: K, path: keyof CounterfactualQuestion) =>
    givenDefinition(kind, question[path] as Json | undefined, path, definitionAt);
  const policy = given('sla-policy', 'policy');
  const calendar = given('business-calendar', 'calendar');
  const rules = given('routing', 'routing');
  const weights = weightsOf(question.weights);
  const basePolicy = given('sla-policy', 'baselinePolicy');
  const baseCalendar = given('business-calendar', 'baselineCalendar');
  if (!policy && !calendar && !rules && !weights)
    throw new Refused(
      'counterfactual/nothing-supposed',
      'Give at least one of policy, calendar, routing and weights to compare with.',
    );

  const based = basePolicy ?? baseCalendar;
  const breaches =
    policy || calendar
      ? new BreachComparison({
          ...{ from, to, at, timeZone: zone },
          baseline: based && termsUnder(basePolicy, baseCalendar, definitionAt),
          alternative: termsUnder(policy, calendar, definitionAt),
        })
      : undefined;
  const routingIn = (instant: Instant): NamedRouting | undefined => {
    const found = definitionAt('routing', instant);
    return found && { definition: found.ref, body: found.body };
  };
  const routing =
    rules || weights
      ? new RoutingReplay({
          ...{ from, to, weights: weights ?? {} },
          routedAt: (instant) => definitionAt('routing', instant) !== undefined,
          routingAt: rules ? () => ({ definition: rules.ref, body: rules.body }) : routingIn,
        })
      : undefined;
  return { breaches, routing };
};

/**
 * The same log under another policy, calendar or routing: which breaches would be added, removed and kept; and who
 * would have got which lead. The agreed side are the clocks as recorded, or those of a given baseline. Reads the log
 * once, in pages; keeps the clocks of each lead and none of its events. Nothing is written.
 * @param most maximum number of clocks; more are refused
 * @throws Refused  `definition/invalid-body` with the path of the fault, `counterfactual/invalid-weights`,
 *   `counterfactual/nothing-supposed`, `counterfactual/too-many-clocks`, `time/unknown-zone`
 * @throws NotFound `definition/unknown-version`
 */
export const counterfactual = async (
  { log, journal, definitions }: ReplaySources,
  question: CounterfactualQuestion,
  most = Infinity,
): Promise<Counterfactual> => {
  const { at, cut = {} } = question;
  const definitionAt = await definitionsAt(definitions, ['sla-policy', 'business-calendar', 'routing']);
  const { breaches, routing } = comparisonsOf(question, definitionAt);
  const types = [...leadEvents.schemas.keys(), ...(routing ? routingEvents.schemas.keys() : [])];
  const tip = await log.tip();
  const last = cut.knownAt && cut.knownAt < tip ? cut.knownAt : tip;
  const [happenedBy, knownBy] = [cut.happenedBy ?? END, cut.knownBy ?? END];
  let events = 0;
  for (let after: Position = '', more = after < last; more;) {
    const page = await log.readAll(after, { types }, PAGE);
    for (const stored of page.events) {
      if (stored.position > last) break;
      if (stored.meta.occurredAt > happenedBy || stored.recordedAt > knownBy) continue;
      const event = journal.decode(stored) as StoredEvent<LeadEvent | RoutingEvent>;
      events++;
      routing?.see(event);
      if (!('routingId' in event.data)) breaches?.see(event as StoredEvent<LeadEvent>);
      if (breaches && breaches.clocks > most)
        throw new Refused(
          'counterfactual/too-many-clocks',
          `The period has more than ${most} clocks; give a shorter period with from and to.`,
          'from',
          { most },
        );
    }
    after = page.position;
    more = !page.atTip && after < last;
  }
  return { position: last, at, events, sla: breaches?.result() ?? null, routing: routing?.result() ?? null };
};
