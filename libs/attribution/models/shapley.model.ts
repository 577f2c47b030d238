import { seededRandom } from './data-driven-sampling.rules';
import type { DataDrivenModel, Scores } from './data-driven.rules';
import { distinct, type PathTable } from './path-table.rules';

/** Exact up to this many channels; estimated above. */
export const EXACT_CHANNELS = 15;
/**
 * An estimate ends when the largest standard error is this part of the total, or after the maximum number of
 * permutations.
 */
const PRECISION = 0.001;
const PERMUTATIONS = { least: 200, most: 20_000 } as const;

/**
 * The Shapley value of any game: each player's marginal value, averaged over all orders of joining.
 * @param players at most 15
 * @param values of each coalition, by its bit mask (player 0 is bit 0); `values[0]` is that of the empty coalition
 * @returns one value per player; they sum to values[all] − values[0]
 * Source: Shapley, A value for n-person games, 1953.
 */
export const shapleyValue = (players: number, coalitions: ArrayLike<number>): Float64Array => {
  // |S|! (n − |S| − 1)! / n!, by size, computed without factorials, which overflow
  const weights = new Float64Array(Math.max(players, 1));
  weights[0] = 1 / players;
  for (let size = 1; size < players; size++) weights[size] = (weights[size - 1]! * size) / (players - size);
  const values = new Float64Array(players);
  const sizes = new Uint8Array(1 << players);
  for (let coalition = 1; coalition < sizes.length; coalition++)
    sizes[coalition] = sizes[coalition >> 1]! + (coalition & 1);
  for (let player = 0; player < players; player++) {
    let sum = 0;
    const bit = 1 << player;
    for (let coalition = 0; coalition < sizes.length; coalition++)
      if (!(coalition & bit))
        sum += weights[sizes[coalition]!]! * (coalitions[coalition | bit]! - coalitions[coalition]!);
    values[player] = sum;
  }
  return values;
};

/** Conversions and value of journeys by their set of channels. */
interface ChannelSet {
  readonly channels: readonly number[];
  conversions: number;
  value: number;
}
const setsOf = (table: PathTable): readonly ChannelSet[] => {
  const sets = new Map<string, ChannelSet>();
  for (const [steps, { conversions, value }] of table.entries()) {
    if (conversions === 0) continue;
    const channels = distinct(steps).sort((a, b) => a - b);
    const key = String.fromCharCode(...channels);
    const set = sets.get(key) ?? { channels, conversions: 0, value: 0 };
    sets.set(key, set);
    set.conversions += conversions;
    set.value += value;
  }
  return [...sets.values()];
};

const emptySet = (table: PathTable) => ({
  conversions: new Float64Array(table.channels.names.length),
  value: new Float64Array(table.channels.names.length),
});

const exactShapley = (table: PathTable, sets: readonly ChannelSet[], players: readonly number[]): Scores => {
  const bit = new Map(players.map((channel, index) => [channel, 1 << index]));
  const coalitionValues = {
    conversions: new Float64Array(1 << players.length),
    value: new Float64Array(1 << players.length),
  };
  for (const { channels, conversions, value } of sets) {
    const mask = channels.reduce((all, channel) => all | bit.get(channel)!, 0);
    coalitionValues.conversions[mask]! += conversions;
    coalitionValues.value[mask]! += value;
  }
  const scores = emptySet(table);
  for (const measure of ['conversions', 'value'] as const) {
    const coalitions = coalitionValues[measure];
    // From "exactly this set" to "inside this set": sums over subsets, one bit at a time (zeta transform).
    for (let step = 1; step < coalitions.length; step <<= 1)
      for (let coalition = 0; coalition < coalitions.length; coalition++)
        if (coalition & step) coalitions[coalition]! += coalitions[coalition ^ step]!;
    const values = shapleyValue(players.length, coalitions);
    players.forEach((channel, index) => (scores[measure][channel] = values[index]!));
  }
  return scores;
};

/**
 * Means over random orders of joining: the conversions of a set go to the channel that completes it. Every order splits
 * the total exactly, and so do the means; the standard errors measure their error.
 */
const sampledShapley = (
  table: PathTable,
  sets: readonly ChannelSet[],
  players: readonly number[],
  seed: number,
): Scores => {
  const random = seededRandom(seed);
  const order = [...players];
  const rank = new Int32Array(table.channels.names.length);
  const sum = new Float64Array(rank.length);
  const squares = new Float64Array(rank.length);
  const value = new Float64Array(rank.length);
  const total = sets.reduce((all, { conversions }) => all + conversions, 0);
  const once = new Float64Array(rank.length);
  let drawn = 0;
  const errorOf = (channel: number) =>
    Math.sqrt(Math.max(0, squares[channel]! / drawn - (sum[channel]! / drawn) ** 2) / (drawn - 1));
  while (drawn < PERMUTATIONS.most) {
    for (let place = order.length - 1; place > 0; place--) {
      const other = Math.floor(random() * (place + 1));
      [order[place], order[other]] = [order[other]!, order[place]!];
    }
    order.forEach((channel, place) => (rank[channel] = place));
    once.fill(0);
    for (const set of sets) {
      let last = set.channels[0]!;
      for (const channel of set.channels) if (rank[channel]! > rank[last]!) last = channel;
      once[last]! += set.conversions;
      value[last]! += set.value;
    }
    for (const channel of players) {
      sum[channel]! += once[channel]!;
      squares[channel]! += once[channel]! ** 2;
    }
    drawn++;
    if (drawn >= PERMUTATIONS.least && drawn % 100 === 0 && players.every((one) => errorOf(one) <= PRECISION * total))
      break;
  }
  return {
    conversions: sum.map((all) => all / drawn),
    value: value.map((all) => all / drawn),
    standardErrors: sum.map((_, channel) => errorOf(channel)),
    note: `estimated from ${drawn} random orders, seed ${seed}; shapley-simplified is exact for any number of channels`,
  };
};

/**
 * The Shapley value of the game in which the value of a set of channels is the conversions of the journeys that need no
 * other channel. Exact up to 15 channels; beyond, a seeded estimate with its standard errors.
 */
export const shapley: DataDrivenModel = {
  code: 'shapley',
  name: 'Shapley value',
  description: 'By the value that each channel adds to all sets of channels; beyond 15 channels a seeded estimate.',
  repeats: 'collapse-channels',
  score: (table, { seed = 1 }) => {
    const sets = setsOf(table);
    // By name, not by number, because the order of the rows must not affect the random draws.
    const { names } = table.channels;
    const players = [...new Set(sets.flatMap(({ channels }) => channels))].sort((a, b) =>
      names[a]! < names[b]! ? -1 : 1,
    );
    return players.length <= EXACT_CHANNELS
      ? exactShapley(table, sets, players)
      : sampledShapley(table, sets, players, seed);
  },
};

/**
 * Each journey split equally over its distinct channels. For the game above this equals its Shapley value, for any
 * number of channels. Source: Zhao, Mahboobi, Bagheri, Shapley value methods for attribution modeling, 2018.
 */
export const shapleySimplified: DataDrivenModel = {
  code: 'shapley-simplified',
  name: 'Simplified Shapley value',
  description: 'Each journey is split equally over its distinct channels.',
  repeats: 'collapse-channels',
  score: (table) => {
    const scores = emptySet(table);
    for (const { channels, conversions, value } of setsOf(table))
      for (const channel of channels) {
        scores.conversions[channel]! += conversions / channels.length;
        scores.value[channel]! += value / channels.length;
      }
    return scores;
  },
};

/**
 * The same by position in the journey: a channel's share is split equally over its touches and listed by their
 * positions. The positions of a channel sum to its simplified value. Source: the ordered form of the same paper.
 */
export const shapleyOrdered: DataDrivenModel = {
  code: 'shapley-ordered',
  name: 'Ordered Shapley value',
  description: 'The Shapley value of each channel at each position of the journey.',
  repeats: 'collapse-channels',
  score: (table) => {
    const scores = emptySet(table);
    const places = new Map<string, { channel: number; position: number; conversions: number; value: number }>();
    for (const [steps, { conversions, value }] of table.entries()) {
      if (conversions === 0) continue;
      const channels = distinct(steps);
      const touches = new Map<number, number>();
      for (let at = 0; at < steps.length; at++)
        touches.set(steps.charCodeAt(at), (touches.get(steps.charCodeAt(at)) ?? 0) + 1);
      for (let at = 0; at < steps.length; at++) {
        const channel = steps.charCodeAt(at);
        const share = 1 / channels.length / touches.get(channel)!;
        const key = `${channel}/${at}`;
        const place = places.get(key) ?? { channel, position: at + 1, conversions: 0, value: 0 };
        places.set(key, place);
        place.conversions += share * conversions;
        place.value += share * value;
        scores.conversions[channel]! += share * conversions;
        scores.value[channel]! += share * value;
      }
    }
    return { ...scores, places: [...places.values()] };
  },
};
