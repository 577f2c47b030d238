import { Documents } from '@baton/kernel';
import { restore, restorePolicies } from '@baton/platform/backup';
import { SystemClock } from '@baton/platform/stores';
import { single } from './command';
import { countOf, line, printJson } from './output';
import { Session } from './session';
import { configOfTerminal } from './terminal';

export const command = single({
  words: { folder: 'folder written by `baton backup`' },
  example: '/backups/monday',
  run: async ([folder], { json }) => {
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
  },
});
