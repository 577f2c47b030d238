import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import {
  Conflict,
  DecisionContext,
  handle,
  NotFound,
  Refused,
  START,
  type Checkpoint,
  type Clock,
  type Documents,
  type DueList,
  type EventLog,
  type Fence,
  type Instant,
  type Journal,
  type Parked,
  type Policy,
  type Position,
  type Projection,
} from '@baton/kernel';
import { activeGeneration, firstGeneration, isGenerationOf } from '../documents';
import { Fold, type Follower } from './fold';
import { isDropped, newGeneration, rebuildLease, sweep } from './generations';
import { Group, type AroundPage } from './group';
import { isDeadNeighbour } from './neighbour';
import { follower } from './parked.decider';
import type { AroundFold } from './refold';
import { replay } from './replay';
import { policyFollower, React, type Dispatch } from './react';
import { sendDue } from './due';
import { every, machineTimers, type Timers } from './timers';
import { seenBy, soundness, type Completeness } from './verify';

const LEASE_MS = 10_000;
const TICK_MS = 1_000;

export interface RunnerParts {
  readonly log: EventLog;
  readonly journal: Journal;
  readonly documents: Documents;
  readonly projections: readonly Projection[];
  readonly policies: readonly Policy[];
  readonly dueLists: readonly DueList[];
  readonly dispatch: Dispatch;
  readonly clock: Clock;
  readonly onFault: (error: unknown) => void;
  readonly aroundPage?: AroundPage;
  readonly aroundFold?: AroundFold;
  readonly timers?: Timers;
  readonly documentsAtHand?: number;
}

/** How far one follower is. */
export interface FollowerStatus extends Checkpoint {
  readonly name: string;
  readonly kind: 'read model' | 'policy';
  /** The process that runs it: `host:pid:random`. */
  readonly holder: string | undefined;
  readonly parked: readonly Parked[];
  readonly atTip: boolean;
}

/**
 * Follows the log: folds read models, runs policies, sends what falls due. Several processes share the followers by
 * lease; each follower runs in one process at a time, and a fencing token refuses the writes of one that lost it.
 */
export class Runner {
  private readonly holder = `${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`;
  private readonly fences = new Map<string, Fence>();
  private readonly folds: Group;
  private readonly reacts: Group;
  private readonly waiters = new Set<() => void>();
  private readonly rebuilding = new Set<string>();
  private readonly timers: Timers;
  private readonly leaving = new AbortController();
  private repeating: readonly Promise<void>[] = [];

  constructor(private readonly parts: RunnerParts) {
    const { log, journal, onFault, aroundPage, timers = machineTimers } = parts;
    this.timers = timers;
    const progress = () => this.waiters.forEach((wake) => wake());
    this.folds = new Group(log, journal, () => this.openFolds(), progress, onFault, aroundPage, timers);
    this.reacts = new Group(log, journal, () => this.openReacts(), progress, onFault, aroundPage, timers);
  }

  /** Begins to follow. @param tick also send what falls due by the clock (not while a history is imported) */
  async start({ tick = true } = {}): Promise<void> {
    await this.beat();
    this.folds.start();
    this.reacts.start();
    const { clock, onFault } = this.parts;
    const repeat = (ms: number, act: () => Promise<unknown>) =>
      every(this.timers, ms, this.leaving.signal, () => act().catch(onFault));
    this.repeating = [
      repeat(LEASE_MS / 3, () => this.beat()),
      ...(tick ? [repeat(TICK_MS, () => this.passTime(clock.now()))] : []),
    ];
  }

  /** The names of the read models. */
  readModels(): readonly string[] {
    return this.parts.projections.map(({ name }) => name);
  }

  /** Finishes the page in hand, saves, and gives the leases back. */
  async stop(): Promise<void> {
    this.leaving.abort();
    await Promise.all(this.repeating);
    await Promise.all([this.folds.stop(), this.reacts.stop()]);
    for (const lease of this.fences.keys()) await this.parts.documents.release(lease, this.holder);
    this.fences.clear();
  }

  /** Takes and renews leases; a change of what this process holds takes the groups up anew. */
  private async beat(): Promise<void> {
    let changed = false;
    for (const lease of this.leases()) {
      const before = this.fences.get(lease);
      const fence = await this.take(lease);
      if (fence) this.fences.set(lease, fence);
      else this.fences.delete(lease);
      changed ||= before?.token !== fence?.token;
    }
    const { documents, clock, projections } = this.parts;
    const generations = await documents.generations();
    for (const projection of projections) {
      if (!this.fences.has(projection.name) || this.rebuilding.has(projection.name)) continue;
      await sweep(documents, clock, generations, projection.name);
      const open = this.folds.followers.find(({ name }) => isGenerationOf(projection, name));
      // Not open although it is ours: its rebuild has failed.
      changed ||= !open || (await documents.active(projection.name)) !== open.name;
    }
    if (changed) {
      this.folds.refresh();
      this.reacts.refresh();
    }
  }

  private leases(): string[] {
    return [...this.parts.projections.map(({ name }) => name), ...this.parts.policies.map(policyFollower), 'clock'];
  }

  private async take(lease: string): Promise<Fence | undefined> {
    const { documents, clock } = this.parts;
    const fence = await documents.lease(lease, this.holder, LEASE_MS, clock.now());
    if (fence) return fence;
    const other = await documents.holder(lease, clock.now());
    if (!other || !isDeadNeighbour(other)) return undefined;
    await documents.release(lease, other); // a process that was killed here cannot come back
    return documents.lease(lease, this.holder, LEASE_MS, clock.now());
  }

  /** The fence held now. A follower opened under it never writes under a later one: others may have gone on since. */
  private fenceOf(lease: string): () => Fence {
    const held = this.fences.get(lease);
    return () => {
      if (!held || this.fences.get(lease)?.token !== held.token)
        throw new Conflict('documents/lease-lost', `Another process has run ${lease} since.`);
      return held;
    };
  }

  private async openFolds(): Promise<readonly Follower[]> {
    const folds: Follower[] = [];
    for (const projection of this.parts.projections) {
      if (!this.fences.has(projection.name) || this.rebuilding.has(projection.name)) continue;
      const fold = await this.openFold(projection);
      if (fold) folds.push(fold);
      else void this.rebuild(projection.name).catch(this.parts.onFault);
    }
    return folds;
  }

  /** The generation in use, where it is of this version and sound; otherwise it has to be built anew. */
  private async openFold(projection: Projection): Promise<Fold | undefined> {
    const { documents, log, onFault } = this.parts;
    const { name } = projection;
    const fence = this.fenceOf(name);
    let active = await documents.active(name);
    if (!active) await documents.activate(name, (active = firstGeneration(projection)));
    if (!isGenerationOf(projection, active)) return undefined;
    const checkpoint = await documents.checkpoint(active);
    const owner = { follower: active, owner: firstGeneration(projection) };
    const found = await soundness(log, owner, projection.types, checkpoint);
    if ('fault' in found) {
      onFault(found.fault);
      return undefined;
    }
    try {
      return await Fold.open(this.parts, projection, active, fence, found);
    } catch (error) {
      // Somebody has dropped it since. Where another is in use by now, the next round takes that up.
      if (!isDropped(error) || (await documents.active(name)) !== active) throw error;
      onFault(error);
      return undefined;
    }
  }

  private async openReacts(): Promise<readonly Follower[]> {
    const { documents, policies, dispatch, log, onFault } = this.parts;
    const tip = await log.tip();
    const reacts: Follower[] = [];
    for (const policy of policies) {
      const name = policyFollower(policy);
      if (!this.fences.has(name)) continue;
      const checkpoint = await documents.checkpoint(name);
      const found = await soundness(log, { follower: name, owner: name }, policy.types, checkpoint);
      // Begun again: what it has sent is recognised by its command ids.
      if ('fault' in found) onFault(found.fault);
      const known = 'fault' in found || !checkpoint ? undefined : { ...checkpoint, position: found.from };
      reacts.push(await React.open(this.parts, policy, dispatch, this.fenceOf(name), tip, known));
    }
    return reacts;
  }

  /** The sequences that wait, of read models and policies. */
  async parked(): Promise<readonly Parked[]> {
    const waiting = await Promise.all((await this.followers('all')).map((name) => this.parts.documents.parked(name)));
    return waiting.flat();
  }

  /**
   * Has a parked sequence handled again by whichever process runs its follower, and waits for it.
   * @param name of the follower, as `parked` gives it; @param actor who decides
   * @returns the sequence as it waits afterwards; undefined when it waits no more
   * @throws NotFound `read/not-parked`; Conflict `read/too-far-behind` when nobody follows the log
   */
  retryParked(name: string, sequence: string, actor: string): Promise<Parked | undefined> {
    return this.decideParked('RetryParked', name, sequence, actor);
  }

  /** As `retryParked`, but the event at fault is left out for this follower, now and in every rebuild of its version. */
  discardParked(name: string, sequence: string, actor: string): Promise<Parked | undefined> {
    return this.decideParked('DiscardParked', name, sequence, actor);
  }

  private async decideParked(type: 'RetryParked' | 'DiscardParked', name: string, sequence: string, actor: string) {
    const { documents, journal, clock, projections } = this.parts;
    const find = async () => (await documents.parked(name)).find((parked) => parked.sequence === sequence);
    const waiting = await find();
    if (!waiting) throw new NotFound('read/not-parked', `${sequence} of ${name} does not wait.`, 'sequence');
    const projection = projections.find((candidate) => isGenerationOf(candidate, name));
    const followerId = projection ? firstGeneration(projection) : name;
    const data = { followerId, sequence, eventId: waiting.eventId };
    const meta = { commandId: randomUUID(), actor, origin: 'person' as const };
    const outcome = await handle(journal, follower, followerId, { type, data, meta }, new DecisionContext(clock));
    if (outcome instanceof Refused) throw outcome;
    await this.waitFor(outcome.position, projection ? 'read models' : 'policies', 30_000);
    return find();
  }

  /** The checkpoint names of all read models (their active generations) and policies. */
  private async followers(only: 'read models' | 'policies' | 'all'): Promise<string[]> {
    const { documents, projections, policies } = this.parts;
    const names = only === 'read models' ? [] : policies.map(policyFollower);
    if (only !== 'policies')
      for (const projection of projections) names.push(await activeGeneration(documents, projection));
    return names;
  }

  /**
   * Waits until followers have handled everything up to a position, here or in the process that runs them.
   * @throws Conflict `read/too-far-behind` after `timeoutMs`
   */
  async waitFor(position: Position, only: 'read models' | 'policies' | 'all' = 'read models', timeoutMs = 10_000) {
    const deadline = this.timers.now() + timeoutMs;
    for (;;) {
      const behind = [];
      for (const name of await this.followers(only)) {
        const here = [...this.folds.followers, ...this.reacts.followers].find((follower) => follower.name === name);
        const reached = here?.handled ?? (await this.parts.documents.checkpoint(name))?.position ?? START;
        if (reached < position) behind.push(name);
      }
      if (behind.length === 0) return;
      if (this.timers.now() > deadline)
        throw new Conflict('read/too-far-behind', `Not there yet: ${behind.join(', ')}. Ask again.`, 'atLeast');
      await this.progress(20);
    }
  }

  private async progress(ms: number): Promise<void> {
    const waiting = new AbortController();
    const wake = () => waiting.abort();
    this.waiters.add(wake);
    await this.timers.delay(ms, waiting.signal).catch(() => undefined);
    this.waiters.delete(wake);
  }

  /** Waits until everything that is in the log now, and what policies made of it, is handled and folded. */
  async catchUp(timeoutMs = 600_000): Promise<Position> {
    for (let tip = await this.parts.log.tip(); ;) {
      await this.waitFor(tip, 'policies', timeoutMs);
      const next = await this.parts.log.tip();
      if (next === tip) break;
      tip = next;
    }
    const tip = await this.parts.log.tip();
    await this.waitFor(tip, 'read models', timeoutMs);
    return tip;
  }

  /**
   * Sends PassTime to every stream with something due at or before an instant; the decider checks again.
   * @returns how many commands were sent
   */
  async passTime(until: Instant, mode: 'live' | 'backfill' = 'live'): Promise<number> {
    const mine = () => !this.leaving.signal.aborted && this.fences.has('clock');
    return mine() ? sendDue(this.parts, until, mode, mine) : 0;
  }

  /**
   * Builds a read model anew beside the generation in use and switches when it has caught up.
   * @param onProgress called after each page with the events read so far
   * @throws NotFound `read/unknown-read-model`; Conflict `read/rebuild-running`
   */
  async rebuild(
    name: string,
    onProgress: (events: number) => void = () => undefined,
  ): Promise<{ generation: string; events: number }> {
    const { documents, projections } = this.parts;
    const projection = projections.find((candidate) => candidate.name === name);
    if (!projection)
      throw new NotFound(
        'read/unknown-read-model',
        `Read models: ${projections.map((p) => p.name).join(', ')}.`,
        'name',
      );
    const lease = rebuildLease(name);
    const fence = await this.take(lease);
    if (!fence) throw new Conflict('read/rebuild-running', `${name} is being rebuilt by another process.`);
    this.rebuilding.add(name);
    const done = new AbortController();
    void every(this.timers, LEASE_MS / 3, done.signal, () => this.take(lease).catch(this.parts.onFault));
    try {
      const generation = await newGeneration(documents, projection);
      const events = await replay(this.parts, projection, generation, () => fence, { onProgress });
      const before = await documents.active(name);
      // One that was held up for long may find that another has dropped what it built.
      if ((await this.take(lease))?.token !== fence.token)
        throw new Conflict('documents/lease-lost', `Another process has rebuilt ${name} since.`, lease);
      await documents.activate(name, generation);
      this.folds.refresh();
      if (before && before !== generation) await this.dropWhenUnused(before);
      return { generation, events };
    } finally {
      done.abort();
      this.rebuilding.delete(name);
      await documents.release(lease, this.holder);
    }
  }

  /** The old generation goes once no process can still be writing it. */
  private async dropWhenUnused(generation: string): Promise<void> {
    for (let waited = 0; this.folds.followers.some(({ name }) => name === generation) && waited < 5000; waited += 20)
      await this.timers.delay(20);
    await this.parts.documents.drop(generation);
  }

  async status(): Promise<readonly FollowerStatus[]> {
    const { documents, clock, log } = this.parts;
    const tip = await log.tip();
    const answer: FollowerStatus[] = [];
    for (const name of await this.followers('all')) {
      const checkpoint = (await documents.checkpoint(name)) ?? { position: START, count: 0, digest: '0' };
      const isPolicy = name.startsWith('policy-');
      const lease = this.parts.projections.find((projection) => isGenerationOf(projection, name))?.name ?? name;
      answer.push({
        ...checkpoint,
        name,
        kind: isPolicy ? 'policy' : 'read model',
        holder: await documents.holder(lease, clock.now()),
        parked: await documents.parked(name),
        atTip: checkpoint.position >= tip,
      });
    }
    return answer;
  }

  /** Recomputes what each read model should have seen, by another path than the folds', and compares. */
  async verify(): Promise<readonly Completeness[]> {
    const { documents, log, projections } = this.parts;
    const answers: Completeness[] = [];
    for (const projection of projections) {
      const owner = firstGeneration(projection);
      const generation = await activeGeneration(documents, projection);
      const checkpoint = await documents.checkpoint(generation);
      answers.push(await seenBy(log, { follower: generation, owner }, projection.types, checkpoint));
    }
    return answers;
  }
}
