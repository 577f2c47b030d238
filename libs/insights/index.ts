export { contentReport, dealsWithContent, type ContentReport } from './read/content/content.query';
export { deliveriesBehind, marketingSla, type MarketingSla } from './read/marketing-sla/marketing-sla.query';
export { calendarPeriod } from './read/marketing-sla/marketing-sla.rules';
export { pipeline, type Pipeline } from './read/pipeline/pipeline.query';
export { figures, figureOf } from './figures/catalogue.rules';
export { askFigures, type Scope } from './figures/figures.query';
export { shownFigures, velocityFigures } from './figures/shown-figures.query';
export { velocityChange, type VelocityChange } from './read/velocity-change/velocity-change.query';
export { contributions, type VelocityContribution } from './read/velocity-change/velocity-change.rules';
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
