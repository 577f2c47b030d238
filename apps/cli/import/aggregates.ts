import type { Aggregate, Commands } from '@baton/kernel';
import { contextParts } from '../../contexts';

/** What a mapping may speak to, by the name it uses in `to`. */
export const targets: Readonly<Record<string, Aggregate>> = Object.fromEntries(
  contextParts
    .flatMap(({ aggregates }) => aggregates)
    .filter(({ commands }) => [...commands.schemas.values()].some(({ allow }) => allow.length > 0))
    .map((each) => [each.commands.aggregate, each]),
);

/** The commands of each. */
export const commandsByTarget: Readonly<Record<string, Commands>> = Object.fromEntries(
  Object.entries(targets).map(([name, { commands }]) => [name, commands]),
);
