import fc from 'fast-check';
import {
  Accepted,
  catalogueOf,
  DecisionContext,
  handle,
  NoDefinitions,
  type Context,
  type Definition,
} from '@baton/kernel';
import { FixedClock, specFor } from '@baton/kernel/testing';
import { EmbeddedEventLog, SealedJournal } from '@baton/platform/event-log';
import { MemoryKeyStore } from '@baton/platform/keys';
import { routingDecider } from './routing.decider';
import { routingEvents, type RoutingCommand, type RoutingEvent } from './routing.events';
import { isPresent, levelOf } from './routing.model';

const agreed: Definition = {
  kind: 'routing',
  version: 2,
  ref: 'routing@2',
  body: { handoffOwner: 'hanna', rules: [], otherwise: 'emea' },
};
const given = specFor(routingDecider);
const routingId = 'emea';
const joined = (rep: string, weight = 1): RoutingEvent => ({ type: 'RepJoined', data: { routingId, rep, weight } });
const absent = (rep: string): RoutingEvent => ({ type: 'RepMarkedAbsent', data: { routingId, rep } });
const returned = (rep: string): RoutingEvent => ({ type: 'RepMarkedAvailable', data: { routingId, rep } });
const calibrated = (rep: string, base: number): RoutingEvent => ({
  type: 'RepBaselineSet',
  data: { routingId, rep, base },
});
const chosen = (rep: string, leadId = 'ada', by: 'turn' | 'handoff-owner' = 'turn'): RoutingEvent => ({
  type: 'RepChosen',
  data: { routingId, leadId, rep, definition: 'routing@2', rule: 'otherwise', by, standings: [] },
});
const join = (rep: string, weight = 1) => ({ type: 'JoinQueue' as const, data: { routingId, rep, weight } });
const toRep = (type: 'LeaveQueue' | 'MarkRepAbsent' | 'MarkRepAvailable', rep: string) => ({
  type,
  data: { routingId, rep },
});
const giveBack = (leadId: string, choice?: string) => ({
  type: 'UnassignLead' as const,
  data: { routingId, leadId, ...(choice && { choice }) },
});
const choose = (owner?: string, leadId = 'lea') => ({
  type: 'ChooseRep' as const,
  data: { routingId, leadId, rule: 'otherwise', ...(owner && { owner }) },
});
const choice = (...past: RoutingEvent[]) => ({
  for: (owner?: string) => {
    const decided = given(...past)
      .under(agreed)
      .when(choose(owner))
      .decided() as readonly RoutingEvent[];
    return decided[0]!.data as Extract<RoutingEvent, { type: 'RepChosen' }>['data'];
  },
});

describe('the rep for a lead', () => {
  it('is the one with the lowest load for the weight, and the event gives the reason', () =>
    given(joined('rita', 2), joined('sam'), chosen('rita'), chosen('sam'))
      .under(agreed)
      .when(choose())
      .then({
        type: 'RepChosen',
        data: {
          routingId,
          leadId: 'lea',
          rep: 'rita',
          definition: 'routing@2',
          rule: 'otherwise',
          by: 'turn',
          standings: [
            { rep: 'rita', load: 1, weight: 2 },
            { rep: 'sam', load: 1, weight: 1 },
          ],
        },
      }));
  it('is nobody who is not at work, and the stand-in of the handoff owner where nobody is left', () => {
    const asked = (owner: string, more: object) =>
      (
        given(joined('rita'), joined('sam'), chosen('sam'))
          .under(agreed)
          .when({ type: 'ChooseRep', data: { ...choose(owner).data, ...more } })
          .decided() as readonly RoutingEvent[]
      )[0]!.data;
    expect(asked('rita', { notAtWork: ['rita'] })).toMatchObject({
      ...{ rep: 'sam', by: 'turn', notAtWork: ['rita'] },
      standings: [{ rep: 'sam', load: 1, weight: 1 }],
    });
    const all = { notAtWork: ['rita', 'sam'] };
    expect(asked('rita', all)).toMatchObject({ rep: 'hanna', by: 'handoff-owner', standings: [] });
    expect(asked('rita', { ...all, standIn: 'mona' })).toMatchObject({ rep: 'mona', by: 'handoff-owner' });
  });
  it('is the smaller id of two equal ones', () => expect(choice(joined('sam'), joined('rita')).for().rep).toBe('rita'));
  it('is the owner of the account out of turn, if present', () => {
    const reps = [joined('rita'), joined('sam'), chosen('sam')];
    expect(choice(...reps).for('sam')).toMatchObject({ rep: 'sam', by: 'account-owner' });
    expect(choice(...reps, absent('sam')).for('sam')).toMatchObject({ rep: 'rita', by: 'turn' });
    expect(choice(...reps).for('somebody')).toMatchObject({ rep: 'rita', by: 'turn' });
  });
  it('is the handoff owner if all are absent, or the queue has no members', () => {
    const alone = { rep: 'hanna', by: 'handoff-owner', standings: [] };
    expect(choice(joined('rita'), absent('rita')).for()).toMatchObject(alone);
    expect(choice().for()).toMatchObject(alone);
  });
  it('needs agreed rules', () => given(joined('rita')).when(choose()).thenRefused('routing/no-definition'));
  it('is one whose lead came back', () =>
    expect(
      choice(joined('rita'), joined('sam'), chosen('rita', 'x'), chosen('sam', 'y'), {
        type: 'LeadUnassigned',
        data: { routingId, leadId: 'y', rep: 'sam' },
      }).for().rep,
    ).toBe('sam'));
});

describe('joining and leaving', () => {
  const twice = [joined('rita'), chosen('rita', 'a'), chosen('rita', 'b')];
  it('a new member starts at the lowest level of those present', () => {
    given().when(join('rita')).then(joined('rita'));
    given(...twice)
      .when(join('sam', 3))
      .then(joined('sam', 3), calibrated('sam', 6));
  });
  it('joining again changes nothing; with another weight the turn stays the same', () => {
    given(...twice)
      .when(join('rita'))
      .then();
    given(...twice)
      .when(join('rita', 5))
      .then(joined('rita', 5), calibrated('rita', 8));
  });
  it('missed turns are not made up after an absence', () => {
    const away = [...twice, joined('sam'), absent('sam')];
    given(...away)
      .when(toRep('MarkRepAvailable', 'sam'))
      .then(returned('sam'), calibrated('sam', 2));
    given(...away, returned('sam'))
      .when(toRep('MarkRepAvailable', 'sam'))
      .then();
    given().when(toRep('MarkRepAvailable', 'sam')).thenRefused('routing/not-in-queue', 'rep');
  });
  it('a rep above the others keeps the level', () =>
    given(...twice, absent('rita'), joined('sam'))
      .when(toRep('MarkRepAvailable', 'rita'))
      .then(returned('rita')));
  it('an absence is recorded once', () => {
    given(...twice)
      .when(toRep('MarkRepAbsent', 'rita'))
      .then(absent('rita'));
    given(...twice, absent('rita'))
      .when(toRep('MarkRepAbsent', 'rita'))
      .then();
    given(...twice)
      .when(toRep('MarkRepAbsent', 'sam'))
      .thenRefused('routing/not-in-queue', 'rep');
  });
  it('a rep who left may join again', () => {
    const left: RoutingEvent = { type: 'RepLeft', data: { routingId, rep: 'rita' } };
    given(...twice)
      .when(toRep('LeaveQueue', 'rita'))
      .then(left);
    given(...twice, left)
      .when(toRep('LeaveQueue', 'rita'))
      .then();
    given(...twice, left)
      .when(toRep('MarkRepAbsent', 'rita'))
      .thenRefused('routing/not-in-queue', 'rep');
    given(...twice, left)
      .when(join('rita'))
      .then(joined('rita'));
    given().when(toRep('LeaveQueue', 'rita')).thenRefused('routing/not-in-queue', 'rep');
  });
  it('a lead that was routed twice comes back from the named choice', () => {
    const again = [joined('rita'), chosen('rita', 'a'), joined('sam'), chosen('sam', 'a')];
    const back = (rep: string, choice: string): RoutingEvent => ({
      type: 'LeadUnassigned',
      data: { routingId, leadId: 'a', rep, choice },
    });
    given(...again)
      .when(giveBack('a', 'event-1'))
      .then(back('rita', 'event-1'));
    given(...again, back('rita', 'event-1'))
      .when(giveBack('a', 'event-1'))
      .then();
    given(...again, back('rita', 'event-1'))
      .when(giveBack('a'))
      .then(back('sam', 'event-3'));
    given(...again)
      .when(giveBack('a', 'event-9'))
      .thenRefused('routing/not-assigned', 'leadId');
  });
  it('a lead comes back once', () => {
    const back: RoutingEvent = {
      type: 'LeadUnassigned',
      data: { routingId, leadId: 'b', rep: 'rita', choice: 'event-2' },
    };
    given(...twice)
      .when(giveBack('b'))
      .then(back);
    given(...twice, back)
      .when(giveBack('b'))
      .then();
    given(...twice)
      .when(giveBack('z'))
      .thenRefused('routing/not-assigned', 'leadId');
    given(chosen('hanna', 'h', 'handoff-owner'))
      .when(giveBack('h'))
      .thenRefused('routing/not-assigned', 'leadId');
  });
});

describe('a queue over time', () => {
  const definitions = {
    forKinds: async (kinds: readonly string[]) => (kind: string) => (kinds.includes(kind) ? agreed : undefined),
  };
  const clock = new FixedClock();
  let log: EmbeddedEventLog;
  let journal: SealedJournal;
  let context: DecisionContext;
  let sent = 0;
  const restart = () => (context = new DecisionContext(clock, definitions));
  const send = async (command: Omit<RoutingCommand, 'meta'>) => {
    const meta = { commandId: `command-${sent++}`, actor: 'tester', origin: 'person' as const };
    expect(
      await handle(journal, routingDecider, routingId, { ...command, meta } as RoutingCommand, context),
    ).toBeInstanceOf(Accepted);
  };
  const shares = async () => {
    const counts: Record<string, number> = {};
    for (const { type, data } of await journal.read(`routing-${routingId}`))
      if (type === 'RepChosen')
        counts[(data as { rep: string }).rep] = (counts[(data as { rep: string }).rep] ?? 0) + 1;
    return counts;
  };
  beforeEach(async () => {
    log = EmbeddedEventLog.open(':memory:', clock);
    journal = new SealedJournal(log, catalogueOf([routingEvents]), new MemoryKeyStore());
    restart();
    for (const [rep, weight] of [
      ['ann', 200],
      ['bob', 100],
      ['cem', 100],
    ] as const)
      await send(join(rep, weight));
  });
  afterEach(() => log.close());

  it('gives 60 leads 30, 15 and 15 to weights of 200, 100 and 100, also through restarts', async () => {
    for (let lead = 0; lead < 60; lead++) {
      if (lead % 7 === 0) restart();
      await send(choose(undefined, `lead-${lead}`));
    }
    expect(await shares()).toEqual({ ann: 30, bob: 15, cem: 15 });
  });
  it('and with 20 at once', async () => {
    for (let round = 0; round < 3; round++)
      await Promise.all(Array.from({ length: 20 }, (_, lead) => send(choose(undefined, `lead-${round}-${lead}`))));
    expect(await shares()).toEqual({ ann: 30, bob: 15, cem: 15 });
  });
  it('gives an absent rep nothing, and nothing more on return', async () => {
    const some = async (count: number) => {
      for (let lead = 0; lead < count; lead++) await send(choose(undefined, `lead-${sent}`));
    };
    await some(8);
    await send(toRep('MarkRepAbsent', 'cem'));
    const before = (await shares())['cem'];
    await some(30);
    expect((await shares())['cem']).toBe(before);
    await send(toRep('MarkRepAvailable', 'cem'));
    const then = await shares();
    await some(40);
    const now = await shares();
    expect(Object.keys(now).map((rep) => now[rep]! - then[rep]!)).toEqual([20, 10, 10]);
  });
  it('no definitions, no choice', async () => {
    context = new DecisionContext(clock, new NoDefinitions());
    const meta = { commandId: 'alone', actor: 'tester', origin: 'person' as const };
    expect(await handle(journal, routingDecider, routingId, { ...choose(), meta }, context)).not.toBeInstanceOf(
      Accepted,
    );
  });
});

describe('for any coming and going', () => {
  const rep = fc.constantFrom('ann', 'bob', 'cem', 'dee');
  const command = fc.oneof(
    { weight: 6, arbitrary: fc.constant(choose()) },
    fc.tuple(rep, fc.integer({ min: 1, max: 9 })).map(([who, weight]) => join(who, weight)),
    fc
      .tuple(fc.constantFrom('LeaveQueue', 'MarkRepAbsent', 'MarkRepAvailable'), rep)
      .map(([type, who]) => toRep(type, who)),
    fc.constant(giveBack('lea')),
  );
  it('only present reps are chosen, at the lowest level, and a new member is not behind', () =>
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
        let state = routingDecider.initialState();
        const context: Context = {
          now: '2024-01-01T00:00:00.000Z',
          mode: 'live',
          definition: () => agreed,
          idOf: String,
        };
        for (const each of commands) {
          const decided = routingDecider.decide(state, { ...each, meta: {} } as unknown as RoutingCommand, context);
          if ('code' in decided) continue;
          const present = Object.values(state.reps).filter(isPresent);
          const lowest = Math.min(...present.map(levelOf));
          for (const { type, data } of decided) {
            if (type === 'RepChosen' && data.by === 'turn') {
              const who = present.find((other) => other.rep === data.rep);
              expect(who && levelOf(who)).toBe(lowest);
            }
            if (type === 'RepChosen' && present.length === 0) expect(data.rep).toBe('hanna');
            state = routingDecider.evolve(state, { type, data, id: '', occurredAt: context.now } as never);
          }
          const came = decided.find(({ type }) => type === 'RepJoined' || type === 'RepMarkedAvailable');
          if (!came) continue;
          const who = state.reps[(came.data as { rep: string }).rep]!;
          const others = Object.values(state.reps).filter((other) => isPresent(other) && other !== who);
          if (isPresent(who) && others.length > 0 && !present.some((other) => other.rep === who.rep))
            expect(levelOf(who)).toBeGreaterThanOrEqual(Math.min(...others.map(levelOf)));
        }
      }),
      { numRuns: 200 },
    ));
});
