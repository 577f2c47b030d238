import { bucketOf, decider, refuse } from '@baton/kernel';
import { mergesCommands, mergesEvents, type MergesCommand, type MergesEvent } from './merges.events';

/** The survivor that a lead is merged into, and the id of the merge. */
interface Merge {
  readonly survivorId: string;
  readonly mergeNumber: number;
}
interface Merges {
  /** Number of events in the stream: the revision of the next one. */
  readonly length: number;
  /** By the id of the merged lead; in buckets, so that a change copies one bucket and not everything. */
  readonly buckets: readonly ReadonlyMap<string, Merge>[];
}

const BUCKETS = 512;
const bucketIndexOf = (leadId: string): number => bucketOf(leadId, BUCKETS);
const mergeOf = ({ buckets }: Merges, leadId: string): Merge | undefined => buckets[bucketIndexOf(leadId)]!.get(leadId);
const withMerge = ({ length, buckets }: Merges, leadId: string, merge: Merge | undefined): Merges => {
  const bucket = new Map(buckets[bucketIndexOf(leadId)]);
  if (merge) bucket.set(leadId, merge);
  else bucket.delete(leadId);
  return { length: length + 1, buckets: buckets.with(bucketIndexOf(leadId), bucket) };
};

/** The lead at the end of the chain, which is not merged itself. */
const finalSurvivor = (state: Merges, leadId: string): string => {
  let survivorId = leadId;
  for (let next = mergeOf(state, leadId); next; next = mergeOf(state, survivorId)) survivorId = next.survivorId;
  return survivorId;
};

/**
 * Decides every merge of leads, one after the other. Only two different leads that are not merged themselves can be
 * joined, so merges form a forest: a lead has at most one survivor, there are no cycles, and each chain ends at a lead
 * that is not merged.
 */
export const mergesDecider = decider<Merges, MergesCommand, MergesEvent>({
  commands: mergesCommands,
  events: mergesEvents,
  initialState: () => ({ length: 0, buckets: Array.from({ length: BUCKETS }, () => new Map<string, Merge>()) }),
  decide: {
    ReserveMerge: (state, { data, data: { leadId, mergedLeadId } }) => {
      if (leadId === mergedLeadId)
        return refuse(
          'lead/merge-with-itself',
          'leadId and mergedLeadId are the same; name the other lead of the person.',
          'mergedLeadId',
        );
      const merge = mergeOf(state, mergedLeadId);
      if (merge?.survivorId === leadId) return [];
      if (merge) {
        const { survivorId } = merge;
        const message = `mergedLeadId is already merged into ${survivorId}. Undo that merge with UnmergeLead first and retry after a moment.`;
        return refuse('lead/already-merged', message, 'mergedLeadId', { survivorId });
      }
      if (mergeOf(state, leadId)) {
        const survivorId = finalSurvivor(state, leadId);
        const message = `leadId is itself merged into ${survivorId}; merge into that lead instead.`;
        return refuse('lead/merged', message, 'leadId', { survivorId });
      }
      return [{ type: 'MergeReserved', data }];
    },
    ReleaseMerge: (state, { data }) =>
      mergeOf(state, data.mergedLeadId)?.mergeNumber === data.mergeNumber ? [{ type: 'MergeReleased', data }] : [],
  },
  evolve: {
    MergeReserved: (state, { data: { leadId: survivorId, mergedLeadId } }) =>
      withMerge(state, mergedLeadId, { survivorId, mergeNumber: state.length }),
    MergeReleased: (state, { data: { mergedLeadId } }) => withMerge(state, mergedLeadId, undefined),
  },
});
