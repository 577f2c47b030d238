import { field, orNull, readModel, roles, type DocumentOf } from '@baton/kernel';
import { mergedLeadsOf } from '@baton/leads';
import type { NoteEvent } from '../../write/note/note.events';

const about = { nullable: true, filter: true } as const;
const fields = {
  noteId: field.id('The note.', { filter: true }),
  leadId: field.id('The person whom it is about. A filter by a lead also finds notes about leads merged into it.', {
    ...{ ...about, entity: 'Lead', alsoIds: mergedLeadsOf },
  }),
  opportunityId: field.id('The deal that it is about.', { ...about, entity: 'Opportunity' }),
  text: field.personal('What was written; null once the person is erased, or everybody on the deal.', {
    nullable: true,
  }),
  at: field.instant('When it was written.', { filter: true, sort: true }),
  by: field.text('Who wrote it.', { filter: true, sort: true }),
} as const;
export type NoteDocument = DocumentOf<typeof fields>;

/** One document per note of either team. */
export const notes = readModel<NoteDocument, NoteEvent>({
  name: 'notes',
  version: 1,
  node: 'Note',
  description: 'A note of either team about a person or a deal.',
  key: 'noteId',
  fields,
  lists: { notes: { description: 'Notes of both teams, newest first.', orderBy: '-at' } },
  allow: roles,
  questions: [
    { where: ['leadId'], orderBy: '-at' },
    { where: ['opportunityId'], orderBy: '-at' },
  ],
  keys: ({ data }) => [data.noteId],
  on: {
    NoteAdded: (doc, { data, occurredAt, meta }) => ({
      ...doc,
      ...orNull(data, ['leadId', 'opportunityId', 'text']),
      ...{ at: occurredAt, by: meta.actor },
    }),
  },
});
