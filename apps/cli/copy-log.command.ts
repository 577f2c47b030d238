import { resolve } from 'node:path';
import { Command, CommandRunner, Help, Option } from 'nest-commander';
import { Refused } from '@baton/kernel';
import { copyLog, openLog } from '@baton/platform/backup';
import { SystemClock } from '@baton/platform/platform.module';
import { count, countOf, line, printJson, Progress } from './output';
import { configOfTerminal } from './terminal';

interface Options {
  from?: string;
  to?: string;
  json?: boolean;
}

@Command({
  name: 'copy-log',
  description: 'Copy every event of a log to another one (embedded or EventStoreDB), and compare both.',
})
export class CopyLogCommand extends CommandRunner {
  async run(_: string[], { from, to, json }: Options): Promise<void> {
    if (!to)
      throw new Refused(
        'cli/argument-missing',
        '--to is required: give a data folder or an esdb:// connection string.',
        'to',
      );
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
  }

  @Option({ flags: '--from <place>', description: 'Data folder or esdb://…; by default the configured log.' })
  from(value: string) {
    return value;
  }
  @Option({
    flags: '--to <place>',
    description: 'Data folder or esdb://…; empty, or an unfinished copy of the same log.',
  })
  to(value: string) {
    return value;
  }
  @Option({ flags: '--json', description: 'Print the result as JSON.' })
  json() {
    return true;
  }
  @Help('after')
  example() {
    return '\nExample: baton copy-log --to esdb://127.0.0.1:2113?tls=false';
  }
}
