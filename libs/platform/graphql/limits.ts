import { Refused } from '@baton/kernel';
import { PAGE } from '../documents';

interface Limit {
  /** What a caller gets who goes beyond it. */
  readonly code: string;
  readonly max: number;
  /** What is counted. */
  readonly of: string;
}
const table = <K extends string>(rows: Record<K, Limit>): Record<K, Limit> => rows;

/** How much one caller may ask for at once; each is checked before more work is done for the request. */
export const limits = table({
  bodyBytes: { code: 'http/too-large', max: 256 * 1024, of: 'bytes of a request' },
  documentLength: { code: 'graphql/document-too-long', max: 32 * 1024, of: 'characters of a document' },
  tokens: { code: 'graphql/too-many-tokens', max: 2_000, of: 'tokens of a document' },
  operations: { code: 'graphql/too-many-operations', max: 10, of: 'operations of a document' },
  fragments: { code: 'graphql/too-many-fragments', max: 30, of: 'fragments of a document' },
  aliases: { code: 'graphql/too-many-aliases', max: 50, of: 'aliases of a document' },
  directives: { code: 'graphql/too-many-directives', max: 20, of: 'directives of a document' },
  variables: { code: 'graphql/too-many-variables', max: 100, of: 'variables of an operation' },
  rootFields: { code: 'graphql/too-many-root-fields', max: 20, of: 'fields at the root of an operation' },
  commands: { code: 'graphql/too-many-commands', max: 100, of: 'commands of an operation' },
  selections: { code: 'graphql/too-many-fields', max: 1_000, of: 'fields, with all fragments expanded' },
  repeats: { code: 'graphql/too-many-repeats', max: 10, of: 'selections of one field of the answer' },
  depth: { code: 'graphql/too-deep', max: 16, of: 'levels of nested fields' },
  /** What graphql-js allows. */
  introspectionLists: { code: 'graphql/too-deep', max: 2, of: 'levels of nested lists of a type of the schema' },
  cost: { code: 'graphql/too-costly', max: 50_000, of: 'fields in the answer, assuming full pages' },
  listItems: { code: 'graphql/list-too-long', max: 1_000, of: 'items in an input list' },
  bodyDepth: { code: 'graphql/value-too-deep', max: 48, of: 'levels of nested brackets in a request' },
  valueDepth: { code: 'graphql/value-too-deep', max: 32, of: 'levels of nested values' },
  values: { code: 'graphql/too-many-values', max: 5_000, of: 'values of the variables' },
  messageBytes: { code: 'http/too-large', max: 64 * 1024, of: 'bytes in a message of a subscriber' },
  connections: { code: 'subscription/too-many-connections', max: 500, of: 'connections of subscribers' },
  callerConnections: { code: 'subscription/too-many-connections', max: 50, of: 'connections of one caller' },
  waitingConnections: { code: 'subscription/not-signed-in', max: 100, of: 'connections that have not signed in' },
  signInMs: { code: 'subscription/not-signed-in', max: 3_000, of: 'milliseconds to sign in' },
  subscriptions: { code: 'subscription/too-many', max: 10, of: 'subscriptions of a connection' },
  callerSubscriptions: { code: 'subscription/too-many', max: 100, of: 'subscriptions of one caller' },
  patienceMs: { code: 'subscription/too-slow', max: 30_000, of: 'milliseconds for a subscriber to read an answer' },
});

/** Sizes assumed where a query does not say how many. */
export const assumedSizes = { listItems: 10, page: PAGE.default };

/** @throws Refused the code of the limit, when `count` is beyond it */
export const assertWithinLimit = (limit: keyof typeof limits, count: number): void => {
  const { code, max, of } = limits[limit];
  if (count > max) throw new Refused(code, `At most ${max} ${of}.`);
};

const [QUOTE, BACKSLASH, COMMA, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [...'"\\,[]{}'].map((sign) =>
  sign.charCodeAt(0),
);

/**
 * Counts brackets and commas of a JSON text before it is parsed: many small values cost far more than their bytes.
 * What is no JSON is told by the parser.
 */
export const checkJson = (body: Buffer): void => {
  let inText = false;
  let depth = 0;
  let values = 0;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at];
    if (inText) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) inText = false;
    } else if (byte === QUOTE) inText = true;
    else if (byte === COMMA) values++;
    else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
      if (++depth > limits.bodyDepth.max) assertWithinLimit('bodyDepth', depth);
    } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) depth--;
  }
  assertWithinLimit('values', values);
};

/** Checks the size of variables without recursion, so that no depth of nesting can hurt. */
export const checkVariables = (variables: unknown): void => {
  let values = 0;
  const waiting: { readonly value: unknown; readonly depth: number }[] = [{ value: variables, depth: 0 }];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { value, depth } = next;
    if (typeof value !== 'object' || value === null) continue;
    assertWithinLimit('valueDepth', depth);
    if (Array.isArray(value)) assertWithinLimit('listItems', value.length);
    const inner: readonly unknown[] = Object.values(value);
    assertWithinLimit('values', (values += inner.length));
    for (const one of inner) waiting.push({ value: one, depth: depth + 1 });
  }
};
