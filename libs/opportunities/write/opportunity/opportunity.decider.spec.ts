import type { Definition } from '@baton/kernel';
import { specFor } from '@baton/kernel/testing';
import { opportunity } from './opportunity.decider';
import type { OpportunityCommand } from './opportunity.events';

const given = specFor(opportunity);
const opportunityId = 'deal-1';
const usd = (minor: number) => ({ minor, currency: 'USD' });
type DataBy = { [C in OpportunityCommand as C['type']]: C['data'] };
const send = <T extends keyof DataBy>(type: T, data: Omit<DataBy[T], 'opportunityId'>) => ({
  type,
  data: { opportunityId, ...data } as unknown as DataBy[T],
});

const facts = { product: 'GTX Basic', owner: 'Moses', source: 'partner', amount: usd(1000_00) };
const stamps = { product: 'GTX Basic', owner: 'Moses', source: 'partner' };
const opened = {
  type: 'OpportunityOpened',
  data: { opportunityId, stage: 'open', ...facts, expectedCloseOn: '2024-03-01' },
} as const;
const bare = { type: 'OpportunityOpened', data: { opportunityId, stage: 'open' } } as const;
const ann = { type: 'ContactRoleAdded', data: { opportunityId, leadId: 'ann', role: 'champion' } } as const;
const won = {
  type: 'OpportunityWon',
  data: { opportunityId, amount: usd(1000_00), leadIds: [] as string[], ...stamps },
} as const;
const lost = {
  type: 'OpportunityLost',
  data: { opportunityId, reason: 'price', amount: usd(1000_00), leadIds: [] as string[], ...stamps },
} as const;
const reopened = {
  type: 'OpportunityReopened',
  data: { opportunityId, stage: 'open', reason: 'they called back' },
} as const;
const lossReasons: Definition = {
  kind: 'loss-reasons',
  version: 2,
  ref: 'loss-reasons@2',
  body: { reasons: [{ code: 'price' }, { code: 'timing' }] },
};

describe('opening a deal', () => {
  it('begins in the first stage', () => given().when(send('OpenOpportunity', {})).then(bare));
  it('keeps what is known of it', () =>
    given()
      .when(send('OpenOpportunity', { ...facts, expectedCloseOn: '2024-03-01' }))
      .then(opened));
  it('is refused for a deal that exists', () =>
    given(opened).when(send('OpenOpportunity', {})).thenRefused('opportunity/already-opened'));
  it('is refused with less than nothing', () =>
    given()
      .when(send('OpenOpportunity', { amount: usd(-1) }))
      .thenRefused('opportunity/negative-amount', 'amount.minor'));
});

describe('every command but the opening', () => {
  it.each([
    send('MoveOpportunityStage', { to: 'demo' }),
    send('ChangeOpportunityAmount', { to: usd(1) }),
    send('ChangeOpportunityCloseDate', { to: '2024-01-01' }),
    send('AssignOpportunity', { to: 'Eve' }),
    send('AddContactRole', { leadId: 'ann' }),
    send('RemoveContactRole', { leadId: 'ann' }),
    send('SendProposal', {}),
    send('WinOpportunity', {}),
    send('LoseOpportunity', { reason: 'price' }),
    send('ReopenOpportunity', { reason: 'again' }),
  ])('needs an opened deal: $type', (command) => given().when(command).thenRefused('opportunity/unknown'));

  it.each([
    send('MoveOpportunityStage', { to: 'demo' }),
    send('ChangeOpportunityAmount', { to: usd(1) }),
    send('ChangeOpportunityCloseDate', { to: '2024-01-01' }),
    send('AssignOpportunity', { to: 'Eve' }),
    send('SendProposal', {}),
    send('WinOpportunity', {}),
    send('LoseOpportunity', { reason: 'timing' }),
  ])('does not change a lost deal: $type', (command) =>
    given(opened, lost).when(command).thenRefused('opportunity/not-open', 'opportunityId'),
  );
});

describe('an open deal', () => {
  const forward = { type: 'OpportunityStageMoved', data: { opportunityId, from: 'open', to: 'demo' } } as const;
  it('moves forward', () =>
    given(opened)
      .when(send('MoveOpportunityStage', { to: 'demo' }))
      .then(forward));
  it('moves back', () =>
    given(opened, forward)
      .when(send('MoveOpportunityStage', { to: 'open' }))
      .then({ type: 'OpportunityStageMoved', data: { opportunityId, from: 'demo', to: 'open' } }));
  it('is in a stage once', () =>
    given(opened, forward)
      .when(send('MoveOpportunityStage', { to: 'demo' }))
      .then());

  const raised = {
    type: 'OpportunityAmountChanged',
    data: { opportunityId, from: usd(1000_00), to: usd(1200_00) },
  } as const;
  it('gets another amount', () =>
    given(opened)
      .when(send('ChangeOpportunityAmount', { to: usd(1200_00) }))
      .then(raised));
  it('gets its first amount', () =>
    given(bare)
      .when(send('ChangeOpportunityAmount', { to: usd(5) }))
      .then({ type: 'OpportunityAmountChanged', data: { opportunityId, to: usd(5) } }));
  it('hears the same amount without an event', () =>
    given(opened, raised)
      .when(send('ChangeOpportunityAmount', { to: usd(1200_00) }))
      .then());
  it('is not worth less than nothing', () =>
    given(opened)
      .when(send('ChangeOpportunityAmount', { to: usd(-1) }))
      .thenRefused('opportunity/negative-amount', 'to.minor'));

  it('is expected to close on another day', () =>
    given(opened)
      .when(send('ChangeOpportunityCloseDate', { to: '2024-04-01' }))
      .then({ type: 'OpportunityCloseDateChanged', data: { opportunityId, from: '2024-03-01', to: '2024-04-01' } }));
  it('hears the same day without an event', () =>
    given(opened)
      .when(send('ChangeOpportunityCloseDate', { to: '2024-03-01' }))
      .then());

  it('goes to another rep', () =>
    given(opened)
      .when(send('AssignOpportunity', { to: 'Eve' }))
      .then({ type: 'OpportunityOwnerChanged', data: { opportunityId, from: 'Moses', to: 'Eve' } }));
  it('stays with its rep', () =>
    given(opened)
      .when(send('AssignOpportunity', { to: 'Moses' }))
      .then());

  it('gets an offer at its amount', () =>
    given(opened)
      .when(send('SendProposal', {}))
      .then({ type: 'ProposalSent', data: { opportunityId, amount: usd(1000_00) } }));
  it('gets another offer at another amount', () =>
    given(opened, { type: 'ProposalSent', data: { opportunityId, amount: usd(1000_00) } })
      .when(send('SendProposal', { amount: usd(900_00) }))
      .then({ type: 'ProposalSent', data: { opportunityId, amount: usd(900_00) } }));
  it('hears the same offer without an event', () =>
    given(opened, { type: 'ProposalSent', data: { opportunityId, amount: usd(1000_00) } })
      .when(send('SendProposal', {}))
      .then());
});

describe('the people of a deal', () => {
  it('join with a role', () =>
    given(opened)
      .when(send('AddContactRole', { leadId: 'ann', role: 'champion' }))
      .then(ann));
  it('join after the close too', () =>
    given(opened, won)
      .when(send('AddContactRole', { leadId: 'ann', role: 'champion' }))
      .then(ann));
  it('get another role', () =>
    given(opened, ann)
      .when(send('AddContactRole', { leadId: 'ann', role: 'user' }))
      .then({ type: 'ContactRoleAdded', data: { opportunityId, leadId: 'ann', role: 'user' } }));
  it('join once', () =>
    given(opened, ann)
      .when(send('AddContactRole', { leadId: 'ann', role: 'champion' }))
      .then());
  it('keep their role when none is named', () =>
    given(opened, ann)
      .when(send('AddContactRole', { leadId: 'ann' }))
      .then());
  it('leave', () =>
    given(opened, ann)
      .when(send('RemoveContactRole', { leadId: 'ann' }))
      .then({ type: 'ContactRoleRemoved', data: { opportunityId, leadId: 'ann' } }));
  it('leave once', () =>
    given(opened, ann, { type: 'ContactRoleRemoved', data: { opportunityId, leadId: 'ann' } })
      .when(send('RemoveContactRole', { leadId: 'ann' }))
      .then());
  it('are at most as many as a closing event can name', () => {
    const crowd = Array.from({ length: 500 }, (_, i) => ({
      type: 'ContactRoleAdded' as const,
      data: { opportunityId, leadId: `lead-${i}` },
    }));
    given(opened, ...crowd)
      .when(send('AddContactRole', { leadId: 'ann' }))
      .thenRefused('opportunity/too-many-people', 'leadId');
    given(opened, ...crowd)
      .when(send('WinOpportunity', {}))
      .then({ type: 'OpportunityWon', data: { ...won.data, leadIds: crowd.map(({ data }) => data.leadId) } });
  });
});

describe('winning', () => {
  it('stamps the people and the facts, at the current amount', () =>
    given(opened, ann)
      .when(send('WinOpportunity', {}))
      .then({ type: 'OpportunityWon', data: { ...won.data, leadIds: ['ann'] } }));
  it('takes the amount that was signed', () =>
    given(opened)
      .when(send('WinOpportunity', { amount: usd(800_00) }))
      .then({ type: 'OpportunityWon', data: { ...won.data, amount: usd(800_00) } }));
  it('needs no amount', () =>
    given(bare)
      .when(send('WinOpportunity', {}))
      .then({ type: 'OpportunityWon', data: { opportunityId, leadIds: [] } }));
  it('happens once', () => {
    given(opened, won).when(send('WinOpportunity', {})).then();
    given(opened, won)
      .when(send('WinOpportunity', { amount: usd(1000_00) }))
      .then();
  });
  it('is corrected by the amount, not by a second win', () => {
    given(opened, won)
      .when(send('WinOpportunity', { amount: usd(1) }))
      .thenRefused('opportunity/not-open');
    given(opened, won)
      .when(send('ChangeOpportunityAmount', { to: usd(700_00) }))
      .then({ type: 'OpportunityAmountChanged', data: { opportunityId, from: usd(1000_00), to: usd(700_00) } });
  });
  it('is refused below nothing', () =>
    given(opened)
      .when(send('WinOpportunity', { amount: usd(-1) }))
      .thenRefused('opportunity/negative-amount', 'amount.minor'));
});

describe('losing', () => {
  it('says why, and who won instead', () =>
    given(opened)
      .when(send('LoseOpportunity', { reason: 'price', competitor: 'Initech' }))
      .then({ type: 'OpportunityLost', data: { ...lost.data, competitor: 'Initech' } }));
  it('takes a reason of the definition in force and names the version', () =>
    given(opened)
      .under(lossReasons)
      .when(send('LoseOpportunity', { reason: 'price' }))
      .then({ type: 'OpportunityLost', data: { ...lost.data, definition: 'loss-reasons@2' } }));
  it('refuses another reason then', () =>
    given(opened)
      .under(lossReasons)
      .when(send('LoseOpportunity', { reason: 'weather' }))
      .thenRefused('opportunity/unknown-reason', 'reason'));
  it('happens once', () =>
    given(opened, lost)
      .when(send('LoseOpportunity', { reason: 'price' }))
      .then());
});

describe('reopening', () => {
  it('returns to the stage of before', () =>
    given(opened, lost)
      .when(send('ReopenOpportunity', { reason: 'they called back' }))
      .then(reopened));
  it('goes to a named stage, after a win too', () =>
    given(opened, won)
      .when(send('ReopenOpportunity', { stage: 'demo', reason: 'they called back' }))
      .then({ type: 'OpportunityReopened', data: { ...reopened.data, stage: 'demo' } }));
  it('is refused for a deal that never closed', () =>
    given(opened)
      .when(send('ReopenOpportunity', { reason: 'again' }))
      .thenRefused('opportunity/not-closed'));
  it('happens once', () =>
    given(opened, lost, reopened)
      .when(send('ReopenOpportunity', { reason: 'they called back' }))
      .then());
  it('lets the deal close again', () => given(opened, lost, reopened).when(send('WinOpportunity', {})).then(won));
});
