import {
  field,
  hasText,
  objectFields,
  periodOf,
  teams,
  tidy,
  wordKey,
  WordMap,
  type ObjectOf,
  type Period,
  type PeriodArgs,
  type Where,
} from '@baton/kernel';
import { journeys, type JourneyDocument } from '@baton/attribution';
import { contentOf, registeredContent } from '@baton/campaigns';
import { contentUses } from '@baton/leads';
import { dealOutcomes, type DealOutcome } from '@baton/opportunities';
import type { ReadModels } from '@baton/platform/documents';

const contentRow = objectFields('ContentRow', 'How often a piece of content was used and met.', {
  content: field.text('Registered content, as touches name it; of several spellings the one that sorts first.'),
  salesUses: field.integer('Outbound touches of sales in the period; `contentUses` lists them.', { unit: 'touches' }),
  wonDeals: field.integer('Won deals that had met it before the win; `dealsWithContent` lists them.', {
    unit: 'deals',
  }),
  lostDeals: field.integer('Lost deals that had met it; `dealsWithContent` lists them.', { unit: 'deals' }),
  wonWithSales: field.integer('Of the won deals those in which sales itself used it.', { unit: 'deals' }),
});
type ContentRow = ObjectOf<typeof contentRow.fields>;
export const contentAnswer = objectFields('ContentReport', 'Content used by sales, and content in closed deals.', {
  won: field.integer('All deals won in the period, with content or without.', { unit: 'deals' }),
  lost: field.integer('All deals lost in the period, with content or without.', { unit: 'deals' }),
  rows: field.object(contentRow, 'The most won deals first, then the most uses by sales, then by name.', {
    list: true,
  }),
  warnings: field.text('What to know before using the figures.', { list: true }),
});
export type ContentReport = ObjectOf<typeof contentAnswer.fields>;

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

export const dealWithContent = objectFields('DealWithContent', 'A closed deal that had met some content.', {
  opportunityId: field.id('The deal.', { entity: 'Opportunity' }),
  outcome: field.enum(dealOutcomes, 'How it closed.'),
  closedAt: field.instant('When it closed.'),
  touches: field.object(
    objectFields('ContentTouch', 'A touch that names the content.', {
      touchId: field.id('The touch.'),
      occurredAt: field.instant('When.'),
      team: field.enum(teams, 'The team.'),
    }),
    'The touches up to the close that name it, oldest first.',
    { list: true },
  ),
});
type DealWithContent = ObjectOf<typeof dealWithContent.fields>;

/**
 * The deals behind a row of `contentReport`, latest close first: as many as the row counts.
 * @param usedBySales only deals in which sales itself used the content; false: only the others
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
      if (named.length === 0 || (args.usedBySales ?? named.some(isBySales)) !== named.some(isBySales)) continue;
      const touches = named.map(({ touchId, occurredAt, team }) => ({ touchId, occurredAt, team }));
      found.push({ opportunityId: doc.journeyId, outcome: args.outcome, closedAt: doc.closedAt, touches });
    }
  return found;
};
