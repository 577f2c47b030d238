import { Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { Clock } from '@baton/kernel';
import { leads } from '@baton/leads';
import { ReadModels, referenceInstantOf } from '@baton/platform/documents';
import { BatchRead, cutOf, nodeOf, nodeTypes, type ShownNode } from '@baton/platform/graphql';
import { openClocksOf } from './sla-board.query';
import { slaClocks } from './sla-clocks.read-model';
import type { RecordedClock } from './sla-clocks.rules';

/** The SLA clocks of a lead, with their state computed at query time. */
@Resolver(() => nodeTypes.of(leads))
export class LeadClocksResolver {
  private readonly open: BatchRead<string, readonly RecordedClock[]>;

  constructor(
    models: ReadModels,
    private readonly clock: Clock,
  ) {
    this.open = new BatchRead(models, openClocksOf, []);
  }

  @ResolveField(() => [nodeTypes.of(slaClocks)], {
    description: 'The open obligations of sales to the lead, next due first.',
  })
  async clocks(@Parent() lead: { readonly leadId: string }): Promise<ShownNode[]> {
    const cut = cutOf(lead);
    const at = referenceInstantOf(cut, this.clock);
    const clocks = await this.open.load(lead, lead.leadId);
    return clocks.map((clock) => nodeOf(slaClocks, clock.clockId, clock, at, cut));
  }
}
