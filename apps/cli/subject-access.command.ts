import { randomUUID } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { field, Refused } from '@baton/kernel';
import { subjectAccess, subjectAccessPage, ToPrivacy } from '@baton/privacy';
import { single } from './command';
import { countOf, line, printJson } from './output';
import { localActor, Session } from './session';

export const command = single({
  words: { lead: 'id of a lead of the person' },
  options: {
    out: field.text('Where: the files <out>.json and <out>.html are written, readable by you alone.'),
    reference: field.text('Number of the request in your register.', { optional: true }),
  },
  example: '7f3c --out ./answer --reference DSR-2024-18',
  run: ([leadId], { out, reference, json }) =>
    Session.use(async (session) => {
      const [data, page] = [`${out}.json`, `${out}.html`];
      for (const path of [data, page])
        if (existsSync(path)) throw new Refused('cli/file-exists', `${path} exists already; give another name.`, 'out');
      await session.catchUp();
      const { sources, clock } = session;
      const found = await subjectAccess({ ...sources, reads: sources.readsFor('subject-access', reference) }, leadId!);
      // Recorded first: nobody has the data without a record of it.
      const meta = { commandId: randomUUID(), actor: localActor(), origin: 'person' as const };
      const given = { leadId: leadId!, ...(reference !== undefined && { reference }) };
      await session.order(new ToPrivacy(leadId!, { type: 'RecordSubjectAccess', data: given, meta }));
      const mode = { mode: 0o600, flag: 'wx' } as const;
      writeFileSync(data, `${JSON.stringify(found, undefined, 2)}\n`, mode);
      writeFileSync(page, subjectAccessPage(found, clock.now()), mode);
      if (json) return printJson({ files: [data, page], leadIds: found.leadIds, events: found.events.length });
      line(
        `${countOf(found.events.length, 'event')} of ${countOf(found.leadIds.length, 'lead')} in ${data} and ${page}.`,
      );
    }),
});
