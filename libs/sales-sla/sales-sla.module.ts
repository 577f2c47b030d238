import type { ContextParts } from '@baton/kernel';
import { notifications } from './policies/notifications.policy';
import { counterfactualReport } from './read/counterfactual/counterfactual.report';
import { handoffQueueSubscription } from './read/handoffs/handoff-queue.report';
import { handoffs } from './read/handoffs/handoffs.read-model';
import { handoffReportReport, handoffsReport } from './read/rejections/handoffs.report';
import { clockStatesNow, clockWorkings, leadClocks } from './read/sla-board/clocks.contribution';
import { slaClocks } from './read/sla-board/sla-clocks.read-model';
import { slaBoardSubscription, slaCountsReport } from './read/sla-board/sla-counts.report';
import { slaReportReport } from './read/sla-report/sla-report.report';

export { counterfactualInput } from './read/counterfactual/counterfactual.report';
export const salesSlaParts: ContextParts = {
  name: 'sales-sla',
  aggregates: [],
  projections: [handoffs, slaClocks],
  policies: [notifications],
  reports: [counterfactualReport, handoffReportReport, handoffsReport, slaCountsReport, slaReportReport],
  subscriptions: [handoffQueueSubscription, slaBoardSubscription],
  contributions: [clockStatesNow, clockWorkings, leadClocks],
};
