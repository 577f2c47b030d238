import { allocate, splitExact, type Money } from '@baton/kernel';
import type { Attribution } from '@baton/definitions';
import { selectTouches, type Exclusion, type SelectedTouches } from './transforms.rules';
import { weighedTouchesOf, type ModelJourney, type TouchFacts, type WeighedTouches } from './model-journey.rules';

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
  readonly own?: Readonly<Record<Milestone, (touch: TouchFacts) => boolean>>;
}

/**
 * Writes one weight per touch, none negative, before they are renormalised to sum to one; all zero means equal parts.
 * For a model that is not additive: the part of the conversion that each touch gets, 0 to 1.
 * @param weights as many zeros as there are touches, or more
 */
export type Weigher = (touches: WeighedTouches, weights: Float64Array) => void;

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
  /** Whether the weights depend on the number of touches alone. */
  readonly byLength?: boolean;
  /** Prepares the model for many journeys. */
  readonly weigher: (parameters: ModelParameters) => Weigher;
  /** The shares of a positional model. */
  readonly shares?: (parameters: ModelParameters) => Shares;
}

/** The place of each milestone that every model knows, -1 without one. */
const milestonePlaces: Readonly<Record<Milestone, (touches: WeighedTouches) => number>> = {
  FT: ({ length }) => (length > 0 ? 0 : -1),
  LC: ({ leadCreation }) => leadCreation,
  OC: ({ opportunityCreation }) => opportunityCreation,
  CW: ({ length }) => length - 1,
};

/**
 * The touch of each milestone: the first, the last at or before the lead's creation, the last at or before the opening
 * of the deal, and the last. A milestone without a date, or before the first touch, is absent.
 */
export const milestonesOf = (touches: WeighedTouches): ReadonlyMap<Milestone, number> => {
  const places = Object.entries(milestonePlaces).map(([milestone, placeIn]) => [milestone, placeIn(touches)] as const);
  return new Map(places.filter(([, place]) => place >= 0));
};

/** The weights of one journey under a model, as its weigher writes them. */
export const weightsOf = (model: Model, touches: WeighedTouches, parameters: ModelParameters): number[] => {
  const weights = new Float64Array(touches.length);
  model.weigher(parameters)(touches, weights);
  return [...weights];
};

/** Scales weights so that they sum to one; all zero: equal parts. */
export const normalised = (weights: readonly number[]): number[] => {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => (sum > 0 ? weight / sum : 1 / weights.length));
};

interface SharedMilestone {
  readonly milestone: Milestone;
  readonly share: number;
  readonly placeIn: (touches: WeighedTouches) => number;
}
const firstPlace =
  (holds: (touch: TouchFacts) => boolean) =>
  (touches: WeighedTouches): number => {
    for (let place = 0; place < touches.length; place++) if (holds(touches.touch(place))) return place;
    return -1;
  };
/** The milestones that the model credits. */
const sharedMilestones = ({ milestones, own = {} }: Shares): readonly SharedMilestone[] =>
  Object.entries(milestones).map(([milestone, share]) => ({
    milestone,
    share,
    placeIn: own[milestone] ? firstPlace(own[milestone]) : (milestonePlaces[milestone] ?? (() => -1)),
  }));

/**
 * The weights of a positional model before they are renormalised: a touch with several milestones gets the sum of their
 * shares; the mid share is split evenly over the touches without a milestone. If there is no such touch, or a milestone
 * is missing, renormalising distributes that share pro rata to the others.
 */
const positionalWeigher = (shares: Shares): Weigher => {
  const milestones = sharedMilestones(shares);
  let isHeld = new Uint8Array(16);
  return (touches, weights) => {
    const { length } = touches;
    if (isHeld.length < length) isHeld = new Uint8Array(2 * length);
    isHeld.fill(0, 0, length);
    let [held, first, last] = [0, length, -1];
    for (let index = 0; index < milestones.length; index++) {
      const { share, placeIn } = milestones[index]!;
      const place = placeIn(touches);
      if (place < 0) continue;
      weights[place]! += share;
      if (!isHeld[place]) held++;
      isHeld[place] = 1;
      if (place < first) first = place;
      if (place > last) last = place;
    }
    if (!shares.between) [first, last] = [0, length - 1];
    const mid = shares.mid / (last - first + 1 - held);
    for (let place = first; place <= last; place++) if (!isHeld[place]) weights[place] = mid;
  };
};

/** Makes a positional model from its shares. */
export const positionalModel = (
  shares: (parameters: ModelParameters) => Shares,
  rest: Omit<Model, 'additive' | 'weigher' | 'shares'>,
): Model => ({ ...rest, additive: true, shares, weigher: (parameters) => positionalWeigher(shares(parameters)) });

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
 * The weights by which conversions and money are split; all zero: equal ones. Those of a positional model become whole
 * numbers if its shares have at most six decimals: 30 % and 10 % of 15 cents then leave equal remainders, independent of
 * the floating-point values of 0.3 and 0.1.
 * @param raw weights of the model; the first `length` count
 * @param parts takes the weights of the split
 */
export const writeParts = (
  raw: ArrayLike<number>,
  length: number,
  shares: Shares | undefined,
  parts: Float64Array,
): void => {
  let least = Infinity;
  for (let place = 0; place < length; place++) if (raw[place]! > 0 && raw[place]! < least) least = raw[place]!;
  if (least === Infinity) return void parts.fill(1, 0, length);
  if (shares) {
    const mids = Math.max(1, Math.round(shares.mid / least));
    let isWhole = true;
    for (let place = 0; place < length && isWhole; place++) {
      const exact = raw[place]! * mids * PARTS;
      const part = Math.round(exact);
      parts[place] = part;
      isWhole = Math.abs(part - exact) <= part * 1e-9;
    }
    if (isWhole) return;
  }
  for (let place = 0; place < length; place++) parts[place] = raw[place]!;
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
  const weighed = weighedTouchesOf(eligible);
  const shared = (shares ? sharedMilestones(shares) : []).map(
    ({ milestone, placeIn }) => [milestone, placeIn(weighed)] as const,
  );
  const missing = shared.flatMap(([milestone, place]) => (place < 0 ? [milestone] : []));
  if (eligible.touches.length === 0) return { credits, unattributed: true, missing };

  const raw = weightsOf(model, weighed, parameters);
  const split = new Float64Array(raw.length);
  writeParts(raw, raw.length, shares, split);
  const parts = [...split];
  const weights = model.additive ? splitExact(1, parts) : raw;
  const minors =
    amount && (model.additive ? allocate(amount.minor, parts) : raw.map((part) => Math.round(part * amount.minor)));
  const milestones: Milestone[][] = places.map(() => []);
  const paid = shared.filter(([, place]) => place >= 0);
  for (const [milestone, place] of new Map([...milestonesOf(weighed), ...paid])) milestones[place]!.push(milestone);
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
