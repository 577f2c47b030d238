import { AsyncLocalStorage } from 'node:async_hooks';
import { context, ROOT_CONTEXT, trace, type Context, type Span, type Tracer } from '@opentelemetry/api';
import { Accepted, Conflict, EventLog, refuse, To, type AnyCommand, type EventMeta, type Outcome } from '@baton/kernel';
import { pino } from 'pino';
import { EmbeddedEventLog } from '../event-log';
import { aroundFoldOf } from './around-fold';
import { aroundPageOf } from './around-page';
import { CommandWatch } from './command-watch';
import { loggerOf } from './log';
import { Metrics } from './metrics';
import { ObservedEventLog } from './observed-event-log';
import { parkedAlarmOf } from './parked-watch';
import { traced } from './trace';

interface Recorded {
  readonly name: string;
  readonly parent: string | undefined;
  attributes: Record<string, unknown>;
  failed?: string | undefined;
  ended: boolean;
}

/** A minimal tracing SDK: records spans in a list, and keeps the current one across asynchronous calls. */
const recordSpans = () => {
  const spans: Recorded[] = [];
  const current = new AsyncLocalStorage<Context>();
  context.setGlobalContextManager({
    active: () => current.getStore() ?? ROOT_CONTEXT,
    with: (active, run, self, ...args) => current.run(active, () => run.apply(self, args)),
    bind: (_, target) => target,
    enable() {
      return this;
    },
    disable() {
      return this;
    },
  });
  const tracer = {
    startActiveSpan: (
      name: string,
      options: { attributes?: Record<string, unknown> },
      run: (span: Span) => unknown,
    ) => {
      const parentSpan = trace.getSpan(context.active()) as unknown as { recorded?: Recorded } | undefined;
      const recorded: Recorded = {
        name,
        parent: parentSpan?.recorded?.name,
        attributes: { ...options.attributes },
        ended: false,
      };
      spans.push(recorded);
      const span = {
        recorded,
        setAttribute: (key: string, value: unknown) => void (recorded.attributes[key] = value),
        setStatus: ({ message }: { message?: string }) => void (recorded.failed = message),
        end: () => void (recorded.ended = true),
      } as unknown as Span;
      return context.with(trace.setSpan(context.active(), span), run, undefined, span);
    },
  } as unknown as Tracer;
  trace.setGlobalTracerProvider({ getTracer: () => tracer });
  return spans;
};
afterEach(() => {
  trace.disable();
  context.disable();
});

const silent = pino({ level: 'silent' });
const meta = (more: object = {}) => ({ commandId: 'c-1', actor: 'system:page', origin: 'person' as const, ...more });
class ToThing extends To<AnyCommand> {}
const command = (type = 'MakeThing', more: object = {}) => new ToThing('1', { type, data: {}, meta: meta(more) });
const accepted = new Accepted('1', '7', 0, 1, false);

/** A bus with one handler, `execute`, behind a CommandWatch. */
const watched = (execute: (to: ToThing) => Promise<Outcome>, { logger = silent } = {}) => {
  const metrics = new Metrics();
  const watch = new CommandWatch(metrics, logger);
  const bus = { execute: (to: ToThing) => watch.watch(to, () => execute(to)) };
  return { bus, metrics, text: () => metrics.text([]) };
};

const eventMeta = { actor: 'a', origin: 'person', occurredAt: '2024-01-01T00:00:00.000Z' } as EventMeta;
const event = (id: string) => ({ id, type: 'ThingMade', data: {}, meta: eventMeta });
const memoryLog = (): EventLog => EmbeddedEventLog.open(':memory:', { now: () => '2024-01-01T00:00:00.000Z' });

describe('CommandWatch', () => {
  it('counts by type and outcome', async () => {
    const answers: (() => Outcome)[] = [
      () => accepted,
      () => new Accepted('1', '7', 0, 1, true),
      () => refuse('thing/exists'),
      () => {
        throw new Conflict('log/busy-stream', 'busy');
      },
    ];
    const { bus, text } = watched(async () => answers.shift()!());
    for (let i = 0; i < 3; i++) await bus.execute(command());
    await expect(bus.execute(command())).rejects.toThrow('busy');
    const figures = await text();
    for (const outcome of ['accepted', 'repeated', 'thing/exists', 'log/busy-stream'])
      expect(figures).toContain(`baton_commands_total{type="MakeThing",outcome="${outcome}"} 1`);
    expect(figures).toContain('baton_command_duration_seconds_count{type="MakeThing"} 4');
    expect(figures).toContain('baton_commands_in_flight 0');
  });

  it('logs each command in one line', async () => {
    const lines: string[] = [];
    const logger = loggerOf({ logLevel: 'info' }, { write: (line: string) => lines.push(line) });
    const { bus } = watched(async () => accepted, { logger });
    await bus.execute(command('MakeThing', { correlationId: 'talk', causationId: 'event-9' }));
    await bus.execute(command('MakeThing', { actor: 'ada@example.org' }));
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { type: 'MakeThing', outcome: 'accepted', correlationId: 'talk', causationId: 'event-9', actor: 'system:page' },
      { type: 'MakeThing', outcome: 'accepted', correlationId: 'c-1', causationId: 'c-1', actor: '[hidden]' },
    ]);
    for (const line of lines) expect(JSON.parse(line).ms).toEqual(expect.any(Number));
  });

  it('bounds the number of label values, for any types sent', async () => {
    const { bus, text } = watched(async () => accepted);
    for (let i = 0; i < 2000; i++) await bus.execute(command(`Made${i}`));
    const lines = (await text()).split('\n').filter((line) => line.startsWith('baton_commands_total'));
    expect(lines.length).toBeLessThanOrEqual(501);
    expect(lines).toContain('baton_commands_total{type="other",outcome="accepted"} 1500');
  });
});

describe('ObservedEventLog', () => {
  it('counts events and conflicts, in append and appendMany', async () => {
    const metrics = new Metrics();
    const log = new ObservedEventLog(memoryLog(), metrics);
    await log.append('thing-1', [event('1'), event('2')], 'none');
    await expect(log.append('thing-1', [event('3')], 'none')).rejects.toThrow('revision');
    await log.appendMany([
      { stream: 'thing-2', events: [event('4')], expected: 'none' },
      { stream: 'thing-1', events: [event('5')], expected: 9 },
    ]);
    expect((await log.readAll('')).events.map(({ id }) => id)).toEqual(['1', '2', '4']);
    const figures = await metrics.text([]);
    expect(figures).toContain('baton_events_appended_total 3');
    expect(figures).toContain('baton_append_conflicts_total 2');
    await log.close();
  });
});

describe('aroundPageOf', () => {
  it('counts pages, and logs a fault with its follower', async () => {
    const lines: string[] = [];
    const metrics = new Metrics();
    const around = aroundPageOf(
      metrics,
      loggerOf({ logLevel: 'error' }, { write: (line: string) => lines.push(line) }),
    );
    await around('deals-v1', 3, async () => undefined);
    const lost = new Conflict('documents/lease-lost', 'gone');
    await expect(around('deals-v1', 3, () => Promise.reject(lost))).rejects.toBe(lost);
    const figures = await metrics.text([{ follower: 'deals-v1', events: 12, seconds: 3.5, parked: 2 }]);
    expect(figures).toContain('baton_pages_folded_total{follower="deals-v1"} 1');
    expect(figures).toContain('baton_follower_faults_total{follower="deals-v1",code="documents/lease-lost"} 1');
    expect(figures).toContain('baton_follower_lag_events{follower="deals-v1"} 12');
    expect(figures).toContain('baton_follower_lag_seconds{follower="deals-v1"} 3.5');
    expect(figures).toContain('baton_parked_sequences{follower="deals-v1"} 2');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { follower: 'deals-v1', code: 'documents/lease-lost' },
    ]);
    expect(await metrics.text([])).not.toContain('baton_follower_lag_events{'); // a generation that no longer exists
  });
});

describe('aroundFoldOf', () => {
  it('counts running folds, events read and durations, and traces them', async () => {
    const spans = recordSpans();
    const metrics = new Metrics();
    const around = aroundFoldOf(metrics);
    const during = await around('rebuild', 'deals', async (read) => {
      read(2000);
      read(500);
      return metrics.text([]);
    });
    const labels = '{kind="rebuild",read_model="deals"}';
    expect(during).toContain(`baton_folds_from_start_running${labels} 1`);
    expect(during).toContain(`baton_folds_from_start_events_total${labels} 2500`);
    const lost = new Conflict('documents/lease-lost', 'gone');
    await expect(around('refold', 'deals', () => Promise.reject(lost))).rejects.toBe(lost);
    const after = await metrics.text([]);
    expect(after).toContain(`baton_folds_from_start_running${labels} 0`);
    expect(after).toContain(`baton_folds_from_start_duration_seconds_count${labels} 1`);
    expect(after).toContain('baton_folds_from_start_running{kind="refold",read_model="deals"} 0');
    expect(spans).toMatchObject([
      { name: 'rebuild', attributes: { 'baton.read_model': 'deals', 'baton.events': 2500 }, ended: true },
      { name: 'refold', failed: 'documents/lease-lost', ended: true },
    ]);
  });
});

it('a parked sequence is reported by one line and one count', async () => {
  const lines: string[] = [];
  const metrics = new Metrics();
  const logger = loggerOf({ logLevel: 'error' }, { write: (line: string) => lines.push(line) });
  const parked = { follower: 'deals-v1', sequence: 's', position: '1', eventId: 'e', code: 'a/b' };
  parkedAlarmOf(metrics, logger)({ ...parked, message: 'the content of an event' });
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ level: 50, ...parked }]);
  expect(lines.join()).not.toContain('the content of an event');
  expect(await metrics.text([])).toContain('baton_sequences_parked_total{follower="deals-v1",code="a/b"} 1');
});

describe('traces', () => {
  it('make a command a child of the page that sent it, and its append a child of the command', async () => {
    const spans = recordSpans();
    const log = new ObservedEventLog(memoryLog(), new Metrics());
    const { bus } = watched(async () => {
      await log.append('thing-1', [event('1')], 'none');
      return accepted;
    });
    await aroundPageOf(new Metrics(), silent)('policy-people-v1', 1, async () => void (await bus.execute(command())));
    await aroundPageOf(new Metrics(), silent)('deals-v1', 5, async () => undefined);
    expect(spans).toMatchObject([
      { name: 'policy page', parent: undefined, attributes: { 'baton.follower': 'policy-people-v1' }, ended: true },
      { name: 'command MakeThing', parent: 'policy page', attributes: { 'baton.outcome': 'accepted' }, ended: true },
      { name: 'append', parent: 'command MakeThing', attributes: { 'baton.events': 1 }, ended: true },
      { name: 'fold page', parent: undefined, attributes: { 'baton.events': 5 }, ended: true },
    ]);
    await log.close();
  });

  it('contain the code of a fault, and not its message', async () => {
    const spans = recordSpans();
    await expect(traced('work', {}, () => Promise.reject(new Error('Ada Lovelace')))).rejects.toThrow('Ada');
    expect(spans).toMatchObject([{ name: 'work', failed: 'internal/fault', ended: true }]);
  });

  it('record nothing without a tracing SDK', async () => {
    expect(await traced('work', { a: 1 }, async (span) => span.isRecording())).toBe(false);
  });
});
