import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSealed, START, type StoredEvent } from '@baton/kernel';
import { catalogueFor } from '@baton/platform/catalogue';
import { EmbeddedEventLog, SealedJournal } from '@baton/platform/event-log';
import { EmbeddedKeyStore } from '@baton/platform/keys';
import { contextParts } from '../apps/contexts';
import { clock, measured } from './support';

/** What the appends of all events of a log took. */
export interface RawAppends {
  readonly events: number;
  readonly cpu: number;
}
const IN_FLIGHT = 500;

const journalIn = (folder: string, master: Buffer) => {
  const log = EmbeddedEventLog.open(join(folder, 'log.db'), clock);
  const keys = EmbeddedKeyStore.open(join(folder, 'keys.db'), master);
  return { log, keys, journal: new SealedJournal(log, catalogueFor(contextParts), keys) };
};

/** The events of a log, with personal fields opened. */
const openedEvents = async ({ log, journal }: ReturnType<typeof journalIn>): Promise<readonly StoredEvent[]> => {
  const opened: StoredEvent[] = [];
  for (let after = START, more = true; more;) {
    const page = await log.readAll(after, {}, 5000);
    for (const raw of page.events) {
      const event = journal.decode(raw);
      const fields = Object.entries(event.data as Record<string, unknown>);
      const sealed = fields.filter(([, value]) => isSealed(value));
      const values = await journal.open(sealed.map(([, value]) => value as never));
      const plain = Object.fromEntries(sealed.map(([name], index) => [name, values[index]]));
      opened.push({ ...event, data: { ...Object.fromEntries(fields), ...plain } });
    }
    after = page.position;
    more = !page.atTip;
  }
  return opened;
};

/**
 * `node raw-append.js <from> <to>`: appends the events of one log to a new one, encrypted and on the disk as an import
 * writes them, up to 500 streams at a time, and sends its parent what it took.
 */
const main = async ([from, to]: readonly string[]): Promise<void> => {
  const source = journalIn(from!, Buffer.from(readFileSync(join(from!, 'master.key'), 'utf8').trim(), 'base64'));
  const events = await openedEvents(source);
  const target = journalIn(to!, Buffer.alloc(32, 7));
  const { cpu } = await measured(async () => {
    const streams = new Map<string, StoredEvent[]>();
    for (const event of events) streams.set(event.stream, [...(streams.get(event.stream) ?? []), event]);
    for (let revision = 0, left = [...streams.values()]; left.length > 0; revision++) {
      for (let n = 0; n < left.length; n += IN_FLIGHT)
        await Promise.all(
          left.slice(n, n + IN_FLIGHT).map((all) => {
            const { id, type, data, meta } = all[revision]!;
            const expected = revision === 0 ? ('none' as const) : revision - 1;
            return target.journal.append(all[0]!.stream, [{ id, type, data, meta }], expected);
          }),
        );
      left = left.filter((all) => all.length > revision + 1);
    }
  });
  for (const { log, keys } of [source, target]) {
    await log.close();
    await keys.close();
  }
  process.send!({ events: events.length, cpu } satisfies RawAppends);
};

if (require.main === module) void main(process.argv.slice(2));
