import { DAY_MS, fromMs, type Instant } from '@baton/kernel';
import type { ReadModels } from '@baton/platform/documents';
import { figureOf } from '../../figures/catalogue.rules';
import { openDealsAt, type OpenDeal } from '../../figures/facts/open-deals.rules';
import {
  openQuestion,
  rowsBehindIn,
  type MethodOfFigures,
  type OpenedQuestion,
  type Scope,
} from '../../figures/figures.query';
import { rangeOf } from '../../figures/scope.rules';

/** The figure that counts the deals under a check. */
export const figureOfCheck = {
  ...{ all: 'open-deals', stuck: 'stuck-deals', 'too-long': 'long-stay-deals', silent: 'silent-deals' },
  ...{ overdue: 'overdue-deals', 'below-quality': 'below-quality-deals' },
} as const;

const shownDeal = (id: string, deal: OpenDeal) => ({
  ...{ id, opportunityId: deal.opportunityId, pipeline: deal.pipeline, stage: deal.stage },
  owner: deal.state.owner ?? null,
  amount:
    deal.state.minor === undefined || deal.state.currency === undefined
      ? null
      : { minor: deal.state.minor, currency: deal.state.currency },
  ...{ expectedCloseOn: deal.state.closesOn ?? null, daysInStage: deal.stageMs / DAY_MS },
  limitDays: deal.limitMs === undefined ? null : deal.limitMs / DAY_MS,
  lastActivityAt: fromMs(deal.lastActivityAt),
  silenceDays: deal.silenceMs === undefined ? null : deal.silenceMs / DAY_MS,
  ...{ stuckReason: deal.stuckReason ?? null, overdue: deal.isOverdue, quality: deal.quality ?? null },
  ...{ missingQuality: deal.missingQuality ?? null, missingForExit: deal.missingForExit ?? null },
  definition: deal.definition ?? null,
});

/** The open deals and stages at the end of the period of a question about them. */
export const openAtEnd = ({ madeAt, period }: OpenedQuestion) => openDealsAt(madeAt([rangeOf(period).to]))[0]!;
/**
 * The open deals under a check with all that is known of them, those that are longest in their stage first.
 * @param limit only so many; all by default
 */
export const dealsUnderCheck = async (
  models: ReadModels,
  check: keyof typeof figureOfCheck,
  scope: Scope,
  at: Instant,
  methodOf: MethodOfFigures,
  limit = Infinity,
) => {
  const figure = figureOf(figureOfCheck[check]);
  const question = await openQuestion(models, [figure], scope, at, methodOf);
  const known = new Map(openAtEnd(question).deals.map((deal) => [deal.opportunityId, deal]));
  return rowsBehindIn(figure, question, { side: 'denominator' })
    .map(({ id, entityId }) => {
      const deal = known.get(entityId)!;
      return { id, deal, stageMs: deal.stageMs }; // computed once, and not for each comparison
    })
    .sort((a, b) => b.stageMs - a.stageMs || (a.id < b.id ? -1 : 1))
    .slice(0, limit)
    .map(({ id, deal }) => shownDeal(id, deal));
};
