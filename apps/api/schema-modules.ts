import type { DynamicModule, Type } from '@nestjs/common';
import { AuditGraphqlModule } from '@baton/audit/audit.graphql.module';
import { CampaignsGraphqlModule } from '@baton/campaigns/campaigns.graphql.module';
import { InsightsGraphqlModule } from '@baton/insights/insights.graphql.module';
import { LeadsGraphqlModule } from '@baton/leads/leads.graphql.module';
import { isReadModel } from '@baton/kernel';
import { accessParts } from '@baton/platform/access';
import { graphqlModule, listsOf, mutationsOf, nodeTypes, reportsOf } from '@baton/platform/graphql';
import { SalesSlaGraphqlModule } from '@baton/sales-sla/sales-sla.graphql.module';
import { contextParts } from '../contexts';
import { meReport, revisionReport } from './caller.report';
import { parkedReport, statusReport } from './status.report';

/** What is asked of the whole. */
const ownReports = [meReport, revisionReport, statusReport, parkedReport];

/** The GraphQL schema: the queries of every context, the lists of every read model and the mutations of every aggregate. */
export const schemaModules = (): (DynamicModule | Type<unknown>)[] => {
  nodeTypes.contribute(contextParts.flatMap(({ contributions = [] }) => contributions));
  return [
    graphqlModule(),
    CampaignsGraphqlModule,
    LeadsGraphqlModule,
    SalesSlaGraphqlModule,
    InsightsGraphqlModule,
    AuditGraphqlModule,
    {
      module: class ListsModule {},
      providers: [accessParts, ...contextParts]
        .flatMap(({ projections }) => projections.filter(isReadModel))
        .map(listsOf),
    },
    {
      module: class ReportsModule {},
      providers: [reportsOf([...ownReports, ...contextParts.flatMap(({ reports = [] }) => reports)])],
    },
    {
      module: class MutationsModule {},
      providers: mutationsOf(contextParts.flatMap(({ aggregates }) => aggregates)),
    },
  ];
};
