import { enumeration, field, objectFields, roles } from '@baton/kernel';
import { report } from '@baton/platform/report';
import { stagePath, type PathStage } from '../../figures/facts/lifecycles.fact';
import type { Figure } from '../../figures/figure.rules';
import {
  answeredPeriodFields,
  codes,
  compareArgument,
  erasedCount,
  value as figureValue,
  groupFields,
  scopeArguments,
  methodOfScope,
  scopeOf,
} from '../../figures/figures.report';
import { answeredPeriod, shownValue } from '../../figures/shown-figures.query';
import { stageConversions, type CohortParts } from './stage-conversions.query';

const stages = enumeration<PathStage>(
  'PathStage',
  'A stage of the way from lead to customer.',
  Object.fromEntries(stagePath.map((stage) => [stage, `Came to the stage ${stage}.`])) as Record<PathStage, string>,
);
const parts = {
  rate: field.object(figureValue, 'Converted, of all who entered the first stage.'),
  converted: field.integer('Entered the second stage, or one beyond it, at or after that entry.', { unit: 'people' }),
  ended: field.integer('Did not, and are in no live stage any more, or their window is over.', { unit: 'people' }),
  open: field.integer('May still convert.', { unit: 'people' }),
} as const;
const group = objectFields('StageConversionGroup', 'The conversion of some people.', { ...groupFields, ...parts });
const pair = objectFields('StageConversion', 'The conversion from a stage to a later one.', {
  from: field.enum(stages, 'The first stage.'),
  to: field.enum(stages, 'The second stage.'),
  code: field.enum(codes, 'The figure; `figureRows` lists the people behind it.'),
  ...parts,
  cohortOpen: field.flag(
    'True while as-of is before the last entry and the window; without a window, while somebody of them is in a live stage.',
  ),
  erased: erasedCount,
  groups: field.object(group, 'One per group.', { list: true }),
});
const shownParts = (figure: Figure, { rate, ...counts }: CohortParts) => ({
  ...counts,
  rate: shownValue(figure, rate),
});

export const stageConversionsReport = report({
  name: 'stageConversions',
  description:
    'The conversion of every pair of lifecycle stages. A person counts once, by the first entry into the first stage, which lies in the period; what follows counts up to now, or within the window.',
  ...{ allow: roles, heavy: 'period' },
  arguments: {
    ...compareArgument,
    ...scopeArguments,
  },
  answer: field.object(
    objectFields('StageConversions', 'Conversion between lifecycle stages.', {
      ...answeredPeriodFields,
      pairs: field.object(pair, 'Each stage with each later one, in their order.', { list: true }),
    }),
    'The report.',
  ),
  ask: async (asked, context) => {
    const { models, at } = context;
    const scope = scopeOf(asked);
    const found = await stageConversions(models, scope, at, methodOfScope(scope, context));
    return {
      ...answeredPeriod(found, at),
      pairs: found.pairs.map(({ from, to, answer: { figure, erased }, total, isOpen, groups }) => ({
        ...{ from, to, code: figure.code, cohortOpen: isOpen, erased },
        ...shownParts(figure, total),
        groups: groups.map(({ group: name, parts: its }) => ({ ...name, ...shownParts(figure, its) })),
      })),
    };
  },
});
