import { Module, type DynamicModule, type Type } from '@nestjs/common';
import type { ContextParts } from '@baton/kernel';
import { CampaignsModule, campaignsParts } from '@baton/campaigns';
import { DefinitionsModule, definitionsParts } from '@baton/definitions';
import { LeadsModule, leadsParts } from '@baton/leads';
import { OpportunitiesModule, opportunitiesParts } from '@baton/opportunities';
import { AttributionModule, attributionParts } from '@baton/attribution';
import { InsightsModule, insightsParts } from '@baton/insights';
import { AuditModule, auditParts } from '@baton/audit';
import type { Config } from '@baton/platform/config';
import { ImportsModule, importsParts } from '@baton/platform/imports';
import { OutboxModule, outboxParts } from '@baton/platform/outbox';
import { PlatformModule, type Surroundings } from '@baton/platform/platform.module';

/** The one list of contexts; every app is made of it. */
const contexts: readonly { readonly module: Type<unknown>; readonly parts: ContextParts }[] = [
  { module: DefinitionsModule, parts: definitionsParts },
  { module: CampaignsModule, parts: campaignsParts },
  { module: LeadsModule, parts: leadsParts },
  { module: OpportunitiesModule, parts: opportunitiesParts },
  { module: AttributionModule, parts: attributionParts },
  { module: InsightsModule, parts: insightsParts },
  { module: OutboxModule, parts: outboxParts },
  { module: ImportsModule, parts: importsParts },
];

const ownParts = contexts.map(({ parts }) => parts);
/** Events, projections, policies and due lists of every context; the case file shows the events of all others. */
export const contextParts: readonly ContextParts[] = [...ownParts, auditParts(ownParts)];

/** All of Baton but the edge: the platform on the configured stores, and every context. */
@Module({})
export class BatonModule {
  static forRoot(
    config: Config,
    { edge = [], ...surroundings }: Surroundings & { readonly edge?: readonly DynamicModule[] } = {},
  ): DynamicModule {
    return {
      module: BatonModule,
      imports: [
        PlatformModule.forRoot(config, contextParts, surroundings),
        ...contexts.map(({ module }) => module),
        AuditModule,
        ...edge,
      ],
    };
  }
}
