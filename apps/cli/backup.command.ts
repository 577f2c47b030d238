import { Documents, EventLog, field } from '@baton/kernel';
import { single } from './command';
import { backUp } from '@baton/platform/backup';
import { countOf, line, printJson } from './output';
import { Session } from './session';

export const command = single({
  words: { folder: 'a new or empty folder' },
  options: {
    withMasterKey: field.flag('Include the master key; whoever has the folder can then read all personal data.', {
      optional: true,
    }),
    json: field.flag('Print the manifest as JSON.', { optional: true }),
  },
  example: '/backups/monday',
  run: async ([folder], { withMasterKey, json }) => {
    await Session.use(async ({ app, config, clock }) => {
      await app.get(EventLog).flush();
      const manifest = await backUp(folder!, config, app.get(Documents), clock, {
        withMasterKey: withMasterKey ?? false,
      });
      if (json) return printJson(manifest);
      line(`${countOf(manifest.events, 'event')} up to ${manifest.position || 'the beginning'} in ${folder}`);
      if (!withMasterKey) line('The master key is not included; without it nobody can read the personal data.');
    });
  },
});
