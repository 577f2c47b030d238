import { durationMs, fromMs, toMs, type Instant } from '@baton/kernel';
import { recorded } from '@baton/kernel/testing';
import type { Obligation } from '@baton/definitions';
import { compileCalendar } from './calendar.rules';
import {
  dueOf,
  nextClockTransitions,
  obligations,
  clockInputOf,
  clockStatus,
  deadlineOf,
  type ClockInput,
  type SlaClock,
} from './obligations.rules';
import { attempts, disposition, firstResponse, resolution, startingPolicy } from './ready-made.rules';

const zero = toMs('2024-01-17T10:00:00.000Z');
const minute = (after: number): Instant => fromMs(zero + after * 60_000);
let ids = 0;
const event = (type: string, after: number, data: object = {}, knownAfter?: number): ClockInput => ({
  id: `${type}-${ids++}`,
  type,
  data: { leadId: 'ada', ...data },
  occurredAt: minute(after),
  ...(knownAfter !== undefined && { knownAt: minute(knownAfter) }),
});
const outbound = { team: 'sales', direction: 'outbound' };
const call = (after: number, action = 'call', knownAfter?: number) =>
  event('TouchRecorded', after, { ...outbound, action }, knownAfter);
const handedOff = (after = 0) => event('LeadHandedOff', after, { rep: 'rita' });

const hour = firstResponse({ budget: 'PT1H', clock: 'wall-clock', immediate: ['duplicate'] });
const clocksOf = (obligation: Obligation, ...events: ClockInput[]) =>
  obligations({ obligations: [obligation] }, undefined)(events);
const state = (clock: SlaClock | undefined, after: number) => clockStatus(clock!, minute(after)).state;

describe('a first response within an hour', () => {
  it('runs until it is due', () => {
    const [clock] = clocksOf(hour, handedOff());
    expect(clock).toMatchObject({ kind: 'first-response', startedAt: minute(0), dueAt: minute(60), answers: 0 });
    expect(state(clock, 59)).toBe('running');
  });
  it('is met by the first outbound sales touch, at the due instant too', () => {
    for (const after of [1, 60]) expect(state(clocksOf(hour, handedOff(), call(after))[0], 100)).toBe('met');
  });
  it('is breached if there is no answer at the due instant', () =>
    expect(clockStatus(clocksOf(hour, handedOff())[0]!, minute(60))).toEqual({
      state: 'breached',
      knownState: 'breached',
      lateData: false,
      breachedAt: minute(60),
      paused: false,
    }));
  it('is met late after it', () => {
    const [clock] = clocksOf(hour, handedOff(), call(61));
    expect([state(clock, 60), state(clock, 61)]).toEqual(['breached', 'met late']);
    expect(clockStatus(clock!, minute(90))).toMatchObject({
      knownState: 'met late',
      lateData: false,
      breachedAt: minute(60),
    });
  });
  it('needs an outbound touch of sales after the handoff: no acceptance, no inbound touch, none of marketing', () => {
    const inbound = { team: 'sales', direction: 'inbound', action: 'call' };
    const mail = { team: 'marketing', direction: 'outbound', action: 'e-mail' };
    const events = [
      event('LeadAccepted', 1),
      event('TouchRecorded', 2, inbound),
      event('TouchRecorded', 3, mail),
      call(-5),
    ];
    expect(state(clocksOf(hour, handedOff(), ...events)[0], 60)).toBe('breached');
  });
  it('keeps both results if the answer was on time and recorded after', () => {
    const [clock] = clocksOf(hour, handedOff(), call(30, 'call', 120));
    expect(clockStatus(clock!, minute(180))).toEqual({
      state: 'met',
      knownState: 'met late',
      lateData: true,
      breachedAt: minute(60),
      paused: false,
    });
    expect(clockStatus(clock!, minute(90))).toMatchObject({ state: 'met', knownState: 'breached', lateData: true });
  });
  it('uses an earlier response that is recorded after a late one', () =>
    expect(clockStatus(clocksOf(hour, handedOff(), call(70), call(30, 'call', 80))[0]!, minute(90))).toMatchObject({
      state: 'met',
      knownState: 'met late',
      lateData: true,
    }));
  it('ends without a result at an immediate rejection, and only then', () => {
    const rejected = (reason: string) => event('LeadRejected', 10, { reason });
    expect(state(clocksOf(hour, handedOff(), rejected('duplicate'))[0], 90)).toBe('cancelled');
    expect(state(clocksOf(hour, handedOff(), rejected('no-need'))[0], 90)).toBe('breached');
  });
  it('starts again at the next handoff', () => {
    const clocks = clocksOf(hour, handedOff(), handedOff(30), call(80), handedOff(200));
    expect(clocks.map((clock) => state(clock, 210))).toEqual(['cancelled', 'met', 'running']);
  });
  it('stays breached when the lead is handed off again', () =>
    expect(clocksOf(hour, handedOff(), handedOff(90)).map((each) => state(each, 100))).toEqual([
      'breached',
      'running',
    ]));
  it('counts the hours of the calendar, and wall-clock time without one', () => {
    const office = { timeZone: 'UTC', hours: [{ days: ['wed' as const], from: '09:00', to: '10:30' }] };
    const business = { ...hour, clock: 'business-calendar' as const };
    expect(dueOf(business, compileCalendar(office), minute(0)).dueAt).toBe('2024-01-24T09:30:00.000Z');
    expect(dueOf(business, undefined, minute(0)).dueAt).toBe(minute(60));
  });
});

describe('pause and resume', () => {
  const paused: Obligation = {
    ...hour,
    pause: [{ event: 'TouchRecorded', where: [{ field: 'action', in: ['wait'] }] }],
    resume: [{ event: '*' }],
  };
  const wait = (after: number) => event('TouchRecorded', after, { action: 'wait' });

  it('moves the due instant and names the event', () => {
    const waiting = wait(10);
    const [clock] = clocksOf(paused, handedOff(), waiting, event('LeadAccepted', 40));
    expect(clock!.dueAt).toBe(minute(90));
    expect(deadlineOf(paused, undefined, clock!).working[1]).toEqual({
      from: minute(10),
      to: minute(40),
      kind: 'paused',
      by: waiting.id,
    });
  });
  it('has no due instant while it is paused', () => {
    const [clock] = clocksOf(paused, handedOff(), wait(10));
    expect(clockStatus(clock!, minute(999))).toMatchObject({ state: 'running', paused: true });
    expect(nextClockTransitions(paused, undefined, clock!, undefined)).toEqual([]);
  });
  it('may be paused again by what resumes it', () =>
    expect(clocksOf(paused, handedOff(), wait(10), wait(20), call(200))[0]).toMatchObject({
      dueAt: minute(250),
      metAt: minute(200),
    }));
});

describe('disposition, attempts and resolution', () => {
  it('a disposition is any decision of sales', () => {
    const owed = disposition({ budget: 'PT48H', clock: 'wall-clock' });
    for (const type of ['LeadAccepted', 'LeadRejected', 'LeadRecycled', 'LeadDisqualified'])
      expect(state(clocksOf(owed, handedOff(), event(type, 48 * 60))[0], 9999)).toBe('met');
    expect(state(clocksOf(owed, handedOff(), call(5))[0], 48 * 60)).toBe('breached');
  });

  const three = attempts({ atLeast: 3, kinds: 2, budget: 'P14D', clock: 'wall-clock', immediate: ['duplicate'] });
  const accepted = event('LeadAccepted', 0);
  const attempted = (...events: ClockInput[]) => state(clocksOf(three, accepted, ...events)[0], 99_999);
  it('attempts are met by number and mix', () => {
    expect(attempted(call(1), call(2), call(3, 'e-mail'))).toBe('met');
    const [clock] = clocksOf(three, accepted, call(1), call(2), call(3), call(4), call(9, 'e-mail'), call(10));
    expect(clock).toMatchObject({ metAt: minute(9), answers: 5 });
    expect(clock!.counted).toHaveLength(4); // the first three, and the first of another kind
  });
  it('too few before giving up is a breach at once', () => {
    const clock = clocksOf(three, accepted, call(1), event('LeadRejected', 60, { reason: 'no-answer' }))[0]!;
    expect(clockStatus(clock, minute(60))).toMatchObject({ state: 'breached', breachedAt: minute(60) });
    expect(attempted(call(1), call(2), event('LeadRecycled', 60), call(61, 'e-mail'))).toBe('breached');
  });
  it('none are required for a duplicate, or once the lead is qualified', () => {
    expect(attempted(event('LeadRejected', 60, { reason: 'duplicate' }))).toBe('cancelled');
    expect(attempted(event('LeadSalesQualified', 60))).toBe('cancelled');
  });
  it('too few within the window is a breach', () => {
    expect(attempted(call(1), call(2))).toBe('breached');
    expect(attempted(call(1), call(2), call(15 * 24 * 60, 'e-mail'))).toBe('met late');
  });

  it('a resolution may count its last stop', () => {
    const last = { ...resolution({ budget: 'PT1H', clock: 'wall-clock' }), last: true };
    const [clock] = clocksOf(last, handedOff(), event('LeadRecycled', 5), event('LeadRejected', 70));
    expect([clock!.metAt, state(clock, 80)]).toEqual([minute(70), 'met late']);
  });
});

describe('transitions by time alone', () => {
  const policy = startingPolicy([]).obligations[0]!;
  const all = (clock: SlaClock) => {
    const seen: string[] = [];
    for (let passed: Instant | undefined; ;) {
      const moments = nextClockTransitions(policy, undefined, clock, passed);
      if (moments.length === 0) return seen;
      passed = moments[0]!.at;
      for (const { at, what, notify } of moments) seen.push(`${(toMs(at) - zero) / 60_000} ${notify ?? what}`);
    }
  };
  const late = 1 / 60_000; // right after the due instant, which is still on time

  it('warns, breaches and escalates in order', () =>
    expect(all(clocksOf(policy, handedOff())[0]!)).toEqual([
      '48 rep',
      `${60 + late} breach`,
      `${60 + late} manager`,
      `${60 + 24 * 60 + late} handoff-owner`,
    ]));
  it('stops at the answer', () => {
    expect(all(clocksOf(policy, handedOff(), call(50))[0]!)).toEqual(['48 rep']);
    expect(all(clocksOf(policy, handedOff(), call(60))[0]!)).toEqual(['48 rep']);
    expect(all(clocksOf(policy, handedOff(), call(70))[0]!)).toHaveLength(3);
  });
});

describe('events of the log', () => {
  const occurredAt = minute(0);
  const knownAt = (recordedAt: Instant, mode: 'live' | 'backfill') =>
    clockInputOf(recorded({ type: 'TouchRecorded', data: {} }, { occurredAt, recordedAt, meta: { mode } })).knownAt;
  it('are recorded late only if they are, and never in an import', () => {
    expect(knownAt(fromMs(zero + durationMs('PT2S')), 'live')).toBeUndefined();
    expect(knownAt(minute(9), 'live')).toBe(minute(9));
    expect(knownAt(minute(9), 'backfill')).toBeUndefined();
  });
});
