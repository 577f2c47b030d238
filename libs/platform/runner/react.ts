import { setTimeout as delay } from 'node:timers/promises';
import {
  Accepted,
  codeOf,
  Refused,
  START,
  type Documents,
  type Fence,
  type Journal,
  type Outcome,
  type Parked,
  type Policy,
  type Reaction,
  type Recorded,
  type To,
} from '@baton/kernel';
import { v5 as uuidv5 } from 'uuid';
import { Digest } from './digest';
import type { Follower } from './fold';
import type { DecodedPage } from './page';

const POLICY_COMMANDS = '0b1a7f5e-6f0e-5d0b-8a3e-6d0d5a1f2c77';
const ATTEMPTS = 4;

/** A store that is away or busy is no fault of the event: the page is tried again from the checkpoint. */
const passing = (error: unknown): boolean =>
  /^(log|documents|keys)\/(unavailable|busy-stream|lease-lost)$/.test(codeOf(error));

/** Sends a command; how is the application's affair (the CommandBus). */
export type Dispatch = (command: To) => Promise<Outcome>;

interface Sending {
  readonly event: Recorded;
  readonly reaction: Reaction;
  readonly index: number;
}

/** The checkpoint name of a policy: a new version starts anew. */
export const policyFollower = ({ name, version }: Policy): string => `policy-${name}-v${version}`;

/** Runs a policy along the log: at least once, and once in effect, because its command ids are deterministic. */
export class React implements Follower {
  readonly name: string;
  readonly types: readonly string[];
  private readonly parked = new Map<string, Parked>();
  private newlyParked: Parked[] = [];
  private seen = new Digest();
  private saved = START;
  private dirty = false;
  private reached = START;

  private constructor(
    private readonly documents: Documents,
    private readonly journal: Journal,
    private readonly policy: Policy,
    private readonly dispatch: Dispatch,
    private readonly fence: () => Fence,
  ) {
    this.name = policyFollower(policy);
    this.types = policy.types;
  }

  static async open(
    documents: Documents,
    journal: Journal,
    policy: Policy,
    dispatch: Dispatch,
    fence: () => Fence,
    tip: string,
  ): Promise<React> {
    const react = new React(documents, journal, policy, dispatch, fence);
    const checkpoint = await documents.checkpoint(react.name);
    if (checkpoint) react.seen = new Digest(checkpoint);
    react.saved = react.reached = checkpoint?.position ?? (policy.from === 'now' ? tip : START);
    if (!checkpoint && policy.from === 'now') {
      react.dirty = true;
      await react.flush(); // so that a crash does not move the beginning
    }
    for (const parked of await documents.parked(react.name)) react.parked.set(parked.sequence, parked);
    return react;
  }

  get position(): string {
    return this.saved;
  }

  get handled(): string {
    return this.reached;
  }

  async take(page: DecodedPage): Promise<void> {
    if (page.position <= this.reached) return;
    const streams = new Map<string, Promise<readonly Recorded[]>>();
    const read = (stream: string) => {
      let events = streams.get(stream);
      if (!events) streams.set(stream, (events = this.journal.read(stream)));
      return events;
    };
    const triggers: Recorded[] = [];
    for (let index = 0; index < page.events.length; index++) {
      const stored = page.events[index]!;
      if (stored.position <= this.reached || !this.types.includes(stored.type)) continue;
      this.seen.add(stored.position, stored.id);
      if (this.parked.has(stored.stream)) continue;
      const event = page.at(index);
      if (event instanceof Error) this.park(stored, event);
      else triggers.push(event);
    }
    const sendings: Sending[] = [];
    for (let start = 0; start < triggers.length; start += 64) {
      const reactions = await Promise.all(
        triggers.slice(start, start + 64).map(async (event) => {
          const look = async (stream: string) =>
            (await read(stream)).filter(({ position }) => position <= event.position);
          try {
            return (await this.policy.react(event, look)).map((reaction, index) => ({ event, reaction, index }));
          } catch (error) {
            if (passing(error)) throw error;
            this.park(event, error);
            return [];
          }
        }),
      );
      sendings.push(...reactions.flat());
    }
    await this.send(lastOfEach(sendings));
    this.reached = page.position;
    this.dirty = true;
    // Where nothing was sent, a repeated page does no harm: the checkpoint can wait for the next flush.
    if (sendings.length > 0 || this.newlyParked.length > 0) await this.flush();
  }

  /** Commands to one stream go one after the other, in log order; streams side by side. */
  private async send(sendings: readonly Sending[]): Promise<void> {
    const lanes = new Map<string, Sending[]>();
    for (const sending of sendings) {
      const target = `${sending.reaction.to.name} ${sending.reaction.id}`;
      lanes.set(target, [...(lanes.get(target) ?? []), sending]);
    }
    const waiting = [...lanes.values()];
    await Promise.all(
      Array.from({ length: Math.min(64, waiting.length) }, async () => {
        for (let lane = waiting.pop(); lane; lane = waiting.pop())
          for (const sending of lane) await this.sendOne(sending);
      }),
    );
  }

  private async sendOne({ event, reaction, index }: Sending): Promise<void> {
    if (this.parked.has(event.stream)) return;
    const { name, version } = this.policy;
    const command = new reaction.to(reaction.id, {
      type: reaction.type,
      data: reaction.data,
      meta: {
        commandId: uuidv5(`${name}\n${version}\n${event.position}\n${index}`, POLICY_COMMANDS),
        actor: `policy:${name}`,
        origin: 'system',
        occurredAt: event.occurredAt,
        mode: event.meta.mode,
        correlationId: event.meta.$correlationId,
        causationId: event.id,
      },
    });
    for (let attempt = 1; ; attempt++) {
      try {
        const outcome = await this.dispatch(command);
        if (outcome instanceof Accepted || outcome instanceof Refused) {
          // A malformed command is a defect of the policy, not an answer of the domain.
          if (outcome instanceof Refused && outcome.code.startsWith('command/')) this.park(event, outcome);
          return;
        }
        throw new Error(`${reaction.to.name} was answered with neither Accepted nor Refused`);
      } catch (error) {
        if (passing(error)) throw error;
        if (attempt >= ATTEMPTS) return this.park(event, error);
        await delay(20 * 2 ** attempt);
      }
    }
  }

  private park(
    { stream, position, id, type }: { stream: string; position: string; id: string; type: string },
    error: unknown,
  ) {
    if (this.parked.has(stream)) return;
    const message = `${type} could not be reacted to.`;
    const parked = { follower: this.name, sequence: stream, position, eventId: id, code: codeOf(error), message };
    this.parked.set(stream, parked);
    this.newlyParked.push(parked);
  }

  async flush(): Promise<void> {
    if (!this.dirty) return;
    await this.documents.commit({
      follower: this.name,
      checkpoint: { position: this.reached, count: this.seen.count, digest: this.seen.hex() },
      parked: this.newlyParked,
      fence: this.fence(),
    });
    this.newlyParked = [];
    this.saved = this.reached;
    this.dirty = false;
  }
}

const lastOfEach = (sendings: readonly Sending[]): Sending[] => {
  const last = new Map<string, Sending>();
  for (const sending of sendings) if (sending.reaction.once) last.set(sending.reaction.once, sending);
  return sendings.filter((sending) => !sending.reaction.once || last.get(sending.reaction.once) === sending);
};
