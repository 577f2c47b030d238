import type { DynamicModule } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import type { Config } from '@baton/platform/config';
import { graphqlModule } from '@baton/platform/graphql';
import { HealthController } from '@baton/platform/health';
import { GraphqlWatch, TraceResolvers } from '@baton/platform/telemetry';
import { GraphiqlController } from './graphiql.controller';
import { StatusResolver } from './status.resolver';

/** The edge: GraphQL and health; GraphiQL too, but not in production. */
export const apiModule = ({ production }: Config): DynamicModule => ({
  module: class ApiModule {},
  imports: [graphqlModule()],
  controllers: [HealthController, ...(production ? [] : [GraphiqlController])],
  providers: [GraphqlWatch, { provide: APP_INTERCEPTOR, useClass: TraceResolvers }, StatusResolver],
});
