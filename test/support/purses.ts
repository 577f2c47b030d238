import { catalogueOf, projection, START, type Documents, type Position, type StoredEvent } from '@baton/kernel';
import { anEvent, FixedClock } from '@baton/kernel/testing';
import { collectionOf, pagesOf } from '@baton/platform/documents';
import { blocksOf } from '@baton/platform/documents/long-lists';
import { EmbeddedEventLog, SealedJournal } from '@baton/platform/event-log';
import { MemoryKeyStore } from '@baton/platform/keys';
import { Fold } from '@baton/platform/runner/fold';
import { DecodedPage } from '@baton/platform/runner/page';
import { tillEvents, type TillEvent } from './till';

interface Purse {
  readonly total: number;
  readonly coins: readonly { readonly id: string; readonly coins: number; readonly till: string }[];
}
/** The coins that a person dropped, the smallest first; a drop of nothing takes all of one till back. */
export const purses = projection<Purse, TillEvent>({
  ...{ name: 'purses', version: 1, columns: { total: 'integer' }, longLists: { coins: ({ id }) => id } },
  keys: ({ data }) => ('leadId' in data ? [data.leadId] : []),
  initial: () => ({ total: 0, coins: [] }),
  on: {
    CoinDropped: ({ coins: before }, { id, data: { coins, tillId } }) => {
      const coin = { id, coins, till: tillId };
      const after =
        coins === 0
          ? before.filter(({ till }) => till !== tillId)
          : [...before, coin].sort((a, b) => a.coins - b.coins || (a.id < b.id ? -1 : 1));
      return { total: after.reduce((sum, one) => sum + one.coins, 0), coins: after };
    },
  },
});
export const GENERATION = 'purses-v1';
export const [heads, blocks] = [collectionOf(purses, GENERATION), blocksOf(GENERATION)];
export const fence = () => ({ lease: 'test', token: 1 });

/** A log in which a person drops so many coins of many kinds, in three tills; and another one a few. */
export const coinsInLog = async (count = 700) => {
  const log = EmbeddedEventLog.open(':memory:', new FixedClock());
  const journal = new SealedJournal(log, catalogueOf([tillEvents]), new MemoryKeyStore());
  let dropped = 0;
  const drop = async (coins: number, tillId = `t${dropped % 3}`, leadId = 'ada') => {
    const event = anEvent({ tillId, leadId, coins }, 'CoinDropped', `drop-${String((dropped++ * 7919) % 100_003)}`);
    const { position } = await log.append('till-a', [event], 'any');
    return position;
  };
  const drops = async (each: number) => {
    for (let n = 0; n < each; n++) await drop(1 + ((n * 37) % 101), `t${n % 3}`, n % 50 === 0 ? 'bob' : 'ada');
  };
  await drops(count);
  const events = async (): Promise<readonly StoredEvent[]> =>
    (await log.readAll(START, {}, 100_000)).events.map((event) => journal.decode(event));
  return { log, journal, drop, events };
};
export type Coins = Awaited<ReturnType<typeof coinsInLog>>;

/** Folds the events after the checkpoint, in pages of `size`, each with a new `Fold`, as after a restart. */
export const foldCoins = async (
  { log, journal }: Pick<Coins, 'log' | 'journal'>,
  documents: Documents,
  size: number,
  until: Position = '9',
) => {
  for (;;) {
    const fold = await Fold.open({ log, journal, documents }, purses, GENERATION, fence);
    const { events } = await log.readAll(fold.position, {}, size);
    const page = events.filter(({ position }) => position <= until);
    if (page.length === 0) return;
    await fold.take(new DecodedPage({ events: page, position: page.at(-1)!.position, atTip: true }, journal));
    await fold.flush(); // also where all of it was folded before a commit that was cut short
  }
};

/** Everything that is stored of the read model. */
export const storedCoins = async (documents: Documents): Promise<string> => {
  const lines: string[] = [];
  for (const collection of [heads, blocks])
    for await (const page of pagesOf(documents, collection)) lines.push(...page.map((one) => JSON.stringify(one)));
  return lines.join('\n');
};
