import type { StoredEvent } from '@baton/kernel';
import type { LeadEvent } from '../lead/lead.events';

/** What the leads of one person are called. */
export interface SamePerson {
  /** The lead that was asked for first, then the others. */
  readonly leadIds: readonly string[];
  /** The visitors that were identified as one of them. */
  readonly visitorIds: readonly string[];
}

/**
 * All leads that are merged with this one at present, directly or through others. The survivor decides: a merge that it has
 * undone does not count, even if the other lead has not recorded that yet.
 * @param readLead reads the events of a lead
 * @returns undefined if no lead has this id
 */
export const samePersonAs = async (
  readLead: (leadId: string) => Promise<readonly StoredEvent<LeadEvent>[]>,
  leadId: string,
): Promise<SamePerson | undefined> => {
  const known = new Map<string, OwnReferences>();
  const read = async (id: string): Promise<OwnReferences> => {
    let own = known.get(id);
    if (!own) known.set(id, (own = referencesIn(await readLead(id))));
    return own;
  };
  if (!(await read(leadId)).isCaptured) return undefined;
  const leadIds: string[] = [];
  const waiting = [leadId];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    if (leadIds.includes(next)) continue;
    leadIds.push(next);
    const { merged, survivorId } = await read(next);
    waiting.push(...merged);
    if (survivorId !== undefined && (await read(survivorId)).merged.has(next)) waiting.push(survivorId);
  }
  return { leadIds, visitorIds: [...new Set(leadIds.flatMap((id) => [...known.get(id)!.visitorIds]))] };
};

interface OwnReferences {
  readonly isCaptured: boolean;
  /** The leads that are merged into it. */
  readonly merged: ReadonlySet<string>;
  /** The lead that it is merged into. */
  readonly survivorId: string | undefined;
  readonly visitorIds: ReadonlySet<string>;
}

const referencesIn = (stream: readonly StoredEvent<LeadEvent>[]): OwnReferences => {
  const [merged, visitorIds] = [new Set<string>(), new Set<string>()];
  let [survivorId, isCaptured]: [string | undefined, boolean] = [undefined, false];
  for (const { type, data } of stream) {
    if (type === 'LeadCaptured') isCaptured = true;
    if (type === 'LeadMerged') merged.add(data.mergedLeadId);
    if (type === 'LeadUnmerged') merged.delete(data.mergedLeadId);
    if (type === 'LeadMergedInto') survivorId = data.survivorId;
    if (type === 'LeadUnmergedFrom') survivorId = undefined;
    if (type === 'LeadVisitorLinked') visitorIds.add(data.visitorId);
  }
  return { isCaptured, merged, survivorId, visitorIds };
};
