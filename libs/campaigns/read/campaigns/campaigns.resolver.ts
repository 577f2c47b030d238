import { Args, ArgsType, Field, ID, ObjectType, Query, Resolver } from '@nestjs/graphql';
import { wordKey, type Where } from '@baton/kernel';
import { ReadModels, readPage, type Connection } from '@baton/platform/documents';
import { Allow, connectionOf, DayScalar, everyRole, InstantScalar, MoneyType, PageArgs } from '@baton/platform/graphql';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { campaignList, spentIn, type CampaignDocument } from './campaigns.projection';

@ObjectType('Campaign', { description: 'A campaign and its spend.' })
class CampaignType {
  @Field(() => ID, { description: 'Id of the campaign; touches state it in `campaign`.' })
  campaignId!: string;
  @Field(() => String, { description: 'Name of the campaign.' })
  name!: string;
  @Field(() => String, { nullable: true, description: 'Main channel.' })
  channel!: string | null;
  @Field(() => DayScalar, { nullable: true, description: 'First day.' })
  startsOn!: string | null;
  @Field(() => DayScalar, { nullable: true, description: 'Last day.' })
  endsOn!: string | null;
  @Field(() => InstantScalar, { description: 'When it was planned.' })
  createdAt!: string;
  @Field(() => [MoneyType], { description: 'Spend so far, one amount per currency.' })
  spend!: readonly MoneyType[];
}
const CampaignConnection = connectionOf('Campaign', CampaignType);

@ArgsType()
class CampaignsArgs extends PageArgs {
  @IsOptional()
  @IsString()
  @MaxLength(200)
  @Field(() => String, { nullable: true, description: 'Only campaigns of this channel; case is ignored.' })
  channel?: string;
}

const node = (doc: CampaignDocument): CampaignType => ({ ...doc, spend: spentIn(doc) });

@Resolver()
export class CampaignsResolver {
  constructor(private readonly models: ReadModels) {}

  @Query(() => CampaignConnection, { description: 'The campaigns, newest first.' })
  @Allow(...everyRole)
  campaigns(@Args() { first, after, last, before, asOf, channel }: CampaignsArgs): Promise<Connection<CampaignType>> {
    const where: Where = channel === undefined ? {} : { channelKey: { eq: wordKey(channel) } };
    const orderBy = [{ column: 'createdAt', descending: true }];
    return readPage(this.models.asOf(asOf), campaignList, { first, after, last, before, where, orderBy }, node);
  }
}
