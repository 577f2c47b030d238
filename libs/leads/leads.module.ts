import { Module } from '@nestjs/common';
import type { ContextParts } from '@baton/kernel';
import { mutationsOf } from '@baton/platform/graphql';
import { placement } from './react/feedback.policy';
import { handoff } from './react/handoff.policy';
import { merges, unions } from './react/merges.policy';
import { returns } from './react/returns.policy';
import { visitors } from './react/visitors.policy';
import { contentUses } from './read/content/content-uses.projection';
import { deliveries } from './read/deliveries/deliveries.projection';
import { feedbackList } from './read/feedback/feedback.projection';
import { FeedbackResolver } from './read/feedback/feedback.resolver';
import { handoffPackages } from './read/handoff/handoff-packages.projection';
import { HandoffResolver } from './read/handoff/handoff.resolver';
import { leadsDue } from './read/leads-due/leads-due.projection';
import { leads } from './read/leads/leads.projection';
import { LeadsResolver } from './read/leads/leads.resolver';
import { LiftResolver } from './read/lift/lift.resolver';
import { outcomes } from './read/lift/outcomes.projection';
import { QualificationResolver } from './read/qualification/qualification.resolver';
import { routingQueues } from './read/routing/routing.projection';
import { RoutingResolver } from './read/routing/routing.resolver';
import { feedbackCommands, feedbackEvents, ToFeedback } from './write/feedback/feedback.events';
import { FeedbackHandler } from './write/feedback/feedback.handler';
import { identityEvents } from './write/identity/identity.events';
import { leadCommands, leadEvents, ToLead } from './write/lead/lead.events';
import { LeadHandler } from './write/lead/lead.handler';
import { routingCommands, routingEvents, ToRouting } from './write/routing/routing.events';
import { RoutingHandler } from './write/routing/routing.handler';

export const leadsParts: ContextParts = {
  name: 'leads',
  events: [leadEvents, identityEvents, routingEvents, feedbackEvents],
  projections: [leads, leadsDue, outcomes, routingQueues, feedbackList, contentUses, handoffPackages, deliveries],
  policies: [merges, unions, visitors, handoff, returns, placement],
  dueLists: [{ projection: leadsDue, to: ToLead, type: 'PassTime' }],
};

@Module({
  providers: [
    FeedbackHandler,
    FeedbackResolver,
    mutationsOf(ToFeedback, feedbackCommands),
    LeadHandler,
    LeadsResolver,
    HandoffResolver,
    QualificationResolver,
    LiftResolver,
    mutationsOf(ToLead, leadCommands),
    RoutingHandler,
    RoutingResolver,
    mutationsOf(ToRouting, routingCommands),
  ],
})
export class LeadsModule {}
