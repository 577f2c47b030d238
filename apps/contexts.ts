import { Module, type DynamicModule, type Type } from '@nestjs/common';
import type { ContextParts } from '@baton/kernel';
import { campaignsParts } from '@baton/campaigns/campaigns.module';
import { DefinitionsModule, definitionsParts } from '@baton/definitions/definitions.module';
import { leadsParts } from '@baton/leads/leads.module';
import { scoringParts } from '@baton/scoring/scoring.module';
import { routingParts } from '@baton/routing/routing.module';
import { salesSlaParts } from '@baton/sales-sla/sales-sla.module';
import { opportunitiesParts } from '@baton/opportunities/opportunities.module';
import { attributionParts } from '@baton/attribution/attribution.module';
import { insightsParts } from '@baton/insights/insights.module';
import { AuditModule, auditParts } from '@baton/audit/audit.module';
import type { Config } from '@baton/platform/config';
import { importsParts } from '@baton/platform/imports';
import { outboxParts } from '@baton/platform/outbox';
import { PlatformModule, type PlatformOptions } from '@baton/platform/platform.module';

const ownParts: readonly ContextParts[] = [
  definitionsParts,
  campaignsParts,
  leadsParts,
  scoringParts,
  routingParts,
  salesSlaParts,
  opportunitiesParts,
  attributionParts,
  insightsParts,
  outboxParts,
  importsParts,
];
/**
 * The one list of contexts, with the aggregates, projections and policies of each, used by every app. The case file
 * reads the events of all contexts.
 */
export const contextParts: readonly ContextParts[] = [...ownParts, auditParts(ownParts)];

/** All of Baton except the API: the platform on the configured stores, and every context. */
@Module({})
export class BatonModule {
  static forRoot(
    config: Config,
    {
      edge = [],
      ...surroundings
    }: PlatformOptions & { readonly edge?: readonly (DynamicModule | Type<unknown>)[] } = {},
  ): DynamicModule {
    return {
      module: BatonModule,
      imports: [PlatformModule.forRoot(config, contextParts, surroundings), DefinitionsModule, AuditModule, ...edge],
    };
  }
}
