import { Field, Float, Int, ObjectType } from '@nestjs/graphql';
import { PerCurrency } from '@baton/platform/graphql';

@ObjectType({ description: 'How many journeys a data-driven model has seen of a row.' })
export class Support {
  @Field(() => Float, { description: 'Journeys with the channel.' })
  journeys!: number;
  @Field(() => Float, { description: 'Those of them that converted.' })
  converted!: number;
}

@ObjectType({ description: 'Where 95 of 100 resampled periods put a figure.' })
export class Interval {
  @Field(() => Float, { description: 'The 2.5 percentile.' })
  low!: number;
  @Field(() => Float, { description: 'The 97.5 percentile.' })
  high!: number;
}

@PerCurrency()
@ObjectType({ description: 'What is lost of the revenue in one currency without a channel.' })
export class RevenueEffect {
  @Field(() => String, { description: 'ISO 4217 code.' })
  currency!: string;
  @Field(() => Float, { description: 'The part of all revenue in it, 0 to 1.' })
  effect!: number;
}

@ObjectType({ description: 'One entry of the transition matrix of a Markov chain.' })
export class StateTransition {
  @Field(() => String, { description: '`(start)`, or the last channels, `a > b`.' })
  from!: string;
  @Field(() => String, { description: 'The channels then, `(conversion)` or `(null)`.' })
  to!: string;
  @Field(() => Float, { description: 'Journeys that went this way.' })
  count!: number;
  @Field(() => Float, { description: 'Of all that left the state, 0 to 1.' })
  probability!: number;
}

@ObjectType({ description: 'The journeys that a data-driven model has learnt from: those with a touch.' })
export class TrainingSet {
  @Field(() => Int, { description: 'Won deals.' })
  converted!: number;
  @Field(() => Int, { description: 'Lost deals.' })
  ended!: number;
  @Field(() => Int, { description: 'Open deals, where they were asked for.' })
  open!: number;
}
