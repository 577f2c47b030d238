import { aggregate, erasureEvents, type ContextParts } from '@baton/kernel';
import { placement } from './policies/feedback.policy';
import { handoff } from './policies/handoff.policy';
import { merges, shareMergedFacts } from './policies/merges.policy';
import { notifications } from './policies/notifications.policy';
import { unassignReturnedLeads } from './policies/unassign.policy';
import { visitors } from './policies/visitors.policy';
import { contentUses } from './read/content/content-uses.projection';
import { deliveries } from './read/deliveries/deliveries.projection';
import { feedbackList } from './read/feedback/feedback.projection';
import { handoffPackages } from './read/handoff/handoff-packages.projection';
import { handoffs } from './read/handoffs/handoffs.projection';
import { leadsDue } from './read/leads-due/leads-due.projection';
import { leads } from './read/leads/leads.projection';
import { outcomes } from './read/lift/outcomes.projection';
import { routingQueues } from './read/routing/routing.projection';
import { slaClocks } from './read/sla-board/sla-clocks.projection';
import { feedbackDecider } from './write/feedback/feedback.decider';
import { ToFeedback } from './write/feedback/feedback.events';
import { FeedbackHandler } from './write/feedback/feedback.handler';
import { identityEvents } from './write/identity/identity.events';
import { leadDecider } from './write/lead/lead.decider';
import { ToLead } from './write/lead/lead.events';
import { LeadHandler } from './write/lead/lead.handler';
import { mergesDecider } from './write/merges/merges.decider';
import { ToMerges } from './write/merges/merges.events';
import { routingDecider } from './write/routing/routing.decider';
import { ToRouting } from './write/routing/routing.events';

export const leadsParts: ContextParts = {
  name: 'leads',
  aggregates: [
    aggregate(ToLead, leadDecider, { handler: LeadHandler, due: leadsDue }),
    aggregate(ToMerges, mergesDecider),
    aggregate(ToRouting, routingDecider),
    aggregate(ToFeedback, feedbackDecider, { handler: FeedbackHandler }),
  ],
  events: [erasureEvents, identityEvents],
  projections: [
    leads,
    leadsDue,
    outcomes,
    routingQueues,
    feedbackList,
    contentUses,
    handoffPackages,
    deliveries,
    handoffs,
    slaClocks,
  ],
  policies: [merges, shareMergedFacts, visitors, handoff, unassignReturnedLeads, placement, notifications],
};
