import { Args, Field, Int, ObjectType, Query, Resolver, Subscription } from '@nestjs/graphql';
import { enumeration, EventLog } from '@baton/kernel';
import { AfterArgs, Allow, EndSignal, enumOf, everyRole, positionsOf, ReadArgs } from '@baton/platform/graphql';
import { Runner, type FollowerStatus } from '@baton/platform/runner';

const KindEnum = enumOf(
  enumeration<FollowerStatus['kind']>('FollowerKind', 'What a follower of the log makes of the events.', {
    'read model': 'Documents that queries are answered from.',
    policy: 'Commands.',
    effect: 'Messages to another system.',
  }),
);

@ObjectType('ParkedSequence', {
  description: 'A sequence of events that waits because one of them could not be handled.',
})
class ParkedType {
  @Field(() => String, { description: 'The document, or the stream.' })
  sequence!: string;
  @Field(() => String, { description: 'Position of the event at fault.' })
  position!: string;
  @Field(() => String, { description: 'Why.' })
  code!: string;
}

@ObjectType('FollowerStatus', { description: 'How far a read model, a policy or an effect has followed the log.' })
class FollowerStatusType implements Omit<FollowerStatus, 'parked'> {
  @Field(() => String, { description: 'The generation of the read model, or the policy.' })
  name!: string;
  @Field(() => KindEnum, { description: 'What it makes of the events.' })
  kind!: FollowerStatus['kind'];
  @Field(() => String, { description: 'Everything up to here is handled.' })
  position!: string;
  @Field(() => Boolean, { description: 'Is that the end of the log?' })
  atTip!: boolean;
  @Field(() => Int, { description: 'Events it has taken.' })
  count!: number;
  @Field(() => String, { description: 'Sum of hashes of (position, id) of those events, mod 2^128, hex.' })
  digest!: string;
  @Field(() => String, { nullable: true, description: 'The process that runs it.' })
  holder!: string | undefined;
  @Field(() => [ParkedType], { description: 'What waits behind an event that could not be handled.' })
  parked!: ParkedType[];
}

@ObjectType('StatusAt', { description: 'How far everything had come at a moment.' })
class StatusAt {
  @Field(() => String, { description: 'The end of the log then; give it as `after` to go on from here.' })
  position!: string;
  @Field(() => [FollowerStatusType], { description: 'Every read model and policy.' })
  followers!: FollowerStatus[];
}

@Resolver()
export class StatusResolver {
  constructor(
    private readonly runner: Runner,
    private readonly log: EventLog,
  ) {}

  @Query(() => [FollowerStatusType], { description: 'How far every read model and policy has come.' })
  @Allow(...everyRole)
  status(@Args() _: ReadArgs): Promise<readonly FollowerStatus[]> {
    return this.runner.status();
  }

  @Subscription(() => StatusAt, {
    name: 'status',
    description: 'How far every read model and policy has come: now, and whenever the log has grown.',
    resolve: (answer: StatusAt) => answer,
  })
  @Allow(...everyRole)
  async *follow(@Args() { after }: AfterArgs, @EndSignal() signal: AbortSignal): AsyncGenerator<StatusAt> {
    for await (const position of positionsOf(this.log, { after, signal })) {
      // Who is behind for long is shown behind.
      await this.runner.waitFor(position, 'all').catch(() => undefined);
      yield { position, followers: [...(await this.runner.status())] };
    }
  }
}
