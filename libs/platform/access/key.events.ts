import { commands, events, list, oneOf, ref, roles, text, type CommandOf, type EventOf } from '@baton/kernel';

const keyId = ref('key', 'The key’s public part.');
const label = text('Whose key it is, or what for; the actor of everything done with it.', {
  min: 1,
  max: 100,
  pattern: '^[A-Za-z0-9._:@-]+$',
  says: 'a name: 1 to 100 letters, digits and . _ : @ -',
});
const hash = text('SHA-256 of the secret, hex.', { pattern: '^[0-9a-f]{64}$', says: 'a SHA-256 in hex' });
const granted = list(oneOf(roles), 'What its bearer may do.', { max: roles.length });

export const keyEvents = events({
  KeyIssued: {
    version: 1,
    description: 'A bearer key was made; the log knows its hash only.',
    keyId,
    label,
    roles: granted,
    hash,
  },
  KeyRevoked: { version: 1, description: 'The key opens nothing any more.', keyId },
});
export type KeyEvent = EventOf<typeof keyEvents>;

export const keyCommands = commands('key', {
  IssueKey: {
    description: 'Make a bearer key.',
    keyId,
    label,
    roles: granted,
    hash,
  },
  RevokeKey: { description: 'Take a key back.', allow: ['admin'], keyId },
});
export type KeyCommand = CommandOf<typeof keyCommands>;
