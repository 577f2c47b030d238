import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Accepted, type AnyCommand, type StoredEvent } from '@baton/kernel';
import { FixedClock, recorded } from '@baton/kernel/testing';
import { leads, leadStageStays, type LeadEvent } from '@baton/leads';
import { touches } from '@baton/opportunities';
import { commandsByTarget } from '../apps/cli/import/aggregates';
import { importFile } from '../apps/cli/import/engine';
import { mappingOf } from '../apps/cli/import/mapping';
import { figureOf } from '../libs/insights/figures/catalogue.rules';
import { rowsBehind, type ComparedValue, builtInOfFigures } from '../libs/insights/figures/figures.query';
import { processView, type ProcessView } from '../libs/insights/read/process-view/process-view.query';
import { dataFile, describeWithData } from './support/data';
import { modelsOf } from './support/read-models';

const NOW = '2026-01-01T00:00:00.000Z';
/** A ticket is a lead, and each activity a touch of it. */
const occurredAt = { column: 'time:timestamp', date: 'iso', zone: 'UTC' };
const leadId = { template: 'ticket-{case:concept:name}' };
const mapping = {
  name: 'helpdesk',
  commands: [
    {
      ...{ command: 'CaptureLead', to: 'lead', occurredAt, onRefused: { 'lead/already-captured': 'continue' } },
      data: { leadId, source: { column: 'service_level' } },
    },
    {
      command: 'RecordTouch',
      to: 'lead',
      occurredAt,
      data: { leadId, action: { column: 'concept:name' }, team: 'sales' },
    },
  ],
};

/** The events that the commands of an import become. */
const importedEvents = async (csv: string): Promise<readonly StoredEvent[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'baton-helpdesk-'));
  const file = join(folder, 'helpdesk.csv');
  writeFileSync(file, csv);
  const events: StoredEvent[] = [];
  const revisions = new Map<string, number>();
  const send = async (_: string, id: string, { type, data, meta }: AnyCommand) => {
    const known = revisions.get(id);
    if (type === 'CaptureLead' && known !== undefined) return new Accepted(id, '1', 0, 0, false);
    const revision = (known ?? -1) + 1;
    revisions.set(id, revision);
    const event = { type: type === 'CaptureLead' ? 'LeadCaptured' : 'TouchRecorded', data } as unknown as LeadEvent;
    events.push(recorded(event, { occurredAt: meta.occurredAt!, stream: `lead-${id}`, revision }));
    return new Accepted(id, '1', revision, 1, false);
  };
  const result = await importFile({
    ...{ secret: Buffer.alloc(32), startRun: async () => 1, file, aggregates: commandsByTarget, send },
    mapping: mappingOf(mapping, commandsByTarget),
    lookup: async () => undefined,
    clock: new FixedClock(NOW),
    settle: async () => {},
    report: (fault) => {
      throw new Error(JSON.stringify(fault));
    },
  });
  rmSync(folder, { recursive: true });
  expect(result).toMatchObject({ rows: 21_348, rejected: 0 });
  return events;
};

const support = ({ support: rows }: ComparedValue): number => rows;
const seconds = ({ value }: ComparedValue): number => value!.times(86_400).toDecimalPlaces(6).toNumber();
const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
};
const counted = <T>(values: readonly T[]): ReadonlyMap<T, number> =>
  values.reduce((counts, one) => counts.set(one, (counts.get(one) ?? 0) + 1), new Map<T, number>());

const data = 'helpdesk-event-log/helpdesk.csv.gz';
describeWithData('the process of 4 580 real tickets', [data], () => {
  // An id has no blank.
  const csv = () =>
    gunzipSync(readFileSync(dataFile(data)))
      .toString()
      .replaceAll('\nCase ', '\nCase-');
  const cases = () => {
    const all = new Map<string, { what: string; at: number; level: string }[]>();
    for (const row of csv().trimEnd().split('\n').slice(1)) {
      const cells = row.split(',');
      const own = all.get(cells[0]!) ?? [];
      own.push({ what: cells[1]!, at: Date.parse(cells[3]!), level: cells[9]! });
      all.set(cells[0]!, own);
    }
    return [...all.values()];
  };
  let models: Awaited<ReturnType<typeof modelsOf>>;
  let view: ProcessView;
  beforeAll(async () => {
    models = await modelsOf([leads, leadStageStays, touches], await importedEvents(csv()));
    view = await processView(models, 'activities', { filters: {} }, NOW, builtInOfFigures);
  });

  it('has the ways that are known of it', () => {
    expect(support(view.total.paths)).toBe(4580);
    expect(view.variantCount).toBe(226);
    expect(view.variants.slice(0, 3).map(({ values }) => support(values.paths))).toEqual([2366, 552, 228]);
    const ways = counted(cases().map((all) => all.map(({ what }) => what).join(' → ')));
    for (const { group, values } of view.variants)
      if (!group.isOther && !group.key!.includes('…')) expect(support(values.paths)).toBe(ways.get(group.key!));
    expect(view.variants.reduce((sum, { values }) => sum + support(values.paths), 0)).toBe(4580);
  });

  it('has what follows what, and how fast', () => {
    const gaps = new Map<string, number[]>();
    for (const all of cases())
      all.slice(1).forEach(({ what, at }, index) => {
        const pair = `${all[index]!.what} → ${what}`;
        gaps.set(pair, [...(gaps.get(pair) ?? []), (at - all[index]!.at) / 1000]);
      });
    expect(view.transitionCount).toBe(55);
    expect(view.transitions.map(({ group: { key } }) => key).sort()).toEqual([...gaps.keys()].sort());
    expect(view.transitions.reduce((sum, { values }) => sum + support(values.transitions), 0)).toBe(16_768);
    for (const { group, values } of view.transitions) {
      const own = gaps.get(group.key!)!;
      expect([group.key, support(values.transitions), seconds(values.medianGap)]).toEqual([
        group.key,
        own.length,
        median(own),
      ]);
      expect(seconds(values.meanGap)).toBeCloseTo(own.reduce((sum, one) => sum + one, 0) / own.length, 3);
    }
    const of = (key: string) => view.transitions.find(({ group }) => group.key === key)!.values;
    const resolved = of('Resolve ticket → Closed');
    expect([support(resolved.transitions), seconds(resolved.medianGap)]).toEqual([4558, 2_592_116]);
    const assigned = of('Assign seriousness → Take in charge ticket');
    expect([support(assigned.transitions), seconds(assigned.medianGap)]).toEqual([4160, 21_926.5]);
  });

  it('has what is done again', () => {
    expect(view.total.rework.numerator).toBe(1240n);
    const again = counted(
      cases().flatMap((all) =>
        [...counted(all.map(({ what }) => what))].flatMap(([what, times]) => (times > 1 ? [what] : [])),
      ),
    );
    expect(Object.fromEntries(view.repeated.map(({ group, values }) => [group.key, support(values.repeated)]))).toEqual(
      Object.fromEntries(again),
    );
    expect(again.get('Take in charge ticket')).toBe(623);
  });

  it('is told apart by dimensions, with the rows behind each number', async () => {
    const { groups } = await processView(models, 'activities', { by: 'source', filters: {} }, NOW, builtInOfFigures);
    const levels = counted(cases().map((all) => all[0]!.level));
    expect(Object.fromEntries(groups.map(({ group, values }) => [group.key, support(values.paths)]))).toEqual(
      Object.fromEntries(levels),
    );
    const key = 'Resolve ticket → Closed';
    const scope = { by: 'transition', filters: {} };
    const behind = { group: { key, isOther: false }, side: 'denominator' } as const;
    expect(
      await rowsBehind(models, figureOf('activity-transitions'), scope, behind, NOW, builtInOfFigures),
    ).toHaveLength(4558);
    const some = await processView(
      models,
      'activities',
      { filters: { source: { in: ['Value 2'] } }, from: '2012-01-01' },
      NOW,
      builtInOfFigures,
    );
    const own = cases().filter(([first]) => first!.level === 'Value 2' && first!.at >= Date.UTC(2012, 0, 1));
    expect(support(some.total.paths)).toBe(own.length);
    expect(some.variantCount).toBe(new Set(own.map((all) => all.map(({ what }) => what).join())).size);
  });
});

describe('the process view', () => {
  const at = (day: number) => new Date(Date.UTC(2024, 0, day)).toISOString();
  const lead = (type: LeadEvent['type'], day: number, more: object = {}) =>
    recorded({ type, data: { leadId: 'ada', definition: 'mql@1', ...more } } as unknown as LeadEvent, {
      occurredAt: at(day),
    });

  it('of people goes through their stages, and names a very long way by its beginning', async () => {
    const turns = Array.from({ length: 60 }, (_, turn) => [
      lead('LeadQualified', 2 * turn + 2),
      lead('LeadReengaged', 2 * turn + 3, { cause: 'touch' }),
    ]).flat();
    const models = await modelsOf([leads, leadStageStays], [lead('LeadCaptured', 1), ...turns]);
    const { variants, transitions, repeated } = await processView(
      models,
      'people',
      { filters: {} },
      NOW,
      builtInOfFigures,
    );
    expect(variants).toHaveLength(1);
    expect(variants[0]!.group.key).toMatch(/^lead → mql → lead .*… \(121, [0-9a-f]{12}\)$/);
    expect(transitions.map(({ group, values }) => [group.key, support(values.transitions)])).toEqual([
      ['lead → mql', 60],
      ['mql → lead', 60],
    ]);
    expect(repeated.map(({ group, values }) => [group.key, support(values.repeated)])).toEqual([
      ['lead', 1],
      ['mql', 1],
    ]);
  });
  it.each([
    [{ windowMs: 1 }, 'figures/no-window', 'window'],
    [{ by: 'product' }, 'figures/unknown-dimension', 'by'],
    [{ from: '2024-02-01', to: '2024-01-01' }, 'time/empty-period', 'to'],
    [{ timeZone: 'Nowhere' }, 'time/unknown-zone', 'timeZone'],
  ])('refuses %j', async (scope, code, path) =>
    expect(
      processView(
        await modelsOf([leads, leadStageStays], []),
        'people',
        { filters: {}, ...scope },
        NOW,
        builtInOfFigures,
      ),
    ).rejects.toMatchObject({
      ...{ code, path },
    }),
  );
});
