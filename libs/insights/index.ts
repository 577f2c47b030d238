export { dealBreakdowns, type DealBreakdown, type DealFilters } from './deals.rules';
export { contentReport, dealsWithContent, type ContentReport } from './read/content/content.query';
export { deliveriesBehind, marketingSla, type MarketingSla } from './read/marketing-sla/marketing-sla.query';
export { calendarPeriod } from './read/marketing-sla/marketing-sla.rules';
export { pipeline, type Pipeline } from './read/pipeline/pipeline.query';
export { salesCycle, type SalesCycle, type SalesCycleArgs } from './read/sales-cycle/sales-cycle.query';
export {
  velocity,
  velocityChange,
  type Velocity,
  type VelocityArgs,
  type VelocityChange,
} from './read/velocity/velocity.query';
export { contributions, type VelocityContribution, type VelocityRow } from './read/velocity/velocity.rules';
export {
  reviewActions,
  reviews,
  type ReviewActionDocument,
  type ReviewDocument,
} from './read/reviews/reviews.read-model';
export { reviewFigures } from './read/reviews/reviews.query';
export {
  reviewInputCommands,
  reviewEvents,
  reviewKinds,
  ToReview,
  type ReviewInputCommand,
  type ReviewEvent,
  type ReviewKind,
} from './write/review/review.events';
