import { join } from 'node:path';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { unwrapResolverError } from '@apollo/server/errors';
import { Catch, ValidationPipe, type DynamicModule, type ExceptionFilter, type ValidationError } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { GraphQLModule } from '@nestjs/graphql';
import { BatonError, Refused } from '@baton/kernel';
import type { GraphQLFormattedError } from 'graphql';
import type { Logger } from 'pino';
import { Access, type CallerIdentity } from '../access';
import { LOGGER } from '../platform.module';
import { AccessGuard, ReadYourWrites } from './caller';
import { MoneyType } from './scalars';

interface Request {
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** Who calls; a bad key is told when a field is asked for, so that it is a GraphQL answer. */
const contextOf =
  (access: Access) =>
  async ({ headers }: Request): Promise<{ caller?: CallerIdentity; refusal?: unknown }> => {
    try {
      const caller = await access.authenticate(headers['authorization']);
      return caller ? { caller } : {};
    } catch (refusal) {
      return { refusal };
    }
  };

/** The answer for a fault: a stable code and the place, never a stack or what a store said. */
const formatterOf =
  (logger: Logger) =>
  (formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError => {
    const original = unwrapResolverError(error);
    const place = {
      ...(formatted.path && { path: formatted.path }),
      ...(formatted.locations && { locations: formatted.locations }),
    };
    if (original instanceof BatonError) {
      const { code, path, message } = original;
      return { message, ...place, extensions: { code, ...(path && { field: path }) } };
    }
    const code = formatted.extensions?.['code'];
    if (typeof code === 'string' && code !== 'INTERNAL_SERVER_ERROR')
      return { message: formatted.message, ...place, extensions: { code: stable[code] ?? code } };
    logger.error({ err: original }, 'a resolver failed');
    return { message: 'Something failed on our side.', ...place, extensions: { code: 'internal/fault' } };
  };

/** The codes of the GraphQL server, in Baton's form. */
const stable: Readonly<Record<string, string>> = {
  GRAPHQL_PARSE_FAILED: 'graphql/not-parsed',
  GRAPHQL_VALIDATION_FAILED: 'graphql/not-valid',
  BAD_USER_INPUT: 'graphql/bad-value',
  BAD_REQUEST: 'graphql/bad-request',
  OPERATION_RESOLUTION_FAILURE: 'graphql/no-such-operation',
  PERSISTED_QUERY_NOT_FOUND: 'graphql/unknown-document',
  PERSISTED_QUERY_NOT_SUPPORTED: 'graphql/unknown-document',
};

const invalidArgument = (errors: ValidationError[]): Refused => {
  const [first] = errors;
  const message = Object.values(first?.constraints ?? {})[0] ?? 'invalid';
  return new Refused('graphql/invalid-argument', message, first?.property ?? '');
};

/** A refusal is an answer to the caller, not something for the log of the process. */
@Catch(BatonError)
class AnswerRefusals implements ExceptionFilter<BatonError> {
  catch(error: BatonError): BatonError {
    return error;
  }
}

/** GraphQL on the HTTP server: code first; guard, read-your-writes and validation for every field. */
export const graphqlModule = (): DynamicModule => ({
  module: class GraphqlEdge {},
  imports: [
    GraphQLModule.forRootAsync<ApolloDriverConfig>({
      driver: ApolloDriver,
      useFactory: (access: Access, logger: Logger) => ({
        autoSchemaFile: true,
        sortSchema: true,
        graphiql: false,
        playground: false,
        introspection: true,
        includeStacktraceInErrorResponses: false,
        csrfPrevention: true,
        context: contextOf(access),
        formatError: formatterOf(logger),
        buildSchemaOptions: { orphanedTypes: [MoneyType] },
      }),
      inject: [Access, LOGGER],
    }),
  ],
  providers: [
    { provide: APP_FILTER, useClass: AnswerRefusals },
    { provide: APP_GUARD, useClass: AccessGuard },
    { provide: APP_INTERCEPTOR, useClass: ReadYourWrites },
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

/** Where the schema is kept as a file. */
export const schemaFile = join('apps', 'api', 'schema.graphql');
