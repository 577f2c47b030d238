import { durationMs, enumeration, fromMs, toMs, wordKey, type EnumerationValue, type Instant } from '@baton/kernel';
import type { PathTransform } from '@baton/definitions';
import {
  touchPathOf,
  type ModelJourney,
  type ModelTouch,
  type TouchFacts,
  type TouchPath,
} from './model-journey.rules';

/** Why a touch is not weighed, whatever the model. */
export const exclusions = enumeration('TouchExclusion', 'Why a touch is not weighed.', {
  'after-conversion': 'It happened after the conversion.',
  'before-window': 'It lies further back than the window.',
  'before-earlier-conversion': 'The person converted since then, and the journey restarts after a conversion.',
  'not-included': 'Only other touches are included.',
  excluded: 'Its channel or campaign, or a condition that holds of it, is excluded.',
  repeated: 'The touch before it is of the same channel.',
  'later-occurrence': 'An earlier touch is of the same channel.',
  'removed-channel': 'Its channel is removed where there are others.',
  'before-last-steps': 'More touches than the path may have came after it.',
});
export type Exclusion = EnumerationValue<typeof exclusions>;

/** Whether a look-back leaves the touch out, so that it may count without one. */
export const canHaveOutsideTouches = (why: Exclusion | undefined): boolean =>
  why === 'before-window' || why === 'before-last-steps';

/** A compiled transform; `holds` tests a condition of `when` on a touch. */
export type CompiledTransform = Omit<PathTransform, 'when'> & { readonly holds?: (touch: TouchFacts) => boolean };

/** Which touches of a journey are weighed. */
export interface PathRules {
  /** conversion − look-back ≤ touch ≤ conversion, both ends included; undefined: no limit. */
  readonly lookbackMs?: number | undefined;
  /** Applied in this order to the touches in the window. */
  readonly transforms?: readonly CompiledTransform[];
}

/** A journey with the touches that are weighed, in order, and the reason for each other touch. */
export interface SelectedTouches<T extends ModelTouch = ModelTouch> {
  /** The input of models: oldest first, touches of the same instant in the order of the log. */
  readonly eligible: Omit<ModelJourney, 'touches'> & { readonly touches: readonly T[] };
  /** For each eligible touch its index in the given journey. */
  readonly places: readonly number[];
  /** For each touch of the given journey, why it is not weighed. */
  readonly excluded: readonly (Exclusion | undefined)[];
}

const touchTest = (names: readonly string[] = []) => {
  const known = new Set(names.map(wordKey));
  return (name: string | undefined): boolean => name !== undefined && known.has(wordKey(name));
};
const channelKey = (path: TouchPath, place: number): string => wordKey(path.touch(place).channel);

/** Which touches of a path stay, by place. */
type Transform = (
  path: TouchPath,
  parameters: CompiledTransform,
  conversionAt: number,
) => { readonly keep: (place: number) => boolean; readonly because: Exclusion };

const lastSteps = ({ length }: TouchPath, steps: number) => ({
  keep: (place: number) => place >= length - steps,
  because: 'before-last-steps' as const,
});

/** The path transforms by name. Source: Google's fractional attribution ("fractribution") and its successors. */
export const transforms: Readonly<Record<PathTransform['kind'], Transform>> = {
  exposure: (path) => ({
    keep: (place) => place === 0 || channelKey(path, place - 1) !== channelKey(path, place),
    because: 'repeated',
  }),
  'first-occurrence': (path) => {
    const first = new Map<string, number>();
    for (let place = path.length - 1; place >= 0; place--) first.set(channelKey(path, place), place);
    return { keep: (place) => first.get(channelKey(path, place)) === place, because: 'later-occurrence' };
  },
  unique: () => ({ keep: () => true, because: 'repeated' }),
  'remove-if-not-all': (path, { channels }) => {
    const isRemoved = touchTest(channels);
    const removed = (place: number) => isRemoved(path.touch(place).channel);
    let all = true;
    for (let place = 0; place < path.length && all; place++) all = removed(place);
    return { keep: (place) => all || !removed(place), because: 'removed-channel' };
  },
  'remove-if-last-and-not-all': (path, { channels }) => {
    const removed = touchTest(channels);
    let last = path.length - 1;
    while (last >= 0 && removed(path.touch(last).channel)) last--;
    return { keep: (place) => last < 0 || place <= last, because: 'removed-channel' };
  },
  trim: (path, { steps }) => lastSteps(path, steps!),
  lookback: (path, { within, steps }, conversionAt) => {
    if (within === undefined) return lastSteps(path, steps!);
    const from = conversionAt - durationMs(within);
    const enough = lastSteps(path, steps ?? path.length).keep;
    return { keep: (place) => path.at[place]! >= from && enough(place), because: 'before-window' };
  },
  include: (path, { channels, campaigns, holds }) => {
    const [channelIn, campaignIn] = [touchTest(channels), touchTest(campaigns)];
    return {
      keep: (place) => {
        const touch = path.touch(place);
        return (
          (!channels || channelIn(touch.channel)) &&
          (!campaigns || campaignIn(touch.campaign)) &&
          (!holds || holds(touch))
        );
      },
      because: 'not-included',
    };
  },
  exclude: (path, { channels, campaigns, holds }) => {
    const [channelOut, campaignOut] = [touchTest(channels), touchTest(campaigns)];
    return {
      keep: (place) => {
        const touch = path.touch(place);
        return !channelOut(touch.channel) && !campaignOut(touch.campaign) && !holds?.(touch);
      },
      because: 'excluded',
    };
  },
};

// Instants are compared as text, without a sign: a window that begins before year 0 has no limit
const YEAR_ZERO = -62_167_219_200_000;
const windowStart = (conversionAt: Instant, lookbackMs: number | undefined): Instant | undefined => {
  if (lookbackMs === undefined) return undefined;
  const from = toMs(conversionAt) - lookbackMs;
  return from >= YEAR_ZERO ? fromMs(from) : undefined;
};

const inOrder = (touches: readonly ModelTouch[]) => (a: number, b: number) => {
  const [one, other] = [touches[a]!, touches[b]!];
  if (one.occurredAt !== other.occurredAt) return one.occurredAt < other.occurredAt ? -1 : 1;
  const [left, right] = [one.order ?? '', other.order ?? ''];
  return left === right ? a - b : left < right ? -1 : 1;
};

/**
 * Selects the touches of a journey that models weigh: in order of time (ties by `order`, else as given), inside the
 * window, not before an earlier conversion, and kept by every transform.
 * @param converted for a touch of the journey: whether its person has converted since, if journeys restart after a
 *   conversion
 * Never throws for valid transforms of a definition.
 */
export const selectTouches = <T extends ModelTouch>(
  journey: ModelJourney & { readonly touches: readonly T[] },
  { lookbackMs, transforms: steps = [] }: PathRules,
  converted?: (touch: T) => boolean,
): SelectedTouches<T> => {
  const { conversionAt } = journey;
  const touches: readonly T[] = journey.touches;
  const from = windowStart(conversionAt, lookbackMs);
  const excluded = touches.map((touch): Exclusion | undefined => {
    if (touch.occurredAt > conversionAt) return 'after-conversion';
    if (from !== undefined && touch.occurredAt < from) return 'before-window';
    return converted?.(touch) ? 'before-earlier-conversion' : undefined;
  });
  let places: number[] = [];
  for (let place = 0; place < touches.length; place++) if (!excluded[place]) places.push(place);
  const compare = inOrder(touches);
  if (places.some((place, index) => index > 0 && compare(places[index - 1]!, place) > 0)) places.sort(compare);
  for (const step of steps) {
    const path = touchPathOf(places.map((place) => touches[place]!));
    const { keep, because } = transforms[step.kind](path, step, toMs(conversionAt));
    places = places.filter((place, index) => {
      if (keep(index)) return true;
      excluded[place] = because;
      return false;
    });
  }
  return { eligible: { ...journey, touches: places.map((place) => touches[place]!) }, places, excluded };
};
