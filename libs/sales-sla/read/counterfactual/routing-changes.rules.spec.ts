import { Refused, type Definition, type Instant, type StoredEvent } from '@baton/kernel';
import { recorded } from '@baton/kernel/testing';
import type { Routing } from '@baton/definitions';
import type { LeadEvent } from '@baton/leads';
import { routingDecider } from '@baton/routing';
import type { RoutingCommand, RoutingEvent } from '@baton/routing';
import { RoutingReplay, type Scenario } from './routing-changes.rules';

const agreed: Routing = { handoffOwner: 'olga', rules: [], otherwise: 'all' };
const definition = (): Definition => ({ kind: 'routing', version: 1, ref: 'routing@1', body: agreed as never });
const hour = (after: number): Instant => new Date(Date.UTC(2024, 0, 1, after)).toISOString();

/** A simulated queue, hour by hour, and its log. */
const lived = () => {
  const log: StoredEvent<LeadEvent | RoutingEvent>[] = [];
  let queue = routingDecider.initialState();
  let at = 0;
  const tell = (type: RoutingCommand['type'], data: object) => {
    const meta = { commandId: '', actor: 'rita', origin: 'person' } as const;
    const command = { type, data: { routingId: 'all', ...data }, meta } as RoutingCommand;
    const decided = routingDecider.decide(queue, command, { now: hour(at), mode: 'live', definition, idOf: () => '' });
    if (decided instanceof Refused) throw decided;
    for (const fact of decided) {
      const event = recorded(fact as RoutingEvent, { occurredAt: hour(at) });
      queue = routingDecider.evolve(queue, event);
      log.push(event);
    }
  };
  return {
    log,
    tell,
    qualified: (leadId: string, facts: object = {}) => {
      at++;
      const said = { leadId, definition: 'mql@1' };
      log.push(
        recorded<LeadEvent>({ type: 'LeadCaptured', data: { leadId, ...facts } }, { occurredAt: hour(at) }),
        recorded<LeadEvent>({ type: 'LeadQualified', data: said }, { occurredAt: hour(at) }),
      );
      tell('ChooseRep', { leadId, rule: 'otherwise' });
    },
    replay: (supposed: Partial<Scenario>) => {
      const rules = { routingAt: () => ({ definition: 'routing@1', body: agreed }), routedAt: () => true };
      const replay = new RoutingReplay({ ...rules, weights: {}, ...supposed });
      for (const event of log) replay.see(event);
      return replay.result();
    },
  };
};
const leads = (many: number, from = 0) => Array.from({ length: many }, (_, index) => `lead-${from + index}`);
const shares = ({ byRep }: ReturnType<RoutingReplay['result']>) =>
  Object.fromEntries(byRep.map(({ rep, baseline, alternative }) => [rep, [baseline, alternative]]));

const team = () => {
  const world = lived();
  for (const [rep, weight] of [['ann', 200] as const, ['bob', 100] as const, ['cyd', 100] as const])
    world.tell('JoinQueue', { rep, weight });
  return world;
};

describe('reassigned leads', () => {
  it('go to the same reps under the same rules and weights, including absences and returns', () => {
    const { tell, qualified, replay } = team();
    leads(20).forEach((leadId) => qualified(leadId));
    tell('MarkRepAbsent', { rep: 'ann' });
    leads(10, 20).forEach((leadId) => qualified(leadId));
    tell('UnassignLead', { leadId: 'lead-25' });
    tell('MarkRepAvailable', { rep: 'ann' });
    tell('LeaveQueue', { rep: 'cyd' });
    leads(12, 30).forEach((leadId) => qualified(leadId));
    tell('JoinQueue', { rep: 'cyd', weight: 300 });
    leads(18, 42).forEach((leadId) => qualified(leadId));
    expect(replay({})).toMatchObject({ qualified: 60, differing: [] });
    expect(replay({ from: hour(15) })).toMatchObject({ differing: [] });
  });

  it('follow other weights: 200/100/100 over 60 gave 30/15/15, 100/100/200 would give 15/15/30', () => {
    const { qualified, replay } = team();
    leads(60).forEach((leadId) => qualified(leadId));
    const result = replay({ weights: { all: { ann: 100, cyd: 200 } } });
    expect(shares(result)).toEqual({ ann: [30, 15], bob: [15, 15], cyd: [15, 30] });
    expect(result.differing.length).toBeGreaterThanOrEqual(15);
    expect(result.differing.every(({ baseline, alternative }) => baseline !== alternative)).toBe(true);
    expect(shares(replay({ weights: { all: { bob: 0 } } }))).toEqual({ ann: [30, 40], bob: [15, 0], cyd: [15, 20] });
  });

  it('differ only from the beginning of the period', () => {
    const { qualified, replay } = team();
    leads(40).forEach((leadId) => qualified(leadId));
    const result = replay({ weights: { all: { ann: 100 } }, from: hour(21), to: hour(33) });
    expect(result.qualified).toBe(12);
    expect(shares(result)).toEqual({ ann: [6, 4], bob: [3, 4], cyd: [3, 4] });
  });

  it('follow other rules, with reps that were in no queue, and their absences', () => {
    const { tell, qualified, replay } = team();
    const body: Routing = {
      ...agreed,
      rules: [{ name: 'large', when: [{ field: 'employees', atLeast: 1000 }], queue: 'key-accounts' }],
    };
    qualified('small', { employees: 10 });
    qualified('large', { employees: 5000 });
    tell('MarkRepAbsent', { rep: 'cyd' });
    qualified('larger', { employees: 6000 });
    const supposed = { routingAt: () => ({ definition: 'given', body }), weights: { 'key-accounts': { cyd: 100 } } };
    const { differing } = replay(supposed);
    expect(differing).toMatchObject([
      { leadId: 'large', baseline: 'bob', alternative: 'cyd', by: 'turn', rule: 'large' },
      { leadId: 'larger', baseline: 'ann', alternative: 'olga', by: 'handoff-owner', queue: 'key-accounts' },
    ]);
  });

  it('that people handed off are compared with the chosen rep', () => {
    const replay = new RoutingReplay({
      routedAt: () => false,
      routingAt: () => ({ definition: 'given', body: agreed }),
      weights: { all: { ann: 100, bob: 100 } },
    });
    for (const leadId of ['one', 'two']) {
      const said = { leadId, definition: 'mql@1' };
      replay.see(recorded<LeadEvent>({ type: 'LeadQualified', data: said }));
      replay.see(recorded<LeadEvent>({ type: 'LeadHandedOff', data: { ...said, rep: 'ann', count: 1 } }));
    }
    const result = replay.result();
    expect(shares(result)).toEqual({ ann: [2, 1], bob: [0, 1] });
    expect(result.differing).toMatchObject([{ leadId: 'two', baseline: 'ann', alternative: 'bob', by: 'turn' }]);
  });
});
