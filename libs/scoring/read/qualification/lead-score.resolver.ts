import { Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { Clock, Journal } from '@baton/kernel';
import { leads } from '@baton/leads';
import { ReadModels, referenceInstantOf } from '@baton/platform/documents';
import { cutOf, nodeTypes, objectTypeOf } from '@baton/platform/graphql';
import { leadScore } from './qualification.query';
import { leadScoreFields, scoreInPoints } from './qualification.report';

/** The score of a lead, computed at query time. */
@Resolver(() => nodeTypes.of(leads))
export class LeadScoreResolver {
  constructor(
    private readonly models: ReadModels,
    private readonly journal: Journal,
    private readonly clock: Clock,
  ) {}

  @ResolveField(() => objectTypeOf(leadScoreFields), {
    nullable: true,
    description: 'The current score with its components; null if no scoring model is in force.',
  })
  async score(@Parent() lead: { readonly leadId: string }): Promise<ReturnType<typeof scoreInPoints> | null> {
    const { leadId, cut } = { ...lead, cut: cutOf(lead) };
    const question = { leadId, at: referenceInstantOf(cut, this.clock), ...(cut && { cut }) };
    const found = await leadScore(this.models.asOf(cut), this.journal, question);
    return found ? scoreInPoints(found) : null;
  }
}
