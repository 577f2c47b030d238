import { toMs, type Instant, type StoredEvent } from '@baton/kernel';
import type { JourneyEvent, JourneyTouch } from './journey.events';

type TouchChanges = Pick<Extract<JourneyEvent, { type: 'JourneyRestated' }>['data'], 'added' | 'changed' | 'removed'>;

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The fields that contacts are ordered by. */
type OrderedTouch = Pick<JourneyTouch, 'touchId' | 'occurredAt' | 'sequence'>;
/**
 * Oldest first. Contacts of the same instant are in the order of their source, then by the id of their event, which is
 * derived from the sender and the command: never by position in the log, so that the order of arrival is irrelevant.
 */
export const inOrder = (a: OrderedTouch, b: OrderedTouch): number =>
  compare(a.occurredAt, b.occurredAt) || (a.sequence ?? 0) - (b.sequence ?? 0) || compare(a.touchId, b.touchId);

/** Where a touch belongs among touches that are in order. */
const placeOf = (touch: OrderedTouch, ordered: readonly OrderedTouch[]): number => {
  let [from, to] = [0, ordered.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (inOrder(ordered[middle]!, touch) > 0) to = middle;
    else from = middle + 1;
  }
  return from;
};
/** Thousands of touches are copied for each late one, and are not sorted again for it. */
const insertedInOrder = (
  ordered: readonly JourneyTouch[],
  touches: readonly JourneyTouch[],
): readonly JourneyTouch[] => {
  const parts: (readonly JourneyTouch[])[] = [];
  let from = 0;
  for (const touch of [...touches].sort(inOrder)) {
    const to = placeOf(touch, ordered);
    parts.push(ordered.slice(from, to), [touch]);
    from = to;
  }
  const none: readonly JourneyTouch[] = [];
  return none.concat(...parts, ordered.slice(from));
};

/**
 * The touches of a journey after a statement, in order.
 * @param touches those before it, in order
 */
export const changedTouches = (
  touches: readonly JourneyTouch[],
  { added, changed, removed }: TouchChanges,
): readonly JourneyTouch[] => {
  const others = new Set([...removed, ...changed.map(({ touchId }) => touchId)]);
  const kept = others.size === 0 ? touches : touches.filter(({ touchId }) => !others.has(touchId));
  return insertedInOrder(kept, [...changed, ...added]);
};

/** The touches of a journey with these as they are now. */
export const withTouches = (
  touches: readonly JourneyTouch[],
  stated: readonly JourneyTouch[],
): readonly JourneyTouch[] => changedTouches(touches, { added: [], changed: [...stated], removed: [] });

/** The earlier one of two first contacts, each of which may be unknown; as a field that is absent where both are. */
export const firstContact = (
  one: { readonly firstContactAt?: Instant | undefined },
  other: { readonly firstContactAt?: Instant | undefined },
): { readonly firstContactAt?: Instant } => {
  const [first] = [one, other].flatMap(({ firstContactAt }) => firstContactAt ?? []).sort();
  return first === undefined ? {} : { firstContactAt: first };
};

const MINUTE_MS = 60_000;
/** When a lead was captured, and its correlation id: that of one command, or of one row of an import. */
export interface Capture {
  readonly at: Instant;
  readonly correlationId: string;
}
export const captureOf = ({ occurredAt, meta }: Pick<StoredEvent, 'occurredAt' | 'meta'>): Capture => ({
  at: occurredAt,
  correlationId: meta.$correlationId,
});
/**
 * True if the capture of the lead recorded this touch. A touch of the same import row is often dated a moment after the
 * capture, and would otherwise not count as leading to the lead.
 */
export const isAtCapture = (
  { occurredAt, meta }: { readonly occurredAt: Instant; readonly meta: Pick<StoredEvent['meta'], '$correlationId'> },
  capture: Capture | undefined,
): boolean =>
  capture !== undefined &&
  meta.$correlationId === capture.correlationId &&
  occurredAt > capture.at &&
  toMs(occurredAt) - toMs(capture.at) <= MINUTE_MS;

/** True for a touch at or before the creation of a lead. A touch recorded by the capture is at it. */
export const isUpToCreation = (
  { occurredAt, atCapture }: { readonly occurredAt: Instant; readonly atCapture?: boolean | undefined },
  createdAt: Instant,
): boolean => occurredAt <= createdAt || (atCapture === true && toMs(occurredAt) - toMs(createdAt) <= MINUTE_MS);
