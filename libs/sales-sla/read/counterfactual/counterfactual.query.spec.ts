import fc from 'fast-check';
import {
  catalogueOf,
  DecisionContext,
  fromMs,
  handle,
  Refused,
  toMs,
  type Definition,
  type DefinitionSource,
  type Instant,
  type Json,
  type StoredEvent,
} from '@baton/kernel';
import { FixedClock } from '@baton/kernel/testing';
import type { BusinessCalendar, SlaPolicy } from '@baton/definitions';
import { EmbeddedEventLog, SealedJournal } from '@baton/platform/event-log';
import { MemoryKeyStore } from '@baton/platform/keys';
import { attempts, disposition, firstResponse } from '@baton/sla-clocks';
import { leadDecider } from '@baton/leads';
import { leadEvents, type LeadCommand, type LeadEvent } from '@baton/leads';
import { routingEvents } from '@baton/routing';
import { counterfactual, type CounterfactualQuestion } from './counterfactual.query';

const ZERO = toMs('2024-01-17T10:00:00.000Z'); // a Wednesday
const minute = (after: number): Instant => fromMs(ZERO + after * 60_000);
const HOUR = 60;
const DAY = 24 * HOUR;

const within = (budget: string, clock: 'wall-clock' | 'business-calendar' = 'wall-clock'): SlaPolicy => ({
  obligations: [firstResponse({ budget, clock, immediate: ['duplicate'] })],
});
const json = (body: SlaPolicy | BusinessCalendar) => body as unknown as Json;
/** Agreed versions by kind, all in force from the beginning; the last one decides. */
const source = (agreed: Readonly<Record<string, readonly unknown[]>>): DefinitionSource => ({
  forKinds: async () => (kind, at) => {
    const versions = agreed[kind] ?? [];
    const version = typeof at === 'number' ? at : versions.length;
    const body = versions[version - 1];
    return body === undefined ? undefined : ({ kind, version, ref: `${kind}@${version}`, body } as Definition);
  },
});

const logs: EmbeddedEventLog[] = [];
afterEach(() => logs.splice(0).forEach((log) => void log.close()));
const world = (agreed: Readonly<Record<string, readonly unknown[]>>) => {
  const definitions = source({ mql: [{}], sql: [{}], ...agreed });
  const clock = new FixedClock(minute(0));
  const log = EmbeddedEventLog.open(':memory:', clock);
  logs.push(log);
  const journal = new SealedJournal(log, catalogueOf([leadEvents, routingEvents]), new MemoryKeyStore());
  const context = new DecisionContext(new FixedClock(minute(365 * DAY)), definitions);
  let sent = 0;
  const send = async (leadId: string, type: LeadCommand['type'], at: number, data: object = {}) => {
    const meta = { commandId: `command-${sent++}`, actor: 'rita', origin: 'person', occurredAt: minute(at) };
    return handle(journal, leadDecider, leadId, { type, data: { leadId, ...data }, meta } as LeadCommand, context);
  };
  return {
    ...{ log, send, journal },
    handedOff: async (leadId: string, at: number, rep = 'rita') => {
      await send(leadId, 'CaptureLead', at - 10, { source: 'web' });
      await send(leadId, 'QualifyLead', at - 1);
      await send(leadId, 'HandOffLead', at, { rep });
    },
    call: (leadId: string, at: number) =>
      send(leadId, 'RecordTouch', at, { team: 'sales', direction: 'outbound', action: 'call' }),
    ask: (question: Partial<CounterfactualQuestion>, most?: number) =>
      counterfactual({ log, journal, definitions }, { at: minute(30 * DAY), ...question }, most),
    events: async () => {
      const { events } = await log.readAll('', {}, 100_000);
      return events.map((event) => journal.decode(event)) as StoredEvent<LeadEvent>[];
    },
  };
};

describe('the same log under another policy', () => {
  it('lists the breaches gained, lost and kept, with rep, due instants and answer', async () => {
    const { handedOff, call, ask, log } = world({ 'sla-policy': [within('PT1H')] });
    await handedOff('quick', 0);
    await handedOff('slow', 0, 'raj');
    await handedOff('never', 0);
    await call('quick', 30);
    await call('slow', 90);
    const tip = await log.tip();

    const strict = await ask({ policy: json(within('PT10M')) });
    expect(strict.position).toBe(tip);
    expect(strict.sla!.total).toEqual({
      ...{ key: null, clocks: 3, baseline: 2, alternative: 3, gained: 1, lost: 0, kept: 2 },
    });
    expect(strict.sla!.breaches.find(({ change }) => change === 'gained')).toMatchObject({
      ...{ leadId: 'quick', kind: 'first-response', rep: 'rita', startedAt: minute(0) },
      baseline: { definition: 'sla-policy@1', dueAt: minute(60), answeredAt: minute(30), state: 'met' },
      alternative: { definition: 'given', calendar: null, dueAt: minute(10), state: 'met late' },
    });

    const easy = await ask({ policy: json(within('PT2H')) });
    expect(easy.sla!.breaches.map(({ leadId, change }) => `${change} ${leadId}`).sort()).toEqual([
      'kept never',
      'lost slow',
    ]);
    expect(easy.sla!.byRep.map(({ key, baseline, alternative }) => [key, baseline, alternative])).toEqual([
      ['raj', 1, 0],
      ['rita', 1, 1],
    ]);
    expect(easy.sla!.byMonth.map(({ key, clocks }) => [key, clocks])).toEqual([['2024-01', 3]]);
    expect(await log.tip()).toBe(tip);
  });

  it('accepts a version by its reference, also a draft, and compares with a given baseline', async () => {
    const { handedOff, call, ask } = world({ 'sla-policy': [within('PT10M'), within('PT1H')] });
    await handedOff('ada', 0);
    await call('ada', 30);
    const { sla } = await ask({ policy: 'sla-policy@1' });
    expect(sla!.breaches).toMatchObject([{ change: 'gained', alternative: { definition: 'sla-policy@1' } }]);
    const turned = await ask({ policy: 'sla-policy@2', baselinePolicy: 'sla-policy@1' });
    expect(turned.sla!.breaches).toMatchObject([{ change: 'lost', baseline: { definition: 'sla-policy@1' } }]);
  });

  it('under another calendar keeps the policy that was in force', async () => {
    const { handedOff, call, ask } = world({ 'sla-policy': [within('PT2H', 'business-calendar')] });
    await handedOff('ada', 7 * HOUR + 30); // half past five in the afternoon
    await call('ada', 23 * HOUR + 30); // at half past nine the next morning
    const open = { timeZone: 'UTC', hours: [{ days: ['wed', 'thu'], from: '09:00', to: '18:00' }] };
    const { sla } = await ask({ calendar: open });
    expect(sla!.breaches).toMatchObject([
      {
        change: 'lost',
        baseline: { calendar: null, dueAt: minute(9 * HOUR + 30), state: 'met late' },
        alternative: { definition: 'sla-policy@1', calendar: 'given', dueAt: minute(24 * HOUR + 30), state: 'met' },
      },
    ]);
  });

  it('judges by when events occurred, and by when they were recorded', async () => {
    const { handedOff, call, send, ask } = world({ 'sla-policy': [within('PT1H')] });
    await handedOff('ada', 0);
    await send('ada', 'AdvanceClock', 120);
    await call('ada', 40); // recorded after the breach
    const { sla } = await ask({ policy: json(within('PT10M')) });
    expect(sla!.breaches).toMatchObject([
      { change: 'gained', baseline: { state: 'met', known: 'breached' }, alternative: { state: 'met late' } },
    ]);
  });

  it('counts only the clocks of a period, as of a cut', async () => {
    const { handedOff, call, ask } = world({ 'sla-policy': [within('PT1H')] });
    await handedOff('before', 0);
    await handedOff('ada', 2 * DAY);
    await handedOff('after', 4 * DAY);
    const period = { from: minute(DAY), to: minute(3 * DAY) };
    const policy = json(within('PT2H'));
    expect((await ask({ policy, ...period })).sla!.breaches.map(({ leadId }) => leadId)).toEqual(['ada']);
    const knownAt = (await ask({ policy })).position;
    for (const each of ['before', 'ada', 'after']) await call(each, 4 * DAY + 90);
    expect((await ask({ policy })).sla!.total).toMatchObject({ baseline: 3, alternative: 2, lost: 1 });
    expect((await ask({ policy, cut: { knownAt } })).sla!.total).toMatchObject({ kept: 3 });
    const early = { cut: { happenedBy: minute(DAY) }, at: minute(DAY) };
    expect((await ask({ policy, ...early })).sla!.total).toMatchObject({ clocks: 1, kept: 1 });
  });

  it.each<[string, Partial<CounterfactualQuestion>, string, string]>([
    ['nothing', {}, 'counterfactual/nothing-supposed', ''],
    [
      'a faulty policy',
      { policy: { obligations: [{ kind: 'x' }] } },
      'definition/invalid-body',
      'policy.obligations.0.',
    ],
    [
      'a faulty calendar',
      { calendar: { timeZone: 'Mars', hours: [] } },
      'definition/invalid-body',
      'calendar.timeZone',
    ],
    ['a version there is not', { policy: 'sla-policy@9' }, 'definition/unknown-version', 'policy'],
    ['a version of another kind', { policy: 'mql@1' }, 'definition/unknown-version', 'policy'],
    ['a broken weight', { weights: { emea: { ann: -1 } } }, 'counterfactual/invalid-weights', 'weights.emea.ann'],
    [
      'a zone there is not',
      { policy: json(within('PT1H')), timeZone: 'Mars/Olympus' },
      'time/unknown-zone',
      'timeZone',
    ],
  ])('is refused for %s', async (_, question, code, path) => {
    const { ask } = world({ 'sla-policy': [within('PT1H')] });
    const error = await ask(question).then(
      () => undefined,
      (thrown: Refused) => thrown,
    );
    expect(error).toMatchObject({ code });
    expect(error!.path.startsWith(path)).toBe(true);
  });
  it('is refused above the maximum number of clocks', async () => {
    const { handedOff, ask } = world({ 'sla-policy': [within('PT1H')] });
    await handedOff('ada', 0);
    await handedOff('bob', 0);
    const policy = json(within('PT2H'));
    await expect(ask({ policy }, 3)).rejects.toMatchObject({ code: 'counterfactual/too-many-clocks' });
    expect((await ask({ policy }, 4)).sla!.total.clocks).toBe(2);
  });
});

describe('the same log under the policy that was agreed', () => {
  const calendar: BusinessCalendar = {
    timeZone: 'UTC',
    hours: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '09:00', to: '17:00' }],
  };
  const wait = { event: 'TouchRecorded', where: [{ field: 'action', in: ['wait'] }] };
  const policy: SlaPolicy = {
    obligations: [
      {
        ...firstResponse({ budget: 'PT1H', clock: 'business-calendar', immediate: ['duplicate'] }),
        pause: [wait],
        resume: [{ event: '*' }],
      },
      disposition({ budget: 'PT3H', clock: 'wall-clock' }),
      attempts({ atLeast: 3, kinds: 2, budget: 'P2D', clock: 'wall-clock', immediate: ['duplicate'] }),
    ],
  };
  const touch = (action: string, direction: string) =>
    ['RecordTouch', { team: 'sales', action, direction }] as readonly [LeadCommand['type'], object];
  const command = fc.constantFrom<readonly [LeadCommand['type'], object]>(
    ...[touch('call', 'outbound'), touch('call', 'outbound'), touch('e-mail', 'outbound'), touch('wait', 'inbound')],
    ...[['QualifyLead', {}] as const, ['HandOffLead', { rep: 'rita' }] as const],
    ...[['QualifyLead', {}] as const, ['HandOffLead', { rep: 'raj' }] as const, ['AcceptLead', {}] as const],
    ...[['RejectLead', { reason: 'no-need' }] as const, ['RejectLead', { reason: 'duplicate' }] as const],
    ...[['RecycleLead', { reason: 'no-timing' }] as const, ['SalesQualifyLead', { need: 'speed' }] as const],
    ...[['FollowMerge', { survivorId: 'cyd' }] as const, ['FollowUnmerge', { survivorId: 'cyd' }] as const],
    ['DisqualifyLead', { reason: 'spam' }],
  );
  const step = fc.record({
    leadId: fc.constantFrom('ada', 'bob'),
    command,
    gap: fc.integer({ min: 0, max: 200 }),
    late: fc.integer({ min: -400, max: 200 }),
  });

  /** The clocks that are breached by their recorded events: the last event counts. */
  const breachesIn = (log: readonly StoredEvent<LeadEvent>[]): ReadonlySet<string> => {
    const breached = new Set<string>();
    for (const { type, data } of log) {
      if (!('startedBy' in data)) continue;
      const clock = `${data.leadId} ${data.kind} ${data.startedBy}`;
      const [late, recordedLate] = ['late' in data && data.late, 'recordedLate' in data];
      if (type === 'ObligationBreached' || (type === 'ObligationMet' && late)) breached.add(clock);
      if ((type === 'ObligationMet' && !late) || (type === 'ObligationCancelled' && recordedLate))
        breached.delete(clock);
    }
    return breached;
  };

  it('changes nothing, and its breaches are the recorded ones', async () => {
    let breached = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (history) => {
        const { handedOff, send, ask, events } = world({ 'sla-policy': [policy], 'business-calendar': [calendar] });
        for (const leadId of ['ada', 'bob', 'cyd']) await handedOff(leadId, 0);
        let at = 0;
        let mergeNumber = 0;
        for (const { leadId, command: told, gap, late } of history) {
          const [type, data] = told;
          at += gap;
          // A pause recorded late may undo a recorded breach; an answer may always be recorded late.
          const answers = 'direction' in data && data.direction === 'outbound';
          const merge = 'survivorId' in data && { mergeNumber };
          await send(leadId, type, answers && late > 0 ? at - late : at, { ...data, ...merge });
          if (type === 'FollowUnmerge') mergeNumber++;
        }
        for (const leadId of ['ada', 'bob', 'cyd']) await send(leadId, 'AdvanceClock', 30 * DAY);
        const { sla } = await ask({ policy: 'sla-policy@1', calendar: 'business-calendar@1' });
        expect(sla!.breaches.filter(({ change }) => change !== 'kept')).toEqual([]);
        const found = sla!.breaches.map(({ leadId, kind, startedBy }) => `${leadId} ${kind} ${startedBy}`);
        expect(found.sort()).toEqual([...breachesIn(await events())].sort());
        breached += found.length;
      }),
      { numRuns: 25 },
    );
    expect(breached).toBeGreaterThan(20);
  });
});
