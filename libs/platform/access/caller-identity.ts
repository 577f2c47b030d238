import type { Role } from '@baton/kernel';
import type { KeyOrigin } from './key.events';

/** Who calls: the actor of every event that follows, and what they may do. */
export interface CallerIdentity {
  readonly actor: string;
  readonly origin: KeyOrigin;
  readonly roles: readonly Role[];
  /** Its requests may name the person who acts. */
  readonly actsForPersons?: true;
}
