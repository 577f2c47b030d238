import { dealCycle } from './deal-cycle.figure';
import { derived, figure } from './figure.rules';
import { openDeals } from './open-deals.figure';
import { pricedWins } from './priced-wins.figure';
import { winRate } from './win-rate.figure';
import { wonAmount } from './won-amount.figure';

export const velocity = figure({
  code: 'velocity',
  title: 'Velocity',
  unit: 'money-per-day',
  formula:
    'open deals × win rate × (won amount in the currency / won deals with an amount in any) / mean cycle in days; velocities in several currencies add up once they are converted',
  value: derived([openDeals, winRate, wonAmount, pricedWins, dealCycle], ([open, rate, amount, wins, days]) =>
    wins!.isZero() || days!.isZero() ? undefined : open!.times(rate!).times(amount!).div(wins!).div(days!),
  ),
});
