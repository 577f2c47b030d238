import type { ApolloServerPlugin, GraphQLRequestListener } from '@apollo/server';
import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { GqlExecutionContext } from '@nestjs/graphql';
import { Plugin } from '@nestjs/apollo';
import type { GraphQLResolveInfo } from 'graphql';
import { from, lastValueFrom } from 'rxjs';
import { Metrics, traced } from '../telemetry';

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

/** A span around each query, mutation and subscription that a resolver answers. */
@Injectable()
export class TraceResolvers implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler) {
    if (context.getType<string>() !== 'graphql') return next.handle();
    const { parentType, fieldName } = GqlExecutionContext.create(context).getInfo<GraphQLResolveInfo>();
    const answer = () =>
      lastValueFrom(next.handle() as ReturnType<CallHandler<unknown>['handle']>, { defaultValue: undefined });
    return from(traced(`graphql ${parentType.name}.${fieldName}`, {}, answer));
  }
}
