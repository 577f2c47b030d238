import { Decimal } from 'decimal.js';
import type { Instant, Money } from '@baton/kernel';
import { creditSelected, type Credit, type Milestone, type Model } from '../../models/credit.model';
import {
  revenueOf,
  selectJourneyTouches,
  type AttributionMethod,
  type ClassifiedTouch,
  type Conversions,
} from '../attribution/attribution.rules';
import { OutsideWindowSum, type OutsideWindow } from '../attribution/window.rules';
import type { JourneyDocument } from '../journeys/journeys.projection';

/** One booking of a credit: from the close, or from a later change of the amount. */
export interface Booking {
  readonly at: Instant;
  readonly reason: 'close' | 'amount-changed';
  readonly revenue: Money;
}

/** The credit of one touch, and everything needed to compute it again. */
export interface ExplainedCredit extends Omit<Credit, 'minor'> {
  readonly touchId: string;
  /** Null if the deal has no amount or is lost. */
  readonly revenue: Money | null;
  /** amount × weight in minor units before rounding, a decimal text of six places. */
  readonly exact: string | null;
  /** The rounding in minor units: revenue − exact. */
  readonly rounding: string | null;
  /** Oldest first; they sum to `revenue`. */
  readonly bookings: readonly Booking[];
}

/** The credit of each touch of one deal under one model, and the reasons. */
export interface ExplainedCredits {
  readonly model: string;
  /** Under a model that is not additive every touch gets the whole deal, and the credits are not summed. */
  readonly additive: boolean;
  readonly unattributed: boolean;
  /** Milestones that the model credits but no touch has; their share was renormalised. */
  readonly missing: readonly Milestone[];
  /** What the look-back left out; null without a look-back. */
  readonly outsideWindow: OutsideWindow | null;
  /**
   * The sum of the shares, by which they were divided; null if nothing was divided: all are zero, so the parts are
   * equal.
   */
  readonly divisor: number | null;
  /** One per touch of the journey, in its order. */
  readonly credits: readonly ExplainedCredit[];
}

type Change = { readonly at: Instant; readonly reason: Booking['reason']; readonly from: Money; readonly to: Money };

/**
 * The history of the amount: the close, and each change. A change of currency removes the whole amount and books the
 * new one.
 */
const changesOf = ({ amounts }: JourneyDocument): Change[] =>
  amounts.flatMap(({ at, minor, currency }, index): Change[] => {
    const reason = index === 0 ? 'close' : 'amount-changed';
    const before = amounts[index - 1];
    const to = { minor, currency };
    if (before?.currency === currency) return [{ at, reason, from: { minor: before.minor, currency }, to }];
    const given: Change = { at, reason, from: { minor: 0, currency }, to };
    if (!before) return [given];
    const old = { currency: before.currency };
    return [{ at, reason, from: { ...old, minor: before.minor }, to: { ...old, minor: 0 } }, given];
  });

/**
 * The booking of each touch at the close and at each change of the amount, always with the same weights. A change books
 * the difference of two exact splits, so that bookings sum to the amount exactly after every change, and no credit is
 * ever negative.
 */
const bookingsOf = (deal: JourneyDocument, split: (amount: Money) => readonly number[]): readonly Booking[][] => {
  const changes = changesOf(deal).map((change) => ({
    ...change,
    before: split(change.from),
    after: split(change.to),
  }));
  return deal.touches.map((_, place) =>
    changes.flatMap(({ at, reason, to: { currency }, before, after }) => {
      const minor = after[place]! - before[place]!;
      return minor === 0 ? [] : [{ at, reason, revenue: { minor, currency } }];
    }),
  );
};

/** The credits of a deal under a model, with everything needed to compute them again. */
export const explainedCredits = (
  model: Model,
  deal: JourneyDocument,
  ready: AttributionMethod,
  conversions?: Conversions,
): ExplainedCredits & { readonly touches: readonly ClassifiedTouch[] } => {
  const path = selectJourneyTouches(deal, ready, conversions);
  const { touches, selection } = path;
  const amount = revenueOf(deal);
  const credited = (money?: Money) => creditSelected(model, selection, ready.parameters, money);
  const { credits, unattributed, missing } = credited(amount);
  const sum = credits.reduce((total, { share }) => total.plus(share ?? 0), new Decimal(0));
  const divisor = unattributed || !model.additive || sum.isZero() ? null : sum.toDecimalPlaces(15).toNumber();
  const outside = new OutsideWindowSum();
  outside.add(model, path, ready.parameters, amount);
  const bookings =
    amount && !unattributed
      ? bookingsOf(deal, (money) => credited(money).credits.map(({ minor }) => minor!))
      : undefined;
  return {
    touches,
    model: model.code,
    additive: model.additive,
    unattributed,
    missing,
    outsideWindow: ready.unwindowed ? outside.sum(amount && model.additive ? [amount.currency] : []) : null,
    divisor,
    credits: credits.map(({ minor, ...credit }, place) => {
      const part = divisor === null ? new Decimal(credit.weight) : new Decimal(credit.share ?? 0).div(sum);
      const exact = amount && part.times(amount.minor);
      return {
        ...credit,
        touchId: touches[place]!.touchId,
        revenue: minor === null ? null : { minor, currency: amount!.currency },
        exact: exact?.toFixed(6) ?? null,
        rounding: exact ? new Decimal(minor!).minus(exact).toFixed(6) : null,
        bookings: bookings?.[place] ?? [],
      };
    }),
  };
};
