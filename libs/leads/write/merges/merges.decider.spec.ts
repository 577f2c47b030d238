import { Refused } from '@baton/kernel';
import { specFor } from '@baton/kernel/testing';
import { mergesDecider } from './merges.decider';

const given = specFor(mergesDecider);
const reserve = (leadId: string, mergedLeadId: string) =>
  ({ type: 'ReserveMerge', data: { leadId, mergedLeadId } }) as const;
const reserved = (leadId: string, mergedLeadId: string) =>
  ({ type: 'MergeReserved', data: { leadId, mergedLeadId } }) as const;
const release = (mergedLeadId: string, mergeNumber: number) =>
  ({ type: 'ReleaseMerge', data: { mergedLeadId, mergeNumber } }) as const;
const released = (mergedLeadId: string, mergeNumber: number) =>
  ({ type: 'MergeReleased', data: { mergedLeadId, mergeNumber } }) as const;

describe('all merges', () => {
  it('take two leads that stand alone', () => given().when(reserve('ada', 'bea')).then(reserved('ada', 'bea')));
  it('take the same one once', () => given(reserved('ada', 'bea')).when(reserve('ada', 'bea')).then());
  it('take no lead with itself', () =>
    given().when(reserve('ada', 'ada')).thenRefused('lead/merge-with-itself', 'mergedLeadId'));
  it('take a lead into no second survivor, and name the first', () => {
    const decided = given(reserved('ada', 'bea')).when(reserve('cy', 'bea')).decided();
    expect(decided).toBeInstanceOf(Refused);
    expect(decided).toMatchObject({
      code: 'lead/already-merged',
      path: 'mergedLeadId',
      details: { survivorId: 'ada' },
    });
  });
  it('take nobody into a merged lead, and name the one at the end of the chain', () => {
    const decided = given(reserved('bea', 'cy'), reserved('ada', 'bea')).when(reserve('cy', 'dan')).decided();
    expect(decided).toBeInstanceOf(Refused);
    expect(decided).toMatchObject({ code: 'lead/merged', path: 'leadId', details: { survivorId: 'ada' } });
  });
  it('come back to nobody', () => {
    given(reserved('ada', 'bea')).when(reserve('bea', 'ada')).thenRefused('lead/merged');
    given(reserved('bea', 'cy'), reserved('ada', 'bea')).when(reserve('cy', 'ada')).thenRefused('lead/merged');
  });
  it('take a survivor with all that is merged into it', () =>
    given(reserved('bea', 'cy')).when(reserve('ada', 'bea')).then(reserved('ada', 'bea')));
  it('release one that was undone', () =>
    given(reserved('ada', 'bea')).when(release('bea', 0)).then(released('bea', 0)));
  it('release it once', () => given(reserved('ada', 'bea'), released('bea', 0)).when(release('bea', 0)).then());
  it('do not release a later one', () =>
    given(reserved('ada', 'bea'), released('bea', 0), reserved('ada', 'bea')).when(release('bea', 0)).then());
  it('take a released lead into anybody, by a new number', () => {
    const apart = given(reserved('ada', 'bea'), released('bea', 0));
    apart.when(reserve('cy', 'bea')).then(reserved('cy', 'bea'));
    given(reserved('ada', 'bea'), released('bea', 0), reserved('cy', 'bea'))
      .when(release('bea', 2))
      .then(released('bea', 2));
  });
});
