import { toMs, type Instant } from '@baton/kernel';
import { isUpToCreation } from '../write/journey/journey-touches.rules';

/** The touches of a journey with its dates: oldest first, all at or before the conversion. */
export interface ModelJourney {
  readonly touches: readonly ModelTouch[];
  readonly conversionAt: Instant;
  /** The earliest creation of a lead among the people (LC). */
  readonly leadCreatedAt?: Instant;
  /** When the deal opened (OC). */
  readonly openedAt?: Instant;
}

/** What models, conditions and transforms test on a touch: among the rest, its channel by the channel rules. */
export interface TouchFacts {
  readonly channel: string;
  readonly campaign?: string | undefined;
  readonly action?: string;
}

/** A touch in a model: its instant, and its channel by the channel rules. */
export interface ModelTouch extends TouchFacts {
  readonly occurredAt: Instant;
  readonly touchId?: string;
  /**
   * True if the touch was recorded by the capture of the lead: it counts as at the lead creation, even if it is dated a
   * moment later.
   */
  readonly atCapture?: boolean | undefined;
  /** Order of touches of the same instant (log position and touch id); by default their order in the list. */
  readonly order?: string;
}

/** A path of touches by place, oldest first: of a document, or of packed columns. */
export interface TouchPath {
  readonly length: number;
  /** The instant of each touch in milliseconds; the first `length` count. */
  readonly at: ArrayLike<number>;
  touch(place: number): TouchFacts;
}

/** The input of a model: the touches that are weighed, at least one. */
export interface WeighedTouches extends TouchPath {
  /** The instant of the conversion in milliseconds. */
  readonly conversionAt: number;
  /** The place of the last touch up to the creation of the lead, and of the last up to the opening of the deal, or -1. */
  readonly leadCreation: number;
  readonly opportunityCreation: number;
  /** Whether an earlier touch of the path is the same recorded one. */
  isRepeated(place: number): boolean;
}

/** The touches of a document as paths have them. */
export const touchPathOf = (touches: readonly ModelTouch[]): TouchPath => ({
  length: touches.length,
  at: touches.map(({ occurredAt }) => toMs(occurredAt)),
  touch: (place) => touches[place]!,
});

/** The input of a model from a journey. */
export const weighedTouchesOf = ({ touches, conversionAt, leadCreatedAt, openedAt }: ModelJourney): WeighedTouches => {
  let firstById: Map<string | undefined, number> | undefined;
  return {
    ...touchPathOf(touches),
    conversionAt: toMs(conversionAt),
    leadCreation:
      leadCreatedAt === undefined ? -1 : touches.findLastIndex((touch) => isUpToCreation(touch, leadCreatedAt)),
    opportunityCreation:
      openedAt === undefined ? -1 : touches.findLastIndex(({ occurredAt }) => occurredAt <= openedAt),
    isRepeated: (place) => {
      firstById ??= new Map(touches.map(({ touchId }, index) => [touchId, index] as const).reverse());
      const { touchId } = touches[place]!;
      return touchId !== undefined && firstById.get(touchId)! < place;
    },
  };
};
