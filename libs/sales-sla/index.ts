export { notifications } from './policies/notifications.policy';
export { type BreachChange, type BreachCounts, type ClockResult } from './read/counterfactual/breach-changes.rules';
export {
  type Counterfactual,
  type CounterfactualQuestion,
  counterfactual,
} from './read/counterfactual/counterfactual.query';
export { type HandoffActivity, type HandoffsDocument, handoffs } from './read/handoffs/handoffs.read-model';
export {
  type HandoffQuestion,
  type HandoffReport,
  type HandoffRow,
  handoffReport,
  listHandoffs,
} from './read/rejections/handoff-report.query';
export { type SlaClock, slaClocks } from './read/sla-board/sla-clocks.read-model';
export { type ReportBreakdown, reportBreakdowns } from './read/sla-report/grouping.rules';
export { type SlaQuestion, type SlaReport, slaReport } from './read/sla-report/sla-report.query';
