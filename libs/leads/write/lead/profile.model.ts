import {
  hasText,
  latestValue,
  tidy,
  valueAt,
  withValue,
  type DatedEvent,
  type Instant,
  type Register,
} from '@baton/kernel';
import {
  profileFields,
  routingFields,
  type CriteriaFacts,
  type ProfileField,
  type RoutingFields,
} from '@baton/definitions';
import { personalFacts, type LeadEvent, type LeadFact } from './lead.events';

type Profile = CriteriaFacts['profile'];
type PersonalFact = (typeof personalFacts)[number];
const profileNames = Object.keys(profileFields) as readonly ProfileField[];

/**
 * The facts from a lead’s own events, each with its history; undefined once cleared. Of personal facts only the presence is
 * kept, because deciders never decrypt them.
 */
export type OwnFacts = { readonly [F in ProfileField | PersonalFact]?: Register<string | number | true | undefined> };

/** The facts in an event. */
const factsIn = (event: DatedEvent<LeadEvent>): Readonly<Record<string, string | number | true | undefined>> => {
  if (event.type === 'LeadFactsCleared') return Object.fromEntries(event.data.facts.map((fact) => [fact, undefined]));
  if (event.type !== 'LeadCaptured' && event.type !== 'LeadProfileChanged') return {};
  const data = event.data as Readonly<Record<string, unknown>>;
  const named: readonly string[] = event.data.personalFacts ?? [];
  const given: Record<string, string | number | true | undefined> = {};
  for (const name of profileNames) if (data[name] !== undefined) given[name] = normalized(data[name]);
  for (const name of personalFacts)
    if (data[name] !== undefined || named.includes(name)) given[name] = named.includes(name) || undefined;
  return given;
};
/** A fact in the form in which it is compared; undefined if blank. */
const normalized = (value: unknown): string | number | undefined => {
  if (typeof value === 'number') return value;
  const text = String(value);
  return hasText(text) ? tidy(text) : undefined;
};

/** The facts after one more event; of each fact the latest by `occurredAt` counts, regardless of when it was recorded. */
export const factsAfter = (facts: OwnFacts, event: DatedEvent<LeadEvent>): OwnFacts => {
  const given = Object.entries(factsIn(event));
  if (given.length === 0) return facts;
  const next: Record<string, Register<string | number | true | undefined>> = { ...facts };
  for (const [name, value] of given) next[name] = withValue(next[name] ?? [], event.occurredAt, value);
  return next;
};

/** The current facts that criteria and scores compare. */
export const profileNow = (facts: OwnFacts): Profile =>
  Object.fromEntries(
    profileNames.flatMap((name) => {
      const value = latestValue(facts[name] ?? []);
      return value === undefined ? [] : [[name, value]];
    }),
  );
/** Which personal facts are known, by name only. */
export const personalNow = (facts: OwnFacts): readonly PersonalFact[] =>
  personalFacts.filter((name) => latestValue(facts[name] ?? []) !== undefined);

/** The current facts from a lead’s events. */
export const profileOf = (history: readonly DatedEvent<LeadEvent>[]): Profile =>
  profileNow(history.reduce(factsAfter, {}));

/**
 * The given facts that differ from those known at an instant. Personal facts cannot be compared and always count as changed.
 * @returns undefined if none differ
 */
export const changedFacts = <D extends object>(facts: OwnFacts, at: Instant, given: D): Partial<D> | undefined => {
  const fresh = Object.entries(given).filter(
    ([name, value]) =>
      (personalFacts as readonly string[]).includes(name) ||
      valueAt(facts[name as ProfileField] ?? [], at) !== normalized(value),
  );
  return fresh.length > 0 ? (Object.fromEntries(fresh) as Partial<D>) : undefined;
};
/** The given facts that were known at an instant, without duplicates. */
export const knownFacts = (facts: OwnFacts, at: Instant, names: readonly LeadFact[]): LeadFact[] =>
  [...new Set(names)].filter((name) => valueAt(facts[name] ?? [], at) !== undefined);
/** The facts by which a lead is routed. */
export const routableFacts = (profile: Profile): RoutingFields =>
  Object.fromEntries(routingFields.flatMap((field) => (profile[field] === undefined ? [] : [[field, profile[field]]])));
