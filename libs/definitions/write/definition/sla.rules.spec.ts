import { validateBody } from './kinds.rules';

const owed = {
  kind: 'first-response',
  start: [{ event: 'LeadHandedOff' }],
  stop: [{ event: 'TouchRecorded', where: [{ field: 'team', in: ['sales'] }] }],
  budget: 'PT1H',
  clock: 'business-calendar',
};
const faultAt = (change: object) => validateBody('sla-policy', { obligations: [{ ...owed, ...change }] })?.path;
const escalation = (...steps: object[]) => ({ escalation: steps.map((step) => ({ ...step, notify: 'rep' })) });

describe('an SLA policy', () => {
  it('is accepted as both teams wrote it', () => {
    expect(faultAt(escalation({ percent: 80 }, { afterBreach: 'PT0S' }, { afterBreach: 'PT24H' }))).toBeUndefined();
    expect(
      faultAt({ budget: 'same-business-day', pause: [{ event: 'Waited' }], resume: [{ event: '*' }] }),
    ).toBeUndefined();
  });
  it('lists each kind once', () =>
    expect(validateBody('sla-policy', { obligations: [owed, owed] })?.path).toBe('obligations.1.kind'));
  it.each([
    ['nothing that starts it', { start: [] }, 'start'],
    ['nothing that stops it', { stop: [] }, 'stop'],
    ['no budget', { budget: 'PT0S' }, 'budget'],
    ['a budget without a fixed length', { budget: 'P1M' }, 'budget'],
    ['a budget beyond planning', { budget: 'P93D' }, 'budget'],
    ['a business day on the wall clock', { budget: 'same-business-day', clock: 'wall-clock' }, 'clock'],
    ['a resume without a pause', { resume: [{ event: '*' }] }, 'resume'],
    ['the last of several', { last: true, times: 2 }, 'last'],
    ['a step at no time', escalation({}), 'escalation.0'],
    ['a step at two times', escalation({ percent: 80, afterBreach: 'PT1H' }), 'escalation.0'],
    ['steps out of order', escalation({ afterBreach: 'PT1H' }, { percent: 80 }), 'escalation.1'],
    ['later steps out of order', escalation({ afterBreach: 'PT2H' }, { afterBreach: 'PT1H' }), 'escalation.1'],
    ['a step that is no duration', escalation({ afterBreach: 'later' }), 'escalation.0.afterBreach'],
    ['more than all of the budget', escalation({ percent: 101 }), 'escalation.0.percent'],
  ])('is refused with %s', (_, change, path) => expect(faultAt(change)).toBe(`obligations.0.${path}`));

  describe('of marketing', () => {
    const usd = (minor: number) => ({ minor, currency: 'USD' });
    const pipeline = { target: usd(200_000_000), averageDeal: usd(5_000_000), opportunityRate: 0.25 };
    const fault = (marketing: object) => validateBody('sla-policy', { obligations: [], marketing } as never)?.path;
    it('is a number of leads, a pipeline, or both', () => {
      expect(fault({ per: 'month', qualified: 500 })).toBeUndefined();
      expect(fault({ per: 'quarter', pipeline })).toBeUndefined();
      expect(fault({ per: 'year', qualified: 500, pipeline })).toBeUndefined();
    });
    it.each([
      ['nothing', { per: 'month' }, 'marketing'],
      ['another period', { per: 'week', qualified: 1 }, 'marketing.per'],
      ['no leads', { per: 'month', qualified: 0 }, 'marketing.qualified'],
      ['parts of leads', { per: 'month', qualified: 1.5 }, 'marketing.qualified'],
      ['no pipeline', { target: usd(0) }, 'marketing.pipeline.target.minor'],
      ['deals for nothing', { averageDeal: usd(0) }, 'marketing.pipeline.averageDeal.minor'],
      ['two currencies', { averageDeal: { minor: 1, currency: 'EUR' } }, 'marketing.pipeline.averageDeal.currency'],
      ['no chance', { opportunityRate: 0 }, 'marketing.pipeline.opportunityRate'],
      ['more than certainty', { opportunityRate: 1.01 }, 'marketing.pipeline.opportunityRate'],
    ])('is refused with %s', (_, change, path) =>
      expect(fault('per' in change ? change : { per: 'quarter', pipeline: { ...pipeline, ...change } })).toBe(path),
    );
  });
});
