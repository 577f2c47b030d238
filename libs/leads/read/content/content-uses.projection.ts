import { hasText, wordKey, projection, type Instant } from '@baton/kernel';
import type { LeadEvent } from '../../write/lead/lead.events';

/** Sales used a piece of content once: an outbound touch that names it. */
export interface ContentUse {
  readonly touchId: string;
  readonly leadId: string;
  readonly content: string;
  /** The content without regard to its spelling. */
  readonly contentKey: string;
  readonly action: string;
  readonly at: Instant;
  /** Who recorded it. */
  readonly by: string;
}

/** One document per outbound touch of sales that names content. */
export const contentUses = projection<ContentUse, LeadEvent>({
  name: 'content-uses',
  version: 2,
  columns: { leadId: 'text', content: 'text', contentKey: 'text', at: 'text', by: 'text' },
  keys: ({ id, type, data }) =>
    type === 'TouchRecorded' && data.team === 'sales' && data.direction === 'outbound' && hasText(data.content)
      ? [id]
      : [],
  initial: (touchId) => ({ touchId, leadId: '', content: '', contentKey: '', action: '', at: '', by: '' }), // its one event says all
  on: {
    TouchRecorded: (doc, { data: { leadId, content, action }, occurredAt, meta }) => ({
      ...doc,
      leadId,
      content: content!,
      contentKey: wordKey(content!),
      action,
      at: occurredAt,
      by: meta.actor,
    }),
  },
});
