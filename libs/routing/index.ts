export { handoff } from './policies/handoff.policy';
export { unassignReturnedLeads } from './policies/unassign.policy';
export { handoffPackages } from './read/handoff/handoff-packages.projection';
export { type RoutingQueue, routingQueues } from './read/routing/routing.read-model';
export { routingDecider } from './write/routing/routing.decider';
export {
  type RoutingCommand,
  type RoutingEvent,
  ToRouting,
  routingChoices,
  routingCommands,
  routingEvents,
} from './write/routing/routing.events';
