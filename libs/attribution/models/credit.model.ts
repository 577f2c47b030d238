import { allocate, toMs, type Instant, type Money } from '@baton/kernel';

/** A touch as models see it: its instant, and its channel after the channel rules. */
export interface ModelTouch {
  readonly occurredAt: Instant;
  readonly channel: string;
}

/** What a model weighs: eligible touches, oldest first, at least one; all at or before the conversion. */
export interface ModelJourney {
  readonly touches: readonly ModelTouch[];
  readonly conversionAt: Instant;
  /** The earliest creation of a lead among the people (LC). */
  readonly leadCreatedAt?: Instant;
  /** When the deal opened (OC). */
  readonly openedAt?: Instant;
}

export interface ModelParameters {
  /** Channels that `last-non-direct` passes over; upper and lower case are the same. */
  readonly excludedChannels: readonly string[];
  /** Shares of `position-based`; they need not sum to one. */
  readonly weights: { readonly first: number; readonly last: number; readonly mid: number };
  /** Half-life of `time-decay` in milliseconds. */
  readonly halfLifeMs: number;
}

/** What a touch is in a journey: first touch, lead creation, opportunity creation, closed-won (the last touch). */
export type Milestone = 'FT' | 'LC' | 'OC' | 'CW';

/** The shares of a positional model before they meet a journey. */
export interface Shares {
  readonly milestones: Partial<Readonly<Record<Milestone, number>>>;
  /** Split evenly over the touches that hold none of the milestones. */
  readonly mid: number;
}

/** An attribution model: pure, and one file. */
export interface Model {
  readonly code: string;
  readonly name: string;
  readonly description: string;
  /** Do the credits of a journey sum to one conversion? What is not additive is never summed. */
  readonly additive: boolean;
  /** One weight per touch, each from 0 to 1, together 1 (to rounding of the floating point). */
  readonly weights: (journey: ModelJourney, parameters: ModelParameters) => number[];
  /** Of a positional model: the shares that `weights` renormalised. */
  readonly shares?: (parameters: ModelParameters) => Shares;
}

/**
 * The touch of each milestone: the first, the last at or before the lead's creation, the last at or before the opening
 * of the deal, and the last. A milestone without a date, or before the first touch, is absent.
 */
export const milestonesOf = ({ touches, leadCreatedAt, openedAt }: ModelJourney): ReadonlyMap<Milestone, number> => {
  const found = new Map<Milestone, number>();
  const at = (milestone: Milestone, index: number) => index >= 0 && found.set(milestone, index);
  const before = (instant?: Instant) =>
    instant === undefined ? -1 : touches.findLastIndex(({ occurredAt }) => occurredAt <= instant);
  at('FT', touches.length > 0 ? 0 : -1);
  at('LC', before(leadCreatedAt));
  at('OC', before(openedAt));
  at('CW', touches.length - 1);
  return found;
};

/** All credit to one touch. */
export const only = (index: number, { touches }: ModelJourney): number[] =>
  touches.map((_, place) => (place === index ? 1 : 0));

/** Scales weights so that they sum to one; all zero: equal parts. */
export const normalised = (weights: readonly number[]): number[] => {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => (sum > 0 ? weight / sum : 1 / weights.length));
};

/**
 * The weights of a positional model: a touch with several milestones adds their shares; the mid share is split over the
 * touches without a milestone, and goes pro rata to the milestones where there is no such touch; the share of a missing
 * milestone goes pro rata to all that are present.
 */
export const positional = (journey: ModelJourney, { milestones, mid }: Shares): number[] => {
  const weights: number[] = journey.touches.map(() => 0);
  const held = new Set<number>();
  const places = milestonesOf(journey);
  for (const [milestone, share] of Object.entries(milestones)) {
    const index = places.get(milestone as Milestone);
    if (index === undefined) continue;
    weights[index]! += share;
    held.add(index);
  }
  const between = journey.touches.length - held.size;
  return normalised(weights.map((weight, index) => (held.has(index) ? weight : mid / between)));
};

/** What one touch of a whole journey earns, and why. */
export interface Credit {
  /** The part of the conversion, 0…1. */
  readonly weight: number;
  /** The share before renormalising, of a positional model. */
  readonly share?: number;
  readonly milestones: readonly Milestone[];
  /** Minor units of the amount; null when the deal has none. */
  readonly minor: number | null;
  /** Why the touch earns nothing whatever the model. */
  readonly excluded?: 'after-conversion' | 'before-window';
}

export interface Crediting {
  /** One per touch of the journey, in its order. */
  readonly credits: readonly Credit[];
  /** No touch was eligible: the conversion stands in the bucket of its own. */
  readonly unattributed: boolean;
  /** Milestones of a positional model that no touch holds: their share was renormalised. */
  readonly missing: readonly Milestone[];
}

/**
 * Splits a conversion over the touches of its journey.
 * @param model    that gives the weights
 * @param journey  all its touches, oldest first, eligible or not
 * @param lookbackMs the window: conversion − lookback ≤ touch ≤ conversion, both ends included; undefined: no limit
 * @param amount   what the conversion is worth, in minor units; the credits sum to it exactly (largest remainder, of
 *                 equal remainders the earlier touch gets the unit), none of the opposite sign
 * Never throws. Source: edge rules 1 to 6 of multi-touch attribution, see the context's page.
 */
export const creditsOf = (
  model: Model,
  journey: ModelJourney,
  parameters: ModelParameters,
  lookbackMs: number | undefined,
  amount?: Pick<Money, 'minor'>,
): Crediting => {
  const until = toMs(journey.conversionAt);
  const excluded = journey.touches.map(({ occurredAt }) => {
    const at = toMs(occurredAt);
    if (at > until) return 'after-conversion' as const;
    return lookbackMs !== undefined && at < until - lookbackMs ? ('before-window' as const) : undefined;
  });
  const eligible = { ...journey, touches: journey.touches.filter((_, index) => !excluded[index]) };
  const weights = eligible.touches.length > 0 ? model.weights(eligible, parameters) : [];
  const minors = amount && allocate(amount.minor, weights);
  const shares = model.shares?.(parameters);
  const milestones = milestonesOf(eligible);
  const mids = shares && eligible.touches.filter((_, index) => !rolesOf(index, milestones, shares).length).length;

  let place = 0;
  const credits = excluded.map((reason): Credit => {
    if (reason) return { weight: 0, milestones: [], minor: amount ? 0 : null, excluded: reason };
    const index = place++;
    const roles = [...milestones].flatMap(([milestone, at]) => (at === index ? [milestone] : []));
    const credit = { weight: weights[index]!, milestones: roles, minor: minors ? minors[index]! : null };
    if (!shares) return credit;
    const counted = rolesOf(index, milestones, shares);
    const share = counted.reduce((sum, milestone) => sum + shares.milestones[milestone]!, 0);
    return { ...credit, share: counted.length > 0 ? share : shares.mid / mids! };
  });
  return {
    credits,
    unattributed: eligible.touches.length === 0,
    missing: shares ? (Object.keys(shares.milestones) as Milestone[]).filter((one) => !milestones.has(one)) : [],
  };
};

/** The milestones that a touch holds and that the model pays. */
const rolesOf = (index: number, milestones: ReadonlyMap<Milestone, number>, shares: Shares): Milestone[] =>
  (Object.keys(shares.milestones) as Milestone[]).filter((milestone) => milestones.get(milestone) === index);
