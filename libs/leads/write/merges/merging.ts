import {
  Accepted,
  checkCommand,
  commandKeyOf,
  handle,
  commandIdReused,
  refuse,
  Refused,
  revisionMismatch,
  type DecisionContext,
  type Journal,
  type Outcome,
  type StoredEvent,
} from '@baton/kernel';
import { captureOrRelease, isCaptured } from '../identity/identity';
import { leadDecider } from '../lead/lead.decider';
import { leadCommands, type LeadCommand } from '../lead/lead.events';
import { idReleased } from '../lead/moves.rules';
import { mergesDecider } from './merges.decider';
import { ALL_MERGES } from './merges.events';

type MergeCommand = Extract<LeadCommand, { type: 'MergeLead' }>;

/**
 * Merges a lead into a survivor: first reserved among all merges, then recorded on the survivor. A reserved merge is
 * not refused any more; if this process crashes in between, the policy `follow-merges` records it.
 * @returns the survivor's outcome; Refused `lead/unknown`, `lead/merge-with-itself`, `lead/already-merged` and
 *   `lead/merged` (both with `details.survivorId`)
 */
export const mergeAndHandle = async (
  journal: Journal,
  context: DecisionContext,
  leadId: string,
  command: MergeCommand,
): Promise<Outcome> => {
  const { data, meta } = command;
  const invalid = checkCommand(leadCommands, command, context.clock);
  if (invalid) return invalid;
  const own = await journal.read(`lead-${leadId}`);
  const refusal = refusalOf(own, command);
  if (refusal) return refusal;
  if (!(await isCaptured(journal, data.mergedLeadId)))
    return refuse('lead/unknown', 'No lead has this mergedLeadId; name a captured lead.', 'mergedLeadId');
  const { expectedRevision: _, ...unconditional } = meta;
  const reserve = { type: 'ReserveMerge', data, meta: unconditional } as const;
  const reserved = await handle(journal, mergesDecider, ALL_MERGES, reserve, context);
  if (reserved instanceof Refused) return reserved;
  const { position, revision } = own.at(-1)!;
  if (reserved.events === 0) return new Accepted(leadId, position, revision, 0, false);
  const record = {
    type: 'RecordMerge',
    data: { ...data, mergeNumber: reserved.revision },
    meta: unconditional,
  } as const;
  return handle(journal, leadDecider, leadId, record, context);
};

/** The refusals of the survivor's own stream, checked before the merge is reserved. */
const refusalOf = (own: readonly StoredEvent[], { meta }: MergeCommand): Refused | undefined => {
  const begun = captureOrRelease(own);
  if (!begun) return refuse('lead/unknown', 'No lead has this leadId; capture it with CaptureLead first.', 'leadId');
  if (begun.type === 'LeadIdReleased') return idReleased();
  // What fell due before the merge is in the same append, before it.
  const before = own.filter((event) => commandKeyOf(event.meta) === commandKeyOf(meta));
  if (before.length > 0) return before.some(({ type }) => type === 'LeadMerged') ? undefined : commandIdReused();
  return revisionMismatch(meta, own.at(-1)!.revision);
};
