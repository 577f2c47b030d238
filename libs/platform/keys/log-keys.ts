import { BatonError, codeOf, START, type EventLog, type KeyStore } from '@baton/kernel';

/** Two secrets mark the keys of a log: this one, and one that is named after the first event of the log. */
const LOG_MARKED = 'log-marked';
const logMarkOf = (firstEvent: string) => `log-${firstEvent}`;

/**
 * Checks that the keys belong to this log: with other keys no person would be recognised, and each would be captured
 * twice. On first use the keys are marked with the id of the log's first event, which a copy of the log and a restored
 * backup also have. Does nothing for an empty log or an unavailable one, which is checked at the next start.
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
    if (codeOf(error) === 'log/unavailable') return undefined; // reported by the calls that need the log
    throw error;
  }
};
