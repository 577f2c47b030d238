import { specFor } from '@baton/kernel/testing';
import { visitorDecider } from './visitor.decider';

const given = specFor(visitorDecider);
const visit = { visitorId: 'v1', action: 'page-view', team: 'marketing', page: '/pricing', source: 'google' } as const;
const identified = { type: 'VisitorIdentified', data: { visitorId: 'v1', leadId: 'ada' } } as const;

describe('an anonymous visitor', () => {
  it('leaves visits', () =>
    given().when({ type: 'RecordVisit', data: visit }).then({ type: 'VisitRecorded', data: visit }));
  it('refuses a visit by an unknown team', () =>
    given()
      .when({ type: 'RecordVisit', data: { ...visit, team: 'legal' as 'sales' } })
      .thenRefused('command/invalid', 'team'));
  it('may visit the same page again', () =>
    given({ type: 'VisitRecorded', data: visit })
      .when({ type: 'RecordVisit', data: visit })
      .then({ type: 'VisitRecorded', data: visit }));

  it('is identified', () => given().when({ type: 'IdentifyVisitor', data: identified.data }).then(identified));
  it('is one person only', () =>
    given(identified)
      .when({ type: 'IdentifyVisitor', data: { visitorId: 'v1', leadId: 'bob' } })
      .thenRefused('visitor/already-identified', 'leadId'));
  it('is identified once', () => given(identified).when({ type: 'IdentifyVisitor', data: identified.data }).then());
  it('records visits of the person from then on', () =>
    given(identified)
      .when({ type: 'RecordVisit', data: visit })
      .then({ type: 'VisitRecorded', data: { ...visit, leadId: 'ada' } }));
});
