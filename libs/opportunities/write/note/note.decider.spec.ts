import { specFor } from '@baton/kernel/testing';
import { noteDecider } from './note.decider';

const given = specFor(noteDecider);
const note = { noteId: 'n1', leadId: 'ada', text: 'Prefers mornings.' };
const added = { type: 'NoteAdded', data: note } as const;

describe('a note', () => {
  it('is added, about a person or a deal', () => {
    given().when({ type: 'AddNote', data: note }).then(added);
    const ofDeal = { noteId: 'n1', opportunityId: 'd1', text: 'Waits for the board.' };
    given().when({ type: 'AddNote', data: ofDeal }).then({ type: 'NoteAdded', data: ofDeal });
  });
  it('is about somebody, and has words', () => {
    given()
      .when({ type: 'AddNote', data: { noteId: 'n1', text: 'x' } })
      .thenRefused('note/about-nobody', 'leadId');
    given()
      .when({ type: 'AddNote', data: { ...note, text: ' ' } })
      .thenRefused('command/invalid', 'text');
  });
  it('is added once', () =>
    given(added).when({ type: 'AddNote', data: note }).thenRefused('note/already-added', 'noteId'));
});
