import {
  commands,
  events,
  flag,
  list,
  oneOf,
  optional,
  ref,
  roles,
  text,
  To,
  type CommandOf,
  type EventOf,
} from '@baton/kernel';

const keyId = ref('key', 'The key’s public part.');
export const PERSON_PATTERN = '^[A-Za-z0-9._@-]{1,100}$';
/** Who holds a key: a person, a system of ours (a page, a report), or the connector of another system. */
export const keyOrigins = ['person', 'system', 'connector'] as const;
export type KeyOrigin = (typeof keyOrigins)[number];
const label = text('Whose key it is: the person, the system, or the system that the connector speaks for.', {
  pattern: PERSON_PATTERN,
  says: 'a name: 1 to 100 letters, digits and . _ @ -',
});
const origin = oneOf(keyOrigins, 'Who holds it; only a connector says what its own system decided.');
const actsForPersons = optional(flag('Its requests may name the person who acts; the events then name that person.'));
const hash = text('SHA-256 of the secret, hex.', { pattern: '^[0-9a-f]{64}$', says: 'a SHA-256 in hex' });
const granted = list(oneOf(roles), 'What its bearer may do.', { max: roles.length });

export const keyEvents = events({
  KeyIssued: {
    version: 1,
    description: 'A bearer key was made; the log knows its hash only.',
    sentence: 'A key was made for {label} ({origin}) with the roles {roles}',
    keyId,
    label,
    origin,
    actsForPersons,
    roles: granted,
    hash,
  },
  KeyRevoked: {
    version: 1,
    description: 'The key opens nothing any more.',
    sentence: 'Key {keyId} was revoked',
    keyId,
  },
});
export type KeyEvent = EventOf<typeof keyEvents>;

export const keyCommands = commands('key', {
  IssueKey: {
    description: 'Make a bearer key.',
    keyId,
    label,
    origin,
    actsForPersons,
    roles: granted,
    hash,
  },
  RevokeKey: { description: 'Take a key back.', allow: ['admin'], keyId },
});
export type KeyCommand = CommandOf<typeof keyCommands>;

/** A command on its way to a key. */
export class ToKey extends To<KeyCommand> {}
