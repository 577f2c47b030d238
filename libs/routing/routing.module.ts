import { aggregate, type ContextParts } from '@baton/kernel';
import { handoff } from './policies/handoff.policy';
import { unassignReturnedLeads } from './policies/unassign.policy';
import { handoffPackages } from './read/handoff/handoff-packages.projection';
import { handoffPackageReport } from './read/handoff/handoff.report';
import { routingQueues } from './read/routing/routing.read-model';
import { routingDecider } from './write/routing/routing.decider';
import { ToRouting } from './write/routing/routing.events';

export const routingParts: ContextParts = {
  name: 'routing',
  aggregates: [aggregate(ToRouting, routingDecider)],
  projections: [routingQueues, handoffPackages],
  policies: [handoff, unassignReturnedLeads],
  reports: [handoffPackageReport],
};
