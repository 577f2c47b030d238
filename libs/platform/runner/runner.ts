import { randomUUID } from 'node:crypto';
import {
  codeOf,
  Conflict,
  DecisionContext,
  handle,
  isTransient,
  NotFound,
  Refused,
  START,
  type Checkpoint,
  type Clock,
  type Aggregate,
  type EventLog,
  type Fence,
  type Instant,
  type Journal,
  type MessageCheck,
  type ParkedSequence,
  type Policy,
  type Position,
  type Projection,
} from '@baton/kernel';
import { firstGeneration, isGenerationOf, readableGeneration, rebuildLease } from '../documents';
import { PositionWaits, type FollowerSelection } from './position-waits';
import { deliveryDispatch, deliveriesTo, effectFollower, type OnEffect, type Sender } from './effect';
import type { Follower } from './fold';
import { FollowedStreams } from './followed-streams';
import {
  dropGeneration,
  dropUnknownReadModels,
  dropUnusedGenerations,
  newGeneration,
  saveRebuildProgress,
} from './generations';
import { FollowerGroup, type AroundPage, type Audience } from './group';
import { Leases } from './leases';
import { followedGeneration, followerCheckpoints, openFold, openPolicyFollower } from './opening';
import type { ParkedSequenceStores } from './parked-sequences';
import { followerDecider } from './parked.decider';
import type { AroundFold } from './refold';
import { replay } from './replay';
import { policyFollower } from '../at-tip';
import type { Dispatch } from './policy-follower';
import { earliestDue, sendDue } from './due';
import { repeatEvery, machineTimers, type Timers } from '../timers';
import { verifyAll } from './verify-documents';
import { isLogOfCheckpoints, type VerificationResult } from './verify';

/** How often unused generations are looked for. */
const SWEEP_MS = 30_000;
/** How often a process looks, while nothing else tells it, for read models that another one rebuilt. */
const REBUILT_MS = 5_000;
const TICK_MS = 1_000;
/** Earlier than any instant. */
const NOT_LOOKED: Instant = '';
const IMPORT_LEASE = 'history-';
const DECISION_TIMEOUT_MS = 30_000;
const WAIT_ATTEMPT_MS = 5_000;
const WAIT_ATTEMPTS = 120;

export interface RunnerOptions extends ParkedSequenceStores {
  readonly log: EventLog;
  readonly journal: Journal;
  readonly projections: readonly Projection[];
  readonly policies: readonly Policy[];
  /** AdvanceClock is sent to those that have a `due` projection. */
  readonly aggregates: readonly Aggregate[];
  /** The targets that messages are sent to. */
  readonly senders?: readonly Sender[];
  readonly onEffect?: OnEffect;
  /** Checks of each message before it is sent. */
  readonly beforeSending?: readonly MessageCheck[];
  readonly dispatch: Dispatch;
  /** Whether an import was started that has not ended, even if it was stopped. */
  readonly isImportOpen?: () => Promise<boolean>;
  readonly clock: Clock;
  readonly onFault: (error: unknown) => void;
  /** A generation of a read model that this build does not have was dropped. */
  readonly onDropped?: (generation: string) => void;
  readonly aroundPage?: AroundPage;
  readonly aroundFold?: AroundFold;
  readonly timers?: Timers;
  readonly maxCachedDocuments?: number;
}

/** The progress of one follower. */
export interface FollowerStatus extends Checkpoint {
  readonly name: string;
  readonly kind: 'read model' | 'policy' | 'effect';
  /** The process that runs it: `host:pid:random`. */
  readonly holder: string | undefined;
  readonly parked: readonly ParkedSequence[];
  readonly atTip: boolean;
}

const kindOf = (name: string): FollowerStatus['kind'] =>
  name.startsWith('policy-') ? 'policy' : name.startsWith('effect-') ? 'effect' : 'read model';

/** While a read model is rebuilt for this version, the name of the rebuild: it never reaches a position. */
const generationToWaitFor = (actives: ReadonlyMap<string, string>, projection: Projection): string =>
  readableGeneration(actives.get(projection.name), projection) ?? rebuildLease(projection.name);

const ignoreTransient = (error: unknown): void => {
  if (!isTransient(error)) throw error;
};

/**
 * Follows the log: folds read models, runs policies, sends messages to their targets and AdvanceClock to streams with
 * something due. Several processes share the followers by lease; each follower runs in one process at a time, and the
 * store refuses the writes of a process that lost the lease, by fencing token.
 */
export class Runner {
  private readonly leases: Leases;
  private lastSweepMs = -Infinity;
  private lastCheckMs = -Infinity;
  private readonly folds: FollowerGroup;
  private readonly policyFollowers: FollowerGroup;
  /** One for each target, so that a target that does not answer holds up nothing else. */
  private readonly effects: readonly FollowerGroup[];
  private readonly positionWaits: PositionWaits;
  /** The rebuilds of this process, by read model. */
  private readonly rebuilding = new Map<string, Promise<unknown>>();
  private trusted = false;
  private readonly timers: Timers;
  private readonly stopping = new AbortController();
  private timerLoops: readonly Promise<void>[] = [];
  private sendsClock = false;
  /** When something falls due next; undefined when a read model may have changed since it was looked for. */
  private nextDue: Instant | undefined;
  /** It imports: readers wait for what they want to see. */
  private imports = false;
  /** How often followers of this process have advanced, or a rebuilt read model was taken into use. */
  private changes = 0;

  constructor(private readonly options: RunnerOptions) {
    const { log, journal, onFault, aroundPage, timers = machineTimers } = options;
    this.timers = timers;
    this.leases = new Leases(options.documents, timers, onFault);
    const handled = (name: string) =>
      this.groups.flatMap(({ followers }) => followers).find((follower) => follower.name === name)?.handled;
    const { policies } = this.selections;
    this.positionWaits = new PositionWaits(options.documents, handled, timers, (selection) => {
      if (selection !== policies) this.folds.wake();
    });
    const progress = (onlyReads: boolean) => {
      if (!onlyReads) this.nextDue = undefined;
      this.changes++;
      this.positionWaits.wake();
    };
    const audience = (): Audience => {
      if (this.positionWaits.hasWaiters(policies)) return 'waiting';
      return this.imports ? 'none' : 'reading';
    };
    const group = (open: () => Promise<readonly Follower[]>) =>
      new FollowerGroup(log, journal, open, progress, onFault, aroundPage, timers, audience);
    this.folds = group(() => this.openFolds());
    this.policyFollowers = group(() => this.openPolicyFollowers());
    this.effects = (options.senders ?? []).map((sender) => group(() => this.openEffect(sender)));
  }

  /**
   * Starts to follow the log.
   * @param tick also send AdvanceClock every second, under the lease `clock`
   * @param history this process imports history and then calls `advanceClock(…, 'backfill')`. Until it stops, and while
   *   an import has not ended, no process sends a live AdvanceClock to streams that an import changed last; read models
   *   are saved every few seconds, or when `catchUp` waits for them
   */
  async start({ tick = true, history = false } = {}): Promise<void> {
    this.sendsClock = tick;
    this.imports = history;
    const refresh = () => this.groups.forEach((group) => group.refresh());
    const own = [...(tick ? ['clock'] : []), ...(history ? [await this.takeImportLease()] : [])];
    await this.leases.keep([...this.wantedLeases(), ...own], refresh, () => this.checkOtherProcesses());
    for (const group of this.groups) group.start();
    const { onFault } = this.options;
    const repeat = (ms: number, act: () => Promise<unknown>) =>
      repeatEvery(this.timers, ms, this.stopping.signal, () => act().catch(onFault));
    this.timerLoops = tick ? [repeat(TICK_MS, () => this.tick())] : [];
  }

  /** Sends what is due. Nothing is looked for where this process folds all that falls due, and knows when it does. */
  private async tick(): Promise<void> {
    const { clock, aggregates } = this.options;
    const foldsAll = aggregates.every(({ due }) => !due || this.leases.has(due.name));
    if (foldsAll && this.nextDue !== undefined && clock.now() < this.nextDue) return;
    this.nextDue = NOT_LOOKED;
    await this.advanceClock(clock.now());
    const next = await earliestDue(this.options);
    // Unless a read model has changed meanwhile
    if (this.nextDue !== undefined) this.nextDue = next;
  }

  /** The names of the read models. */
  readModels(): readonly string[] {
    return this.options.projections.map(({ name }) => name);
  }

  /**
   * A number that grows whenever a read model may have changed: as long as it stays the same, so does what is read.
   * @returns undefined where another process folds some of them, whose changes are not noticed here
   */
  readModelChanges(): number | undefined {
    return this.options.projections.every(({ name }) => this.leases.has(name)) ? this.changes : undefined;
  }

  /** Finishes the current page, saves, and releases the leases. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.timerLoops);
    await Promise.all(this.groups.map((group) => group.stop()));
    await this.leases.releaseAll();
  }

  /**
   * Reacts to other processes: opens read models again that they rebuilt, and drops generations that they left unused.
   */
  private async checkOtherProcesses(): Promise<void> {
    const { documents, projections } = this.options;
    const held = projections.filter(({ name }) => this.leases.has(name) && !this.rebuilding.has(name));
    if (held.length === 0 || this.timers.now() - this.lastCheckMs < REBUILT_MS) return;
    this.lastCheckMs = this.timers.now();
    if (this.timers.now() - this.lastSweepMs >= SWEEP_MS) {
      const generations = await documents.generations();
      for (const { name } of held) await dropUnusedGenerations(documents, generations, name);
      const isKnown = (readModel: string) => projections.some(({ name }) => name === readModel);
      const dropped = await dropUnknownReadModels(documents, generations, isKnown);
      for (const generation of dropped) this.options.onDropped?.(generation);
      this.lastSweepMs = this.timers.now();
    }
    const actives = await documents.actives();
    const isOpen = (projection: Projection) => {
      const open = this.folds.followers.find(({ name }) => isGenerationOf(projection, name));
      // False if a rebuild of this process failed, or another process rebuilt the read model.
      return open !== undefined && actives.get(projection.name) === open.name;
    };
    if (!held.every(isOpen)) for (const group of this.groups) group.refresh();
  }

  /** Several imports may run at once, each under a lease of its own. */
  private async takeImportLease(): Promise<string> {
    for (let number = 1; ; number++) {
      const lease = `${IMPORT_LEASE}${number}`;
      if (await this.leases.take(lease)) return lease;
    }
  }

  /** A running import holds a lease; a stopped one will be continued. */
  private async isImportRunning(): Promise<boolean> {
    const { documents, isImportOpen } = this.options;
    const isRunning = [...(await documents.leases()).keys()].some((lease) => lease.startsWith(IMPORT_LEASE));
    return isRunning || (await isImportOpen?.()) === true;
  }

  private wantedLeases(): string[] {
    const { projections, policies } = this.options;
    return [...projections.map(({ name }) => name), ...policies.map(policyFollower), ...this.effectNames];
  }

  private get groups(): readonly FollowerGroup[] {
    return [this.folds, this.policyFollowers, ...this.effects];
  }

  private get effectNames(): readonly string[] {
    return (this.options.senders ?? []).map(({ target }) => effectFollower(target));
  }

  /**
   * Whether the log is the one that the checkpoints were made from. Checked until it is: later checkpoints are made
   * from this log.
   */
  private async isTrusted(): Promise<boolean> {
    if (this.trusted) return true;
    const checkpoints = (await followerCheckpoints(this.options)).map(({ checkpoint }) => checkpoint);
    return (this.trusted = await isLogOfCheckpoints(this.options.log, checkpoints));
  }

  private async openFolds(): Promise<readonly Follower[]> {
    const folds: Follower[] = [];
    const trusted = await this.isTrusted();
    for (const projection of this.options.projections) {
      if (!this.leases.has(projection.name) || this.rebuilding.has(projection.name)) continue;
      const fold = await openFold(this.options, projection, this.leases.fenceFor(projection.name), trusted);
      if (fold) folds.push(fold);
      else void this.rebuild(projection.name).catch(this.options.onFault);
    }
    return folds;
  }

  private async openPolicyFollowers(): Promise<readonly Follower[]> {
    const { policies, dispatch } = this.options;
    const streams = this.streams();
    const followers = [];
    for (const policy of policies)
      followers.push(...(await this.openPolicyFollower(policy, policyFollower(policy), dispatch, streams)));
    return followers;
  }

  private openEffect(sender: Sender): Promise<readonly Follower[]> {
    const name = effectFollower(sender.target);
    const dispatch = deliveryDispatch(
      sender,
      this.options,
      this.leases.fenceFor(name),
      this.stopping.signal,
      this.options.onEffect,
    );
    return this.openPolicyFollower(deliveriesTo(sender.target), name, dispatch, this.streams());
  }

  /** The follower of a policy or target, if this process holds its lease. */
  private async openPolicyFollower(policy: Policy, name: string, dispatch: Dispatch, streams: FollowedStreams) {
    if (!this.leases.has(name)) return [];
    const trusted = await this.isTrusted();
    return [
      await openPolicyFollower(this.options, policy, name, dispatch, this.leases.fenceFor(name), streams, trusted),
    ];
  }

  /** A new cache for each read of the log: between two reads another process may have followed it. */
  private streams(): FollowedStreams {
    return new FollowedStreams(this.options.log, this.options.journal);
  }

  /** The parked sequences of read models, policies and effects. */
  async parked(): Promise<readonly ParkedSequence[]> {
    const names = [...(await this.followers()), ...this.effectNames];
    const waiting = await Promise.all(names.map((name) => this.options.documents.parked(name)));
    return waiting.flat();
  }

  /**
   * Has a parked sequence handled again, by the process that runs its follower, and waits for that.
   * @param name the follower, as `parked` returns it
   * @param actor who decides
   * @returns the sequence if it is still parked afterwards
   * @throws NotFound `read/not-parked`; Conflict `read/too-far-behind` when no process runs the follower
   */
  retryParked(name: string, sequence: string, actor: string): Promise<ParkedSequence | undefined> {
    return this.decideParked('RetryParked', name, sequence, actor);
  }

  /** As `retryParked`, but this follower skips the failed event, now and in every rebuild of its version. */
  discardParked(name: string, sequence: string, actor: string): Promise<ParkedSequence | undefined> {
    return this.decideParked('DiscardParked', name, sequence, actor);
  }

  private async decideParked(type: 'RetryParked' | 'DiscardParked', name: string, sequence: string, actor: string) {
    const { documents, journal, clock, projections } = this.options;
    const find = async () => (await documents.parked(name)).find((parked) => parked.sequence === sequence);
    const waiting = await find();
    if (!waiting) throw new NotFound('read/not-parked', `${sequence} of ${name} is not parked.`, 'sequence');
    const projection = projections.find((candidate) => isGenerationOf(candidate, name));
    const followerId = projection ? firstGeneration(projection) : name;
    const data = { followerId, sequence, eventId: waiting.eventId };
    const meta = { commandId: randomUUID(), actor, origin: 'person' as const };
    const outcome = await handle(
      journal,
      followerDecider,
      followerId,
      { type, data, meta },
      new DecisionContext(clock),
    );
    if (outcome instanceof Refused) throw outcome;
    const selection: FollowerSelection = (actives) => [projection ? generationToWaitFor(actives, projection) : name];
    await this.positionWaits.waitUntil(outcome.position, selection, DECISION_TIMEOUT_MS);
    return find();
  }

  /**
   * The checkpoint names of all read models (their active generations) and policies. Not of effects: callers do not
   * wait for other systems.
   */
  private readonly selections: Readonly<Record<'read models' | 'policies' | 'all', FollowerSelection>> = {
    'read models': (actives) => this.options.projections.map((projection) => generationToWaitFor(actives, projection)),
    policies: () => this.options.policies.map(policyFollower),
    all: (actives) => [...this.selections.policies(actives), ...this.selections['read models'](actives)],
  };

  /** The same, each read model by its generation, also by one that is still being rebuilt. */
  private async followers(): Promise<readonly string[]> {
    const actives = await this.options.documents.actives();
    const generations = this.options.projections.map((projection) => followedGeneration(actives, projection));
    return [...this.selections.policies(actives), ...generations];
  }

  /**
   * Waits until followers have handled everything up to a position, in this process or another.
   * @throws Refused `log/not-a-position` at once; Conflict `read/too-far-behind` after `timeoutMs`
   */
  async waitFor(
    position: Position,
    only: 'read models' | 'policies' | 'all' = 'read models',
    timeoutMs = 10_000,
  ): Promise<void> {
    this.options.log.assertPosition(position);
    await this.positionWaits.waitUntil(position, this.selections[only], timeoutMs);
  }

  /**
   * Waits until the read models have everything there is, what was deferred among it.
   * @throws as `EventLog.flush` and `waitFor`
   */
  async waitForAll(): Promise<void> {
    const { log } = this.options;
    await log.flush();
    await this.waitFor(await log.tip());
  }

  /** Readers see what this process has folded: what changes in a moment is saved together, see `FollowerGroup`. */
  saveChanges(): Promise<void> {
    return this.folds.saveChanges();
  }

  /** The lowest position of the read models: an answer from any of them includes everything up to there. */
  readModelsPosition(): Promise<Position> {
    return this.positionWaits.slowestPosition(this.selections['read models']);
  }

  /**
   * Waits until the policies have handled everything in the log, including the events that result from it.
   * @returns its end
   */
  async settle(): Promise<Position> {
    for (let tip = await this.options.log.tip(); ;) {
      await this.waitPatiently(tip, 'policies');
      const next = await this.options.log.tip();
      if (next === tip) return tip;
      tip = next;
    }
  }

  /** As `settle`, and waits until every read model has reached the end of the log. @returns that end */
  async catchUp(): Promise<Position> {
    const tip = await this.settle();
    await this.waitPatiently(tip, 'read models');
    return tip;
  }

  /** Waits until this process has ended its rebuilds; those that failed are tried again by whoever follows next. */
  async finishRebuilds(): Promise<void> {
    while (this.rebuilding.size > 0) await Promise.allSettled(this.rebuilding.values());
  }

  /** How many events the rebuilds of read models have read that this build cannot read yet, by read model. */
  async rebuildProgress(): Promise<ReadonlyMap<string, number>> {
    const { documents, projections } = this.options;
    const actives = await documents.actives();
    const waiting = projections
      .filter(({ name }) => actives.has(name))
      .filter((projection) => readableGeneration(actives.get(projection.name), projection) === undefined);
    const counts = waiting.map(
      async ({ name }) => [name, (await documents.checkpoint(rebuildLease(name)))?.count ?? 0] as const,
    );
    return new Map(await Promise.all(counts));
  }

  /**
   * Waits up to ten minutes, and as long as this process rebuilds. Asks the log in between, so that an outage is reported
   * as such and not as followers that are behind.
   */
  private async waitPatiently(position: Position, followers: 'policies' | 'read models'): Promise<void> {
    for (let attempts = 0; ;)
      try {
        return await this.waitFor(position, followers, WAIT_ATTEMPT_MS);
      } catch (error) {
        if (this.rebuilding.size === 0) attempts++;
        if (codeOf(error) !== 'read/too-far-behind' || attempts === WAIT_ATTEMPTS) throw error;
        await this.options.log.tip();
      }
  }

  /**
   * Sends AdvanceClock to every stream with something due at or before an instant; the decider checks again. In live
   * mode only the holder of the lease `clock` sends, or this process if no process holds it; in backfill mode the
   * process that imports.
   * @returns how many commands were sent
   */
  async advanceClock(until: Instant, mode: 'live' | 'backfill' = 'live'): Promise<number> {
    if (this.stopping.signal.aborted) return 0;
    const kept = mode === 'backfill' || this.leases.has('clock');
    if (!kept && (this.sendsClock || !(await this.leases.take('clock')))) return 0;
    const mayContinue = () => !this.stopping.signal.aborted && (mode === 'backfill' || this.leases.has('clock'));
    try {
      return await sendDue(this.options, until, mode, mayContinue, () => this.isImportRunning());
    } finally {
      if (!kept) await this.leases.release('clock');
    }
  }

  /**
   * Rebuilds a read model beside the active generation and switches to the new one when it has caught up.
   * @param onProgress called after each page with the events read so far
   * @throws NotFound `read/unknown-read-model`; Conflict `read/rebuild-running`
   */
  async rebuild(
    name: string,
    onProgress: (events: number) => void = () => undefined,
  ): Promise<{ generation: string; events: number }> {
    const { projections } = this.options;
    const projection = projections.find((candidate) => candidate.name === name);
    if (!projection)
      throw new NotFound(
        'read/unknown-read-model',
        `name must be one of ${projections.map((p) => p.name).join(', ')}.`,
        'name',
      );
    const fence = await this.leases.take(rebuildLease(name));
    if (!fence) throw new Conflict('read/rebuild-running', `${name} is being rebuilt by another process.`);
    const rebuilt = this.rebuildUnder(fence, projection, onProgress);
    this.rebuilding.set(name, rebuilt);
    return rebuilt;
  }

  private async rebuildUnder(fence: Fence, projection: Projection, onProgress: (events: number) => void) {
    const { documents } = this.options;
    const [{ lease }, { name }] = [fence, projection];
    try {
      const generation = await newGeneration(documents, projection);
      const progress = async (events: number) => {
        onProgress(events);
        await saveRebuildProgress(documents, fence, events);
      };
      await saveRebuildProgress(documents, fence, 0);
      const events = await replay(this.options, projection, generation, this.leases.fenceFor(lease), {
        onProgress: progress,
      });
      const before = await documents.active(name);
      // If this process was held up for long, another may have rebuilt it and dropped this generation.
      if ((await this.leases.take(lease))?.token !== fence.token)
        throw new Conflict('documents/lease-lost', `Another process rebuilt ${name} in the meantime.`, lease);
      await documents.activate(name, generation);
      this.changes++;
      this.folds.refresh();
      if (before && before !== generation) await this.dropWhenUnused(before);
      return { generation, events };
    } finally {
      this.rebuilding.delete(name);
      await this.leases.release(lease);
    }
  }

  /** Drops the old generation when this process no longer writes to it, or after five seconds. */
  private async dropWhenUnused(generation: string): Promise<void> {
    for (let waited = 0; this.folds.followers.some(({ name }) => name === generation) && waited < 5000; waited += 20)
      await this.timers.delay(20);
    await dropGeneration(this.options.documents, generation);
  }

  /** The progress of each follower. While the log is unavailable its end is unknown, and `atTip` is false. */
  async status(): Promise<readonly FollowerStatus[]> {
    const { documents, log } = this.options;
    const isUnavailable = log.availability().state === 'unavailable';
    const end = isUnavailable ? undefined : log.tip().catch((error: unknown) => void ignoreTransient(error));
    const [tip, leases] = await Promise.all([end, documents.leases()]);
    const answer: FollowerStatus[] = [];
    for (const name of [...(await this.followers()), ...this.effectNames]) {
      const checkpoint = (await documents.checkpoint(name)) ?? { position: START, count: 0, digest: '0' };
      const lease = this.options.projections.find((projection) => isGenerationOf(projection, name))?.name ?? name;
      answer.push({
        ...checkpoint,
        name,
        kind: kindOf(name),
        holder: leases.get(lease)?.holder,
        parked: await documents.parked(name),
        atTip: tip !== undefined && checkpoint.position >= tip,
      });
    }
    return answer;
  }

  /**
   * Recomputes from the log what each follower should have seen, folds each read model again and compares: finds
   * everything that was altered, lost or added in the log or the read models.
   */
  async verify(): Promise<readonly VerificationResult[]> {
    return verifyAll(this.options, await followerCheckpoints(this.options));
  }
}
