import { END, type Instant } from '@baton/kernel';
import type { ReadModels } from '@baton/platform/documents';
import { figureOf } from '../../figures/catalogue.rules';
import { exactOf } from '../../figures/exact.rules';
import { totalsInPeriods, type MethodOfFigures, type Scope } from '../../figures/figures.query';
import type { FigureValue } from '../../figures/evaluate.rules';
import { scopePeriod, type ScopeArgs } from '../../figures/scope.rules';
import { shownTotal, velocityFigures, type ShownTotal } from '../../figures/shown-figures.query';
import { contributions, type VelocityContribution, type VelocityParts } from './velocity-change.rules';

export interface VelocityChange {
  /** The figures of the velocity in each period, in the order of `velocityFigures`. */
  readonly a: readonly ShownTotal[];
  readonly b: readonly ShownTotal[];
  /** One per currency of either period, by code; [] if a period has no velocity. */
  readonly contributions: readonly VelocityContribution[];
}

const partsOf = (totals: ReadonlyMap<string, readonly FigureValue[]>): VelocityParts => {
  const one = (code: string) => totals.get(code)![0]?.value;
  return {
    open: one('open-deals')!,
    winRate: one('win-rate'),
    wonAmounts: new Map(
      totals
        .get('won-amount')!
        .flatMap(({ currency, value }) => (currency !== null && value ? [[currency, value]] : [])),
    ),
    pricedWins: one('priced-wins') ?? exactOf(0),
    cycleDays: one('deal-cycle'),
  };
};

/**
 * Why the velocity changed from period A to period B: the contributions of the four levers, which sum to the change
 * exactly.
 * @throws Refused as `scopePeriod`, and as `askFigures`
 */
export const velocityChange = async (
  models: ReadModels,
  question: { readonly periodA: ScopeArgs; readonly periodB: ScopeArgs; readonly filters?: Scope['filters'] },
  at: Instant = END,
  method: MethodOfFigures,
): Promise<VelocityChange> => {
  const { periodA, periodB, filters = {} } = question;
  const figures = [...velocityFigures, 'won-amount', 'priced-wins'].map(figureOf);
  const periods = [periodA, periodB].map((period) => scopePeriod(period, at));
  const [a, b] = await totalsInPeriods(models, figures, filters, periods, at, method);
  const shown = (totals: typeof a) => velocityFigures.map((code) => shownTotal(figureOf(code), totals!.get(code)!));
  return { a: shown(a), b: shown(b), contributions: contributions(partsOf(a!), partsOf(b!)) };
};
