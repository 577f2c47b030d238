import {
  commands,
  decider,
  events,
  handle,
  integer,
  optional,
  personal,
  policy,
  projection,
  ref,
  text,
  To,
  wordTerms,
  type CommandOf,
  type DecisionContext,
  type EventOf,
  type Journal,
  type Outcome,
  type Sealed,
  send,
} from '@baton/kernel';

// A till that counts coins: a drop of ten or more is echoed by two events in a till of its own. Thirteen coins break a
// fold and a hundred and thirteen a policy until they are fixed; fourteen always break a fold.
export const tillEvents = events({
  CoinDropped: {
    version: 1,
    sentence: 'Coins were dropped',
    tillId: ref('till'),
    leadId: ref('lead'),
    coins: integer(),
    note: optional(personal(text())),
  },
  CoinEchoed: { version: 1, sentence: 'The coins were echoed', tillId: ref('till'), half: integer() },
});
export type TillEvent = EventOf<typeof tillEvents>;
export const tillCommands = commands('till', {
  DropCoin: {
    description: '',
    tillId: ref('till'),
    leadId: ref('lead'),
    coins: integer(),
    note: optional(personal(text())),
  },
  Echo: { description: '', tillId: ref('till') },
});
export type TillCommand = CommandOf<typeof tillCommands>;
export class ToTill extends To<TillCommand> {}

export const till = decider<object, TillCommand, TillEvent>({
  commands: tillCommands,
  events: tillEvents,
  initialState: () => ({}),
  decide: {
    DropCoin: (_, { data }) => [{ type: 'CoinDropped', data }],
    Echo: (_, { data }) => [
      { type: 'CoinEchoed', data: { ...data, half: 1 } },
      { type: 'CoinEchoed', data: { ...data, half: 2 } },
    ],
  },
  evolve: { CoinDropped: (state) => state, CoinEchoed: (state) => state },
});

export const sendTo =
  (journal: Journal, context: DecisionContext) =>
  ({ id, command }: To): Promise<Outcome> =>
    handle(journal, till, id, command as TillCommand, context);

export const BREAKS_FOLD = 13;
export const ALWAYS_BREAKS_FOLD = 14;
export const BREAKS_POLICY = 113;

interface Sum {
  readonly coins: number;
  readonly events: readonly string[];
}
type Mended = () => boolean;
/** Per till, in log order; `all` sums over every till. */
export const sumsOf = (mended: Mended) =>
  projection<Sum, TillEvent>({
    name: 'sums',
    version: 1,
    columns: { coins: 'integer' },
    keys: ({ stream }) => [stream, 'all'],
    initial: () => ({ coins: 0, events: [] }),
    on: {
      CoinDropped: (doc, { data, id }, key) => {
        const breaks = data.coins === ALWAYS_BREAKS_FOLD || (data.coins === BREAKS_FOLD && !mended());
        if (breaks && key !== 'all') throw new Error('unlucky');
        return { coins: doc.coins + data.coins, events: [...doc.events, id.slice(0, 4)] };
      },
      CoinEchoed: (doc, { data, id }) => ({ coins: doc.coins + data.half, events: [...doc.events, id.slice(0, 4)] }),
    },
  });
/** The latest text of people, per lead, found by its words: a fold that needs the keys. */
export const notes = projection<{ readonly notes: number; readonly note?: Sealed }, TillEvent>({
  name: 'notes',
  version: 1,
  personal: true,
  search: { note: wordTerms },
  keys: (event) => (event.type === 'CoinDropped' ? [event.data.leadId] : []),
  initial: () => ({ notes: 0 }),
  on: { CoinDropped: (doc, { data: { note } }) => ({ ...doc, notes: doc.notes + 1, ...(note && { note }) }) },
});
export const ECHO_FROM = 10;
export const echoOf = (mended: Mended) =>
  policy<TillEvent>({
    name: 'echo',
    version: 1,
    from: 'start',
    on: {
      CoinDropped: async ({ data }, look) => {
        if (data.coins === BREAKS_POLICY && !mended()) throw new Error('unlucky');
        const known = await look(till, data.tillId);
        if (known.length === 0) throw new Error('a policy sees the event that triggered it');
        const tillId = `echo-${data.tillId}`;
        return data.coins >= ECHO_FROM ? [send(ToTill, tillId, { type: 'Echo', data: { tillId } })] : [];
      },
    },
  });
export const echo = echoOf(() => false);
