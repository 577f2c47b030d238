import { type Definition, type Json } from '@baton/kernel';
import { specFor } from '@baton/kernel/testing';
import { opportunityCommands } from './opportunity.events';
import { opportunityDecider } from './opportunity.decider';

const given = specFor(opportunityDecider);
const opportunityId = 'deal-1';
const eur = (minor: number) => ({ minor, currency: 'EUR' });
const on = (day: number) => `2024-01-${String(day).padStart(2, '0')}T00:00:00.000Z`;
const stage = (code: string, more: object = {}) => ({ code, category: 'pipeline', ...more });
const agreed = (version: number, ...pipelines: readonly object[]): Definition => ({
  ...{ kind: 'pipeline', version, ref: `pipeline@${version}` },
  body: { pipelines } as unknown as Json,
});
const sales = {
  code: 'sales',
  stages: [
    stage('discovery'),
    stage('demo', { exit: { criteria: { deal: 'amount', gte: 100 } } }),
    stage('paused', { category: 'omitted', exit: { criteria: { deal: 'owner', eq: 'nobody' }, enforced: true } }),
    stage('proposal', { proposal: true, exit: { criteria: { role: 'Champion', gte: 1 }, enforced: true } }),
    stage('signing', { exit: { criteria: { touches: {}, gte: 1 } } }),
  ],
};
const renewals = { code: 'renewals', stages: [stage('due'), stage('offered', { proposal: true })] };
const inForce = agreed(2, sales, renewals);

const opened = (more: object = {}) =>
  ({
    type: 'OpportunityOpened',
    data: { opportunityId, pipeline: 'sales', stage: 'discovery', definition: 'pipeline@2', ...more },
  }) as const;
const moved = (from: string, to: string, more: object = {}) =>
  ({ type: 'OpportunityStageMoved', data: { opportunityId, from, to, definition: 'pipeline@2', ...more } }) as const;
const proposed = { type: 'ProposalSent', data: { opportunityId, definition: 'pipeline@2' } } as const;
const lost = { type: 'OpportunityLost', data: { opportunityId, reason: 'price', leadIds: [] as string[] } } as const;
const open = (data: object = {}) => ({ type: 'OpenOpportunity', data: { opportunityId, ...data } }) as const;
const move = (to: string, more: object = {}) =>
  ({ type: 'MoveOpportunityStage', data: { opportunityId, to, ...more } }) as const;
const reopen = (more: object = {}) =>
  ({ type: 'ReopenOpportunity', data: { opportunityId, reason: 'they wrote', ...more } }) as const;
const win = { type: 'WinOpportunity', data: { opportunityId } } as const;
const champion = { type: 'ContactRoleAdded', data: { opportunityId, leadId: 'ann', role: 'champion' } } as const;

describe('a deal, without an agreed pipeline', () => {
  it('names its pipeline and stage as the team likes', () => {
    const free = { type: 'OpportunityOpened', data: { opportunityId, pipeline: 'any', stage: 'some' } } as const;
    given()
      .when(open({ pipeline: 'any', stage: 'some' }))
      .then(free);
    given(free)
      .when(move('other', { pipeline: 'another' }))
      .then({
        type: 'OpportunityStageMoved',
        data: { opportunityId, from: 'some', to: 'other', pipeline: 'another' },
      });
  });
});

describe('a deal, with agreed pipelines', () => {
  it('opens in the first pipeline and its first stage, or where the command says', () => {
    given().under(inForce).when(open()).then(opened());
    given()
      .under(inForce)
      .when(open({ pipeline: 'renewals' }))
      .then(opened({ pipeline: 'renewals', stage: 'due' }));
    given()
      .under(inForce)
      .when(open({ stage: 'demo' }))
      .then(opened({ stage: 'demo' }));
  });
  it('is refused a pipeline or a stage outside of them', () => {
    const scene = given().under(inForce);
    scene.when(open({ pipeline: 'partners' })).thenRefused('opportunity/unknown-pipeline', 'pipeline');
    scene.when(open({ stage: 'due' })).thenRefused('opportunity/unknown-stage', 'stage');
    const known = given(opened()).under(inForce);
    known.when(move('Demo')).thenRefused('opportunity/unknown-stage', 'to');
    known.when(move('due')).thenRefused('opportunity/unknown-stage', 'to');
    known.when(move('due', { pipeline: 'partners' })).thenRefused('opportunity/unknown-pipeline', 'pipeline');
    given(opened(), lost)
      .under(inForce)
      .when(reopen({ stage: 'due' }))
      .thenRefused('opportunity/unknown-stage', 'stage');
  });
  it('moves to another pipeline, once', () => {
    const other = moved('discovery', 'due', { pipeline: 'renewals' });
    given(opened())
      .under(inForce)
      .when(move('due', { pipeline: 'renewals' }))
      .then(other);
    given(opened(), other)
      .under(inForce)
      .when(move('due', { pipeline: 'renewals' }))
      .then();
    given(opened(), other).under(inForce).when(move('offered')).then(moved('due', 'offered'), proposed);
  });
  it('that was opened before they were agreed is in the first', () =>
    given({ type: 'OpportunityOpened', data: { opportunityId, stage: 'open' } })
      .under(inForce)
      .when(move('demo'))
      .then(moved('open', 'demo', { pipeline: 'sales' })));
  it('in a stage that has left its pipeline moves on, and is reopened in another one only', () => {
    const later = agreed(3, { code: 'sales', stages: [stage('demo'), stage('signing')] });
    given(opened())
      .under(later)
      .when(move('demo'))
      .then(moved('discovery', 'demo', { definition: 'pipeline@3' }));
    const scene = given(opened(), lost).under(later);
    scene.when(reopen()).thenRefused('opportunity/unknown-stage', 'stage');
    scene.when(reopen({ stage: 'demo' })).then({
      type: 'OpportunityReopened',
      data: { opportunityId, reason: 'they wrote', stage: 'demo', definition: 'pipeline@3' },
    });
  });
  it('whose pipeline has left names another one', () => {
    const later = agreed(3, renewals);
    given(opened()).under(later).when(move('demo')).thenRefused('opportunity/unknown-pipeline', 'pipeline');
    given(opened())
      .under(later)
      .when(move('due', { pipeline: 'renewals' }))
      .then(moved('discovery', 'due', { pipeline: 'renewals', definition: 'pipeline@3' }));
  });
});

describe('a stage that stands for a proposal', () => {
  it('records one, with the amount of the deal', () =>
    given(opened({ amount: eur(100_00) }))
      .under(inForce)
      .when(move('proposal'))
      .then(moved('discovery', 'proposal'), {
        ...proposed,
        data: { ...proposed.data, amount: eur(100_00) },
      }));
  it('records none where one was sent before', () =>
    given(opened({ amount: eur(100_00) }), { type: 'ProposalSent', data: { opportunityId } })
      .under(inForce)
      .when(move('proposal'))
      .then(moved('discovery', 'proposal')));
  it('counts for a deal that is opened there, and not again after a reopening', () => {
    const there = opened({ stage: 'proposal' });
    given()
      .under(inForce)
      .when(open({ stage: 'proposal' }))
      .then(there, proposed);
    given(there, proposed, lost)
      .under(inForce)
      .when(reopen({ stage: 'proposal' }))
      .then({
        type: 'OpportunityReopened',
        data: { opportunityId, reason: 'they wrote', stage: 'proposal', definition: 'pipeline@2' },
      });
  });
});

describe('exit criteria', () => {
  const inDemo = [opened({ amount: eur(99_99) }), moved('discovery', 'demo')] as const;
  it('that are not met are said by the move', () =>
    given(...inDemo)
      .under(inForce)
      .when(move('proposal'))
      .then(moved('demo', 'proposal', { missing: 'demo: amount gte 100' }), {
        ...proposed,
        data: { ...proposed.data, amount: eur(99_99) },
      }));
  it('count for each stage that is passed, but not on the way back, nor of what is not forecast', () => {
    given(opened(), moved('discovery', 'signing')).under(inForce).when(move('demo')).then(moved('signing', 'demo'));
    given(opened({ amount: eur(1) }), moved('discovery', 'proposal'), champion)
      .under(inForce)
      .when(move('signing'))
      .then(moved('proposal', 'signing'));
    given(opened(), champion)
      .under(inForce)
      .when(move('signing'))
      .then(moved('discovery', 'signing', { missing: 'demo: amount gte 100' }));
  });
  it('refuse the move, or the win, where they are enforced', () => {
    const there = [opened({ amount: eur(100_00) }), moved('discovery', 'proposal'), proposed] as const;
    given(...there)
      .under(inForce)
      .when(move('signing'))
      .thenRefused('opportunity/exit-criteria-not-met', 'to');
    given(...there)
      .under(inForce)
      .when(win)
      .thenRefused('opportunity/exit-criteria-not-met', 'opportunityId');
    given(...there, champion)
      .under(inForce)
      .when(win)
      .then({ type: 'OpportunityWon', data: { opportunityId, amount: eur(100_00), leadIds: ['ann'] } });
    given(opened(), moved('discovery', 'paused'))
      .under(inForce)
      .when(move('proposal'))
      .thenRefused('opportunity/exit-criteria-not-met', 'to');
  });
  it('of a win say what was missing', () =>
    given(opened(), champion)
      .under(inForce)
      .when(win)
      .then({
        type: 'OpportunityWon',
        data: { opportunityId, definition: 'pipeline@2', missing: 'demo: amount gte 100', leadIds: ['ann'] },
      }));
  it('count days from the instant of the move, a day or an hour', () => {
    const slow = agreed(2, {
      code: 'sales',
      stages: [
        stage('discovery', {
          exit: {
            criteria: {
              all: [
                { days: 'in-stage', gte: 2 },
                { days: 'open', gte: 4 },
                { days: 'to-close', gt: 1 },
              ],
            },
            enforced: true,
          },
        }),
        stage('demo'),
      ],
    });
    const past = [
      { ...opened({ stage: 'demo', expectedCloseOn: '2024-01-08' }), occurredAt: on(1) },
      { ...moved('demo', 'discovery'), occurredAt: on(4) },
    ];
    const scene = given(...past).under(slow);
    scene.at(on(5)).when(move('demo')).thenRefused('opportunity/exit-criteria-not-met');
    scene.at(on(6)).when(move('demo')).then(moved('discovery', 'demo'));
    scene.at(on(7)).when(move('demo')).thenRefused('opportunity/exit-criteria-not-met');
    given(
      ...past,
      { ...lost, occurredAt: on(5) },
      { type: 'OpportunityReopened', data: { opportunityId, reason: 'x' }, occurredAt: on(6) },
    )
      .under(slow)
      .at('2024-01-06T12:00:00.000Z')
      .when(move('demo'))
      .thenRefused('opportunity/exit-criteria-not-met');
  });
});

describe('every command on a deal', () => {
  it('may be dated', () =>
    expect([...opportunityCommands.schemas.values()].filter(({ datable }) => !datable)).toEqual([]));
});
