import type { ContextParts } from '@baton/kernel';
import { notifications } from './policies/notifications.policy';
import { counterfactualReport } from './read/counterfactual/counterfactual.report';
import { handoffs } from './read/handoffs/handoffs.read-model';
import { handoffReportReport, handoffsReport } from './read/rejections/handoffs.report';
import { slaClocks } from './read/sla-board/sla-clocks.read-model';
import { slaCountsReport } from './read/sla-board/sla-counts.report';
import { slaReportReport } from './read/sla-report/sla-report.report';

export { counterfactualInput } from './read/counterfactual/counterfactual.report';
export const salesSlaParts: ContextParts = {
  name: 'sales-sla',
  aggregates: [],
  projections: [handoffs, slaClocks],
  policies: [notifications],
  reports: [counterfactualReport, handoffReportReport, handoffsReport, slaCountsReport, slaReportReport],
};
