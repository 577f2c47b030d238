import { BatonError, START, type EventLog, type KeyStore } from '@baton/kernel';

/** A secret that is there where the keys belong to a log, and one named after the first event of that log. */
const MARKED = 'log-marked';
const markOf = (firstEvent: string) => `log-${firstEvent}`;

/**
 * Keys belong to one log: with those of another, everybody would be unknown and each person be captured twice. Marks
 * the keys with the log, which is known by its first event; a copy of the log and a restored backup begin with it, too.
 * An empty log marks nothing yet.
 * @param readOnly compares, and marks nothing
 * @throws BatonError `keys/of-another-log`
 */
export const assertKeysOf = async (
  log: Pick<EventLog, 'readAll'>,
  keys: Pick<KeyStore, 'secret' | 'secrets'>,
  readOnly = false,
): Promise<void> => {
  const [first] = (await log.readAll(START, undefined, 1)).events;
  if (!first || (await keys.secrets(markOf(first.id))).length > 0) return;
  if ((await keys.secrets(MARKED)).length > 0)
    throw new BatonError(
      'keys/of-another-log',
      'The keys belong to another log, and would open none of its personal fields: put back the keys (keys.db, or the MongoDB database) that came with this log, or restore a backup into an empty folder.',
    );
  if (readOnly) return;
  await keys.secret(markOf(first.id));
  await keys.secret(MARKED);
};
