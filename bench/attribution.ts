import {
  attribution,
  attributionModels,
  creditSelected,
  dataDrivenModel,
  dataDrivenReport,
  journeys,
  markovScores,
  methodAt,
  PathTable,
  selectTouches,
  TransitionCounts,
  type JourneyDocument,
  type ModelJourney,
} from '@baton/attribution';
import { fromMs, NoDefinitions } from '@baton/kernel';
import { MemoryDocuments, ReadModels } from '@baton/platform/documents';
import { packedAttribution } from './attribution-columns';
import { median, quantile, type Benchmark, type Figure } from './support';

const JOURNEYS = 200_000;
const TOUCHES = 5;
const PATHS = 1_000_000;
const CHANNELS = 20;
const DEALS = 10_000;
const ROUNDS = 3;
const DAY = 86_400_000;
const parameters = {
  excludedChannels: ['channel 0'],
  weights: { first: 0.4, last: 0.4, mid: 0.2 },
  halfLifeMs: 7 * DAY,
};

/** Numbers that a plain loop can make again: the same in every run. */
const generator = () => {
  let state = 1;
  return (below: number): number => (state = (state * 48_271) % 2_147_483_647) % below;
};
const seconds = (work: () => void): number => {
  const begin = performance.now();
  work();
  return (performance.now() - begin) / 1e3;
};
const rounds = <T>(once: () => T): T[] => Array.from({ length: ROUNDS }, once);
const per = (amount: number, unit: string) => `${amount.toPrecision(3)} ${unit}`;

const rulesAgainstLoop = (): Figure => {
  const draw = generator();
  const channels = Uint8Array.from({ length: JOURNEYS * TOUCHES }, () => draw(CHANNELS));
  const all = Array.from({ length: JOURNEYS }, (_, journey): ModelJourney => {
    const touches = Array.from({ length: TOUCHES }, (_, touch) => ({
      occurredAt: fromMs((journey * 10 + touch) * 60_000),
      channel: `channel ${channels[journey * TOUCHES + touch]}`,
    }));
    return {
      touches,
      conversionAt: fromMs((journey * 10 + TOUCHES) * 60_000),
      leadCreatedAt: touches[1]!.occurredAt,
      openedAt: touches[3]!.occurredAt,
    };
  });
  const models = attributionModels.filter(({ additive, code }) => additive && code !== 'custom').slice(0, 12);
  const figures = rounds(() => ({
    models: seconds(() => {
      const sums = models.map(() => new Map<string, number>());
      for (const journey of all) {
        const selection = selectTouches(journey, { lookbackMs: 90 * DAY });
        models.forEach((model, at) =>
          creditSelected(model, selection, parameters).credits.forEach(({ weight }, touch) => {
            const { channel } = journey.touches[touch]!;
            sums[at]!.set(channel, (sums[at]!.get(channel) ?? 0) + weight);
          }),
        );
      }
    }),
    loop: seconds(() => {
      const sums = new Float64Array(CHANNELS * models.length);
      for (let model = 0; model < models.length; model++)
        for (let at = 0; at < channels.length; at++) sums[model * CHANNELS + channels[at]!]! += 1 / TOUCHES;
    }),
  }));
  return {
    what: `${models.length} models over ${JOURNEYS * TOUCHES} touches (${per(median(figures.map((one) => one.models)), 's')}) against a plain linear loop over typed arrays`,
    ratio: median(figures.map((one) => one.models / one.loop)),
    rounds: figures,
  };
};

const pathsOf = (count: number, channels: number, longest: number) => {
  const draw = generator();
  const names = Array.from({ length: channels }, (_, channel) => `channel ${channel}`);
  return Array.from({ length: count }, () => Array.from({ length: 1 + draw(longest) }, () => names[draw(channels)]!));
};

const markovOrder1 = (): Figure[] => {
  const paths = pathsOf(PATHS, CHANNELS, 7);
  const numbers = paths.map((path) => Uint8Array.from(path, (name) => Number(name.slice(8))));
  const figures = rounds(() => {
    const table = new PathTable();
    const counts = new TransitionCounts(1);
    const fold = seconds(() =>
      paths.forEach((path, at) =>
        counts.add(table.stepsOf(path), { conversions: at % 3 ? 0 : 1, nulls: at % 3 ? 1 : 0, value: 0 }),
      ),
    );
    const solve = seconds(
      () => void markovScores(counts, table.channels, { conversions: Math.ceil(PATHS / 3), nulls: 0, value: 0 }),
    );
    const loop = seconds(() => {
      const plain = new Float64Array((CHANNELS + 2) ** 2);
      numbers.forEach((path, at) => {
        let from = CHANNELS;
        for (const to of path) {
          if (to === from) continue;
          plain[from * (CHANNELS + 2) + to]!++;
          from = to;
        }
        plain[from * (CHANNELS + 2) + CHANNELS + (at % 3 ? 1 : 0)]!++;
      });
    });
    const one = table.stepsOf(paths[7]!);
    const again = 10_000;
    const add = seconds(() => {
      for (let time = 0; time < again; time++) counts.add(one, { conversions: 1, nulls: 0, value: 0 });
    });
    return { fold, solve, loop, add: add / again };
  });
  const middle = (pick: (one: (typeof figures)[number]) => number) => median(figures.map(pick));
  return [
    {
      what: `Markov order 1 on ${PATHS} paths of ${CHANNELS} channels (counts ${per(
        middle(({ fold }) => fold),
        's',
      )}, solved in ${per(1e3 * middle(({ solve }) => solve), 'ms')}) against a plain count over typed arrays`,
      ratio: middle(({ fold, solve, loop }) => (fold + solve) / loop),
      rounds: figures,
    },
    {
      what: `the same from scratch against one path more (${per(1e6 * middle(({ add }) => add), 'µs')})`,
      ratio: middle(({ fold, add }) => fold / add),
      rounds: figures,
    },
  ];
};

/** One data-driven model against another on the same paths. */
const against = (
  what: string,
  paths: readonly (readonly string[])[],
  one: [string, number],
  other: [string, number],
) => {
  const table = new PathTable();
  paths.forEach((path, at) => table.add(path, { conversions: at % 3 ? 0 : 1, nulls: at % 3 ? 1 : 0, value: 0 }));
  const time = ([code, order]: [string, number]) =>
    seconds(() => void dataDrivenReport(dataDrivenModel(code)!, table, { order }));
  const figures = rounds(() => ({ one: time(one), other: time(other) }));
  return {
    what: `${what} (${per(1e3 * median(figures.map((each) => each.one)), 'ms')})`,
    ratio: median(figures.map((each) => each.one / each.other)),
    rounds: figures,
  };
};

const aYearOfDeals = async (): Promise<Figure[]> => {
  const draw = generator();
  const [from, year] = [Date.UTC(2024, 0, 1), 365 * DAY];
  const documents = Array.from({ length: DEALS }, (_, deal) => {
    const closedAt = from + Math.floor((deal / DEALS) * year);
    const doc: JourneyDocument = {
      journeyId: `deal-${deal}`,
      status: 'closed',
      outcome: draw(3) === 0 ? 'won' : 'lost',
      closedAt: fromMs(closedAt),
      openedAt: fromMs(closedAt - 30 * DAY),
      leadCreatedAt: fromMs(closedAt - 60 * DAY),
      firstContactAt: fromMs(closedAt - 80 * DAY),
      product: null,
      owner: `rep ${draw(30)}`,
      source: null,
      amountMinor: 1 + draw(1_000_000),
      amounts: [],
      currency: 'EUR',
      leadIds: [`lead-${deal}`],
      touches: Array.from({ length: 1 + draw(15) }, (_, touch) => ({
        touchId: `touch-${deal}-${touch}`,
        occurredAt: fromMs(closedAt - 80 * DAY + touch * 5 * DAY),
        leadId: `lead-${deal}`,
        action: 'page-view',
        team: 'marketing' as const,
        channel: `channel ${draw(12)}`,
      })),
      restatements: [],
    };
    return { id: doc.journeyId, doc: doc as object, position: '1' };
  });
  const store = new MemoryDocuments();
  const models = new ReadModels(store);
  const collection = await models.collection(journeys);
  await store.prepare(collection);
  await store.commit({
    writes: { collection, documents, fresh: true },
    follower: collection.name,
    checkpoint: { position: '1', count: DEALS, digest: '' },
    fence: { lease: collection.name, token: 1 },
  });
  const question = {
    ...(await methodAt(new NoDefinitions(), fromMs(from))),
    by: 'channel' as const,
    from: fromMs(from),
  };
  const timed = async (work: () => Promise<unknown>) => {
    const begin = performance.now();
    await work();
    return performance.now() - begin;
  };
  const read = async () => {
    for await (const page of models.pages(journeys, { closedAt: { gte: question.from } })) void page.length;
  };
  const times: Record<'read' | 'linear' | 'markov', number[]> = { read: [], linear: [], markov: [] };
  for (let time = 0; time < 30; time++) {
    times.read.push(await timed(read));
    for (const model of ['linear', 'markov'] as const)
      times[model].push(await timed(() => attribution(models, { ...question, model })));
  }
  return (['linear', 'markov'] as const).map((model) => ({
    what: `attribution by ${model} over a year of ${DEALS} deals (p50 ${per(quantile(times[model], 0.5), 'ms')}, p99 ${per(quantile(times[model], 0.99), 'ms')}) against reading them`,
    ratio: quantile(times[model], 0.5) / quantile(times.read, 0.5),
    rounds: times,
  }));
};

/** Attribution models against plain loops and against each other, in memory; and over packed columns. */
export const attributionModelling: Benchmark = async (folder) => [
  ...(await packedAttribution(folder)),
  rulesAgainstLoop(),
  ...markovOrder1(),
  against(
    'Markov order 3 against order 1 on 10,000 paths of 12 channels',
    pathsOf(10_000, 12, 12),
    ['markov', 3],
    ['markov', 1],
  ),
  against(
    'exact Shapley at 15 channels against the simplified form',
    pathsOf(10_000, 15, 8),
    ['shapley', 1],
    ['shapley-simplified', 1],
  ),
  ...(await aYearOfDeals()),
];
