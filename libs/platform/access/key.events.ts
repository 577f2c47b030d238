import {
  commands,
  events,
  flag,
  list,
  oneOf,
  optional,
  callerOrigins,
  ref,
  roles,
  secret,
  text,
  To,
  type CommandOf,
  type EventOf,
} from '@baton/kernel';

const keyId = ref('key', 'The public part of the key.');
export const PERSON_PATTERN = '^[A-Za-z0-9._@-]{1,100}$';
const label = text('The owner of the key: a person, a system, or the system behind a connector.', {
  pattern: PERSON_PATTERN,
  requirement: 'a name: 1 to 100 letters, digits and . _ @ -',
});
const origin = oneOf(callerOrigins, 'The kind of owner. Only a connector can report decisions of its own system.');
const actsForPersons = optional(
  flag('Requests with this key can name the person who acts; that person is then the actor of the events.'),
);
const hash = secret(
  text('SHA-256 of the secret, in hex.', { pattern: '^[0-9a-f]{64}$', requirement: 'a SHA-256 in hex' }),
);
const granted = list(oneOf(roles), 'The roles that the key grants.', { max: roles.length });

export const keyEvents = events({
  KeyIssued: {
    version: 1,
    description: 'A bearer key was created. The log stores only its hash.',
    sentence: 'A key was created for {label} ({origin}) with the roles {roles}',
    keyId,
    label,
    origin,
    actsForPersons,
    roles: granted,
    hash,
  },
  KeyRevoked: {
    version: 1,
    description: 'The key was revoked and is no longer accepted.',
    sentence: 'Key {keyId} was revoked',
    keyId,
  },
});
export type KeyEvent = EventOf<typeof keyEvents>;

export const keyCommands = commands('key', {
  IssueKey: {
    description: 'Create a bearer key.',
    keyId,
    label,
    origin,
    actsForPersons,
    roles: granted,
    hash,
  },
  RevokeKey: { description: 'Revoke a key.', allow: ['admin'], keyId },
});
export type KeyCommand = CommandOf<typeof keyCommands>;

/** A command for a key. */
export class ToKey extends To<KeyCommand> {}
