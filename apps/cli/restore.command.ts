import { Command, CommandRunner, Help, Option } from 'nest-commander';
import { Documents } from '@baton/kernel';
import { restore, restorePolicies } from '@baton/platform/backup';
import { SystemClock } from '@baton/platform/platform.module';
import { counted, line, printJson } from './output';
import { Session } from './session';
import { configOfTerminal } from './terminal';

@Command({
  name: 'restore',
  arguments: '<folder>',
  argsDescription: { folder: 'what `baton backup` made' },
  description: 'Put a backup into the empty data folder and fold every read model anew.',
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
    else line(`${counted(events, 'event')} up to ${position || 'the beginning'}; the read models are folded.`);
  }

  @Option({ flags: '--json', description: 'Answer as JSON.' })
  json() {
    return true;
  }
  @Help('after')
  example() {
    return '\nExample: BATON_DATA_DIR=.restored baton restore /backups/monday';
  }
}
