import { aggregateWithHandler, DecisionContext, EventLog, Journal, type ContextParts } from '@baton/kernel';
import { ReadModels } from '@baton/platform/documents';
import { figureCatalogueReport, figureRowsReport, figuresReport } from './figures/figures.report';
import { conservationChecks } from './read/conservation/conservation.checks';
import { contentUseReport, dealsWithContentReport } from './read/content/content.report';
import {
  dealHealthReport,
  pipelineHealthReport,
  stageLimitsReport,
  winLossReport,
} from './read/deal-health/deal-health.report';
import { journeyLegsReport } from './read/journey-legs/journey-legs.report';
import { deliveriesReport, marketingSlaReport } from './read/marketing-sla/marketing-sla.report';
import { funnelReport, funnelRowsReport } from './read/funnel/funnel.report';
import { processViewReport } from './read/process-view/process-view.report';
import { waterfallReport, waterfallRowsReport } from './read/waterfall/waterfall.report';
import { pipelineSubscription } from './read/pipeline/pipeline.subscription';
import { reviewActions, reviews } from './read/reviews/reviews.read-model';
import { searchReport } from './read/search/search.report';
import { stageConversionsReport } from './read/stage-conversions/stage-conversions.report';
import { timeInStageReport, timeInStageRowsReport } from './read/time-in-stage/time-in-stage.report';
import { speedToLeadReport } from './read/speed-to-lead/speed-to-lead.report';
import { unlistedReport } from './read/unlisted/unlisted.report';
import { velocityChangeReport } from './read/velocity-change/velocity-change.report';
import { weeklyReviewReport } from './read/weekly-review/weekly-review.report';
import { reviewDecider } from './write/review/review.decider';
import { reviewInputCommands, ToReview } from './write/review/review.events';
import { ReviewHandler } from './write/review/review.handler';

/** Reports over the read models of other contexts, and the reviews that use them. */
export const insightsParts: ContextParts = {
  name: 'insights',
  aggregates: [
    aggregateWithHandler(
      ToReview,
      reviewInputCommands,
      reviewDecider,
      (get) => new ReviewHandler(get(Journal), get(DecisionContext), get(EventLog), get(ReadModels)),
    ),
  ],
  projections: [reviews, reviewActions],
  policies: [],
  reports: [
    ...[figuresReport, figureCatalogueReport, figureRowsReport],
    ...[funnelReport, funnelRowsReport, stageConversionsReport, timeInStageReport, timeInStageRowsReport],
    ...[journeyLegsReport, speedToLeadReport, processViewReport],
    ...[waterfallReport, waterfallRowsReport],
    ...[pipelineHealthReport, dealHealthReport, stageLimitsReport, winLossReport],
    ...[weeklyReviewReport, velocityChangeReport, searchReport, unlistedReport],
    ...[contentUseReport, dealsWithContentReport, marketingSlaReport, deliveriesReport],
  ],
  subscriptions: [pipelineSubscription],
  checks: conservationChecks,
};
