import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { Conflict, type Documents, type Fence } from '@baton/kernel';
import { isCrashedLocalProcess } from '../crashed-process';
import { repeatEvery, type Timers } from '../timers';

/** A heartbeat that another process has seen unchanged for this long, on its own timer, is ended. */
const TERM_MS = 10_000;
/** A process that could not renew for this long stops, well before another may take over. */
const OWN_TERM_MS = TERM_MS / 2;
const RENEWAL_MS = TERM_MS / 3;
const RETRY_MS = 500;
/** How often a process checks whether its own term is over, while a store does not answer. */
const WATCH_MS = 1_000;

/**
 * The fence of a held lease, for one commit. A lease is renewed first where that is due, so that it does not run out while
 * one long piece of work follows the other.
 * @throws Conflict `documents/lease-lost`
 */
export type HeldFence = () => Fence | Promise<Fence>;

/**
 * The leases of one process, kept by one heartbeat. They do not expire by a clock: another process that has seen the
 * heartbeat's number unchanged for a whole term ends the heartbeat and then takes its leases; the first process, if it
 * is still alive, finds its heartbeat ended and holds nothing.
 */
export class Leases {
  private holder = newHolder();
  private readonly fences = new Map<string, Fence>();
  /** When the last successful renewal was sent, by `timers`. */
  private renewedMs = -Infinity;
  /** When the last renewal was sent, also one that is not answered or failed. */
  private sentMs = -Infinity;
  private sending: Promise<void> | undefined;
  private readonly watchedHeartbeats = new Map<string, { readonly heartbeat: number; readonly sinceMs: number }>();
  private wanted: readonly string[] = [];
  private onChange: () => void = () => undefined;
  private onRenewal: () => Promise<void> = async () => undefined;
  private renewing: Promise<unknown> | undefined;
  private readonly stopping = new AbortController();

  constructor(
    private readonly documents: Documents,
    private readonly timers: Timers,
    private readonly onFault: (error: unknown) => void,
  ) {}

  /**
   * Takes these leases, now and whenever they become free.
   * @param onChange called when this process holds other leases than before
   * @param onRenewal called after each renewal
   */
  async keep(wanted: readonly string[], onChange: () => void, onRenewal: () => Promise<void>): Promise<void> {
    this.wanted = wanted;
    this.onChange = onChange;
    this.onRenewal = onRenewal;
    await this.startRenewing();
    await this.takeWanted();
    await this.onRenewal();
  }

  /** Whether this process holds the lease, as far as it can know. */
  has(lease: string): boolean {
    return this.fences.has(lease) && this.timers.now() - this.renewedMs < OWN_TERM_MS;
  }

  /**
   * Returns the fence that is held now, on each call, as long as it is held. A follower that was opened under it must
   * not write under a later one, because another process may have written in between.
   */
  fenceFor(lease: string): HeldFence {
    const held = this.fences.get(lease);
    const lost = () =>
      new Conflict('documents/lease-lost', `This process lost the lease ${lease}; another process may hold it.`, lease);
    const isHeld = () => held !== undefined && this.fences.get(lease)?.token === held.token;
    return async () => {
      if (!isHeld()) throw lost();
      if (this.timers.now() - this.renewedMs >= RENEWAL_MS) await this.renew(false);
      if (!isHeld() || !this.has(lease)) throw lost();
      return held!;
    };
  }

  /** Takes a lease once, if it is free; the heartbeat keeps it until it is released. */
  async take(lease: string): Promise<Fence | undefined> {
    await this.startRenewing();
    const alive = await this.leasesHeldByOthers();
    return alive.has(lease) ? undefined : this.takeFree(lease);
  }

  async release(lease: string): Promise<void> {
    this.fences.delete(lease);
    await this.documents.release(lease, this.holder);
  }

  /** Releases all leases at once. */
  async releaseAll(): Promise<void> {
    this.stopping.abort();
    await this.renewing;
    this.fences.clear();
    if (this.renewedMs > -Infinity) await this.documents.endHeartbeat(this.holder);
  }

  private async startRenewing(): Promise<void> {
    if (this.renewing) return;
    await this.renew(true);
    const { signal } = this.stopping;
    this.renewing ??= Promise.all([
      this.renewRepeatedly(),
      repeatEvery(this.timers, WATCH_MS, signal, async () => this.checkOwnTerm()),
    ]);
  }

  private async renewRepeatedly(): Promise<void> {
    const { signal } = this.stopping;
    for (let pauseMs = RENEWAL_MS; ;) {
      await this.timers.delay(pauseMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      try {
        await this.renew(false);
        await this.takeWanted();
        await this.onRenewal();
        pauseMs = RENEWAL_MS;
      } catch (error) {
        this.onFault(error);
        pauseMs = RETRY_MS;
      }
    }
  }

  /** Sends one renewal at a time. */
  private renew(begins: boolean): Promise<void> {
    return (this.sending ??= this.sendRenewal(begins).finally(() => (this.sending = undefined)));
  }

  private async sendRenewal(begins: boolean): Promise<void> {
    const sentMs = (this.sentMs = this.timers.now());
    const number = await this.documents.renewLeases(this.holder, begins);
    if (number === undefined) {
      // Another process ended this heartbeat. Start again under a new name.
      this.dropLeases();
      this.holder = newHolder();
      return this.sendRenewal(true);
    }
    this.renewedMs = sentMs;
  }

  /**
   * Drops leases that another process may take soon; if nobody does, a later renewal takes them again. Where the event loop
   * was held up, this timer may run before that of the renewal: then the store has not been asked yet.
   */
  private checkOwnTerm(): void {
    const isUnanswered = this.sentMs > this.renewedMs;
    if (this.fences.size > 0 && isUnanswered && this.timers.now() - this.renewedMs >= OWN_TERM_MS) this.dropLeases();
  }

  private dropLeases(): void {
    this.fences.clear();
    this.onChange();
  }

  private async takeWanted(): Promise<void> {
    const alive = await this.leasesHeldByOthers();
    let changed = false;
    for (const lease of this.wanted)
      if (!this.fences.has(lease) && !alive.has(lease)) changed = (await this.takeFree(lease)) !== undefined || changed;
    if (changed) this.onChange();
  }

  private async takeFree(lease: string): Promise<Fence | undefined> {
    const fence = await this.documents.lease(lease, this.holder);
    if (fence) this.fences.set(lease, fence);
    return fence;
  }

  /** The leases that other processes hold, after ending heartbeats that were unchanged for a whole term. */
  private async leasesHeldByOthers(): Promise<ReadonlySet<string>> {
    const askedMs = this.timers.now();
    const held = [...(await this.documents.leases())].filter(([, { holder }]) => holder !== this.holder);
    const answeredMs = this.timers.now();
    const heartbeats = new Map(held.map(([, { holder, heartbeat }]) => [holder, heartbeat]));
    const ended = new Set<string>();
    for (const [holder, heartbeat] of heartbeats) {
      const seen = this.watchedHeartbeats.get(holder);
      if (seen?.heartbeat !== heartbeat) this.watchedHeartbeats.set(holder, { heartbeat, sinceMs: answeredMs });
      const isStalled = seen?.heartbeat === heartbeat && askedMs - seen.sinceMs >= TERM_MS;
      // A process of this machine that has ended cannot come back.
      if ((isStalled || isCrashedLocalProcess(holder)) && (await this.documents.endHeartbeat(holder, heartbeat)))
        ended.add(holder);
    }
    for (const holder of this.watchedHeartbeats.keys())
      if (!heartbeats.has(holder)) this.watchedHeartbeats.delete(holder);
    return new Set(held.flatMap(([lease, { holder }]) => (ended.has(holder) ? [] : [lease])));
  }
}

/** @returns `host:pid:random` */
const newHolder = (): string => `${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`;
