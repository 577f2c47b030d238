import fc from 'fast-check';
import { fromMs, toMs, type Instant, type Projection } from '@baton/kernel';
import { repetitions } from '@baton/kernel/testing';
import { leads } from '@baton/leads';
import { MemoryDocuments, ReadModels } from '@baton/platform/documents';
import { handoffs, slaClocks, slaReport, type SlaClock } from '@baton/sales-sla';
import { builtInOfFigures } from './figures.query';
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
const counts = {
  ...{ due: 'sla-due', metLate: 'sla-met-late', missed: 'sla-breaches', missedAsKnown: 'sla-missed-as-known' },
  ...{ recordedLate: 'sla-recorded-late', cancelled: 'sla-cancelled' },
} as const;
const times = {
  ...{ medianResponseMs: 'sla-response-time', p90ResponseMs: 'p90-sla-response-time' },
  ...{ medianCountedMs: 'sla-counted-time', p90CountedMs: 'p90-sla-counted-time' },
} as const;

it('the figures of obligations are the numbers of the SLA report, of each kind and group', () =>
  fc.assert(
    fc.asyncProperty(
      fc.tuple(...Array.from({ length: 24 }, (_, index) => anyClock(`clock-${index}`))),
      async (clocks) => {
        const models = await storeOf(clocks);
        const period = { from: '2024-01-20T00:00:00.000Z', to: '2024-04-20T00:00:00.000Z' };
        const codes = ['sla-kept-rate', ...Object.values(counts), ...Object.values(times)];
        for (const by of ['rep', 'queue', 'month'] as const) {
          const report = await slaReport(models, { ...period, by: [by], at: NOW });
          for (const { group, kind, ...row } of [...report.total, ...report.rows]) {
            const scope = { ...period, by, filters: { kind: { in: [kind] } } };
            const { figures } = await shownFigures(models, codes, scope, NOW, builtInOfFigures);
            const key = group[by];
            const valueOf = (code: string) => {
              const { total, groups } = figures.find((one) => one.code === code)!;
              return key === undefined ? total[0]! : groups.find((one) => one.key === key)?.values[0];
            };
            for (const [name, code] of Object.entries(counts))
              expect([by, key, kind, code, Number(valueOf(code)?.value ?? 0)]).toEqual([
                ...[by, key, kind, code, row[name as keyof typeof counts]],
              ]);
            const share = valueOf('sla-kept-rate')?.value ?? null;
            expect([by, key, kind, rounded(share)]).toEqual([by, key, kind, rounded(row.share)]);
            for (const [name, figure] of Object.entries(times)) {
              const value = valueOf(figure)?.value ?? null;
              const expected = row[name as keyof typeof times];
              expect([figure, value === null]).toEqual([figure, expected === null]);
              if (value !== null) expect(Number(value)).toBeCloseTo(expected! / HOUR, 9);
            }
          }
        }
      },
    ),
    { numRuns: repetitions(10, 300) },
  ));
/** A rate as it is compared: to eleven places. */
const rounded = (rate: number | string | null): string | null => (rate === null ? null : Number(rate).toFixed(11));
