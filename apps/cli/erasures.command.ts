import { randomUUID } from 'node:crypto';
import { Refused } from '@baton/kernel';
import { ToPerson } from '@baton/directory';
import { privacyRecords, ToDealNotes, ToPrivacy } from '@baton/privacy';
import { erasedIn } from '@baton/platform/keys';
import { action, type ActionGroup } from './command';
import { countOf, line, printJson, printTable, time } from './output';
import { localActor, Session } from './session';

/**
 * Erases again what was erased before the log was restored. Each lead alone: others may not be merged any more.
 * @param keys the names of the keys that were destroyed: ids of leads, `person/<id>`, `opportunity/<id>`
 */
export const repeatErasures = async (session: Session, keys: readonly string[]): Promise<void> => {
  for (const key of keys) {
    const meta = { commandId: randomUUID(), actor: localActor(), origin: 'person' as const };
    const [, kind, id] = /^([a-z-]+)\/(.*)$/.exec(key) ?? [];
    if (kind === undefined || id === undefined) {
      const data = { leadId: key, reason: 'restored' as const };
      await session.order(new ToPrivacy(key, { type: 'RequestErasure', data, meta }));
    } else if (kind === 'person') {
      const erase = { type: 'EraseDirectoryEntry', data: { personId: id }, meta } as const;
      const outcome = await session.send(new ToPerson(id, erase));
      // An entry from after the backup is not there, and neither are its values.
      if (outcome instanceof Refused && outcome.code !== 'directory/unknown') throw outcome;
    } else await session.order(new ToDealNotes(id, { type: 'EraseDealNotes', data: { opportunityId: id }, meta }));
  }
  if (keys.length > 0) await session.settle();
};

export const command: ActionGroup = {
  actions: {
    list: action({
      description: 'List erasures, latest first.',
      example: '',
      run: (_, { json }) =>
        Session.use(async (session) => {
          await session.catchUpIfPossible();
          const found = await session.models.find(privacyRecords, {
            where: { erasure: { ne: 'none' } },
            orderBy: [{ column: 'requestedAt', descending: true }],
            limit: 1000,
          });
          if (json) return printJson(found.map(({ doc }) => doc));
          printTable(
            ['lead', 'reason', 'reference', 'requested', 'erased'],
            found.map(({ doc }) => [
              ...[doc.leadId, doc.reason, doc.reference],
              ...[time(doc.requestedAt), time(doc.erasedAt)],
            ]),
          );
        }),
    }),
    repeat: action({
      description: 'Erase everybody again who is in a list, after the stores were restored from an older copy.',
      words: { list: 'the list that BATON_ERASURES names, or a folder with keys.db' },
      example: '/safe/erasures',
      run: ([list], { json }) =>
        Session.use(async (session) => {
          const erased = erasedIn(list!);
          await session.catchUp();
          await repeatErasures(session, erased);
          if (json) printJson({ erased: erased.length });
          else line(`${countOf(erased.length, 'erasure')} repeated.`);
        }),
    }),
  },
};
