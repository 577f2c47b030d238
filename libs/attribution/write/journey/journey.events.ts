import {
  commands,
  events,
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
  leadId: ref('lead', 'The person the touch was recorded on.'),
  visitorId: optional(ref('visitor', 'The visitor, when it was a visit before identification.')),
  role: optional(text('The person’s role in the deal.', { max: 100 })),
  ...touchFields,
});
export type JourneyTouch = Static<typeof journeyTouch>;

/** How many touches one event holds; longer journeys take several events, numbered `part` of `parts`. */
export const TOUCHES_PER_EVENT = 500;

const touches = (description: string) => list(journeyTouch, description, { max: TOUCHES_PER_EVENT });
const word = optional(text('', { max: 300 }));
const facts = {
  journeyId: ref('opportunity', 'The deal; the journey has its id.'),
  outcome: oneOf(['won', 'lost']),
  closedAt: instant('When the deal closed.'),
  openedAt: instant('When the deal opened (OC).'),
  leadCreatedAt: optional(instant('The earliest creation among the people of the deal (LC).')),
  firstContactAt: optional(instant('The earliest touch of the people of the deal, also one after the close.')),
  amount: optional(money('What the deal is worth.')),
  leadIds: list(ref('lead'), 'The people of the deal.'),
  product: word,
  owner: word,
  source: word,
};
const whole = (most: number) => ({ touches: list(journeyTouch, 'Oldest first, up to the close.', { max: most }) });
const part = { part: integer('From 1.', { min: 1 }), parts: integer('How many events the list takes.', { min: 1 }) };

export const journeyEvents = events({
  JourneyClosed: {
    version: 1,
    description: 'A deal closed: every touch of its people up to then.',
    ...facts,
    ...part,
    touches: touches('Oldest first, up to the close.'),
  },
  JourneyRestated: {
    version: 1,
    description:
      'The touches, people or facts of a closed deal turned out to be others. The earlier list is the new one without `added` and with `earlier`.',
    ...facts,
    ...part,
    cause: text('What changed: late-touch, merge, role, amount …', { max: 100 }),
    earlier: touches('Touches of the earlier list that are not in the new one as they were.'),
    added: list(text('The touch.', { max: 100 }), 'Touches that were not in the earlier list as they are now.'),
    touches: touches('Oldest first, up to the close.'),
  },
  JourneyReopened: {
    version: 1,
    description: 'The deal is open again; its close earns nothing.',
    journeyId: facts.journeyId,
  },
});
export type JourneyEvent = EventOf<typeof journeyEvents>;

export const journeyCommands = commands('journey', {
  CloseJourney: { description: 'Record the journey of a deal that closed.', ...facts, ...whole(100_000) },
  RestateJourney: {
    description: 'Record the journey of a closed deal as it is known now.',
    ...facts,
    cause: text('What changed.', { max: 100 }),
    ...whole(100_000),
  },
  ReopenJourney: { description: 'The deal is open again.', journeyId: facts.journeyId },
});
export type JourneyCommand = CommandOf<typeof journeyCommands>;

/** Speaks to the journey of one deal. */
export class ToJourney extends To<JourneyCommand> {}
