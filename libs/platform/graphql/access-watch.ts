import type { ApolloServerPlugin, GraphQLRequestListener } from '@apollo/server';
import { Plugin } from '@nestjs/apollo';
import { Inject } from '@nestjs/common';
import { GraphQLError, Kind, type OperationDefinitionNode } from 'graphql';
import type { Logger } from 'pino';
import { RefusedAccess } from '../access';
import { LOGGER } from '../platform.module';
import type { GraphqlContext } from './caller';
import { formatterOf } from './errors';

const MOST_FIELDS = 5;
/** The names of the fields at the root of an operation, which are of the schema: `leads, search`. */
const operationText = ({ operation, selectionSet: { selections } }: OperationDefinitionNode): string => {
  const fields = selections.flatMap((one) => (one.kind === Kind.FIELD ? [one.name.value] : []));
  return `${operation} ${[...new Set(fields)].sort().slice(0, MOST_FIELDS).join(', ')}`.trim();
};

/** Tells in the answer why personal values are not in it, and has refused access recorded. */
@Plugin()
export class AccessWatch implements ApolloServerPlugin {
  private readonly format: ReturnType<typeof formatterOf>;

  constructor(
    private readonly refused: RefusedAccess,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.format = formatterOf(logger);
  }

  async requestDidStart(): Promise<GraphQLRequestListener<GraphqlContext>> {
    return {
      willSendResponse: async ({ operation, contextValue: { caller, reads }, response: { body } }) => {
        if (body.kind !== 'single') return;
        const { singleResult } = body;
        if (reads?.withheld) {
          const reported = this.format(new GraphQLError(reads.withheld.message).toJSON(), reads.withheld);
          singleResult.errors = [...(singleResult.errors ?? []), reported];
        }
        const codes = new Set(singleResult.errors?.map(({ extensions }) => String(extensions?.['code'])));
        for (const code of codes) this.refused.note(operation ? operationText(operation) : 'query', code, caller);
      },
    };
  }
}
