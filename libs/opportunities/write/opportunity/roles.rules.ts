import type { Happened, Instant } from '@baton/kernel';
import type { OpportunityEvent } from './opportunity.events';

type RoleEvent = Extract<OpportunityEvent, { type: 'ContactRoleAdded' | 'ContactRoleRemoved' }>;

/** What is known of one person's part in a deal. */
export interface ContactRole {
  /** The latest instant of which something is said. */
  readonly at: Instant;
  /** Takes part, as of then. */
  readonly on: boolean;
  readonly role?: string;
  /** When the role was given, and when the person last left. */
  readonly roleAt?: Instant;
  readonly leftAt?: Instant;
}
/** By lead, in the order in which they were first named; also of those who take no part any more. */
export type ContactRoles = Readonly<Record<string, ContactRole>>;

/** What stands of the roles after an event, however late it is told: what is said of the latest instant stands. */
export const withRole = (roles: ContactRoles, event: Happened<RoleEvent>): ContactRoles => {
  const { leadId } = event.data;
  return { ...roles, [leadId]: after(roles[leadId] ?? { at: '', on: false }, event) };
};

const after = (known: ContactRole, { type, data, occurredAt: at }: Happened<RoleEvent>): ContactRole => {
  const { role, roleAt = '', leftAt = '' } = known;
  const latest = at >= known.at ? { at, on: type === 'ContactRoleAdded' } : { at: known.at, on: known.on };
  if (type === 'ContactRoleRemoved')
    return { ...latest, leftAt: at > leftAt ? at : leftAt, ...(role !== undefined && roleAt > at && { role, roleAt }) };
  const given = data.role !== undefined && at >= roleAt && at >= leftAt;
  return {
    ...latest,
    ...(leftAt !== '' && { leftAt }),
    ...(given ? { role: data.role, roleAt: at } : role !== undefined && { role, roleAt }),
  };
};

/** Who takes part, each with the role where there is one. */
export const peopleIn = (roles: ContactRoles): readonly { readonly leadId: string; readonly role?: string }[] =>
  Object.entries(roles).flatMap(([leadId, { on, role }]) =>
    on ? [{ leadId, ...(role !== undefined && { role }) }] : [],
  );
