import { ApolloServerPluginCacheControlDisabled } from '@apollo/server/plugin/disabled';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { ValidationPipe, type DynamicModule, type ValidationError } from '@nestjs/common';
import { APP_FILTER, APP_PIPE } from '@nestjs/core';
import { GraphQLModule } from '@nestjs/graphql';
import { Clock, EventLog, Journal, Refused } from '@baton/kernel';
import { lexicographicSortSchema, type GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import { Access, AccessLog, ACTS_FOR } from '../access';
import type { Config } from '../config';
import { ReadModels } from '../documents';
import { CONFIG, LOGGER } from '../platform.module';
import { Runner, StreamStarts } from '../runner';
import { withNullAsAbsent } from './absent';
import type { GraphqlContext } from './caller';
import { withListedEnumValues } from './enum-values';
import { answerErrors, formatterOf } from './errors';
import { stringifyResult } from './heavy';
import { limits } from './limits';
import { NodeLoader, NodeResolver } from './nodes';
import { OutageWarning } from './outage-warning';
import { validatedDocuments } from './parsed-documents';
import { RequestReads } from './request-reads';
import { withResolvedBy } from './resolved-by';
import { RootFields } from './root-fields';
import { MoneyType } from './scalars';

interface Request {
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** Who calls; a bad key is told when a field is asked for, so that it is a GraphQL answer. */
const contextOf =
  (access: Access, journal: Journal, accessLog: AccessLog, models: ReadModels, clock: Clock) =>
  async ({ headers }: Request, reply: GraphqlContext['reply']): Promise<GraphqlContext> => {
    const given = { ...(reply && { reply }), nodes: new NodeLoader(models, clock) };
    try {
      const caller = await access.authenticate(headers['authorization'], headers[ACTS_FOR]);
      return caller ? { caller, reads: new RequestReads(journal, accessLog.record, caller), ...given } : given;
    } catch (refusal) {
      return { refusal: refusal as Error, ...given };
    }
  };

const invalidArgument = (errors: ValidationError[]): Refused => {
  let [fault] = errors;
  const path = [fault?.property ?? ''];
  for (; fault && !fault.constraints && fault.children?.length; fault = fault.children[0])
    path.push(fault.children[0]!.property);
  const message = Object.values(fault?.constraints ?? {})[0] ?? 'This argument is not valid.';
  return new Refused('graphql/invalid-argument', message, path.join('.'));
};

const rootDescriptions = {
  Query: 'What can be read. Lists are connections: pass `endCursor` of a page as `after` to get the next one.',
  Mutation: 'What can be changed: one mutation for each command. The answer is `Accepted` or `Refused`.',
  Subscription: 'What can be followed, over WebSocket (graphql-transport-ws).',
};
/** Gives the root types their descriptions, which code first has no place for. */
const withRootDescriptions = (schema: GraphQLSchema): GraphQLSchema => {
  for (const [name, description] of Object.entries(rootDescriptions)) schema.getType(name)!.description = description;
  return schema;
};

/** GraphQL on the HTTP server: code first. */
export const graphqlModule = (): DynamicModule => ({
  module: class GraphqlEdge {},
  imports: [
    GraphQLModule.forRootAsync<ApolloDriverConfig>({
      driver: ApolloDriver,
      useFactory: (
        access: Access,
        journal: Journal,
        accessLog: AccessLog,
        models: ReadModels,
        clock: Clock,
        runner: Runner,
        beginnings: StreamStarts,
        log: EventLog,
        logger: Logger,
        { production }: Config,
      ) => ({
        autoSchemaFile: true,
        // Sorted here: sorting makes new enums, which would not know what they were taught.
        transformSchema: (schema: GraphQLSchema) =>
          withListedEnumValues(
            lexicographicSortSchema(
              withNullAsAbsent(
                new RootFields(runner, beginnings, log).before(withResolvedBy(withRootDescriptions(schema))),
              ),
            ),
          ),
        graphiql: false,
        playground: false,
        introspection: true, // who may ask for the schema is decided before
        allowBatchedHttpRequests: false,
        persistedQueries: false,
        documentStore: validatedDocuments(),
        parseOptions: { maxTokens: limits.tokens.max },
        validationOptions: { maxErrors: 5 }, // every error looks for names that are alike
        includeStacktraceInErrorResponses: false,
        hideSchemaDetailsFromClientErrors: production,
        csrfPrevention: true,
        context: contextOf(access, journal, accessLog, models, clock),
        formatError: formatterOf(logger),
        stringifyResult,
        // Nothing may be kept: the edge says so once, which needs no look at each field.
        plugins: [ApolloServerPluginCacheControlDisabled()],
        buildSchemaOptions: { orphanedTypes: [MoneyType] },
      }),
      inject: [Access, Journal, AccessLog, ReadModels, Clock, Runner, StreamStarts, EventLog, LOGGER, CONFIG],
    }),
  ],
  providers: [
    NodeResolver,
    OutageWarning,
    { provide: APP_FILTER, useFactory: answerErrors, inject: [LOGGER] },
    {
      provide: APP_PIPE,
      useValue: new ValidationPipe({
        transform: true,
        forbidUnknownValues: false, // command inputs are checked by their own schemas, with a refusal as the answer
        exceptionFactory: invalidArgument,
      }),
    },
  ],
});
