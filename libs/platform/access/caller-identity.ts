import type { CallerOrigin, Role } from '@baton/kernel';

/** The caller: the actor of the resulting events, and its permissions. */
export interface CallerIdentity {
  readonly actor: string;
  readonly origin: CallerOrigin;
  readonly roles: readonly Role[];
  /** Its requests can name the person who acts. */
  readonly actsForPersons?: true;
}

const personalReaders: readonly Role[] = ['marketing', 'sales', 'success', 'revops', 'admin'];
/** Does the caller work with leads by name? */
export const readsPersonal = ({ roles }: Pick<CallerIdentity, 'roles'>): boolean =>
  roles.some((role) => personalReaders.includes(role));
