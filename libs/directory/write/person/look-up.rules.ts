import type { Instant, Look } from '@baton/kernel';
import { entriesOf, entryAt, isActive, type Entry } from './entries.model';
import { personDecider } from './person.decider';

/** What the directory knows about somebody at an instant; undefined for an actor without an entry. */
export const colleagueAt = async (personId: string, at: Instant, look: Look): Promise<Entry | undefined> =>
  entryAt(entriesOf(await look(personDecider, personId)), at);

/** Whether somebody can be asked to do something: at work, or unknown to the directory. */
export const isAvailable = async (personId: string, at: Instant, look: Look): Promise<boolean> => {
  const entry = await colleagueAt(personId, at, look);
  return entry === undefined || isActive(entry, at);
};

/** The nearest manager above somebody who is at work, or unknown to the directory; undefined for none. */
export const managerOf = async (personId: string, at: Instant, look: Look): Promise<string | undefined> => {
  const seen = new Set([personId]);
  for (
    let above = (await colleagueAt(personId, at, look))?.manager;
    above !== undefined && !seen.has(above);
    above = (await colleagueAt(above, at, look))?.manager
  ) {
    if (await isAvailable(above, at, look)) return above;
    seen.add(above);
  }
  return undefined;
};

/** Somebody who is at work: the person, or the nearest manager above who is; undefined for none. */
export const availableFor = async (personId: string, at: Instant, look: Look): Promise<string | undefined> =>
  (await isAvailable(personId, at, look)) ? personId : managerOf(personId, at, look);
