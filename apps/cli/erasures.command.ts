import { randomUUID } from 'node:crypto';
import { privacyRecords, ToPrivacy } from '@baton/privacy';
import { erasedIn } from '@baton/platform/keys';
import { action, type ActionGroup } from './command';
import { countOf, line, printJson, printTable, time } from './output';
import { localActor, Session } from './session';

/** Erases leads again that were erased before the log was restored. Each is one lead: others may not be merged any more. */
export const repeatErasures = async (session: Session, leadIds: readonly string[]): Promise<void> => {
  for (const leadId of leadIds) {
    const meta = { commandId: randomUUID(), actor: localActor(), origin: 'person' as const };
    const data = { leadId, reason: 'restored' as const };
    await session.order(new ToPrivacy(leadId, { type: 'RequestErasure', data, meta }));
  }
  if (leadIds.length > 0) await session.settle();
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
