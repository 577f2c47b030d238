import { Module } from '@nestjs/common';
import { CounterfactualResolver } from './read/counterfactual/counterfactual.resolver';
import { FeedbackResolver } from './read/feedback/feedback.resolver';
import { HandoffResolver } from './read/handoff/handoff.resolver';
import { HandoffQueueResolver } from './read/handoff-queue/handoff-queue.resolver';
import { LeadFileResolver } from './read/leads/lead-file.resolver';
import { LeadsResolver, LeadStageEnum } from './read/leads/leads.resolver';
import { LiftResolver } from './read/lift/lift.resolver';
import { QualificationResolver } from './read/qualification/qualification.resolver';
import { RejectionsResolver } from './read/rejections/rejections.resolver';
import { RoutingResolver } from './read/routing/routing.resolver';
import { SlaBoardResolver } from './read/sla-board/sla-board.resolver';
import { SlaReportResolver } from './read/sla-report/sla-report.resolver';

export { LeadStageEnum };

@Module({
  providers: [
    CounterfactualResolver,
    FeedbackResolver,
    HandoffResolver,
    HandoffQueueResolver,
    LeadFileResolver,
    LeadsResolver,
    LiftResolver,
    QualificationResolver,
    RejectionsResolver,
    RoutingResolver,
    SlaBoardResolver,
    SlaReportResolver,
  ],
})
export class LeadsGraphqlModule {}
