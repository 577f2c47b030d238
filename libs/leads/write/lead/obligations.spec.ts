import { Refused } from '@baton/kernel';
import { after, always, DAY, HOUR, hour, minute, owing, world, type Told } from '../../../../test/support/lead-world';
import { clockStatus } from '@baton/sla-clocks';
import { attempts } from '@baton/sla-clocks';
import { isCapturedLead } from './lead.model';

const started = '0 started first-response due 60 sla-policy@1';
const warned = '48 escalated first-response rep';
const missed = [warned, '60 breached first-response time', '60 escalated first-response manager'];

describe('an obligation of sales', () => {
  it('starts in the append of its cause, with the rep and the terms', async () => {
    const { handedOff, events } = world(owing(hour));
    expect(await handedOff()).toMatchObject({ events: 2 });
    const [cause, clock] = (await events()).slice(-2);
    expect(clock).toMatchObject({
      type: 'ObligationStarted',
      occurredAt: cause!.occurredAt,
      meta: { commandId: cause!.meta.commandId },
      data: {
        ...{ kind: 'first-response', startedBy: cause!.id, rep: 'rita', definition: 'sla-policy@1' },
        ...{ budgetMs: 3_600_000, dueAt: minute(60), clock: 'wall-clock' },
      },
    });
    expect(clock!.data).not.toHaveProperty('calendar');
  });
  it('does not start without an agreement, or for a decision of another system', async () => {
    const without = world({});
    await without.handedOff();
    expect(await without.told()).toEqual([]);
    const { send, told } = world(owing(hour));
    await send('CaptureLead', -10, { source: 'web' });
    await send('HandOffLead', 0, { rep: 'rita', external: 'crm' });
    await send('AdvanceClock', DAY);
    expect(await told()).toEqual([]);
  });
  it('runs on the agreed calendar, and states if it has no open hour', async () => {
    const office = { timeZone: 'UTC', hours: [{ days: ['wed'], from: '09:00', to: '10:30' }] };
    for (const [hours, due, clock] of [
      [office.hours, 7 * DAY - HOUR + 30, 'business-calendar'],
      [[], 60, 'always-closed'],
    ] as const) {
      const { handedOff, events } = world({
        ...owing({ ...hour, clock: 'business-calendar' }),
        'business-calendar': [[always, { ...office, hours }]],
      });
      await handedOff();
      const { dueAt, ...data } = (await events()).at(-1)!.data as Extract<Told, { type: 'ObligationStarted' }>['data'];
      expect([after(dueAt), data.calendar, data.clock]).toEqual([due, 'business-calendar@1', clock]);
    }
  });
  it('runs on the calendar of the team or region of the lead, and names it', async () => {
    const office = { timeZone: 'UTC', hours: [{ days: ['wed'], from: '09:00', to: '10:30' }] };
    const night = { ...office, hours: [{ days: ['wed'], from: '20:00', to: '22:00' }] };
    const night1 = { code: 'night', for: [{ field: 'region', in: ['APAC'] }], ...night };
    const agreed = (calendars: object[]) => ({
      ...owing({ ...hour, clock: 'business-calendar' as const }),
      'business-calendar': [[always, { ...office, calendars }]] as const,
    });
    const startedOf = async (calendars: object[]) => {
      const { handedOff, send, events } = world(agreed(calendars) as never);
      await send('CaptureLead', -10, { source: 'web', region: 'Apac' });
      await handedOff();
      const clocks = (await events()).filter(({ type }) => type === 'ObligationStarted');
      return clocks.at(-1)!.data as Extract<Told, { type: 'ObligationStarted' }>['data'];
    };
    expect(await startedOf([night1])).toMatchObject({ calendar: 'business-calendar@1', calendarCode: 'night' });
    const [own, other] = [await startedOf([night1]), await startedOf([])];
    expect(other).not.toHaveProperty('calendarCode');
    expect([own.dueAt!.slice(11, 13), other.dueAt!.slice(11, 13)]).toEqual(['21', expect.not.stringMatching('21')]);
  });
  it('is met by an answer, even at the due instant', async () => {
    const { handedOff, call, send, told } = world(owing(hour));
    await handedOff();
    await call(60);
    await send('AdvanceClock', 3 * DAY);
    expect(await told()).toEqual([started, warned, '60 met first-response in time']);
  });
  it('warns, breaches and escalates in order, each at its own instant, and is met late', async () => {
    const { handedOff, call, told } = world(owing(hour));
    await handedOff();
    await call(3 * DAY);
    expect(await told()).toEqual([
      started,
      ...missed,
      `${DAY + 60} escalated first-response handoff-owner`,
      `${3 * DAY} met first-response late`,
    ]);
  });
  it('does not escalate after a late answer', async () => {
    const { handedOff, call, send, told } = world(owing(hour));
    await handedOff();
    await call(90);
    await send('AdvanceClock', 3 * DAY);
    expect(await told()).toEqual([started, ...missed, '90 met first-response late']);
  });
  it('keeps both results if the answer is recorded after the breach', async () => {
    const { handedOff, call, send, told, state } = world(owing(hour));
    await handedOff();
    await send('AdvanceClock', 70);
    await call(30);
    await send('AdvanceClock', 3 * DAY);
    expect(await told()).toEqual([started, ...missed, '30 met first-response in time told late']);
    const known = state();
    expect(isCapturedLead(known) && clockStatus(known.person.obligations[0]!, minute(99))).toMatchObject({
      ...{ state: 'met', knownState: 'breached', lateData: true, breachedAt: minute(60) },
    });
  });
  it('runs from when it began, however late the handoff is recorded', async () => {
    const { send, told } = world(owing(hour));
    await send('CaptureLead', -DAY, { source: 'web' });
    await send('RecordTouch', 200, { team: 'marketing', action: 'visit' });
    await send('QualifyLead', -1);
    await send('HandOffLead', 0, { rep: 'rita' });
    await send('AdvanceClock', 200);
    expect(await told()).toEqual([started, ...missed]);
  });
  it('ends without a result at an immediate rejection', async () => {
    const { handedOff, send, told } = world(owing(hour));
    await handedOff();
    await send('RejectLead', 10, { reason: 'duplicate' });
    await send('AdvanceClock', DAY);
    expect(await told()).toEqual([started, '10 cancelled first-response']);
  });
  it('follows the terms with which it began', async () => {
    const day = { ...hour, budget: 'PT24H', escalation: [] };
    const policies = [always, 30].map((from, index) => [from, { obligations: [index === 0 ? hour : day] }] as const);
    const { handedOff, call, send, told } = world({ 'sla-policy': policies });
    await handedOff();
    await send('RecycleLead', 40, { reason: 'no-timing' });
    await send('RecordTouch', 41, { team: 'marketing', action: 'visit' });
    await handedOff(43);
    await call(44 + DAY);
    expect(await told()).toEqual([
      started,
      '43 cancelled first-response',
      `43 started first-response due ${43 + DAY} sla-policy@2`,
      `${43 + DAY} breached first-response time`,
      `${44 + DAY} met first-response late`,
    ]);
    const old = world({ 'sla-policy': policies });
    await old.handedOff();
    await old.call(61);
    expect(await old.told()).toEqual([started, ...missed, '61 met first-response late']);
  });
  it('pauses and resumes at the events of the policy', async () => {
    const wait = { event: 'TouchRecorded', where: [{ field: 'action', in: ['wait'] }] };
    const { handedOff, send, told } = world(owing({ ...hour, pause: [wait], resume: [{ event: '*' }] }));
    await handedOff();
    await send('RecordTouch', 10, { action: 'wait', team: 'sales' });
    await send('AdvanceClock', DAY);
    await send('RecordTouch', DAY, { action: 'wait', team: 'sales' });
    await send('AcceptLead', DAY + 10);
    await send('AdvanceClock', DAY + 100);
    expect(await told()).toEqual([
      started,
      '10 paused first-response',
      `${DAY} resumed first-response due ${DAY + 50}`,
      `${DAY} paused first-response`,
      `${DAY + 10} resumed first-response due ${DAY + 60}`,
      `${DAY + 48} escalated first-response rep`,
      `${DAY + 60} breached first-response time`,
      `${DAY + 60} escalated first-response manager`,
    ]);
  });
  it('waits while the lead is merged into another, and continues afterwards', async () => {
    const { handedOff, send, told } = world(owing(hour));
    await handedOff();
    await send('FollowMerge', 10, { survivorId: 'bea', mergeNumber: 0 });
    await send('AdvanceClock', 500);
    expect(await told()).toEqual([started]);
    await send('FollowUnmerge', 600, { survivorId: 'bea', mergeNumber: 0 });
    await send('AdvanceClock', 600);
    expect(await told()).toEqual([started, ...missed]);
  });
});

describe('attempts after the acceptance', () => {
  const three = attempts({
    ...{ atLeast: 3, kinds: 2, budget: 'P14D', clock: 'wall-clock', immediate: ['duplicate'] },
    escalation: [{ afterBreach: 'PT1H', notify: 'manager' }],
  });
  const accepted = async () => {
    const it = world(owing(three));
    await it.handedOff();
    await it.send('AcceptLead', 5);
    return it;
  };
  const begun = `5 started attempts due ${5 + 14 * DAY} sla-policy@1`;
  it('are counted one by one until they are enough', async () => {
    const { call, told, events } = await accepted();
    for (const [at, action] of [
      [6, 'call'],
      [7, 'call'],
      [8, 'call'],
      [9, 'e-mail'],
      [10, 'call'],
    ] as const)
      await call(at, action);
    const progress = [6, 7, 8].map((at) => `${at} progressed attempts`);
    expect(await told()).toEqual([begun, ...progress, '9 met attempts in time']);
    expect((await events()).find(({ type }) => type === 'ObligationStarted')!.data).toMatchObject({
      ...{ times: 3, kinds: 2 },
    });
  });
  it('that are too few are a breach, not a refusal', async () => {
    const { call, send, told } = await accepted();
    await call(6);
    expect(await send('RejectLead', 7, { reason: 'no-need' })).not.toBeInstanceOf(Refused);
    await call(9, 'e-mail'); // re-engages the lead, but is not an attempt any more
    await send('AdvanceClock', DAY);
    expect(await told()).toEqual([
      begun,
      '6 progressed attempts',
      '7 breached attempts given-up',
      '67 escalated attempts manager',
    ]);
  });
  it('do not start for a duplicate', async () => {
    const { send, told } = await accepted();
    await send('RejectLead', 7, { reason: 'duplicate' });
    expect(await told()).toEqual([begun, '7 cancelled attempts']);
  });
});

describe('a breach', () => {
  it('happens once, through a hundred restarts and clock jumps of an hour', async () => {
    const { handedOff, send, restart, events, told } = world(owing(hour));
    await handedOff();
    let seed = 7;
    const jump = () => ((seed = (seed * 48_271) % 2_147_483_647) % 121) - 60;
    for (let round = 0; round < 100; round++) {
      restart();
      await Promise.all([send('AdvanceClock', 60 + jump()), send('AdvanceClock', 60 + jump())]);
    }
    expect((await events()).filter(({ type }) => type === 'ObligationBreached')).toHaveLength(1);
    expect(await told()).toEqual([started, ...missed]);
  });
});
