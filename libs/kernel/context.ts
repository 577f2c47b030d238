import type { Aggregate } from './aggregate';
import type { GetService } from './aggregate';
import type { Message } from './message';
import type { Refused } from './errors';
import type { Contribution } from './contribution';
import type { Events } from './event';
import type { Policy } from './policy';
import type { Projection } from './projection';
import type { Report, Subscription } from './report';

/** @returns the refusal to send a message, which is then given up; undefined if it may be sent */
export type MessageCheck = (message: Message) => Promise<Refused | undefined>;
export type MakeMessageCheck = (get: GetService) => MessageCheck;

/** What a context registers with the platform. */
export interface ContextParts {
  readonly name: string;
  readonly aggregates: readonly Aggregate[];
  /** Events of streams without an aggregate. */
  readonly events?: readonly Events[];
  readonly projections: readonly Projection[];
  readonly policies: readonly Policy[];
  readonly reports?: readonly Report[];
  readonly subscriptions?: readonly Subscription[];
  /** Fields of nodes that no fold makes, and of lists of earlier contexts. */
  readonly contributions?: readonly Contribution[];
  /** Checks each message before it is sent. */
  readonly beforeSending?: MakeMessageCheck;
}

/** @returns the events of all contexts, including those of their aggregates */
export const eventsOf = (contexts: readonly Pick<ContextParts, 'aggregates' | 'events'>[]): readonly Events[] =>
  contexts.flatMap(({ aggregates, events = [] }) => [...aggregates.map(({ decider }) => decider.events), ...events]);
