import { join } from 'node:path';
import {
  catalogueOf,
  DecisionContext,
  fromMs,
  handle,
  Refused,
  START,
  toMs,
  type Clock,
  type Definition,
  type RawEvent,
  type To,
} from '@baton/kernel';
import { firstResponse } from '@baton/sla-clocks';
import { leadDecider, leadEvents, type LeadCommand } from '@baton/leads';
import { leadsParts } from '@baton/leads/leads.module';
import { EmbeddedDocuments } from '@baton/platform/documents';
import { EmbeddedEventLog, SealedJournal } from '@baton/platform/event-log';
import { MemoryKeyStore } from '@baton/platform/keys';
import { Runner } from '@baton/platform/runner';
import { measured, median, type Benchmark } from './support';

const CLOCKS = Number(process.env['BENCH_CLOCKS'] ?? 100_000);
/** So many of them pass one at a time, for the comparison; and so few are open in the small world. */
const FEW = CLOCKS / 50;
const DAY = 86_400_000;
const FIRST = toMs('2024-01-15T10:00:00.000Z');

const owed = firstResponse({
  budget: 'PT1H',
  clock: 'wall-clock',
  escalation: [
    { percent: 80, notify: 'rep' },
    { afterBreach: 'PT0S', notify: 'manager' },
  ],
});
const agreed: Readonly<Record<string, unknown>> = { mql: {}, sql: {}, 'sla-policy': { obligations: [owed] } };
const definitionOf = (kind: string): Definition | undefined =>
  kind in agreed ? ({ kind, version: 1, ref: `${kind}@1`, body: agreed[kind] } as Definition) : undefined;

/** Leads with an open clock of sales, in a log and documents of their own. */
const worldOf = async (folder: string, name: string) => {
  let now = FIRST;
  const clock: Clock = { now: () => fromMs(now) };
  const log = EmbeddedEventLog.open(join(folder, `${name}.db`), clock);
  const documents = await EmbeddedDocuments.open(join(folder, `${name}-documents.db`));
  const journal = new SealedJournal(log, catalogueOf([leadEvents]), new MemoryKeyStore());
  const context = new DecisionContext(clock, { forKinds: async () => definitionOf });
  const send = async ({ id, command }: To) => {
    const outcome = await handle(journal, leadDecider, id, command as LeadCommand, context);
    if (outcome instanceof Refused) throw outcome;
    return outcome;
  };
  const runner = new Runner({
    ...{ log, journal, documents, clock, dispatch: send },
    projections: leadsParts.aggregates.flatMap(({ due }) => due ?? []),
    policies: [],
    aggregates: leadsParts.aggregates,
    onFault: (error) => {
      throw error;
    },
  });

  /** One lead is handed off by commands; the others get its events under their own ids. */
  const handOff = async (
    prefix: string,
    count: number,
    at: number,
    mode: 'live' | 'backfill' = 'live',
  ): Promise<void> => {
    now = at;
    const steps = [['CaptureLead', { source: 'web' }], ['QualifyLead'], ['HandOffLead', { rep: 'rita' }]] as const;
    for (const [n, [type, more]] of steps.entries()) {
      const meta = {
        commandId: `${prefix}-${type}`,
        actor: 'rita',
        origin: 'person',
        occurredAt: fromMs(at + n),
        mode,
      };
      await send({ id: prefix, command: { type, data: { leadId: prefix, ...more }, meta } as LeadCommand });
    }
    const model = await log.read(`lead-${prefix}`);
    const copy = (event: RawEvent, n: number) => {
      let text = JSON.stringify({ type: event.type, data: event.data, meta: event.meta });
      for (const { id } of model) text = text.replaceAll(id, `${id}-${n}`);
      const { type, data, meta } = JSON.parse(text.replaceAll(`"${prefix}"`, `"${prefix}-${n}"`)) as RawEvent;
      return { id: `${event.id}-${n}`, type, data, meta };
    };
    for (let from = 1; from < count; from += 500) {
      const answers = await log.appendMany(
        Array.from({ length: Math.min(500, count - from) }, (_, n) => ({
          stream: `lead-${prefix}-${from + n}`,
          events: model.map((event) => copy(event, from + n)),
          expected: 'none' as const,
        })),
      );
      for (const answer of answers) if (answer.status === 'rejected') throw answer.reason;
    }
  };
  const idleTick = async () => {
    const times: number[] = [];
    for (let n = 0; n < 50; n++) {
      const begin = performance.now();
      if ((await runner.advanceClock(fromMs(FIRST))) !== 0) throw new Error('something was due');
      times.push(performance.now() - begin);
    }
    return median(times);
  };
  const breaches = async (): Promise<number> => {
    const seen = new Set<string>();
    for (let after = START, more = true; more;) {
      const page = await log.readAll(after, { types: ['ObligationBreached'] }, 5000);
      for (const { stream } of page.events) {
        if (seen.has(stream)) throw new Error(`${stream} breached twice`);
        seen.add(stream);
      }
      after = page.position;
      more = !page.atTip;
    }
    return seen.size;
  };
  const close = async () => {
    await runner.stop();
    await documents.close();
    await log.close();
  };
  return { runner, handOff, idleTick, breaches, close, setNow: (ms: number) => (now = ms) };
};

const expect = (what: string, got: number, wanted: number): void => {
  if (got !== wanted) throw new Error(`${what}: ${got}, not ${wanted}`);
};

/** Many open clocks of sales: what a tick costs while nothing is due, and how fast all of them pass once they are. */
export const clocks: Benchmark = async (folder) => {
  const small = await worldOf(folder, 'small');
  await small.handOff('few', FEW, FIRST, 'backfill');
  const large = await worldOf(folder, 'large');
  await large.handOff('few', FEW, FIRST, 'backfill');
  await large.handOff('many', CLOCKS, FIRST + 5 * DAY);
  const idle: Record<string, number> = {};
  for (const [name, { runner, idleTick }] of Object.entries({ small, large })) {
    await runner.start({ tick: false });
    await runner.catchUp();
    idle[name] = await idleTick();
  }
  await small.close();

  const { runner, setNow, breaches, close } = large;
  const pass = async (until: number, mode: 'live' | 'backfill') => {
    let sent = 0;
    setNow(until);
    const { wall, cpu } = await measured(async () => (sent = await runner.advanceClock(fromMs(until), mode)));
    return { sent, wall, cpu };
  };
  const single = await pass(FIRST + DAY, 'backfill'); // a history passes one by one
  expect('passed one at a time', single.sent, FEW);
  await runner.catchUp();
  const together = await pass(FIRST + 6 * DAY, 'live');
  expect('passed together', together.sent, CLOCKS);
  const folded = await measured(() => runner.catchUp());
  expect('due afterwards', await runner.advanceClock(fromMs(FIRST + 6 * DAY)), 0);
  expect('breaches', await breaches(), CLOCKS + FEW);
  await close();
  const rate = ({ sent, wall }: typeof single) => sent / wall;
  return [
    {
      what:
        `${CLOCKS} clocks that fall due at once, against one at a time: ${together.wall.toFixed(1)} s and ` +
        `${folded.wall.toFixed(1)} s until the due list is empty, ${rate(together).toFixed(0)} clocks/s, ` +
        `${(3 * rate(together)).toFixed(0)} events/s, each breached once`,
      ratio: rate(together) / rate(single),
      rounds: { single, together, folded },
    },
    {
      what: `an idle tick with ${CLOCKS + FEW} open clocks (${idle['large']!.toFixed(2)} ms) against one with ${FEW}`,
      ratio: idle['large']! / idle['small']!,
      rounds: idle,
    },
  ];
};
