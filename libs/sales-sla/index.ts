export { notifications } from './policies/notifications.policy';
export { type BreachChange, type BreachCounts, type ClockResult } from './read/counterfactual/breach-changes.rules';
export {
  type Counterfactual,
  type CounterfactualQuestion,
  counterfactual,
} from './read/counterfactual/counterfactual.query';
export { type HandoffActivity, type HandoffsDocument, handoffs, LIMBO_MS } from './read/handoffs/handoffs.read-model';
export { listHandoffs } from './read/handoffs/handoffs.query';
export { slaCounts } from './read/sla-board/sla-board.query';
export { type SlaClock, slaClocks } from './read/sla-board/sla-clocks.read-model';
