import { emailOf, phoneOf } from './contact';
import { plainText, withoutDiacritics } from './words';

/**
 * An encrypted personal value in events from the log and in documents. Without the key one can only see that there is a
 * value. It is decrypted where an answer leaves Baton (`Journal.open`).
 */
export type Sealed = {
  readonly $sealed: string;
  /** The person whose key opens it. */
  readonly subject: string;
  /** What the ciphertext is bound to: event id, event type and field. */
  readonly context: string;
  /** Keyed hashes of the search terms, if a read model searches for the value. */
  readonly tokens?: readonly string[];
};

export const isSealed = (value: unknown): value is Sealed =>
  typeof value === 'object' && value !== null && typeof (value as { $sealed?: unknown }).$sealed === 'string';

/** The stored type of an event field: sealed if it is personal. */
type FieldAsStored<V> = [Extract<V, Sealed>] extends [never] ? V : Extract<V, Sealed | undefined>;
/** An event as folds see it. */
export type AsStored<E> = E extends { readonly type: infer T; readonly data: infer D }
  ? { readonly type: T; readonly data: { [K in keyof D]: FieldAsStored<D[K]> } }
  : never;

/** The document without the values sealed for a subject, at any depth. */
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

/** Splits a value into the terms it can be found by; [] for none. */
export type SearchTerms = (value: string) => readonly string[];

const normalText = (value: string): string => plainText(value).toLowerCase();
/** An e-mail address is found as a whole, in its normal form. */
export const emailTerms: SearchTerms = (value) => [emailOf(value) ?? normalText(value)].filter((term) => term !== '');
/** A phone number is found by its digits, however they are grouped, with `+` or `00` before the country. */
export const phoneTerms: SearchTerms = (value) =>
  [normalText(phoneOf(value) ?? value).replace(/\D/g, '')].filter((term) => term !== '');
/** A name is found by each of its words, with or without diacritics. */
export const wordTerms: SearchTerms = (value) =>
  [...new Set(withoutDiacritics(normalText(value)).match(/[\p{L}\p{M}\p{N}]+/gu) ?? [])].slice(0, 20);
