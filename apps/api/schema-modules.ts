import type { DynamicModule, Type } from '@nestjs/common';
import { AuditGraphqlModule } from '@baton/audit/audit.graphql.module';
import { CampaignsGraphqlModule } from '@baton/campaigns/campaigns.graphql.module';
import { DefinitionsGraphqlModule } from '@baton/definitions/definitions.graphql.module';
import { InsightsGraphqlModule } from '@baton/insights/insights.graphql.module';
import { LeadsGraphqlModule } from '@baton/leads/leads.graphql.module';
import { OpportunitiesGraphqlModule } from '@baton/opportunities/opportunities.graphql.module';
import { isReadModel } from '@baton/kernel';
import { graphqlModule, listsOf, mutationsOf, reportsOf } from '@baton/platform/graphql';
import { RoutingGraphqlModule } from '@baton/routing/routing.graphql.module';
import { SalesSlaGraphqlModule } from '@baton/sales-sla/sales-sla.graphql.module';
import { ScoringGraphqlModule } from '@baton/scoring/scoring.graphql.module';
import { PlatformGraphqlModule } from '@baton/platform/platform.graphql.module';
import { contextParts } from '../contexts';

/** The GraphQL schema: the queries of every context, the lists of every read model and the mutations of every aggregate. */
export const schemaModules = (): (DynamicModule | Type<unknown>)[] => [
  graphqlModule(),
  DefinitionsGraphqlModule,
  CampaignsGraphqlModule,
  LeadsGraphqlModule,
  ScoringGraphqlModule,
  RoutingGraphqlModule,
  SalesSlaGraphqlModule,
  OpportunitiesGraphqlModule,
  InsightsGraphqlModule,
  PlatformGraphqlModule,
  AuditGraphqlModule,
  {
    module: class ListsModule {},
    providers: contextParts.flatMap(({ projections }) => projections.filter(isReadModel)).map(listsOf),
  },
  { module: class ReportsModule {}, providers: [reportsOf(contextParts.flatMap(({ reports = [] }) => reports))] },
  {
    module: class MutationsModule {},
    providers: mutationsOf(contextParts.flatMap(({ aggregates }) => aggregates)),
  },
];
