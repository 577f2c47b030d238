import { recorded } from '@baton/kernel/testing';
import { dealChanges, deals, type OpportunityEvent } from '@baton/opportunities';
import { modelsOf } from '../../../../test/support/read-models';
import { figureOf } from '../catalogue.rules';
import { textOfExact } from '../exact.rules';
import { askFigures, rowsBehind, type Scope } from '../figures.query';

const NOW = '2024-07-01T00:00:00.000Z';
const event = (opportunityId: string, type: OpportunityEvent['type'], day: string, data: object = {}) =>
  recorded({ type, data: { opportunityId, ...data } } as unknown as OpportunityEvent, {
    occurredAt: `${day}T10:00:00.000Z`,
  });
const money = (minor: number, currency = 'EUR') => ({ minor, currency });
const closesOn = (id: string, day: string, to: string) => event(id, 'OpportunityCloseDateChanged', day, { to });
const events = [
  event('a', 'OpportunityOpened', '2024-01-02', {
    ...{ stage: 'demo', owner: 'rita', amount: money(100), expectedCloseOn: '2024-03-01' },
  }),
  event('a', 'OpportunityAmountChanged', '2024-02-02', { to: money(170) }),
  event('a', 'OpportunityAmountChanged', '2024-02-03', { to: money(150) }),
  event('a', 'OpportunityAmountChanged', '2024-02-04', { to: money(90, 'USD') }),
  closesOn('a', '2024-02-05', '2024-03-11'),
  closesOn('a', '2024-02-06', '2024-03-31'),
  closesOn('a', '2024-02-07', '2024-03-30'),
  event('b', 'OpportunityOpened', '2024-01-02', { stage: 'demo', owner: 'rolf', expectedCloseOn: '2024-03-01' }),
  event('b', 'OpportunityAmountChanged', '2024-02-02', { to: money(1000) }),
  closesOn('b', '2024-02-05', '2024-03-31'),
  event('b', 'OpportunityWon', '2024-02-20', { leadIds: [], signedAmount: money(1001) }),
  event('b', 'OpportunityAmountChanged', '2024-02-21', { to: money(5000) }),
];

describe('figures over the changes of deals', () => {
  const asked = async (code: string, scope: Partial<Scope> = {}) => {
    const models = await modelsOf([deals, dealChanges], events);
    const { figures } = await askFigures(models, [figureOf(code)], { period: '2024-02', filters: {}, ...scope }, NOW);
    return figures[0]!;
  };
  it.each([
    ['deal-changes', ['11']],
    ['amount-increased', ['EUR 71']],
    ['amount-decreased', ['EUR 20']],
    ['close-dates-pushed', ['3']],
    ['close-dates-pulled-in', ['1']],
    ['median-push', ['20']],
    ['repeated-pushes', ['0.333333333333']],
  ])('%s', async (code, expected) => {
    const { total } = await asked(code);
    expect(total.map(({ currency, value }) => `${currency ? `${currency} ` : ''}${textOfExact(value!)}`)).toEqual(
      expected,
    );
  });
  it('are asked by what changed, and list the changes', async () => {
    const { groups } = await asked('deal-changes', { by: 'what' });
    expect(groups.map(({ group, values }) => [group.key, values[0]!.support])).toEqual([
      ['amount', 6],
      ['close-date', 4],
      ['won', 1],
    ]);
    const models = await modelsOf([deals, dealChanges], events);
    const scope = { period: '2024-02', by: 'owner', filters: {} };
    const group = { key: 'rolf', isOther: false };
    const behind = await rowsBehind(models, figureOf('close-dates-pushed'), scope, { group, side: 'denominator' }, NOW);
    expect(behind.map(({ entityId, at }) => [entityId, at])).toEqual([['b', '2024-02-05T10:00:00.000Z']]);
  });
});
