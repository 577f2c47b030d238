import fc from 'fast-check';
import { fromMs, toMs, type Instant } from '@baton/kernel';
import { repetitions } from '@baton/kernel/testing';
import { MemoryDocuments, ReadModels } from '@baton/platform/documents';
import { handoffReport, handoffs, type HandoffsDocument } from '@baton/sales-sla';
import { builtInOfFigures } from './figures.query';
import { shownFigures } from './shown-figures.query';

const START = toMs('2024-01-01T00:00:00.000Z');
const NOW = '2024-07-01T00:00:00.000Z';
const instant = fc.integer({ min: 0, max: 180 * 24 }).map((hours): Instant => fromMs(START + hours * 3_600_000));
const word = fc.constantFrom('a', 'b', 'c');
const maybe = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: undefined });
const anyHandoffs = (leadId: string): fc.Arbitrary<HandoffsDocument> =>
  fc
    .array(
      fc.record({
        ...{ at: instant, rep: word, queue: maybe(word), definition: fc.constantFrom('mql@1', 'mql@2') },
        disposition: fc.constantFrom('accepted', 'rejected', 'recycled', 'disqualified', 'waiting'),
        ...{ reason: maybe(word), givenBack: fc.constantFrom(undefined, 'rejected', 'recycled', 'disqualified') },
        attempts: fc.integer({ min: 0, max: 4 }),
      }),
      { maxLength: 3 },
    )
    .map((all) => {
      const sorted = [...all].sort((a, b) => (a.at < b.at ? -1 : 1));
      const rows = sorted.map((one, index) => ({
        ...{ ...one, leadId, count: index + 1, eventId: `${leadId}-${index}` },
        ...(one.disposition === 'rejected' && one.reason === undefined && { reason: 'none given' }),
        ...(one.disposition !== 'accepted' && { givenBack: undefined }),
      }));
      const [firstAt, lastAt] = [rows[0]?.at ?? null, rows.at(-1)?.at ?? null];
      return { leadId, handoffs: rows, moves: [], firstAt, lastAt } as unknown as HandoffsDocument;
    });
const storeOf = async (docs: readonly HandoffsDocument[]): Promise<ReadModels> => {
  const store = new MemoryDocuments();
  const models = new ReadModels(store);
  const collection = await models.collection(handoffs);
  await store.prepare(collection);
  await store.commit({
    writes: { collection, documents: docs.map((doc) => ({ id: doc.leadId, doc, position: '1' })), fresh: true },
    ...{ follower: collection.name, checkpoint: { position: '1', count: 1, digest: '' } },
    fence: { lease: collection.name, token: 1 },
  });
  return models;
};
const leads = fc.tuple(...Array.from({ length: 12 }, (_, index) => anyHandoffs(`lead-${index}`)));
const codes = ['handoffs', 'rejection-rate', 'given-back-handoffs', 'attempts-before-return'];

it('the figures of handoffs are the numbers of their report, in all groups', () =>
  fc.assert(
    fc.asyncProperty(leads, async (docs) => {
      const models = await storeOf(docs);
      const period = { from: '2024-02-01T00:00:00.000Z', to: '2024-05-01T00:00:00.000Z' };
      for (const by of ['rep', 'queue', 'definition', 'month'] as const) {
        const report = await handoffReport(models, { ...period, by: [by], at: NOW });
        const { figures } = await shownFigures(models, codes, { ...period, by }, NOW, builtInOfFigures);
        const valuesOf = (key: string | null | undefined) =>
          figures.map(({ total, groups }) =>
            key === undefined ? total[0]!.value : (groups.find((group) => group.key === key)?.values[0]!.value ?? null),
          );
        for (const { group, ...row } of [report.total, ...report.rows]) {
          const key = group[by];
          const [all, rate, givenBack, attempts] = valuesOf(key);
          expect([by, key, Number(all), Number(givenBack)]).toEqual([by, key, row.handoffs, row.givenBack]);
          expect([rate === null, attempts]).toEqual([
            row.rejectionRate === null,
            row.medianAttempts === null ? null : String(row.medianAttempts),
          ]);
          if (rate !== null) expect(Number(rate)).toBeCloseTo(row.rejectionRate!, 11);
          const filter =
            key === undefined || by === 'month' ? {} : { [by]: key === null ? { none: true } : { in: [key] } };
          if (by === 'month' && key !== undefined) continue;
          for (const [dimension, expected] of [
            ['disposition', Object.entries(row.counts)],
            ['reason', row.reasons.map(({ reason, rejected }) => [reason, rejected] as const)],
          ] as const) {
            const only = dimension === 'reason' ? { disposition: { in: ['rejected'] } } : {};
            const asked = { ...period, by: dimension, filters: { ...filter, ...only } };
            const [shown] = (await shownFigures(models, ['handoffs'], asked, NOW, builtInOfFigures)).figures;
            const counted = shown!.groups.map(({ key: value, values }) => [value, Number(values[0]!.value)]);
            expect(Object.fromEntries(counted)).toEqual(
              Object.fromEntries(expected.filter(([, number]) => number > 0)),
            );
          }
        }
      }
    }),
    { numRuns: repetitions(10, 300) },
  ));
