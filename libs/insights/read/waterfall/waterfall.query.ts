import type { Instant } from '@baton/kernel';
import type { ReadModels } from '@baton/platform/documents';
import { askFigures, type MethodOfFigures, type Scope } from '../../figures/figures.query';
import { rangeOf, scopePeriod, type ScopeArgs, type ScopePeriod } from '../../figures/scope.rules';
import { answeredPeriod, shownFigure } from '../../figures/shown-figures.query';
import { waterfallBetween, type ClosingPeriod, type Waterfall } from './waterfall.rules';

interface AskedWaterfall {
  readonly scope: Scope;
  readonly period: ScopePeriod;
  readonly closes: ClosingPeriod | undefined;
  readonly waterfall: Waterfall;
}
/** The cells of a waterfall, of one moment. @throws Refused as `askFigures` */
export const waterfallOf = async (
  models: ReadModels,
  { scope, period, closes, waterfall }: AskedWaterfall,
  at: Instant,
  method: MethodOfFigures,
) => {
  const asked = [...waterfall.figures];
  const own = asked.map(([, one]) => one);
  const { position, figures } = await askFigures(models, own, scope, at, method);
  return {
    ...answeredPeriod({ period, position }, at),
    ...{ closingFrom: closes?.from || null, closingTo: closes?.to ?? null },
    cells: figures.map((one, index) => {
      const { formula, total, groups, erased } = shownFigure(one);
      return { cell: asked[index]![0], formula, total, groups, erased };
    }),
  };
};

/** The movement of all open deals in a period. @throws Refused as `scopePeriod` */
export const waterfallCellsOf = async (models: ReadModels, asked: ScopeArgs, at: Instant, method: MethodOfFigures) => {
  const period = scopePeriod(asked, at);
  const waterfall = waterfallBetween(rangeOf(period), undefined);
  return (
    await waterfallOf(models, { scope: { ...asked, filters: {} }, period, closes: undefined, waterfall }, at, method)
  ).cells;
};
