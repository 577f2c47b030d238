import { Args, ArgsType, Field, ID, ObjectType, Query, Resolver } from '@nestjs/graphql';
import { wordKey, type Where } from '@baton/kernel';
import { ReadModels, readPage, type Connection } from '@baton/platform/documents';
import { Allow, connectionOf, DayScalar, everyRole, MoneyType, PageArgs } from '@baton/platform/graphql';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { spendWithoutCampaign } from './spend-without-campaign.projection';

@ObjectType('SpendWithoutCampaign', { description: 'Spend without a campaign.' })
class SpendType {
  @Field(() => ID, { description: 'Id of the record.' })
  spendId!: string;
  @Field(() => DayScalar, { description: 'Day on which the money was spent.' })
  day!: string;
  @Field(() => String, { nullable: true, description: 'The channel as it was recorded.' })
  channel!: string | null;
  @Field(() => String, { nullable: true, description: 'The source as it was recorded.' })
  source!: string | null;
  @Field(() => String, { nullable: true, description: 'The medium as it was recorded.' })
  medium!: string | null;
  @Field(() => MoneyType, { description: 'Amount spent; negative for a credit note.' })
  amount!: MoneyType;
}
const SpendConnection = connectionOf('SpendWithoutCampaign', SpendType);

@ArgsType()
class SpendArgs extends PageArgs {
  @IsOptional()
  @IsString()
  @Field(() => DayScalar, { nullable: true, description: 'From this day on.' })
  from?: string;
  @IsOptional()
  @IsString()
  @Field(() => DayScalar, { nullable: true, description: 'Before this day.' })
  to?: string;
  @IsOptional()
  @IsString()
  @MaxLength(500)
  @Field(() => String, { nullable: true, description: 'Only spend recorded for this channel; case is ignored.' })
  channel?: string;
}

@Resolver()
export class SpendResolver {
  constructor(private readonly models: ReadModels) {}

  @Query(() => SpendConnection, {
    description:
      'Spend without a campaign, the latest day first; `roas(by: CAMPAIGN)` shows it in the row with key null.',
  })
  @Allow(...everyRole)
  spendWithoutCampaign(
    @Args() { first, after, last, before, asOf, from, to, channel }: SpendArgs,
  ): Promise<Connection<SpendType>> {
    const where: Where = {
      ...((from !== undefined || to !== undefined) && {
        day: { ...(from !== undefined && { gte: from }), ...(to !== undefined && { lt: to }) },
      }),
      ...(channel !== undefined && { channelKey: { eq: wordKey(channel) } }),
    };
    const orderBy = [{ column: 'day', descending: true }];
    return readPage(
      this.models.asOf(asOf),
      spendWithoutCampaign,
      { first, after, last, before, where, orderBy },
      (doc) => doc,
    );
  }
}
