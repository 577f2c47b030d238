import { catalogueOf } from '@baton/kernel';
import { leadEvents } from '@baton/leads';
import { opportunityEvents } from '@baton/opportunities';
import { stateChangesOf, statesIn, type StatedEvent } from '../libs/audit/read/case-file/case-file.rules';

const catalogue = catalogueOf([leadEvents, opportunityEvents]);
/** What each event of one stream changed, `state: before → after`, as the schemas of the contexts mark it. */
const changes = (...events: readonly (readonly [type: string, data: object])[]) => {
  const last = new Map<string, StatedEvent>();
  return events.map(([type, data]) => {
    if (!catalogue.has(type)) throw new Error(`there is no ${type}`);
    const event = { type, data };
    const found = stateChangesOf(catalogue, event, (state) => last.get(state));
    for (const { key } of statesIn(catalogue, event)) last.set(key, event);
    return found.map(({ state, before = null, after }) => `${state}: ${JSON.stringify([before, after])}`);
  });
};

describe('what an event changed', () => {
  it('of a deal is the state from then on, whatever the name of the field', () => {
    const usd = (minor: number) => ({ minor, currency: 'USD' });
    expect(
      changes(
        [
          'OpportunityOpened',
          { stage: 'demo', owner: 'bob', amount: usd(1), expectedCloseOn: '2024-03-01', source: 'fair' },
        ],
        ['OpportunityStageMoved', { from: 'demo', to: 'contract' }],
        ['OpportunityOwnerChanged', { from: 'bob', to: 'zoe' }],
        ['OpportunityCloseDateChanged', { from: '2024-03-01', to: '2024-04-01' }],
        ['OpportunityAmountChanged', { from: usd(1), to: usd(2) }],
        ['OpportunityUpdated', { product: 'suite', source: 'fair' }],
        ['ContactRoleAdded', { leadId: 'k', role: 'champion' }],
        ['OpportunityFactsCleared', { facts: ['owner', 'expected-close'] }],
        ['OpportunityWon', { signedAmount: usd(3), owner: 'zoe', amount: usd(2), leadIds: ['k'] }],
        ['OpportunityReopened', { stage: 'demo', reason: 'error' }],
      ),
    ).toEqual([
      [
        'opportunity.stage: [null,"demo"]',
        'opportunity.owner: [null,"bob"]',
        'opportunity.source: [null,"fair"]',
        'opportunity.amount: [null,{"minor":1,"currency":"USD"}]',
        'opportunity.expected-close: [null,"2024-03-01"]',
      ],
      ['opportunity.stage: ["demo","contract"]'],
      ['opportunity.owner: ["bob","zoe"]'],
      ['opportunity.expected-close: ["2024-03-01","2024-04-01"]'],
      ['opportunity.amount: [{"minor":1,"currency":"USD"},{"minor":2,"currency":"USD"}]'],
      ['opportunity.product: [null,"suite"]'],
      [],
      ['opportunity.owner: ["zoe",null]', 'opportunity.expected-close: ["2024-04-01",null]'],
      ['opportunity.amount: [{"minor":2,"currency":"USD"},{"minor":3,"currency":"USD"}]'],
      ['opportunity.stage: ["contract","demo"]'],
    ]);
  });
  it('of a lead is not a detail of a touch', () =>
    expect(
      changes(
        ['LeadCaptured', { leadId: 'k', source: 'trade fair', company: 'Example', owner: 'ann' }],
        ['TouchRecorded', { leadId: 'k', action: 'page-view', team: 'marketing', source: 'google', medium: 'cpc' }],
        ['LeadProfileChanged', { leadId: 'k', company: 'Example Ltd', title: 'CFO' }],
        ['LeadFactsCleared', { leadId: 'k', facts: ['title'] }],
      ),
    ).toEqual([
      ['lead.company: [null,"Example"]', 'lead.source: [null,"trade fair"]', 'lead.owner: [null,"ann"]'],
      [],
      ['lead.title: [null,"CFO"]', 'lead.company: ["Example","Example Ltd"]'],
      ['lead.title: ["CFO",null]'],
    ]));
});
