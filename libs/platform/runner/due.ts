import type { Documents, DueList, Instant } from '@baton/kernel';
import { v5 as uuidv5 } from 'uuid';
import { activeGeneration, collectionOf } from '../documents';
import type { Dispatch } from './react';

const CLOCK_COMMANDS = '7a3a1f0c-3a53-5f0a-9f0f-0c6f5a2f8e11';

interface Parts {
  readonly documents: Documents;
  readonly dueLists: readonly DueList[];
  readonly dispatch: Dispatch;
}

/**
 * Sends PassTime to every stream with something due at or before an instant; the decider checks again.
 * @returns how many commands were sent
 */
export const sendDue = async (
  { documents, dueLists, dispatch }: Parts,
  until: Instant,
  mode: 'live' | 'backfill',
): Promise<number> => {
  let sent = 0;
  for (const { projection, to, type } of dueLists) {
    const generation = await activeGeneration(documents, projection);
    const due = await documents.find(collectionOf(projection, generation), {
      where: { dueAt: { lte: until } },
      orderBy: [{ column: 'dueAt' }],
      limit: 500,
    });
    for (const { id, doc } of due) {
      const idField = `${projection.name} ${id} ${(doc as { dueAt: string }).dueAt}`;
      const meta = {
        commandId: uuidv5(idField, CLOCK_COMMANDS),
        actor: 'clock',
        origin: 'system' as const,
        occurredAt: until,
        mode,
      };
      await dispatch(new to(id, { type, data: { [idFieldOf(to)]: id }, meta }));
      sent++;
    }
  }
  return sent;
};

/** `ToLead` speaks to leads: its commands name the stream's id `leadId`. */
const idFieldOf = (to: DueList['to']): string => `${to.name.slice(2, 3).toLowerCase()}${to.name.slice(3)}Id`;
