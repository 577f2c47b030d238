import type { DataDrivenModel, Scores } from './data-driven.rules';
import { collapse, distinct, withoutChannel, type PathTable, type Steps } from './path-table.rules';

/**
 * Splits the conversions of each path over its parts, by how much each part raises the conversion rate of the path
 * compared with the path without it; if no part raises it, the last touch gets all.
 * @param partsOf the parts of a path: the channel of each, and the path without it
 */
const marginal = (
  table: PathTable,
  partsOf: (steps: Steps) => readonly { readonly channel: number; readonly rest: Steps }[],
): Scores => {
  const conversions = new Float64Array(table.channels.names.length);
  const value = new Float64Array(conversions.length);
  const rate = (steps: Steps) => {
    const counts = table.countsOf(steps);
    return counts.conversions === 0 ? 0 : counts.conversions / (counts.conversions + counts.nulls);
  };
  for (const [steps, counts] of table.entries()) {
    if (counts.conversions === 0) continue;
    const whole = rate(steps);
    const parts = partsOf(steps).map(({ channel, rest }) => ({ channel, effect: Math.max(0, whole - rate(rest)) }));
    const sum = parts.reduce((all, { effect }) => all + effect, 0);
    const credited = sum > 0 ? parts : [{ channel: steps.charCodeAt(steps.length - 1), effect: 1 }];
    for (const { channel, effect } of credited) {
      const share = effect / (sum > 0 ? sum : 1);
      conversions[channel]! += share * counts.conversions;
      value[channel]! += share * counts.value;
    }
  }
  return { conversions, value };
};

/**
 * Splits the conversions of a path over its touches by how much each touch raises the conversion rate, compared with
 * the same path without that touch; the other touches are neither collapsed nor moved. Source: the `shapley` of
 * Snowplow's dbt fractribution package, which is this marginal effect; its paths are collapsed before (exposure).
 */
export const leaveOneOut: DataDrivenModel = {
  code: 'leave-one-out',
  name: 'Leave one out',
  description:
    'By how much each touch raises the conversion rate of its path, compared with the path without that touch.',
  repeats: 'collapse-channels',
  score: (table) =>
    marginal(table, (steps) =>
      [...steps].map((_, place) => ({
        channel: steps.charCodeAt(place),
        rest: steps.slice(0, place) + steps.slice(place + 1),
      })),
    ),
};

/** A variant of our own: splits over channels, leaving out all touches of a channel at once. */
export const leaveChannelOut: DataDrivenModel = {
  code: 'leave-channel-out',
  name: 'Leave a channel out',
  description:
    'By how much each channel raises the conversion rate of its paths, compared with the paths without its touches.',
  repeats: 'collapse-channels',
  score: (table, { repeats }) =>
    marginal(table, (steps) =>
      distinct(steps).map((channel) => {
        const rest = withoutChannel(steps, channel);
        return { channel, rest: repeats === 'collapse-channels' ? collapse(rest) : rest };
      }),
    ),
};
