import { Args, ArgsType, Field, Float, ID, Int, ObjectType, Query, Resolver, registerEnumType } from '@nestjs/graphql';
import { conditionsOf, DAY_MS } from '@baton/kernel';
import { ReadModels } from '@baton/platform/documents';
import {
  Allow,
  type Connection,
  connectionOf,
  DayScalar,
  everyRole,
  FilterField,
  InstantScalar,
  MoneyType,
  PageArgs,
  ReadArgs,
  readPage,
  type ValueFilterInput,
} from '@baton/platform/graphql';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { deals, type Deal, type DealStatus } from './deals.projection';

const OpportunityStatus = { OPEN: 'open', WON: 'won', LOST: 'lost' } as const satisfies Record<string, DealStatus>;
registerEnumType(OpportunityStatus, {
  name: 'OpportunityStatus',
  description: 'Status of a deal.',
  valuesMap: {
    OPEN: { description: 'Not closed, or reopened.' },
    WON: { description: 'The customer signed.' },
    LOST: { description: 'The deal was lost.' },
  },
});

@ObjectType('ContactRole', { description: 'A person with a role in a deal.' })
class ContactRoleType {
  @Field(() => ID, { description: 'Id of the lead.' })
  leadId!: string;
  @Field(() => String, { nullable: true, description: 'Role of the person: decision-maker, champion, user …' })
  role!: string | null;
}

@ObjectType('Opportunity', { description: 'A deal in its current state.' })
class OpportunityType {
  @Field(() => ID, { description: 'Id of the deal.' })
  opportunityId!: string;
  @Field(() => OpportunityStatus, { description: 'Open, won or lost; a reopened deal is open.' })
  status!: DealStatus;
  @Field(() => String, { description: 'Pipeline stage; for a closed deal the last one.' })
  stage!: string;
  @Field(() => String, { nullable: true, description: 'Name of the deal.' })
  name!: string | null;
  @Field(() => String, { nullable: true, description: 'Company of the deal.' })
  account!: string | null;
  @Field(() => String, { nullable: true, description: 'Product sold.' })
  product!: string | null;
  @Field(() => String, { nullable: true, description: 'Rep who owns the deal.' })
  owner!: string | null;
  @Field(() => String, { nullable: true, description: 'Source of the deal.' })
  source!: string | null;
  @Field(() => MoneyType, { nullable: true, description: 'Amount of the deal; after a correction the corrected one.' })
  amount!: MoneyType | null;
  @Field(() => InstantScalar, { description: 'When it was opened.' })
  openedAt!: string;
  @Field(() => InstantScalar, { nullable: true, description: 'When it closed; null while it is open.' })
  closedAt!: string | null;
  @Field(() => DayScalar, { nullable: true, description: 'Expected close date.' })
  expectedCloseOn!: string | null;
  @Field(() => Float, {
    nullable: true,
    description:
      'Days of 24 hours from the opening to the current close; null while the deal is open, or if the close is dated before the opening.',
  })
  cycleDays!: number | null;
  @Field(() => String, { nullable: true, description: 'Loss reason.' })
  lossReason!: string | null;
  @Field(() => String, { nullable: true, description: 'Competitor that won it.' })
  competitor!: string | null;
  @Field(() => [ContactRoleType], { description: 'People with a role in the deal, in the order in which they got it.' })
  contacts!: readonly ContactRoleType[];
  @Field(() => Int, { description: 'Number of proposals sent.' })
  proposals!: number;
  @Field(() => InstantScalar, { nullable: true, description: 'When the latest proposal was sent.' })
  lastProposalAt!: string | null;
  @Field(() => Int, { description: 'How often the deal was reopened.' })
  reopenings!: number;
}
const OpportunityConnection = connectionOf('Opportunity', OpportunityType);

const only = (what: string) => ({ nullable: true, description: `Only deals ${what}.` });

@ArgsType()
class OpportunityArgs extends ReadArgs {
  @IsString()
  @MaxLength(128)
  @Field(() => ID, { description: 'Id of the deal.' })
  opportunityId!: string;
}

@ArgsType()
class OpportunitiesArgs extends PageArgs {
  @IsOptional()
  @Field(() => OpportunityStatus, only('with this status'))
  status?: DealStatus;
  @FilterField('Only deals in these stages.')
  stage?: ValueFilterInput;
  @FilterField('Only deals of these companies.')
  account?: ValueFilterInput;
  @FilterField('Only deals for these products.')
  product?: ValueFilterInput;
  @FilterField('Only deals of these reps.')
  owner?: ValueFilterInput;
  @FilterField('Only deals from these sources.')
  source?: ValueFilterInput;
}

const node = ({ amountMinor, currency, cycleMs, ...deal }: Deal): OpportunityType => ({
  ...deal,
  amount: amountMinor === null || currency === null ? null : { minor: amountMinor, currency },
  cycleDays: cycleMs === null ? null : cycleMs / DAY_MS,
});

@Resolver()
export class DealsResolver {
  constructor(private readonly models: ReadModels) {}

  @Query(() => OpportunityType, { nullable: true, description: 'One deal; null if there is none with this id.' })
  @Allow(...everyRole)
  async opportunity(@Args() { opportunityId, asOf }: OpportunityArgs): Promise<OpportunityType | null> {
    const deal = await this.models.asOf(asOf).get(deals, opportunityId);
    return deal ? node(deal) : null;
  }

  @Query(() => OpportunityConnection, { description: 'Deals that match all filters, the most recently opened first.' })
  @Allow(...everyRole)
  opportunities(@Args() { first, after, asOf, ...filter }: OpportunitiesArgs): Promise<Connection<OpportunityType>> {
    const { status, stage, account, product, owner, source } = filter;
    const where = conditionsOf({ status, stage, account, product, owner, source });
    const orderBy = [{ column: 'openedAt', descending: true }];
    return readPage(this.models.asOf(asOf), deals, { first, after, where, orderBy }, node);
  }
}
