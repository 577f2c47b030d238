import { DAY_MS, fromMs, toMs, type Instant } from '@baton/kernel';
import { leads } from '@baton/leads';
import type { ReadModels } from '@baton/platform/documents';
import { privacyRecords } from '../records/privacy-records.read-model';
import { keptUntil } from './due-erasures.rules';
import { retentionRules } from './retention-rules.read-model';

/** A person whom no purpose keeps any more, or soon. */
export interface DueErasure {
  readonly leadId: string;
  readonly purpose: string;
  /** When the retention ends. */
  readonly dueAt: Instant;
  /** The legal holds that keep the person nevertheless. */
  readonly holds: readonly string[];
}

/** Who is due to be erased by an instant, the longest due first; merged leads are one person. */
export const dueErasures = async (models: ReadModels, by: Instant): Promise<readonly DueErasure[]> => {
  const rules = (await models.find(retentionRules, { where: { days: { ne: null } } })).map(({ doc }) => doc);
  if (rules.length === 0) return [];
  const shortest = Math.min(...rules.map(({ days }) => days!));
  const where = {
    ...{ mergedInto: { eq: null }, erasedAt: { eq: null }, capturedAt: { ne: null } },
    ...{ stage: { in: [...new Set(rules.flatMap(({ stages }) => stages))] } },
    lastTouchAt: { lte: fromMs(toMs(by) - shortest * DAY_MS), orNull: true },
  };
  const due: DueErasure[] = [];
  for await (const page of models.pages(leads, where)) {
    const kept = page.flatMap(({ id, doc }) => {
      const found = keptUntil(doc, rules);
      return found && found.until <= by ? [{ leadId: id, purpose: found.purpose, dueAt: found.until }] : [];
    });
    const records = await models.getMany(
      privacyRecords,
      kept.map(({ leadId }) => leadId),
    );
    for (const one of kept) {
      const { erasure = 'none', holds = [] } = records.get(one.leadId) ?? {};
      if (erasure === 'none') due.push({ ...one, holds });
    }
  }
  return due.sort((a, b) => (a.dueAt === b.dueAt ? (a.leadId < b.leadId ? -1 : 1) : a.dueAt < b.dueAt ? -1 : 1));
};
