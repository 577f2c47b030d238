import {
  events,
  flag,
  integer,
  list,
  oneOf,
  optional,
  ref,
  roles,
  SUBJECTS_NAMED,
  text,
  type EventOf,
} from '@baton/kernel';

/** A reason is kept in the log for ever: it names a case, not a person. */
export const REASON_LENGTH = 200;

const operation = text('What was asked: `Query.leads`, `Subscription.caseFileEvents`, `export leads`, `case-file`.', {
  min: 1,
  max: 200,
});
// No `ref`: a page of people would be an entry in the case file of each of them. `whoSaw` reads these streams itself.
const subjects = list(text('A person, `lead-7f3c`.', { min: 1, max: 140 }), 'The people whose values were shown.', {
  max: SUBJECTS_NAMED,
});
const people = integer('How many people were shown; of an answer with more than 500, each 500 are an event.', {
  min: 1,
});
const keyId = ref('key', 'The public part of the key.');

export const accessEvents = events({
  PersonalDataRead: {
    version: 1,
    description:
      'Personal values were shown to somebody who works with leads by name. Answers to the same question within a second are one event.',
    sentence: 'Personal data of {people} people was shown by {operation}',
    operation,
    subjects,
    people,
    answers: integer('How many answers showed them.', { min: 1 }),
    reason: optional(text('Why, if the caller gave a reason.', { min: 1, max: REASON_LENGTH })),
  },
  PersonalDataOpened: {
    version: 1,
    description: 'Personal values were opened, with a reason, for somebody who sees them sealed otherwise.',
    sentence: 'Personal data of {people} people was opened by {operation}: {reason}',
    operation,
    subjects,
    people,
    reason: text('Why.', { min: 1, max: REASON_LENGTH }),
  },
  SignedIn: {
    version: 1,
    description:
      'A key was used for the first time this day, or a token of the OpenID Connect issuer for the first time.',
    sentence: 'Somebody signed in with a {method}',
    method: oneOf(['key', 'token'], 'By what.'),
    keyId: optional(keyId),
    roles: list(oneOf(roles), 'The roles that it grants.', { max: roles.length }),
    actsForPersons: optional(flag('Requests with the key can name the person who acts.')),
  },
  KeyChanged: {
    version: 1,
    description: 'A bearer key was created or revoked.',
    sentence: 'Key {keyId} was {change}',
    keyId,
    change: oneOf(['created', 'revoked'], 'What happened to it.'),
  },
  AccessRefused: {
    version: 1,
    description: 'Requests were refused: by whom, where and why; those of one minute are one event.',
    sentence: '{count} requests were refused at {operation}: {code:words}',
    operation,
    code: text('The code of the refusal: `access/denied`.', { min: 1, max: 100 }),
    count: integer('How many requests.', { min: 1 }),
  },
});
export type AccessEvent = EventOf<typeof accessEvents>;
