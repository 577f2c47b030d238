import { decider, isInternalActor, refuse } from '@baton/kernel';
import { keyCommands, keyEvents, type KeyCommand, type KeyEvent } from './key.events';

type Key = { readonly status: 'unknown' | 'issued' | 'revoked' };

export const keyDecider = decider<Key, KeyCommand, KeyEvent>({
  commands: keyCommands,
  events: keyEvents,
  initialState: () => ({ status: 'unknown' }),
  decide: {
    IssueKey: (state, { data }) => {
      if (state.status !== 'unknown')
        return refuse('key/already-issued', 'A key with this keyId exists; choose another keyId.', 'keyId');
      if (isInternalActor(data.label))
        return refuse('key/reserved-label', 'This label is reserved for Baton; choose another label.', 'label');
      if (data.actsForPersons && data.origin !== 'system')
        return refuse('key/not-a-system', 'actsForPersons requires the origin system.', 'actsForPersons');
      if (data.roles.length === 0) return refuse('key/no-role', 'roles must contain at least one role.', 'roles');
      return [{ type: 'KeyIssued', data }];
    },
    RevokeKey: (state, { data }) => {
      if (state.status === 'unknown') return refuse('key/unknown', 'There is no key with this keyId.', 'keyId');
      return state.status === 'revoked' ? [] : [{ type: 'KeyRevoked', data }];
    },
  },
  evolve: {
    KeyIssued: () => ({ status: 'issued' }),
    KeyRevoked: () => ({ status: 'revoked' }),
  },
});
