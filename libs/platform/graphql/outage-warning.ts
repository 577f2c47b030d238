import type { ApolloServerPlugin, GraphQLRequestListener } from '@apollo/server';
import { Plugin } from '@nestjs/apollo';
import { EventLog, type Position } from '@baton/kernel';
import { Runner } from '../runner';

/** While the log is away the read models hardly move. */
const CACHE_MS = 1_000;

/** Says beside the answer of a query that the log was away, and how far the read models that answered it had come. */
@Plugin()
export class OutageWarning implements ApolloServerPlugin {
  private cached: { readonly untilMs: number; readonly position: Promise<Position | undefined> } | undefined;

  constructor(
    private readonly log: EventLog,
    private readonly runner: Runner,
  ) {}

  async requestDidStart(): Promise<GraphQLRequestListener<object>> {
    return {
      willSendResponse: async ({ operation, response: { body } }) => {
        const outage = this.log.availability();
        if (operation?.operation !== 'query' || outage.state === 'available' || body.kind !== 'single') return;
        const position = await this.position();
        if (position === undefined) return; // the documents are away, too: the answer says so itself
        const warning = {
          code: 'log/unavailable',
          message: 'The log does not answer; the read models answered as of `position`.',
          ...{ since: outage.since, position },
        };
        body.singleResult.extensions = { ...body.singleResult.extensions, warnings: [warning] };
      },
    };
  }

  private position(): Promise<Position | undefined> {
    if (!this.cached || performance.now() > this.cached.untilMs)
      this.cached = {
        untilMs: performance.now() + CACHE_MS,
        position: this.runner.readModelsPosition().catch(() => undefined),
      };
    return this.cached.position;
  }
}
