import { Context, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import type { Sealed } from '@baton/kernel';
import { documentOf, nodeTypes, personalField, type GraphqlContext } from '@baton/platform/graphql';
import { leads } from '../leads/leads.read-model';
import { feedbackList, type FeedbackDocument } from './feedback.read-model';

/** The comment of the rep, which the document of the lead has. */
@Resolver(() => nodeTypes.of(feedbackList))
export class FeedbackNoteResolver {
  @ResolveField(() => String, {
    nullable: true,
    description: 'The comment of the rep. Null after an erasure, and for roles without access to personal data.',
    middleware: [personalField],
  })
  async note(
    @Parent() feedback: FeedbackDocument,
    @Context() { nodes, caller }: GraphqlContext,
  ): Promise<Sealed | null> {
    const lead = feedback.leadId && (await nodes.load('Lead', feedback.leadId, feedback, caller));
    return (lead && documentOf(leads, lead).feedbackNotes?.[feedback.feedbackId]) || null;
  }
}
