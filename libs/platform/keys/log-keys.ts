import { BatonError, codeOf, START, type EventLog, type KeyStore } from '@baton/kernel';

/** A secret that is there where the keys belong to a log, and one named after the first event of that log. */
const LOG_MARKED = 'log-marked';
const logMarkOf = (firstEvent: string) => `log-${firstEvent}`;

/**
 * Keys belong to one log: with those of another, everybody would be unknown and each person be captured twice. Marks
 * the keys with the log, which is known by its first event; a copy of the log and a restored backup begin with it, too.
 * An empty log marks nothing yet, and one that is away is compared at the next start.
 * @throws BatonError `keys/of-another-log`
 */
export const assertKeysBelongToLog = async (
  log: Pick<EventLog, 'readAll'>,
  keys: Pick<KeyStore, 'secret' | 'secrets'>,
): Promise<void> => {
  const first = await firstEventOf(log);
  if (!first || (await keys.secrets(logMarkOf(first.id))).length > 0) return;
  if ((await keys.secrets(LOG_MARKED)).length > 0)
    throw new BatonError(
      'keys/of-another-log',
      'The keys belong to another log and cannot decrypt the personal data of this one; put back the keys (keys.db, or the MongoDB database) of this log, or restore a backup into an empty folder.',
    );
  await keys.secret(logMarkOf(first.id));
  await keys.secret(LOG_MARKED);
};

const firstEventOf = async (log: Pick<EventLog, 'readAll'>) => {
  try {
    return (await log.readAll(START, undefined, 1)).events[0];
  } catch (error) {
    if (codeOf(error) === 'log/unavailable') return undefined; // whoever needs the log says so
    throw error;
  }
};
