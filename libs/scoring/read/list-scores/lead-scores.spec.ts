import fc from 'fast-check';
import {
  fromMs,
  START as LOG_START,
  toMs,
  type Instant,
  type Journal,
  type Json,
  type StoredEvent,
} from '@baton/kernel';
import { foldAll, recorded, repetitions } from '@baton/kernel/testing';
import { definitions, type DefinitionEvent, type ScoringModel } from '@baton/definitions';
import {
  MemoryDocuments,
  ReadModels,
  type AsOf,
  type ContributedValues,
  type PackedColumns,
} from '@baton/platform/documents';
import { anyModel, START } from '../../../../test/support/judging';
import { mergeWorld } from '../../../../test/support/merge-world';
import { modelsOf } from '../../../../test/support/read-models';
import { leadScore } from '../qualification/qualification.query';
import { someContributed } from '@baton/platform/contribution';
import { leadScores } from './lead-scores.contribution';
import { noOutcome } from '../lift/outcomes.rules';
import { ScoreColumns } from './score-columns.model';
import { scoreFacts, type ScoredLead } from './score-facts.projection';

const HOUR_MS = 3_600_000;
const minute = (minutes: number): Instant => fromMs(START + minutes * 60_000);
const DAY = 24 * 60;
const ids = ['ada', 'bea', 'cem', 'dan'] as const;
type Id = (typeof ids)[number];

const cutOffs = { high: 20, middle: 5 };
const withGrades = (model: ScoringModel): ScoringModel => ({
  ...model,
  fit: {
    ...model.fit,
    rules: [...model.fit.rules, { code: 'steel', when: { field: 'industry', eq: 'Steel' }, points: 7.5 }],
    cutOffs: { high: 15, middle: 7 },
  },
  engagement: { ...model.engagement, cutOffs },
});
/** Versions of the model, each in force from a minute on. */
const agreed = (versions: readonly (readonly [from: number, model: ScoringModel])[]): StoredEvent[] =>
  versions.flatMap(([from, model], index) => {
    const said = { definitionId: 'scoring-model', number: index + 1 };
    const events: DefinitionEvent[] = [
      { type: 'DefinitionProposed', data: { ...said, body: model as Json, reason: 'r', reviewBy: '2030-01-01' } },
      { type: 'DefinitionPutInForce', data: { ...said, from: minute(from) } },
    ];
    return events.map((event) => recorded(event, { occurredAt: minute(from), position: LOG_START }));
  });

interface Step {
  readonly what: 'touch' | 'sales' | 'visits' | 'update' | 'clear' | 'recycle' | 'merge' | 'unmerge';
  readonly on: Id;
  readonly other: Id;
  /** When it is recorded, and how long before it happened, in minutes. */
  readonly at: number;
  readonly late: number;
  readonly page: string;
}
const anyStep: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom(
    'touch',
    'touch',
    'touch',
    'sales',
    'visits',
    'update',
    'clear',
    'recycle',
    'merge',
    'merge',
    'unmerge',
  ),
  ...{ on: fc.constantFrom(...ids), other: fc.constantFrom(...ids) },
  at: fc.integer({ min: 0, max: 40 * DAY }),
  late: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 35 * DAY })),
  page: fc.constantFrom('/pricing', '/product/x', '/careers', '/'),
});

/** Leads to which all of this happens, in the order in which it is recorded. */
const story = async (steps: readonly Step[], capturedAt: number) => {
  const it = mergeWorld();
  const mergedInto = new Map<Id, Id>();
  const survivorOf = (id: Id): Id => (mergedInto.has(id) ? survivorOf(mergedInto.get(id)!) : id);
  let [visits, deals] = [0, 0];
  const captured = new Set<Id>();
  const capture = async (id: Id, at: number) => {
    captured.add(id);
    await it.send(
      id,
      'CaptureLead',
      id === 'bea' ? { employees: 60, industry: 'Steel' } : { source: 'web' },
      minute(at),
    );
  };
  for (const id of ids) if (id !== 'dan') await capture(id, -1);
  for (const { what, on, other, at, late, page } of [...steps].sort((a, b) => a.at - b.at)) {
    if (at >= capturedAt && !captured.has('dan')) await capture('dan', capturedAt);
    if (!captured.has(on) || !captured.has(other)) continue;
    const when = minute(Math.max(0, at - late));
    const touch = { action: 'page-view', team: 'marketing', page } as const;
    if (what === 'touch') await it.send(on, 'RecordTouch', touch, when);
    if (what === 'sales') await it.send(on, 'RecordTouch', { ...touch, team: 'sales', action: 'call' }, when);
    if (what === 'visits') {
      const joined = [at - late, at].map((one) => ({
        ...touch,
        id: `visit-${visits++}`,
        at: minute(Math.max(0, one)),
      }));
      await it.send(on, 'JoinVisits', { visitorId: `visitor-${on}`, visits: joined }, minute(at));
    }
    if (what === 'update')
      await it.send(on, 'UpdateLead', { employees: page.length * 10, industry: page === '/' ? 'Steel' : 'Wood' }, when);
    if (what === 'clear') await it.send(on, 'ClearLeadFact', { facts: ['employees'] }, when);
    if (what === 'recycle') {
      await it.send(on, 'QualifyLead', { external: 'crm' }, minute(at));
      await it.send(on, 'HandOffLead', { external: 'crm', rep: `rep-${deals++}` }, minute(at));
      await it.send(on, 'RecycleLead', { external: 'crm', reason: 'later' }, minute(at));
    }
    if (what === 'merge' && !mergedInto.has(other) && survivorOf(on) !== other && on !== other) {
      mergedInto.set(other, on);
      await it.send(on, 'MergeLead', { mergedLeadId: other }, minute(at));
    }
    const [undone] = [...mergedInto.keys()];
    if (what === 'unmerge' && undone) {
      const survivor = mergedInto.get(undone)!;
      mergedInto.delete(undone);
      await it.send(survivor, 'UnmergeLead', { mergedLeadId: undone }, minute(at));
    }
  }
  return it.log as readonly StoredEvent[];
};

const journalOf = (log: readonly StoredEvent[]) =>
  ({ read: async (stream: string) => log.filter((event) => event.stream === stream) }) as unknown as Journal;
type Models = Parameters<typeof modelsOf>[0];
const projections: Models = [definitions, scoreFacts];
const all = (models: ReadModels, at: Instant) =>
  (leadScores.all as unknown as (models: ReadModels, at: Instant) => Promise<ContributedValues>)(models, at);
const some = (models: ReadModels, at: Instant) =>
  someContributed(leadScores, models, new Map(ids.map((id) => [id, {}])), at);

/** An instant some minutes after the last event, or before it. */
const afterEnd = (log: readonly StoredEvent[], minutes: number): Instant =>
  fromMs(
    toMs(
      log
        .map(({ occurredAt }) => occurredAt)
        .sort()
        .at(-1) ?? minute(0),
    ) +
      minutes * 60_000,
  );
/** What the list shows, by the columns. */
const listed = async (models: ReadModels, at: Instant) => {
  const { placeOf, columns, constants, count } = await all(models, at);
  return ids.map((id) => {
    const place = placeOf(id);
    const value = (name: string) => (place === undefined || place >= count ? NaN : columns[name]![place]!);
    const [score, grade] = [value('score'), value('grade')];
    return {
      id,
      score: Number.isNaN(score) ? null : score,
      grade: Number.isNaN(grade) ? null : gradeWords[grade]!,
      ...constants,
    };
  });
};
const gradeWords = ['A1', 'A2', 'A3', 'B1', 'B2', 'B3', 'C1', 'C2', 'C3'];
/** What the query for one lead says. */
const asked = async (models: ReadModels, log: readonly StoredEvent[], at: Instant, cut?: AsOf) => {
  const scoredAt = fromMs(Math.floor(toMs(at) / HOUR_MS) * HOUR_MS);
  return Promise.all(
    ids.map(async (id) => {
      const found = await leadScore(models, journalOf(log), { leadId: id, at: scoredAt, ...(cut && { cut }) });
      return { id, score: found ? found.hundredths / 100 : null, grade: found?.grade ?? null, scoredAt };
    }),
  );
};

/** Read models whose columns are kept: those documents are put again that have changed. */
class KeptModels {
  private columns: PackedColumns<ScoredLead> | undefined;
  private readonly put = new Map<string, string>();
  async at(log: readonly StoredEvent[]): Promise<ReadModels> {
    const documents = new MemoryDocuments();
    await modelsOf(projections, log, documents);
    return new ReadModels(documents, undefined, undefined, async (declared) => {
      const columns = (this.columns ??= declared.empty() as unknown as PackedColumns<ScoredLead>);
      for (const [id, doc] of foldAll(scoreFacts, log)) {
        const text = JSON.stringify(doc);
        if (this.put.get(id) !== text) columns.put(id, doc);
        this.put.set(id, text);
      }
      return columns as never;
    });
  }
}

describe('scores of leads in lists', () => {
  /** A point for each touch, and ten for a company of 50. */
  const plain: ScoringModel = {
    fit: { rules: [{ code: 'size', when: { field: 'employees', gte: 50 }, points: 10 }] },
    engagement: { rules: [{ code: 'touch', touches: {}, points: 1 }] },
  };
  const step = (what: Step['what'], on: Id, at: number, more: Partial<Step> = {}): Step => ({
    ...{ what, on, at, other: on, late: 0, page: '/pricing', ...more },
  });
  const scoresOf = async (steps: readonly Step[], at: number, capturedAt = 60 * DAY) => {
    const log = [...agreed([[-DAY, plain]]), ...(await story(steps, capturedAt))];
    const models = await modelsOf(projections, log);
    const found = await listed(models, minute(at));
    expect(found).toEqual(await asked(models, log, minute(at)));
    expect([...(await some(models, minute(at))).values()]).toEqual(found.map(({ id: _, ...values }) => values));
    return Object.fromEntries(found.map(({ id, score }) => [id, score]));
  };

  it('count the touches of every month once, and those of merged leads while they are merged', async () => {
    const steps = [
      step('visits', 'ada', 35 * DAY, { late: 20 * DAY }),
      step('touch', 'cem', 10 * DAY),
      step('touch', 'cem', 33 * DAY),
      step('touch', 'ada', 36 * DAY),
    ];
    expect(await scoresOf(steps, 40 * DAY)).toEqual({ ada: 3, bea: 10, cem: 2, dan: null });
    const merged = [...steps, step('merge', 'ada', 37 * DAY, { other: 'cem' }), step('touch', 'cem', 38 * DAY)];
    expect(await scoresOf(merged, 40 * DAY)).toMatchObject({ ada: 6, cem: 3 });
    const undone = [...merged, step('unmerge', 'ada', 39 * DAY)];
    expect(await scoresOf(undone, 40 * DAY)).toMatchObject({ ada: 3, cem: 3 });
    const again = [...undone, step('merge', 'ada', 39 * DAY + 5, { other: 'cem' })];
    expect(await scoresOf(again, 40 * DAY)).toMatchObject({ ada: 6, cem: 3 });
  });

  it('are those at the start of the hour, whatever happened since', async () => {
    const steps = [
      step('touch', 'bea', 10 * DAY),
      step('touch', 'bea', 10 * DAY + 70),
      step('update', 'bea', 10 * DAY + 80, { page: '/' }), // 10 employees
    ];
    const capturedAt = 10 * DAY + 65;
    expect(await scoresOf(steps, 10 * DAY + 119, capturedAt)).toMatchObject({ bea: 11, dan: null });
    expect(await scoresOf(steps, 10 * DAY + 120, capturedAt)).toMatchObject({ bea: 2, dan: 0 });
  });

  it('stay as they were for a question that still uses them', () => {
    const columns = new ScoreColumns();
    const captured = (leadId: string) => ({
      ...{ ...noOutcome(leadId), capturedAt: minute(0) },
      ...{ touches: [], parts: [], removals: [] },
    });
    const touches = [{ at: minute(1), action: 'click' }];
    const hour = columns.scores({ kind: 'scoring-model', version: 1, ref: 'scoring-model@1', body: plain }, minute(60));
    for (const id of ['ada', 'bea']) columns.put(id, captured(id));
    expect(hour.advance(1)).toBeUndefined();
    const first = hour.advance(1)!;
    expect([...first.score.slice(0, first.count)]).toEqual([0, 0]);
    columns.put('bea', { ...captured('bea'), touches });
    const second = hour.advance(1)!;
    expect([...second.score.slice(0, 2), ...first.score.slice(0, 2)]).toEqual([0, 1, 0, 0]);
    expect(hour.advance(1)).toBe(second);
  });

  it('are those of the query for one lead, at every hour and cut, whatever happened in whatever order', async () => {
    const seen = { scored: 0, merged: 0, graded: 0, unknown: 0 };
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyStep, { minLength: 5, maxLength: 50, size: 'max' }),
        fc.tuple(anyModel, anyModel),
        fc.integer({ min: 0, max: 40 * DAY }),
        fc.array(fc.integer({ min: -DAY, max: 10 * DAY }), { minLength: 2, maxLength: 3 }),
        fc.nat(100),
        async (steps, [first, second], changedAt, minutes, percent) => {
          const events = await story(steps, changedAt + 20);
          const log = [
            ...agreed([
              [0, withGrades(first)],
              [changedAt, withGrades(second)],
            ]),
            ...events,
          ];
          const kept = new KeptModels();
          // The columns of a part of the log, which then grows, and of the same hours again.
          const part = log.slice(0, Math.ceil((log.length * percent) / 100));
          for (const known of [part, log]) {
            const models = await kept.at(known);
            for (const after of minutes) {
              const at = afterEnd(known, after);
              const expected = await asked(models, known, at);
              expect({ at, found: await listed(models, at) }).toEqual({ at, found: expected });
            }
          }
          for (const after of minutes) {
            const at = afterEnd(part, after);
            const cut = percent % 2 === 0 ? { happenedBy: at } : { knownAt: part.at(-1)?.position ?? LOG_START };
            const within = log.filter(({ occurredAt, position }) =>
              cut.happenedBy ? occurredAt <= at : position <= cut.knownAt!,
            );
            const models = await modelsOf(projections, within);
            const expected = await asked(models, log, at, cut);
            expect({ cut, found: await listed(models, at) }).toEqual({ cut, found: expected });
            const nodes = await some(models, at);
            expect(ids.map((id) => ({ id, ...nodes.get(id) }))).toEqual(expected);
            seen.scored += expected.filter(({ score }) => score).length;
            seen.graded += expected.filter(({ grade }) => grade && grade !== 'C3').length;
            seen.unknown += expected.filter(({ score }) => score === null).length;
          }
          seen.merged += events.filter(({ type }) => type === 'LeadUnmerged').length;
        },
      ),
      { numRuns: repetitions(40, 2_000) },
    );
    for (const [what, count] of Object.entries(seen)) expect([what, count > 5]).toEqual([what, true]);
  });
});
