import {
  commands,
  contactChannels,
  contactPurpose,
  enumeration,
  erasureEvents,
  events,
  oneOf,
  optional,
  ref,
  text,
  To,
  type CommandOf,
  type EnumerationValue,
  type EventOf,
} from '@baton/kernel';

export const erasureReasons = enumeration('ErasureReason', 'Why a person is erased.', {
  request: 'The person asked for it.',
  'consent-withdrawn': 'The person withdrew the consent that the data was kept under.',
  objection: 'The person objected to the processing.',
  'retention-ended': 'The data is no longer needed for its purpose.',
  unlawful: 'The data should not have been recorded.',
  'legal-duty': 'A law or a court requires it.',
  restored: 'The person was erased before; a backup from before that was restored.',
});
export type ErasureReason = EnumerationValue<typeof erasureReasons>;
export const holdReasons = enumeration('LegalHoldReason', 'Why a person must not be erased for now.', {
  litigation: 'A dispute before a court, or one that is expected.',
  investigation: 'An investigation of an authority.',
  audit: 'An audit that needs the data.',
  'legal-duty': 'A law requires the data to be kept.',
});

const erasureScopes = ['person', 'lead'] as const;

const leadId = ref('lead', 'The person.');
/** Free text would itself contain personal data; a number in the register of requests does not. */
const reference = optional(
  text('The number of the request in your register, such as DSR-2024-17.', {
    max: 50,
    pattern: '^[A-Za-z0-9][A-Za-z0-9._/#-]*$',
    requirement: 'a reference of letters, digits and . _ / # - without blanks',
  }),
);
const hold = text('Your name for the hold: the number of the case.', {
  min: 1,
  max: 50,
  pattern: '^[A-Za-z0-9][A-Za-z0-9._/#-]*$',
  requirement: 'a reference of letters, digits and . _ / # - without blanks',
});

/** What is kept beside a lead about the rights of the person, in the stream `privacy-<leadId>`. */
const purpose = contactPurpose();
const channel = oneOf(contactChannels, 'How the person may be reached.');
const source = text('Where it was said: the form, page or call, by a code of your own.', {
  max: 100,
  pattern: '^[A-Za-z0-9][A-Za-z0-9._/:-]*$',
  requirement: 'a code of letters, digits and . _ / : - without blanks, such as webinar-form',
});
const consent = {
  leadId,
  purpose,
  channel,
  textVersion: text('The version of the text that the person agreed to.', {
    max: 50,
    pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$',
    requirement: 'a version of letters, digits and . _ - without blanks, such as 2024-05',
  }),
  source,
};
const withdrawal = { leadId, purpose, channel, source };

export const personEvents = events({
  ...erasureEvents.specs,
  ErasureRequested: {
    version: 1,
    description: 'The erasure of the person was decided; the key of the personal data is destroyed next.',
    sentence: 'The erasure of the {scope} was decided: {reason:words}[ ({reference})]',
    leadId,
    scope: oneOf(
      erasureScopes,
      'person: with every lead that is merged with it. lead: this lead alone, as part of that.',
    ),
    reason: oneOf(erasureReasons, 'Why.'),
    reference,
  },
  ConsentGiven: {
    version: 1,
    description: 'The person agreed to be contacted for a purpose by a channel.',
    sentence: 'The person agreed to {purpose:words} by {channel} ({source}, text {textVersion})',
    ...consent,
  },
  ConsentWithdrawn: {
    version: 1,
    description: 'The person no longer agrees to be contacted for a purpose by a channel, or objected to it.',
    sentence: 'The person does not agree to {purpose:words} by {channel} any more ({source})',
    ...withdrawal,
  },
  LegalHoldPlaced: {
    version: 1,
    description: 'The person must not be erased until the hold is released.',
    sentence: 'A legal hold was placed: {hold} ({reason:words})',
    leadId,
    hold,
    reason: oneOf(holdReasons, 'Why.'),
  },
  LegalHoldReleased: {
    version: 1,
    description: 'The legal hold ended.',
    sentence: 'The legal hold {hold} was released',
    leadId,
    hold,
  },
});
export type PersonEvent = EventOf<typeof personEvents>;

export const personCommands = commands(
  'privacy',
  {
    EraseLead: {
      description:
        'Erase the person: destroy the keys of the personal data of this lead and of all leads merged with it, release their e-mail addresses and external ids, and empty the read models. It cannot be undone. `erasurePreview` shows what it affects.',
      allow: ['revops', 'admin'],
      leadId,
      reason: oneOf(erasureReasons, 'Why. A code, because free text could itself be personal.'),
      reference,
    },
    GiveConsent: {
      about: 'state',
      datable: true,
      description:
        'Record that the person agreed to be contacted for a purpose by a channel. Messages to people are sent only with consent.',
      allow: ['marketing', 'sales', 'success', 'revops', 'admin'],
      ...consent,
    },
    WithdrawConsent: {
      about: 'state',
      datable: true,
      description: 'Record that the person does not agree any more, or objected without having agreed before.',
      allow: ['marketing', 'sales', 'success', 'revops', 'admin'],
      ...withdrawal,
    },
    PlaceLegalHold: {
      about: 'state',
      description: 'Keep the person from being erased until the hold is released.',
      allow: ['revops', 'admin'],
      leadId,
      hold,
      reason: oneOf(holdReasons, 'Why.'),
    },
    ReleaseLegalHold: {
      about: 'state',
      description: 'End a legal hold.',
      allow: ['revops', 'admin'],
      leadId,
      hold,
    },
    RequestErasure: {
      description: 'Decide the erasure of one lead, because it is the same person as another or was erased before.',
      leadId,
      reason: oneOf(erasureReasons, 'Why.'),
      reference,
    },
    CompleteErasure: {
      description: 'Destroy the key of a lead whose erasure was decided, and record that.',
      leadId,
    },
  },
  { idField: 'leadId' },
);
export type PersonCommand = CommandOf<typeof personCommands>;
/** Sends a command about the rights of a person. */
export class ToPrivacy extends To<PersonCommand> {}
