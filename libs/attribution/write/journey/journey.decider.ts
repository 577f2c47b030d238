import { contentHash, decider, chunksOf, type NewEvent } from '@baton/kernel';
import { changedTouches, firstContact, withTouches } from './journey-touches.rules';
import {
  journeyCommands,
  journeyEvents,
  type JourneyCommand,
  type JourneyEvent,
  type JourneyTouch,
} from './journey.events';

type JourneyFacts = Omit<Extract<JourneyEvent, { type: 'JourneyClosed' }>['data'], 'touches' | 'more'>;
type StatedJourney = Extract<JourneyCommand, { type: 'StateJourney' }>['data'];
type Journey =
  | { readonly stage: 'unknown' }
  | {
      /** `closing`: the rest of the first statement is still missing. */
      readonly stage: 'closing' | 'closed' | 'reopened';
      readonly facts: JourneyFacts;
      readonly touches: readonly JourneyTouch[];
      /** The rest of a restatement is still missing. */
      readonly isIncomplete?: true;
    };

/** How many events of that size fit in one append: below 1 MiB with metadata. */
const EVENTS_PER_APPEND = 4;

/** The part of the changes in one event. */
interface EventPart {
  readonly added: JourneyTouch[];
  readonly changed: JourneyTouch[];
  readonly removed: string[];
}

export const journeyDecider = decider<Journey, JourneyCommand, JourneyEvent>({
  commands: journeyCommands,
  events: journeyEvents,
  initialState: () => ({ stage: 'unknown' }),
  decide: {
    StateJourney: (state, { data }) => {
      if (data.keepsOthers) return withSomeTouches(state, data);
      const known = state.stage === 'unknown' || state.stage === 'reopened' ? [] : state.touches;
      const different = differenceOf(known, data.touches);
      const closes =
        state.stage !== 'closed' && different.every(({ changed, removed }) => !changed.length && !removed.length);
      if (state.stage === 'closed' && different.length === 0 && isEqual(state.facts, factsOf(data))) return [];
      return eventsOf(data, different, closes);
    },
    ReopenJourney: (state, { data }) =>
      state.stage === 'closed' || state.stage === 'closing' ? [{ type: 'JourneyReopened', data }] : [],
  },
  evolve: {
    JourneyClosed: (state, { data: { touches, more, ...facts } }) => ({
      stage: more ? 'closing' : 'closed',
      facts,
      touches: state.stage === 'closing' ? withTouches(state.touches, touches) : touches,
    }),
    JourneyRestated: (state, { data: { added, changed, removed, more, reasons: _, ...facts } }) => {
      const touches = changedTouches('touches' in state ? state.touches : [], { added, changed, removed });
      // Until the statement is complete its facts are not: a repeated command then adds the rest.
      return more && 'facts' in state ? { ...state, touches, isIncomplete: true } : { stage: 'closed', facts, touches };
    },
    JourneyReopened: (state) => (state.stage === 'unknown' ? state : { ...state, stage: 'reopened' }),
  },
});

const factsOf = ({ touches: _, reasons: __, keepsOthers: ___, ...facts }: StatedJourney): JourneyFacts => facts;

/** While a statement is incomplete its next part is yet to be stated, with everything that is known by then. */
const withSomeTouches = (state: Journey, data: StatedJourney): readonly NewEvent<JourneyEvent>[] => {
  if (state.stage !== 'closed' || state.isIncomplete) return [];
  const ids = new Set(data.touches.map(({ touchId }) => touchId));
  const known = state.touches.filter(({ touchId }) => ids.has(touchId));
  const different = differenceOf(known, data.touches);
  const stated = { ...data, ...firstContact(data, state.facts) };
  return different.length === 0 && isEqual(state.facts, factsOf(stated)) ? [] : eventsOf(stated, different, false);
};

/** The changes of the touches compared with the known ones, in parts that fit in an event; [] for none. */
const differenceOf = (known: readonly JourneyTouch[], touches: readonly JourneyTouch[]): readonly EventPart[] => {
  const [before, now] = [known, touches].map((all) => new Map(all.map((touch) => [touch.touchId, touch])));
  const entries: Partial<EventPart>[] = [
    ...known.flatMap(({ touchId }) => (now!.has(touchId) ? [] : [{ removed: [touchId] }])),
    ...touches.flatMap((touch): Partial<EventPart>[] => {
      const was = before!.get(touch.touchId);
      if (!was) return [{ added: [touch] }];
      return isEqual(was, touch) ? [] : [{ changed: [touch] }];
    }),
  ];
  return chunksOf(entries).map((slice) => ({
    added: slice.flatMap(({ added = [] }) => added),
    changed: slice.flatMap(({ changed = [] }) => changed),
    removed: slice.flatMap(({ removed = [] }) => removed),
  }));
};

/** The texts are usually equal; if not, only the order of the fields may differ. */
const isEqual = (a: object, b: object): boolean =>
  JSON.stringify(a) === JSON.stringify(b) || contentHash(a) === contentHash(b);

const isUnchanged: EventPart = { added: [], changed: [], removed: [] };
/** As much of a statement as fits in one append; the rest is recorded when the journey is stated again. */
const eventsOf = (
  data: StatedJourney,
  different: readonly EventPart[],
  closes: boolean,
): readonly NewEvent<JourneyEvent>[] => {
  const facts = factsOf(data);
  const shares = different.length === 0 ? [isUnchanged] : different;
  return shares.slice(0, EVENTS_PER_APPEND).map((share, index): NewEvent<JourneyEvent> => {
    const more = index + 1 < shares.length ? { more: true } : {};
    return closes
      ? { type: 'JourneyClosed', data: { ...facts, touches: share.added, ...more } }
      : { type: 'JourneyRestated', data: { ...facts, reasons: data.reasons ?? [], ...share, ...more } };
  });
};
