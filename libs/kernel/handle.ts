import { LRUCache } from 'lru-cache';
import { v5 as uuidv5 } from 'uuid';
import { commandKeyOf, isInternalActor, type AnyCommand, type CommandMeta, type Commands } from './command';
import { decideAt, streamOf, type DecisionInputs, type Decider, type DefinitionLookup, type NewEvent } from './decider';
import { Conflict, Refused, type UnknownType } from './errors';
import type { AnyEvent, EventMeta, DatedEvent, StoredEvent, Position } from './event';
import { normaliseData, textFault, type Json } from './schema';
import { START, type AppendResult, type AppendOptions, type Clock, type EventToAppend, type RawEvent } from './ports';
import type { Sealed } from './sealed';
import { occurrenceFault, type Instant } from './time';

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

/** Definitions as of any instant, or by the number of their version. */
export abstract class DefinitionSource {
  /**
   * @param decidingAt the present, for a live decision: what another process agreed to less than five seconds before is
   *   not in force yet, so that all processes change over at one instant. Without it all that is recorded counts
   * @param fresh reads what was recorded up to this call, however lately the log was followed to its end
   * @param answering nothing is decided by it: while the log is away, what read models hold of it will do
   */
  abstract forKinds(
    kinds: readonly string[],
    asked?: { readonly decidingAt?: Instant | undefined; readonly fresh?: boolean; readonly answering?: boolean },
  ): Promise<DefinitionLookup>;
}

/** No definitions at all: for aggregates that use none, and for tests. */
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
/** What a stream has come to; `revision` -1 where it is not known to exist. */
interface StreamState<S = unknown> {
  readonly state: S;
  readonly revision: number;
  readonly position: Position;
  /** Every command that this stream has decided up to that revision, by `commandKeyOf`. */
  readonly decidedCommands: Map<string, DecidedCommand>;
}

/** The log's typed face: checks, encrypts and upcasts; what `handle` and policies read and write through. */
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
   * What sealed values say, in their order, with one call of the key store. `undefined`: the person was erased; an
   * UnknownType `event/unreadable`: it was altered, or sealed with another key; `event/no-key`: the key is lost.
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

const MAX_CACHED_COMMANDS = 500_000;

/** What decisions need around them: time, definitions, and the decided state of recent streams. */
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

const EVENT_IDS = '6f0d0f86-4a3b-5c64-9a57-5b9f3a1e7c11';
const MAX_CONFLICTS = 5;

/** The id of a command's nth event: the same command of the same sender on the same stream writes the same ids. */
export const eventIdOf = (stream: string, sender: Pick<CommandMeta, 'actor' | 'commandId'>, index: number): string =>
  uuidv5(`${stream}\n${commandKeyOf(sender)}\n${index}`, EVENT_IDS);

/** @returns the refusal of malformed command data, with the path of the fault */
export const checkData = (
  commands: Commands,
  { type, data }: Pick<AnyCommand, 'type' | 'data'>,
): Refused | undefined => {
  const schema = commands.schemas.get(type);
  if (!schema) return new Refused('command/unknown', `${commands.aggregate} knows no command ${type}.`, 'type');
  const fault = schema.faultOf(data) ?? textFault(data as Json);
  return fault && new Refused('command/invalid', fault.message, fault.path);
};

/** The same command with its texts in their one form; it must have passed `checkCommand`. */
export const normaliseCommand = <C extends AnyCommand>(commands: Commands, command: C): C => ({
  ...command,
  data: normaliseData(commands.schemas.get(command.type)!.object, command.data as object),
});

/**
 * The door of commands: what every one of them must pass before anything is done for it, wherever it comes from.
 * @returns the refusal of malformed data, or of an `occurredAt` that nobody can know of, with the path of the fault
 */
export const checkCommand = (commands: Commands, command: AnyCommand, clock: Clock): Refused | undefined => {
  const invalid = checkData(commands, command);
  if (invalid) return invalid;
  const { meta } = command;
  // What Baton itself sends follows from events that passed here, by the clock of whichever machine took them.
  if (meta.origin === 'system' || meta.occurredAt === undefined) return undefined;
  return occurrenceFault(meta.occurredAt, clock.now());
};

/**
 * Runs one command on one stream: takes its state as it is known here, lets due time pass, decides, and appends where
 * that state ends; a stream that is not known is taken for new. A refusal and an empty decision are given only after
 * newer events were read, and so is what another process made of the same command. Commands of one stream run one after
 * the other; a conflict with another process decides again on the newer state.
 * @param id of the aggregate; the stream is `<aggregate>-<id>`
 * @returns Accepted (also for a repeated command, as the first time), or the refusal; nothing is written then. Refused
 *   `command/id-reused` for a command id that its sender used for another body, `command/reserved-actor`
 * @throws Conflict `log/busy-stream` after five lost races; what the log throws
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
      new Refused('command/reserved-actor', `${actor} is Baton itself; use your own name.`, 'actor'),
    );
  const stream = streamOf(decider, id);
  const turn = (context.queues.get(stream) ?? Promise.resolve()).then(async () => {
    const invalid = checkCommand(decider.commands, command, context.clock);
    if (invalid) return invalid;
    try {
      return await decideAndAppend(journal, decider, stream, id, normaliseCommand(decider.commands, command), context);
    } catch (error) {
      context.streams.delete(stream); // the outcome is unknown: the next command reads the stream
      throw error;
    }
  });
  const settled = turn.catch(() => undefined);
  context.queues.set(stream, settled);
  void settled.then(() => context.queues.get(stream) === settled && context.queues.delete(stream));
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
  const hashOf = (like?: string) => journal.hashOf(command, decider.commands.schemas.get(command.type)!.personal, like);
  const mode = command.meta.mode ?? 'live';
  let known: StreamState<S> = context.streams.get(stream) ?? initialStreamState(decider);
  const readOn = async () =>
    context.streams.set(stream, (known = await foldNewerEvents(journal, decider, stream, known)));
  for (let repeats = 0, read = false; ;) {
    const before = await earlierOutcomeOf(known, id, command.meta, hashOf);
    if (before) return before;
    const now = command.meta.occurredAt ?? context.clock.now();
    const result =
      revisionMismatch(command.meta, known.revision) ??
      (await decideEvents(
        decider,
        known.state,
        command,
        { now, mode, idOf: (index) => eventIdOf(stream, command.meta, index) },
        context,
      ));
    const hash = result instanceof Refused || result.length === 0 ? '' : await hashOf();
    if (hash instanceof Refused) return hash;
    const made = result instanceof Refused ? [] : eventsToAppend(stream, command.meta, hash, mode, now, result);
    const answer =
      result instanceof Refused || made.length === 0 ? result : await tryAppend(journal, stream, made, known.revision);
    if (answer === 'overtaken') {
      if (++repeats > MAX_CONFLICTS)
        throw new Conflict('log/busy-stream', 'Others keep writing to this stream; send the command again.');
    } else if ('repeated' in answer) {
      context.streams.set(stream, stateAfterAppend(decider, known, made, answer));
      return new Accepted(id, answer.position, answer.revision, made.length, false);
    } else if (read)
      return answer instanceof Refused ? answer : new Accepted(id, known.position, known.revision, 0, false);
    await readOn();
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

/** What a command is answered that its stream has decided already. */
const earlierOutcomeOf = async (
  { decidedCommands: decided }: StreamState,
  id: string,
  meta: CommandMeta,
  hashOf: (like: string) => Promise<string | Refused>,
): Promise<Outcome | undefined> => {
  const before = decided.get(commandKeyOf(meta));
  if (!before) return undefined;
  // A policy that decides on an event again may have seen more by then; it is answered as the first time.
  const hash = meta.actor.startsWith('policy:') ? before.hash : await hashOf(before.hash);
  if (hash instanceof Refused) return hash;
  return before.hash === hash
    ? new Accepted(id, before.position, before.revision, before.events, true)
    : commandIdReused();
};

/** The refusal of a command id that its sender used for something else. */
export const commandIdReused = (): Refused =>
  new Refused('command/id-reused', 'This command id was used for another command; choose a new one.', 'commandId');

/**
 * @returns Refused for what the log never takes: too large, or about an erased person; `overtaken` where others wrote
 * first, perhaps this very command: what they made of it counts
 */
const tryAppend = async (
  journal: Journal,
  stream: string,
  events: Parameters<Journal['append']>[1],
  revision: number,
): Promise<AppendResult | Refused | 'overtaken'> => {
  try {
    // The known state holds every command of the stream up to that revision, and event ids are made of them.
    const checked = { checked: true };
    const appended = await journal.append(stream, events, revision < 0 ? 'none' : revision, checked);
    return appended.repeated ? 'overtaken' : appended;
  } catch (error) {
    if (error instanceof Refused) return error;
    if (error instanceof Conflict && error.code === 'log/wrong-revision') return 'overtaken';
    throw error;
  }
};

/** The state after what was written. */
const stateAfterAppend = <S, C extends AnyCommand, E extends AnyEvent>(
  decider: Decider<S, C, E>,
  known: StreamState<S>,
  made: ReturnType<typeof eventsToAppend>,
  { position, revision }: AppendResult,
): StreamState<S> => {
  const { meta } = made[0]!;
  known.decidedCommands.set(commandKeyOf(meta), { hash: meta.commandHash, position, revision, events: made.length });
  const state = made.reduce(
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

/** @returns the refusal of a command that was meant for another revision of its stream */
export const revisionMismatch = ({ expectedRevision }: CommandMeta, revision: number): Refused | undefined =>
  expectedRevision !== undefined && expectedRevision !== revision
    ? new Refused(
        'command/revision-passed',
        `The stream is at revision ${revision}; read it again.`,
        'expectedRevision',
      )
    : undefined;

/**
 * What a command causes, after what time alone has caused. A version that the state names and that is not known here is
 * asked of the log: another process may have decided by it.
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
  let missed = false;
  const known = await context.definitions.forKinds(decider.uses, { decidingAt });
  const facts = decide((kind, at) => {
    const found = known(kind, at);
    missed ||= !found && typeof at === 'number' && at > 0;
    return found;
  });
  if (!missed) return facts;
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

/** What is known, with the events after it. */
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
