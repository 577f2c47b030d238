import type { Instant, Json, StoredEvent, ValueFilter } from '@baton/kernel';
import { recorded } from '@baton/kernel/testing';
import { definitions, type DefinitionEvent } from '@baton/definitions';
import fc from 'fast-check';
import { always, DAY, hour, HOUR, minute, owing, world } from '../../../../test/support/lead-world';
import { modelsOf, pageOfList } from '../../../../test/support/read-models';
import { attempts, disposition, firstResponse } from '@baton/sla-clocks';
import { clockStatus } from '@baton/sla-clocks';
import { isCapturedLead, type CapturedLead } from '@baton/leads';
import { handoffs } from '../handoffs/handoffs.read-model';
import { boardClockOf, openClocksOf, slaCounts, whereClocks, workingOf, type ClockFilters } from './sla-board.query';
import { mergedWithOpenClocks, slaClocks } from './sla-clocks.read-model';
import { clockIdOf, slaStates, type SlaClockState } from './sla-clocks.rules';

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
/** The same story of another lead. */
const of = (leadId: string, events: readonly StoredEvent[]): StoredEvent[] =>
  JSON.parse(
    JSON.stringify(events).replace(uuid, `${leadId}-$&`).replaceAll('"leadId":"ada"', `"leadId":"${leadId}"`),
  ) as StoredEvent[];
const modelsFrom = (...stories: (readonly StoredEvent[])[]) =>
  modelsOf([slaClocks, handoffs, definitions], stories.flat());

type World = ReturnType<typeof world>;
const told = async (act: (ada: World) => Promise<unknown>, agreed = owing(hour)) => {
  const ada = world(agreed);
  await act(ada);
  return ada.events();
};
/** The open clocks of `ada`, as they stand at an instant. */
const clocksAt = async (models: Models, at: Instant) => {
  const merged = (await models.get(handoffs, 'ada'))?.merged ? ['ada'] : [];
  const open = (await openClocksOf(models, ['ada'])).get('ada') ?? [];
  return open.map((clock) => boardClockOf(clock, at, new Set(merged)));
};
const statesAt = async (events: readonly StoredEvent[], minutes: readonly number[]) => {
  const models = await modelsFrom(events);
  return Promise.all(minutes.map(async (at) => (await clocksAt(models, minute(at))).map(({ state }) => state)));
};
type Question = ClockFilters & { readonly at: Instant; readonly state?: SlaClockState };
type Models = Awaited<ReturnType<typeof modelsFrom>>;
/** All pages of the board from its beginning, or from its end. */
const allPages = async (models: Models, { at, state, ...filters }: Question, size = 2, backwards = false) => {
  const clocks = [];
  const totals = new Set<unknown>();
  const merged = await mergedWithOpenClocks(models);
  const asked = { at, given: { ...(state && { state }) }, where: whereClocks(filters) };
  for (let cursor: string | undefined; ;) {
    const page = backwards ? { last: size, before: cursor } : { first: size, after: cursor };
    const { nodes, pageInfo, totalCount } = await pageOfList(models, slaClocks, 'slaBoard', asked, page);
    const found = nodes.map((clock) => boardClockOf(clock, at, merged));
    if (backwards) clocks.unshift(...found);
    else clocks.push(...found);
    totals.add(typeof totalCount === 'function' ? await totalCount() : totalCount);
    cursor = (backwards ? pageInfo.startCursor : pageInfo.endCursor) ?? undefined;
    if (!(backwards ? pageInfo.hasPreviousPage : pageInfo.hasNextPage)) return { clocks, totals: [...totals] };
  }
};
const workingIn = async (models: Models, of: { readonly startedBy: string; readonly kind: string }) => {
  const clock = (await models.get(slaClocks, clockIdOf(of)))!;
  const working = (await workingOf(models, [clock])).get(clock)!;
  if (working instanceof Error) throw working;
  return working;
};

describe('a clock on the board', () => {
  it('is at risk from the warning of its policy, and breached at the due instant', async () => {
    const events = await told((ada) => ada.handedOff());
    expect(await statesAt(events, [0, 47, 48, 59, 60, 90])).toEqual(
      ['running', 'running', 'at risk', 'at risk', 'breached', 'breached'].map((state) => [state]),
    );
  });
  it('is at risk from 80 % of the time, if the policy has no warning', async () => {
    for (const escalation of [undefined, [{ afterBreach: 'PT0S', notify: 'manager' }]]) {
      const owed = firstResponse({ budget: 'PT10H', clock: 'wall-clock', ...(escalation && { escalation }) });
      const events = await told((ada) => ada.handedOff(), owing(owed));
      expect(await statesAt(events, [8 * HOUR - 1, 8 * HOUR])).toEqual([['running'], ['at risk']]);
    }
  });
  it('is warned of by the policy earlier or later than that', async () => {
    const events = await told(
      (ada) => ada.handedOff(),
      owing({ ...hour, escalation: [{ percent: 95, notify: 'rep' }] }),
    );
    expect(await statesAt(events, [56, 57])).toEqual([['running'], ['at risk']]);
  });
  it('stops while it is paused, and is at risk again after', async () => {
    const owed = {
      ...hour,
      pause: [{ event: 'TouchRecorded', where: [{ field: 'action', in: ['wait'] }] }],
      resume: [{ event: 'TouchRecorded', where: [{ field: 'action', in: ['go on'] }] }],
    };
    const events = await told(async (ada) => {
      await ada.handedOff();
      await ada.send('RecordTouch', 30, { action: 'wait', team: 'marketing' });
      await ada.send('RecordTouch', 1000, { action: 'go on', team: 'marketing' });
    }, owing(owed));
    expect(await statesAt(events.slice(0, -2), [900])).toEqual([['paused']]);
    expect(await statesAt(events, [1017, 1018, 1030])).toEqual([['running'], ['at risk'], ['breached']]);
  });
  it('keeps both results if the answer was recorded after the breach', async () => {
    const events = await told(async (ada) => {
      await ada.handedOff();
      await ada.send('AdvanceClock', 70);
      await ada.call(30);
    });
    const models = await modelsFrom(events);
    const { clocks } = await allPages(models, { at: minute(99), recordedLate: true });
    expect(clocks).toMatchObject([{ state: 'met', knownState: 'breached', metAt: minute(30) }]);
    expect(await slaCounts(models, { at: minute(99) })).toMatchObject({ met: 1, breached: 0 });
    expect(await slaCounts(models, { at: minute(99), recordedLate: true })).toMatchObject({ met: 1 });
    expect(await slaCounts(models, { at: minute(99), recordedLate: false })).toMatchObject({ met: 0 });
  });
  it('is breached by giving up, before it was due', async () => {
    const owed = attempts({ atLeast: 8, kinds: 2, budget: 'P21D', clock: 'wall-clock' });
    const events = await told(async (ada) => {
      await ada.handedOff();
      await ada.send('AcceptLead', 5);
      await ada.call(10);
      await ada.send('RejectLead', 20, { reason: 'no-answer' });
    }, owing(owed));
    const models = await modelsFrom(events);
    const { clocks } = await allPages(models, { at: minute(20), state: 'breached' });
    expect(clocks).toMatchObject([
      {
        kind: 'attempts',
        rep: 'rita',
        answers: 1,
        times: 8,
        kinds: 2,
        answerBy: minute(20),
        dueAt: minute(5 + 21 * DAY),
      },
    ]);
    expect(await clocksAt(models, minute(20))).toEqual([]); // no longer an obligation
  });
  it('names the queue of the lead', async () => {
    const routed = await told(
      async (ada) => {
        await ada.send('CaptureLead', -10, { source: 'web' });
        await ada.send('QualifyLead', -1);
        await ada.send('HandOffRoutedLead', 0, { rep: 'sam', queue: 'emea', choice: 'choice-1' });
        await ada.send('AcceptLead', 5);
      },
      owing(hour, attempts({ atLeast: 8, kinds: 2, budget: 'P21D', clock: 'wall-clock' })),
    );
    const models = await modelsFrom(routed, of('bob', await told((ada) => ada.handedOff())));
    const found = async (queue: string | ValueFilter) =>
      (await allPages(models, { at: minute(9), queue })).clocks.map(({ leadId, kind }) => `${leadId} ${kind}`).sort();
    expect(await found('emea')).toEqual(['ada attempts', 'ada first-response']);
    expect(await found({ none: true })).toEqual(['bob first-response']);
  });
});

describe('the board', () => {
  const day = firstResponse({ budget: 'P1D', clock: 'wall-clock' });
  /** Ada’s clock is at risk, bob’s runs, cy’s is breached, dan’s is met, eve’s is at risk and due before ada’s. */
  const board = async () => {
    const stories = { ada: 0, bob: 10 * HOUR, cy: -5 * HOUR, eve: -HOUR };
    const all = [];
    for (const [leadId, from] of Object.entries(stories)) {
      const events = await told(async (ada) => {
        if (from !== 0) await ada.send('CaptureLead', from - 2, { source: 'web' });
        await ada.handedOff(from);
      }, owing(day));
      all.push(of(leadId, events));
    }
    const met = await told(async (ada) => {
      await ada.handedOff();
      await ada.call(7);
    }, owing(day));
    return [...all, of('dan', met)];
  };
  const now = minute(22 * HOUR);
  it('lists what is at risk by due instant', async () => {
    const { clocks, totals } = await allPages(await modelsFrom(...(await board())), { at: now, state: 'at risk' }, 1);
    expect(clocks.map(({ leadId }) => leadId)).toEqual(['eve', 'ada']);
    expect(totals).toEqual([2]);
    expect(clocks[0]!.passed).toBeCloseTo(23 / 24, 9);
  });
  it('counts as many as it lists, in each state and in all', async () => {
    const models = await modelsFrom(...(await board()));
    const counts = await slaCounts(models, { at: now });
    expect(counts).toMatchObject({ running: 1, 'at risk': 2, breached: 1, met: 1, paused: 0 });
    for (const state of slaStates) {
      const { clocks, totals } = await allPages(models, { at: now, state }, 1);
      expect([state, clocks.length, ...totals]).toEqual([state, counts[state], counts[state]]);
      expect(clocks.every((clock) => clock.state === state)).toBe(true);
      expect((await allPages(models, { at: now, state }, 1, true)).clocks).toEqual(clocks);
    }
    expect((await allPages(models, { at: now })).clocks).toHaveLength(5);
  });
  it('can be limited to a period of due instants', async () => {
    const models = await modelsFrom(...(await board()));
    const period = { from: minute(23 * HOUR), to: minute(DAY) };
    const found = async (state?: 'at risk') =>
      (await allPages(models, { at: now, ...period, ...(state && { state }) })).clocks.map(({ leadId }) => leadId);
    expect(await found()).toEqual(['eve']);
    expect(await found('at risk')).toEqual(['eve']);
  });
  it('lets a merged lead’s clock wait until the merge is undone', async () => {
    const ada = world(owing(day));
    await ada.handedOff();
    await ada.send('FollowMerge', 10, { survivorId: 'bob', mergeNumber: 0 });
    const merged = await ada.events();
    await ada.send('FollowUnmerge', 2 * DAY, { survivorId: 'bob', mergeNumber: 0 });
    const apart = await ada.events();
    const others = (await board()).slice(1);
    const counts = async (events: readonly StoredEvent[], at = now) =>
      slaCounts(await modelsFrom(...others, events), { at });
    expect(await counts(merged)).toMatchObject({ waiting: 1, 'at risk': 1, breached: 1 });
    expect(await counts(merged, minute(3 * DAY))).toMatchObject({ waiting: 1, breached: 3 });
    expect(await counts(apart, minute(3 * DAY))).toMatchObject({ waiting: 0, breached: 4 });
    const models = await modelsFrom(...others, merged);
    for (const [state, leads] of [
      ['waiting', ['ada']],
      ['at risk', ['eve']],
    ] as const) {
      const { clocks, totals } = await allPages(models, { at: now, state }, 1);
      expect([clocks.map(({ leadId }) => leadId), totals]).toEqual([leads, [leads.length]]);
    }
  });
});

const office = {
  timeZone: 'Europe/Berlin',
  hours: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '09:00', to: '17:00' }],
  holidays: ['2024-01-18'],
};
const agreedHours = (body: object): StoredEvent[] =>
  (
    [
      {
        type: 'DefinitionProposed',
        data: {
          ...{ definitionId: 'business-calendar', number: 1, body: body as Json },
          ...{ reason: 'r', reviewBy: '2025-01-01' },
        },
      },
      { type: 'DefinitionPutInForce', data: { definitionId: 'business-calendar', number: 1, from: minute(always) } },
    ] as DefinitionEvent[]
  ).map((event) => recorded(event, { occurredAt: minute(always) }));
const calendar = agreedHours(office);
const paused = {
  pause: [{ event: 'TouchRecorded', where: [{ field: 'action', in: ['wait'] }] }],
  resume: [{ event: 'TouchRecorded', where: [{ field: 'action', in: ['go on'] }] }],
};
const inOffice = { 'business-calendar': [[always, office]] } as const;

describe('the calculation of a deadline', () => {
  it('names the counted and closed intervals, the holiday and the pause with its event', async () => {
    const owed = { ...hour, ...paused, budget: 'PT8H', clock: 'business-calendar' as const, escalation: [] };
    const events = await told(
      async (ada) => {
        await ada.handedOff(); // Wednesday, 11:00 in Berlin
        await ada.send('RecordTouch', 60, { action: 'wait', team: 'marketing' });
        await ada.send('RecordTouch', 120, { action: 'go on', team: 'marketing' });
      },
      { ...owing(owed), ...inOffice },
    );
    const models = await modelsFrom(events, calendar);
    const { startedBy, kind, dueAt, calendar: hoursOf } = (await clocksAt(models, minute(0)))[0]!;
    const working = await workingIn(models, { startedBy, kind });
    const hours = (from: string, to: string) => (Date.parse(to) - Date.parse(from)) / 3_600_000;
    expect(working.map((part) => [part.kind, hours(part.from, part.to)])).toEqual([
      ['counted', 1],
      ['paused', 1],
      ['counted', 4],
      ['closed', 7],
      ['holiday', 24],
      ['closed', 9],
      ['counted', 3],
    ]);
    expect(working[1]!.by).toBe(events.find(({ type, data }) => type === 'TouchRecorded' && 'action' in data)!.id);
    expect([working.at(-1)!.to, hoursOf]).toEqual([dueAt, 'business-calendar@1']);
  });
  it('is that of the calendar of the lead’s region, as recorded for the clock', async () => {
    const night = { code: 'night', for: [{ field: 'region', in: ['APAC'] }], ...office, holidays: [] };
    const body = {
      ...office,
      calendars: [{ ...night, hours: [{ days: ['wed', 'thu'], from: '20:00', to: '21:00' }] }],
    };
    const owed = { ...hour, budget: 'PT2H', clock: 'business-calendar' as const, escalation: [] };
    const events = await told(
      async (ada) => {
        await ada.send('CaptureLead', -10, { source: 'web', region: 'Apac' });
        await ada.handedOff(); // Wednesday, 11:00 in Berlin
      },
      { ...owing(owed), 'business-calendar': [[always, body]] } as never,
    );
    const models = await modelsFrom(events, agreedHours(body));
    const { startedBy, kind, dueAt } = (await clocksAt(models, minute(0)))[0]!;
    const working = await workingIn(models, { startedBy, kind });
    expect(working.map((part) => part.kind)).toEqual(['closed', 'counted', 'closed', 'counted']);
    expect([working.at(-1)!.to, dueAt]).toEqual(['2024-01-18T20:00:00.000Z', '2024-01-18T20:00:00.000Z']);
  });
});

const step = fc.record({
  after: fc.integer({ min: 0, max: 2 * DAY }),
  what: fc.constantFrom('call', 'wait', 'go on', 'accept', 'reject', 'recycle', 'again', 'merge', 'unmerge', 'late'),
});
describe('for any history', () => {
  const owed = [
    { ...hour, ...paused, clock: 'business-calendar' as const, budget: 'PT6H' },
    disposition({ budget: 'PT48H', clock: 'wall-clock', escalation: [{ percent: 50, notify: 'rep' }] }),
    attempts({ atLeast: 2, kinds: 2, budget: 'P7D', clock: 'wall-clock' }),
  ];
  const agreed = { ...owing(...owed), ...inOffice };
  const told = async (ada: World, { what }: { what: string }, at: number) => {
    const marketing = (action: string) => ada.send('RecordTouch', at, { action, team: 'marketing' });
    if (what === 'call') return ada.call(at, at % 2 === 0 ? 'call' : 'e-mail');
    if (what === 'late') return ada.call(Math.floor(at / 2));
    if (what === 'accept') return ada.send('AcceptLead', at);
    if (what === 'reject') return ada.send('RejectLead', at, { reason: 'no-answer' });
    if (what === 'recycle') return ada.send('RecycleLead', at, { reason: 'no-timing' });
    const { mergeNumber = -1 } = (ada.state() as CapturedLead).person;
    if (what === 'merge') return ada.send('FollowMerge', at, { survivorId: 'bob', mergeNumber: mergeNumber + 1 });
    if (what === 'unmerge') return ada.send('FollowUnmerge', at, { survivorId: 'bob', mergeNumber });
    if (what !== 'again') return marketing(what);
    await marketing('visit');
    await ada.send('QualifyLead', at);
    return ada.send('HandOffLead', at, { rep: 'sam' });
  };
  it('the board equals the state of the lead, and every calculation sums to its budget', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 10 }), fc.nat(3 * DAY), async (steps, later) => {
        const ada = world(agreed);
        await ada.handedOff();
        let at = 0;
        for (const each of steps) await told(ada, each, (at += each.after));
        const models = await modelsFrom(await ada.events(), calendar);
        const state = ada.state();
        if (!isCapturedLead(state)) throw new Error('ada is known');
        const { obligations, mergedInto } = state.person;
        const now = minute(at + later);
        const { clocks } = await allPages(models, { at: now }, 3);
        expect(clocks).toHaveLength(obligations.length);
        const counts: Record<string, number> = Object.fromEntries(slaStates.map((one) => [one, 0]));
        for (const known of obligations) {
          const clock = clocks.find(({ startedBy, kind }) => startedBy === known.startedBy && kind === known.kind)!;
          expect(clock).toMatchObject(JSON.parse(JSON.stringify(known)) as object);
          const verdict = clockStatus(known, now);
          const waits = mergedInto !== undefined && !known.breached && ['running', 'breached'].includes(verdict.state);
          const expected = waits ? ['waiting'] : verdict.paused ? ['paused'] : [verdict.state];
          if (expected[0] === 'running') expected.push('at risk');
          expect(expected).toContain(clock.state);
          counts[clock.state]!++;
          const working = await workingIn(models, known);
          const counted = working.filter(({ kind }) => kind === 'counted');
          const sum = counted.reduce((ms, { from, to }) => ms + Date.parse(to) - Date.parse(from), 0);
          if (known.dueAt === null) expect(sum).toBeLessThanOrEqual(known.budgetMs);
          else expect([sum, working.at(-1)!.to]).toEqual([known.budgetMs, known.dueAt]);
        }
        expect(await slaCounts(models, { at: now })).toEqual(counts);
      }),
      { numRuns: 60 },
    );
  });
});
