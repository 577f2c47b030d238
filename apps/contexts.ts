import { Module, type DynamicModule, type Type } from '@nestjs/common';
import type { Clock, ContextParts } from '@baton/kernel';
import { CampaignsModule, campaignsParts } from '@baton/campaigns';
import { DefinitionsModule, definitionsParts } from '@baton/definitions';
import { LeadsModule, leadsParts } from '@baton/leads';
import { OpportunitiesModule, opportunitiesParts } from '@baton/opportunities';
import { AttributionModule, attributionParts } from '@baton/attribution';
import { InsightsModule, insightsParts } from '@baton/insights';
import { AuditModule, auditParts } from '@baton/audit';
import type { Config } from '@baton/platform/config';
import { OutboxModule, outboxParts } from '@baton/platform/outbox';
import { PlatformModule } from '@baton/platform/platform.module';
import type { Sender } from '@baton/platform/runner';

/** The one list of contexts; every app is made of it. */
const contexts: readonly { readonly module: Type<unknown>; readonly parts: ContextParts }[] = [
  { module: DefinitionsModule, parts: definitionsParts },
  { module: CampaignsModule, parts: campaignsParts },
  { module: LeadsModule, parts: leadsParts },
  { module: OpportunitiesModule, parts: opportunitiesParts },
  { module: AttributionModule, parts: attributionParts },
  { module: InsightsModule, parts: insightsParts },
  { module: OutboxModule, parts: outboxParts },
];

const ownParts = contexts.map(({ parts }) => parts);
/** Events, projections, policies and due lists of every context; the case file shows the events of all others. */
export const contextParts: readonly ContextParts[] = [...ownParts, auditParts(ownParts)];

interface Surroundings {
  readonly clock?: Clock;
  readonly edge?: readonly DynamicModule[];
  /** Who brings messages to their targets; a target without one keeps them queued. */
  readonly senders?: readonly Sender[];
  /** Only reads, in a thread beside the one that writes. */
  readonly readOnly?: boolean;
}

/** All of Baton but the edge: the platform on the configured stores, and every context. */
@Module({})
export class BatonModule {
  static forRoot(
    config: Config,
    { clock, edge = [], senders = [], readOnly = false }: Surroundings = {},
  ): DynamicModule {
    return {
      module: BatonModule,
      imports: [
        PlatformModule.forRoot(config, contextParts, clock, senders, readOnly),
        ...contexts.map(({ module }) => module),
        AuditModule,
        ...edge,
      ],
    };
  }
}
