import {
  isSaid,
  latestValue,
  tidy,
  valueAt,
  withValue,
  type DatedEvent,
  type Instant,
  type Register,
} from '@baton/kernel';
import { profileFields, routingFields, type CriteriaFacts, type ProfileField, type Routable } from '@baton/definitions';
import { personalFacts, type LeadEvent, type LeadFact } from './lead.events';

type Profile = CriteriaFacts['profile'];
type PersonalFact = (typeof personalFacts)[number];
const profileNames = Object.keys(profileFields) as readonly ProfileField[];

/**
 * What a lead's own events say of the person, each fact through time; undefined where it is not known any more. Of what
 * is personal nobody can tell here more than that there is something.
 */
export type OwnFacts = { readonly [F in ProfileField | PersonalFact]?: Register<string | number | true | undefined> };

/** What an event says of each fact. */
const factsIn = (event: DatedEvent<LeadEvent>): Readonly<Record<string, string | number | true | undefined>> => {
  if (event.type === 'LeadFactsCleared') return Object.fromEntries(event.data.facts.map((fact) => [fact, undefined]));
  if (event.type !== 'LeadCaptured' && event.type !== 'LeadProfileChanged') return {};
  const data = event.data as Readonly<Record<string, unknown>>;
  const named: readonly string[] = event.data.personalFacts ?? [];
  const said: Record<string, string | number | true | undefined> = {};
  for (const name of profileNames) if (data[name] !== undefined) said[name] = normalized(data[name]);
  for (const name of personalFacts)
    if (data[name] !== undefined || named.includes(name)) said[name] = named.includes(name) || undefined;
  return said;
};
/** A fact as it is compared; what is blank is not known. */
const normalized = (value: unknown): string | number | undefined => {
  if (typeof value === 'number') return value;
  const text = String(value);
  return isSaid(text) ? tidy(text) : undefined;
};

/** What is known of a lead after one more of its events: of each fact the latest by its instant, however late it is told. */
export const factsAfter = (facts: OwnFacts, event: DatedEvent<LeadEvent>): OwnFacts => {
  const said = Object.entries(factsIn(event));
  if (said.length === 0) return facts;
  const next: Record<string, Register<string | number | true | undefined>> = { ...facts };
  for (const [name, value] of said) next[name] = withValue(next[name] ?? [], event.occurredAt, value);
  return next;
};

/** The facts that criteria and scores compare, as they hold now. */
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

/** What a lead's events say of the person, the latest word on each fact. */
export const profileOf = (history: readonly DatedEvent<LeadEvent>[]): Profile =>
  profileNow(history.reduce(factsAfter, {}));

/**
 * Of some facts those that were not so already at an instant; what is personal is told apart by nobody, and always new.
 * @returns undefined for none
 */
export const changedFacts = <D extends object>(facts: OwnFacts, at: Instant, said: D): Partial<D> | undefined => {
  const fresh = Object.entries(said).filter(
    ([name, value]) =>
      (personalFacts as readonly string[]).includes(name) ||
      valueAt(facts[name as ProfileField] ?? [], at) !== normalized(value),
  );
  return fresh.length > 0 ? (Object.fromEntries(fresh) as Partial<D>) : undefined;
};
/** Of some facts those that were known at an instant, each once. */
export const knownFacts = (facts: OwnFacts, at: Instant, names: readonly LeadFact[]): LeadFact[] =>
  [...new Set(names)].filter((name) => valueAt(facts[name] ?? [], at) !== undefined);
/** The facts by which a lead is routed. */
export const routableFacts = (profile: Profile): Routable =>
  Object.fromEntries(routingFields.flatMap((field) => (profile[field] === undefined ? [] : [[field, profile[field]]])));
