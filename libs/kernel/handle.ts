import { LRUCache } from 'lru-cache';
import { v5 as uuidv5 } from 'uuid';
import type { AnyCommand, CommandMeta, Commands } from './command';
import type { Context, Decider, Definition, Fact } from './decider';
import { Conflict, Refused, type UnknownType } from './errors';
import type { AnyEvent, EventMeta, Happened, Recorded } from './event';
import type { Clock, NewEvent, Position, StoredEvent } from './ports';
import type { Json } from './schema';
import type { Sealed } from './sealed';
import type { Instant } from './time';

/** What became of a command. */
export type Outcome = Accepted | Refused;
export class Accepted {
  constructor(
    /** The aggregate that was spoken to. */
    readonly id: string,
    /** Of the command's last event; the consistency token for `atLeast`. */
    readonly position: Position,
    readonly revision: number,
    /** How many events it wrote; a repeated command wrote them the first time. */
    readonly events: number,
    readonly repeated: boolean,
  ) {}
}

/** Definitions as of any instant, or by the number of their version, read from their streams to the tip. */
export abstract class DefinitionSource {
  abstract at(kinds: readonly string[]): Promise<(kind: string, at: Instant | number) => Definition | undefined>;
}

/** No definitions at all: for aggregates that use none, and for tests. */
export class NoDefinitions extends DefinitionSource {
  at() {
    return Promise.resolve(() => undefined);
  }
}

interface Decided {
  readonly hash: string;
  readonly position: Position;
  readonly revision: number;
  readonly events: number;
}
interface StreamState {
  state: unknown;
  revision: number;
  position: Position;
  /** Every command id that this stream has decided. */
  readonly decided: Map<string, Decided>;
}

/** The log's typed face: checks, encrypts and upcasts; what `handle` and policies read and write through. */
export abstract class Journal {
  /** @throws Conflict `log/wrong-revision` */
  abstract append(
    stream: string,
    facts: readonly (Omit<NewEvent, 'meta'> & { meta: Omit<EventMeta, 'schema'> })[],
    expected: number | 'none',
  ): Promise<{ position: Position; revision: number }>;
  /** Events of a stream, upcast and checked; personal fields are sealed. */
  abstract read(stream: string, from?: number): Promise<readonly Recorded[]>;
  /** Upcasts and checks stored events. */
  abstract decode(event: StoredEvent): Recorded;
  /**
   * What sealed values say, in their order, with one call of the key store. `undefined`: the person was erased; an
   * UnknownType `event/unreadable`: it was altered, or sealed with another key.
   */
  abstract open(values: readonly Sealed[]): Promise<readonly (Json | undefined | UnknownType)[]>;
  /** Of each term its tokens under all secrets, the newest first; the newest is what values are found by. */
  abstract tokens(field: string, terms: readonly string[]): Promise<readonly (readonly string[])[]>;
  /**
   * The keyed hash of a command's body, so that an id used for another body is noticed and no body can be guessed.
   * @param personal its fields that are personal data of `data.leadId`: they count by their hash under the person's key
   * @param like     a hash to compare with: the same secret is used
   * @returns the hash; the refusal `lead/erased` where it needs the key of an erased person
   */
  abstract hashOf(
    body: Pick<AnyCommand, 'type' | 'data'>,
    personal: readonly string[],
    like?: string,
  ): Promise<string | Refused>;
}

/** What decisions need around them: time, definitions, and the decided state of recent streams. */
export class DecisionContext {
  readonly streams: LRUCache<string, StreamState>;
  readonly queues = new Map<string, Promise<unknown>>();
  constructor(
    readonly clock: Clock,
    readonly definitions: DefinitionSource = new NoDefinitions(),
    cachedStreams = 20_000,
  ) {
    this.streams = new LRUCache({ max: cachedStreams });
  }
}

const EVENT_IDS = '6f0d0f86-4a3b-5c64-9a57-5b9f3a1e7c11';
const ATTEMPTS = 5;

/** The id of a command's nth event: the same command on the same stream writes the same ids. */
export const eventIdOf = (stream: string, commandId: string, index: number): string =>
  uuidv5(`${stream}\n${commandId}\n${index}`, EVENT_IDS);

/** @returns the refusal of malformed command data, with the path of the fault */
export const checkCommand = (
  commands: Commands,
  { type, data }: Pick<AnyCommand, 'type' | 'data'>,
): Refused | undefined => {
  const schema = commands.schemas.get(type);
  if (!schema) return new Refused('command/unknown', `${commands.aggregate} knows no command ${type}.`, 'type');
  const fault = schema.faultOf(data);
  return fault && new Refused('command/invalid', fault.message, fault.path);
};

/**
 * Runs one command on one stream: loads or reuses the decided state, lets due time pass, decides, appends. Commands of
 * one stream run one after the other; a conflict with another process decides again on the newer state.
 * @param id of the aggregate; the stream is `<aggregate>-<id>`
 * @returns Accepted (also for a repeated command, as the first time), or the refusal; nothing is written then
 * @throws Conflict `log/busy-stream` after five lost races; what the log throws
 */
export const handle = <S, C extends AnyCommand, E extends AnyEvent>(
  journal: Journal,
  decider: Decider<S, C, E>,
  id: string,
  command: C,
  context: DecisionContext,
): Promise<Outcome> => {
  const stream = `${decider.commands.aggregate}-${id}`;
  const turn = (context.queues.get(stream) ?? Promise.resolve()).then(() =>
    decideOn(journal, decider, stream, id, command, context),
  );
  const settled = turn.catch(() => undefined);
  context.queues.set(stream, settled);
  void settled.then(() => context.queues.get(stream) === settled && context.queues.delete(stream));
  return turn;
};

const decideOn = async <S, C extends AnyCommand, E extends AnyEvent>(
  journal: Journal,
  decider: Decider<S, C, E>,
  stream: string,
  id: string,
  command: C,
  context: DecisionContext,
): Promise<Outcome> => {
  const invalid = checkCommand(decider.commands, command);
  if (invalid) return invalid;
  const hashOf = (like?: string) => journal.hashOf(command, decider.commands.schemas.get(command.type)!.personal, like);
  const now = command.meta.occurredAt ?? context.clock.now();
  const mode = command.meta.mode ?? 'live';
  const definitionAt = decider.uses.length > 0 ? await context.definitions.at(decider.uses) : () => undefined;
  const at = (instant: Instant, before: number): Context => ({
    now: instant,
    mode,
    definition: (kind, version) => definitionAt(kind, version ?? instant),
    idOf: (index) => eventIdOf(stream, command.meta.commandId, before + index),
  });

  let known = context.streams.get(stream);
  let fresh = false;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (!known || attempt > 0) {
      known = await load(journal, decider, stream, known);
      context.streams.set(stream, known);
      fresh = true;
    }
    const before = known.decided.get(command.meta.commandId);
    if (before) {
      const hash = await hashOf(before.hash);
      if (hash instanceof Refused) return hash;
      return before.hash === hash
        ? new Accepted(id, before.position, before.revision, before.events, true)
        : new Refused(
            'command/id-reused',
            'This command id was used for another command; choose a new one.',
            'commandId',
          );
    }

    const result = expected(command.meta, known.revision) ?? decideFacts(decider, known.state as S, command, at, now);
    if (result instanceof Refused || result.length === 0) {
      // A cached state may be behind another process: only the newest state may say no or nothing.
      if (!fresh) {
        attempt--;
        fresh = true;
        known = await load(journal, decider, stream, known);
        context.streams.set(stream, known);
        continue;
      }
      return result instanceof Refused ? result : new Accepted(id, known.position, known.revision, 0, false);
    }
    const hash = await hashOf();
    if (hash instanceof Refused) return hash;
    const appended = toEvents(stream, command.meta, hash, mode, now, result);
    try {
      const { position, revision } = await journal.append(
        stream,
        appended,
        known.revision < 0 ? 'none' : known.revision,
      );
      let state = known.state as S;
      for (const event of appended) state = decider.evolve(state, happened(event) as Happened<E>);
      known.decided.set(command.meta.commandId, { hash, position, revision, events: appended.length });
      known.state = state;
      known.revision = revision;
      known.position = position;
      return new Accepted(id, position, revision, appended.length, false);
    } catch (error) {
      if (error instanceof Refused) return error; // too large for the log, or about an erased person
      if (!(error instanceof Conflict && error.code === 'log/wrong-revision')) {
        context.streams.delete(stream); // the outcome is unknown: the next command reads the stream
        throw error;
      }
    }
  }
  throw new Conflict('log/busy-stream', 'Others keep writing to this stream; send the command again.');
};

const happened = ({
  id,
  type,
  data,
  meta,
}: {
  id: string;
  type: string;
  data: unknown;
  meta: { occurredAt: Instant };
}) => ({
  id,
  type,
  data,
  occurredAt: meta.occurredAt,
});

const expected = ({ expectedRevision }: CommandMeta, revision: number): Refused | undefined =>
  expectedRevision !== undefined && expectedRevision !== revision
    ? new Refused(
        'command/revision-passed',
        `The stream is at revision ${revision}; read it again.`,
        'expectedRevision',
      )
    : undefined;

const decideFacts = <S, C extends AnyCommand, E extends AnyEvent>(
  decider: Decider<S, C, E>,
  start: S,
  command: C,
  at: (instant: Instant, before: number) => Context,
  now: Instant,
): readonly Fact<E>[] | Refused => {
  const facts: Fact<E>[] = [];
  let state = start;
  for (let due = decider.due(state); due !== undefined && due <= now; due = decider.due(state)) {
    const context = at(due, facts.length);
    const passed = decider.pass(state, context).map((fact) => ({ ...fact, occurredAt: due! }));
    if (passed.length === 0) throw new Error(`${decider.commands.aggregate}: nothing passes at the due instant ${due}`);
    facts.push(...passed);
    for (const [index, fact] of passed.entries())
      state = decider.evolve(state, { ...fact, id: context.idOf(index) } as Fact<E> & Happened<E>);
  }
  const decided = decider.decide(state, command, at(now, facts.length));
  return decided instanceof Refused ? decided : [...facts, ...decided];
};

const toEvents = <E extends AnyEvent>(
  stream: string,
  meta: CommandMeta,
  hash: string,
  mode: 'live' | 'backfill',
  now: Instant,
  facts: readonly Fact<E>[],
) =>
  facts.map(({ type, data, occurredAt }, index) => ({
    id: eventIdOf(stream, meta.commandId, index),
    type,
    data: data as unknown,
    meta: {
      actor: meta.actor,
      origin: meta.origin,
      occurredAt: occurredAt ?? now,
      commandId: meta.commandId,
      commandHash: hash,
      mode,
      $correlationId: meta.correlationId ?? meta.commandId,
      $causationId: meta.causationId ?? meta.commandId,
    },
  }));

const load = async <S, C extends AnyCommand, E extends AnyEvent>(
  journal: Journal,
  decider: Decider<S, C, E>,
  stream: string,
  known: StreamState | undefined,
): Promise<StreamState> => {
  const next: StreamState = known ?? { state: decider.initialState(), revision: -1, position: '', decided: new Map() };
  for (const event of await journal.read(stream, next.revision + 1)) {
    next.state = decider.evolve(next.state as S, event as unknown as Happened<E>);
    const { commandId, commandHash: hash } = event.meta;
    const events = (next.decided.get(commandId)?.events ?? 0) + 1;
    next.decided.set(commandId, { hash, position: event.position, revision: event.revision, events });
    next.revision = event.revision;
    next.position = event.position;
  }
  return next;
};
