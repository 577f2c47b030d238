import {
  catalogueOf,
  Clock,
  Conflict,
  DecisionContext,
  fromMs,
  START,
  toMs,
  type Accepted,
  type Documents,
  type EventLog,
  type EventFilter,
  type KeyStore,
  type Outcome,
  type ParkedSequence,
  type Policy,
  type Projection,
  type To,
} from '@baton/kernel';
import { activeGeneration } from '@baton/platform/documents';
import { SealedJournal } from '@baton/platform/event-log';
import { MemoryKeyStore } from '@baton/platform/keys';
import { followerEvents, Runner } from '@baton/platform/runner';
import { policyFollower } from '@baton/platform/at-tip';
import type { Timers } from '@baton/platform/timers';
import { ALWAYS_BREAKS_FOLD, echoOf, notes, sendTo, sumsOf, tillEvents, ToTill } from './till';
import { numbers, type faultKinds, type History } from './world-histories';
import { callUntilAnswered, isPassing } from './world-network';
import { following, ofReadModels, WorldDocuments, WorldLog } from './world-stores';

/** What is exchanged for a flawed one. */
export interface Parts {
  readonly log?: typeof WorldLog;
  readonly documents?: typeof WorldDocuments;
  readonly projection?: (projection: Projection) => Projection;
  readonly policy?: (policy: Policy) => Policy;
}
type Fault = (typeof faultKinds)[number] | undefined;
interface Process {
  readonly name: string;
  readonly main: (process: Process) => Promise<unknown>;
  alive: boolean;
  pausedUntil: number;
  duplicates: number;
  /** Takes commands, once it is up. */
  serve?: (command: To) => Promise<Outcome>;
}
/** Somebody who waits for a turn: of a port, of the wire, or until something holds. */
interface Waiting {
  readonly process: Process;
  readonly kind: 'port' | 'message' | 'condition';
  readonly ready: () => boolean;
  /** When time alone makes it ready. */
  readonly dueMs?: number;
  readonly resume: (fault: Fault) => void;
}

const LEASE_MS = 10_000;
const STEP_MS = 10;
const SAFETY_STEPS = 6_000;
const LIVENESS_STEPS = 30_000;
const catalogue = catalogueOf([tillEvents, followerEvents]);

/**
 * Callers, an operator, and two processes of Baton (its runner, and the handling of commands) in one thread. Every call
 * of a port waits for its turn, twice: to take effect, and to be answered; every message for its arrival; every pause
 * for a time that only passes when nobody else can go on. A seeded schedule says whose turn it is, and a process may
 * die, stall or be refused at each. A process that died waits for ever; a new one takes its place.
 */
export class World {
  readonly log: WorldLog;
  readonly documents: WorldDocuments;
  readonly keys = new MemoryKeyStore();
  readonly journal: SealedJournal;
  readonly acknowledged: { readonly commandId: string; readonly outcome: Accepted }[] = [];
  /** What was thrown that no store throws when it is away. */
  readonly defects: unknown[] = [];
  readonly projections: readonly Projection[];
  readonly policies: readonly Policy[];
  mended = false;
  private live = true;
  private step = 0;
  private ranMs = 0;
  private nowMs = toMs('2024-01-01T00:00:00.000Z');
  private fullUntil = 0;
  private operated = 0;
  private incarnation = 0;
  private waiting: Waiting[] = [];
  private processes: Process[] = [];
  private readonly random: () => number;
  private pending: { readonly at: number; readonly kind: NonNullable<Fault> }[];
  private readonly clock: Clock;
  /** What has no process of its own: the wire, and a store that others wait for. */
  private readonly outside: Process;

  constructor(
    private readonly history: History,
    parts: Parts = {},
  ) {
    const now = () => fromMs(this.nowMs);
    this.clock = new (class extends Clock {
      now = now;
    })();
    this.outside = this.processOf('outside', async () => undefined);
    this.log = new (parts.log ?? WorldLog)(now, async () => void (await this.turn(this.outside)));
    this.documents = new (parts.documents ?? WorldDocuments)();
    const mended = () => this.mended;
    this.projections = [sumsOf(mended), notes].map(parts.projection ?? ((projection) => projection));
    this.policies = [echoOf(mended)].map(parts.policy ?? ((policy) => policy));
    this.journal = new SealedJournal(this.log, catalogue, this.keys);
    this.random = numbers(history.schedule);
    this.pending = [...history.faults].sort((a, b) => a.at - b.at);
  }

  /** First everything may go wrong; then nothing more, and the world must come to rest. @returns did it? */
  async run(): Promise<boolean> {
    const { drops, faults, operations, mendedAt } = this.history;
    for (const one of [0, 1])
      this.start(`caller${one}`, (process) =>
        this.call(
          process,
          drops.flatMap((drop, index) => (index % 2 === one ? [{ ...drop, index }] : [])),
        ),
      );
    this.start('baton0', (process) => this.work(process));
    this.start('baton1', (process) => this.work(process));
    this.start('operator', (process) => this.operate(process));
    const done = () => this.acknowledged.length === drops.length;
    const last = Math.max(100, mendedAt ?? 0, ...[...faults, ...operations].map(({ at }) => at));
    await this.go(async () => {
      if (!this.mended && mendedAt !== null && this.step >= mendedAt) this.mend();
      return done() && this.step > last + 100;
    }, SAFETY_STEPS);

    this.live = false;
    this.fullUntil = 0;
    this.nowMs += 10 * LEASE_MS;
    for (const process of this.processes.filter(({ name }) => !name.startsWith('caller'))) this.kill(process);
    for (const process of this.processes) process.pausedUntil = 0;
    if (mendedAt !== null) this.mended = true;
    this.start('baton0', (process) => this.work(process));
    if (this.mended) this.start('operator', (process) => this.cleanUp(process));
    const rested = await this.go(async () => done() && this.step % 10 === 0 && (await this.isAtRest()), LIVENESS_STEPS);
    for (const process of this.processes) this.kill(process);
    return rested;
  }

  private mend(): void {
    this.mended = true;
    for (const process of this.processes.filter(({ name }) => !name.startsWith('caller'))) this.restart(process);
  }

  /** Does every follower stand at the end of the log, and nothing wait that somebody is to decide about? */
  private async isAtRest(): Promise<boolean> {
    const { documents, log } = this;
    const tip = log.events.at(-1)?.position ?? START;
    const names = this.policies.map(policyFollower);
    for (const projection of this.projections) names.push(await activeGeneration(documents, projection));
    const left = (await documents.generations()).filter((name) => ofReadModels.test(name));
    if (left.length > this.projections.length) return false; // what nobody reads is swept out
    for (const name of names) if ((await documents.checkpoint(name))?.position !== tip) return false;
    return !this.mended || (await Promise.all(names.map((name) => documents.parked(name)))).flat().length === 0;
  }

  private processOf(name: string, main: Process['main']): Process {
    return { name: `${name}:${this.incarnation++}`, main, alive: true, pausedUntil: 0, duplicates: 0 };
  }

  private start(name: string, main: Process['main']): void {
    const process = this.processOf(name, main);
    this.processes.push(process);
    main(process).catch((error: unknown) => this.defects.push(error));
  }

  private kill(process: Process): void {
    process.alive = false;
    this.processes = this.processes.filter((other) => other !== process);
    this.waiting = this.waiting.filter((other) => other.process !== process);
  }

  private restart(process: Process): void {
    this.kill(process);
    this.start(process.name.split(':')[0]!, process.main);
  }

  private async go(until: () => Promise<boolean>, steps: number): Promise<boolean> {
    for (const end = this.step + steps; this.step < end; this.step++) {
      await new Promise((resolve) => setImmediate(resolve)); // whoever can go on without a turn has done so
      if (await until()) return true;
      this.pass(STEP_MS);
      const here = this.waiting.filter(({ process }) => process.pausedUntil <= this.step);
      let ready = here.filter((one) => one.ready());
      const due = Math.min(...here.map(({ dueMs }) => dueMs ?? Infinity));
      if (ready.length === 0 && due < Infinity) {
        this.pass(Math.max(0, due - this.ranMs));
        ready = here.filter((one) => one.ready());
      }
      const chosen = ready[Math.floor(this.random() * ready.length)];
      if (!chosen) continue;
      this.waiting.splice(this.waiting.indexOf(chosen), 1);
      this.resume(chosen, this.live ? this.faultFor(chosen) : undefined);
    }
    return false;
  }

  private pass(ms: number): void {
    this.ranMs += ms;
    this.nowMs += ms;
  }

  private faultFor({ kind, process }: Waiting): Fault {
    const fits = (fault: NonNullable<Fault>) =>
      kind === 'message' ? fault.startsWith('message') : kind === 'port' && !fault.startsWith('message');
    if (process.name.startsWith('caller')) return undefined;
    const index = this.pending.findIndex(({ at, kind: fault }) => at <= this.step && fits(fault));
    return index < 0 ? undefined : this.pending.splice(index, 1)[0]!.kind;
  }

  private resume(chosen: Waiting, fault: Fault): void {
    const { process } = chosen;
    if (fault === 'message-lost') return;
    if (fault === 'message-twice') this.waiting.push(chosen);
    if (fault === 'message-late') {
      const dueMs = this.ranMs + 3_000;
      this.waiting.push({ ...chosen, dueMs, ready: () => this.ranMs >= dueMs });
      return;
    }
    if (fault === 'crash' && this.processes.includes(process)) return this.restart(process);
    if (fault === 'pause') {
      process.pausedUntil = this.step + 200;
      this.pass(LEASE_MS); // long enough to lose its leases
      this.waiting.push(chosen);
      return;
    }
    if (fault === 'duplicate') process.duplicates++;
    if (fault === 'disk-full') this.fullUntil = this.step + 20;
    if (fault === 'clock-forward') this.nowMs += 2 * LEASE_MS;
    if (fault === 'clock-back') this.nowMs -= LEASE_MS / 2;
    chosen.resume(fault);
  }

  private wait(waiting: Omit<Waiting, 'resume'>): Promise<Fault> {
    return new Promise((resume) => {
      if (waiting.process.alive) this.waiting.push({ ...waiting, resume }); // the dead wait for ever
    });
  }

  private turn(process: Process): Promise<Fault> {
    return this.wait({ process, kind: 'port', ready: () => true });
  }

  private readonly wire = (arrive: () => void): void =>
    void this.waiting.push({ process: this.outside, kind: 'message', ready: () => true, resume: arrive });

  /** Pauses of one process: they end when its time has come, or nobody else has anything to do. */
  private timersOf(process: Process): Timers {
    const delay = async (ms: number, signal?: AbortSignal) => {
      const dueMs = this.ranMs + ms;
      const ready = () => this.ranMs >= dueMs || (signal?.aborted ?? false);
      await this.wait({ process, kind: 'condition', dueMs, ready });
      signal?.throwIfAborted();
    };
    return { now: () => this.ranMs, delay };
  }

  /** A port as one process sees it. */
  private through<T extends object>(name: string, port: T, process: Process, own: Partial<T> = {}): T {
    const away = () => new Conflict(`${name}/unavailable`, 'away');
    const call = async (method: string, run: () => Promise<unknown>) => {
      const writes = method === 'append' || method === 'commit';
      const fault = await this.turn(process);
      if (fault === 'unavailable' || (writes && this.step < this.fullUntil)) throw away();
      if (method === 'commit')
        this.documents.between = async () => {
          const amid = await this.turn(process);
          if (amid === 'unavailable' || this.step < this.fullUntil) throw away();
        };
      const answer = await run();
      const late = await this.turn(process);
      if (fault === 'ambiguous' || late === 'ambiguous') throw away();
      return answer;
    };
    return new Proxy(port, {
      get: (target, method: string) => {
        if (method in own) return (own as Record<string, unknown>)[method];
        const value = (target as Record<string, unknown>)[method];
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => call(method, () => value.apply(target, args) as Promise<unknown>);
      },
    });
  }

  private logOf(process: Process): EventLog {
    const { limit: most } = this.history;
    const read = (after: string, filter: EventFilter = {}, limit = 2000) =>
      plain.readAll(after, filter, Math.min(limit, most)); // a store may answer with less than it was asked for
    const plain = this.through<EventLog>('log', this.log, process);
    const news = (after: string, signal: AbortSignal | undefined) => {
      const dueMs = this.ranMs + 2_000;
      const ready = () => signal?.aborted || this.ranMs >= dueMs || (this.log.events.at(-1)?.position ?? START) > after;
      return this.wait({ process, kind: 'condition', dueMs, ready });
    };
    return this.through<EventLog>('log', this.log, process, { follow: following(process, read, news), readAll: read });
  }

  private ports(process: Process) {
    const log = this.logOf(process);
    const documents = this.through<Documents>('documents', this.documents, process);
    const journal = new SealedJournal(log, catalogue, this.through<KeyStore>('keys', this.keys, process));
    const dispatch = sendTo(journal, new DecisionContext(this.clock, undefined, 100));
    return {
      log,
      documents,
      journal,
      dispatch,
      clock: this.clock,
      timers: this.timersOf(process),
      documentsAtHand: 100,
    };
  }

  private runnerOf(ports: ReturnType<World['ports']>): Runner {
    const { projections, policies } = this;
    return new Runner({ ...ports, projections, policies, aggregates: [], onFault: (error) => this.failed(error) });
  }

  private failed(error: unknown): void {
    if (!isPassing(error)) this.defects.push(error);
  }

  /** Sends each command until it is answered, under one id. */
  private async call(process: Process, drops: readonly { till: number; coins: number; index: number }[]) {
    const servers = ['baton0', 'baton1'].map(
      (name) => () => this.processes.find((one) => one.name.startsWith(name))?.serve,
    );
    for (const { till, coins, index } of drops) {
      const data = { tillId: `t${till}`, leadId: `lead${till % 2}`, coins, note: `note ${index}` };
      const meta = { commandId: `drop-${index}`, actor: 'writer', origin: 'person' as const };
      const command = new ToTill(data.tillId, { type: 'DropCoin', data, meta });
      const outcome = await callUntilAnswered(command, servers, this.wire, this.timersOf(process), isPassing);
      this.acknowledged.push({ commandId: meta.commandId, outcome: outcome as Accepted });
    }
  }

  private async work(process: Process): Promise<void> {
    const ports = this.ports(process);
    process.serve = ports.dispatch;
    for (let up = false; !up;)
      try {
        await this.runnerOf(ports).start({ tick: false });
        up = true;
      } catch (error) {
        this.failed(error);
        await ports.timers.delay(500);
      }
  }

  private async operate(process: Process): Promise<void> {
    const runner = this.runnerOf(this.ports(process));
    const operations = [...this.history.operations].sort((a, b) => a.at - b.at);
    for (; this.operated < operations.length;) {
      const { at, kind, which } = operations[this.operated]!;
      await this.wait({ process, kind: 'condition', ready: () => this.step >= at });
      this.operated++;
      try {
        if (kind === 'rebuild') await runner.rebuild(this.projections[which % this.projections.length]!.name);
        else {
          const parked = await runner.parked();
          if (parked.length > 0) await this.decide(runner, parked[which % parked.length]!, kind);
        }
      } catch (error) {
        this.failed(error);
      }
    }
  }

  /** What will be mended is not left out; what never will be is not tried again. */
  private async decide(runner: Runner, { follower, sequence, eventId }: ParkedSequence, kind: 'retry' | 'discard') {
    const { data } = this.log.events.find(({ id }) => id === eventId)!;
    const hopeless = (data as { coins: number }).coins === ALWAYS_BREAKS_FOLD;
    const discards = this.history.mendedAt === null ? kind === 'discard' : hopeless;
    await runner[discards ? 'discardParked' : 'retryParked'](follower, sequence, 'operator');
  }

  /** Decides until nothing waits any more. */
  private async cleanUp(process: Process): Promise<void> {
    const ports = this.ports(process);
    const runner = this.runnerOf(ports);
    for (;;) {
      try {
        for (const parked of await runner.parked()) await this.decide(runner, parked, 'retry');
      } catch (error) {
        this.failed(error);
      }
      await ports.timers.delay(1_000);
    }
  }
}
