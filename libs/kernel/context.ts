import type { Aggregate } from './aggregate';
import type { Events } from './event';
import type { Policy } from './policy';
import type { Projection } from './projection';

/** Everything a context hands to the platform: plain lists. */
export interface ContextParts {
  readonly name: string;
  readonly aggregates: readonly Aggregate[];
  /** Events of streams that no aggregate decides on. */
  readonly events?: readonly Events[];
  readonly projections: readonly Projection[];
  readonly policies: readonly Policy[];
}

/** @returns the events of all these contexts, those of their aggregates among them */
export const eventsOf = (contexts: readonly Pick<ContextParts, 'aggregates' | 'events'>[]): readonly Events[] =>
  contexts.flatMap(({ aggregates, events = [] }) => [...aggregates.map(({ decider }) => decider.events), ...events]);
