import type { DefinitionKind } from '@baton/definitions';
import type { Arbitrary, GeneratorValue } from 'fast-check';
import fc from 'fast-check';
import {
  DAY_MS,
  FIRST_DAY,
  FIRST_INSTANT,
  fromMs,
  isBlank,
  LAST_DAY,
  LAST_INSTANT,
  toMs,
  type Instant,
  type Json,
  type TSchema,
} from '@baton/kernel';
import { startingDefinitions } from '../../apps/cli/starting-definitions';

/** Instants at the limits of `occurredAt` at `now`, and some within. */
export const occurrences = (now: Instant): readonly Instant[] => [
  '1990-01-01T00:00:00.000Z',
  '2000-02-29T23:59:59.999Z',
  fromMs(toMs(now) - DAY_MS),
  now,
  fromMs(toMs(now) + 5 * 60_000),
];

const words = [
  ...['', ' ', '0', '-0', '1e999', 'null', 'constructor', '__proto__', 'toString', 'hasOwnProperty', '$where', 'a.b'],
  ...[
    'İSTANBUL',
    'ﬃ',
    'e\u0301',
    '\u202eevil',
    '\u200b',
    '\u0000',
    '\u001b[2J',
    '\ud83d\ude80',
    '\ud800',
    '%',
    '*',
    '(',
  ],
  ...['call', 'e-mail', 'page-view', 'other', 'no-budget', 'deal-lost', 'none', 'linear', 'month', 'UTC', 'P1D'],
  ...['crm:1', 'ada@example.org', '+14155550132', 'https://example.org/', 'USD', 'a'.repeat(64)],
];
const byFormat: Readonly<Record<string, readonly string[]>> = {
  email: ['ada@example.org', 'İnci@müller.example', '<o\u0301@a.b.c.example>', "a!#$%&'*+/=?^_`{|}~-@example.com"],
  phone: ['+14155550132', '12345', '0044 (20) 7946-0958 ext. 5'],
  country: ['DE', 'Türkiye', '\u202eevil', 'constructor', ' '],
  currency: ['USD', 'CLF'],
};
const currencies = ['USD', 'JPY', 'KWD', 'HUF'];

/** A value that a field's schema allows, mostly at its limits. @param ids the ids of each kind in use */
export const hostileValue = (
  pick: GeneratorValue,
  schema: TSchema,
  ids: (kind: string) => readonly string[],
  now: Instant,
): Json => {
  const of = <T extends Json>(...values: readonly T[]): T =>
    pick(fc.constantFrom as (...v: T[]) => Arbitrary<T>, ...values);
  const nested = (inner: TSchema): Json => hostileValue(pick, inner, ids, now);
  if (schema['money'])
    return {
      minor: of(0, 1, -1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 100_000),
      currency: of(...currencies),
    };
  if (schema['ref']) return of(...ids(schema['ref'] as string), 'constructor', `${'z'.repeat(120)}:@.-`);
  if (schema['enum']) return of(...(schema['enum'] as string[]));
  if (schema['format'] === 'instant') return of(FIRST_INSTANT, LAST_INSTANT, ...occurrences(now));
  if (schema['format'] === 'day') return of(FIRST_DAY, LAST_DAY, '2024-02-29', now.slice(0, 10));
  const formed = byFormat[schema['format'] as string];
  if (formed) return of(...formed);
  if (schema['type'] === 'boolean') return of(true, false);
  if (schema['type'] === 'integer' || schema['type'] === 'number') {
    const whole = schema['type'] === 'integer';
    const [low, high] = [schema['minimum'] as number | undefined, schema['maximum'] as number | undefined];
    const within = [low ?? -1e308, high ?? 1e308, 0, 1, 2, ...(whole ? [] : [0.005, -1e-308])].filter(
      (value) => value >= (low ?? -Infinity) && value <= (high ?? Infinity),
    );
    return of(...within);
  }
  if (schema['type'] === 'array') {
    const length = of(0, 1, 2, 3);
    return Array.from({ length }, () => nested(schema['items'] as TSchema));
  }
  if (schema['type'] === 'object') return hostileData(pick, schema, ids, now);
  const [min, max] = [(schema['minLength'] as number | undefined) ?? 0, schema['maxLength'] as number | undefined];
  const pattern = schema['pattern'] === undefined ? undefined : new RegExp(schema['pattern'] as string, 'u');
  const fits = (word: string) =>
    word.length >= min &&
    word.length <= (max ?? Infinity) &&
    (!pattern || pattern.test(word)) &&
    (schema['format'] !== 'not-blank' || !isBlank(word));
  const usual = ['rita', 'month'].filter(fits); // often, so that commands find what others wrote
  return of(
    ...[...words, 'x'.repeat(max ?? 500)].filter(fits),
    ...Array<string[]>(usual.length && 12)
      .fill(usual)
      .flat(),
  );
};

/** The fields of an object or a command: the required ones, and some of the others. */
export const hostileData = (
  pick: GeneratorValue,
  object: TSchema,
  ids: (kind: string) => readonly string[],
  now: Instant,
): { [field: string]: Json } => {
  const required = (object['required'] as readonly string[] | undefined) ?? [];
  const data: { [field: string]: Json } = {};
  for (const [name, schema] of Object.entries(object['properties'] as Record<string, TSchema>))
    if (required.includes(name) || pick(fc.boolean)) data[name] = hostileValue(pick, schema, ids, now);
  return data;
};

const everHolds = { field: 'employees', exists: false } as const;
const century = 'P36525D';
/** Bodies at the limits of what a kind of definition accepts, by kind; also the starting bodies of a company. */
export const hostileDefinitions: Readonly<Record<DefinitionKind, readonly Json[]>> = {
  mql: [
    { criteria: { all: [{ touches: {}, gte: 0, within: century }, { not: { field: 'employees', lt: -1e308 } }] } },
    {
      criteria: {
        any: [
          { score: 'total', gte: -1e308 },
          { touches: {}, eq: 0, within: 'PT0.001S' },
        ],
      },
    },
    { criteria: everHolds },
  ],
  sal: [{ criteria: { field: 'company', matches: '*'.repeat(40) } }, {}],
  sql: [{ criteria: { any: [{ answer: 'need' }, everHolds] } }],
  'scoring-model': [
    {
      threshold: -1e308,
      fit: { rules: [{ code: 'a', when: everHolds, points: 10_000 }], cutOffs: { high: 1e308, middle: -1e308 } },
      engagement: {
        rules: [
          { code: 'b', touches: {}, points: -10_000, halfLife: 'PT0.001S', within: century },
          { code: 'c', touches: {}, points: 0.01, halfLife: century, coolDown: century },
        ],
        cutOffs: { high: 2, middle: 1 },
      },
    },
  ],
  'sla-policy': [
    {
      obligations: [
        {
          kind: 'first-response',
          start: [{ type: 'LeadHandedOff' }],
          stop: [{ type: 'TouchRecorded' }],
          budget: 'P92D',
          clock: 'business-calendar',
          escalation: [
            { percent: 1, notify: 'constructor' },
            { afterBreach: 'P92D', notify: '__proto__' },
          ],
        },
        {
          kind: 'constructor',
          start: [{ type: 'LeadCaptured' }, { type: 'TouchRecorded' }],
          stop: [{ type: 'LeadAccepted' }],
          budget: 'PT0.001S',
          clock: 'wall-clock',
          escalation: [{ afterBreach: 'PT0S', notify: 'rep' }],
        },
      ],
    },
  ],
  'business-calendar': [
    {
      timeZone: 'Pacific/Apia',
      hours: [{ days: ['sun'], from: '23:00', to: '24:00' }],
      holidays: [FIRST_DAY, LAST_DAY],
    },
    { timeZone: 'UTC', hours: [] },
  ],
  routing: [
    { handoffOwner: 'constructor', rules: [], otherwise: 'constructor' },
    { handoffOwner: ' ', rules: [], otherwise: 'sales' },
  ],
  icp: [],
  attribution: [],
  'channel-rules': [],
  'rejection-reasons': [{ reasons: [{ code: 'constructor', immediate: true }, { code: 'other' }] }],
  'loss-reasons': [{ reasons: [{ code: '__proto__' }] }],
  'stage-map': [],
  pipeline: [
    {
      pipelines: [
        {
          code: '__proto__',
          stages: [
            {
              code: 'constructor',
              category: 'omitted',
              proposal: true,
              exit: { criteria: { not: { days: 'to-close', lt: -1e300 } }, enforced: true },
              limitDays: 3650,
              silenceDays: 1,
            },
            { code: 'toString', category: 'commit', exit: { criteria: { touches: {}, eq: 0, within: 'P36525D' } } },
          ],
          quality: {
            any: [
              { role: '*', gte: 0 },
              { deal: 'expected-close', exists: false },
            ],
          },
          thresholds: { stuckQuantile: 0, stuckDeals: 1, proposalToClose: 1 },
        },
      ],
      silence: [{ stage: 'lead', days: 1 }],
    },
  ],
};
/** A kind and a body of it. */
export const hostileDefinition = (pick: GeneratorValue): { definitionId: string; body: Json } => {
  const kinds = Object.keys(hostileDefinitions).filter((kind) => bodiesOf(kind).length > 0);
  const definitionId = pick(fc.constantFrom as (...v: string[]) => Arbitrary<string>, ...kinds);
  return { definitionId, body: pick(fc.constantFrom as (...v: Json[]) => Arbitrary<Json>, ...bodiesOf(definitionId)) };
};
const bodiesOf = (kind: string): readonly Json[] => {
  const starting = (startingDefinitions as Record<string, Json>)[kind];
  return [...hostileDefinitions[kind as DefinitionKind], ...(starting === undefined ? [] : [starting])];
};
