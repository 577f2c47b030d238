import {
  catalogueOf,
  DecisionContext,
  erasureEvents,
  field,
  readModel,
  START,
  type DocumentOf,
  type Documents,
  type ReadModel,
  type Sealed,
} from '@baton/kernel';
import { anEvent, FixedClock } from '@baton/kernel/testing';
import { collectionOf, statesOf } from '@baton/platform/documents';
import { EmbeddedEventLog, SealedJournal } from '@baton/platform/event-log';
import { MemoryKeyStore } from '@baton/platform/keys';
import { Fold } from '@baton/platform/runner/fold';
import { DecodedPage } from '@baton/platform/runner/page';
import { followerEvents } from '@baton/platform/runner/parked.events';
import { sendTo, tillEvents, ToTill, type TillEvent } from './till';

const fields = {
  dropId: field.id('The drop.'),
  coins: field.integer('How many.', { filter: true, sort: true }),
  next: field.integer('How many came next.', { nullable: true, filter: true }),
  note: field.personal('A note.', { optional: true }),
} as const;
export type Drop = DocumentOf<typeof fields>;
interface Last {
  readonly count: number;
  readonly coins: number;
  readonly note?: Sealed;
}
/** A row per drop of a person, with what came next; nine coins take the last one back. Fourteen break it, and
 * thirteen while it is `broken`. */
export const dropsOf = (broken = false): ReadModel<Drop> =>
  readModel<Drop, TillEvent, Last>({
    ...{ name: 'drops', version: 1, personal: true, node: 'TestDrop', description: 'A drop.', key: 'dropId', fields },
    lists: { testDrops: { description: 'Drops.', orderBy: 'coins' } },
    allow: [],
    keys: ({ data }) => ('leadId' in data ? [data.leadId] : []),
    history: {
      initial: () => ({ count: 0, coins: 0 }),
      on: {
        CoinDropped: ({ count, ...last }, { data: { coins, note } }) => {
          if (coins === 14 || (broken && coins === 13)) throw new Error('unlucky');
          if (coins === 9) return { state: { count: count - 1, coins: 9 }, drop: [String(count)] };
          const now = { coins, ...(note && { note }) };
          const before = count === 0 ? [] : [{ id: String(count), row: { ...last, next: coins } }];
          return { state: { count: count + 1, ...now }, put: [...before, { id: String(count + 1), row: now }] };
        },
      },
    },
  });
export const drops = dropsOf();
export const GENERATION = 'drops-v1';
export const [rows, states] = [collectionOf(drops, GENERATION), statesOf(GENERATION)];
export const fence = () => ({ lease: 'test', token: 1 });

/** The coins that two people drop in turn, and the erasure of the first one. */
const COINS = [1, 2, 13, 4, 9, 6, 7, 9, 8, 3, 5, 1, 9, 2, 4, 6, 8, 1, 3, 5];
export const dropsInLog = async (coins: readonly number[] = COINS, erased = true) => {
  const clock = new FixedClock();
  const log = EmbeddedEventLog.open(':memory:', clock);
  const keys = new MemoryKeyStore();
  const journal = new SealedJournal(log, catalogueOf([tillEvents, followerEvents, erasureEvents]), keys);
  const send = sendTo(journal, new DecisionContext(clock));
  const drop = async (leadId: string, one: number) => {
    const meta = { commandId: `drop-${sent++}`, actor: 'tester', origin: 'person' as const };
    await send(
      new ToTill('a', { type: 'DropCoin', data: { tillId: 'a', leadId, coins: one, note: `note ${one}` }, meta }),
    );
  };
  let sent = 0;
  const erase = () => log.append('lead-ada', [anEvent({ leadId: 'ada' }, 'PersonErased')], 'any');
  for (const [place, one] of coins.entries()) {
    await drop(place % 2 === 0 ? 'ada' : 'bob', one);
    if (erased && place === 13) await erase();
  }
  return { clock, log, journal, send, drop, erase, events: (await log.readAll(START)).events };
};
export type World = Awaited<ReturnType<typeof dropsInLog>>;

/** Folds the events after the checkpoint, in pages of `size`, each with a new `Fold`, as after a restart. */
export const foldNew = async (
  { log, journal, events }: World,
  documents: Documents,
  size: number,
  until = events.length,
) => {
  for (;;) {
    const fold = await Fold.open({ log, journal, documents }, drops, GENERATION, fence);
    const page = events
      .slice(0, until)
      .filter(({ position }) => position > fold.position)
      .slice(0, size);
    if (page.length === 0) return;
    await fold.take(new DecodedPage({ events: page, position: page.at(-1)!.position, atTip: true }, journal));
    await fold.saveChanges();
  }
};
export const bytesOf = async (documents: Documents) =>
  JSON.stringify([await documents.find(rows, { limit: 100 }), await documents.find(states, { limit: 100 })]);
