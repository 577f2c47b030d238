import fc from 'fast-check';
import { fromMs, quantile, toMs, type Instant, type Projection, type StoredEvent } from '@baton/kernel';
import { recorded, repetitions } from '@baton/kernel/testing';
import { leads, type LeadEvent } from '@baton/leads';
import { MemoryDocuments, ReadModels } from '@baton/platform/documents';
import { handoffs, slaClocks, slaCounts, type SlaClock } from '@baton/sales-sla';
import { modelsOf } from '../../../test/support/read-models';
import { builtInOfFigures, type Scope } from './figures.query';
import { shownFigures } from './shown-figures.query';

const START = toMs('2024-01-01T00:00:00.000Z');
const NOW = '2024-04-01T00:00:00.000Z';
const HOUR = 3_600_000;
const hours = (most: number) => fc.integer({ min: 0, max: most });
const word = fc.constantFrom('a', 'b', 'c');
const MERGED = 'lead-2';
const anyClock = (clockId: string): fc.Arbitrary<SlaClock> =>
  fc
    .record({
      ...{ start: hours(150 * 24), answer: fc.option(hours(400), { nil: undefined }), due: hours(300) },
      ...{ leadId: fc.constantFrom('lead-0', 'lead-1', MERGED), rep: word, queue: fc.option(word, { nil: undefined }) },
      ...{ kind: fc.constantFrom('first-response', 'attempts'), paused: fc.boolean(), breached: fc.boolean() },
      ...{ outcome: fc.constantFrom('open', 'met', 'met late', 'cancelled'), counted: hours(100) },
    })
    .map(({ start, answer = 1, due, paused, breached, outcome, counted, ...rest }) => {
      const at = (after: number): Instant => fromMs(START + (start + after) * HOUR);
      const isMet = outcome === 'met' || outcome === 'met late';
      const answerBy = paused ? null : at(due);
      return {
        ...{ clockId, definition: 'sla-policy@1', startedAt: at(0), outcome, answerBy, atRiskAt: answerBy, ...rest },
        ...{ breachRecorded: breached, waitsWith: outcome === 'open' && !breached ? rest.leadId : null },
        ...(isMet && { metAt: at(answer), countedMs: counted * HOUR }),
      } as unknown as SlaClock;
    });
const storeOf = async (clocks: readonly SlaClock[]): Promise<ReadModels> => {
  const store = new MemoryDocuments();
  const models = new ReadModels(store);
  const fill = async (of: Projection, docs: readonly (readonly [string, object])[]) => {
    const collection = await models.collection(of);
    await store.prepare(collection);
    await store.commit({
      writes: { collection, documents: docs.map(([id, doc]) => ({ id, doc, position: '1' })), fresh: true },
      ...{ follower: collection.name, checkpoint: { position: '1', count: 1, digest: '' } },
      fence: { lease: collection.name, token: 1 },
    });
  };
  const people = ['lead-0', 'lead-1', MERGED];
  const mergedInto = (leadId: string) => (leadId === MERGED ? { mergedInto: 'lead-0' } : {});
  await fill(
    slaClocks,
    clocks.map((clock) => [clock.clockId, clock]),
  );
  await fill(
    leads,
    people.map((leadId) => [
      leadId,
      { leadId, capturedAt: fromMs(START), history: [], stage: 'mql', ...mergedInto(leadId) },
    ]),
  );
  await fill(
    handoffs,
    people.map((leadId) => [
      leadId,
      { leadId, handoffs: [], moves: [], firstAt: null, lastAt: null, merged: leadId === MERGED, openClocks: 1 },
    ]),
  );
  return models;
};
const codes = [
  ...['sla-due', 'sla-kept-rate', 'sla-met-late', 'sla-breaches', 'sla-missed-as-known', 'sla-recorded-late'],
  ...['sla-cancelled', 'sla-waiting', 'sla-response-time', 'p90-sla-response-time', 'sla-counted-time'],
  'p90-sla-counted-time',
];
/** The value of each figure of obligations, by its code: of all, or of each group by its key. */
const figuresOf = async (models: ReadModels, scope: Partial<Scope>, at = NOW) => {
  const { figures } = await shownFigures(models, codes, scope, at, builtInOfFigures);
  const valuesOf = (values: (one: (typeof figures)[number]) => string | null | undefined) =>
    Object.fromEntries(figures.map((one) => [one.code, values(one)]));
  const keys = new Set(figures.flatMap(({ groups }) => groups.map(({ key }) => key)));
  return {
    total: valuesOf(({ total }) => total[0]!.value),
    missing: Object.fromEntries(figures.map(({ code, total }) => [code, total[0]!.missing])),
    groups: new Map(
      [...keys].map((key) => [
        key,
        valuesOf(({ groups }) => groups.find((group) => group.key === key)?.values[0]!.value),
      ]),
    ),
  };
};

it('the figures of obligations are as many as the board has in each state, and their times those of its clocks', () =>
  fc.assert(
    fc.asyncProperty(
      fc.tuple(...Array.from({ length: 24 }, (_, index) => anyClock(`clock-${index}`))),
      async (clocks) => {
        const models = await storeOf(clocks);
        const period = { from: '2024-01-20T00:00:00.000Z', to: '2024-04-20T00:00:00.000Z' };
        for (const filter of [{}, { rep: 'a' }, { queue: 'b' }, { queue: { none: true as const } }])
          for (const kind of ['first-response', 'attempts']) {
            const filters = Object.fromEntries(
              Object.entries({ ...filter, kind }).map(([name, value]) => [
                name,
                typeof value === 'string' ? { in: [value] } : value,
              ]),
            );
            const { total } = await figuresOf(models, { ...period, filters });
            const board = await slaCounts(models, { ...period, ...filter, kind, at: NOW });
            const late = await slaCounts(models, { ...period, ...filter, kind, at: NOW, recordedLate: true });
            const missed = board['met late'] + board.breached;
            const ended = board.met + missed;
            expect(total).toMatchObject({
              ...{
                'sla-due': String(ended + board.running + board['at risk']),
                'sla-met-late': String(board['met late']),
              },
              ...{ 'sla-breaches': String(missed), 'sla-missed-as-known': String(missed + late.met) },
              ...{ 'sla-recorded-late': String(late.met), 'sla-cancelled': String(board.cancelled) },
              'sla-waiting': String(board.waiting),
            });
            expect(total['sla-kept-rate'] === null).toBe(ended === 0);
            if (ended > 0) expect(Number(total['sla-kept-rate'])).toBeCloseTo(board.met / ended, 11);
            const isAsked = ({ rep, queue }: SlaClock): boolean =>
              (!('rep' in filter) || rep === filter.rep) &&
              (!('queue' in filter) || (queue ?? null) === (typeof filter.queue === 'string' ? filter.queue : null));
            const answered = clocks.filter(
              ({ answerBy, metAt, startedAt, kind: its }) =>
                its === kind &&
                metAt &&
                metAt >= startedAt &&
                answerBy &&
                answerBy >= period.from &&
                answerBy < period.to,
            );
            const times = (of: (clock: SlaClock) => number) =>
              answered
                .filter(isAsked)
                .map(of)
                .sort((a, b) => a - b);
            const response = times(({ metAt, startedAt }) => toMs(metAt!) - toMs(startedAt));
            const counted = times(({ countedMs }) => countedMs!);
            for (const [code, sorted, share] of [
              ['sla-response-time', response, 0.5],
              ['p90-sla-response-time', response, 0.9],
              ['sla-counted-time', counted, 0.5],
              ['p90-sla-counted-time', counted, 0.9],
            ] as const) {
              expect([code, total[code] === null]).toEqual([code, sorted.length === 0]);
              if (sorted.length > 0) expect(Number(total[code])).toBeCloseTo(quantile(sorted, share) / HOUR, 9);
            }
          }
      },
    ),
    { numRuns: repetitions(10, 300) },
  ));

const onDay = (at: string) => `2024-${at}:00.000Z`;
const later = (at: string, hours: number) => new Date(toMs(onDay(at)) + hours * HOUR).toISOString();
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
  const eventOf = (type: LeadEvent['type'], occurredAt: string, data: object) =>
    recorded({ type, data: { ...about, ...data } } as LeadEvent, { occurredAt });
  const dueAt = later(at, 2);
  const terms = { definition: 'sla-policy@1', budgetMs: 2 * HOUR, dueAt, clock: 'wall-clock' };
  const events = [
    eventOf('ObligationStarted', onDay(at), {
      ...terms,
      moments: [{ at: dueAt, what: 'breach' }],
      ...(queue && { queue }),
    }),
  ];
  if (breach) events.push(eventOf('ObligationBreached', dueAt, { dueAt, cause: 'time' }));
  if (cancelledAfter !== undefined) events.push(eventOf('ObligationCancelled', later(at, cancelledAfter), { by: 'x' }));
  if (answeredAfter !== undefined) {
    const countedMs = Math.max(0, answeredAfter * HOUR) / 2; // half of it was closed
    const verdict = {
      ...{ by: 'x', at: later(at, answeredAfter), late: answeredAfter > 2, countedMs },
      ...(recordedLate && { recordedLate }),
    };
    events.push(eventOf('ObligationMet', later(at, answeredAfter), verdict));
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
const projections = [slaClocks, handoffs, leads];
const people = ['ada', 'bob', 'cy', 'dan', 'eve', 'fay', 'gus', 'hal', 'ida', 'jo'].map((leadId) =>
  recorded<LeadEvent>({ type: 'LeadCaptured', data: { leadId } }, { occurredAt: onDay('01-01T00:00') }),
);
const then = '2024-02-20T10:30:00.000Z';
const asked = async (scope: Partial<Scope> = {}, at = then) =>
  figuresOf(await modelsOf(projections, [...people, ...history]), scope, at);
const of = (kind: string) => ({ kind: { in: [kind] } });

describe('the figures of obligations', () => {
  it('count obligations by result, judged both ways', async () => {
    const { groups } = await asked({ by: 'kind' });
    const counts = (kind: string) =>
      ['sla-due', 'sla-met-late', 'sla-breaches', 'sla-cancelled'].map((code) => groups.get(kind)![code] ?? '0');
    expect([counts('disposition'), counts('first-response')]).toEqual([
      ['1', '0', '0', '0'],
      ['7', '1', '2', '1'],
    ]);
    expect(groups.get('first-response')).toMatchObject({ 'sla-missed-as-known': '3', 'sla-recorded-late': '1' });
    expect(Number(groups.get('first-response')!['sla-kept-rate'])).toBeCloseTo(4 / 6, 11);
  });
  it('leave an answer dated before its start out of the times, and say how many', async () => {
    const early = clock('jo', '01-17T10:00', { answeredAfter: -1 }, { kind: 'disposition' });
    const scope = { filters: of('disposition') };
    const { total, missing } = await figuresOf(
      await modelsOf(projections, [...people, ...history, ...early]),
      scope,
      then,
    );
    expect(total).toMatchObject({ 'sla-due': '2', 'sla-response-time': '1', 'p90-sla-response-time': '1' });
    expect(missing['sla-response-time']).toBe(1);
    expect((await asked(scope)).missing['sla-response-time']).toBe(0);
  });
  it('have the median and the 90th percentile of the times on both clocks', async () => {
    // 1, 1, 1.5, 2 and 6 hours.
    expect((await asked({ filters: of('first-response') })).total).toMatchObject({
      ...{ 'sla-response-time': '1.5', 'p90-sla-response-time': '4.4' },
      ...{ 'sla-counted-time': '0.75', 'p90-sla-counted-time': '2.2' },
    });
    const { total } = await asked({ from: '2024-02-20' });
    expect(total).toMatchObject({ 'sla-due': '1', 'sla-kept-rate': null, 'sla-response-time': null });
  });
  it('belong to the month in which they are due in the time zone, to a queue and a rep', async () => {
    const due = async (scope: Partial<Scope>) =>
      Object.fromEntries(
        [...(await asked({ ...scope, filters: { ...of('first-response'), ...scope.filters } })).groups].map(
          ([key, values]) => [key ?? '', `${values['sla-due']} due, ${values['sla-breaches'] ?? 0} missed`],
        ),
      );
    expect(await due({ by: 'month' })).toEqual({ '2024-01': '6 due, 2 missed', '2024-02': '1 due, 0 missed' });
    expect(await due({ by: 'month', timeZone: 'Europe/Berlin' })).toEqual({
      ...{ '2024-01': '5 due, 2 missed', '2024-02': '2 due, 0 missed' },
    });
    expect(await due({ by: 'rep', filters: { queue: { none: true } } })).toEqual({
      ...{ rita: '3 due, 0 missed', sam: '2 due, 2 missed' },
    });
    expect(await due({ by: 'rep', filters: { queue: { in: ['emea'] } } })).toEqual({ rita: '2 due, 0 missed' });
  });
  it('turn pending into breached by time alone', async () => {
    const noon = (await asked({ filters: of('first-response') }, onDay('02-20T12:00'))).total;
    expect(noon).toMatchObject({ 'sla-due': '7', 'sla-breaches': '3' });
  });
});
