import type { DatedEvent, Instant } from '@baton/kernel';
import type { OpportunityEvent } from './opportunity.events';

type RoleEvent = Extract<OpportunityEvent, { type: 'ContactRoleAdded' | 'ContactRoleRemoved' }>;

/** What is known of one person's part in a deal. */
export interface ContactRole {
  readonly leadId: string;
  /** The latest instant of which something is said. */
  readonly at: Instant;
  /** Takes part, as of then. */
  readonly on: boolean;
  readonly role?: string;
  /** When the role was given, and when the person last left. */
  readonly roleAt?: Instant;
  readonly leftAt?: Instant;
}
/** In the order in which they were first named; also of those who take no part any more. */
export type ContactRoles = readonly ContactRole[];

/** What stands of the roles after an event, however late it is told: what is said of the latest instant stands. */
export const withRole = (roles: ContactRoles, event: DatedEvent<RoleEvent>): ContactRoles => {
  const { leadId } = event.data;
  const known = roleOf(roles, leadId);
  return known
    ? roles.map((one) => (one === known ? after(known, event) : one))
    : [...roles, after({ leadId, at: '', on: false }, event)];
};
export const roleOf = (roles: ContactRoles, leadId: string): ContactRole | undefined =>
  roles.find((one) => one.leadId === leadId);

/** What stands of the roles after a deal's events, by an instant where one is given. */
export const rolesIn = (stream: readonly DatedEvent<OpportunityEvent>[], until?: Instant): ContactRoles =>
  stream.reduce<ContactRoles>(
    (roles, event) =>
      (event.type === 'ContactRoleAdded' || event.type === 'ContactRoleRemoved') &&
      (until === undefined || event.occurredAt <= until)
        ? withRole(roles, event)
        : roles,
    [],
  );

const after = (known: ContactRole, { type, data, occurredAt: at }: DatedEvent<RoleEvent>): ContactRole => {
  const { leadId, role, roleAt = '', leftAt = '' } = known;
  const isLatest = at >= known.at;
  const latest = { leadId, at: isLatest ? at : known.at, on: isLatest ? type === 'ContactRoleAdded' : known.on };
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
  roles.flatMap(({ leadId, on, role }) => (on ? [{ leadId, ...(role !== undefined && { role }) }] : []));
