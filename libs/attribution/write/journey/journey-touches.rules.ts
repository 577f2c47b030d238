import type { JourneyEvent, JourneyTouch } from './journey.events';

type Changes = Pick<Extract<JourneyEvent, { type: 'JourneyRestated' }>['data'], 'added' | 'changed' | 'removed'>;

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** What says where a contact stands among others. */
export type Placed = Pick<JourneyTouch, 'touchId' | 'occurredAt' | 'sequence'>;
/**
 * Oldest first. Contacts of the same instant stand as their source lists them, then by the id of their event, which
 * follows from the sender and the command: never by their place in the log, so that every order of arrival agrees.
 */
export const inOrder = (a: Placed, b: Placed): number =>
  compare(a.occurredAt, b.occurredAt) || (a.sequence ?? 0) - (b.sequence ?? 0) || compare(a.touchId, b.touchId);

/** The touches of a journey after what a restatement says of them. */
export const changedTouches = (
  touches: readonly JourneyTouch[],
  { added, changed, removed }: Changes,
): readonly JourneyTouch[] => {
  const others = new Set([...removed, ...changed.map(({ touchId }) => touchId)]);
  return [...touches.filter(({ touchId }) => !others.has(touchId)), ...changed, ...added].sort(inOrder);
};
