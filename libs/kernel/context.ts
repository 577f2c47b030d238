import type { Events } from './event';
import type { DueList, Policy } from './policy';
import type { Projection } from './projection';

/** Everything a module of a context hands to the platform: plain lists. */
export interface ContextParts {
  readonly name: string;
  readonly events: readonly Events[];
  readonly projections: readonly Projection[];
  readonly policies: readonly Policy[];
  readonly dueLists: readonly DueList[];
}
