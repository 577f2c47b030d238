import fc from 'fast-check';
import { weekdays } from '@baton/definitions';
import { always, DAY, escalation, hour, isTold, minute, world, type Agreed, type Told } from './support/lead-world';
import { leadsDue } from '../libs/leads/read/leads-due/leads-due.projection';
import { compileCalendar } from '../libs/sla-clocks/calendar.rules';
import { obligations, clockStatus, type SlaState } from '../libs/sla-clocks/obligations.rules';
import { attempts, disposition, resolution } from '../libs/sla-clocks/ready-made.rules';
import { leadDecider } from '../libs/leads/write/lead/lead.decider';
import type { LeadCommand } from '../libs/leads/write/lead/lead.events';
import { isCapturedLead } from '../libs/leads/write/lead/lead.model';

describe('a history', () => {
  const wait = { event: 'TouchRecorded', where: [{ field: 'action', in: ['wait'] }] };
  const waiting = { pause: [wait], resume: [{ event: '*' }] };
  const policy = {
    obligations: [
      { ...hour, ...waiting, clock: 'business-calendar' as const },
      disposition({ budget: 'PT3H', clock: 'wall-clock', escalation }),
      attempts({ atLeast: 3, kinds: 2, budget: 'P2D', clock: 'wall-clock', immediate: ['duplicate'], escalation }),
      { ...resolution({ budget: 'PT8H', clock: 'business-calendar' }), ...waiting, last: true },
    ],
  };
  const calendar = { timeZone: 'UTC', hours: [{ days: weekdays.slice(0, 5), from: '09:00', to: '17:00' }] };
  const agreed: Agreed = { 'sla-policy': [[always, policy]], 'business-calendar': [[always, calendar]] };
  const END = 90 * DAY;

  const touch = (action: string, direction: string) =>
    ['RecordTouch', { team: 'sales', action, direction }] as readonly [LeadCommand['type'], object];
  const command = fc.oneof(
    { weight: 3, arbitrary: fc.constant(touch('call', 'outbound')) },
    { weight: 2, arbitrary: fc.constant(touch('e-mail', 'outbound')) },
    { weight: 1, arbitrary: fc.constant(touch('wait', 'inbound')) },
    {
      weight: 12,
      arbitrary: fc.constantFrom<readonly [LeadCommand['type'], object]>(
        ['QualifyLead', {}],
        ['HandOffLead', { rep: 'rita' }],
        ['QualifyLead', {}],
        ['HandOffLead', { rep: 'raj' }],
        ['AcceptLead', {}],
        ['RejectLead', { reason: 'no-need' }],
        ['RejectLead', { reason: 'duplicate' }],
        ['RecycleLead', { reason: 'no-timing' }],
        ['RecycleLead', { reason: 'no-timing', reengageAt: minute(5 * DAY) }],
        ['SalesQualifyLead', { need: 'speed' }],
        ['AdvanceClock', {}],
      ),
    },
    { weight: 1, arbitrary: fc.constant(['DisqualifyLead', { reason: 'spam' }] as const) },
  );
  const steps = fc.array(
    fc.record({ command, gap: fc.integer({ min: 0, max: 200 }), late: fc.integer({ min: -400, max: 400 }) }),
    { minLength: 5, maxLength: 30 },
  );

  /** The result judged by when events occurred, from the recorded events alone. */
  const recordedVerdict = (told: readonly Told[]): SlaState => {
    const met = told.findLast((event) => event.type === 'ObligationMet');
    if (met?.type === 'ObligationMet') return met.data.late ? 'met late' : 'met';
    const breached = told.some(({ type }) => type === 'ObligationBreached');
    const cancelled = told.find((event) => event.type === 'ObligationCancelled');
    if (cancelled && (!breached || 'recordedLate' in cancelled.data)) return 'cancelled';
    return breached ? 'breached' : 'running';
  };

  it('has the recorded clock events that the fold of its causes gives, once; replay equals live', async () => {
    const seen: Record<string, number> = {};
    await fc.assert(
      fc.asyncProperty(steps, async (history) => {
        const { handedOff, send, events, state } = world(agreed);
        await handedOff();
        let at = 0;
        for (const {
          command: [type, data],
          gap,
          late,
        } of history) {
          at += gap;
          // A pause recorded late may undo a recorded breach; other events may be recorded late here.
          const back = late > 0 && (data as { action?: string }).action !== 'wait' ? late : 0;
          await send(type, at - back, data);
        }
        await send('AdvanceClock', END);
        const log = await events();
        let [folded, due] = [leadDecider.initialState(), leadsDue.initial('ada')];
        for (const event of log) {
          folded = leadDecider.evolve(folded, event);
          if (leadsDue.types!.includes(event.type)) due = leadsDue.fold(due, event, 'ada');
          expect(due.dueAt).toBe(leadDecider.due(folded) ?? null);
        }
        expect(folded).toEqual(state());
        const next = leadDecider.due(folded);
        expect(next === undefined || next > minute(END)).toBe(true);

        const clocks = obligations(policy, compileCalendar(calendar))(log.filter((event) => !isTold(event)));
        const lived = state();
        expect(isCapturedLead(lived) && lived.person.obligations.length).toBe(clocks.length);
        for (const clock of clocks) {
          const told = log
            .filter(isTold)
            .filter(({ data }) => data.kind === clock.kind && data.startedBy === clock.startedBy);
          const verdict = clockStatus(clock, minute(END)).state;
          expect(`${clock.kind} ${recordedVerdict(told)}`).toBe(`${clock.kind} ${verdict}`);
          expect(told.filter(({ type }) => type === 'ObligationStarted')).toHaveLength(1);
          expect(told.filter(({ type }) => type === 'ObligationBreached').length).toBeLessThanOrEqual(1);
          const taken = told.flatMap(({ data }) => ('step' in data ? [data.step] : []));
          expect(new Set(taken).size).toBe(taken.length);
          const known = told.flatMap(({ data }) => [
            ...('recordedLate' in data ? ['told late'] : []),
            ...('cause' in data ? [data.cause] : []),
          ]);
          for (const each of [verdict, ...known]) seen[each] = (seen[each] ?? 0) + 1;
        }
      }),
      { numRuns: process.env['TEST_LONG'] ? 1_500 : 80 },
    );
    const all = ['met', 'breached', 'met late', 'cancelled', 'told late', 'time', 'given-up'];
    for (const each of all) expect([each, seen[each]]).toEqual([each, expect.any(Number)]);
  });

  it('has the same result live and imported', async () => {
    const lines = await Promise.all(
      (['live', 'backfill'] as const).map(async (mode) => {
        const { send, told } = world(agreed);
        const past: [LeadCommand['type'], number, object?][] = [
          ['CaptureLead', -10, { source: 'web' }],
          ['QualifyLead', -1],
          ['HandOffLead', 0, { rep: 'rita' }],
          ['RecordTouch', 70, { team: 'sales', direction: 'outbound', action: 'call' }],
          ['AcceptLead', 100],
          ['RecycleLead', 4 * DAY, { reason: 'no-timing' }],
        ];
        for (const [type, at, data] of past) {
          // Live, the clock runs in between; an import decides it at the end.
          if (mode === 'live') await send('AdvanceClock', at);
          await send(type, at, data, mode);
        }
        await send('AdvanceClock', END, {}, mode);
        return told();
      }),
    );
    expect(lines[0]).toEqual(lines[1]);
    expect(lines[0]!.filter((each) => each.includes('breached'))).toHaveLength(3);
  });
});
