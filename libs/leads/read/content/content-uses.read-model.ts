import { hasText, idField, instantField, readModel, roles, textField, wordKey, type DocumentOf } from '@baton/kernel';
import type { LeadEvent } from '../../write/lead/lead.events';

const fields = {
  touchId: idField('The touch.'),
  leadId: idField('The person it went to.', { filter: true, entity: 'Lead' }),
  content: textField('The content; a filter by it ignores spelling.', {
    filter: true,
    sort: true,
    filterBy: 'contentKey',
  }),
  contentKey: textField('The content regardless of its spelling.', { column: true, hidden: true }),
  action: textField('What was done: call, e-mail, meeting …', { filter: true }),
  at: instantField('When.', { filter: true, sort: true }),
  by: textField('Who recorded it.', { filter: true, sort: true }),
} as const;
/** Sales used a piece of content once: an outbound touch that names it. */
export type ContentUse = DocumentOf<typeof fields>;

/** One document per outbound touch of sales that names content. */
export const contentUses = readModel<ContentUse, LeadEvent>({
  name: 'content-uses',
  version: 3,
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
