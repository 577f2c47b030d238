import type { Definition } from '@baton/kernel';
import { specFor } from '@baton/kernel/testing';
import { opportunityDecider } from './opportunity.decider';
import type { OpportunityCommand, OpportunityEvent } from './opportunity.events';

const given = specFor(opportunityDecider);
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
  data: { opportunityId, reason: 'they called back' },
} as const;
const lossReasons: Definition = {
  kind: 'loss-reasons',
  version: 2,
  ref: 'loss-reasons@2',
  body: { reasons: [{ code: 'price' }, { code: 'timing' }] },
};

describe('opening a deal', () => {
  it('begins in the first stage', () => given().when(send('OpenOpportunity', {})).then(bare));
  it('keeps its known fields', () =>
    given()
      .when(send('OpenOpportunity', { ...facts, expectedCloseOn: '2024-03-01' }))
      .then(opened));
  it('is refused for a deal that exists', () =>
    given(opened).when(send('OpenOpportunity', {})).thenRefused('opportunity/already-opened'));
  it('is refused with a negative amount', () =>
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
    send('UpdateOpportunity', { name: 'Acme' }),
    send('ClearOpportunityFact', { facts: ['owner'] }),
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
    send('UpdateOpportunity', { name: 'Acme' }),
    send('ClearOpportunityFact', { facts: ['owner'] }),
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
  it('enters a stage once', () =>
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
  it('ignores the same amount', () =>
    given(opened, raised)
      .when(send('ChangeOpportunityAmount', { to: usd(1200_00) }))
      .then());
  it('refuses a negative amount', () =>
    given(opened)
      .when(send('ChangeOpportunityAmount', { to: usd(-1) }))
      .thenRefused('opportunity/negative-amount', 'to.minor'));

  it('is expected to close on another day', () =>
    given(opened)
      .when(send('ChangeOpportunityCloseDate', { to: '2024-04-01' }))
      .then({ type: 'OpportunityCloseDateChanged', data: { opportunityId, from: '2024-03-01', to: '2024-04-01' } }));
  it('ignores the same day', () =>
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

  it('gets another name, company, product or source: the event has only the changes', () => {
    given(opened)
      .when(send('UpdateOpportunity', { name: 'Acme 2024', product: 'GTX Basic', source: 'web' }))
      .then({ type: 'OpportunityUpdated', data: { opportunityId, name: 'Acme 2024', source: 'web' } });
    given(opened)
      .when(send('UpdateOpportunity', { product: 'GTX Basic' }))
      .then();
    given(opened).when(send('UpdateOpportunity', {})).thenRefused('opportunity/nothing-to-change');
  });
  it('clears fields', () => {
    const cleared: OpportunityEvent = { type: 'OpportunityFactsCleared', data: { opportunityId, facts: ['owner'] } };
    given(opened)
      .when(send('ClearOpportunityFact', { facts: ['owner', 'name', 'owner'] }))
      .then(cleared);
    given(opened, cleared)
      .when(send('ClearOpportunityFact', { facts: ['owner'] }))
      .then();
    given(opened, cleared)
      .when(send('AssignOpportunity', { to: 'Moses' }))
      .then({ type: 'OpportunityOwnerChanged', data: { opportunityId, to: 'Moses' } });
    given(opened)
      .when(send('ClearOpportunityFact', { facts: [] }))
      .thenRefused('opportunity/nothing-to-change', 'facts');
  });

  it('gets a proposal at its amount', () =>
    given(opened)
      .when(send('SendProposal', {}))
      .then({ type: 'ProposalSent', data: { opportunityId, amount: usd(1000_00) } }));
  it('gets another proposal at another amount', () =>
    given(opened, { type: 'ProposalSent', data: { opportunityId, amount: usd(1000_00) } })
      .when(send('SendProposal', { amount: usd(900_00) }))
      .then({ type: 'ProposalSent', data: { opportunityId, amount: usd(900_00) } }));
  it('ignores the same proposal', () =>
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
  it('are limited to the number that a closing event can list', () => {
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
  it('takes the given amount', () =>
    given(opened)
      .when(send('WinOpportunity', { amount: usd(800_00) }))
      .then({ type: 'OpportunityWon', data: { ...won.data, amount: usd(800_00), signedAmount: usd(800_00) } }));
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
  it('is refused with a negative amount', () =>
    given(opened)
      .when(send('WinOpportunity', { amount: usd(-1) }))
      .thenRefused('opportunity/negative-amount', 'amount.minor'));
});

describe('losing', () => {
  it('records the reason and the competitor', () =>
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
  it('returns to its last stage', () =>
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

describe('an event recorded late', () => {
  const on = (day: number) => `2024-01-${String(day).padStart(2, '0')}T00:00:00.000Z`;
  const past = [
    { ...opened, occurredAt: on(1) },
    { type: 'OpportunityStageMoved', data: { opportunityId, from: 'open', to: 'contract' }, occurredAt: on(20) },
    { type: 'OpportunityAmountChanged', data: { opportunityId, to: usd(9000_00) }, occurredAt: on(20) },
    { type: 'OpportunityOwnerChanged', data: { opportunityId, to: 'Zoe' }, occurredAt: on(20) },
  ] as const;

  it('is compared with the value in force at its instant', () => {
    given(...past)
      .at(on(10))
      .when(send('MoveOpportunityStage', { to: 'demo' }))
      .then({ type: 'OpportunityStageMoved', data: { opportunityId, from: 'open', to: 'demo' } });
    given(...past)
      .at(on(10))
      .when(send('ChangeOpportunityAmount', { to: usd(3000_00) }))
      .then({ type: 'OpportunityAmountChanged', data: { opportunityId, from: usd(1000_00), to: usd(3000_00) } });
    given(...past)
      .at(on(10))
      .when(send('AssignOpportunity', { to: 'Amy' }))
      .then({ type: 'OpportunityOwnerChanged', data: { opportunityId, from: 'Moses', to: 'Amy' } });
  });
  it('does not replace a later value', () => {
    const late = { type: 'OpportunityStageMoved', data: { opportunityId, from: 'open', to: 'demo' } } as const;
    given(...past, { ...late, occurredAt: on(10) })
      .at(on(30))
      .when(send('MoveOpportunityStage', { to: 'contract' }))
      .then();
  });
  it('writes nothing if it equals the value in force', () =>
    given(...past)
      .at(on(10))
      .when(send('AssignOpportunity', { to: 'Moses' }))
      .then());
  it('overrides the opening, even from an earlier instant: a day may begin before the hour of the opening', () => {
    const early = { type: 'OpportunityStageMoved', data: { opportunityId, from: 'open', to: 'demo' } } as const;
    given(...past)
      .at('2023-12-31T00:00:00.000Z')
      .when(send('MoveOpportunityStage', { to: 'demo' }))
      .then(early);
    given({ ...opened, occurredAt: on(2) }, { ...early, occurredAt: on(1) })
      .at(on(3))
      .when(send('MoveOpportunityStage', { to: 'demo' }))
      .then();
  });
  it('is accepted for a closed deal that was open then', () => {
    const scene = given(...past, { ...won, occurredAt: on(25) });
    scene
      .at(on(10))
      .when(send('AssignOpportunity', { to: 'Amy' }))
      .then({ type: 'OpportunityOwnerChanged', data: { opportunityId, from: 'Moses', to: 'Amy' } });
    scene
      .at(on(26))
      .when(send('AssignOpportunity', { to: 'Amy' }))
      .thenRefused('opportunity/not-open');
  });
  it('counts as before the close if a backfill dates both at one instant', () => {
    const scene = given(...past, { ...won, occurredAt: on(25) }).at(on(25));
    scene.when(send('MoveOpportunityStage', { to: 'signed' })).thenRefused('opportunity/not-open');
    scene
      .when({ ...send('MoveOpportunityStage', { to: 'signed' }), meta: { mode: 'backfill' } })
      .then({ type: 'OpportunityStageMoved', data: { opportunityId, from: 'contract', to: 'signed' } });
  });
  it('closes the deal with the values in force then', () =>
    given(...past)
      .at(on(10))
      .when(send('WinOpportunity', {}))
      .then(won));
  it('does not close a deal before another close, or reopen one before another reopening', () => {
    const scene = given(
      ...past,
      { ...lost, occurredAt: on(22) },
      { ...reopened, occurredAt: on(24) },
      { ...won, occurredAt: on(26) },
    );
    scene.at(on(10)).when(send('WinOpportunity', {})).thenRefused('opportunity/closed-later');
    scene
      .at(on(10))
      .when(send('LoseOpportunity', { reason: 'price' }))
      .thenRefused('opportunity/closed-later');
    scene.at(on(25)).when(send('WinOpportunity', {})).thenRefused('opportunity/closed-later');
    scene
      .at(on(23))
      .when(send('ReopenOpportunity', { reason: 'they wrote' }))
      .thenRefused('opportunity/reopened-later');
    scene
      .at(on(23))
      .when(send('LoseOpportunity', { reason: 'price' }))
      .then();
    scene
      .at(on(24))
      .when(send('ReopenOpportunity', { reason: 'they called back' }))
      .then();
  });
  it('is a proposal of its own instant', () => {
    const offer = (day: number, minor: number) =>
      ({ type: 'ProposalSent', data: { opportunityId, amount: usd(minor) }, occurredAt: on(day) }) as const;
    const scene = given(...past, offer(5, 1000_00), offer(21, 9000_00));
    scene.at(on(10)).when(send('SendProposal', {})).then();
    scene
      .at(on(10))
      .when(send('SendProposal', { amount: usd(9000_00) }))
      .then({ type: 'ProposalSent', data: { opportunityId, amount: usd(9000_00) } });
  });
});
