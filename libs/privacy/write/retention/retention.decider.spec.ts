import { specFor } from '@baton/kernel/testing';
import { retentionDecider } from './retention.decider';

const given = specFor(retentionDecider);
const retentionId = 'prospecting';
const stages: ('lead' | 'mql')[] = ['lead', 'mql'];
const data = { retentionId, stages, days: 730 };
const set = { type: 'SetRetentionRule', data } as const;
const wasSet = { type: 'RetentionRuleSet', data } as const;
const end = { type: 'EndRetentionRule', data: { retentionId } } as const;
const ended = { type: 'RetentionRuleEnded', data: { retentionId } } as const;

describe('a retention rule', () => {
  it('is set, and changed, once', () => {
    given().when(set).then(wasSet);
    given(wasSet).when(set).then();
    const reordered = { ...set, data: { ...data, stages: ['mql', 'lead', 'mql'] } } as const;
    given(wasSet)
      .when(reordered as never)
      .then();
    given(wasSet)
      .when({ ...set, data: { ...data, days: 365 } })
      .then({ ...wasSet, data: { ...data, days: 365 } });
  });
  it('ends, if it stands', () => {
    given(wasSet).when(end).then(ended);
    given().when(end).thenRefused('privacy/no-such-rule', 'retentionId');
    given(wasSet, ended).when(end).thenRefused('privacy/no-such-rule', 'retentionId');
    given(wasSet, ended).when(set).then(wasSet);
  });
  it('is of some stages', () => {
    given()
      .when({ ...set, data: { ...data, stages: [] } })
      .thenRefused('privacy/no-stages', 'stages');
  });
  it('has a code, some stages and at least a day', () => {
    for (const wrong of [{ retentionId: 'For sales' }, { stages: ['friend'] }, { days: 0 }])
      given()
        .when({ ...set, data: { ...data, ...wrong } } as never)
        .thenRefused('command/invalid');
  });
});
