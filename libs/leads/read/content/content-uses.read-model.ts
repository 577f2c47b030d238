import { hasText, field, readModel, roles, type DocumentOf } from '@baton/kernel';
import type { LeadEvent } from '../../write/lead/lead.events';

const fields = {
  touchId: field.id('The touch.'),
  leadId: field.id('The person it went to.', { filter: true, entity: 'Lead' }),
  content: field.text('The content.', { filter: true, sort: true, anySpelling: true }),
  action: field.text('What was done: call, e-mail, meeting …', { filter: true }),
  at: field.instant('When.', { filter: true, sort: true }),
  by: field.text('Who recorded it.', { filter: true, sort: true }),
} as const;
/** Sales used a piece of content once: an outbound touch that names it. */
export type ContentUse = DocumentOf<typeof fields>;

/** One document per outbound touch of sales that names content. */
export const contentUses = readModel<ContentUse, LeadEvent>({
  name: 'content-uses',
  version: 4,
  node: 'ContentUse',
  description: 'An outbound touch of sales that names content.',
  key: 'touchId',
  fields,
  lists: {
    contentUses: { description: 'Outbound touches of sales that name content, newest first.', orderBy: '-at' },
  },
  allow: roles,
  questions: [
    { where: ['contentKey'], orderBy: '-at' },
    { where: ['by'], orderBy: '-at' },
  ],
  keys: ({ id, type, data }) =>
    type === 'TouchRecorded' && data.team === 'sales' && data.direction === 'outbound' && hasText(data.content)
      ? [id]
      : [],
  on: {
    TouchRecorded: (doc, { data: { leadId, content = '', action }, occurredAt: at, meta: { actor: by } }) => ({
      ...doc,
      leadId,
      content,
      action,
      at,
      by,
    }),
  },
});
