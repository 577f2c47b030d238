import { builtInChannelRules, type DefinitionKind } from '@baton/definitions';
import type { Json } from '@baton/kernel';
import {
  askedToBeCalled,
  startingCalendar,
  startingPipeline,
  startingSal,
  startingScores,
  startingSla,
  startingSql,
} from '../starting-definitions';
import type { Random } from './random';
import { dealStages, routingRules } from './sales';
import { DAY, HOUR, storyWriter, type DemoStep, type Period } from './story';

/** Reasons for which reps reject a lead, each with a note if reps add one. */
export const rejections = [
  { code: 'no-budget', label: 'No money for it', share: 20, notes: ['Nothing planned before the next fiscal year.'] },
  {
    code: 'no-authority',
    label: 'Cannot decide',
    share: 10,
    notes: ['Has no say in buying and names nobody who has.'],
  },
  {
    code: 'no-need',
    label: 'Needs no such thing',
    share: 14,
    notes: ['Happy with spreadsheets.', 'Was only reading.'],
  },
  { code: 'no-timing', label: 'Not now', share: 16, notes: ['Asks for a call after the merger is through.'] },
  { code: 'no-answer', label: 'Does not answer', share: 16, notes: ['Six calls, four messages, no answer.'] },
  { code: 'not-a-fit', label: 'Not our customer', share: 10, notes: ['Three people, no data to speak of.'] },
  { code: 'bad-contact-data', label: 'Wrong number or address', share: 6, immediate: true, notes: ['Mail bounces.'] },
  { code: 'duplicate', label: 'Known under another lead', share: 4, immediate: true, notes: [] },
  { code: 'other', label: 'Something else', share: 4, notes: ['Wanted a job with us.', 'Supplier, sells to us.'] },
] as const;

/** Reasons for which opportunities are lost. */
export const losses = [
  { code: 'price', label: 'Too expensive', share: 26 },
  { code: 'competitor', label: 'Bought from a competitor', share: 24 },
  { code: 'no-decision', label: 'Did nothing in the end', share: 24 },
  { code: 'timing', label: 'Put off', share: 14 },
  { code: 'missing-feature', label: 'We lack something', share: 12 },
] as const;

const coded = (reasons: readonly { code: string; label: string; immediate?: boolean }[]) => ({
  reasons: reasons.map(({ code, label, immediate }) => ({ code, label, ...(immediate && { immediate }) })),
});
/** Typical amount of an opportunity in US cents, and the share of sales-accepted leads that become one. */
const sla = startingSla(coded(rejections), 45);
const pipeline = {
  target: { minor: 50_000_000, currency: 'USD' },
  averageDeal: { minor: 3_500_000, currency: 'USD' },
  opportunityRate: 0.85,
};
const agreedSla = { ...sla, marketing: { ...sla.marketing, pipeline } };
/** The smallest company, in employees, that sales accepts after the definition was revised on that day. */
export const wantedFrom = { day: 270, employees: 20 } as const;

const channels = {
  ...builtInChannelRules,
  rules: [
    { when: { channel: '*' }, channel: '$channel' },
    { when: { medium: 'webinar' }, channel: 'webinar' },
    { when: { medium: 'partner' }, channel: 'partner' },
    ...builtInChannelRules.rules,
  ],
} as unknown as Json;

const agreements: readonly { kind: DefinitionKind; day: number; reason: string; body: Json }[] = [
  {
    kind: 'mql',
    day: 0,
    reason: 'First agreement of both teams on qualified leads.',
    body: { statement: 'Asked for a demo or a quote in the last 30 days.', criteria: askedToBeCalled },
  },
  {
    kind: 'sql',
    day: 0,
    reason: 'A deal needs a problem, and at least one answer on money, decision or time.',
    body: startingSql,
  },
  { kind: 'sal', day: 0, reason: 'Nobody takes a lead unseen.', body: startingSal },
  {
    kind: 'rejection-reasons',
    day: 0,
    reason: 'So that every refusal can be learnt from.',
    body: coded(rejections) as Json,
  },
  { kind: 'loss-reasons', day: 0, reason: 'So that lost deals can be compared.', body: coded(losses) as Json },
  {
    kind: 'pipeline',
    day: 0,
    reason: 'One name for each step of a deal, and how long it may take.',
    body: {
      ...startingPipeline,
      pipelines: startingPipeline.pipelines.map((one) => ({
        ...one,
        // Its reps record each proposal themselves.
        stages: one.stages.map((stage, index) => ({ ...stage, code: dealStages[index]!, proposal: false })),
      })),
    } as unknown as Json,
  },
  { kind: 'channel-rules', day: 0, reason: 'One name for each way in which people find us.', body: channels },
  {
    kind: 'attribution',
    day: 0,
    reason: 'The sales cycle is about three months, and people look around before.',
    body: { model: 'position-based', lookback: 'P180D', excludedChannels: ['direct'] },
  },
  {
    kind: 'business-calendar',
    day: 0,
    reason: 'Clocks run while somebody is there.',
    body: startingCalendar as unknown as Json,
  },
  {
    kind: 'scoring-model',
    day: 0,
    reason: 'Sales wants to know whom to call first.',
    body: startingScores as unknown as Json,
  },
  {
    kind: 'sla-policy',
    day: 0,
    reason: 'Leads went cold while nobody called.',
    body: agreedSla as unknown as Json,
  },
  {
    kind: 'routing',
    day: 0,
    reason: 'Nobody picks the leads they like.',
    body: routingRules as unknown as Json,
  },
  {
    kind: 'mql',
    day: wantedFrom.day,
    reason: 'Sales rejected too many leads of very small companies.',
    body: {
      statement: 'Asked for a demo or a quote in the last 30 days, and works for a company of 20 people or more.',
      criteria: { all: [{ field: 'employees', gte: wantedFrom.employees }, askedToBeCalled] },
    },
  },
];

/**
 * The definitions agreed at the start and their later revisions: each proposed by one person and approved by two
 * others.
 */
export const agreementSteps = (random: Random, period: Period): DemoStep[] => {
  const steps: DemoStep[] = [];
  const versions = new Map<string, number>();
  for (const { kind, day, reason, body } of agreements) {
    const number = (versions.get(kind) ?? 0) + 1;
    versions.set(kind, number);
    const { add, wait } = storyWriter(steps, period.begin + day * DAY + 8 * HOUR, period);
    add('definition', kind, 'revops-tilda', 'ProposeDefinition', { body, reason });
    wait(random.int(60, 180) * 60_000);
    add('definition', kind, 'cmo-ines', 'ApproveDefinition', { number, team: 'marketing' });
    wait(random.int(20, 120) * 60_000);
    add('definition', kind, 'vp-sales-otto', 'ApproveDefinition', { number, team: 'sales' });
  }
  return steps;
};
