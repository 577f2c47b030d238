import { commands, events, integer, ref, To, type CommandOf, type EventOf } from '@baton/kernel';

const leadId = ref('lead', 'The lead that survives.');
const mergedLeadId = ref('lead', 'The lead that is merged into it.');
const mergeNumber = integer('The number of the merge: the revision of its MergeReserved event.', { min: 0 });

/** Id of the one stream of all merges, `merges-all`; a single stream makes the decisions sequential. */
export const ALL_MERGES = 'all';

export const mergesEvents = events({
  MergeReserved: {
    version: 1,
    description: 'A merge of two unmerged leads was reserved; the survivor records it next.',
    sentence: 'The merge of lead {mergedLeadId} into lead {leadId} was started',
    leadId,
    mergedLeadId,
  },
  MergeReleased: {
    version: 1,
    description: 'A merge was undone on both leads; the merged lead can be merged again.',
    sentence: 'The merge of lead {mergedLeadId} was undone on both leads: it can be merged again',
    mergedLeadId,
    mergeNumber,
  },
});
export type MergesEvent = EventOf<typeof mergesEvents>;

export const mergesCommands = commands('merges', {
  ReserveMerge: { description: 'Reserve the merge of one lead into another.', leadId, mergedLeadId },
  ReleaseMerge: { description: 'Release a merge that both leads have undone.', mergedLeadId, mergeNumber },
});
export type MergesCommand = CommandOf<typeof mergesCommands>;

/** Sends a command to the merges; its id is always `ALL_MERGES`. */
export class ToMerges extends To<MergesCommand> {}
