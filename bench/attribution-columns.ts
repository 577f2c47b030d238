import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import {
  attribution,
  attributionModels,
  compareModels,
  journeys,
  methodAt,
  type AttributionReport,
  type JourneyDocument,
} from '@baton/attribution';
import { fromMs, NoDefinitions, type Checkpoint, type Projection } from '@baton/kernel';
import { EmbeddedDocuments, ReadModels } from '@baton/platform/documents';
import { columnKeeper } from '@baton/platform/runner';
import { startDuckDB, type DuckDB } from './duckdb';
import { loud, measured, median, quantile, type Figure } from './support';

const JOURNEYS = 200_000;
const DEALS = 10_000;
const CHANNELS = 20;
const ROUNDS = 3;
const DAY = 86_400_000;
const BEGAN = Date.UTC(2024, 0, 1);
const WARM_MS = 15;

const FIVE = ['first-touch', 'last-touch', 'linear', 'position-based', 'time-decay'];
const TWELVE = attributionModels
  .filter(({ additive, code }) => additive && code !== 'custom')
  .slice(0, 12)
  .map(({ code }) => code);

/** Numbers that are the same in every run. */
const generator = () => {
  let state = 1;
  return (below: number): number => (state = (state * 48_271) % 2_147_483_647) % below;
};
function* wonJourneys(count: number): Generator<JourneyDocument> {
  const draw = generator();
  for (let deal = 0; deal < count; deal++) {
    const closedAt = BEGAN + Math.floor((deal / count) * 365 * DAY);
    yield {
      journeyId: `deal-${String(deal).padStart(6, '0')}`,
      status: 'closed',
      outcome: 'won',
      closedAt: fromMs(closedAt),
      openedAt: fromMs(closedAt - draw(60) * DAY),
      leadCreatedAt: fromMs(closedAt - draw(80) * DAY),
      firstContactAt: null,
      product: null,
      owner: `rep ${draw(30)}`,
      source: null,
      amounts: [],
      amountMinor: 1 + draw(100_000_000),
      currency: 'EUR',
      leadIds: [`lead-${deal}`],
      touches: Array.from({ length: 1 + draw(9) }, (_, place) => ({
        touchId: `touch-${deal}-${place}`,
        occurredAt: fromMs(closedAt - 80 * DAY + place * 8 * DAY + draw(8 * DAY)),
        leadId: `lead-${deal}`,
        action: 'page-view',
        team: 'marketing' as const,
        channel: `channel ${draw(CHANNELS)}`,
        campaign: `campaign ${draw(50)}`,
        page: `/page-${draw(40)}`,
      })),
      restatements: [],
    };
  }
}

/** A store on disk with so many won journeys. */
const storeOf = async (path: string, count: number) => {
  const documents = await EmbeddedDocuments.open(path);
  const models = new ReadModels(documents);
  const collection = await models.collection(journeys);
  await documents.prepare(collection);
  const checkpoint: Checkpoint = { position: '1', count, digest: '' };
  const fence = { lease: collection.name, token: 1 };
  let page: { id: string; doc: object; position: string }[] = [];
  const commit = async () => {
    const writes = { collection, documents: page, fresh: true };
    await documents.commit({ writes, follower: collection.name, checkpoint, fence });
    page = [];
  };
  for (const doc of wonJourneys(count)) {
    page.push({ id: doc.journeyId, doc, position: '1' });
    if (page.length === 5_000) await commit();
  }
  await commit();
  // The log is as the checkpoint says: nothing is asked of it.
  const away = () => Promise.reject(new Error('nothing new'));
  const keeper = columnKeeper({ documents, log: { readAll: away }, journal: { decode: (event) => event as never } });
  return { documents, models, kept: new ReadModels(documents, undefined, undefined, keeper) };
};

/** Weights of one touch under each model, normalised: `p` is its place, `n` the number, `lc`, `oc`, `nd` of milestones. */
const SHARES = `
  with placed as (
    select *, row_number() over w - 1 as p, count(*) over (partition by journey) as n,
      sum(case when ts <= created then 1 else 0 end) over (partition by journey) - 1 as lc,
      sum(case when ts <= opened then 1 else 0 end) over (partition by journey) - 1 as oc,
      max(case when channel <> 'channel 0' then ts end) over (partition by journey) as nd,
      max(ts) over (partition by journey) as newest
    from touches window w as (partition by journey order by ts)
  ), held as (
    select *, (p = 0)::int as ft, (p = lc)::int as l, (p = oc)::int as o, (p = n - 1)::int as cw,
      1 + (lc > 0)::int as held_u, 1 + (n > 1)::int as held_p,
      1 + (lc > 0)::int + (oc > 0 and oc <> lc)::int as held_w,
      greatest(0, lc, oc) as high
    from placed
  ), full_held as (
    select *, held_w + (n > 1 and lc <> n - 1 and oc <> n - 1)::int as held_f from held
  )`;
const positional = (milestones: string, total: string, held: string, mid: number, span = 'n', inside = 'true') =>
  `(${milestones} + case when not (${milestones} > 0) and ${inside} then ${mid} / (${span} - ${held}) else 0 end) / (${total} + case when ${span} > ${held} then ${mid} else 0 end)`;
const LC = '(lc >= 0)::int';
const OC = '(oc >= 0)::int';
const WEIGHTS: Readonly<Record<string, string>> = {
  'first-touch': 'ft',
  'last-touch': 'cw',
  'last-non-direct': '(case when nd is null then cw else (ts = nd)::int end)',
  'lead-creation': '(case when lc < 0 then 1.0 / n else l end)',
  'opportunity-creation': '(case when oc < 0 then 1.0 / n else o end)',
  linear: '1.0 / n',
  'u-shaped': positional('(0.4 * ft + 0.4 * l)', `0.4 + 0.4 * ${LC}`, 'held_u', 0.2),
  'u-50': `(0.5 * ft + 0.5 * l) / (0.5 + 0.5 * ${LC})`,
  'position-based': positional('(0.4 * ft + 0.4 * cw)', '0.8', 'held_p', 0.2),
  'w-shaped': positional('(0.3 * ft + 0.3 * l + 0.3 * o)', `0.3 + 0.3 * ${LC} + 0.3 * ${OC}`, 'held_w', 0.1),
  'w-milestones': positional(
    '(0.3 * ft + 0.3 * l + 0.3 * o)',
    `0.3 + 0.3 * ${LC} + 0.3 * ${OC}`,
    'held_w',
    0.1,
    '(high + 1)',
    'p <= high',
  ),
  'full-path': positional(
    '(0.225 * ft + 0.225 * l + 0.225 * o + 0.225 * cw)',
    `0.45 + 0.225 * ${LC} + 0.225 * ${OC}`,
    'held_f',
    0.1,
  ),
  'time-decay': `pow(2, (ts - newest) / ${7 * DAY}.0) / sum(pow(2, (ts - newest) / ${7 * DAY}.0)) over (partition by journey)`,
};
const queryOf = (codes: readonly string[]): string => {
  const weights = codes.map((code, index) => `${WEIGHTS[code]} as w${index}`);
  const sums = codes.flatMap((_, index) => [`sum(w${index}) as c${index}`, `sum(w${index} * amount) as m${index}`]);
  return `${SHARES}, weighed as (select channel, amount, ${weights.join(', ')} from full_held)
    select channel, ${sums.join(', ')} from weighed group by channel order by channel`;
};

/** Loads the touches, each with the facts of its journey. @returns CPU seconds of the load */
const load = async (duckdb: DuckDB, folder: string): Promise<number> => {
  const path = join(folder, 'touches.csv');
  const file = createWriteStream(path);
  file.write('journey,channel,ts,created,opened,amount\n');
  let journey = 0;
  for (const { touches, leadCreatedAt, openedAt, amountMinor } of wonJourneys(JOURNEYS)) {
    const facts = `${Date.parse(leadCreatedAt!)},${Date.parse(openedAt)},${amountMinor}`;
    const lines = touches.map(
      ({ channel, occurredAt }) => `${journey},${channel},${Date.parse(occurredAt)},${facts}\n`,
    );
    if (!file.write(lines.join(''))) await once(file, 'drain');
    journey++;
  }
  file.end();
  await once(file, 'close');
  return (await measured(() => duckdb.run(`create table touches as select * from read_csv('${path}')`))).cpu;
};

/** Both must come to the same: shares as doubles have them, money before it is rounded to cents. */
const assertSame = (
  codes: readonly string[],
  reports: readonly AttributionReport[],
  rows: readonly Readonly<Record<string, unknown>>[],
): void => {
  codes.forEach((code, index) => {
    const own = new Map(reports[index]!.rows.map((row) => [row.key, row]));
    for (const row of rows) {
      const { conversions, revenue } = own.get(row['channel'] as string) ?? { conversions: 0, revenue: [] };
      const [shares, money] = [Number(row[`c${index}`]), Number(row[`m${index}`])];
      const cents = Math.abs(money - Number(revenue[0]?.minor ?? 0));
      if (Math.abs(shares - conversions) > 1e-4 || cents > JOURNEYS)
        throw new Error(`${code} of ${String(row['channel'])}: ${conversions} here, ${shares} in DuckDB`);
    }
  });
};

/** Attribution over packed columns of many journeys: against DuckDB, and against reading and parsing the documents. */
export const packedAttribution = async (folder: string): Promise<readonly Figure[]> => {
  const { documents, models, kept } = await storeOf(join(folder, 'journeys.db'), JOURNEYS);
  const few = await storeOf(join(folder, 'few.db'), DEALS);
  const duckdb = await startDuckDB(folder);
  if (!duckdb) loud('attribution against DuckDB: it cannot be installed here');
  const method = await methodAt(new NoDefinitions(), fromMs(BEGAN));
  const parameters = { excludedChannels: ['channel 0'] };
  const question = { ...method, parameters, by: 'channel' as const };
  const cpuOf = async <T>(work: () => Promise<T>) => {
    let result: T | undefined;
    const { cpu } = await measured(async () => (result = await work()));
    return { cpu, result: result! };
  };
  try {
    const loaded = duckdb ? await load(duckdb, folder) : 0;
    await compareModels(kept, { ...question, models: TWELVE }); // compiles, and packs what is kept
    const rounds: Record<'read' | 'first' | 'five' | 'twelve' | 'duckFive' | 'duckTwelve', number>[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const figures = { read: 0, first: 0, five: 0, twelve: 0, duckFive: NaN, duckTwelve: NaN };
      figures.read = (await cpuOf(() => readAll(models, journeys))).cpu;
      figures.first = (await cpuOf(() => attribution(models, { ...question, model: 'linear' }))).cpu;
      for (const [name, codes] of [['five', FIVE] as const, ['twelve', TWELVE] as const]) {
        const { cpu, result } = await cpuOf(() => compareModels(kept, { ...question, models: codes }));
        figures[name] = cpu;
        if (!duckdb) continue;
        const duck = await cpuOf(() => duckdb.rows(queryOf(codes)));
        figures[name === 'five' ? 'duckFive' : 'duckTwelve'] = duck.cpu;
        assertSame(codes, result, duck.result);
      }
      rounds.push(figures);
    }
    const warm: number[] = [];
    for (let time = 0; time < 40; time++) {
      const { cpu } = await measured(async () =>
        JSON.stringify(await attribution(few.kept, { ...question, model: 'linear' })),
      );
      if (time >= 10) warm.push(1000 * cpu);
    }
    const middle = (of: (round: (typeof rounds)[number]) => number) => median(rounds.map(of));
    const seconds = (of: (round: (typeof rounds)[number]) => number) => `${middle(of).toPrecision(3)} s`;
    const touches = (await touchesOf(models)).toLocaleString('en');
    return [
      {
        what: `first answer, which packs ${touches} touches (${seconds((r) => r.first)}), against reading and parsing their journeys (${seconds((r) => r.read)}), CPU`,
        ratio: middle(({ first, read }) => first / read),
        rounds,
      },
      {
        what: `reading and parsing them against 12 models over their columns (${seconds((r) => r.twelve)}), CPU`,
        ratio: middle(({ twelve, read }) => read / twelve),
        rounds: [],
      },
      ...(duckdb
        ? [
            {
              what: `5 models over columns (${seconds((r) => r.five)}) against DuckDB in one pass (${seconds((r) => r.duckFive)}; loaded in ${loaded.toPrecision(3)} s), CPU`,
              ratio: middle(({ five, duckFive }) => five / duckFive),
              rounds: [],
            },
            {
              what: `12 models over columns (${seconds((r) => r.twelve)}) against DuckDB in one pass (${seconds((r) => r.duckTwelve)}), CPU`,
              ratio: middle(({ twelve, duckTwelve }) => twelve / duckTwelve),
              rounds: [],
            },
          ]
        : []),
      {
        what: `attribution by channel over ${DEALS} deals from kept columns (p50 ${quantile(warm, 0.5).toPrecision(3)} ms, p99 ${quantile(warm, 0.99).toPrecision(3)} ms) against ${WARM_MS} ms, CPU`,
        ratio: quantile(warm, 0.5) / WARM_MS,
        rounds: warm,
      },
    ];
  } finally {
    duckdb?.close();
    await documents.close();
    await few.documents.close();
  }
};

const readAll = async (models: ReadModels, projection: Projection): Promise<void> => {
  for await (const page of models.pages(projection)) void page.length;
};
const touchesOf = async (models: ReadModels): Promise<number> => {
  let sum = 0;
  for await (const page of models.pages(journeys)) for (const { doc } of page) sum += doc.touches.length;
  return sum;
};
