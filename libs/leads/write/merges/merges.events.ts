import { commands, events, integer, ref, To, type CommandOf, type EventOf } from '@baton/kernel';

const leadId = ref('lead', 'The lead that survives.');
const mergedLeadId = ref('lead', 'The lead that is merged into it.');
const mergeNumber = integer('Which merge it is: the revision of its MergeReserved.', { min: 0 });

/** The one stream of all merges, `merges-all`: which lead is merged into which, one decision after the other. */
export const ALL_MERGES = 'all';

export const mergesEvents = events({
  MergeReserved: {
    version: 1,
    description: 'Both leads stand alone, and one is to be merged into the other; the survivor records it next.',
    sentence: 'The merge of lead {mergedLeadId} into lead {leadId} was begun',
    leadId,
    mergedLeadId,
  },
  MergeReleased: {
    version: 1,
    description: 'A merge was undone and both leads have followed: the lead may be merged again.',
    sentence: 'The merge of lead {mergedLeadId} is undone on both sides: it may be merged again',
    mergedLeadId,
    mergeNumber,
  },
});
export type MergesEvent = EventOf<typeof mergesEvents>;

export const mergesCommands = commands('merges', {
  ReserveMerge: { description: 'One lead is to be merged into another.', leadId, mergedLeadId },
  ReleaseMerge: { description: 'The lead stands on its own again.', mergedLeadId, mergeNumber },
});
export type MergesCommand = CommandOf<typeof mergesCommands>;

/** A command on its way to the merges; its id is always `ALL_MERGES`. */
export class ToMerges extends To<MergesCommand> {}
