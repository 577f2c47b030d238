import { enumeration, field, objectFields, roles, type ObjectOf } from '@baton/kernel';
import { pageOf } from '@baton/platform/documents';
import { report } from '@baton/platform/report';
import type { EntryKind } from '../../figures/facts/paths.fact';
import {
  answeredPeriodFields,
  compareArgument,
  comparedFields,
  erasedCount,
  figureRow,
  value as figureValue,
  groupArguments,
  groupFields,
  groupOf,
  scopeArguments,
  methodOfScope,
  scopeOf,
  shownRow,
  sides,
} from '../../figures/figures.report';
import { answeredPeriod, comparedEnds, shownValue } from '../../figures/shown-figures.query';
import { funnel, funnelRows, type FunnelQuestion, type FunnelUnit, type StepValues } from './funnel.query';
import type { FunnelReading } from './funnel.rules';

const subjects = enumeration<EntryKind>('FunnelSubject', 'Whose steps they are.', {
  people: 'Lifecycle stages of leads.',
  deals: 'Pipeline stages of deals, and their closes `won` and `lost`.',
  activities: 'What was done in touches, such as `demo`, by the lead that they were recorded for.',
});
const readings = enumeration<FunnelReading>('FunnelReading', 'How steps are reached.', {
  'in-order': 'Each after the one before it, whatever came between.',
  'any-order': 'The k-th step is the k-th of them that was come to, whichever it is.',
  'skips-passed': 'Reaching a step counts all before it.',
});
const units = enumeration<FunnelUnit>('FunnelUnit', 'What a funnel counts.', {
  person: 'People, or deals.',
  account: 'Companies: the steps of all people, or deals, of one are steps of the company.',
});
const funnelArguments = {
  over: field.enum(subjects, 'Whose steps they are.', { default: 'people' }),
  steps: field.text('The stages or actions in their order, 2 to 20.', { list: true, max: 200 }),
  reading: field.enum(readings, 'How steps are reached.', { default: 'in-order' }),
  unit: field.enum(units, 'What is counted.', { default: 'person' }),
  exclude: field.text('Stages or actions that end an attempt.', { list: true, optional: true, max: 200 }),
  ...scopeArguments,
} as const;
const questionOf = ({
  over,
  steps,
  reading,
  unit,
  exclude = [],
  ...scope
}: ObjectOf<typeof funnelArguments> & Pick<Parameters<typeof scopeOf>[0], 'compare'>): FunnelQuestion => ({
  ...{ over, steps, reading, unit, exclude },
  scope: scopeOf(scope),
});

const nullable = { nullable: true } as const;
const step = objectFields('FunnelStep', 'A step of a funnel.', {
  place: field.integer('Its place, from 1.'),
  name: field.text('The stage or action; null in any order, where it may be any of them.', nullable),
  entered: field.object(figureValue, 'How many came to it.'),
  rate: field.object(figureValue, 'Of those who came to the step before.'),
  rateOfFirst: field.object(figureValue, 'Of those who came to the first step.'),
  mean: field.object(figureValue, 'Mean days since the step before that was entered; null for those passed over.'),
  median: field.object(figureValue, 'Median of the same.'),
  p90: field.object(figureValue, 'Days within which 90 % came to it.'),
});
const group = objectFields('FunnelGroup', 'The funnel of some of them.', {
  ...groupFields,
  steps: field.object(step, 'The steps.', { list: true }),
});
const shownSteps = (steps: readonly StepValues[], { steps: names, reading }: FunnelQuestion) =>
  steps.map((values, index) => ({
    ...{ place: index + 1, name: reading === 'any-order' ? null : names[index]! },
    ...(Object.fromEntries(
      Object.entries(values).map(([name, { figure, value }]) => [name, shownValue(figure, value)]),
    ) as Record<keyof StepValues, ReturnType<typeof shownValue>>),
  }));

export const funnelReport = report({
  name: 'funnel',
  description:
    'How many come to each step of a funnel, how fast, and where they stay behind. A person counts once, by the attempt that came furthest, of several the fastest, and in the group of its beginning, which lies in the period; later steps count up to now, or within the window.',
  ...{ allow: roles, heavy: 'period' },
  arguments: { ...funnelArguments, ...compareArgument },
  answer: field.object(
    objectFields('Funnel', 'A funnel.', {
      ...answeredPeriodFields,
      ...comparedFields,
      erased: erasedCount,
      steps: field.object(step, 'The steps, of all.', { list: true }),
      groups: field.object(group, 'One per group.', { list: true }),
      bottleneck: field.integer(
        'The step with the lowest rate, of those that 30 or more were before and whose cohort is closed: its window is over, or without one nobody of it is in a live stage. Null without such a step.',
        nullable,
      ),
      slowest: field.integer('The step with the longest median time; null without times.', nullable),
      withoutAccount: field.integer('People or deals that a funnel of accounts leaves out, because they have none.'),
    }),
    'The funnel.',
  ),
  ask: async (asked, context) => {
    const { models, at } = context;
    const question = questionOf(asked);
    const found = await funnel(models, question, at, methodOfScope(question.scope, context));
    return {
      ...{ ...answeredPeriod(found, at), ...comparedEnds(found.compared), erased: found.erased },
      steps: shownSteps(found.steps, question),
      groups: found.groups.map(({ group: name, steps }) => ({ ...name, steps: shownSteps(steps, question) })),
      ...{ bottleneck: found.bottleneck ?? null, slowest: found.slowest ?? null, withoutAccount: found.withoutAccount },
    };
  },
});

export const funnelRowsReport = report({
  name: 'funnelRows',
  description:
    'Who is behind a step of a funnel, by the beginning of their attempt: those who came to it, or to the one before.',
  ...{ allow: roles, heavy: 'period', page: true },
  arguments: {
    step: field.integer('The step, from 1.', { min: 1, max: 20 }),
    side: field.enum(sides, 'Those who came to it, or those who came to the one before.', { default: 'numerator' }),
    ...groupArguments,
    ...funnelArguments,
  },
  answer: field.object(figureRow, 'The rows.'),
  ask: async ({ step: place, side, key, keyless, others, ...asked }, context) => {
    const { models, at, page } = context;
    const question = questionOf(asked);
    const name = groupOf({ by: question.scope.by, key, keyless, others });
    const method = methodOfScope(question.scope, context);
    const found = await funnelRows(models, question, place, { group: name, side }, at, method);
    return pageOf(found.map(shownRow), page, ({ id }) => id);
  },
});
