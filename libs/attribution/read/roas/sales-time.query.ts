import type { Instant } from '@baton/kernel';
import type { ReadModels } from '@baton/platform/documents';
import { visitors } from '../conversions/people.projection';
import { gatherPeople, isInPeriod, type Period } from '../conversions/conversions.query';
import { earliest, journeyOfPerson, personOf } from '../conversions/conversions.rules';
import type { JourneyDocument } from '../journeys/journeys.projection';
import { salesMinutes, type SalesMinutes } from './sales-minutes.projection';

/** The time that sales spent on one person in a period. */
export interface SalesTime {
  /**
   * The person's contacts before the end of the period; undefined if the person is unknown, as for an anonymous
   * visitor.
   */
  readonly journey: JourneyDocument | undefined;
  readonly work: readonly Pick<SalesMinutes, 'at' | 'minutes'>[];
}

const PEOPLE_AT_ONCE = 500;
const LAST: Instant = '9999';

const addTo = <K, V>(lists: Map<K, V[]>, key: K, value: V): void => {
  const known = lists.get(key);
  if (known) known.push(value);
  else lists.set(key, [value]);
};

/** The work of a period by lead; null for visitors without a lead. */
const salesWorkIn = async (models: ReadModels, period: Period): Promise<Map<string | null, SalesMinutes[]>> => {
  const found = new Map<string | null, SalesMinutes[]>();
  for await (const page of models.pages(salesMinutes, { at: isInPeriod(period) })) {
    const unknown = page.flatMap(({ doc: { leadId, visitorId } }) => (leadId === null && visitorId ? [visitorId] : []));
    const known = unknown.length > 0 ? await models.getMany(visitors, [...new Set(unknown)]) : undefined;
    for (const { doc } of page)
      addTo(found, doc.leadId ?? (doc.visitorId ? known?.get(doc.visitorId)?.leadId : null) ?? null, doc);
  }
  return found;
};

/**
 * All time that sales spent in [from, to), per person, whether or not the person bought; every minute once. The journey
 * of a person contains the contacts before the end of the period, and ends with the last of them; its deal is the first
 * one that the person was on.
 * @param firstOpened when the first deal of a lead was opened
 */
export async function* salesTimeIn(
  models: ReadModels,
  period: Period,
  firstOpened: ReadonlyMap<string, Instant>,
): AsyncGenerator<SalesTime> {
  const work = await salesWorkIn(models, period);
  const nobody = work.get(null);
  if (nobody) yield { journey: undefined, work: nobody };
  const leadIds = [...work.keys()].filter((leadId) => leadId !== null).sort();
  const seen = new Set<string>();
  for (let at = 0; at < leadIds.length; at += PEOPLE_AT_ONCE) {
    const some = leadIds.slice(at, at + PEOPLE_AT_ONCE);
    const known = await gatherPeople(models, some);
    for (const leadId of some) {
      if (seen.has(leadId)) continue;
      const person = personOf(leadId, known);
      const ids = person.length > 0 ? person.map((doc) => doc.leadId) : [leadId];
      for (const id of ids) seen.add(id);
      const all = person.length > 0 ? journeyOfPerson(person, period.to ?? LAST, known) : undefined;
      const touches = all?.touches.filter(({ occurredAt }) => period.to === undefined || occurredAt < period.to) ?? [];
      const last = touches.at(-1);
      const openedAt = earliest(ids.map((id) => firstOpened.get(id) ?? null)) ?? '';
      yield {
        journey: all && last && { ...all, touches, openedAt, closedAt: last.occurredAt },
        work: ids.flatMap((id) => work.get(id) ?? []),
      };
    }
  }
}
