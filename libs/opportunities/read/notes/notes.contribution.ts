import { field, type Where } from '@baton/kernel';
import { leads } from '@baton/leads';
import { contribute } from '@baton/platform/contribution';
import type { ReadModels } from '@baton/platform/documents';
import { deals } from '../deals/deals.read-model';
import { notes, type NoteDocument } from './notes.read-model';

const MOST = 100;
const fields = {
  noteIds: field.id('The latest 100 notes about it, oldest first; the list `notes` has all.', {
    ...{ list: true, hidden: true, entity: 'Note', entityName: 'notes' },
  }),
} as const;
const notesBy =
  (column: 'leadId' | 'opportunityId') => async (models: ReadModels, found: ReadonlyMap<string, unknown>) => {
    const noteIds = new Map([...found.keys()].map((id): [string, string[]] => [id, []]));
    const where: Where = { [column]: { in: [...found.keys()] } };
    for await (const page of models.pages<NoteDocument>(notes, where, [{ column: 'at' }]))
      for (const { id, doc } of page) noteIds.get(doc[column]!)!.push(id);
    return new Map([...noteIds].map(([id, ids]) => [id, { noteIds: ids.slice(-MOST) }]));
  };

export const notesOfDeals = contribute(deals, { fields, some: notesBy('opportunityId') });
/** Without those of merged leads, which the list finds. */
export const notesOfLeads = contribute(leads, { fields, some: notesBy('leadId') });
