import {
  Accepted,
  idsIn,
  isTransient,
  lookThrough,
  Refused,
  START,
  type Checkpoint,
  type EventLog,
  type Journal,
  type Outcome,
  type Policy,
  type Reaction,
  type StoredEvent,
  type To,
  UnknownType,
} from '@baton/kernel';
import { discardedBy, pageParts, type ParkingDecision } from './decisions';
import { Digest } from './digest';
import type { Follower } from './fold';
import type { FollowedStreams } from './followed-streams';
import type { HeldFence } from './leases';
import { DecodedPage } from './page';
import { policyFollower } from '../at-tip';
import { machineTimers, type Timers } from '../timers';
import { ParkedSequences, type ParkedSequenceStores } from './parked-sequences';

const commandIds = idsIn('0b1a7f5e-6f0e-5d0b-8a3e-6d0d5a1f2c77');
const ATTEMPTS = 4;

/** Sends a command, in the applications through the CommandBus. */
export type Dispatch = (command: To) => Promise<Outcome>;

interface PendingCommand {
  readonly event: StoredEvent;
  readonly reaction: Reaction;
  readonly index: number;
}

export interface PolicyFollowerStores extends ParkedSequenceStores {
  readonly log: Pick<EventLog, 'read'>;
  readonly journal: Journal;
  readonly timers?: Timers;
}

/**
 * Runs a policy over the log. An event may be handled more than once, with one effect, because command ids are
 * deterministic.
 */
export class PolicyFollower implements Follower {
  readonly types: readonly string[];
  private readonly parked: ParkedSequences;
  private digest: Digest;
  private savedTo = START;
  private hasUnsavedProgress = false;
  /** Whether parked sequences have unsaved changes. */
  private parkedChanged = false;
  private handledTo = START;

  private constructor(
    private readonly stores: PolicyFollowerStores,
    private readonly policy: Policy,
    private readonly dispatch: Dispatch,
    private readonly fence: HeldFence,
    private readonly streams: FollowedStreams,
    readonly name: string,
  ) {
    this.types = policy.types;
    this.digest = new Digest(this.name);
    this.parked = new ParkedSequences(this.name);
  }

  /**
   * @param streams a cache shared by the followers of one read of the log
   * @param known its checkpoint; undefined for a new policy, which begins where `policy.from` says
   */
  static async open(
    stores: PolicyFollowerStores,
    policy: Policy,
    dispatch: Dispatch,
    fence: HeldFence,
    streams: FollowedStreams,
    tip: string,
    known: Checkpoint | undefined,
    name = policyFollower(policy),
  ): Promise<PolicyFollower> {
    const follower = new PolicyFollower(stores, policy, dispatch, fence, streams, name);
    const begin = policy.from === 'now' ? tip : START;
    follower.digest = new Digest(
      follower.name,
      known ?? { count: 0, digest: `${follower.name}:0`, ...(begin !== START && { since: begin }) },
    );
    follower.savedTo = follower.handledTo = known?.position ?? begin;
    await follower.parked.load(stores.documents);
    if (!known && policy.from === 'now') {
      follower.hasUnsavedProgress = true;
      await follower.flush(); // saved now, so that after a crash it begins at the same position
    }
    return follower;
  }

  get position(): string {
    return this.savedTo;
  }

  get handled(): string {
    return this.parkedChanged ? this.savedTo : this.handledTo;
  }

  async take(page: DecodedPage): Promise<void> {
    this.streams.take(page);
    if (page.position <= this.handledTo) return;
    let sent = 0;
    for (const { start, end, decision } of pageParts(page.events, this.handledTo, this.name)) {
      const triggers: StoredEvent[] = [];
      for (let index = start; index < end; index++) {
        const stored = page.events[index]!;
        if (stored.position <= this.handledTo || !this.types.includes(stored.type)) continue;
        this.digest.add(stored, page.hashAt(index));
        if (this.isBehindParked(stored)) continue;
        const event = page.decodedAt(index);
        if (event instanceof Error) this.park(stored, event);
        else triggers.push(event);
      }
      sent += await this.react(triggers);
      if (decision) sent += await this.applyDecision(decision);
    }
    this.handledTo = page.position;
    this.hasUnsavedProgress = true;
    // If nothing was sent, handling the page again has no effect: the checkpoint can wait for the next flush.
    if (sent > 0 || this.parkedChanged) await this.flush();
  }

  /** Calls the policy with these events and sends its commands. @returns how many commands it returned */
  private async react(triggers: readonly StoredEvent[]): Promise<number> {
    const pending: PendingCommand[] = [];
    for (let start = 0; start < triggers.length; start += 64) {
      const reactions = await Promise.all(
        triggers.slice(start, start + 64).map(async (event) => {
          const look = lookThrough((stream, types) => this.look(stream, event.position, types));
          try {
            return (await this.policy.react(event, look)).map((reaction, index) => ({ event, reaction, index }));
          } catch (error) {
            // Not caused by the event: the page is handled again from the checkpoint.
            if (isTransient(error)) throw error;
            this.park(event, error);
            return [];
          }
        }),
      );
      pending.push(...reactions.flat());
    }
    await this.sendCommands(coalesced(pending.filter(({ event }) => !this.isBehindParked(event))));
    return pending.length;
  }

  /** A stream as it was at a trigger. Unreadable events are ignored if they came later or were discarded. */
  private async look(stream: string, upTo: string, types?: readonly string[]): Promise<readonly StoredEvent[]> {
    const followed = await this.streams.get(stream);
    const found = types && followed.ofTypes(types, upTo);
    if (found) return found;
    const events = followed.upTo(upTo);
    try {
      return events.map((event) => event.decoded());
    } catch (error) {
      if (!(error instanceof UnknownType)) throw error;
      const discarded = await discardedBy(this.stores.log, this.name);
      return events.filter(({ stored: { id } }) => !discarded.has(`${stream} ${id}`)).map((event) => event.decoded());
    }
  }

  /**
   * Handles a parked stream again, event by event, up to the decision.
   * @returns how many commands the policy returned
   */
  private async applyDecision({ sequence, eventId, discards, position: upTo }: ParkingDecision): Promise<number> {
    const waiting = this.parked.get(sequence);
    if (!waiting || waiting.eventId !== eventId) return 0; // no longer parked, or at another event
    this.parked.delete(sequence);
    this.parkedChanged = true;
    const events = (await this.stores.log.read(sequence)).filter(
      ({ id, type, position }) =>
        position >= waiting.position && position <= upTo && this.types.includes(type) && !(discards && id === eventId),
    );
    const page = new DecodedPage({ events, position: upTo, atTip: true }, this.stores.journal);
    let sent = 0;
    for (let index = 0; index < events.length && !this.parked.has(sequence); index++) {
      const event = page.decodedAt(index);
      if (event instanceof Error) this.park(events[index]!, event);
      else sent += await this.react([event]);
    }
    return sent;
  }

  /** Commands to one stream are sent one after the other, in log order; different streams in parallel. */
  private async sendCommands(pending: readonly PendingCommand[]): Promise<void> {
    const lanes = new Map<string, PendingCommand[]>();
    for (const command of pending) {
      const target = `${command.reaction.to.name} ${command.reaction.id}`;
      lanes.set(target, [...(lanes.get(target) ?? []), command]);
    }
    const waiting = [...lanes.values()];
    const senders = await Promise.allSettled(
      Array.from({ length: Math.min(64, waiting.length) }, async () => {
        for (let lane = waiting.pop(); lane; lane = waiting.pop())
          for (const command of lane) await this.sendCommand(command);
      }),
    );
    // `allSettled`: when the page fails, no command is still being sent.
    for (const sender of senders) if (sender.status === 'rejected') throw sender.reason;
  }

  private async sendCommand({ event, reaction, index }: PendingCommand): Promise<void> {
    if (this.isBehindParked(event)) return;
    const { name, version } = this.policy;
    const command = new reaction.to(reaction.id, {
      type: reaction.type,
      data: reaction.data,
      meta: {
        commandId: commandIds(`${name}\n${version}\n${event.position}\n${index}`),
        actor: `policy:${name}`,
        origin: 'system',
        occurredAt: reaction.occurredAt ?? event.occurredAt,
        mode: event.meta.mode,
        correlationId: event.meta.$correlationId,
        causationId: event.id,
      },
    });
    for (let attempt = 1; ; attempt++) {
      try {
        await this.fence(); // throws if another process may run the policy by now
        const outcome = await this.dispatch(command);
        if (outcome instanceof Accepted || outcome instanceof Refused) {
          if (outcome instanceof Refused && !this.policy.answers.includes(outcome.code)) this.park(event, outcome);
          return;
        }
        throw new Error(`${reaction.to.name} was answered with neither Accepted nor Refused`);
      } catch (error) {
        if (isTransient(error)) throw error;
        if (attempt >= ATTEMPTS) return this.park(event, error);
        await (this.stores.timers ?? machineTimers).delay(20 * 2 ** attempt);
      }
    }
  }

  /** Whether this event, or an earlier one of its stream, is parked. */
  private isBehindParked({ stream, position }: Pick<StoredEvent, 'stream' | 'position'>): boolean {
    const parked = this.parked.get(stream);
    return parked !== undefined && parked.position <= position;
  }

  /** Keeps the earliest failed event of a stream: events are handled in parallel, and a later one may fail sooner. */
  private park(event: Pick<StoredEvent, 'stream' | 'position' | 'id' | 'type'>, error: unknown) {
    if (this.isBehindParked(event)) return;
    this.parked.park(event.stream, event, error, 'reacted to');
    this.parkedChanged = true;
  }

  async saveChanges(): Promise<void> {
    if (this.parkedChanged) await this.flush();
  }

  async flush(): Promise<void> {
    if (!this.hasUnsavedProgress) return;
    await this.parked.commit(this.stores, { checkpoint: this.digest.at(this.handledTo), fence: await this.fence() });
    this.parkedChanged = false;
    this.savedTo = this.handledTo;
    this.hasUnsavedProgress = false;
  }
}

/** Merges reactions of one page with the same `once.key` into one: the last one, with what those before it say. */
const coalesced = (pending: readonly PendingCommand[]): PendingCommand[] => {
  const groups = new Map<
    string,
    { readonly last: string; readonly reasons: ReadonlySet<string>; readonly data: object }
  >();
  for (const { event, reaction } of pending) {
    if (!reaction.once) continue;
    const { key, reasons, after } = reaction.once;
    const earlier = groups.get(key);
    const data = (earlier && after?.(earlier.data)) ?? reaction.data;
    groups.set(key, { last: event.id, reasons: new Set([...(earlier?.reasons ?? []), ...reasons]), data });
  }
  return pending.flatMap((command) => {
    const { event, reaction } = command;
    if (!reaction.once) return [command];
    const { last, reasons, data } = groups.get(reaction.once.key)!;
    if (event.id !== last) return [];
    return [{ ...command, reaction: { ...reaction, data: { ...data, reasons: [...reasons] } } }];
  });
};
