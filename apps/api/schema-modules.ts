import type { DynamicModule, Type } from '@nestjs/common';
import { isReadModel, type ContextParts } from '@baton/kernel';
import { accessParts } from '@baton/platform/access';
import { graphqlModule, listsOf, mutationsOf, nodeTypes, reportsOf } from '@baton/platform/graphql';
import { contextParts } from '../contexts';
import { meReport, revisionReport } from './caller.report';
import { parkedReport, statusReport, statusSubscription } from './status.report';

/** What is asked of the whole. */
const others = [revisionReport, statusReport, parkedReport];
const ofTheWhole: ContextParts = {
  ...{ name: 'api', aggregates: [], projections: [], policies: [] },
  ...{ reports: others, subscriptions: [statusSubscription] },
};
const ownReports = [meReport([accessParts, ...contextParts, ofTheWhole]), ...others];

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
