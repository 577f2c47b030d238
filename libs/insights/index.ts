export type { DealFilters } from './deal-filters.rules';
export { InsightsModule, insightsParts } from './insights.module';
export type { PeriodArgs } from './period.rules';
export { pipeline, type Pipeline } from './read/pipeline/pipeline.query';
export {
  salesCycle,
  salesCycleBreakdowns,
  type SalesCycle,
  type SalesCycleArgs,
  type SalesCycleBy,
} from './read/sales-cycle/sales-cycle.query';
export {
  velocity,
  velocityBreakdowns,
  velocityChange,
  type Velocity,
  type VelocityArgs,
  type VelocityBy,
  type VelocityChange,
} from './read/velocity/velocity.query';
export { contribution, type VelocityContribution, type VelocityRow } from './read/velocity/velocity.rules';
