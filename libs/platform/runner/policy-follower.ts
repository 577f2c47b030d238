import {
  Accepted,
  isTransient,
  lookThrough,
  Refused,
  START,
  type Checkpoint,
  type EventLog,
  type Fence,
  type Journal,
  type Outcome,
  type Policy,
  type Reaction,
  type StoredEvent,
  type To,
  UnknownType,
} from '@baton/kernel';
import { v5 as uuidv5 } from 'uuid';
import { discardedBy, pageParts, type ParkingDecision } from './decisions';
import { Digest } from './digest';
import type { Follower } from './fold';
import type { FollowedStreams } from './followed-streams';
import { DecodedPage } from './page';
import { machineTimers, type Timers } from './timers';
import { ParkedSequences, type ParkedSequenceStores } from './parked-sequences';

const POLICY_COMMANDS = '0b1a7f5e-6f0e-5d0b-8a3e-6d0d5a1f2c77';
const ATTEMPTS = 4;

/** Sends a command; how is the application's affair (the CommandBus). */
export type Dispatch = (command: To) => Promise<Outcome>;

interface PendingCommand {
  readonly event: StoredEvent;
  readonly reaction: Reaction;
  readonly index: number;
}

/** The checkpoint name of a policy: a new version starts anew. */
export const policyFollower = ({ name, version }: Policy): string => `policy-${name}-v${version}`;

export interface PolicyFollowerStores extends ParkedSequenceStores {
  readonly log: Pick<EventLog, 'read'>;
  readonly journal: Journal;
  readonly timers?: Timers;
}

/** Runs a policy along the log: at least once, and once in effect, because its command ids are deterministic. */
export class PolicyFollower implements Follower {
  readonly types: readonly string[];
  private readonly parked: ParkedSequences;
  private digest: Digest;
  private savedTo = START;
  private hasUnsavedProgress = false;
  /** What waits is not as it is stored. */
  private parkedChanged = false;
  private handledTo = START;

  private constructor(
    private readonly stores: PolicyFollowerStores,
    private readonly policy: Policy,
    private readonly dispatch: Dispatch,
    private readonly fence: () => Fence,
    private readonly streams: FollowedStreams,
    readonly name: string,
  ) {
    this.types = policy.types;
    this.digest = new Digest(this.name);
    this.parked = new ParkedSequences(this.name);
  }

  /**
   * @param streams as far as its round of following has come; its followers share them
   * @param known its checkpoint; undefined for a policy that begins, at the tip or at the start of the log
   */
  static async open(
    stores: PolicyFollowerStores,
    policy: Policy,
    dispatch: Dispatch,
    fence: () => Fence,
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
      await follower.flush(); // so that a crash does not move the beginning
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
    // Where nothing was sent, a repeated page does no harm: the checkpoint can wait for the next flush.
    if (sent > 0 || this.parkedChanged) await this.flush();
  }

  /** Lets the policy see these events, and sends what it wants. @returns how many commands it wanted */
  private async react(triggers: readonly StoredEvent[]): Promise<number> {
    const sendings: PendingCommand[] = [];
    for (let start = 0; start < triggers.length; start += 64) {
      const reactions = await Promise.all(
        triggers.slice(start, start + 64).map(async (event) => {
          const look = lookThrough((stream) => this.look(stream, event.position));
          try {
            return (await this.policy.react(event, look)).map((reaction, index) => ({ event, reaction, index }));
          } catch (error) {
            if (isTransient(error)) throw error; // no fault of the event: the page is tried again from the checkpoint
            this.park(event, error);
            return [];
          }
        }),
      );
      sendings.push(...reactions.flat());
    }
    await this.sendCommands(coalesced(sendings.filter(({ event }) => !this.isBehindParked(event))));
    return sendings.length;
  }

  /** A stream as it stood at a trigger: what came later, or was discarded, and cannot be read holds nothing up. */
  private async look(stream: string, upTo: string): Promise<readonly StoredEvent[]> {
    const events = await this.streams.upTo(stream, upTo);
    try {
      return events.map((event) => event.decoded());
    } catch (error) {
      if (!(error instanceof UnknownType)) throw error;
      const discarded = await discardedBy(this.stores.log, this.name);
      return events.filter(({ stored: { id } }) => !discarded.has(`${stream} ${id}`)).map((event) => event.decoded());
    }
  }

  /** Handles a parked stream again, event by event, up to the decision. @returns how many commands were wanted */
  private async applyDecision({ sequence, eventId, discards, position: upTo }: ParkingDecision): Promise<number> {
    const waiting = this.parked.get(sequence);
    if (!waiting || waiting.eventId !== eventId) return 0; // it waits no more, or for another event
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

  /** Commands to one stream go one after the other, in log order; streams side by side. */
  private async sendCommands(sendings: readonly PendingCommand[]): Promise<void> {
    const lanes = new Map<string, PendingCommand[]>();
    for (const sending of sendings) {
      const target = `${sending.reaction.to.name} ${sending.reaction.id}`;
      lanes.set(target, [...(lanes.get(target) ?? []), sending]);
    }
    const waiting = [...lanes.values()];
    const senders = await Promise.allSettled(
      Array.from({ length: Math.min(64, waiting.length) }, async () => {
        for (let lane = waiting.pop(); lane; lane = waiting.pop())
          for (const sending of lane) await this.sendCommand(sending);
      }),
    );
    // Nothing is on its way any more when the page is given up.
    for (const sender of senders) if (sender.status === 'rejected') throw sender.reason;
  }

  private async sendCommand({ event, reaction, index }: PendingCommand): Promise<void> {
    if (this.isBehindParked(event)) return;
    const { name, version } = this.policy;
    const command = new reaction.to(reaction.id, {
      type: reaction.type,
      data: reaction.data,
      meta: {
        commandId: uuidv5(`${name}\n${version}\n${event.position}\n${index}`, POLICY_COMMANDS),
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
        this.fence(); // another process may go on with the policy
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

  /** Does this event, or one before it in its stream, wait for a decision? */
  private isBehindParked({ stream, position }: Pick<StoredEvent, 'stream' | 'position'>): boolean {
    const parked = this.parked.get(stream);
    return parked !== undefined && parked.position <= position;
  }

  /** Of several events of a stream the first counts: they are handled side by side, and a later one may fail sooner. */
  private park(event: Pick<StoredEvent, 'stream' | 'position' | 'id' | 'type'>, error: unknown) {
    if (this.isBehindParked(event)) return;
    this.parked.park(event.stream, event, error, 'reacted to');
    this.parkedChanged = true;
  }

  async flush(): Promise<void> {
    if (!this.hasUnsavedProgress) return;
    await this.parked.commit(this.stores, { checkpoint: this.digest.at(this.handledTo), fence: this.fence() });
    this.parkedChanged = false;
    this.savedTo = this.handledTo;
    this.hasUnsavedProgress = false;
  }
}

/** What is to be sent where a page holds several reasons for the same: what the last event wants, for all the reasons. */
const coalesced = (sendings: readonly PendingCommand[]): PendingCommand[] => {
  const groups = new Map<string, { readonly last: string; readonly reasons: ReadonlySet<string> }>();
  for (const { event, reaction } of sendings) {
    if (!reaction.once) continue;
    const { key, reasons } = reaction.once;
    groups.set(key, { last: event.id, reasons: new Set([...(groups.get(key)?.reasons ?? []), ...reasons]) });
  }
  return sendings.flatMap((sending) => {
    const { event, reaction } = sending;
    if (!reaction.once) return [sending];
    const { last, reasons } = groups.get(reaction.once.key)!;
    if (event.id !== last) return [];
    return [{ ...sending, reaction: { ...reaction, data: { ...reaction.data, reasons: [...reasons] } } }];
  });
};
