import { Args, Resolver, Subscription } from '@nestjs/graphql';
import { EventLog, type ObjectOf } from '@baton/kernel';
import { AfterArgs, Allow, EndSignal, everyRole, objectTypeOf, positionsOf } from '@baton/platform/graphql';
import { Runner } from '@baton/platform/runner';
import { statusAt, statusOf } from './status.report';

/** Made before the schema is. */
const StatusAtType = objectTypeOf(statusAt);
type StatusAt = ObjectOf<(typeof statusAt)['fields']>;

@Resolver()
export class StatusResolver {
  constructor(
    private readonly runner: Runner,
    private readonly log: EventLog,
  ) {}

  @Subscription(() => StatusAtType, {
    name: 'status',
    description: 'How far every read model and policy has come: now, and whenever the log has grown.',
    resolve: (answer: StatusAt) => answer,
  })
  @Allow(...everyRole)
  async *follow(@Args() { after }: AfterArgs, @EndSignal() signal: AbortSignal): AsyncGenerator<StatusAt> {
    for await (const position of positionsOf(this.log, { after, signal })) {
      // Who is behind for long is shown behind.
      await this.runner.waitFor(position, 'all').catch(() => undefined);
      yield { position, followers: await statusOf(this.runner) };
    }
  }
}
