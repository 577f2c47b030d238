import {
  commands,
  EVENT_SLICE,
  events,
  flag,
  instant,
  integer,
  list,
  money,
  object,
  oneOf,
  optional,
  ref,
  text,
  To,
  type CommandOf,
  type EventOf,
  type Static,
} from '@baton/kernel';
import { touchFields } from '@baton/campaigns';

/** One touch of a journey, raw: no window, no classified channel, no weight. */
export const journeyTouch = object({
  touchId: text('Id of the event that recorded the touch.', { max: 100 }),
  occurredAt: instant(),
  sequence: optional(integer('Its place among what its source says of the same instant: the row of an import.')),
  leadId: ref('lead', 'The person the touch was recorded on.'),
  visitorId: optional(ref('visitor', 'The visitor, when it was a visit before identification.')),
  role: optional(text('The person’s role in the deal.', { max: 100 })),
  atCapture: optional(flag('The capture of the lead itself brought it: it counts as at the creation.')),
  ...touchFields,
});
export type JourneyTouch = Static<typeof journeyTouch>;

const touches = (description: string) => list(journeyTouch, description, { max: EVENT_SLICE.count });
const word = optional(text('', { max: 300 }));
const facts = {
  journeyId: ref('opportunity', 'The deal; the journey has its id.'),
  outcome: oneOf(['won', 'lost']),
  closedAt: instant('When the deal closed.'),
  openedAt: instant('When the deal opened (OC).'),
  leadCreatedAt: optional(instant('The earliest creation among the people of the deal (LC).')),
  firstContactAt: optional(instant('The earliest touch of the people of the deal, also one after the close.')),
  amounts: list(
    object({ at: instant('From when on.'), amount: money('Amount of the deal.') }),
    'What the deal was worth at its close and after each later change, oldest first.',
    { max: 1000 },
  ),
  leadIds: list(ref('lead'), 'The people of the deal.'),
  product: word,
  owner: word,
  source: word,
};
const more = optional(flag('The events after this one say the rest: until then the journey is as it was.'));

export const journeyEvents = events({
  JourneyClosed: {
    version: 1,
    description: 'A deal closed: every touch of its people up to then.',
    sentence:
      'The journey of deal {journeyId} ended {outcome} at {closedAt} (people: {leadIds:count}, touches: {touches:count}{more?, more to follow:})',
    ...facts,
    touches: touches('Oldest first, up to the close.'),
    more,
  },
  JourneyRestated: {
    version: 1,
    description:
      'The touches, people or facts of a closed deal turned out to be others. It says what is different, of the touches; the facts as they are now.',
    sentence:
      'The journey of deal {journeyId} is another: {reasons}; touches added: {added:count}, changed: {changed:count}, removed: {removed:count}{more?, more to follow:}',
    ...facts,
    reasons: list(text('', { max: 100 }), 'What became known: late-touch, merge, role, amount, deal …'),
    added: touches('Touches that the journey did not have.'),
    changed: touches('Touches of which something else is known now: as they are now.'),
    removed: list(text('', { max: 100 }), 'Touches that are not of this journey after all, by their ids.'),
    more,
  },
  JourneyReopened: {
    version: 1,
    description: 'The deal is open again; its close earns nothing.',
    sentence: 'Deal {journeyId} is open again: its journey earns nothing',
    journeyId: facts.journeyId,
  },
});
export type JourneyEvent = EventOf<typeof journeyEvents>;

export const journeyCommands = commands('journey', {
  StateJourney: {
    description: 'Record the journey of a deal that closed, or what is different of it now.',
    ...facts,
    reasons: optional(list(text('', { max: 100 }), 'What became known.')),
    touches: list(journeyTouch, 'All of them, oldest first, up to the close.', { max: 1_000_000 }),
  },
  ReopenJourney: { description: 'The deal is open again.', journeyId: facts.journeyId },
});
export type JourneyCommand = CommandOf<typeof journeyCommands>;

/** Speaks to the journey of one deal. */
export class ToJourney extends To<JourneyCommand> {}
