import { Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { Clock } from '@baton/kernel';
import { leads } from '@baton/leads';
import { ReadModels, referenceInstantOf } from '@baton/platform/documents';
import { cutOf, nodeOf, nodeTypes, type ShownNode } from '@baton/platform/graphql';
import { clocksOf } from './sla-board.query';
import { slaClocks } from './sla-clocks.read-model';

/** The SLA clocks of a lead, with their state computed at query time. */
@Resolver(() => nodeTypes.of(leads))
export class LeadClocksResolver {
  constructor(
    private readonly models: ReadModels,
    private readonly clock: Clock,
  ) {}

  @ResolveField(() => [nodeTypes.of(slaClocks)], {
    description: 'The open obligations of sales to the lead, next due first.',
  })
  async clocks(@Parent() lead: { readonly leadId: string }): Promise<ShownNode[]> {
    const cut = cutOf(lead);
    const at = referenceInstantOf(cut, this.clock);
    const clocks = await clocksOf(this.models.asOf(cut), lead.leadId, at);
    return clocks.map((clock) => nodeOf(slaClocks, clock.clockId, clock, at, cut));
  }
}
