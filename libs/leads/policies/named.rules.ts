import { laterOf, type Instant, type Look, type StoredEvent } from '@baton/kernel';
import { leadDecider } from '../write/lead/lead.decider';
import type { LeadEvent } from '../write/lead/lead.events';

/** Who named a lead before it was captured, each once. */
interface EarlyReference {
  readonly opportunityId?: string;
  readonly visitorId?: string;
  /** When the lead was both named and captured. */
  readonly at: Instant;
}

/** What named this lead before it was captured, oldest first; reads nothing where the capture began its stream. */
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
