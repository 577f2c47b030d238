import type { DynamicModule, Type } from '@nestjs/common';
import { isReadModel, type ContextParts, type Report } from '@baton/kernel';
import { accessParts } from '@baton/platform/access';
import { graphqlModule, listsOf, mutationsOf, nodeTypes, reportsOf } from '@baton/platform/graphql';
import { contextParts } from '../contexts';
import { meReport, revisionReport } from './caller.report';
import { conservationReport } from './conservation.report';
import { parkedReport, statusReport, statusSubscription } from './status.report';

/** What is asked of the whole. */
const checks = contextParts.flatMap((context) => context.checks ?? []);
const others = [revisionReport, statusReport, parkedReport, conservationReport(checks)];
const ofTheWhole = (reports: readonly Report[]): ContextParts => ({
  ...{ name: 'api', aggregates: [], projections: [], policies: [] },
  ...{ reports, subscriptions: [statusSubscription] },
});
/** Keys are made and revoked by the command line alone: there are no mutations of them. */
const servedContexts: readonly ContextParts[] = [{ ...accessParts, aggregates: [] }, ...contextParts];
const ownReports = [meReport([...servedContexts, ofTheWhole(others)]), ...others];
/** Everything that is served: what it allows whom is the access matrix. */
export const servedParts: readonly ContextParts[] = [...servedContexts, ofTheWhole(ownReports)];

/** The GraphQL schema: the queries and subscriptions of every context, the lists of every read model and the mutations of every aggregate. */
export const schemaModules = (): (DynamicModule | Type<unknown>)[] => {
  nodeTypes.contribute(contextParts.flatMap(({ contributions = [] }) => contributions));
  return [
    graphqlModule(),
    {
      module: class ListsModule {},
      providers: [accessParts, ...contextParts]
        .flatMap(({ projections }) => projections.filter(isReadModel))
        .map(listsOf),
    },
    {
      module: class ReportsModule {},
      providers: [
        reportsOf(
          [...ownReports, ...contextParts.flatMap(({ reports = [] }) => reports)],
          [statusSubscription, ...contextParts.flatMap(({ subscriptions = [] }) => subscriptions)],
        ),
      ],
    },
    {
      module: class MutationsModule {},
      providers: mutationsOf(contextParts.flatMap(({ aggregates }) => aggregates)),
    },
  ];
};
