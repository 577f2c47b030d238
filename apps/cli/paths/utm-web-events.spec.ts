import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { Accepted, DAY_MS, instantOf, type AnyCommand, type Money } from '@baton/kernel';
import { FixedClock } from '@baton/kernel/testing';
import {
  creditPaths,
  dataDrivenModel,
  dataDrivenReport,
  pathModels,
  pathsOfPeople,
  PathTable,
  type Person,
} from '@baton/attribution';
import { channelClassifier } from '@baton/definitions';
import { dataFile, describeWithData } from '../../../test/support/data';
import { commandsByTarget } from '../import/aggregates';
import { importFile } from '../import/engine';
import { mappingOf } from '../import/mapping';

const folder = 'utm-web-events';
const rowsOf = (name: string) =>
  parse(readFileSync(dataFile(`${folder}/expected/${name}.csv`)), {
    columns: (names: string[]) => names.map((one) => one.toLowerCase()),
  }) as readonly Record<string, string>[];

describeWithData('tagged page views, imported as visits', [`${folder}/events.csv`], () => {
  /** The commands made from the file. */
  const sent = async () => {
    const commands: AnyCommand[] = [];
    const result = await importFile({
      secret: Buffer.alloc(32),
      startRun: async () => 1,
      mapping: mappingOf(JSON.parse(readFileSync('examples/mappings/utm-web-events.json', 'utf8')), commandsByTarget),
      file: dataFile(`${folder}/events.csv`),
      aggregates: commandsByTarget,
      send: async (_, id, command) => (commands.push(command), new Accepted(id, '1', 0, 1, false)),
      lookup: async () => undefined,
      clock: new FixedClock('2026-01-01T00:00:00.000Z'),
      settle: async () => {},
      report: ({ code }) => {
        throw new Error(code);
      },
    });
    expect(result).toMatchObject({ rows: 98, rejected: 0 });
    return commands;
  };
  /** `*` distinguishes a medium spelt "(none)" from an absent one. */
  const literally = (text: string) => (text === '(none)' ? '*(none)' : text);
  const classify = () =>
    channelClassifier({
      rules: rowsOf('channel_counts').map(({ channel, source, medium, campaign }) => ({
        when: { source: literally(source!), medium: literally(medium!), campaign: literally(campaign!) },
        channel: channel!,
      })),
      otherwise: 'other',
    });
  /** Visitors with their page views and orders, which the file ties to one instant. */
  const people = async () => {
    const channelOf = classify();
    const known = new Map<
      string,
      { touches: Person['touches'][number][]; conversions: Person['conversions'][number][] }
    >();
    const personOf = (visitorId: string) => {
      if (!known.has(visitorId)) known.set(visitorId, { touches: [], conversions: [] });
      return known.get(visitorId)!;
    };
    const buyers = new Map<string | undefined, string>(); // by row
    for (const { type, data, meta } of await sent()) {
      const facts = data as { visitorId: string; amount: Money; source?: string; medium?: string; campaign?: string };
      const at = instantOf(meta.occurredAt!);
      if (type === 'RecordVisit') personOf(facts.visitorId).touches.push({ occurredAt: at, channel: channelOf(facts) });
      if (type === 'IdentifyVisitor') buyers.set(meta.correlationId, facts.visitorId);
      if (type === 'WinOpportunity')
        personOf(buyers.get(meta.correlationId)!).conversions.push({ at, value: facts.amount.minor });
    }
    return known;
  };
  const table = async () => {
    const paths = new PathTable();
    for (const { steps, ...counts } of pathsOfPeople((await people()).values(), 30 * DAY_MS)) paths.add(steps, counts);
    return paths.collapsed(); // the transform of the reference: exposure
  };

  it('have the counted channels', async () => {
    const counts = new Map<string, number>();
    for (const { touches } of (await people()).values())
      for (const { channel } of touches) counts.set(channel, (counts.get(channel) ?? 0) + 1);
    const expected = new Map<string, number>();
    for (const { channel, number_of_sessions: sessions } of rowsOf('channel_counts'))
      expected.set(channel!, (expected.get(channel!) ?? 0) + Number(sessions));
    expect(counts).toEqual(expected);
  });
  it('give the paths of buyers, and 61 paths without a purchase', async () => {
    const found = { won: [] as string[], lost: [] as string[] };
    for (const [visitorId, person] of await people())
      for (const { steps, conversions } of pathsOfPeople([person], 30 * DAY_MS))
        (conversions > 0 ? found.won : found.lost).push(`f${visitorId}: ${steps.join(' > ')}`);
    const expected = (name: string) => rowsOf(name).map((row) => `${row['customer_id']}: ${row['path']}`);
    expect(found.lost).toHaveLength(61);
    expect(found.won.sort()).toEqual(expected('paths_to_conversion').sort());
    expect(found.lost.sort()).toEqual(expected('paths_to_non_conversion').sort());
  });
  it('sum to the path summary', async () => {
    const paths = await table();
    const found = [...paths.entries()].map(([steps, { conversions, nulls, value }]) => ({
      path: paths.namesOf(steps).join(' > '),
      conversions,
      nulls,
      value,
    }));
    const expected = rowsOf('path_summary').map((row) => ({
      path: row['transformed_path']!,
      conversions: Number(row['conversions']),
      nulls: Number(row['non_conversions']),
      value: Math.round(100 * Number(row['revenue'])),
    }));
    const byPath = (a: { path: string }, b: { path: string }) => (a.path < b.path ? -1 : 1);
    expect(found.sort(byPath)).toEqual(expected.sort(byPath));
  });
  it.each([
    ['last_touch', 'last-touch'],
    ['shapley', 'leave-one-out'],
  ])('credit their channels as %s', async (label, code) => {
    const paths = await table();
    const learnt = dataDrivenModel(code);
    const parameters = { excludedChannels: [], weights: { first: 0.4, last: 0.4, mid: 0.2 }, halfLifeMs: 1 };
    const rows = learnt
      ? dataDrivenReport(learnt, paths).rows
      : creditPaths(
          pathModels.find((one) => one.code === code)!,
          paths,
          parameters,
        );
    const expected = rowsOf('channel_attribution').filter((row) => row['attribution_type'] === label);
    expect(rows.map(({ key }) => key).sort()).toEqual(expected.map((row) => row['channel']).sort());
    for (const row of expected) {
      const found = rows.find(({ key }) => key === row['channel'])!;
      expect(found.conversions).toBeCloseTo(Number(row['conversions']), 6);
      expect(found.value / 100).toBeCloseTo(Number(row['revenue']), 6);
    }
  });
});
