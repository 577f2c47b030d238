import { Refused, type Instant, type Position } from '@baton/kernel';
import type { ReadModels } from '@baton/platform/documents';
import { visitRows } from '../../figures/evaluate.rules';
import type { EntryKind } from '../../figures/facts/paths.fact';
import type { Figure } from '../../figures/figure.rules';
import {
  answerFigures,
  openQuestion,
  type ComparedValue,
  type GroupName,
  type MethodOfFigures,
  type OpenedQuestion,
  type Scope,
} from '../../figures/figures.query';
import { pathFiguresOf, type PathFigures } from '../../figures/paths.figure';
import { rangeOf, type ScopePeriod } from '../../figures/scope.rules';
import { sliceOf } from '../../figures/slice.rules';

/** A group of paths or transitions, with its figures in the order of the names. */
export type ProcessGroup<N extends string> = { readonly group: GroupName } & {
  readonly values: Readonly<Record<N, ComparedValue>>;
};
export const pathNames = ['paths', 'rework', 'days'] as const;
export const transitionNames = ['transitions', 'meanGap', 'medianGap', 'p90Gap'] as const;
type PathName = (typeof pathNames)[number];
type TransitionName = (typeof transitionNames)[number];
export interface ProcessView {
  readonly period: ScopePeriod;
  readonly position: Position;
  /** Erased people among those whose paths they are. */
  readonly erased: number;
  readonly figures: PathFigures;
  readonly total: Readonly<Record<PathName, ComparedValue>>;
  readonly groups: readonly ProcessGroup<PathName>[];
  /** How many different ways there are, and how many different pairs of steps. */
  readonly variantCount: number;
  readonly transitionCount: number;
  readonly variants: readonly ProcessGroup<'paths' | 'days'>[];
  readonly transitions: readonly ProcessGroup<TransitionName>[];
  readonly repeated: readonly ProcessGroup<'repeated'>[];
}

/** The values of figures by a dimension, those with the most rows first. */
const groupsBy = <N extends keyof PathFigures>(
  figures: PathFigures,
  names: readonly N[],
  question: OpenedQuestion,
  by: string,
): readonly ProcessGroup<N>[] => {
  const answers = answerFigures(
    names.map((name) => figures[name]),
    { ...question, scope: { ...question.scope, by } },
  );
  return answers[0]!.groups.map(({ group }, place) => ({
    group,
    values: Object.fromEntries(names.map((name, index) => [name, answers[index]!.groups[place]!.values[0]!])) as Record<
      N,
      ComparedValue
    >,
  }));
};
const isCounted = <N extends string>({ values }: ProcessGroup<N>): boolean =>
  (Object.values(values) as ComparedValue[])[0]!.support > 0;

/** How many different values the rows of a figure have. */
const countOf = ({ rows }: Figure, column: string, { scope, rowsAt, period }: OpenedQuestion): number => {
  const slice = sliceOf(rows.fact, { filters: scope.filters }, rowsAt([rangeOf(period).to]));
  const { codes } = slice.rows.texts[column]!;
  const found = new Set<number>();
  visitRows(rows, slice, rangeOf(period), (row) => {
    if (codes[row]! >= 0) found.add(codes[row]!);
  });
  return found.size;
};

/**
 * The ways that people, deals or activities go, what follows what and how fast, and what is done again, of those that began
 * in the period.
 * @throws Refused `figures/no-window`, and as `askFigures`
 */
export const processView = async (
  models: ReadModels,
  over: EntryKind,
  scope: Scope,
  at: Instant,
  methodOf: MethodOfFigures,
): Promise<ProcessView> => {
  const figures = pathFiguresOf[over];
  if (scope.windowMs !== undefined)
    throw new Refused('figures/no-window', 'Paths have no window; leave it out.', 'window');
  const question = await openQuestion(models, Object.values(figures) as Figure[], scope, at, methodOf);
  const { by: _, ...all } = scope;
  const whole: OpenedQuestion = { ...question, scope: all };
  const totals = answerFigures(
    pathNames.map((name) => figures[name]),
    whole,
  );
  return {
    ...{ period: question.period, position: question.position, erased: totals[0]!.erased, figures },
    total: Object.fromEntries(pathNames.map((name, place) => [name, totals[place]!.total[0]!])) as Record<
      PathName,
      ComparedValue
    >,
    groups: scope.by === undefined ? [] : groupsBy(figures, pathNames, question, scope.by),
    variantCount: countOf(figures.paths, 'variant', whole),
    transitionCount: countOf(figures.transitions, 'transition', whole),
    variants: groupsBy(figures, ['paths', 'days'], whole, 'variant'),
    transitions: groupsBy(figures, transitionNames, whole, 'transition').filter(isCounted),
    repeated: groupsBy(figures, ['repeated'], whole, 'pathStep').filter(isCounted),
  };
};
