import { toMs, type StoredEvent } from '@baton/kernel';
import { rowFilterFor, recorded } from '@baton/kernel/testing';
import { modelsOf } from '../../../../test/support/read-models';
import type { LeadEvent } from '@baton/leads';
import { handoffs } from '../handoffs/handoffs.projection';
import { slaBoard } from '../sla-board/sla-board.query';
import { slaClocks } from '../sla-board/sla-clocks.projection';
import { slaReport, type SlaQuestion, type SlaRow } from './sla-report.query';

const HOUR = 3_600_000;
const instant = (at: string) => `2024-${at}:00.000Z`;
const later = (at: string, hours: number) => new Date(toMs(instant(at)) + hours * HOUR).toISOString();
interface Outcome {
  readonly answeredAfter?: number;
  readonly cancelledAfter?: number;
  /** Its breach was recorded, and the answer afterwards. */
  readonly breach?: true;
  readonly recordedLate?: true;
}
/** A clock of two hours that starts at an instant, and its events. */
const clock = (
  leadId: string,
  at: string,
  { answeredAfter, cancelledAfter, breach, recordedLate }: Outcome,
  { queue, ...more }: { queue?: string; rep?: string; kind?: string } = {},
): StoredEvent[] => {
  const about = { leadId, kind: 'first-response', startedBy: `start-${leadId}`, rep: 'rita', ...more };
  const told = (type: LeadEvent['type'], occurredAt: string, data: object) =>
    recorded({ type, data: { ...about, ...data } } as LeadEvent, { occurredAt });
  const dueAt = later(at, 2);
  const terms = { definition: 'sla-policy@1', budgetMs: 2 * HOUR, dueAt, clock: 'wall-clock' };
  const events = [
    told('ObligationStarted', instant(at), {
      ...terms,
      moments: [{ at: dueAt, what: 'breach' }],
      ...(queue && { queue }),
    }),
  ];
  if (breach) events.push(told('ObligationBreached', dueAt, { dueAt, cause: 'time' }));
  if (cancelledAfter !== undefined) events.push(told('ObligationCancelled', later(at, cancelledAfter), { by: 'x' }));
  if (answeredAfter !== undefined) {
    const countedMs = Math.max(0, answeredAfter * HOUR) / 2; // half of it was closed
    const verdict = {
      ...{ by: 'x', at: later(at, answeredAfter), late: answeredAfter > 2, countedMs },
      ...(recordedLate && { recordedLate }),
    };
    events.push(told('ObligationMet', later(at, answeredAfter), verdict));
  }
  return events;
};
const history = [
  ...clock('ada', '01-10T10:00', { answeredAfter: 1 }, { queue: 'emea' }),
  ...clock('bob', '01-11T10:00', { answeredAfter: 2 }, { queue: 'emea' }),
  ...clock('cy', '01-12T10:00', { answeredAfter: 6, breach: true }, { rep: 'sam' }),
  ...clock('dan', '01-13T10:00', { breach: true }, { rep: 'sam' }),
  ...clock('eve', '01-14T10:00', { answeredAfter: 1.5, breach: true, recordedLate: true }),
  ...clock('fay', '01-15T10:00', { cancelledAfter: 1 }),
  ...clock('gus', '01-31T21:30', { answeredAfter: 1 }), // due at 23:30, in Berlin in February
  ...clock('hal', '02-20T10:00', {}),
  ...clock('ida', '01-16T10:00', { answeredAfter: 1 }, { kind: 'disposition' }),
];
const models = modelsOf([slaClocks, handoffs], history);
const at = '2024-02-20T10:30:00.000Z';
const report = async (question: Partial<SlaQuestion> = {}) => slaReport(await models, { at, ...question });
const brief = ({ kind, due, met, metLate, breached, pending, cancelled }: SlaRow) => [
  kind,
  ...[due, met, metLate, breached, pending, cancelled],
];

describe('the report of obligations', () => {
  it('counts obligations by result, judged both ways', async () => {
    const { total } = await report();
    expect(total.map(brief)).toEqual([
      ['disposition', 1, 1, 0, 0, 0, 0],
      ['first-response', 7, 4, 1, 1, 1, 1],
    ]);
    expect(total[1]).toMatchObject({ share: 4 / 6, missed: 2, missedAsKnown: 3, recordedLate: 1 });
  });
  it('leaves an answer dated before its start out of the response times, with a warning', async () => {
    const early = clock('jo', '01-17T10:00', { answeredAfter: -1 }, { kind: 'disposition' });
    const asked = await slaReport(await modelsOf([slaClocks, handoffs], [...history, ...early]), { at });
    expect(asked.total[0]).toMatchObject({ kind: 'disposition', met: 2, medianResponseMs: HOUR, p90ResponseMs: HOUR });
    expect(asked.warnings).toEqual([
      'disposition: 1 answers are dated before the start; response times leave them out',
    ]);
    expect((await report()).warnings).toEqual([]);
  });
  it('shows the median and the 90th percentile of the response times', async () => {
    // 1, 1, 1.5, 2 and 6 hours.
    expect((await report({ kind: 'first-response' })).total[0]).toMatchObject({
      medianResponseMs: 1.5 * HOUR,
      p90ResponseMs: (2 + 4 * 0.6) * HOUR,
      medianCountedMs: 0.75 * HOUR,
      p90CountedMs: (1 + 2 * 0.6) * HOUR,
    });
    expect((await report({ kind: 'first-response', rep: 'nobody' })).total).toEqual([]);
    const { total } = await report({ from: instant('02-20T00:00') });
    expect(total[0]).toMatchObject({ share: null, medianResponseMs: null, p90ResponseMs: null });
  });
  it('is broken down by month in the time zone, team and rep', async () => {
    const months = async (timeZone: string) =>
      (await report({ by: ['month'], kind: 'first-response', timeZone })).rows.map(({ group, due }) => [
        group.month,
        due,
      ]);
    expect(await months('UTC')).toEqual([
      ['2024-01', 6],
      ['2024-02', 1],
    ]);
    expect(await months('Europe/Berlin')).toEqual([
      ['2024-01', 5],
      ['2024-02', 2],
    ]);
    const { rows } = await report({ by: ['queue', 'rep'], kind: 'first-response' });
    expect(rows.map(({ group, due, missed }) => [group.queue, group.rep, due, missed])).toEqual([
      [null, 'rita', 3, 0],
      [null, 'sam', 2, 2],
      ['emea', 'rita', 2, 0],
    ]);
  });
  it('turns pending into breached by time alone', async () =>
    expect((await report({ at: instant('02-20T12:00') })).total.map(brief)[1]).toEqual([
      ...['first-response', 7, 4, 1, 2, 0, 1],
    ]));
  it('lists as many as it counts', async () => {
    const { rows, total } = await report({ by: ['queue', 'rep', 'definition'] });
    for (const { group, kind, ...row } of [...rows, ...total]) {
      const { rep, queue, definition } = group;
      const behind = async (more: object) =>
        (
          await slaBoard(
            await models,
            {
              kind,
              at,
              ...(rep && { rep }),
              queue: rowFilterFor(queue),
              ...(definition && { definition }),
              ...more,
            },
            { first: 1 },
          )
        ).totalCount;
      const [running, risky] = [await behind({ state: 'running' }), await behind({ state: 'at risk' })];
      expect({
        met: await behind({ state: 'met' }),
        metLate: await behind({ state: 'met late' }),
        breached: await behind({ state: 'breached' }),
        pending: running + risky,
        cancelled: await behind({ state: 'cancelled' }),
        recordedLate: await behind({ recordedLate: true }),
      }).toEqual({
        ...{ met: row.met, metLate: row.metLate, breached: row.breached, pending: row.pending },
        ...{ cancelled: row.cancelled, recordedLate: row.recordedLate },
      });
    }
  });
});
