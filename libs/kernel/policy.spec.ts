import {
  commands,
  decideAt,
  decider,
  events,
  lookThrough,
  policy,
  ref,
  send,
  To,
  text,
  type CommandOf,
  type EventOf,
} from '.';
import { recorded } from './testing';

const tillId = ref('till');
const tillEvents = events({ TillOpened: { version: 1, sentence: 'The till was opened', tillId } });
const tillCommands = commands('till', {
  OpenTill: { description: 'Opens a till.', tillId },
  CloseTill: { description: 'Closes a till.', tillId, reason: text('Why.') },
});
type TillCommand = CommandOf<typeof tillCommands>;
type TillEvent = EventOf<typeof tillEvents>;
class ToTill extends To<TillCommand> {}
const tillDecider = decider<null, TillCommand, TillEvent>({
  commands: tillCommands,
  events: tillEvents,
  initialState: () => null,
  decide: { OpenTill: () => [], CloseTill: () => [] },
  evolve: { TillOpened: (state) => state },
});
const opened = recorded({ type: 'TillOpened', data: { tillId: 'one' } }, { stream: 'till-one' });

describe('a decider', () => {
  const asking = (uses: readonly 'size'[]) =>
    decider<null, TillCommand, TillEvent, { size: number }>({
      ...{ commands: tillCommands, events: tillEvents, uses, initialState: () => null },
      decide: {
        OpenTill: (_, { data }, { definition }) => {
          return (definition('size')?.body ?? 0) > 0 ? [{ type: 'TillOpened', data }] : [];
        },
        CloseTill: () => [],
      },
      evolve: { TillOpened: (state) => state },
    });
  const decide = (uses: readonly 'size'[]) =>
    decideAt(
      asking(uses),
      null,
      { type: 'OpenTill', data: { tillId: 'one' }, meta: { commandId: 'c', actor: 'ada', origin: 'person' } },
      {
        ...{ now: '2024-01-01T00:00:00.000Z', mode: 'live', idOf: String },
        definitionAt: (kind) => ({ kind, version: 1, ref: `${kind}@1`, body: 1 }),
      },
    );
  it('fails if it reads a definition kind that it does not declare', () => {
    expect(decide(['size'])).toEqual([{ type: 'TillOpened', data: { tillId: 'one' } }]);
    expect(() => decide([])).toThrow('till: declare the definition kind size in uses');
  });
  it('does not compile if it reads a definition kind without a body type', () => {
    // @ts-expect-error no body type for the kind weight
    const weightOf = ({ definition }: Context<{ size: number }>) => definition('weight')?.body;
    expect(weightOf).toBeInstanceOf(Function);
  });
});

describe('a policy', () => {
  it('sends commands of the aggregate; other commands do not compile', () => {
    expect(send(ToTill, 'one', { type: 'OpenTill', data: { tillId: 'one' } })).toEqual({
      ...{ to: ToTill, id: 'one', type: 'OpenTill', data: { tillId: 'one' } },
    });
    // @ts-expect-error a command that was renamed
    send(ToTill, 'one', { type: 'UnlockTill', data: { tillId: 'one' } });
    // @ts-expect-error data of another command
    send(ToTill, 'one', { type: 'CloseTill', data: { tillId: 'one' } });
    // @ts-expect-error a field that the command does not have
    send(ToTill, 'one', { type: 'OpenTill', data: { tillId: 'one', coins: 1 } });
    policy<TillEvent>({
      name: 'by-hand',
      version: 1,
      from: 'start',
      // @ts-expect-error a command made without `send`
      on: { TillOpened: () => [{ to: ToTill, id: 'one', type: 'OpenTill', data: { tillId: 'one' } }] },
    });
    policy<TillEvent>({
      name: 'of-nothing',
      version: 1,
      from: 'start',
      // @ts-expect-error an event that does not exist
      on: { TillShut: () => [] },
    });
  });

  it('reads the stream of an aggregate by its id', async () => {
    const look = lookThrough(async (stream) => (stream === 'till-one' ? [opened] : []));
    const [event] = await look(tillDecider, 'one');
    expect(event?.data.tillId).toBe('one');
    expect(await look(tillDecider, 'two')).toEqual([]);
    // @ts-expect-error its stream has no such event
    expect(event?.type === 'TillShut').toBe(false);
  });
});
