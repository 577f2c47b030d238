import {
  Clock,
  decideAt,
  Refused,
  type AnyCommand,
  type AnyEvent,
  type CommandMeta,
  type Decider,
  type Definition,
  type NewEvent,
  type Instant,
} from '..';

/** A clock with a fixed time. */
export class FixedClock extends Clock {
  constructor(public instant: Instant = '2024-01-01T00:00:00.000Z') {
    super();
  }
  now() {
    return this.instant;
  }
}

type Given<E> = E & { readonly occurredAt?: Instant };
type When<C extends AnyCommand> = C extends AnyCommand ? Omit<C, 'meta'> & { meta?: Partial<CommandMeta> } : never;

/**
 * Given these events, when this command is sent, then these events (or this refusal). `at` sets the time, `under` the
 * definitions in force: the first of each kind, and earlier versions. Due time passes before the command, as in
 * `handle`.
 */
export const specFor = <S, C extends AnyCommand, E extends AnyEvent>(decider: Decider<S, C, E>) => {
  const scene = (past: readonly Given<E>[], now: Instant, definitions: readonly Definition[]) => {
    const state = () =>
      past.reduce(
        (folded, event, index) => decider.evolve(folded, { occurredAt: now, ...event, id: `event-${index}` }),
        decider.initialState(),
      );
    const decide = (command: When<C>): readonly NewEvent<E>[] | Refused => {
      const meta = { commandId: 'command', actor: 'tester', origin: 'person' as const, ...command.meta };
      const fault = decider.commands.schemas.get(command.type)?.faultOf(command.data);
      if (fault) return new Refused('command/invalid', fault.message, fault.path);
      return decideAt(decider, state(), { ...command, meta } as unknown as C, {
        ...{ now, mode: meta.mode ?? 'live', idOf: (index) => `decided-${index}` },
        definitionAt: (kind, version) =>
          definitions.find((each) => each.kind === kind && (typeof version === 'string' || each.version === version)),
      });
    };
    return {
      state,
      at: (instant: Instant) => scene(past, instant, definitions),
      under: (...inForce: readonly Definition[]) => scene(past, now, inForce),
      when: (command: When<C>) => ({
        then: (...expected: readonly Given<E>[]) => {
          const decided = decide(command);
          expect(decided).toEqual(expected);
          // The events of a decider must match their own schemas.
          for (const { type, data } of expected)
            expect(decider.events.schemas.get(type)!.faultOf(data)).toBeUndefined();
        },
        thenRefused: (code: string, path?: string) => {
          const decided = decide(command);
          expect(decided).toBeInstanceOf(Refused);
          expect((decided as Refused).code).toBe(code);
          if (path !== undefined) expect((decided as Refused).path).toBe(path);
        },
        /** For assertions on what was decided. */
        decided: () => decide(command),
      }),
    };
  };
  return (...past: readonly Given<E>[]) => scene(past, '2024-01-01T00:00:00.000Z', []);
};
