import type { Aggregate } from './aggregate';
import type { GetService } from './aggregate';
import type { Message } from './message';
import type { Refused } from './errors';
import type { Contribution } from './contribution';
import type { Instant } from './time';
import type { Events } from './event';
import type { Policy } from './policy';
import type { Projection } from './projection';
import type { Report, Subscription } from './report';

/** @returns the refusal to send a message, which is then given up; undefined if it may be sent */
export type MessageCheck = (message: Message) => Promise<Refused | undefined>;
export type MakeMessageCheck = (get: GetService) => MessageCheck;

/** Two numbers that must be equal, as decimal texts. */
export interface Balance {
  /** What they are numbers of: a stage, a currency, a figure and a dimension. */
  readonly of: string;
  readonly left: string;
  readonly right: string;
}
/** A law of conservation that the read models keep, checked on live data. */
export interface ConservationCheck {
  readonly name: string;
  readonly description: string;
  /** What the two sides are. */
  readonly left: string;
  readonly right: string;
  /** Given the read models, at an instant; see `conservationCheck` of the platform. */
  readonly balances: (models: never, at: Instant) => Promise<readonly Balance[]>;
}

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
  /** What must hold between its read models, and those of others. */
  readonly checks?: readonly ConservationCheck[];
  /** Checks each message before it is sent. */
  readonly beforeSending?: MakeMessageCheck;
}

/** @returns the events of all contexts, including those of their aggregates */
export const eventsOf = (contexts: readonly Pick<ContextParts, 'aggregates' | 'events'>[]): readonly Events[] =>
  contexts.flatMap(({ aggregates, events = [] }) => [...aggregates.map(({ decider }) => decider.events), ...events]);
