import { dayAt, FROM_THE_START, valueAt, withValue, type Day, type Instant, type Register } from '@baton/kernel';
import type { PersonEvent } from './person.events';

/** What is known about one of our own people, without what is personal. */
export interface Entry {
  readonly team: string;
  readonly manager?: string;
  readonly timeZone?: string;
  readonly activeFrom?: Day;
  readonly activeTo?: Day;
}
/** The entries of one person over time. */
export type Entries = Register<Entry>;

/** Without personal fields, and without what is absent. */
const entryOf = ({ team, manager, timeZone, activeFrom, activeTo }: Entry): Entry => ({
  team,
  ...(manager !== undefined && { manager }),
  ...(timeZone !== undefined && { timeZone }),
  ...(activeFrom !== undefined && { activeFrom }),
  ...(activeTo !== undefined && { activeTo }),
});
export const withEntry = (entries: Entries, from: Instant, entry: Entry): Entries =>
  withValue(entries, from, entryOf(entry));

/**
 * The entry at an instant. The first one holds for all days before, too: a company that begins with a directory knows who
 * was in which team.
 */
export const entryAt = (entries: Entries, at: Instant): Entry | undefined => valueAt(entries, at) ?? entries[0]?.value;

/** The entries as stretches, the first one from the beginning. */
export const stretchesOf = (
  entries: Entries,
): readonly { readonly from: Instant; readonly until: Instant | undefined; readonly entry: Entry }[] =>
  entries.map(({ from, value }, index) => ({
    ...{ from: index === 0 ? FROM_THE_START : from, until: entries[index + 1]?.from, entry: value },
  }));

/** Whether the person is at work at an instant, by the days of their zone. */
export const isActive = ({ activeFrom, activeTo, timeZone }: Entry, at: Instant): boolean => {
  const today = dayAt(at, timeZone ?? 'UTC');
  return (activeFrom === undefined || activeFrom <= today) && (activeTo === undefined || today <= activeTo);
};

/** The entries that events of one person make. */
export const entriesOf = (history: readonly (PersonEvent & { readonly occurredAt: Instant })[]): Entries =>
  history.reduce<Entries>(
    (entries, { type, data, occurredAt }) =>
      type === 'DirectoryEntrySet' ? withEntry(entries, occurredAt, data) : entries,
    [],
  );
