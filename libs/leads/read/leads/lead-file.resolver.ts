import { Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { Clock, Journal } from '@baton/kernel';
import { ReadModels } from '@baton/platform/documents';
import { referenceInstantOf } from '@baton/platform/graphql';
import { leadScore } from '../qualification/qualification.query';
import { LeadScoreType, scoreNode } from '../qualification/qualification.resolver';
import { clocksOf } from '../sla-board/sla-board.query';
import { clockNode, SlaClockType } from '../sla-board/sla-board.types';
import { LeadType } from './leads.resolver';

/** What of a lead’s file is computed when it is asked for. */
@Resolver(() => LeadType)
export class LeadFileResolver {
  constructor(
    private readonly models: ReadModels,
    private readonly journal: Journal,
    private readonly clock: Clock,
  ) {}

  @ResolveField(() => LeadScoreType, {
    nullable: true,
    description: 'The score now, explained; null where no scoring model is agreed.',
  })
  async score(@Parent() { leadId, cut }: LeadType): Promise<LeadScoreType | null> {
    const judging = { leadId, at: referenceInstantOf(cut, this.clock), ...(cut && { cut }) };
    const found = await leadScore(this.models.asOf(cut), this.journal, judging);
    return found ? scoreNode(found) : null;
  }

  @ResolveField(() => [SlaClockType], { description: 'What sales owes the lead now, the next due first.' })
  async clocks(@Parent() { leadId, cut }: LeadType): Promise<SlaClockType[]> {
    return (await clocksOf(this.models.asOf(cut), leadId, referenceInstantOf(cut, this.clock))).map(clockNode);
  }
}
