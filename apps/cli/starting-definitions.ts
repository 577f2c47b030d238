import {
  builtInAttribution,
  builtInChannelRules,
  builtInRejectionReasons,
  type DefinitionKind,
  type RejectionReasons,
} from '@baton/definitions';
import { Refused, type Json } from '@baton/kernel';
import { startingPolicy } from '@baton/sla-clocks';

/** Holidays of a company in New York: first day, recurrence rule, name. */
const holidays: readonly (readonly [first: string, yearly: string, name: string])[] = [
  ['20230101', '', 'New Year’s Day'],
  ['20230116', ';BYMONTH=1;BYDAY=3MO', 'Martin Luther King Jr. Day'],
  ['20230220', ';BYMONTH=2;BYDAY=3MO', 'Presidents’ Day'],
  ['20230529', ';BYMONTH=5;BYDAY=-1MO', 'Memorial Day'],
  ['20230619', '', 'Juneteenth'],
  ['20230704', '', 'Independence Day'],
  ['20230904', ';BYMONTH=9;BYDAY=1MO', 'Labor Day'],
  ['20231123', ';BYMONTH=11;BYDAY=4TH', 'Thanksgiving'],
  ['20231124', ';BYMONTH=11;BYDAY=FR;BYMONTHDAY=23,24,25,26,27,28,29', 'Day after Thanksgiving'],
  ['20231225', '', 'Christmas Day'],
];
const holidayFile = [
  'BEGIN:VCALENDAR',
  'VERSION:2.0',
  'PRODID:-//Baton//Starting calendar//EN',
  ...holidays.flatMap(([first, yearly, name]) => [
    'BEGIN:VEVENT',
    `DTSTART;VALUE=DATE:${first}`,
    `RRULE:FREQ=YEARLY${yearly}`,
    `SUMMARY:${name}`,
    'END:VEVENT',
  ]),
  'END:VCALENDAR',
].join('\r\n');

export const startingCalendar = {
  timeZone: 'America/New_York',
  hours: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri'] as const, from: '09:00', to: '18:00' }],
  holidayFile,
} as const;

/** A request for a demo or a quote qualifies a lead. */
export const askedToBeCalled: Json = {
  any: ['/demo', '/pricing'].map((page) => ({ touches: { action: 'form', page }, gte: 1, within: 'P30D' })),
};
const fitRule = (code: string, when: Json, points: number) => ({ code, when, points });

/** Fit by company and title, engagement by touches. It only grades: without a threshold it qualifies no lead. */
export const startingScores = {
  cap: 150,
  fit: {
    rules: [
      fitRule(
        'company-of-50-to-999',
        {
          all: [
            { field: 'employees', gte: 50 },
            { field: 'employees', lt: 1000 },
          ],
        },
        30,
      ),
      fitRule('company-of-1000', { field: 'employees', gte: 1000 }, 25),
      fitRule('small-company', { field: 'employees', lt: 20 }, -15),
      fitRule(
        'decides',
        { any: ['chief', 'head', 'director', 'president'].map((word) => ({ field: 'title', matches: `*${word}*` })) },
        20,
      ),
      fitRule('student', { field: 'title', matches: '*student*' }, -40),
    ],
    cutOffs: { high: 40, middle: 20 },
  },
  engagement: {
    rules: [
      { code: 'demo-request', touches: { action: 'form', page: '/demo' }, points: 40, cap: 60, halfLife: 'P30D' },
      { code: 'quote-request', touches: { action: 'form', page: '/pricing' }, points: 40, cap: 60, halfLife: 'P30D' },
      {
        code: 'pricing-view',
        touches: { action: 'page-view', page: '/pricing' },
        points: 8,
        cap: 24,
        coolDown: 'PT12H',
        halfLife: 'P21D',
        group: 'web',
      },
      {
        code: 'product-view',
        touches: { action: 'page-view', page: '/product*' },
        points: 3,
        cap: 15,
        coolDown: 'PT1H',
        halfLife: 'P21D',
        group: 'web',
      },
      { code: 'download', touches: { action: 'download' }, points: 10, cap: 20, halfLife: 'P60D' },
      { code: 'webinar', touches: { action: 'webinar' }, points: 12, cap: 24, halfLife: 'P60D' },
      { code: 'newsletter', touches: { action: 'email-click' }, points: 2, cap: 8, within: 'P90D' },
    ],
    cutOffs: { high: 50, middle: 20 },
  },
  groups: [{ code: 'web', cap: 30 }],
};

const immediateOf = ({ reasons }: RejectionReasons): readonly string[] =>
  reasons.filter(({ immediate }) => immediate).map(({ code }) => code);
/** The obligations of sales after a handoff, and the number of qualified leads marketing commits to per month. */
export const startingSla = (reasons: RejectionReasons, qualifiedAMonth: number) => ({
  ...startingPolicy(immediateOf(reasons)),
  marketing: { per: 'month', qualified: qualifiedAMonth },
});

/** Sales accepts a lead after it has contacted the person. */
export const startingSal: Json = {
  statement: 'Sales has reached out to the person before it takes the lead.',
  criteria: {
    any: ['call', 'e-mail', 'linkedin-message', 'meeting'].map((action) => ({
      touches: { action },
      gte: 1,
      within: 'P60D',
    })),
  },
};
export const startingSql: Json = {
  statement: 'A deal needs a problem, and at least one answer on money, decision or time.',
  criteria: { all: [{ answer: 'need' }, { any: ['budget', 'authority', 'timeline'].map((answer) => ({ answer })) }] },
};
const lossReasons = ['price', 'competitor', 'no-decision', 'timing', 'missing-feature'];

/** One pipeline of four stages, each with how long a deal may stay there and how long nobody may speak of it. */
export const startingPipeline = {
  pipelines: [
    {
      code: 'sales',
      label: 'Sales',
      stages: [
        { code: 'discovery', label: 'Discovery', category: 'pipeline', limitDays: 30, silenceDays: 14 },
        {
          code: 'demo',
          label: 'Demo',
          category: 'pipeline',
          exit: { criteria: { deal: 'amount', exists: true } },
          ...{ limitDays: 30, silenceDays: 14 },
        },
        {
          code: 'proposal',
          label: 'Proposal',
          category: 'best-case',
          proposal: true,
          exit: {
            criteria: {
              all: [
                { deal: 'expected-close', exists: true },
                { role: '*', gte: 1 },
              ],
            },
          },
          ...{ limitDays: 45, silenceDays: 10 },
        },
        { code: 'negotiation', label: 'Negotiation', category: 'commit', limitDays: 30, silenceDays: 7 },
      ],
      quality: {
        all: [
          { deal: 'amount', gt: 0 },
          { deal: 'expected-close', exists: true },
          { role: '*', gte: 1 },
          { touches: {}, gte: 1, within: 'P30D' },
        ],
      },
      thresholds: { stuckQuantile: 0.8, stuckDeals: 30, proposalToClose: 0.9 },
    },
  ],
  silence: [
    { stage: 'mql', days: 3 },
    { stage: 'handed-off', days: 3 },
    { stage: 'sal', days: 7 },
    { stage: 'sql', days: 7 },
    { stage: 'opportunity', days: 14 },
  ],
} as const;

/** Starting bodies by kind, which both teams then change and approve. */
export const startingDefinitions: Readonly<Partial<Record<DefinitionKind, Json>>> = {
  'business-calendar': startingCalendar as unknown as Json,
  'channel-rules': builtInChannelRules as unknown as Json,
  'rejection-reasons': builtInRejectionReasons as unknown as Json,
  'loss-reasons': { reasons: lossReasons.map((code) => ({ code })) },
  attribution: builtInAttribution as unknown as Json,
  'scoring-model': startingScores as unknown as Json,
  mql: { statement: 'Asked for a demo or a quote in the last 30 days.', criteria: askedToBeCalled },
  sal: startingSal,
  sql: startingSql,
  'sla-policy': startingSla(builtInRejectionReasons, 50) as unknown as Json,
  pipeline: startingPipeline as unknown as Json,
  routing: { handoffOwner: 'head-of-sales', rules: [], otherwise: 'sales' },
};

/** @returns the starting body; throws Refused `cli/argument-missing` for a kind without one */
export const startingBody = (kind: string): Json => {
  if (Object.hasOwn(startingDefinitions, kind)) return startingDefinitions[kind as DefinitionKind]!;
  const kinds = Object.keys(startingDefinitions).join(', ');
  throw new Refused(
    'cli/argument-missing',
    `--body is required for this kind; only ${kinds} have a starting body.`,
    'body',
  );
};
