import { Context, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { documentOf, nodeTypes, openPersonal, type GraphqlContext } from '@baton/platform/graphql';
import { leads } from '../leads/leads.read-model';
import { feedbackList, type FeedbackDocument } from './feedback.read-model';

/** The comment of the rep, which the document of the lead has. */
@Resolver(() => nodeTypes.of(feedbackList))
export class FeedbackNoteResolver {
  @ResolveField(() => String, {
    nullable: true,
    description: 'The comment of the rep. Null after an erasure, and for roles without access to personal data.',
  })
  async note(@Parent() feedback: FeedbackDocument, @Context() context: GraphqlContext): Promise<unknown> {
    const { nodes, caller } = context;
    const lead = feedback.leadId && (await nodes.load('Lead', feedback.leadId, feedback, caller));
    const note = lead && documentOf(leads, lead).feedbackNotes?.[feedback.feedbackId];
    return note ? openPersonal(note, context) : null;
  }
}
