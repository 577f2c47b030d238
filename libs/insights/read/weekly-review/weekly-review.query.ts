import type { Instant } from '@baton/kernel';
import { feedbackTopicNames, feedbackTopics } from '@baton/leads';
import type { ReadModels } from '@baton/platform/documents';
import type { MethodOfFigures, Scope } from '../../figures/figures.query';
import type { ScopePeriod } from '../../figures/scope.rules';
import { shownFigures, velocityFigures } from '../../figures/shown-figures.query';
import { reviewActions } from '../reviews/reviews.read-model';
import { dealsUnderCheck } from '../deal-health/deal-health.report';
import { waterfallCellsOf } from '../waterfall/waterfall.query';

const TOP_FEEDBACK = 5;
/** So many open actions are listed, those that are due first. */
const MOST_ACTIONS = 100;
/** So many stuck deals are listed, those that are longest in their stage. */
const MOST_STUCK = 50;
const leadFigures = ['captured-leads', 'handoffs', 'acceptance-rate', 'rejection-rate'];
const openFigures = ['open-deals', 'stuck-rate'];
const stuckFigures = ['stuck-deals', 'stuck-amount'];
const slaFigures = ['sla-kept-rate', 'sla-breaches', 'first-response-time'];

/**
 * What both teams look at each week, of a period and as it stands at its end; a review that is held keeps the same.
 * @throws Refused as `askFigures`
 */
export const weeklyReviewOf = async (
  models: ReadModels,
  { from, to, timeZone, yearStart, weekStart }: Pick<ScopePeriod, 'from' | 'to' | 'timeZone'> & Partial<ScopePeriod>,
  at: Instant,
  method: MethodOfFigures,
) => {
  const period = { from, to, timeZone, yearStartsIn: yearStart, weekStartsOn: weekStart };
  const figures = async (codes: readonly string[], more: Partial<Scope> = {}) =>
    (await shownFigures(models, codes, { ...period, ...more }, at, method)).figures;
  const actions = await models.find(reviewActions, {
    where: { open: { eq: true } },
    orderBy: [{ column: 'dueOn' }],
    limit: MOST_ACTIONS,
  });
  const feedback = [];
  for (const topic of feedbackTopicNames.values) {
    const { feedback: all, rows } = await feedbackTopics(models, { topic, from, to, top: TOP_FEEDBACK });
    feedback.push({ topic, feedback: all, top: rows.map(({ code, feedback: named }) => ({ code, feedback: named })) });
  }
  return {
    leads: await figures(leadFigures, { compare: 'previous-period' }),
    movement: await waterfallCellsOf(models, period, at, method),
    stuck: [...(await figures(openFigures)), ...(await figures(stuckFigures, { by: 'stuckReason' }))],
    stuckDeals: await dealsUnderCheck(models, 'stuck', { ...period, filters: {} }, at, method, MOST_STUCK),
    velocity: await figures(velocityFigures),
    sla: await figures(slaFigures, { by: 'rep' }),
    feedback,
    actionIds: actions.map(({ id }) => id),
  };
};
