import { request } from 'node:http';
import { limits } from '@baton/platform/graphql';

/** A request that must be refused: what it is, how it is sent, and the code and status it gets. */
export interface Abuse {
  readonly what: string;
  readonly code: string;
  readonly status?: number;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}
const repeat = (text: string, times: number, between = ' ') => Array.from({ length: times }, () => text).join(between);
const each = (times: number, text: (n: number) => string) => Array.from({ length: times }, (_, n) => text(n)).join(' ');
const asked = (what: string, code: string, query: string, variables?: unknown): Abuse => ({
  what,
  code,
  body: JSON.stringify({ query, ...(variables !== undefined && { variables }) }),
});
const sent = (what: string, code: string, body: string, status = 400): Abuse => ({ what, code, body, status });
const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const page = '{ edges { node { leadId } } }';

const documents: Abuse[] = [
  asked('deep fields', 'graphql/too-deep', `{ a${'{ a'.repeat(40)} ${'}'.repeat(40)} }`),
  asked('deeper than the parser likes', 'graphql/too-deep', `{ a${'{a'.repeat(600)}${'}'.repeat(600)} }`),
  asked(
    'deep inline fragments with fields',
    'graphql/too-deep',
    `{ ${'... { a { '.repeat(20)} b ${'} }'.repeat(20)} }`,
  ),
  asked(
    'deep through fragments',
    'graphql/too-deep',
    `{ ...f0 } ${each(20, (n) => `fragment f${n} on Query { a { ...f${n + 1} } }`)} fragment f20 on Query { a }`,
  ),
  asked('wide fields', 'graphql/too-many-repeats', `{ ${repeat('status { name }', 400)} }`),
  asked('many root fields', 'graphql/too-many-root-fields', `{ ${each(25, (n) => `f${n}`)} }`),
  asked('many unlike fields', 'graphql/too-many-fields', `{ status { ${each(1_200, (n) => `f${n}`)} } }`),
  asked('aliases', 'graphql/too-many-aliases', `{ ${each(200, (n) => `a${n}: status { name }`)} }`),
  asked('aliases inside', 'graphql/too-many-aliases', `{ status { ${each(100, (n) => `a${n}: name`)} } }`),
  asked('one alias often', 'graphql/too-many-repeats', `{ ${repeat('x: status { name }', 40)} }`),
  asked('directives on a field', 'graphql/too-many-directives', `{ status ${repeat('@a', 900)} { name } }`),
  asked(
    'directives on many fields',
    'graphql/too-many-directives',
    `{ status { ${each(30, (n) => `f${n} @include(if: true)`)} } }`,
  ),
  asked('directives on an operation', 'graphql/too-many-directives', `query ${repeat('@skip(if: false)', 50)} { a }`),
  asked('a fragment in a circle', 'graphql/fragment-cycle', '{ ...a } fragment a on Query { ...a }'),
  asked(
    'fragments in a circle of three',
    'graphql/fragment-cycle',
    '{ ...a } fragment a on Query { ...b } fragment b on Query { ...c } fragment c on Query { ...a }',
  ),
  asked(
    'a circle through fields',
    'graphql/fragment-cycle',
    '{ leads { ...p } } fragment p on LeadConnection { edges { node { ...p } } }',
  ),
  asked('a circle that nobody uses', 'graphql/fragment-cycle', '{ status { name } } fragment a on Query { ...a }'),
  asked(
    'fragments that double',
    'graphql/too-many-repeats',
    `{ ...f0 } ${each(24, (n) => `fragment f${n} on Query { ...f${n + 1} ...f${n + 1} }`)} fragment f24 on Query { a }`,
  ),
  asked(
    'fragments that double under aliases',
    'graphql/too-many-fields',
    `{ ...f0 } ${each(12, (n) => `fragment f${n} on Query { x${n}: a { ...f${n + 1} } y${n}: a { ...f${n + 1} } }`)} fragment f12 on Query { b }`,
  ),
  asked('many fragments', 'graphql/too-many-fragments', `{ a } ${each(60, (n) => `fragment f${n} on Query { a }`)}`),
  asked('overlapping fields', 'graphql/too-many-repeats', `{ status { ${repeat('parked { sequence }', 300)} } }`),
  asked(
    'overlapping fields in overlapping fields',
    'graphql/too-many-repeats',
    `{ ${repeat('status { parked { code } parked { code } }', 8)} }`,
  ),
  asked(
    'overlapping fields over fragments',
    'graphql/too-many-repeats',
    `{ ${each(25, (n) => `...f${n}`)} } ${each(25, (n) => `fragment f${n} on Query { status { name } }`)}`,
  ),
  asked(
    'many operations',
    'graphql/too-many-operations',
    each(50, (n) => `query q${n} { a }`),
  ),
  asked('many tokens', 'graphql/too-many-tokens', `{ ${repeat('a', 5_000)} }`),
  asked('brackets without an end', 'graphql/too-many-tokens', '{ a '.repeat(5_000)),
  asked('many comments', 'graphql/document-too-long', `${'#\n'.repeat(50_000)}{ a }`),
  asked('a long document', 'graphql/document-too-long', `{ ${' '.repeat(100_000)} a }`),
  asked('a long text', 'graphql/document-too-long', `{ lead(leadId: "${'x'.repeat(40_000)}") { leadId } }`),
  asked('a huge page', 'graphql/too-costly', `{ leads(first: 2000000000) ${page} }`),
  asked('a huge page by variable', 'graphql/too-costly', `query($n: Int!) { leads(first: $n) ${page} }`, { n: 1e6 }),
  asked(
    'a huge page beside an operation without its variables',
    'graphql/too-costly',
    `query a($n: Int!) { leads(first: $n) ${page} } query b { leads(first: 2000000000) ${page} }`,
  ),
  asked('a huge page by default', 'graphql/too-costly', `query($n: Int = 1000000) { leads(first: $n) ${page} }`),
  asked(
    'many full pages',
    'graphql/too-costly',
    `{ ${each(20, (n) => `a${n}: leads(first: 500) { edges { cursor node { leadId stage email name company lastTouchAt } } }`)} }`,
  ),
  asked(
    'a list with many items',
    'graphql/list-too-long',
    `{ events(types: [${repeat('1', 1_500, '')}]) { atTip } }`.replace('1'.repeat(1_500), repeat('1', 1_500)),
  ),
  asked(
    'many commands',
    'graphql/too-many-commands',
    `mutation { sendCommands(commandId: "a", commands: [${repeat('{ acceptLead: { input: { leadId: "a" } } }', 101)}]) { __typename } }`,
  ),
  asked('a deep list', 'graphql/value-too-deep', `{ events(types: ${nested(200)}) { atTip } }`),
  asked('a deep object', 'graphql/value-too-deep', `{ a(x: ${'{a:'.repeat(200)}1${'}'.repeat(200)}) }`),
  asked('many variables', 'graphql/too-many-variables', `query(${each(200, (n) => `$v${n}: Int`)}) { a }`),
  asked(
    'the schema in circles',
    'graphql/too-deep',
    `{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }`,
  ),
  asked('names that are nearly right', 'graphql/not-valid', `{ ${each(18, (n) => `statu${n} { nam }`)} }`),
  asked('a directive without its argument', 'graphql/not-valid', '{ status @include { name } }'),
  asked('no such field', 'graphql/not-valid', '{ secrets }'),
  asked('a text that does not end', 'graphql/not-parsed', '{ lead(leadId: "x'),
  asked('a sign that is none', 'graphql/not-parsed', '{ status { name \u0000 } }'),
  asked('a definition of types', 'graphql/not-valid', 'type Query { a: Int } { status { name } }'),
  asked('a subscription by POST', 'graphql/subscription-over-http', 'subscription { status { position } }'),
  asked('nothing', 'graphql/no-document', ''),
  asked('a missing operation', 'graphql/no-such-operation', 'query a { status { name } } query b { status { name } }'),
];

const variables: Abuse[] = [
  asked('variables as text', 'graphql/bad-variables', '{ a }', '{"a":1}'),
  asked('variables as a list', 'graphql/bad-variables', '{ a }', [1]),
  asked('variables as a number', 'graphql/bad-variables', '{ a }', 5),
  sent('deep variables', 'graphql/value-too-deep', `{"query":"{ a }","variables":{"x":${nested(60_000)}}}`),
  asked('variables that are deep', 'graphql/value-too-deep', '{ a }', { x: JSON.parse(nested(40)) as unknown }),
  asked('a long list', 'graphql/list-too-long', '{ a }', { x: Array.from({ length: 2_000 }, () => 1) }),
  asked('a very long list', 'graphql/too-many-values', '{ a }', { x: Array.from({ length: 100_000 }, () => 1) }),
  asked('many values', 'graphql/too-many-values', '{ a }', {
    x: Array.from({ length: 200 }, () => Array.from({ length: 100 }, () => 1)),
  }),
  asked(
    'many names',
    'graphql/too-many-values',
    '{ a }',
    Object.fromEntries(Array.from({ length: 15_000 }, (_, n) => [`k${n}`, 1])),
  ),
  asked('a variable that does not fit', 'graphql/bad-value', 'query($n: Int!) { leads(first: $n) { totalCount } }', {
    n: 'x',
  }),
  asked('a variable that is missing', 'graphql/bad-value', 'query($n: Int!) { leads(first: $n) { totalCount } }', {}),
];

/** Other spellings of the address of GraphQL: the router knows them, and so must every check. */
const addresses = [
  '/%67raphql',
  '/%67%72%61%70%68%71%6c',
  '/graph%71l?x=1',
  'http://baton/graphql',
  'http://baton/%67raphql',
];
const spelled: Abuse[] = addresses.flatMap((path): Abuse[] => [
  {
    what: `a long document to ${path}`,
    code: 'graphql/document-too-long',
    path,
    body: JSON.stringify({ query: `{ a } ${' '.repeat(limits.documentLength.max)}` }),
  },
  {
    what: `text to ${path}`,
    code: 'http/unsupported-media-type',
    status: 415,
    path,
    headers: { 'content-type': 'text/plain' },
    body: '{ a }',
  },
  { what: `brackets to ${path}`, code: 'graphql/value-too-deep', path, body: nested(500) },
  { what: `GET of ${path}`, code: 'http/method-not-allowed', status: 405, method: 'GET', path },
  { what: `PUT to ${path}`, code: 'http/method-not-allowed', status: 405, method: 'PUT', path },
]);

const requests: Abuse[] = [
  sent('a batch', 'graphql/no-batches', JSON.stringify(Array.from({ length: 50 }, () => ({ query: '{ a }' })))),
  sent('an empty batch', 'graphql/no-batches', '[]'),
  sent('no object', 'graphql/bad-request', '"{ a }"'),
  sent('null', 'graphql/bad-request', 'null'),
  sent('no document', 'graphql/no-document', '{}'),
  sent('a document that is a tree', 'graphql/no-document', '{"query":{"kind":"Document"}}'),
  sent(
    'a hash of a document',
    'graphql/unknown-document',
    `{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"${'0'.repeat(64)}"}}}`,
  ),
  sent('extensions as text', 'graphql/bad-request', '{"query":"{ a }","extensions":"x"}'),
  sent('a name of an operation that is a list', 'graphql/bad-request', '{"query":"{ a }","operationName":["a"]}'),
  sent('half a JSON', 'http/bad-request', '{"query":"{ a'),
  sent('an empty body', 'http/bad-request', ''),
  sent('a poisoned object', 'http/bad-request', '{"query":"{ a }","__proto__":{"admin":true}}'),
  sent('too many bytes', 'http/too-large', JSON.stringify({ query: 'x'.repeat(limits.bodyBytes.max) }), 413),
  {
    ...sent('plain text', 'http/unsupported-media-type', '{"query":"{ a }"}', 415),
    headers: { 'content-type': 'text/plain' },
  },
  {
    ...sent('a form', 'http/unsupported-media-type', 'query=%7Ba%7D', 415),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  },
  {
    ...sent('a form with files', 'http/unsupported-media-type', '--x--', 415),
    headers: { 'content-type': 'multipart/form-data; boundary=x' },
  },
  {
    ...sent('bare GraphQL', 'http/unsupported-media-type', '{ a }', 415),
    headers: { 'content-type': 'application/graphql' },
  },
  {
    ...sent('another alphabet', 'http/unsupported-media-type', '{}', 415),
    headers: { 'content-type': 'application/json; charset=utf-16' },
  },
  {
    what: 'a mutation by GET',
    code: 'http/method-not-allowed',
    status: 405,
    method: 'GET',
    path: '/graphql?query=mutation%7Ba%7D',
  },
  {
    what: 'a query by GET',
    code: 'http/method-not-allowed',
    status: 405,
    method: 'GET',
    path: '/graphql?query=%7Ba%7D',
  },
  ...['PUT', 'DELETE', 'PATCH', 'OPTIONS'].map((method) => ({
    what: `${method} to GraphQL`,
    code: 'http/method-not-allowed',
    status: 405,
    method,
  })),
  { what: 'another path', code: 'http/not-found', status: 404, method: 'GET', path: '/etc/passwd' },
  {
    what: 'a path that climbs',
    code: 'http/not-found',
    status: 404,
    method: 'GET',
    path: '/graphiql/..%2f..%2fpackage.json',
  },
  { what: 'an address that is malformed', code: 'http/bad-request', status: 400, method: 'GET', path: '/graphiql/%zz' },
];

/** What the edge must refuse before it costs anything. */
export const abuses: readonly Abuse[] = [...documents, ...variables, ...requests, ...spelled];

export interface Answer {
  readonly status: number;
  readonly body: { data?: Record<string, unknown>; errors?: { message: string; extensions: { code: string } }[] };
  readonly text: string;
}
/** Sends a request to a server on this machine, as JSON unless it says otherwise. */
export const send = (port: number, asked: Partial<Abuse>): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { method = 'POST', path = '/graphql', headers, body } = asked;
    const all = { ...(method !== 'GET' && { 'content-type': 'application/json' }), ...headers };
    const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''));
    const sending = request({ host: '127.0.0.1', port, method, path, headers: given }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode!, text, body: JSON.parse(text) as Answer['body'] });
      });
    });
    sending.on('error', reject);
    sending.end(body);
  });
