import { Module } from '@nestjs/common';
import { erasureEvents, type ContextParts } from '@baton/kernel';
import { mutationsOf } from '@baton/platform/graphql';
import { placement } from './react/feedback.policy';
import { handoff } from './react/handoff.policy';
import { merges, unions } from './react/merges.policy';
import { notifications } from './react/notifications.policy';
import { returns } from './react/returns.policy';
import { visitors } from './react/visitors.policy';
import { contentUses } from './read/content/content-uses.projection';
import { CounterfactualResolver } from './read/counterfactual/counterfactual.resolver';
import { deliveries } from './read/deliveries/deliveries.projection';
import { feedbackList } from './read/feedback/feedback.projection';
import { FeedbackResolver } from './read/feedback/feedback.resolver';
import { handoffPackages } from './read/handoff/handoff-packages.projection';
import { HandoffResolver } from './read/handoff/handoff.resolver';
import { HandoffQueueResolver } from './read/handoff-queue/handoff-queue.resolver';
import { handoffs } from './read/handoffs/handoffs.projection';
import { leadsDue } from './read/leads-due/leads-due.projection';
import { LeadFileResolver } from './read/leads/lead-file.resolver';
import { leads } from './read/leads/leads.projection';
import { LeadsResolver } from './read/leads/leads.resolver';
import { LiftResolver } from './read/lift/lift.resolver';
import { outcomes } from './read/lift/outcomes.projection';
import { QualificationResolver } from './read/qualification/qualification.resolver';
import { RejectionsResolver } from './read/rejections/rejections.resolver';
import { routingQueues } from './read/routing/routing.projection';
import { RoutingResolver } from './read/routing/routing.resolver';
import { SlaBoardResolver } from './read/sla-board/sla-board.resolver';
import { slaClocks } from './read/sla-board/sla-clocks.projection';
import { SlaReportResolver } from './read/sla-report/sla-report.resolver';
import { feedbackCommands, feedbackEvents, ToFeedback } from './write/feedback/feedback.events';
import { FeedbackHandler } from './write/feedback/feedback.handler';
import { identityEvents } from './write/identity/identity.events';
import { leadCommands, leadEvents, ToLead } from './write/lead/lead.events';
import { LeadHandler } from './write/lead/lead.handler';
import { mergesEvents } from './write/merges/merges.events';
import { MergesHandler } from './write/merges/merges.handler';
import { routingCommands, routingEvents, ToRouting } from './write/routing/routing.events';
import { RoutingHandler } from './write/routing/routing.handler';

export const leadsParts: ContextParts = {
  name: 'leads',
  events: [leadEvents, erasureEvents, identityEvents, mergesEvents, routingEvents, feedbackEvents],
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
  policies: [merges, unions, visitors, handoff, returns, placement, notifications],
  dueLists: [{ projection: leadsDue, to: ToLead, type: 'PassTime' }],
};

@Module({
  providers: [
    FeedbackHandler,
    FeedbackResolver,
    mutationsOf(ToFeedback, feedbackCommands),
    LeadHandler,
    MergesHandler,
    LeadsResolver,
    LeadFileResolver,
    HandoffResolver,
    HandoffQueueResolver,
    RejectionsResolver,
    SlaBoardResolver,
    SlaReportResolver,
    QualificationResolver,
    LiftResolver,
    CounterfactualResolver,
    mutationsOf(ToLead, leadCommands),
    RoutingHandler,
    RoutingResolver,
    mutationsOf(ToRouting, routingCommands),
  ],
})
export class LeadsModule {}
