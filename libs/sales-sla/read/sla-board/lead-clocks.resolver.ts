import { Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { Clock } from '@baton/kernel';
import { LeadType } from '@baton/leads/leads.graphql.module';
import { ReadModels, referenceInstantOf } from '@baton/platform/documents';
import { clocksOf } from './sla-board.query';
import { clockNode, SlaClockType } from './sla-board.types';

/** The SLA clocks of a lead, with their state computed at query time. */
@Resolver(() => LeadType)
export class LeadClocksResolver {
  constructor(
    private readonly models: ReadModels,
    private readonly clock: Clock,
  ) {}

  @ResolveField(() => [SlaClockType], { description: 'The open obligations of sales to the lead, next due first.' })
  async clocks(@Parent() { leadId, cut }: LeadType): Promise<SlaClockType[]> {
    return (await clocksOf(this.models.asOf(cut), leadId, referenceInstantOf(cut, this.clock))).map(clockNode);
  }
}
