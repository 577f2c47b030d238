import { Parent, ResolveField, Resolver } from '@nestjs/graphql';
import type { Sealed } from '@baton/kernel';
import { ReadModels, type AsOf } from '@baton/platform/documents';
import { cutOf, nodeTypes, personalField } from '@baton/platform/graphql';
import DataLoader from 'dataloader';
import { leads, type LeadDocument } from '../leads/leads.read-model';
import { feedbackList, type FeedbackDocument } from './feedback.read-model';

/** The comment of the rep, which the document of the lead has. */
@Resolver(() => nodeTypes.of(feedbackList))
export class FeedbackNoteResolver {
  /** By cut; the leads of one page are read with one call of the store. */
  private readonly loaders = new WeakMap<object, DataLoader<string, LeadDocument | undefined>>();

  constructor(private readonly models: ReadModels) {}

  @ResolveField(() => String, {
    nullable: true,
    description: 'The comment of the rep. Null after an erasure, and for roles without access to personal data.',
    middleware: [personalField],
  })
  async note(@Parent() feedback: FeedbackDocument): Promise<Sealed | null> {
    const { feedbackId, leadId } = feedback;
    if (leadId === null) return null;
    const lead = await this.loaderAt(cutOf(feedback)).load(leadId);
    return lead?.feedbackNotes?.[feedbackId] ?? null;
  }

  private loaderAt(cut: AsOf | undefined): DataLoader<string, LeadDocument | undefined> {
    const key = cut ?? this;
    let loader = this.loaders.get(key);
    if (!loader) {
      const load = async (ids: readonly string[]) => {
        const found = await this.models.asOf(cut).getMany(leads, [...new Set(ids)]);
        return ids.map((id) => found.get(id));
      };
      loader = new DataLoader(load, { cache: false });
      this.loaders.set(key, loader);
    }
    return loader;
  }
}
