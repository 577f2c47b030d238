import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

const COMMAND_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const FOLD_SECONDS = [0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600];
const VALUES_PER_LABEL = 500;

/** The lag of one follower. */
export interface FollowerLag {
  readonly follower: string;
  /** Number of events that it has not handled yet, counted up to a limit. */
  readonly events: number;
  /** Age of the oldest of them; 0 at the end of the log. */
  readonly seconds: number;
  readonly parked: number;
}

/**
 * The metrics of the process, for Prometheus. Label values are names from the code (command and follower names, stable
 * codes, kinds of operation), never ids, personal data or a caller's input, and at most 500 per label.
 */
export class Metrics {
  private readonly registry = new Registry();
  private readonly registers = [this.registry];
  private readonly known = new Map<string, Set<string>>();

  private readonly commands = new Counter({
    name: 'baton_commands_total',
    help: 'Commands by type and outcome: accepted, repeated, or the code of the refusal or fault.',
    labelNames: ['type', 'outcome'],
    registers: this.registers,
  });
  private readonly commandSeconds = new Histogram({
    name: 'baton_command_duration_seconds',
    help: 'Time from the receipt of a command to its answer.',
    labelNames: ['type'],
    buckets: COMMAND_SECONDS,
    registers: this.registers,
  });
  private readonly inFlight = new Gauge({
    name: 'baton_commands_in_flight',
    help: 'Commands that were received and are not answered yet.',
    registers: this.registers,
  });
  private readonly appended = new Counter({
    name: 'baton_events_appended_total',
    help: 'Events that this process appended to the log.',
    registers: this.registers,
  });
  private readonly conflicts = new Counter({
    name: 'baton_append_conflicts_total',
    help: 'Appends that conflicted with another append to the same stream; most are retried and succeed.',
    registers: this.registers,
  });
  private readonly pages = new Counter({
    name: 'baton_pages_folded_total',
    help: 'Pages of the log that a follower has handled.',
    labelNames: ['follower'],
    registers: this.registers,
  });
  private readonly faults = new Counter({
    name: 'baton_follower_faults_total',
    help: 'Faults that made a follower start again from its checkpoint, by code.',
    labelNames: ['follower', 'code'],
    registers: this.registers,
  });
  private readonly operations = new Counter({
    name: 'baton_graphql_operations_total',
    help: 'GraphQL operations by kind.',
    labelNames: ['kind'],
    registers: this.registers,
  });
  private readonly errors = new Counter({
    name: 'baton_graphql_errors_total',
    help: 'Errors in GraphQL answers by code.',
    labelNames: ['code'],
    registers: this.registers,
  });
  private readonly heavy = new Counter({
    name: 'baton_heavy_questions_total',
    help: 'Heavy queries that were sent to a process of their own, by outcome: answered, or a code.',
    labelNames: ['outcome'],
    registers: this.registers,
  });
  private readonly refusedRequests = new Counter({
    name: 'baton_requests_refused_total',
    help: 'HTTP requests refused because too many were in flight.',
    registers: this.registers,
  });
  private readonly lagEvents = new Gauge({
    name: 'baton_follower_lag_events',
    help: 'Events that a follower has not handled yet; counting stops at 1000.',
    labelNames: ['follower'],
    registers: this.registers,
  });
  private readonly lagSeconds = new Gauge({
    name: 'baton_follower_lag_seconds',
    help: 'Age of the oldest event that a follower has not handled yet; 0 at the end of the log.',
    labelNames: ['follower'],
    registers: this.registers,
  });
  private readonly parked = new Gauge({
    name: 'baton_parked_sequences',
    help: 'Parked sequences: events that wait behind one that could not be handled.',
    labelNames: ['follower'],
    registers: this.registers,
  });

  private readonly parkedTotal = new Counter({
    name: 'baton_sequences_parked_total',
    help: 'Sequences of events that were parked, by the code of the failed event.',
    labelNames: ['follower', 'code'],
    registers: this.registers,
  });

  private readonly effects = new Counter({
    name: 'baton_effects_total',
    help: 'Attempts to send a message to its target: sent, failed (tried again or given up), refused.',
    labelNames: ['target', 'outcome'],
    registers: this.registers,
  });

  private readonly headFailures = new Counter({
    name: 'baton_log_head_failures_total',
    help: 'Attempts to sign a head of the Merkle log that failed, by code; proof/witness-conflict and proof/witness-ahead are alarms.',
    labelNames: ['code'],
    registers: this.registers,
  });

  private readonly foldsRunning = new Gauge({
    name: 'baton_folds_from_start_running',
    help: 'Running folds from the start of the log: rebuild, replay (for a query with asOf), refold (after parking).',
    labelNames: ['kind', 'read_model'],
    registers: this.registers,
  });
  private readonly foldEvents = new Counter({
    name: 'baton_folds_from_start_events_total',
    help: 'Events read by folds from the start of the log.',
    labelNames: ['kind', 'read_model'],
    registers: this.registers,
  });
  private readonly foldSeconds = new Histogram({
    name: 'baton_folds_from_start_duration_seconds',
    help: 'Duration of folds from the start of the log, including failed ones.',
    labelNames: ['kind', 'read_model'],
    buckets: FOLD_SECONDS,
    registers: this.registers,
  });

  get contentType(): string {
    return this.registry.contentType;
  }

  command(type: string, outcome: string, seconds: number): void {
    this.commands.inc({ type: this.boundedLabel('type', type), outcome: this.boundedLabel('outcome', outcome) });
    this.commandSeconds.observe({ type: this.boundedLabel('type', type) }, seconds);
  }

  commandsInFlight(count: number): void {
    this.inFlight.set(count);
  }

  append(events: number): void {
    this.appended.inc(events);
  }

  conflict(): void {
    this.conflicts.inc();
  }

  page(follower: string): void {
    this.pages.inc({ follower: this.boundedLabel('follower', follower) });
  }

  fault(follower: string, code: string): void {
    this.faults.inc({ follower: this.boundedLabel('follower', follower), code: this.boundedLabel('code', code) });
  }

  sequenceParked(follower: string, code: string): void {
    this.parkedTotal.inc({ follower: this.boundedLabel('follower', follower), code: this.boundedLabel('code', code) });
  }

  effect(target: string, outcome: string): void {
    this.effects.inc({ target: this.boundedLabel('target', target), outcome });
  }

  headFailed(code: string): void {
    this.headFailures.inc({ code: this.boundedLabel('code', code) });
  }

  /** @returns a function to call when the fold has ended or failed */
  startFold(kind: string, readModel: string): () => void {
    const labels = { kind, read_model: this.boundedLabel('read_model', readModel) };
    const began = performance.now();
    this.foldsRunning.inc(labels);
    return () => {
      this.foldsRunning.dec(labels);
      this.foldSeconds.observe(labels, (performance.now() - began) / 1000);
    };
  }

  foldRead(kind: string, readModel: string, events: number): void {
    this.foldEvents.inc({ kind, read_model: this.boundedLabel('read_model', readModel) }, events);
  }

  operation(kind: string, errorCodes: readonly string[]): void {
    this.operations.inc({ kind });
    for (const code of errorCodes) this.errors.inc({ code: this.boundedLabel('code', code) });
  }

  /** @param outcome `answered`, or the code of the error */
  heavyQuestion(outcome: string): void {
    this.heavy.inc({ outcome });
  }

  refusedRequest(): void {
    this.refusedRequests.inc();
  }

  /**
   * Also measures the process itself: CPU, memory, event loop, open files. Call it once, in a process that serves
   * metrics.
   */
  collectProcessMetrics(): void {
    // Its timer wakes an idle server so often.
    collectDefaultMetrics({ register: this.registry, eventLoopMonitoringPrecision: 50 });
  }

  /** @returns the metrics in the text format of Prometheus, with the given lags of the followers */
  text(lags: readonly FollowerLag[]): Promise<string> {
    // Drops the values of generations that no longer exist.
    for (const gauge of [this.lagEvents, this.lagSeconds, this.parked]) gauge.reset();
    for (const { follower, events, seconds, parked } of lags) {
      const labels = { follower: this.boundedLabel('follower', follower) };
      this.lagEvents.set(labels, events);
      this.lagSeconds.set(labels, seconds);
      this.parked.set(labels, parked);
    }
    return this.registry.metrics();
  }

  private boundedLabel(label: string, value: string): string {
    let values = this.known.get(label);
    if (!values) this.known.set(label, (values = new Set()));
    if (values.size < VALUES_PER_LABEL) values.add(value);
    return values.has(value) ? value : 'other';
  }
}
