import { join } from 'node:path';
import type { DynamicModule } from '@nestjs/common';
import { LogHeadsModule } from '../baton.module';
import type { Config } from '@baton/platform/config';
import { AccessWatch, GraphqlWatch, HeavyQueries } from '@baton/platform/graphql';
import { HealthController } from '@baton/platform/health';
import { ExportController } from './export.controller';
import { GraphiqlController } from './graphiql.controller';
import { schemaModules } from './schema-modules';

/** GraphQL and health checks; GraphiQL outside production. */
export const apiModule = (config: Config): DynamicModule => ({
  module: class ApiModule {},
  imports: [LogHeadsModule, ...schemaModules()],
  controllers: [HealthController, ExportController, ...(config.production ? [] : [GraphiqlController])],
  providers: [...HeavyQueries.providers(config, join(__dirname, 'query-process.js')), AccessWatch, GraphqlWatch],
});
