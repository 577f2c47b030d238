import { enumeration, field, objectFields, roles } from '@baton/kernel';
import { report } from '@baton/platform/report';
import type { EntryKind } from '../../figures/facts/paths.fact';
import {
  answeredPeriodFields,
  compareArgument,
  erasedCount,
  value as figureValue,
  groupFields,
  scopeArguments,
  methodOfScope,
  scopeOf,
} from '../../figures/figures.report';
import { answeredPeriod, shownValue } from '../../figures/shown-figures.query';
import type { PathFigures } from '../../figures/paths.figure';
import { pathNames, processView, transitionNames, type ProcessGroup } from './process-view.query';

const kinds = enumeration<EntryKind>('ProcessSubject', 'Whose ways they are.', {
  people: 'Leads, through lifecycle stages: the figures `lead-paths`, `lead-transitions` and so on.',
  deals: 'Deals, through pipeline stages to their close: `deal-paths` and so on.',
  activities: 'Leads, through what was done in their touches: `activity-paths` and so on.',
});
const nullable = { nullable: true } as const;
const pathValues = {
  paths: field.object(figureValue, 'How many went.'),
  rework: field.object(figureValue, 'Share of them that came to a step again.'),
  days: field.object(figureValue, 'Median days from the first to the last step.'),
} as const;
const total = objectFields('ProcessTotal', 'All paths.', pathValues);
const group = objectFields('ProcessGroup', 'Some paths.', { ...groupFields, ...pathValues });
const variant = objectFields('ProcessVariant', 'A way that some went.', {
  variant: field.text(
    'Its steps, or their beginning if they are many; null for the others. `figureRows` takes it as key.',
    nullable,
  ),
  isOther: groupFields.isOther,
  paths: pathValues.paths,
  days: pathValues.days,
});
const transition = objectFields('ProcessTransition', 'A step, and the one that followed it.', {
  transition: field.text('Both steps; null for the others. `figureRows` takes it as key.', nullable),
  isOther: groupFields.isOther,
  transitions: field.object(figureValue, 'How often.'),
  meanGap: field.object(figureValue, 'Mean days between them.'),
  medianGap: field.object(figureValue, 'Median days.'),
  p90Gap: field.object(figureValue, 'Days within which 90 % followed.'),
});
const repeated = objectFields('ProcessRepetition', 'A step that paths came to again.', {
  step: field.text('The step; null for the others.', nullable),
  isOther: groupFields.isOther,
  repeated: field.object(figureValue, 'How many paths came to it again.'),
});

type Shown = ReturnType<typeof shownValue>;
const valuesOf = <N extends keyof PathFigures>(
  figures: PathFigures,
  names: readonly N[],
  values: ProcessGroup<N>['values'],
): Record<N, Shown> =>
  Object.fromEntries(names.map((name) => [name, shownValue(figures[name], values[name])])) as Record<N, Shown>;

const { window: _, ...scope } = scopeArguments;
export const processViewReport = report({
  name: 'processView',
  description:
    'The ways that leads, deals or activities go, what follows what and how fast, and what is done again, of those that began in the period. `figureRows` lists what is behind each number.',
  ...{ allow: roles, heavy: 'period' },
  arguments: {
    over: field.enum(kinds, 'Whose ways they are.', { default: 'people' }),
    top: field.integer('How many ways to list, the most frequent first.', { default: 20, min: 1, max: 200 }),
    ...compareArgument,
    ...scope,
  },
  answer: field.object(
    objectFields('ProcessView', 'How people, deals or activities go.', {
      ...answeredPeriodFields,
      erased: erasedCount,
      variantCount: field.integer('How many different ways there are.'),
      transitionCount: field.integer('How many different pairs of steps that follow each other.'),
      total: field.object(total, 'All of them.'),
      groups: field.object(group, 'One per group.', { list: true }),
      variants: field.object(variant, 'The ways, the most frequent first.', { list: true }),
      transitions: field.object(transition, 'What followed what, the most frequent first.', { list: true }),
      repeated: field.object(repeated, 'What was done again, the most frequent step first.', { list: true }),
    }),
    'The report.',
  ),
  ask: async ({ over, top, ...asked }, context) => {
    const { models, at } = context;
    const question = scopeOf(asked);
    const method = methodOfScope(question, context);
    const found = await processView(models, over, question, at, method);
    const { figures } = found;
    return {
      ...{ ...answeredPeriod(found, at), erased: found.erased },
      ...{ variantCount: found.variantCount, transitionCount: found.transitionCount },
      total: valuesOf(figures, pathNames, found.total),
      groups: found.groups.map(({ group: name, values }) => ({ ...name, ...valuesOf(figures, pathNames, values) })),
      variants: found.variants.slice(0, top).map(({ group: { key, isOther }, values }) => ({
        ...{ variant: key, isOther },
        ...valuesOf(figures, ['paths', 'days'], values),
      })),
      transitions: found.transitions.map(({ group: { key, isOther }, values }) => ({
        ...{ transition: key, isOther },
        ...valuesOf(figures, transitionNames, values),
      })),
      repeated: found.repeated.map(({ group: { key, isOther }, values }) => ({
        ...{ step: key, isOther },
        ...valuesOf(figures, ['repeated'], values),
      })),
    };
  },
});
