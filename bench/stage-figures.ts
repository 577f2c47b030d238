import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { fromMs, NoDefinitions } from '@baton/kernel';
import type { LeadStageStay } from '@baton/leads';
import { MemoryDocuments, ReadModels, type ColumnKeeper } from '@baton/platform/documents';
import { insightsParts } from '@baton/insights/insights.module';
import type { ReportContext } from '@baton/platform/report';
import { startDuckDB, type DuckDB } from './duckdb';
import { loud, measured, median, type Figure } from './support';

const SIZES = (process.env['BENCH_STAGE_EVENTS'] ?? '1000000').split(',').map(Number);
const ROUNDS = 3;
const DAY = 86_400_000;
const BEGAN = Date.UTC(2024, 0, 1);
const NOW = fromMs(BEGAN + 500 * DAY);
const WINDOW_DAYS = 30;
const STEPS = ['lead', 'mql', 'handed-off', 'sql', 'customer'];
/** What may follow a stage; the same several times makes it more likely. */
const NEXT: Readonly<Record<string, readonly string[]>> = {
  lead: ['mql'],
  mql: ['handed-off', 'handed-off', 'lead'],
  'handed-off': ['sal', 'sal', 'rejected'],
  sal: ['sql'],
  sql: ['opportunity', 'opportunity', 'recycled'],
  opportunity: ['customer'],
  rejected: ['lead'],
  recycled: ['lead'],
};

/** Numbers that are the same in every run. */
const generator = () => {
  let state = 1;
  return (below: number): number => (state = (state * 48_271) % 2_147_483_647) % below;
};
type Stay = Pick<LeadStageStay, 'leadId' | 'stage' | 'enteredAt' | 'leftAt' | 'place' | 'stayMs'> & {
  readonly lead: number;
};
/** Stays of leads, about ten of each, so many together. */
function* staysOf(count: number): Generator<Stay> {
  const draw = generator();
  let made = 0;
  for (let lead = 0; made < count; lead++) {
    let [stage, at] = ['lead', BEGAN + draw(300 * 24) * 3_600_000];
    for (let place = 1; made < count; place++, made++) {
      const next = draw(20) === 0 ? undefined : NEXT[stage];
      const left = next && at + (1 + draw(6 * 24)) * 3_600_000;
      const times = { enteredAt: fromMs(at), leftAt: left === undefined ? null : fromMs(left) };
      const stayMs = left === undefined ? null : left - at;
      yield { lead, leadId: `lead-${lead}`, stage: stage as Stay['stage'], place, stayMs, ...times };
      if (!next || left === undefined) {
        made++;
        break;
      }
      [stage, at] = [next[draw(next.length)]!, left];
    }
  }
}

/** Read models whose columns are these stays and their leads. */
const modelsOf = (count: number): ReadModels => {
  const kept = new Map<unknown, unknown>();
  const keeper: ColumnKeeper = (declared) => {
    const known = kept.get(declared);
    if (known) return Promise.resolve(known as never);
    const rows = declared.empty();
    kept.set(declared, rows);
    const put = rows.put.bind(rows) as (id: string, doc: object) => void;
    let last = -1;
    for (const { lead, ...stay } of staysOf(count)) {
      const { leadId } = stay;
      if (declared.of.name === 'lead-stage-stays')
        put(`${leadId}/${stay.place}`, { ...stay, stayId: `${leadId}-${stay.place}` });
      if (declared.of.name === 'leads' && lead > last) put(leadId, { leadId, capturedAt: stay.enteredAt });
      last = lead;
    }
    return Promise.resolve(rows);
  };
  return new ReadModels(new MemoryDocuments(), undefined, undefined, keeper);
};
/** Asks a report of figures. */
const asked = async <A>(name: string, question: object, models: ReadModels): Promise<A> => {
  const report = insightsParts.reports!.find((one) => one.name === name)!;
  const context = {
    models,
    live: models,
    at: NOW,
    sources: { context: { definitions: new NoDefinitions() } },
  } as unknown as ReportContext;
  return (await report.ask(question as never, context as never)) as A;
};
interface Value {
  readonly value: string | null;
}
interface FunnelAnswer {
  readonly steps: readonly Readonly<Record<'entered' | 'median' | 'p90', Value>>[];
}
interface TimesAnswer {
  readonly stages: readonly (Readonly<Record<'entered' | 'left' | 'there' | 'mean' | 'median' | 'p90', Value>> & {
    readonly stage: string;
  })[];
}
const numberOf = ({ value }: Value): number => Number(value ?? 0);

const load = async (duckdb: DuckDB, folder: string, count: number): Promise<number> => {
  const path = join(folder, `stays-${count}.csv`);
  const file = createWriteStream(path);
  file.write('lead,stage,entered,left_at\n');
  let lines: string[] = [];
  for (const { lead, stage, enteredAt, leftAt } of staysOf(count)) {
    lines.push(`${lead},${stage},${Date.parse(enteredAt)},${leftAt === null ? '' : Date.parse(leftAt)}\n`);
    if (lines.length === 10_000) {
      if (!file.write(lines.join(''))) await once(file, 'drain');
      lines = [];
    }
  }
  file.end(lines.join(''));
  await once(file, 'close');
  return (await measured(() => duckdb.run(`create or replace table stays as select * from read_csv('${path}')`))).cpu;
};

/** Each entry into the first step, with the next entry into every later one; of each lead the furthest, then the fastest. */
const FUNNEL = (() => {
  const later = STEPS.slice(1).map((stage, index) => {
    const step = index + 2;
    return `t${step} as (
      select a.*, e.entered as e${step} from t${step - 1} a
      asof left join (select lead, entered from stays where stage = '${stage}') e on a.lead = e.lead and e.entered > a.e${step - 1}
    )`;
  });
  const within = (step: number) => `e${step} is not null and e${step} - e1 <= ${WINDOW_DAYS * DAY}`;
  const reached = STEPS.slice(1).map((_, index) => `(${within(index + 2)})::int`);
  const lastAt = STEPS.slice(1).map((_, index) => `case when ${within(index + 2)} then e${index + 2} end`);
  return `with t1 as (select lead, entered as e1 from stays where stage = '${STEPS[0]}'), ${later.join(', ')},
    tried as (select *, 1 + ${reached.join(' + ')} as reached, greatest(e1, ${lastAt.join(', ')}) - e1 as took from t${STEPS.length}),
    best as (select * from tried qualify row_number() over (partition by lead order by reached desc, took, e1) = 1)
    select ${STEPS.map((_, index) => `count(*) filter (reached >= ${index + 1}) as n${index + 1}`).join(', ')},
      ${STEPS.slice(1)
        .map(
          (_, index) =>
            `quantile_cont(e${index + 2} - e${index + 1}, 0.5) filter (reached >= ${index + 2}) as m${index + 2}, quantile_cont(e${index + 2} - e${index + 1}, 0.9) filter (reached >= ${index + 2}) as p${index + 2}`,
        )
        .join(', ')}
    from best`;
})();
const TIME_IN_STAGE = `
  with each as (
    select lead, stage, count(*) as entered, count(left_at) as visits, sum(left_at - entered) as ms,
      bool_or(left_at is null) as inside from stays group by lead, stage
  )
  select stage, sum(entered) as entered, sum(visits) as left_it, sum(inside::int) as inside,
    avg(ms) filter (not inside) as mean, quantile_cont(ms, 0.5) filter (not inside) as median,
    quantile_cont(ms, 0.9) filter (not inside) as p90
  from each group by stage`;

const assertClose = (what: string, own: number, other: number): void => {
  if (Math.abs(own - other) > 1e-6 * Math.max(1, Math.abs(other)))
    throw new Error(`${what}: ${own} here, ${other} in DuckDB`);
};

/** The funnel and time in stage over many stays, against DuckDB on one thread; loading apart. */
export const stageFigures = async (folder: string): Promise<readonly Figure[]> => {
  const duckdb = await startDuckDB(folder);
  if (!duckdb) {
    loud('figures against DuckDB: it cannot be installed here');
    return [];
  }
  const figures: Figure[] = [];
  try {
    for (const count of SIZES) {
      const models = modelsOf(count);
      const loaded = await load(duckdb, folder, count);
      const cpuOf = async <T>(work: () => Promise<T>) => {
        let result: T | undefined;
        const { cpu } = await measured(async () => (result = await work()));
        return { cpu, result: result! };
      };
      const askFunnel = () =>
        asked<FunnelAnswer>(
          'funnel',
          { over: 'people', steps: STEPS, reading: 'in-order', unit: 'person', window: `P${WINDOW_DAYS}D` },
          models,
        );
      const askTimes = () =>
        asked<TimesAnswer>(
          'timeInStage',
          { over: 'people', measure: 'cumulative', clock: 'wall', inside: false },
          models,
        );
      await askFunnel(); // packs the stays
      const rounds: Record<'funnel' | 'duckFunnel' | 'times' | 'duckTimes', number>[] = [];
      await askTimes();
      for (let round = 0; round < ROUNDS; round++) {
        const [own, other] = [await cpuOf(askFunnel), await cpuOf(() => duckdb.rows(FUNNEL))];
        own.result.steps.forEach(({ entered, median: middle, p90 }, index) => {
          const row = other.result[0]!;
          assertClose(`step ${index + 1}`, numberOf(entered), Number(row[`n${index + 1}`]));
          if (index === 0) return;
          assertClose(`median of step ${index + 1}`, numberOf(middle), Number(row[`m${index + 1}`]) / DAY);
          assertClose(`p90 of step ${index + 1}`, numberOf(p90), Number(row[`p${index + 1}`]) / DAY);
        });
        const [times, duckTimes] = [await cpuOf(askTimes), await cpuOf(() => duckdb.rows(TIME_IN_STAGE))];
        for (const { stage, ...values } of times.result.stages) {
          const row = duckTimes.result.find((one) => one['stage'] === stage)!;
          const pairs = [
            ...[
              [values.entered, row['entered']],
              [values.left, row['left_it']],
              [values.there, row['inside']],
            ],
            ...[
              [values.mean, row['mean']],
              [values.median, row['median']],
              [values.p90, row['p90']],
            ],
          ] as const;
          pairs.forEach(([one, theirs], place) =>
            assertClose(`${stage} ${place}`, numberOf(one), Number(theirs ?? 0) / (place > 2 ? DAY : 1)),
          );
        }
        rounds.push({ funnel: own.cpu, duckFunnel: other.cpu, times: times.cpu, duckTimes: duckTimes.cpu });
      }
      const middle = (name: keyof (typeof rounds)[number]) => median(rounds.map((round) => round[name]));
      const seconds = (name: keyof (typeof rounds)[number]) => `${middle(name).toPrecision(3)} s`;
      const events = count.toLocaleString('en');
      figures.push(
        {
          what: `funnel of ${STEPS.length} steps over ${events} stage events (${seconds('funnel')}) against DuckDB (${seconds('duckFunnel')}; loaded in ${loaded.toPrecision(3)} s), CPU`,
          ratio: middle('funnel') / middle('duckFunnel'),
          rounds,
        },
        {
          what: `time in stage over ${events} stage events (${seconds('times')}) against DuckDB (${seconds('duckTimes')}), CPU`,
          ratio: middle('times') / middle('duckTimes'),
          rounds: [],
        },
      );
    }
    return figures;
  } finally {
    duckdb.close();
  }
};
