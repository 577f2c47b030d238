import {
  catalogueOf,
  Clock,
  Conflict,
  codeOf,
  DecisionContext,
  fromMs,
  toMs,
  type Accepted,
  type Documents,
  type EventLog,
  type Fence,
  type KeyStore,
  type Policy,
  type Projection,
} from '@baton/kernel';
import { SealedJournal } from '@baton/platform/event-log';
import { MemoryKeyStore } from '@baton/platform/keys';
import { Fold, type Follower } from '@baton/platform/runner/fold';
import { DecodedPage } from '@baton/platform/runner/page';
import { policyFollower, React } from '@baton/platform/runner/react';
import { echo, notes, sendTo, sums, tillEvents, ToTill } from './till';
import { WorldDocuments, WorldLog } from './world-stores';

export const faultKinds = [
  'crash',
  'unavailable',
  'ambiguous',
  'duplicate',
  'disk-full',
  'pause',
  'clock-forward',
  'clock-back',
] as const;
/** What happens in one run of the world; the same history runs the same way. */
export interface History {
  readonly schedule: number;
  /** The size of the pages that followers read. */
  readonly limit: number;
  readonly drops: readonly { readonly till: number; readonly coins: number }[];
  /** At which step of the world which fault happens. */
  readonly faults: readonly { readonly at: number; readonly kind: (typeof faultKinds)[number] }[];
}
/** What is exchanged for a flawed one. */
export interface Parts {
  readonly log?: typeof WorldLog;
  readonly documents?: typeof WorldDocuments;
  readonly projections?: readonly Projection[];
  readonly policies?: readonly Policy[];
}
interface Process {
  readonly name: string;
  readonly main: (process: Process) => Promise<void>;
  alive: boolean;
  pausedUntil: number;
  duplicates: number;
}
type Fault = (typeof faultKinds)[number] | undefined;

const LEASE_MS = 10_000;
const STEP_MS = 50;
const SAFETY_STEPS = 4_000;
const LIVENESS_STEPS = 20_000;
const catalogue = catalogueOf([tillEvents]);

/** Small and seeded: mulberry32. */
const numbers = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
};

/**
 * Writers and followers as processes of one thread. Every call of a port waits for its turn, twice: to take effect, and
 * to be answered; a seeded schedule says whose turn it is, and a process may die, stall or be refused at each. A process
 * that died waits for ever; a new one takes its place.
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
  live = true;
  private step = 0;
  private nowMs = toMs('2024-01-01T00:00:00.000Z');
  private fullUntil = 0;
  private idleAt: string | undefined;
  private waiting: { readonly process: Process; readonly resume: (fault: Fault) => void }[] = [];
  private readonly random: () => number;
  private readonly faults: ReadonlyMap<number, Fault>;
  private readonly clock: Clock;
  private incarnation = 0;

  constructor(
    private readonly history: History,
    parts: Parts = {},
  ) {
    const now = () => fromMs(this.nowMs);
    this.clock = new (class extends Clock {
      now = now;
    })();
    const nobody = this.processOf('store', async () => undefined);
    this.log = new (parts.log ?? WorldLog)(now, async () => void (await this.turn(nobody)));
    this.documents = new (parts.documents ?? WorldDocuments)();
    this.projections = parts.projections ?? [sums, notes];
    this.policies = parts.policies ?? [echo];
    this.journal = new SealedJournal(this.log, catalogue, this.keys);
    this.random = numbers(history.schedule);
    this.faults = new Map(history.faults.map(({ at, kind }) => [at, kind]));
  }

  /** First everything may go wrong; then nothing more, and the world must come to rest. @returns did it? */
  async run(): Promise<boolean> {
    const { drops } = this.history;
    const writers = [0, 1].map((one) =>
      drops.flatMap((drop, index) => (index % 2 === one ? [{ ...drop, index }] : [])),
    );
    const running = writers.map((mine) => this.start('writer', (process) => this.write(process, mine)));
    running.push(...[0, 1].map(() => this.start('worker', (process) => this.work(process))));
    const done = () => this.acknowledged.length === drops.length;
    await this.go(() => done() && this.step > Math.max(60, ...this.faults.keys()), SAFETY_STEPS);
    this.live = false;
    this.fullUntil = 0;
    this.nowMs += 10 * LEASE_MS;
    for (const process of this.processes.filter(({ name }) => name.startsWith('worker'))) this.kill(process);
    for (const process of this.processes) process.pausedUntil = 0;
    this.idleAt = undefined;
    this.start('worker', (process) => this.work(process));
    await this.go(() => done() && this.idleAt === (this.log.events.at(-1)?.position ?? ''), LIVENESS_STEPS);
    const rested = done() && this.idleAt !== undefined;
    for (const process of this.processes) this.kill(process);
    return rested;
  }

  private processes: Process[] = [];

  private processOf(name: string, main: Process['main']): Process {
    return { name: `${name}:${this.incarnation++}`, main, alive: true, pausedUntil: 0, duplicates: 0 };
  }

  private start(name: string, main: Process['main']): Process {
    const process = this.processOf(name, main);
    this.processes.push(process);
    void main(process);
    return process;
  }

  private kill(process: Process): void {
    process.alive = false;
    this.processes = this.processes.filter((other) => other !== process);
    this.waiting = this.waiting.filter((other) => other.process !== process);
  }

  private async go(until: () => boolean, steps: number): Promise<void> {
    for (const end = this.step + steps; this.step < end; this.step++) {
      await new Promise((resolve) => setImmediate(resolve)); // whoever can go on without a port has done so
      if (until()) return;
      this.nowMs += STEP_MS;
      const ready = this.waiting.filter(({ process }) => process.pausedUntil <= this.step);
      const chosen = ready[Math.floor(this.random() * ready.length)];
      if (!chosen) continue;
      this.waiting.splice(this.waiting.indexOf(chosen), 1);
      this.resume(chosen, this.live ? this.faults.get(this.step) : undefined);
    }
  }

  private resume(chosen: (typeof this.waiting)[number], fault: Fault): void {
    const { process } = chosen;
    if (fault === 'crash' && this.processes.includes(process)) {
      this.kill(process);
      this.start(process.name.split(':')[0]!, process.main);
      return;
    }
    if (fault === 'pause') {
      process.pausedUntil = this.step + 80;
      this.nowMs += LEASE_MS; // long enough to lose its leases
      this.waiting.push(chosen);
      return;
    }
    if (fault === 'duplicate') process.duplicates++;
    if (fault === 'disk-full') this.fullUntil = this.step + 20;
    if (fault === 'clock-forward') this.nowMs += 2 * LEASE_MS;
    if (fault === 'clock-back') this.nowMs -= LEASE_MS / 2;
    chosen.resume(fault);
  }

  private turn(process: Process): Promise<Fault> {
    return new Promise((resume) => {
      if (process.alive) this.waiting.push({ process, resume }); // the dead wait for ever
    });
  }

  /** A port as one process sees it. */
  private through<T extends object>(name: string, port: T, process: Process): T {
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
        const value = (target as Record<string, unknown>)[method];
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => call(method, () => value.apply(target, args) as Promise<unknown>);
      },
    });
  }

  private ports(process: Process) {
    const log = this.through<EventLog>('log', this.log, process);
    const documents = this.through<Documents>('documents', this.documents, process);
    const keys = this.through<KeyStore>('keys', this.keys, process);
    const journal = new SealedJournal(log, catalogue, keys);
    return { log, documents, journal, send: sendTo(journal, new DecisionContext(this.clock, undefined, 100)) };
  }

  private failed(error: unknown): void {
    if (!/^(log|documents|keys)\/(unavailable|busy-stream|lease-lost)$/.test(codeOf(error))) this.defects.push(error);
  }

  /** Sends each command until it is answered, under one id. */
  private async write(process: Process, drops: readonly { till: number; coins: number; index: number }[]) {
    const { send } = this.ports(process);
    for (const { till, coins, index } of drops) {
      const commandId = `drop-${index}`;
      while (!this.acknowledged.some((one) => one.commandId === commandId))
        try {
          const data = { tillId: `t${till}`, leadId: `lead${till % 2}`, coins, note: `note ${index}` };
          const meta = { commandId, actor: 'writer', origin: 'person' as const };
          const outcome = await send(new ToTill(data.tillId, { type: 'DropCoin', data, meta }));
          this.acknowledged.push({ commandId, outcome: outcome as Accepted });
        } catch (error) {
          this.failed(error);
        }
    }
  }

  private async work(process: Process): Promise<void> {
    const ports = this.ports(process);
    while (process.alive)
      try {
        await this.follow(process, ports);
      } catch (error) {
        this.failed(error);
      }
  }

  /** Takes what leases it can and follows the log until they change, as the runner does without its timers. */
  private async follow(process: Process, ports: ReturnType<World['ports']>): Promise<void> {
    const { documents, log, journal, send } = ports;
    const names = [...this.projections.map(({ name }) => name), ...this.policies.map(policyFollower)];
    const take = async () => {
      const fences = new Map<string, Fence>();
      for (const name of names) {
        const fence = await documents.lease(name, process.name, LEASE_MS, this.clock.now());
        if (fence) fences.set(name, fence);
      }
      return fences;
    };
    const held = await take();
    const followers: Follower[] = [];
    for (const projection of this.projections) {
      const fence = held.get(projection.name);
      if (fence) followers.push(await Fold.open(ports, projection, `${projection.name}-v1`, () => fence));
    }
    for (const policy of this.policies) {
      const name = policyFollower(policy);
      const fence = held.get(name);
      if (fence)
        followers.push(await React.open(ports, policy, send, () => fence, '', await documents.checkpoint(name)));
    }
    const reached = new Map(followers.map((follower) => [follower, follower.position]));
    for (;;) {
      let rest = followers.length === names.length;
      for (const follower of followers) {
        const filter = follower.types ? { types: follower.types } : {};
        const page = await log.readAll(reached.get(follower)!, filter, this.history.limit);
        do await follower.take(new DecodedPage(page, journal));
        while (process.duplicates-- > 0);
        process.duplicates = 0;
        reached.set(follower, page.position);
        if (page.atTip) await follower.flush();
        rest &&= page.atTip;
      }
      if (rest) this.idleAt = [...reached.values()].reduce((a, b) => (a < b ? a : b));
      const now = await take();
      if (now.size !== held.size || names.some((name) => now.get(name)?.token !== held.get(name)?.token)) return;
    }
  }
}
