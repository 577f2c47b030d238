import { Refused } from '@baton/kernel';
import type { DataDrivenModel, Scores } from './data-driven.rules';
import { TransitionCounts, transitionsOf, type MarkovChain } from './markov-counts.rules';
import { ChainSolver } from './markov-solve.rules';
import type { ChannelNumbers, PathCounts, PathTable } from './path-table.rules';

export const ORDER_RANGE = { least: 1, most: 4 } as const;

/** The requested order. @throws Refused `attribution/unknown-order` outside 1…4 */
const orderOf = (order: number): number => {
  if (Number.isInteger(order) && order >= ORDER_RANGE.least && order <= ORDER_RANGE.most) return order;
  throw new Refused(
    'attribution/unknown-order',
    `order must be from ${ORDER_RANGE.least} to ${ORDER_RANGE.most}.`,
    'order',
  );
};

/** The states that contain each channel. */
const statesOf = ({ states }: MarkovChain, channels: number): number[][] => {
  const found: number[][] = Array.from({ length: channels }, () => []);
  states.forEach((steps, state) => {
    for (const channel of new Set(steps)) found[channel.charCodeAt(0)]!.push(state);
  });
  return found;
};

/**
 * Credits of an absorbing Markov chain, from its transition counts alone: the removal effect of a channel is the part
 * of the conversions that is lost if every state with the channel leads nowhere, and the total is split in proportion
 * to it. For the value, the last step is weighted with the mean value of the conversions that leave from that state.
 * @param total to split, in the units of the counts; no credit if the chain never converts
 * Source: Anderl, Becker, von Wangenheim, Schumann, Mapping the customer journey, 2016.
 */
export const markovScores = (counts: TransitionCounts, channels: ChannelNumbers, total: PathCounts): Scores => {
  const chain = counts.chain();
  const solver = new ChainSolver(chain);
  const perJourney = (sums: Float64Array) => sums.map((sum, state) => (sum === 0 ? 0 : sum / chain.out[state]!));
  const affected = statesOf(chain, channels.names.length);
  const removed = new Uint8Array(chain.states.length);
  const effects = (gain: Float64Array) => {
    const whole = solver.solve(gain);
    const base = whole[0]!;
    const lost = Float64Array.from(affected, (states) => {
      if (base === 0 || states.length === 0) return 0;
      for (const state of states) removed[state] = 1;
      const left = solver.solve(gain, removed, whole)[0]!;
      for (const state of states) removed[state] = 0;
      return Math.max(0, 1 - left / base); // a rounding error: removing states cannot raise the conversion rate
    });
    return { base, lost };
  };
  const shared = (amount: number, lost: Float64Array) => {
    const sum = lost.reduce((all, effect) => all + effect, 0);
    return lost.map((effect) => (sum === 0 ? 0 : (amount * effect) / sum));
  };
  const { base, lost } = effects(perJourney(chain.conversions));
  const ofValue = total.value === 0 ? undefined : effects(perJourney(chain.value)).lost;
  return {
    conversions: shared(total.conversions, lost),
    value: ofValue ? shared(total.value, ofValue) : new Float64Array(lost.length),
    base,
    removalEffects: lost,
    ...(ofValue && { removalEffectsOnValue: ofValue }),
    transitions: () => transitionsOf(chain, channels),
  };
};

/** Removal effects of a Markov chain of order 1 to 4, solved exactly. See `markovScores`. */
export const markov: DataDrivenModel = {
  code: 'markov',
  name: 'Markov chain',
  description:
    'By how many conversions are lost without the channel: removal effects of an exactly solved Markov chain.',
  repeats: 'collapse-states',
  score: (table: PathTable, { order = 1, repeats }) =>
    markovScores(TransitionCounts.of(table, orderOf(order), repeats === 'keep-repeats'), table.channels, table.total()),
};
