import type { Aggregate, Commands } from '@baton/kernel';
import { contextParts } from '../../contexts';

/** Aggregates that a mapping may send commands to, by the name used in `to`. */
export const targets: Readonly<Record<string, Aggregate>> = Object.fromEntries(
  contextParts
    .flatMap(({ aggregates }) => aggregates)
    .filter(({ commands }) => [...commands.schemas.values()].some(({ allow }) => allow.length > 0))
    .map((each) => [each.commands.aggregate, each]),
);

/** Commands of each aggregate. */
export const commandsByTarget: Readonly<Record<string, Commands>> = Object.fromEntries(
  Object.entries(targets).map(([name, { commands }]) => [name, commands]),
);
