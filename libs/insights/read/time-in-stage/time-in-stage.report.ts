import { DAY_MS, enumeration, field, objectFields, roles, type ObjectOf } from '@baton/kernel';
import { pageOf } from '@baton/platform/documents';
import { report } from '@baton/platform/report';
import { exactOf, textOfExact } from '../../figures/exact.rules';
import {
  answeredPeriodFields,
  compareArgument,
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
  unitWords,
} from '../../figures/figures.report';
import { answeredPeriod, shownValue } from '../../figures/shown-figures.query';
import type { StayMeasure } from './stage-times.rules';
import {
  timeInStage,
  timeInStageRows,
  type StageValues,
  type StayClock,
  type StaySubject,
  type TimeInStage,
  type TimeInStageQuestion,
} from './time-in-stage.query';

const subjects = enumeration<StaySubject>('StaySubject', 'Whose stages they are.', {
  people: 'Lifecycle stages of leads.',
  deals: 'Pipeline stages of deals.',
});
const measures = enumeration<StayMeasure>(
  'StayMeasure',
  'Which time counts of those who were in a stage several times.',
  {
    each: 'Each stay by itself.',
    latest: 'The latest stay.',
    cumulative: 'All stays together.',
  },
);
const clocks = enumeration<StayClock>('StayClock', 'Which time is counted.', {
  wall: 'All hours, in days of 24.',
  business: 'The open hours of the business calendar in force, those without a team or region of their own; in hours.',
});
const { window: _, ...scope } = scopeArguments;
const stayArguments = {
  over: field.enum(subjects, 'Whose stages they are.', { default: 'people' }),
  measure: field.enum(measures, 'Which time counts of those who were in a stage several times.', {
    default: 'cumulative',
  }),
  clock: field.enum(clocks, 'Which time is counted.', { default: 'wall' }),
  inside: field.flag('Also count those that are in the stage now, as if they left it now.', { default: false }),
  ...scope,
} as const;
const questionOf = ({
  over,
  measure,
  clock,
  inside,
  ...rest
}: ObjectOf<typeof stayArguments> & Pick<TimeInStageQuestion['scope'], 'compare'>): TimeInStageQuestion => ({
  ...{ over, measure, clock, inside },
  scope: scopeOf(rest),
});

const values = {
  entered: field.object(figureValue, 'Times that it was entered in the period.'),
  left: field.object(figureValue, 'Times that it was left in the period.'),
  there: field.object(figureValue, 'How many are there at the end of the period.'),
  mean: field.object(figureValue, 'Mean time of those who left it last in the period.'),
  median: field.object(figureValue, 'Median of the same.'),
  p90: field.object(figureValue, 'Time within which 90 % of them were there.'),
} as const;
const bin = objectFields('StageTimeBin', 'A bin of a histogram.', {
  from: field.text('Its beginning, in the unit of the answer.'),
  to: field.text('Its end, itself not in it but in the last one.'),
  count: field.integer('How many times lie in it.'),
});
const group = objectFields('StageTimeGroup', 'The times of some of them.', { ...groupFields, ...values });
const stage = objectFields('StageTime', 'How long people or deals were in a stage.', {
  stage: field.text('The stage.'),
  ...values,
  histogram: field.object(bin, 'As many bins of equal width as the cube root of the number of times, rounded up.', {
    list: true,
  }),
  groups: field.object(group, 'One per group.', { list: true }),
});
const shownValues = (figures: TimeInStage['figures'], of: StageValues) =>
  Object.fromEntries(
    (Object.keys(values) as (keyof StageValues)[]).map((name) => [name, shownValue(figures[name], of[name])]),
  ) as Record<keyof StageValues, ReturnType<typeof shownValue>>;

export const timeInStageReport = report({
  name: 'timeInStage',
  description:
    'How long people or deals were in each stage: those who left it last in the period, and on demand those who are there now.',
  ...{ allow: roles, heavy: 'period' },
  arguments: {
    ...compareArgument,
    ...stayArguments,
  },
  answer: field.object(
    objectFields('TimeInStage', 'Time in stages.', {
      ...answeredPeriodFields,
      erased: erasedCount,
      unit: field.enum(unitWords, 'What times are in.'),
      stages: field.object(stage, 'The stages in their order, those of deals by name.', { list: true }),
    }),
    'The report.',
  ),
  ask: async (asked, context) => {
    const { models, at, sources } = context;
    const question = questionOf(asked);
    const method = methodOfScope(question.scope, context);
    const found = await timeInStage(models, sources.context.definitions, question, at, method);
    const divisor = found.unit === 'days' ? DAY_MS : 3_600_000;
    const edge = (ms: number): string => textOfExact(exactOf(ms).div(divisor));
    return {
      ...{ ...answeredPeriod(found, at), erased: found.erased, unit: found.unit },
      stages: found.stages.map(({ stage: name, values: its, histogram, groups }) => ({
        ...{ stage: name, ...shownValues(found.figures, its) },
        histogram: histogram.map(({ from, to, count }) => ({ from: edge(from), to: edge(to), count })),
        groups: groups.map(({ group: of, values: own }) => ({ ...of, ...shownValues(found.figures, own) })),
      })),
    };
  },
});

const timeRow = objectFields('StageTimeRow', 'Somebody who was in a stage.', {
  ...figureRow.fields,
  at: field.instant('When it was entered first.'),
  latestAt: field.instant('When it was entered last.'),
  leftAt: field.instant('When it was left last; of those inside, now.'),
  inside: field.flag('Whether they are there now.'),
  visits: field.integer('How many stays the time is of.'),
  ms: field.largeInteger('The time in milliseconds.', { unit: 'ms' }),
});
export const timeInStageRowsReport = report({
  name: 'timeInStageRows',
  description: 'Who is behind the times in a stage, or in one bin of its histogram, by their first entry.',
  ...{ allow: roles, heavy: 'period', page: true },
  arguments: {
    inStage: field.text('The stage.', { max: 200 }),
    bin: field.integer('Only times in this bin of its histogram, from 1.', { optional: true, min: 1 }),
    ...groupArguments,
    ...stayArguments,
  },
  answer: field.object(timeRow, 'The rows.'),
  ask: async ({ inStage, bin: place, key, keyless, others, ...asked }, context) => {
    const { models, at, page, sources } = context;
    const question = questionOf(asked);
    const name = groupOf({ by: question.scope.by, key, keyless, others });
    const where = { stage: inStage, bin: place, group: name };
    const method = methodOfScope(question.scope, context);
    const found = await timeInStageRows(models, sources.context.definitions, question, where, at, method);
    return pageOf(
      found.map(({ latestAt, leftAt, inside, visits, ms, ...row }) => ({
        ...{ ...shownRow(row), latestAt, leftAt, inside, visits, ms },
      })),
      page,
      ({ id }) => id,
    );
  },
});
