import type { ContextParts } from '@baton/kernel';
import { notifications } from './policies/notifications.policy';
import { counterfactualReport } from './read/counterfactual/counterfactual.report';
import { handoffQueueSubscription } from './read/handoffs/handoff-queue.report';
import { handoffs } from './read/handoffs/handoffs.read-model';
import { handoffsReport } from './read/handoffs/handoffs.report';
import { clockStatesNow, clockWorkings, leadClocks } from './read/sla-board/clocks.contribution';
import { slaClocks } from './read/sla-board/sla-clocks.read-model';
import { slaBoardSubscription, slaCountsReport } from './read/sla-board/sla-counts.report';

export { counterfactualInput } from './read/counterfactual/counterfactual.report';
export const salesSlaParts: ContextParts = {
  name: 'sales-sla',
  aggregates: [],
  projections: [handoffs, slaClocks],
  policies: [notifications],
  reports: [counterfactualReport, handoffsReport, slaCountsReport],
  subscriptions: [handoffQueueSubscription, slaBoardSubscription],
  contributions: [clockStatesNow, clockWorkings, leadClocks],
};
