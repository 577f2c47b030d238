import { LRUCache } from 'lru-cache';
import {
  commandKeyOf,
  isInternalActor,
  type AnyCommand,
  type CommandMeta,
  type Commands,
  type CommandSchema,
} from './command';
import { decideAt, streamOf, type DecisionInputs, type Decider, type DefinitionLookup, type NewEvent } from './decider';
import { Conflict, Refused, type UnknownType } from './errors';
import type { AnyEvent, EventMeta, DatedEvent, StoredEvent, Position } from './event';
import { idsIn } from './hash';
import { normaliseData, textFault, type Json } from './schema';
import { START, type AppendResult, type AppendOptions, type Clock, type EventToAppend, type RawEvent } from './ports';
import type { Sealed } from './sealed';
import { occurrenceFault, type Instant } from './time';

/** The outcome of a command. */
export type Outcome = Accepted | Refused;
export class Accepted {
  constructor(
    /** Id of the aggregate. */
    readonly id: string,
    /** Position of the last event of the command; pass it as `atLeast` to read your own write. */
    readonly position: Position,
    readonly revision: number,
    /** How many events the command wrote; for a repeated command, how many it wrote the first time. */
    readonly events: number,
    readonly repeated: boolean,
  ) {}
}

/** Finds definitions by instant, or by version number. */
export abstract class DefinitionSource {
  /**
   * @param decidingAt the present, for a live decision: a definition that another process recorded less than five
   *   seconds before is not in force yet, so that all processes change over at the same instant. Without it, everything
   *   recorded counts
   * @param fresh reads everything recorded up to this call, even if the log was followed to its end a moment ago
   * @param answering for a query, not a decision: while the log is unavailable, the read models are used instead
   */
  abstract forKinds(
    kinds: readonly string[],
    options?: { readonly decidingAt?: Instant | undefined; readonly fresh?: boolean; readonly answering?: boolean },
  ): Promise<DefinitionLookup>;
}

/** A source without definitions, for aggregates that use none and for tests. */
export class NoDefinitions extends DefinitionSource {
  forKinds() {
    return Promise.resolve(() => undefined);
  }
}

interface DecidedCommand {
  readonly hash: string;
  readonly position: Position;
  readonly revision: number;
  readonly events: number;
}
/** The folded state of a stream; `revision` is -1 if no event of it is known. */
interface StreamState<S = unknown> {
  readonly state: S;
  readonly revision: number;
  readonly position: Position;
  /** The commands that the stream decided up to that revision, by `commandKeyOf`. */
  readonly decidedCommands: Map<string, DecidedCommand>;
}

/** The typed view of the log: it validates, encrypts and upcasts. `handle` and policies read and write through it. */
export abstract class Journal {
  /** @throws Conflict `log/wrong-revision` */
  abstract append(
    stream: string,
    facts: readonly (Omit<EventToAppend, 'meta'> & { meta: Omit<EventMeta, 'schema'> })[],
    expected: number | 'none',
    options?: AppendOptions,
  ): Promise<AppendResult>;
  /** Events of a stream, upcast and checked; personal fields are sealed. */
  abstract read(stream: string, from?: number): Promise<readonly StoredEvent[]>;
  /** Upcasts and checks stored events. */
  abstract decode(event: RawEvent): StoredEvent;
  /**
   * Decrypts sealed values, in their order, with one call of the key store. `undefined`: the person was erased.
   * UnknownType `event/unreadable`: the value was altered or sealed with another key; `event/no-key`: the key is lost.
   */
  abstract open(values: readonly Sealed[]): Promise<readonly (Json | undefined | UnknownType)[]>;
  /** The search tokens of each term under all secrets, newest first; values are found by the newest. */
  abstract tokens(field: string, terms: readonly string[]): Promise<readonly (readonly string[])[]>;
  /**
   * The keyed hash of a command body: it detects that a command id is reused for another body, and does not let anyone
   * guess the body.
   * @param schema its personal fields are hashed under the key of the person
   * @param like an existing hash to compare with: the same secret is used
   * @returns the hash, or the refusal `lead/erased` if it needs the key of an erased person
   */
  abstract hashOf(
    body: Pick<AnyCommand, 'type' | 'data'>,
    schema: Pick<CommandSchema, 'personal' | 'keyOwners'>,
    like?: string,
  ): Promise<string | Refused>;
}

/** A journal for those who answer questions: what is opened for a caller is recorded, and that is done elsewhere. */
export type ClosedJournal = Omit<Journal, 'open'>;

const MAX_CACHED_COMMANDS = 500_000;

/** What decisions share in a process: the clock, the definitions, and the cached state of recent streams. */
export class DecisionContext {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly streams: LRUCache<string, StreamState<any>>;
  readonly queues = new Map<string, Promise<unknown>>();
  /** @param maxCachedCommands bounds the memory of decided streams: a stream counts as its commands, and eight more */
  constructor(
    readonly clock: Clock,
    readonly definitions: DefinitionSource = new NoDefinitions(),
    maxCachedCommands = MAX_CACHED_COMMANDS,
  ) {
    this.streams = new LRUCache({
      maxSize: maxCachedCommands,
      sizeCalculation: ({ decidedCommands }) => decidedCommands.size + 8,
    });
  }
}

const eventIds = idsIn('6f0d0f86-4a3b-5c64-9a57-5b9f3a1e7c11');
const MAX_CONFLICTS = 5;

/**
 * The id of the nth event of a command: the same command of the same sender on the same stream always gives the same
 * ids.
 */
export const eventIdOf = (stream: string, sender: Pick<CommandMeta, 'actor' | 'commandId'>, index: number): string =>
  eventIds(`${stream}\n${commandKeyOf(sender)}\n${index}`);

/** @returns the refusal of malformed command data, with the path of the fault */
export const checkData = (
  commands: Commands,
  { type, data }: Pick<AnyCommand, 'type' | 'data'>,
): Refused | undefined => {
  const schema = commands.schemas.get(type);
  if (!schema) return new Refused('command/unknown', `${type} is not a command of ${commands.aggregate}.`, 'type');
  const fault = schema.faultOf(data) ?? textFault(data as Json);
  return fault && new Refused('command/invalid', fault.message, fault.path);
};

/** The command with its texts in their normal form. It must have passed `checkCommand`. */
export const normaliseCommand = <C extends AnyCommand>(commands: Commands, command: C): C => ({
  ...command,
  data: normaliseData(commands.schemas.get(command.type)!.object, command.data as object),
});

/**
 * The checks that every command passes before anything else happens, wherever it comes from.
 * @returns the refusal of malformed data or of an impossible `occurredAt`, with the path of the field
 */
export const checkCommand = (commands: Commands, command: AnyCommand, clock: Clock): Refused | undefined => {
  const invalid = checkData(commands, command);
  if (invalid) return invalid;
  const { meta } = command;
  // Commands of Baton itself follow from events whose occurredAt was checked when they were recorded.
  if (meta.origin === 'system' || meta.occurredAt === undefined) return undefined;
  return occurrenceFault(meta.occurredAt, clock.now());
};

/**
 * Runs one command on one stream: takes the cached state, decides what has fallen due, decides the command, and appends
 * at the revision of that state. A stream that is not cached is assumed to be new. Before a refusal or an empty
 * decision is returned, newer events are read, including those that another process wrote for the same command.
 * Commands of one stream run one after the other; after a conflict with another process the command is decided again on
 * the newer state.
 * @param id of the aggregate; the stream is `<aggregate>-<id>`
 * @returns Accepted (a repeated command gets its first answer), or the refusal; then nothing was written. Refused
 *   `command/id-reused` for a command id that its sender used for another body, `command/reserved-actor`
 * @throws Conflict `log/busy-stream` after five conflicts; errors of the log
 */
export const handle = <S, C extends AnyCommand, E extends AnyEvent>(
  journal: Journal,
  decider: Decider<S, C, E>,
  id: string,
  command: C,
  context: DecisionContext,
): Promise<Outcome> => {
  const { actor, origin } = command.meta;
  if (origin !== 'system' && isInternalActor(actor))
    return Promise.resolve(
      new Refused('command/reserved-actor', `The actor ${actor} is reserved for Baton; use another name.`, 'actor'),
    );
  const stream = streamOf(decider, id);
  const turn = (context.queues.get(stream) ?? Promise.resolve()).then(async () => {
    const invalid = checkCommand(decider.commands, command, context.clock);
    if (invalid) return invalid;
    try {
      return await decideAndAppend(journal, decider, stream, id, normaliseCommand(decider.commands, command), context);
    } catch (error) {
      context.streams.delete(stream); // the outcome is unknown, so the next command reads the stream
      throw error;
    }
  });
  const finished = turn.catch(() => undefined);
  context.queues.set(stream, finished);
  void finished.then(() => context.queues.get(stream) === finished && context.queues.delete(stream));
  return turn;
};

const decideAndAppend = async <S, C extends AnyCommand, E extends AnyEvent>(
  journal: Journal,
  decider: Decider<S, C, E>,
  stream: string,
  id: string,
  command: C,
  context: DecisionContext,
): Promise<Outcome> => {
  const hashOf = (like?: string) => journal.hashOf(command, decider.commands.schemas.get(command.type)!, like);
  const mode = command.meta.mode ?? 'live';
  let current: StreamState<S> = context.streams.get(stream) ?? initialStreamState(decider);
  const readNewer = async () =>
    context.streams.set(stream, (current = await foldNewerEvents(journal, decider, stream, current)));
  for (let conflicts = 0, read = false; ;) {
    const earlier = await earlierOutcomeOf(current, id, command.meta, hashOf);
    if (earlier) return earlier;
    const now = command.meta.occurredAt ?? context.clock.now();
    const result =
      revisionMismatch(command.meta, current.revision) ??
      (await decideEvents(
        decider,
        current.state,
        command,
        { now, mode, idOf: (index) => eventIdOf(stream, command.meta, index) },
        context,
      ));
    const hash = result instanceof Refused || result.length === 0 ? '' : await hashOf();
    if (hash instanceof Refused) return hash;
    const newEvents = result instanceof Refused ? [] : eventsToAppend(stream, command.meta, hash, mode, now, result);
    const answer =
      result instanceof Refused || newEvents.length === 0
        ? result
        : await tryAppend(journal, stream, newEvents, current.revision);
    if (answer === 'conflict') {
      if (++conflicts > MAX_CONFLICTS)
        throw new Conflict('log/busy-stream', 'Other writers keep changing this stream; send the command again.');
    } else if ('repeated' in answer) {
      context.streams.set(stream, stateAfterAppend(decider, current, newEvents, answer));
      return new Accepted(id, answer.position, answer.revision, newEvents.length, false);
    } else if (read)
      return answer instanceof Refused ? answer : new Accepted(id, current.position, current.revision, 0, false);
    await readNewer();
    read = true;
  }
};

const initialStreamState = <S, C extends AnyCommand, E extends AnyEvent>(
  decider: Decider<S, C, E>,
): StreamState<S> => ({
  state: decider.initialState(),
  revision: -1,
  position: START,
  decidedCommands: new Map(),
});

/** The first answer to a command that the stream has decided before. */
const earlierOutcomeOf = async (
  { decidedCommands: decided }: StreamState,
  id: string,
  meta: CommandMeta,
  hashOf: (like: string) => Promise<string | Refused>,
): Promise<Outcome | undefined> => {
  const before = decided.get(commandKeyOf(meta));
  if (!before) return undefined;
  // The body of a policy's command may differ when an event is handled again: it gets the first answer all the same.
  const hash = meta.actor.startsWith('policy:') ? before.hash : await hashOf(before.hash);
  if (hash instanceof Refused) return hash;
  return before.hash === hash
    ? new Accepted(id, before.position, before.revision, before.events, true)
    : commandIdReused();
};

/** The refusal of a command id that its sender used for another command. */
export const commandIdReused = (): Refused =>
  new Refused('command/id-reused', 'commandId was already used for another command; choose a new one.', 'commandId');

/**
 * @returns Refused if the log can never accept the events (too large, or about an erased person); `conflict` if another
 *   process wrote first, possibly for this same command, whose result then counts
 */
const tryAppend = async (
  journal: Journal,
  stream: string,
  events: Parameters<Journal['append']>[1],
  revision: number,
): Promise<AppendResult | Refused | 'conflict'> => {
  try {
    // The state knows every command of the stream up to that revision, and event ids are derived from commands.
    const checked = { checked: true };
    const appended = await journal.append(stream, events, revision < 0 ? 'none' : revision, checked);
    return appended.repeated ? 'conflict' : appended;
  } catch (error) {
    if (error instanceof Refused) return error;
    if (error instanceof Conflict && error.code === 'log/wrong-revision') return 'conflict';
    throw error;
  }
};

/** The state after the appended events. */
const stateAfterAppend = <S, C extends AnyCommand, E extends AnyEvent>(
  decider: Decider<S, C, E>,
  known: StreamState<S>,
  appended: ReturnType<typeof eventsToAppend>,
  { position, revision }: AppendResult,
): StreamState<S> => {
  const { meta } = appended[0]!;
  known.decidedCommands.set(commandKeyOf(meta), {
    hash: meta.commandHash,
    position,
    revision,
    events: appended.length,
  });
  const state = appended.reduce(
    (before, event) => decider.evolve(before, datedEventOf(event) as DatedEvent<E>),
    known.state,
  );
  return { state, revision, position, decidedCommands: known.decidedCommands };
};

const datedEventOf = ({
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

/** @returns the refusal of a command whose `expectedRevision` is not the revision of the stream */
export const revisionMismatch = ({ expectedRevision }: CommandMeta, revision: number): Refused | undefined =>
  expectedRevision !== undefined && expectedRevision !== revision
    ? new Refused(
        'command/revision-passed',
        `expectedRevision must be ${revision}, the current revision of the stream; read the stream again.`,
        'expectedRevision',
      )
    : undefined;

/**
 * Decides a command after everything that time alone has caused. If the state names a version that is not known here,
 * the definitions are read again: another process may have decided by it.
 */
const decideEvents = async <S, C extends AnyCommand, E extends AnyEvent>(
  decider: Decider<S, C, E>,
  state: S,
  command: C,
  at: Omit<DecisionInputs, 'definitionAt'>,
  context: DecisionContext,
): Promise<readonly NewEvent<E>[] | Refused> => {
  const decide = (definitionAt: DefinitionLookup) => decideAt(decider, state, command, { ...at, definitionAt });
  if (decider.uses.length === 0) return decide(() => undefined);
  const decidingAt = at.mode === 'live' ? context.clock.now() : undefined;
  let isVersionUnknown = false;
  const known = await context.definitions.forKinds(decider.uses, { decidingAt });
  const facts = decide((kind, at) => {
    const found = known(kind, at);
    isVersionUnknown ||= !found && typeof at === 'number' && at > 0;
    return found;
  });
  if (!isVersionUnknown) return facts;
  const newer = await context.definitions.forKinds(decider.uses, { decidingAt, fresh: true });
  return decide(newer);
};

const eventsToAppend = <E extends AnyEvent>(
  stream: string,
  meta: CommandMeta,
  hash: string,
  mode: 'live' | 'backfill',
  now: Instant,
  facts: readonly NewEvent<E>[],
) =>
  facts.map(({ type, data, occurredAt }, index) => ({
    id: eventIdOf(stream, meta, index),
    type,
    data: data as unknown,
    meta: {
      actor: meta.actor,
      origin: meta.origin,
      occurredAt: occurredAt ?? now,
      commandId: meta.commandId,
      commandHash: hash,
      mode,
      ...(meta.sequence !== undefined && { sequence: meta.sequence }),
      $correlationId: meta.correlationId ?? meta.commandId,
      $causationId: meta.causationId ?? meta.commandId,
    },
  }));

/** The state after reading and folding newer events. */
const foldNewerEvents = async <S, C extends AnyCommand, E extends AnyEvent>(
  journal: Journal,
  decider: Decider<S, C, E>,
  stream: string,
  known: StreamState<S>,
): Promise<StreamState<S>> => {
  let { state, revision, position } = known;
  for (const event of await journal.read(stream, revision + 1)) {
    state = decider.evolve(state, event as unknown as DatedEvent<E>);
    const key = commandKeyOf(event.meta);
    const events = (known.decidedCommands.get(key)?.events ?? 0) + 1;
    ({ revision, position } = event);
    known.decidedCommands.set(key, { hash: event.meta.commandHash, position, revision, events });
  }
  return { state, revision, position, decidedCommands: known.decidedCommands };
};
