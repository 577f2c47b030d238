import { contentHash, decider, refuse, type Refused } from '@baton/kernel';
import {
  journeyCommands,
  journeyEvents,
  TOUCHES_PER_EVENT,
  type JourneyCommand,
  type JourneyEvent,
  type JourneyTouch,
} from './journey.events';

type Close = Omit<Extract<JourneyCommand, { type: 'CloseJourney' }>['data'], 'touches'>;
type Journey =
  | { readonly stage: 'unknown' }
  | { readonly stage: 'closed' | 'reopened'; readonly facts: Close; readonly touches: readonly JourneyTouch[] };

/**
 * The most that the events of one journey may take together, in bytes of JSON: one append holds 1 MiB with its
 * metadata. 2,000 touches of 450 bytes each fit.
 */
export const LARGEST_JOURNEY = 1_000_000;

export const journey = decider<Journey, JourneyCommand, JourneyEvent>({
  commands: journeyCommands,
  events: journeyEvents,
  initialState: () => ({ stage: 'unknown' }),
  decide: {
    CloseJourney: (state, { data: { touches, ...facts } }) => {
      if (state.stage === 'closed')
        return same(state, facts, touches)
          ? []
          : refuse('journey/already-closed', 'The journey is closed with other facts; restate it.', 'journeyId');
      return fitting(inParts(touches).map((part) => ({ type: 'JourneyClosed' as const, data: { ...facts, ...part } })));
    },
    RestateJourney: (state, { data: { touches, cause, ...facts } }) => {
      if (state.stage !== 'closed' || same(state, facts, touches)) return [];
      const [before, now] = [byContent(state.touches), byContent(touches)];
      const earlier = inParts([...before].flatMap(([content, touch]) => (now.has(content) ? [] : [touch])));
      const added = slices([...now].flatMap(([content, { touchId }]) => (before.has(content) ? [] : [touchId])));
      const whole = inParts(touches);
      const parts = Math.max(earlier.length, added.length, whole.length);
      return fitting(
        Array.from({ length: parts }, (_, index) => ({
          type: 'JourneyRestated' as const,
          data: {
            ...facts,
            part: index + 1,
            parts,
            cause,
            earlier: earlier[index]?.touches ?? [],
            added: added[index] ?? [],
            touches: whole[index]?.touches ?? [],
          },
        })),
      );
    },
    ReopenJourney: (state, { data }) => (state.stage === 'closed' ? [{ type: 'JourneyReopened', data }] : []),
  },
  evolve: {
    JourneyClosed: (state, { data: { part, parts: _, touches, ...facts } }) => gather(state, part, facts, touches),
    JourneyRestated: (state, { data: { part, parts: _, cause: __, earlier: ___, added: ____, touches, ...facts } }) =>
      gather(state, part, facts, touches),
    JourneyReopened: (state) => (state.stage === 'unknown' ? state : { ...state, stage: 'reopened' }),
  },
});

/** All parts of a list are appended together, so the first one begins the list anew. */
const gather = (state: Journey, part: number, facts: Close, touches: readonly JourneyTouch[]): Journey => ({
  stage: 'closed',
  facts,
  touches: part === 1 || state.stage === 'unknown' ? touches : [...state.touches, ...touches],
});

const byContent = (touches: readonly JourneyTouch[]) => new Map(touches.map((touch) => [contentHash(touch), touch]));
const same = (
  known: { readonly facts: Close; readonly touches: readonly JourneyTouch[] },
  facts: Close,
  touches: readonly JourneyTouch[],
): boolean =>
  known.touches.length === touches.length &&
  contentHash([known.facts, known.touches]) === contentHash([facts, touches]);

const slices = <T>(all: readonly T[]): T[][] =>
  Array.from({ length: Math.max(1, Math.ceil(all.length / TOUCHES_PER_EVENT)) }, (_, index) =>
    all.slice(index * TOUCHES_PER_EVENT, (index + 1) * TOUCHES_PER_EVENT),
  );
const inParts = (all: readonly JourneyTouch[]) =>
  slices(all).map((touches, index, { length: parts }) => ({ part: index + 1, parts, touches }));

const fitting = <E extends { readonly data: object }>(events: readonly E[]): readonly E[] | Refused =>
  Buffer.byteLength(JSON.stringify(events)) <= LARGEST_JOURNEY
    ? events
    : refuse(
        'journey/too-long',
        `The touches of one journey take more than ${LARGEST_JOURNEY} bytes together.`,
        'touches',
      );
