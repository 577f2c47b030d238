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
  it('accept two leads that are not merged', () => given().when(reserve('ada', 'bea')).then(reserved('ada', 'bea')));
  it('accept the same merge once', () => given(reserved('ada', 'bea')).when(reserve('ada', 'bea')).then());
  it('refuse a lead with itself', () =>
    given().when(reserve('ada', 'ada')).thenRefused('lead/merge-with-itself', 'mergedLeadId'));
  it('refuse a second survivor, and name the first', () => {
    const decided = given(reserved('ada', 'bea')).when(reserve('cy', 'bea')).decided();
    expect(decided).toBeInstanceOf(Refused);
    expect(decided).toMatchObject({
      code: 'lead/already-merged',
      path: 'mergedLeadId',
      details: { survivorId: 'ada' },
    });
  });
  it('refuse a merged lead as survivor, and name the end of the chain', () => {
    const decided = given(reserved('bea', 'cy'), reserved('ada', 'bea')).when(reserve('cy', 'dan')).decided();
    expect(decided).toBeInstanceOf(Refused);
    expect(decided).toMatchObject({ code: 'lead/merged', path: 'leadId', details: { survivorId: 'ada' } });
  });
  it('refuse a cycle', () => {
    given(reserved('ada', 'bea')).when(reserve('bea', 'ada')).thenRefused('lead/merged');
    given(reserved('bea', 'cy'), reserved('ada', 'bea')).when(reserve('cy', 'ada')).thenRefused('lead/merged');
  });
  it('accept a survivor with all that is merged into it', () =>
    given(reserved('bea', 'cy')).when(reserve('ada', 'bea')).then(reserved('ada', 'bea')));
  it('release one that was undone', () =>
    given(reserved('ada', 'bea')).when(release('bea', 0)).then(released('bea', 0)));
  it('release it once', () => given(reserved('ada', 'bea'), released('bea', 0)).when(release('bea', 0)).then());
  it('do not release a later one', () =>
    given(reserved('ada', 'bea'), released('bea', 0), reserved('ada', 'bea')).when(release('bea', 0)).then());
  it('accept a released lead again, with a new number', () => {
    const apart = given(reserved('ada', 'bea'), released('bea', 0));
    apart.when(reserve('cy', 'bea')).then(reserved('cy', 'bea'));
    given(reserved('ada', 'bea'), released('bea', 0), reserved('cy', 'bea'))
      .when(release('bea', 2))
      .then(released('bea', 2));
  });
});
