import { Command, CommandRunner, Help, Option } from 'nest-commander';
import { Documents } from '@baton/kernel';
import { restore, restorePolicies } from '@baton/platform/backup';
import { SystemClock } from '@baton/platform/platform.module';
import { countOf, line, printJson } from './output';
import { Session } from './session';
import { configOfTerminal } from './terminal';

@Command({
  name: 'restore',
  arguments: '<folder>',
  argsDescription: { folder: 'folder written by `baton backup`' },
  description: 'Restore a backup into an empty data folder and rebuild every read model.',
})
export class RestoreCommand extends CommandRunner {
  async run([folder]: string[], { json }: { json?: boolean }): Promise<void> {
    const config = configOfTerminal();
    const manifest = await restore(folder!, config, new SystemClock());
    const { events, position } = manifest;
    await Session.use(
      async (session) => {
        await restorePolicies(session.app.get(Documents), manifest);
        await session.catchUp();
      },
      { config },
    );
    if (json) printJson({ events, position, takenAt: manifest.takenAt });
    else line(`${countOf(events, 'event')} up to ${position || 'the beginning'}; the read models are rebuilt.`);
  }

  @Option({ flags: '--json', description: 'Print the result as JSON.' })
  json() {
    return true;
  }
  @Help('after')
  example() {
    return '\nExample: BATON_DATA_DIR=.restored baton restore /backups/monday';
  }
}
