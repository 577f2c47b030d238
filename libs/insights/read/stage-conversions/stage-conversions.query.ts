import type { Instant, Position } from '@baton/kernel';
import type { ReadModels } from '@baton/platform/documents';
import { conversions } from '../../figures/conversions.figure';
import { visitRows } from '../../figures/evaluate.rules';
import { lifecycles, stagePairs, type PathStage } from '../../figures/facts/lifecycles.fact';
import {
  answerFigures,
  openQuestion,
  type AnsweredFigure,
  type ComparedValue,
  type GroupName,
  type MethodOfFigures,
  type OpenedQuestion,
  type Scope,
} from '../../figures/figures.query';
import { rangeOf, type ScopePeriod } from '../../figures/scope.rules';
import { sliceOf } from '../../figures/slice.rules';

/** What became of the people who entered a stage: the three add up to them. */
export interface CohortParts {
  readonly converted: number;
  /** Not converted, and nobody waits for it any more. */
  readonly ended: number;
  readonly open: number;
  readonly rate: ComparedValue;
}
export interface StageConversion {
  readonly from: PathStage;
  readonly to: PathStage;
  readonly answer: AnsweredFigure;
  readonly total: CohortParts;
  /** Whether the cohort is open: its last window is not over, or without a window somebody of it is in a live stage. */
  readonly isOpen: boolean;
  readonly groups: readonly { readonly group: GroupName; readonly parts: CohortParts }[];
}

export interface StageConversions {
  readonly period: ScopePeriod;
  readonly position: Position;
  readonly pairs: readonly StageConversion[];
}

const partsOf = (rate: ComparedValue): CohortParts => {
  const [converted, all] = [Number(rate.numerator), Number(rate.denominator)];
  return { converted, ended: all - converted - rate.open, open: rate.open, rate };
};

/** Whether the cohort of a figure is open. */
const isOpenCohort = (
  { figure }: AnsweredFigure,
  { scope: { filters, windowMs }, rowsAt, period, limits }: OpenedQuestion,
): boolean => {
  const slice = sliceOf(lifecycles, { filters }, rowsAt([rangeOf(period).to]));
  const { codes, words } = slice.rows.texts['live']!;
  const entered = 'at' in figure.rows.time ? slice.rows.numbers[figure.rows.time.at]! : [];
  let isOpen = false;
  visitRows(figure.rows, slice, rangeOf(period), (row) => {
    isOpen ||= windowMs === undefined ? words[codes[row]!] === 'true' : limits.at < entered[row]! + windowMs;
  });
  return isOpen;
};

/**
 * The conversion of every pair of stages, of people by their first entry into the first stage within the period.
 * @throws Refused as `askFigures`
 */
export const stageConversions = async (
  models: ReadModels,
  scope: Scope,
  at: Instant,
  methodOf: MethodOfFigures,
): Promise<StageConversions> => {
  const question = await openQuestion(models, conversions, scope, at, methodOf);
  const answers = answerFigures(conversions, question);
  return {
    ...{ period: question.period, position: question.position },
    pairs: stagePairs.map(([from, to], place) => {
      const answer = answers[place]!;
      return {
        ...{ from, to, answer, total: partsOf(answer.total[0]!), isOpen: isOpenCohort(answer, question) },
        groups: answer.groups.map(({ group, values }) => ({ group, parts: partsOf(values[0]!) })),
      };
    }),
  };
};
