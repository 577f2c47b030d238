import { Command, CommandRunner, Help, Option } from 'nest-commander';
import { Documents } from '@baton/kernel';
import { backUp } from '@baton/platform/backup';
import { counted, line, printJson } from './output';
import { Session } from './session';

@Command({
  name: 'backup',
  arguments: '<folder>',
  argsDescription: { folder: 'a new or empty folder' },
  description: 'Copy log and keys while the server works; documents are folded anew on restore.',
})
export class BackupCommand extends CommandRunner {
  async run([folder]: string[], { withMasterKey, json }: { withMasterKey?: boolean; json?: boolean }): Promise<void> {
    await Session.use(async ({ app, config, clock }) => {
      const manifest = await backUp(folder!, config, app.get(Documents), clock, {
        withMasterKey: withMasterKey ?? false,
      });
      if (json) return printJson(manifest);
      line(`${counted(manifest.events, 'event')} up to ${manifest.position || 'the beginning'} in ${folder}`);
      if (!withMasterKey) line('The master key is not in it: without that key nobody can read the personal data.');
    });
  }

  @Option({ flags: '--with-master-key', description: 'Also the master key: the folder then opens all personal data.' })
  withMasterKey() {
    return true;
  }
  @Option({ flags: '--json', description: 'Answer with the manifest.' })
  json() {
    return true;
  }
  @Help('after')
  example() {
    return '\nExample: baton backup /backups/monday';
  }
}
