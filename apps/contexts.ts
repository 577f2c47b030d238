import type { ContextParts } from '@baton/kernel';
import { campaignsParts } from '@baton/campaigns/campaigns.module';
import { directoryParts } from '@baton/directory/directory.module';
import { definitionsParts } from '@baton/definitions/definitions.module';
import { leadsParts } from '@baton/leads/leads.module';
import { scoringParts } from '@baton/scoring/scoring.module';
import { routingParts } from '@baton/routing/routing.module';
import { salesSlaParts } from '@baton/sales-sla/sales-sla.module';
import { opportunitiesParts } from '@baton/opportunities/opportunities.module';
import { attributionParts } from '@baton/attribution/attribution.module';
import { insightsParts } from '@baton/insights/insights.module';
import { privacyParts } from '@baton/privacy/privacy.module';
import { auditParts } from '@baton/audit/audit.module';
import { importsParts } from '@baton/platform/imports';
import { outboxParts } from '@baton/platform/outbox';

const ownParts: readonly ContextParts[] = [
  definitionsParts,
  directoryParts,
  campaignsParts,
  leadsParts,
  scoringParts,
  routingParts,
  salesSlaParts,
  opportunitiesParts,
  attributionParts,
  insightsParts,
  privacyParts,
  outboxParts,
  importsParts,
];
/**
 * The one list of contexts, with the aggregates, projections and policies of each, used by every app. The case file
 * reads the events of all contexts.
 */
export const contextParts: readonly ContextParts[] = [...ownParts, auditParts(ownParts)];
