import { Module } from '@nestjs/common';
import { HandoffQueueResolver } from './read/handoffs/handoff-queue.resolver';
import { LeadClocksResolver } from './read/sla-board/lead-clocks.resolver';
import { SlaBoardResolver } from './read/sla-board/sla-board.resolver';
import { SlaClockResolver } from './read/sla-board/sla-clock.resolver';

@Module({
  providers: [HandoffQueueResolver, LeadClocksResolver, SlaBoardResolver, SlaClockResolver],
})
export class SalesSlaGraphqlModule {}
