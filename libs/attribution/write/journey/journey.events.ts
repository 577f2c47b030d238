import {
  commands,
  enumeration,
  EVENT_CHUNK_LIMITS,
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
  type EnumerationValue,
  type EventOf,
  type Static,
} from '@baton/kernel';
import { touchFields } from '@baton/campaigns';

/** One touch of a journey, raw: no window, no classified channel, no weight. */
export const journeyTouch = object({
  touchId: text('Id of the event that recorded the touch.', { max: 100 }),
  occurredAt: instant(),
  sequence: optional(integer('Order among touches of the same instant, such as the row of an import.')),
  leadId: ref('lead', 'Lead that the touch was recorded on.'),
  visitorId: optional(ref('visitor', 'Visitor, for a visit before the identification.')),
  role: optional(text('Role of the person in the deal.', { max: 100 })),
  atCapture: optional(flag('The touch captured the lead, so it counts as made at the creation of the lead.')),
  ...touchFields,
});
export type JourneyTouch = Static<typeof journeyTouch>;

/** Why a journey is recorded anew. */
export const restatementReasons = enumeration('RestatementReason', 'Why the journey of a deal was recorded anew.', {
  'late-touch': 'A touch from before the close was recorded after it.',
  'late-visit': 'A visit from before the close was recorded after it.',
  merge: 'A person of the deal was merged with another lead.',
  unmerge: 'A merge of a person of the deal was undone.',
  'visitor-identified': 'Earlier anonymous visits turned out to be of a person of the deal.',
  role: 'A person joined or left the deal.',
  amount: 'The amount of the deal changed.',
  deal: 'Another field of the deal changed.',
});
export type RestatementReason = EnumerationValue<typeof restatementReasons>;

const touches = (description: string) => list(journeyTouch, description, { max: EVENT_CHUNK_LIMITS.count });
const shortText = optional(text('', { max: 300 }));
const facts = {
  journeyId: ref('opportunity', 'Deal of the journey; both have the same id.'),
  outcome: oneOf(['won', 'lost']),
  closedAt: instant('When the deal closed.'),
  openedAt: instant('When the deal opened (OC).'),
  leadCreatedAt: optional(instant('The earliest creation among the people of the deal (LC).')),
  firstContactAt: optional(instant('The earliest touch of the people of the deal, also one after the close.')),
  amounts: list(
    object({ at: instant('Since when the deal has this amount.'), amount: money('Amount of the deal.') }),
    'Amounts of the deal at the close and after each later change, oldest first.',
    { max: 1000 },
  ),
  leadIds: list(ref('lead'), 'The people of the deal.'),
  product: shortText,
  owner: shortText,
  source: shortText,
};
const more = optional(flag('More events of this statement follow; the journey changes with the last of them.'));

export const journeyEvents = events({
  JourneyClosed: {
    version: 1,
    description: 'The journey of a closed deal: every touch of its people up to the close.',
    sentence:
      'The journey of deal {journeyId} closed as {outcome} at {closedAt} (people: {leadIds:count}, touches: {touches:count}{more?, more to follow:})',
    ...facts,
    touches: touches('Oldest first, up to the close.'),
    more,
  },
  JourneyRestated: {
    version: 1,
    description:
      'The touches, people or fields of a closed deal changed. Lists the differences in touches, and the current fields.',
    sentence:
      'The journey of deal {journeyId} was restated: {reasons}; touches added: {added:count}, changed: {changed:count}, removed: {removed:count}{more?, more to follow:}',
    ...facts,
    reasons: list(oneOf(restatementReasons), 'Reasons for the restatement.'),
    added: touches('Touches added to the journey.'),
    changed: touches('Touches that changed, in their new form.'),
    removed: list(text('', { max: 100 }), 'Ids of the touches removed from the journey.'),
    more,
  },
  JourneyReopened: {
    version: 1,
    description: 'The deal was reopened; its close no longer gets credit.',
    sentence: 'Deal {journeyId} was reopened: its journey no longer gets credit',
    journeyId: facts.journeyId,
  },
});
export type JourneyEvent = EventOf<typeof journeyEvents>;

export const journeyCommands = commands('journey', {
  StateJourney: {
    description: 'Record the journey of a closed deal, or its restatement.',
    ...facts,
    reasons: optional(list(oneOf(restatementReasons), 'Reasons for a restatement.')),
    touches: list(journeyTouch, 'All touches up to the close, oldest first.', { max: 1_000_000 }),
    keepsOthers: optional(
      flag('Only these touches are stated: the others, and an earlier first contact, are as they were.'),
    ),
  },
  ReopenJourney: { description: 'Record that the deal of a journey was reopened.', journeyId: facts.journeyId },
});
export type JourneyCommand = CommandOf<typeof journeyCommands>;

/** Sends a command to the journey of a deal. */
export class ToJourney extends To<JourneyCommand> {}
