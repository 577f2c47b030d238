import { append, EVENTS, fill, open } from './pages';
import { measured, median, quantile, readAndParse, ROUNDS, type Benchmark } from './support';

const DOCUMENTS = EVENTS / 10;

/** A rebuild against reading and parsing the same events; and how much memory it takes. */
export const rebuild: Benchmark = async (folder) => {
  const { log, journal, runner, close } = await open(folder, 'rebuild');
  await fill(log, EVENTS, DOCUMENTS);
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++)
    rounds.push({
      readAndParse: await measured(() => readAndParse(log, journal)),
      rebuild: await measured(() => runner.rebuild('time')),
    });
  await close();
  const resident = process.resourceUsage().maxRSS / 1024;
  return [
    {
      what: `rebuild of ${EVENTS} events into ${DOCUMENTS} documents: its CPU against read + parse`,
      ratio: median(rounds.map(({ readAndParse: parse, rebuild: built }) => parse.cpu / built.cpu)),
      rounds,
    },
    { what: 'memory of that process at most, against 512 MiB', ratio: resident / 512, rounds: { mebibytes: resident } },
  ];
};

/** Appends in flight against one at a time, in events per second. */
export const appends: Benchmark = async (folder) => {
  const { log, close } = await open(folder, 'appends');
  const rounds = [];
  let n = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const single = await measured(async () => {
      for (let i = 0; i < 2000; i++) await log.append('lead-single', append(n++, 'single').events, 'any');
    });
    const together = await measured(() =>
      Promise.all(
        Array.from({ length: 64 }, async (_, writer) => {
          const stream = `lead-w${writer}`;
          for (let i = 0; i < 128; i++) await log.append(stream, append(n++, `w${writer}`).events, 'any');
        }),
      ),
    );
    rounds.push({ single: 2000 / single.wall, together: (64 * 128) / together.wall });
  }
  await close();
  return [
    {
      what: '64 appends in flight against one at a time, events per second',
      ratio: median(rounds.map(({ single, together }) => together / single)),
      rounds,
    },
  ];
};

const SECONDS = 3;

/** How long after its append an event is visible in a read model, under a steady load; the loads take turns. */
export const visibility: Benchmark = async (folder) => {
  const { log, documents, runner, close } = await open(folder, 'visible');
  await runner.start({ tick: false });
  let n = 0;
  const under = async (perSecond: number) => {
    const waits: number[] = [];
    const probes: Promise<void>[] = [];
    const begin = performance.now();
    for (let sent = 0; sent < perSecond * SECONDS;) {
      const due = Math.floor(((performance.now() - begin) / 1000) * perSecond);
      const batch = Array.from({ length: Math.max(0, Math.min(due, perSecond * SECONDS) - sent) }, () =>
        append(n++, n % 2000),
      );
      sent += batch.length;
      if (batch.length > 0) {
        const at = performance.now();
        probes.push(
          log.appendMany(batch).then(async (answers) => {
            const last = answers[answers.length - 1]!;
            if (last.status === 'rejected') throw last.reason;
            await runner.waitFor(last.value.position, 'read models', 60_000);
            waits.push(performance.now() - at);
          }),
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await Promise.all(probes);
    return { p50: quantile(waits, 0.5), p99: quantile(waits, 0.99), probes: waits.length };
  };
  const loads = [1000, 5000];
  const rounds: Awaited<ReturnType<typeof under>>[][] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const figures = [];
    for (const perSecond of loads) figures.push(await under(perSecond));
    rounds.push(figures);
  }
  const seen = (await documents.checkpoint((await documents.active('time'))!))?.count;
  await close();
  if (seen !== n) throw new Error(`${seen} of ${n} events were folded`);
  return loads.map((perSecond, load) => {
    const [p50, p99] = (['p50', 'p99'] as const).map((at) => median(rounds.map((figures) => figures[load]![at])));
    return {
      what: `append to visible at ${perSecond} events/s: p99 against p50 (${p50!.toFixed(1)} ms, ${p99!.toFixed(1)} ms)`,
      ratio: p99! / p50!,
      rounds: rounds.map((figures) => figures[load]),
    };
  });
};
