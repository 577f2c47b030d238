import { laterOf, type Instant, type Look, type StoredEvent } from '@baton/kernel';
import { leadDecider } from '../write/lead/lead.decider';
import type { LeadEvent } from '../write/lead/lead.events';

/** A deal or visitor that referred to a lead before it was captured. */
interface EarlyReference {
  readonly opportunityId?: string;
  readonly visitorId?: string;
  /** When the lead was both referred to and captured. */
  readonly at: Instant;
}

/** The references to a lead from before its capture, oldest first; reads nothing if the capture is its first event. */
export const earlyReferences = async (
  { data: { leadId }, revision, occurredAt }: StoredEvent<Extract<LeadEvent, { type: 'LeadCaptured' }>>,
  look: Look,
): Promise<readonly EarlyReference[]> => {
  const references = new Map<string, EarlyReference>();
  const before = revision === 0 ? [] : await look(leadDecider, leadId);
  for (const { type, data, occurredAt: namedAt } of before) {
    if (type !== 'LeadNamed') continue;
    const { opportunityId, visitorId } = data;
    const at = laterOf(namedAt, occurredAt);
    references.set(`${opportunityId ?? ''} ${visitorId ?? ''}`, {
      ...(opportunityId !== undefined && { opportunityId }),
      ...(visitorId !== undefined && { visitorId }),
      at,
    });
  }
  return [...references.values()];
};
