import { Module } from '@nestjs/common';
import { graphqlModule } from '@baton/platform/graphql';
import { HealthController } from '@baton/platform/health';
import { GraphiqlController } from './graphiql.controller';
import { StatusResolver } from './status.resolver';

/** The edge: GraphQL with GraphiQL, and health. */
@Module({
  imports: [graphqlModule()],
  controllers: [GraphiqlController, HealthController],
  providers: [StatusResolver],
})
export class ApiModule {}
