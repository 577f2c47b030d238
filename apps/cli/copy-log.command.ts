import { resolve } from 'node:path';
import { Refused, field } from '@baton/kernel';
import { copyLog, openLog } from '@baton/platform/backup';
import { SystemClock } from '@baton/platform/stores';
import { single } from './command';
import { count, countOf, line, printJson, Progress } from './output';
import { configOfTerminal } from './terminal';

export const command = single({
  options: {
    from: field.text('Data folder or esdb://…; by default the configured log.', { optional: true }),
    to: field.text('Data folder or esdb://…; empty, or an unfinished copy of the same log.'),
  },
  example: '--to esdb://127.0.0.1:2113?tls=false',
  run: async (_, { from, to, json }) => {
    const { eventStoreUrl, dataDir } = configOfTerminal();
    const source = from ?? (eventStoreUrl || dataDir);
    if (source === to || resolve(source) === resolve(to))
      throw new Refused('copy/source-is-target', '--to names the same log as --from; give another one.', 'to');
    const clock = new SystemClock();
    const sourceLog = await openLog(source, clock);
    try {
      const targetLog = await openLog(to, clock, { create: true });
      const progress = new Progress('copy', 'events');
      try {
        const copied = await copyLog(sourceLog, targetLog, (events) => progress.at(events));
        if (json) printJson(copied);
        else
          line(
            `${countOf(copied.written, 'event')} written; both hold ${count(copied.events)}, digest ${copied.digest}`,
          );
      } finally {
        progress.done();
        await targetLog.close();
      }
    } finally {
      await sourceLog.close();
    }
  },
});
