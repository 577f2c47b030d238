import type { DataDrivenModel } from './data-driven.model';
import { distinct, without } from './path-table.rules';

/**
 * A path's conversions go to its channels by how much likelier it converts than the same path without the channel;
 * where no channel makes it likelier, to the last touch. Source: the `shapley` of Snowplow's dbt fractribution package,
 * which is this marginal effect.
 */
export const leaveOneOut: DataDrivenModel = {
  code: 'leave-one-out',
  name: 'Leave one out',
  description: 'By how much likelier a path converts than the same path without the channel.',
  score: (table) => {
    const conversions = new Float64Array(table.channels.names.length);
    const value = new Float64Array(conversions.length);
    const rate = (steps: string) => {
      const counts = table.countsOf(steps);
      return counts.conversions === 0 ? 0 : counts.conversions / (counts.conversions + counts.nulls);
    };
    for (const [steps, counts] of table.entries()) {
      if (counts.conversions === 0) continue;
      const whole = rate(steps);
      const channels = distinct(steps);
      const effects = channels.map((channel) => Math.max(0, whole - rate(without(steps, channel, table.switches))));
      const sum = effects.reduce((all, effect) => all + effect, 0);
      const last = steps.charCodeAt(steps.length - 1);
      channels.forEach((channel, index) => {
        const share = sum > 0 ? effects[index]! / sum : channel === last ? 1 : 0;
        conversions[channel]! += share * counts.conversions;
        value[channel]! += share * counts.value;
      });
    }
    return { conversions, value };
  },
};
