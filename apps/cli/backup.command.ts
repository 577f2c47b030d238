import { Documents, EventLog, field } from '@baton/kernel';
import { single } from './command';
import { backUp } from '@baton/platform/backup';
import { countOf, line, printJson } from './output';
import { Session } from './session';

export const command = single({
  words: { folder: 'a new or empty folder' },
  options: {
    withSecrets: field.flag(
      'Include master.key and signing.key; whoever has the folder can then read all personal data and sign heads of the log.',
      {
        optional: true,
      },
    ),
    json: field.flag('Print the manifest as JSON.', { optional: true }),
  },
  example: '/backups/monday',
  run: async ([folder], { withSecrets, json }) => {
    await Session.use(async ({ app, config, clock }) => {
      await app.get(EventLog).flush();
      const manifest = await backUp(folder!, config, app.get(Documents), clock, {
        withSecrets: withSecrets ?? false,
      });
      if (json) return printJson(manifest);
      line(`${countOf(manifest.events, 'event')} up to ${manifest.position || 'the beginning'} in ${folder}`);
      if (!manifest.files.some(({ name }) => name === 'master.key'))
        line('The master key is not included; without it nobody can read the personal data.');
    });
  },
});
