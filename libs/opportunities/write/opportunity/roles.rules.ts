import type { DatedEvent, Instant } from '@baton/kernel';
import type { OpportunityEvent } from './opportunity.events';

type RoleEvent = Extract<OpportunityEvent, { type: 'ContactRoleAdded' | 'ContactRoleRemoved' }>;

/** The role of one person in a deal. */
export interface ContactRole {
  readonly leadId: string;
  /** `occurredAt` of the latest event about the person. */
  readonly at: Instant;
  /** Whether the person has had a role since then. */
  readonly on: boolean;
  readonly role?: string;
  /** When the role was given, and when the person last left. */
  readonly roleAt?: Instant;
  readonly leftAt?: Instant;
}
/** In the order in which they were first recorded; includes people who no longer have a role. */
export type ContactRoles = readonly ContactRole[];

/** The roles after an event; for each person the event with the latest `occurredAt` counts, in whatever order they come. */
export const withRole = (roles: ContactRoles, event: DatedEvent<RoleEvent>): ContactRoles => {
  const { leadId } = event.data;
  const known = roleOf(roles, leadId);
  return known
    ? roles.map((one) => (one === known ? roleAfter(known, event) : one))
    : [...roles, roleAfter({ leadId, at: '', on: false }, event)];
};
export const roleOf = (roles: ContactRoles, leadId: string): ContactRole | undefined =>
  roles.find((one) => one.leadId === leadId);

/** The roles after the events of a deal, up to an instant where one is given. */
export const rolesAfter = (stream: readonly DatedEvent<OpportunityEvent>[], until?: Instant): ContactRoles =>
  stream.reduce<ContactRoles>(
    (roles, event) =>
      (event.type === 'ContactRoleAdded' || event.type === 'ContactRoleRemoved') &&
      (until === undefined || event.occurredAt <= until)
        ? withRole(roles, event)
        : roles,
    [],
  );

const roleAfter = (known: ContactRole, { type, data, occurredAt: at }: DatedEvent<RoleEvent>): ContactRole => {
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

/** The people with a role, each with the name of the role if it has one. */
export const currentRoles = (roles: ContactRoles): readonly { readonly leadId: string; readonly role?: string }[] =>
  roles.flatMap(({ leadId, on, role }) => (on ? [{ leadId, ...(role !== undefined && { role }) }] : []));
