import { emailOf, phoneOf } from './contact';
import { plainText } from './words';

/**
 * A personal value as events from the log and documents hold it: ciphertext under the key of its subject. Whoever has no
 * key can tell that there is a value, and nothing else. It is opened where an answer leaves (`Journal.open`).
 */
export type Sealed = {
  readonly $sealed: string;
  /** The person whose key opens it. */
  readonly subject: string;
  /** What the ciphertext is bound to: the event that holds it, its type and the field. */
  readonly context: string;
  /** Keyed hashes by which the value is found, where a read model searches for it. */
  readonly tokens?: readonly string[];
};

export const isSealed = (value: unknown): value is Sealed =>
  typeof value === 'object' && value !== null && typeof (value as { $sealed?: unknown }).$sealed === 'string';

/** A field of an event from the log: where it is personal, it is sealed. */
type FieldAsStored<V> = [Extract<V, Sealed>] extends [never] ? V : Extract<V, Sealed | undefined>;
/** An event as folds see it. */
export type AsStored<E> = E extends { readonly type: infer T; readonly data: infer D }
  ? { readonly type: T; readonly data: { [K in keyof D]: FieldAsStored<D[K]> } }
  : never;

/** The same document without what is sealed for a subject, wherever it stands. */
export const withoutSealed = <D>(document: D, subject: string): D => {
  if (typeof document !== 'object' || document === null) return document;
  const belongs = (value: unknown) => isSealed(value) && value.subject === subject;
  if (Array.isArray(document))
    return document.filter((item) => !belongs(item)).map((item: unknown) => withoutSealed(item, subject)) as D;
  return Object.fromEntries(
    Object.entries(document).flatMap(([name, value]) =>
      belongs(value) ? [] : [[name, withoutSealed(value as unknown, subject)]],
    ),
  ) as D;
};

/** How a value is cut into what it can be found by; [] for nothing. */
export type SearchTerms = (value: string) => readonly string[];

const normalText = (value: string): string => plainText(value).toLowerCase();
/** An e-mail address is found as a whole, in the form that events keep. */
export const emailTerms: SearchTerms = (value) => [emailOf(value) ?? normalText(value)].filter((term) => term !== '');
/** A phone number is found by its digits, however they are grouped, with `+` or `00` before the country. */
export const phoneTerms: SearchTerms = (value) =>
  [normalText(phoneOf(value) ?? value).replace(/\D/g, '')].filter((term) => term !== '');
/** Found by each of its words: a name. */
export const wordTerms: SearchTerms = (value) =>
  [...new Set(normalText(value).match(/[\p{L}\p{M}\p{N}]+/gu) ?? [])].slice(0, 20);
