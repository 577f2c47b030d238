import fc from 'fast-check';
import { Refused } from '@baton/kernel';
import { foldAll, recorded } from '@baton/kernel/testing';
import { opportunityDecider } from '../../write/opportunity/opportunity.decider';
import type { OpportunityCommand, OpportunityEvent } from '../../write/opportunity/opportunity.events';
import { latestFacts, statusAt, type DealFacts } from '../../write/opportunity/deal.model';
import { currentRoles } from '../../write/opportunity/roles.rules';
import { deals } from './deals.read-model';

const opportunityId = 'deal-1';
const eur = (minor: number) => ({ minor, currency: 'EUR' });
const at = (day: number, event: OpportunityEvent) =>
  recorded(event, { occurredAt: `2024-01-${String(day).padStart(2, '0')}T00:00:00.000Z` });
const fold = (...events: ReturnType<typeof at>[]) => foldAll(deals, events).get(opportunityId)!;

const pick = ({ stage, owner, amount }: DealFacts) => ({ stage, owner, amount });

const opened = at(1, {
  type: 'OpportunityOpened',
  data: {
    opportunityId,
    stage: 'open',
    name: 'Acme',
    account: 'Acme Ltd',
    product: 'GTX',
    owner: 'Moses',
    source: 'web',
    amount: eur(500),
    expectedCloseOn: '2024-02-01',
  },
});
const signed = { opportunityId, amount: eur(700), signedAmount: eur(700) };
const won = at(11, {
  type: 'OpportunityWon',
  data: { ...signed, leadIds: ['ann'], product: 'GTX', owner: 'Moses', source: 'web' },
});
const lost = at(21, {
  type: 'OpportunityLost',
  data: { opportunityId, amount: eur(500), reason: 'price', competitor: 'Initech', leadIds: [] },
});
const reopened = at(16, { type: 'OpportunityReopened', data: { opportunityId, stage: 'demo', reason: 'called back' } });

describe('the read model of a deal', () => {
  it('shows an opened deal', () =>
    expect(fold(opened)).toEqual({
      opportunityId,
      status: 'open',
      pipeline: null,
      stage: 'open',
      name: 'Acme',
      nameKey: 'acme',
      account: 'Acme Ltd',
      accountKey: 'acme ltd',
      product: 'GTX',
      owner: 'Moses',
      source: 'web',
      openedAt: '2024-01-01T00:00:00.000Z',
      closedAt: null,
      expectedCloseOn: '2024-02-01',
      amountMinor: 500,
      currency: 'EUR',
      cycleMs: null,
      closedBeforeOpening: false,
      lossReason: null,
      competitor: null,
      roles: [],
      contacts: [],
      proposals: 0,
      lastProposalAt: null,
      reopenings: 0,
      since: {},
    }));

  it('has the keys of its current name and account', () => {
    const updated = at(3, {
      type: 'OpportunityUpdated',
      data: { opportunityId, name: 'Big  Deal', account: 'GLOBEX' },
    });
    const late = at(2, { type: 'OpportunityUpdated', data: { opportunityId, name: 'Old deal' } });
    const cleared = at(4, { type: 'OpportunityFactsCleared', data: { opportunityId, facts: ['account'] } });
    expect(fold(opened, updated, late)).toMatchObject({ nameKey: 'big deal', accountKey: 'globex' });
    expect(fold(opened, updated, cleared)).toMatchObject({ nameKey: 'big deal', account: null, accountKey: null });
  });

  it('follows stage, amount, day, owner and proposals', () =>
    expect(
      fold(
        opened,
        at(2, { type: 'OpportunityStageMoved', data: { opportunityId, from: 'open', to: 'demo' } }),
        at(3, { type: 'OpportunityAmountChanged', data: { opportunityId, from: eur(500), to: eur(650) } }),
        at(4, { type: 'OpportunityCloseDateChanged', data: { opportunityId, to: '2024-03-01' } }),
        at(5, { type: 'OpportunityOwnerChanged', data: { opportunityId, to: 'Eve' } }),
        at(7, { type: 'ProposalSent', data: { opportunityId, amount: eur(650) } }),
        at(6, { type: 'ProposalSent', data: { opportunityId, amount: eur(600) } }),
      ),
    ).toMatchObject({
      status: 'open',
      stage: 'demo',
      amountMinor: 650,
      expectedCloseOn: '2024-03-01',
      owner: 'Eve',
      proposals: 2,
      lastProposalAt: '2024-01-07T00:00:00.000Z', // the other offer was reported late
    }));

  it('lists its people, each once', () =>
    expect(
      fold(
        opened,
        at(2, { type: 'ContactRoleAdded', data: { opportunityId, leadId: 'ann' } }),
        at(2, { type: 'ContactRoleAdded', data: { opportunityId, leadId: 'bob', role: 'user' } }),
        at(3, { type: 'ContactRoleAdded', data: { opportunityId, leadId: 'ann', role: 'champion' } }),
        at(4, { type: 'ContactRoleRemoved', data: { opportunityId, leadId: 'bob' } }),
      ).contacts,
    ).toEqual([{ leadId: 'ann', role: 'champion' }]));

  it('measures a won deal from its opening', () =>
    expect(fold(opened, won)).toMatchObject({
      status: 'won',
      closedAt: '2024-01-11T00:00:00.000Z',
      amountMinor: 700,
      cycleMs: 10 * 86_400_000,
      closedBeforeOpening: false,
    }));

  it('has no duration where it closed before it opened, until a later close', () => {
    const early = recorded({ type: 'OpportunityWon', data: { opportunityId, leadIds: [] } } as OpportunityEvent, {
      occurredAt: '2023-12-31T12:00:00.000Z',
    });
    expect(fold(opened, early)).toMatchObject({ status: 'won', cycleMs: null, closedBeforeOpening: true });
    const atOnce = { ...early, occurredAt: opened.occurredAt };
    expect(fold(opened, atOnce)).toMatchObject({ cycleMs: 0, closedBeforeOpening: false });
    expect(fold(opened, early, reopened, lost)).toMatchObject({
      cycleMs: 20 * 86_400_000,
      closedBeforeOpening: false,
    });
  });

  it('corrects the amount of a won deal', () =>
    expect(
      fold(
        opened,
        won,
        at(12, { type: 'OpportunityAmountChanged', data: { opportunityId, from: eur(700), to: eur(300) } }),
      ),
    ).toMatchObject({ status: 'won', amountMinor: 300 }));

  it('says why a deal was lost', () =>
    expect(fold(opened, lost)).toMatchObject({ status: 'lost', lossReason: 'price', competitor: 'Initech' }));

  it('counts a reopened deal as not closed, until it closes again', () => {
    expect(fold(opened, won, reopened)).toMatchObject({
      status: 'open',
      stage: 'demo',
      closedAt: null,
      cycleMs: null,
      closedBeforeOpening: false,
      amountMinor: 700,
      reopenings: 1,
    });
    expect(fold(opened, won, reopened, lost)).toMatchObject({ status: 'lost', cycleMs: 20 * 86_400_000 });
  });

  it('agrees with the decider after any commands', () => {
    const word = fc.constantFrom('x', 'y');
    const amounts = fc.integer({ min: 0, max: 3 }).map(eur);
    const command = fc
      .oneof(
        fc.record({ type: fc.constant('MoveOpportunityStage'), data: fc.record({ to: word }) }),
        fc.record({ type: fc.constant('ChangeOpportunityAmount'), data: fc.record({ to: amounts }) }),
        fc.record({ type: fc.constant('AssignOpportunity'), data: fc.record({ to: word }) }),
        fc.record({ type: fc.constant('AddContactRole'), data: fc.record({ leadId: word }) }),
        fc.record({ type: fc.constant('RemoveContactRole'), data: fc.record({ leadId: word }) }),
        fc.record({ type: fc.constant('WinOpportunity'), data: fc.record({ amount: amounts }, { requiredKeys: [] }) }),
        fc.record({ type: fc.constant('LoseOpportunity'), data: fc.record({ reason: word }) }),
        fc.record({ type: fc.constant('ReopenOpportunity'), data: fc.record({ reason: word }) }),
      )
      .map(({ type, data }) => ({ type, data: { opportunityId, ...data } }) as unknown as OpportunityCommand);
    const context = { now: '', mode: 'live', definition: () => undefined, idOf: String } as const;
    fc.assert(
      fc.property(fc.array(command, { maxLength: 30 }), (commands) => {
        const events = [opened];
        let state = opportunityDecider.evolve(opportunityDecider.initialState(), opened);
        for (const one of commands) {
          const decided = opportunityDecider.decide(state, one, context);
          if (decided instanceof Refused) continue;
          for (const event of decided) {
            events.push(at(2, event));
            state = opportunityDecider.evolve(state, events.at(-1)!);
          }
        }
        const { status, stage, owner, amountMinor, contacts, closedAt, cycleMs } = fold(...events);
        const { amount, ...known } = pick(latestFacts(state!));
        expect({ status, stage, owner, amountMinor, people: contacts.map(({ leadId }) => leadId) }).toEqual({
          ...known,
          status: statusAt(state!, '9').status,
          amountMinor: amount?.minor,
          people: currentRoles(state!.roles).map(({ leadId }) => leadId),
        });
        expect([closedAt === null, cycleMs === null]).toEqual([status === 'open', status === 'open']);
      }),
    );
  });
});
