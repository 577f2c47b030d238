import type { Instant } from '@baton/kernel';

/** The input of a model: eligible touches, oldest first, at least one; all at or before the conversion. */
export interface ModelJourney {
  readonly touches: readonly ModelTouch[];
  readonly conversionAt: Instant;
  /** The earliest creation of a lead among the people (LC). */
  readonly leadCreatedAt?: Instant;
  /** When the deal opened (OC). */
  readonly openedAt?: Instant;
}

/** A touch in a model: its instant, and its channel by the channel rules. */
export interface ModelTouch {
  readonly occurredAt: Instant;
  readonly channel: string;
  readonly touchId?: string;
  readonly campaign?: string | undefined;
  readonly action?: string;
  /**
   * True if the touch was recorded by the capture of the lead: it counts as at the lead creation, even if it is dated a
   * moment later.
   */
  readonly atCapture?: boolean | undefined;
  /** Order of touches of the same instant (log position and touch id); by default their order in the list. */
  readonly order?: string;
}
