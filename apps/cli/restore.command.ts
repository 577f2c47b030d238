import { Documents, field, Refused } from '@baton/kernel';
import { restore, restorePolicies } from '@baton/platform/backup';
import { erasedIn } from '@baton/platform/keys';
import { SystemClock } from '@baton/platform/stores';
import { single } from './command';
import { repeatErasures } from './erasures.command';
import { countOf, line, printJson } from './output';
import { Session } from './session';
import { configOfTerminal } from './terminal';

/** @throws Refused `backup/no-erasures`: a restored backup would remember people who were erased since. */
const erasedSince = (place: string): readonly string[] => {
  if (place === 'none') return [];
  if (place === '')
    throw new Refused(
      'backup/no-erasures',
      'A backup has the keys of people who were erased after it. Give --erasures: the list that BATON_ERASURES names, the folder of a later backup, or the data folder that is replaced; or --erasures none if nobody was erased since.',
      'erasures',
    );
  return erasedIn(place);
};

export const command = single({
  words: { folder: 'folder written by `baton backup`' },
  options: {
    erasures: field.text(
      'Who was erased since: the list that BATON_ERASURES names, the folder of a later backup, or the data folder that is replaced; "none" for nobody.',
      { optional: true },
    ),
  },
  example: '/backups/monday --erasures /safe/erasures',
  run: async ([folder], { erasures, json }) => {
    const config = configOfTerminal();
    const erased = erasedSince(erasures ?? config.erasures);
    const manifest = await restore(folder!, config, new SystemClock(), erased);
    const { events, position } = manifest;
    await Session.use(
      async (session) => {
        await restorePolicies(session.app.get(Documents), manifest);
        await session.catchUp();
        await repeatErasures(session, erased);
      },
      { config },
    );
    if (json) printJson({ events, position, takenAt: manifest.takenAt, erased: erased.length });
    else
      line(
        `${countOf(events, 'event')} up to ${position || 'the beginning'}; the read models are rebuilt, and ${countOf(erased.length, 'erasure')} repeated.`,
      );
  },
});
