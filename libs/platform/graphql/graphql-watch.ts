import type { ApolloServerPlugin, GraphQLRequestListener } from '@apollo/server';
import { Plugin } from '@nestjs/apollo';
import { Metrics } from '../telemetry';

/** Counts operations and errors. */
@Plugin()
export class GraphqlWatch implements ApolloServerPlugin {
  constructor(private readonly metrics: Metrics) {}

  async requestDidStart(): Promise<GraphQLRequestListener<object>> {
    return {
      willSendResponse: async ({ operation, response }) => {
        if (response.body.kind !== 'single') return;
        const { errors = [] } = response.body.singleResult;
        const codes = errors.map(({ extensions }) => String(extensions?.['code'] ?? 'internal/fault'));
        this.metrics.operation(operation?.operation ?? 'none', codes);
      },
    };
  }
}
