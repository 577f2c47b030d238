import type { Instant } from '@baton/kernel';

/** What a model weighs: eligible touches, oldest first, at least one; all at or before the conversion. */
export interface ModelJourney {
  readonly touches: readonly ModelTouch[];
  readonly conversionAt: Instant;
  /** The earliest creation of a lead among the people (LC). */
  readonly leadCreatedAt?: Instant;
  /** When the deal opened (OC). */
  readonly openedAt?: Instant;
}

/** A touch as models see it: its instant, and its channel after the channel rules. */
export interface ModelTouch {
  readonly occurredAt: Instant;
  readonly channel: string;
  readonly touchId?: string;
  readonly campaign?: string | undefined;
  readonly action?: string;
  /** The capture of the lead itself brought it: it counts as at the creation, also when it is dated a moment later. */
  readonly atCapture?: boolean | undefined;
  /** Sorts touches of the same instant (log position and touch id); by default their order in the list decides. */
  readonly order?: string;
}
