import { WordMap, hasText, wordKey, tidy, periodOf, type Period, type PeriodArgs, type Where } from '@baton/kernel';
import { journeys, type JourneyDocument } from '@baton/attribution';
import { contentOf, registeredContent } from '@baton/campaigns';
import { contentUses } from '@baton/leads';
import type { DealOutcome } from '@baton/opportunities';
import type { ReadModels } from '@baton/platform/documents';

export interface ContentRow {
  /** Name of registered content, as in touches; of several spellings the first in sort order. */
  readonly content: string;
  /** Outbound touches of sales in the period that name the content. */
  readonly salesUses: number;
  /** Deals closed in the period that have a touch by either team, before the close, that names the content. */
  readonly wonDeals: number;
  readonly lostDeals: number;
  /** The won deals in which sales itself used the content. */
  readonly wonWithSales: number;
}
export interface ContentReport {
  /** All deals won and lost in the period, also those without content. */
  readonly won: number;
  readonly lost: number;
  /** Sorted by won deals, then by uses of sales (both descending), then by name. */
  readonly rows: readonly ContentRow[];
  /** Names that sales used as content and that are not registered. */
  readonly warnings: readonly string[];
}
const closedDeals = ({ from, to }: Period, outcome?: DealOutcome): Where => ({
  status: { eq: 'closed' },
  closedAt: { gte: from, lt: to },
  ...(outcome && { outcome: { eq: outcome } }),
});

type Touch = JourneyDocument['touches'][0];
const isBySales = ({ team, direction }: Touch): boolean => team === 'sales' && direction === 'outbound';

const MAX_NAMED = 10;
const unregisteredContent = (names: readonly string[]): readonly string[] => {
  if (names.length === 0) return [];
  const shown =
    names.slice(0, MAX_NAMED).join(', ') + (names.length > MAX_NAMED ? ` and ${names.length - MAX_NAMED} more` : '');
  return [`touches of sales name content that is not registered and not counted: ${shown}; see RegisterAsset`];
};

/**
 * What content sales uses, and what content the closed deals of the period had seen. Content is what is registered as
 * such; names in other touches are advertisements (utm_content) and are not listed.
 * @throws Refused as `periodOf`
 */
export const contentReport = async (models: ReadModels, args: PeriodArgs = {}): Promise<ContentReport> => {
  const period = periodOf(args);
  const rows = new WordMap<{ -readonly [F in Exclude<keyof ContentRow, 'content'>]: ContentRow[F] }>();
  const row = (content: string) =>
    rows.at(content, () => ({ salesUses: 0, wonDeals: 0, lostDeals: 0, wonWithSales: 0 }));
  const rowsOf = (touches: readonly Touch[]) => new Set(touches.map((touch) => row(touch.content!)));
  const used = await models.aggregate(contentUses, {
    where: { at: { gte: period.from, lt: period.to } },
    by: ['content'],
    measures: { uses: 'count' },
  });
  const registered = await registeredContent(models);
  const unknown = new Set<string>();
  for (const { keys, values } of used) {
    const content = keys[0] as string;
    if (contentOf({ content }, registered) === null) unknown.add(tidy(content));
    else row(content).salesUses += Number(values['uses']);
  }
  const closed = { won: 0, lost: 0 };
  for await (const page of models.pages(journeys, closedDeals(period)))
    for (const { doc } of page) {
      if (doc.outcome === null) continue;
      closed[doc.outcome]++;
      const named = doc.touches.filter((touch) => contentOf(touch, registered) !== null);
      for (const met of rowsOf(named)) met[doc.outcome === 'won' ? 'wonDeals' : 'lostDeals']++;
      if (doc.outcome === 'won') for (const met of rowsOf(named.filter(isBySales))) met.wonWithSales++;
    }
  const byUse = (a: ContentRow, b: ContentRow) =>
    b.wonDeals - a.wonDeals || b.salesUses - a.salesUses || (a.content < b.content ? -1 : 1);
  return {
    ...closed,
    rows: rows
      .entries()
      .map(([content, uses]) => ({ content: content!, ...uses }))
      .sort(byUse),
    warnings: unregisteredContent([...unknown].sort()),
  };
};

/** A deal that had seen some content before its close. */
export interface DealWithContent {
  readonly opportunityId: string;
  readonly outcome: DealOutcome;
  readonly closedAt: string;
  /** The touches before the close that name the content, oldest first. */
  readonly touches: readonly { readonly touchId: string; readonly occurredAt: string; readonly team: string }[];
}

/**
 * The deals behind a row of `contentReport`, latest close first: as many as the row counts.
 * @param usedBySales only deals in which sales itself used the content
 * @throws Refused as `periodOf`
 */
export const dealsWithContent = async (
  models: ReadModels,
  args: PeriodArgs & { readonly content: string; readonly outcome: DealOutcome; readonly usedBySales?: boolean },
): Promise<DealWithContent[]> => {
  const found: DealWithContent[] = [];
  const latest = [{ column: 'closedAt', descending: true }];
  for await (const page of models.pages(journeys, closedDeals(periodOf(args), args.outcome), latest))
    for (const { doc } of page) {
      const named = doc.touches.filter(({ content }) => hasText(content) && wordKey(content) === wordKey(args.content));
      if (named.length === 0 || (args.usedBySales && !named.some(isBySales))) continue;
      const touches = named.map(({ touchId, occurredAt, team }) => ({ touchId, occurredAt, team }));
      found.push({ opportunityId: doc.journeyId, outcome: args.outcome, closedAt: doc.closedAt, touches });
    }
  return found;
};
