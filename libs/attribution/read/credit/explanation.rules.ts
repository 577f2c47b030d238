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

/** One booking of a credit: what the close gave, or what a later change of the amount gave or took back. */
export interface Booking {
  readonly at: Instant;
  readonly reason: 'close' | 'amount-changed';
  readonly revenue: Money;
}

/** What one touch earns, and all that it takes to compute it again. */
export interface ExplainedCredit extends Omit<Credit, 'minor'> {
  readonly touchId: string;
  /** Null when the deal has no amount, or earned nothing. */
  readonly revenue: Money | null;
  /** amount × weight in minor units before rounding, a decimal text of six places. */
  readonly exact: string | null;
  /** What rounding added, in minor units: revenue − exact. */
  readonly rounding: string | null;
  /** Oldest first; they sum to `revenue`. */
  readonly bookings: readonly Booking[];
}

/** What each touch of one deal earns under one model, and why. */
export interface ExplainedCredits {
  readonly model: string;
  /** Under a model that is not additive every touch takes part with the whole deal, and credits have no sum. */
  readonly additive: boolean;
  readonly unattributed: boolean;
  /** Milestones that the model pays and no touch holds; their share was renormalised. */
  readonly missing: readonly Milestone[];
  /** What the look-back left out; null without one. */
  readonly outsideWindow: OutsideWindow | null;
  /** The sum of the shares that they were divided by; null where nothing was divided: all are zero, so parts are equal. */
  readonly divisor: number | null;
  /** One per touch of the journey, in its order. */
  readonly credits: readonly ExplainedCredit[];
}

type Change = { readonly at: Instant; readonly reason: Booking['reason']; readonly from: Money; readonly to: Money };

/** How the amount came to be: the close, and each change; a change of currency takes all back and gives anew. */
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
 * What each touch got at the close and at each change of the amount, always by the same weights. A change books the
 * difference of two exact splits: so bookings sum to the amount exactly after every change, and no credit ever stands
 * below zero.
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

/** The credits of a deal under a model with all that it takes to compute them again. */
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
