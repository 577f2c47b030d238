import { Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { Clock } from '@baton/kernel';
import { leads } from '@baton/leads';
import { ReadModels, referenceInstantOf } from '@baton/platform/documents';
import { cutOf, nodeTypes } from '@baton/platform/graphql';
import { clocksOf } from './sla-board.query';
import { clockNode, SlaClockType } from './sla-board.types';

/** The SLA clocks of a lead, with their state computed at query time. */
@Resolver(() => nodeTypes.of(leads))
export class LeadClocksResolver {
  constructor(
    private readonly models: ReadModels,
    private readonly clock: Clock,
  ) {}

  @ResolveField(() => [SlaClockType], { description: 'The open obligations of sales to the lead, next due first.' })
  async clocks(@Parent() lead: { readonly leadId: string }): Promise<SlaClockType[]> {
    const { leadId, cut } = { ...lead, cut: cutOf(lead) };
    return (await clocksOf(this.models.asOf(cut), leadId, referenceInstantOf(cut, this.clock))).map(clockNode);
  }
}
