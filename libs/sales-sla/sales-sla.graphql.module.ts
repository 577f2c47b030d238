import { Module } from '@nestjs/common';
import { CounterfactualResolver } from './read/counterfactual/counterfactual.resolver';
import { HandoffQueueResolver } from './read/handoff-queue/handoff-queue.resolver';
import { RejectionsResolver } from './read/rejections/rejections.resolver';
import { LeadClocksResolver } from './read/sla-board/lead-clocks.resolver';
import { SlaBoardResolver } from './read/sla-board/sla-board.resolver';
import { SlaReportResolver } from './read/sla-report/sla-report.resolver';

@Module({
  providers: [
    CounterfactualResolver,
    HandoffQueueResolver,
    LeadClocksResolver,
    RejectionsResolver,
    SlaBoardResolver,
    SlaReportResolver,
  ],
})
export class SalesSlaGraphqlModule {}
