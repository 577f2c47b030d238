import { Args, ArgsType, Field, ID, ObjectType, Query, Resolver } from '@nestjs/graphql';
import { wordKey, type Where } from '@baton/kernel';
import { ReadModels } from '@baton/platform/documents';
import {
  Allow,
  connectionOf,
  DayScalar,
  everyRole,
  InstantScalar,
  MoneyType,
  PageArgs,
  readPage,
  type Connection,
} from '@baton/platform/graphql';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { campaignList, spentIn, type CampaignDocument } from './campaigns.projection';

@ObjectType('Campaign', { description: 'Marketing’s work and what it cost.' })
class CampaignType {
  @Field(() => ID, { description: 'The campaign’s id; touches name it in `campaign`.' })
  campaignId!: string;
  @Field(() => String, { description: 'What the team calls it.' })
  name!: string;
  @Field(() => String, { nullable: true, description: 'The channel it mainly uses.' })
  channel!: string | null;
  @Field(() => DayScalar, { nullable: true, description: 'The first day.' })
  startsOn!: string | null;
  @Field(() => DayScalar, { nullable: true, description: 'The last day.' })
  endsOn!: string | null;
  @Field(() => InstantScalar, { description: 'When it was planned.' })
  createdAt!: string;
  @Field(() => [MoneyType], { description: 'What it has cost, one amount a currency.' })
  spend!: readonly MoneyType[];
}
const CampaignConnection = connectionOf('Campaign', CampaignType);

@ArgsType()
class CampaignsArgs extends PageArgs {
  @IsOptional()
  @IsString()
  @MaxLength(200)
  @Field(() => String, { nullable: true, description: 'Only campaigns of this channel, in whatever spelling.' })
  channel?: string;
}

const node = (doc: CampaignDocument): CampaignType => ({ ...doc, spend: spentIn(doc) });

@Resolver()
export class CampaignsResolver {
  constructor(private readonly models: ReadModels) {}

  @Query(() => CampaignConnection, { description: 'The campaigns, newest first.' })
  @Allow(...everyRole)
  campaigns(@Args() { first, after, asOf, channel }: CampaignsArgs): Promise<Connection<CampaignType>> {
    const where: Where = channel === undefined ? {} : { channelKey: { eq: wordKey(channel) } };
    const orderBy = [{ column: 'createdAt', descending: true }];
    return readPage(this.models.asOf(asOf), campaignList, { first, after, where, orderBy }, node);
  }
}
