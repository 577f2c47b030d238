import { decimalOf, wholeNumberOf, type Instant, type MoneySum, type Position } from '@baton/kernel';
import type { ReadModels } from '@baton/platform/documents';
import { figureOf } from './catalogue.rules';
import { roundedInteger, textOfExact } from './exact.rules';
import { isAdditive, type Figure } from './figure.rules';
import {
  askFigures,
  changeOf,
  MIN_SUPPORT,
  type AnsweredFigure,
  type ComparedValue,
  type MethodOfFigures,
  type Scope,
} from './figures.query';
import type { ScopePeriod } from './scope.rules';

/** What a velocity is made of, and itself. */
export const velocityFigures = [
  ...['open-deals', 'won-deals', 'lost-deals', 'win-rate', 'deal-size', 'deal-cycle', 'velocity'],
] as const;

/** The period that an answer is about, and how far it is. */
export const answeredPeriod = (
  { period: { from, to }, position }: { readonly period: ScopePeriod; readonly position: Position },
  at: Instant,
) => ({ from, to, complete: to <= at, position });

/** The period that an answer is compared with. */
export const comparedEnds = (compared: ScopePeriod | undefined) => ({
  comparedFrom: compared?.from ?? null,
  comparedTo: compared?.to ?? null,
});

/** A value as answers and reviews have it. */
export const shownValue = (figure: Figure, one: ComparedValue) => {
  const { currency, numerator, denominator, support, open, missing } = one;
  const change = changeOf(figure, one);
  const text = (number: ComparedValue['value']): string | null => {
    if (number === undefined) return null;
    return currency === null
      ? textOfExact(number)
      : decimalOf({ minor: wholeNumberOf(roundedInteger(number)), currency });
  };
  const amount: MoneySum | null =
    currency === null || one.value === undefined ? null : { minor: wholeNumberOf(roundedInteger(one.value)), currency };
  return {
    ...{ value: text(one.value), amount },
    ...{ numerator: numerator?.toString() ?? null, denominator: denominator?.toString() ?? null },
    ...{ support, open, missing, tooThin: support < MIN_SUPPORT },
    ...{ compared: text(one.compared), change: text(change) },
  };
};
export const shownTotal = (figure: Figure, total: readonly ComparedValue[]) => ({
  ...{ code: figure.code, title: figure.title, unit: figure.unit, formula: figure.formula },
  ...{ additive: isAdditive(figure), total: total.map((one) => shownValue(figure, one)) },
});
export type ShownTotal = ReturnType<typeof shownTotal>;

/** A figure as reports answer it. */
export const shownFigure = ({ figure, total, groups, ...more }: AnsweredFigure) => ({
  ...{ ...shownTotal(figure, total), ...more },
  groups: groups.map(({ group: { key, isOther }, values, erased }) => ({
    ...{ key, isOther, erased },
    values: values.map((one) => shownValue(figure, one)),
  })),
});

/**
 * Figures as `figures` answers them, and as reviews keep them.
 * @throws Refused as `askFigures`; Error for a code that is not in the catalogue
 */
export const shownFigures = async (
  models: ReadModels,
  codes: readonly string[],
  scope: Partial<Scope>,
  at: Instant,
  method: MethodOfFigures,
) => {
  const answer = await askFigures(models, codes.map(figureOf), { filters: {}, ...scope }, at, method);
  const { compared, figures: found } = answer;
  return {
    ...answeredPeriod(answer, at),
    ...comparedEnds(compared),
    figures: found.map(shownFigure),
  };
};
