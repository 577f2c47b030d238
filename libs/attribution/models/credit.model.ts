import { isUpToCreation } from '../write/journey/journey-touches.rules';
import { allocate, splitExact, type Money } from '@baton/kernel';
import type { Attribution } from '@baton/definitions';
import { selectTouches, type Exclusion, type SelectedTouches } from './transforms.rules';
import type { ModelTouch, ModelJourney } from './model-journey.rules';

export interface ModelParameters {
  /** Channels that `last-non-direct` skips; case is ignored. */
  readonly excludedChannels: readonly string[];
  /** Shares of `position-based`; they need not sum to one. */
  readonly weights: { readonly first: number; readonly last: number; readonly mid: number };
  /** Half-life of `time-decay` in milliseconds. */
  readonly halfLifeMs: number;
  /** Stages of `custom`, and the share split over touches without a stage. */
  readonly stages?: NonNullable<Attribution['stages']>;
  readonly mid?: number;
}

/**
 * The role of a touch in a journey: FT first touch, LC lead creation, OC opportunity creation, CW closed-won (the last
 * touch), or the name of a stage of the model `custom`.
 */
export type Milestone = string;

/** The shares of a positional model, independent of a journey. */
export interface Shares {
  readonly milestones: Readonly<Record<Milestone, number>>;
  /** Split evenly over the touches without a milestone. */
  readonly mid: number;
  /** True if only touches between the first and the last milestone share `mid`. */
  readonly between?: boolean;
  /** For a custom stage: whether a touch matches it. The first matching touch counts. */
  readonly own?: Readonly<Record<Milestone, (touch: ModelTouch) => boolean>>;
}

/** An attribution model: a pure function in a file of its own. */
export interface Model {
  readonly code: string;
  readonly name: string;
  readonly description: string;
  /**
   * Whether the credits of a journey sum to one conversion. Credits of a model that is not additive are never summed.
   */
  readonly additive: boolean;
  /** The parameters that the model accepts. */
  readonly parameters?: readonly (keyof ModelParameters)[];
  /**
   * One weight per touch, none negative, before they are renormalised to sum to one; all zero means equal parts. For a
   * model that is not additive: the part of the conversion that each touch gets, 0 to 1.
   */
  readonly weights: (journey: ModelJourney, parameters: ModelParameters) => number[];
  /** The shares of a positional model. */
  readonly shares?: (parameters: ModelParameters) => Shares;
}

/**
 * The touch of each milestone: the first, the last at or before the lead's creation, the last at or before the opening
 * of the deal, and the last. A milestone without a date, or before the first touch, is absent.
 */
export const milestonesOf = ({ touches, leadCreatedAt, openedAt }: ModelJourney): ReadonlyMap<Milestone, number> => {
  const found = new Map<Milestone, number>();
  const at = (milestone: Milestone, index: number) => index >= 0 && found.set(milestone, index);
  const last = (holds: (touch: ModelTouch) => boolean) => touches.findLastIndex(holds);
  at('FT', touches.length > 0 ? 0 : -1);
  if (leadCreatedAt !== undefined)
    at(
      'LC',
      last((touch) => isUpToCreation(touch, leadCreatedAt)),
    );
  if (openedAt !== undefined)
    at(
      'OC',
      last(({ occurredAt }) => occurredAt <= openedAt),
    );
  at('CW', touches.length - 1);
  return found;
};

/** All credit to one touch. */
export const allToOne = (index: number, { touches }: ModelJourney): number[] =>
  touches.map((_, place) => (place === index ? 1 : 0));

/** Scales weights so that they sum to one; all zero: equal parts. */
export const normalised = (weights: readonly number[]): number[] => {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => (sum > 0 ? weight / sum : 1 / weights.length));
};

/** The touch of each milestone that the model credits and the journey has. */
const creditShares = (journey: ModelJourney, { milestones, own = {} }: Shares): ReadonlyMap<Milestone, number> => {
  const known = milestonesOf(journey);
  const paid = new Map<Milestone, number>();
  for (const milestone of Object.keys(milestones)) {
    const place = own[milestone] ? journey.touches.findIndex(own[milestone]) : (known.get(milestone) ?? -1);
    if (place >= 0) paid.set(milestone, place);
  }
  return paid;
};

/**
 * The weights of a positional model before they are renormalised: a touch with several milestones gets the sum of their
 * shares; the mid share is split evenly over the touches without a milestone. If there is no such touch, or a milestone
 * is missing, renormalising distributes that share pro rata to the others.
 */
export const positionalShares = (journey: ModelJourney, shares: Shares): number[] => {
  const weights: number[] = journey.touches.map(() => 0);
  const held = new Set<number>();
  for (const [milestone, place] of creditShares(journey, shares)) {
    weights[place]! += shares.milestones[milestone]!;
    held.add(place);
  }
  const [from, to] = shares.between ? [Math.min(...held), Math.max(...held)] : [0, weights.length];
  const mids = weights.flatMap((_, place) => (place >= from && place <= to && !held.has(place) ? [place] : []));
  for (const place of mids) weights[place] = shares.mid / mids.length;
  return weights;
};

/** Makes a positional model from its shares. */
export const positionalModel = (
  shares: (parameters: ModelParameters) => Shares,
  rest: Omit<Model, 'additive' | 'weights' | 'shares'>,
): Model => ({
  ...rest,
  additive: true,
  shares,
  weights: (journey, parameters) => positionalShares(journey, shares(parameters)),
});

/** The credit of one touch of a journey, and the reason. */
export interface Credit {
  /** The part of the conversion, 0…1: a decimal of at most 15 places; the parts of a journey sum to 1 exactly. */
  readonly weight: number;
  /** The weight before renormalising; absent for a touch that is not weighed. */
  readonly share?: number;
  readonly milestones: readonly Milestone[];
  /** In minor units of the amount; null if the deal has none. */
  readonly minor: number | null;
  /** Why the touch gets no credit under any model. */
  readonly excluded?: Exclusion;
}

export interface CreditOptions {
  /** One per touch of the journey, in its order. */
  readonly credits: readonly Credit[];
  /** No touch was eligible: the conversion counts as unattributed. */
  readonly unattributed: boolean;
  /** Milestones of a positional model without a touch: their share was renormalised. */
  readonly missing: readonly Milestone[];
}

const PARTS = 1_000_000;
/**
 * Weights for splitting money. Those of a positional model become whole numbers if its shares have at most six
 * decimals: 30 % and 10 % of 15 cents then leave equal remainders, independent of the floating-point values of 0.3 and
 * 0.1.
 */
const wholeAmount = (raw: readonly number[], shares: Shares | undefined): readonly number[] => {
  if (!shares) return raw;
  const least = raw.reduce((low, weight) => (weight > 0 && weight < low ? weight : low), Infinity);
  const mids = Math.max(1, Math.round(shares.mid / least));
  const parts = raw.map((weight) => Math.round(weight * mids * PARTS));
  return parts.every((part, place) => Math.abs(part - raw[place]! * mids * PARTS) <= part * 1e-9) ? parts : raw;
};

/**
 * Splits a conversion over the selected touches of its journey.
 * @param amount of the conversion, in minor units; the credits sum to it exactly (largest remainder; of equal
 *   remainders the earlier touch gets the unit), and all have its sign. Under a model that is not additive each touch
 *   gets its part of the whole.
 * @returns one credit per touch of the journey, in the given order
 * Never throws.
 */
export const creditSelected = (
  model: Model,
  { eligible, places, excluded }: SelectedTouches,
  parameters: ModelParameters,
  amount?: Pick<Money, 'minor'>,
): CreditOptions => {
  const nothing = amount ? 0 : null;
  const credits = excluded.map((reason): Credit => ({
    weight: 0,
    milestones: [],
    minor: nothing,
    ...(reason && { excluded: reason }),
  }));
  const shares = model.shares?.(parameters);
  const paid = shares && creditShares(eligible, shares);
  const missing = shares ? Object.keys(shares.milestones).filter((milestone) => !paid!.has(milestone)) : [];
  if (eligible.touches.length === 0) return { credits, unattributed: true, missing };

  const raw = model.weights(eligible, parameters);
  const parts = raw.some((weight) => weight > 0) ? wholeAmount(raw, shares) : raw.map(() => 1);
  const weights = model.additive ? splitExact(1, parts) : raw;
  const minors =
    amount && (model.additive ? allocate(amount.minor, parts) : raw.map((part) => Math.round(part * amount.minor)));
  const milestones: Milestone[][] = places.map(() => []);
  for (const [milestone, place] of new Map([...milestonesOf(eligible), ...(paid ?? [])]))
    milestones[place]!.push(milestone);
  places.forEach((place, index) => {
    credits[place] = {
      weight: weights[index]!,
      share: raw[index]!,
      milestones: milestones[index]!,
      minor: minors ? minors[index]! : null,
    };
  });
  return { credits, unattributed: false, missing };
};

/**
 * Splits a conversion over the touches of its journey, with the look-back window as the only selection. For transforms
 * see `select` and `creditSelected`.
 * @param journey  all its touches, eligible or not, in any order
 * @param lookbackMs the window: conversion − lookback ≤ touch ≤ conversion, both ends included; undefined: no limit
 * Never throws. Source: edge rules 1 to 6 of multi-touch attribution, see the README of this context.
 */
export const creditsOf = (
  model: Model,
  journey: ModelJourney,
  parameters: ModelParameters,
  lookbackMs: number | undefined,
  amount?: Pick<Money, 'minor'>,
): CreditOptions => creditSelected(model, selectTouches(journey, { lookbackMs }), parameters, amount);
