import type { Role } from '@baton/kernel';
import type { KeyOrigin } from './key.events';

/** The caller: the actor of the resulting events, and its permissions. */
export interface CallerIdentity {
  readonly actor: string;
  readonly origin: KeyOrigin;
  readonly roles: readonly Role[];
  /** Its requests can name the person who acts. */
  readonly actsForPersons?: true;
}
