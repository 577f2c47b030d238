import { Command, CommandRunner, Help, Option } from 'nest-commander';
import { Documents } from '@baton/kernel';
import { backUp } from '@baton/platform/backup';
import { countOf, line, printJson } from './output';
import { Session } from './session';

@Command({
  name: 'backup',
  arguments: '<folder>',
  argsDescription: { folder: 'a new or empty folder' },
  description: 'Back up log and keys while the server runs; read models are rebuilt on restore.',
})
export class BackupCommand extends CommandRunner {
  async run([folder]: string[], { withMasterKey, json }: { withMasterKey?: boolean; json?: boolean }): Promise<void> {
    await Session.use(async ({ app, config, clock }) => {
      const manifest = await backUp(folder!, config, app.get(Documents), clock, {
        withMasterKey: withMasterKey ?? false,
      });
      if (json) return printJson(manifest);
      line(`${countOf(manifest.events, 'event')} up to ${manifest.position || 'the beginning'} in ${folder}`);
      if (!withMasterKey) line('The master key is not included; without it nobody can read the personal data.');
    });
  }

  @Option({
    flags: '--with-master-key',
    description: 'Include the master key; whoever has the folder can then read all personal data.',
  })
  withMasterKey() {
    return true;
  }
  @Option({ flags: '--json', description: 'Print the manifest as JSON.' })
  json() {
    return true;
  }
  @Help('after')
  example() {
    return '\nExample: baton backup /backups/monday';
  }
}
