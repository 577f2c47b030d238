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
  description: 'Where a deal stands.',
  valuesMap: {
    OPEN: { description: 'Not closed, or opened again.' },
    WON: { description: 'The customer signed.' },
    LOST: { description: 'It will not happen.' },
  },
});

@ObjectType('ContactRole', { description: 'A person who takes part in a deal.' })
class ContactRoleType {
  @Field(() => ID, { description: 'The person.' })
  leadId!: string;
  @Field(() => String, { nullable: true, description: 'The person’s role: decision-maker, champion, user …' })
  role!: string | null;
}

@ObjectType('Opportunity', { description: 'A deal as it stands.' })
class OpportunityType {
  @Field(() => ID, { description: 'The deal’s id.' })
  opportunityId!: string;
  @Field(() => OpportunityStatus, { description: 'Open, won or lost; a reopened deal is open.' })
  status!: DealStatus;
  @Field(() => String, { description: 'The stage of the pipeline; of a closed deal the one it was in.' })
  stage!: string;
  @Field(() => String, { nullable: true, description: 'What the team calls it.' })
  name!: string | null;
  @Field(() => String, { nullable: true, description: 'The company we deal with.' })
  account!: string | null;
  @Field(() => String, { nullable: true, description: 'What is sold.' })
  product!: string | null;
  @Field(() => String, { nullable: true, description: 'The rep who owns it.' })
  owner!: string | null;
  @Field(() => String, { nullable: true, description: 'Where it came from.' })
  source!: string | null;
  @Field(() => MoneyType, { nullable: true, description: 'What it is worth; after a correction the corrected amount.' })
  amount!: MoneyType | null;
  @Field(() => InstantScalar, { description: 'When it was opened.' })
  openedAt!: string;
  @Field(() => InstantScalar, { nullable: true, description: 'When it closed; null while it is open.' })
  closedAt!: string | null;
  @Field(() => DayScalar, { nullable: true, description: 'When it is, or was, expected to close.' })
  expectedCloseOn!: string | null;
  @Field(() => Float, {
    nullable: true,
    description:
      'Days of 24 hours from opening to the standing close; null while it is open, and where it closed before it opened.',
  })
  cycleDays!: number | null;
  @Field(() => String, { nullable: true, description: 'Why it was lost.' })
  lossReason!: string | null;
  @Field(() => String, { nullable: true, description: 'Who won it instead.' })
  competitor!: string | null;
  @Field(() => [ContactRoleType], { description: 'The people who take part, in the order they joined.' })
  contacts!: readonly ContactRoleType[];
  @Field(() => Int, { description: 'How many offers were made.' })
  proposals!: number;
  @Field(() => InstantScalar, { nullable: true, description: 'When the latest offer was made.' })
  lastProposalAt!: string | null;
  @Field(() => Int, { description: 'How often it was opened again.' })
  reopenings!: number;
}
const OpportunityConnection = connectionOf('Opportunity', OpportunityType);

const only = (what: string) => ({ nullable: true, description: `Only deals ${what}.` });

@ArgsType()
class OpportunityArgs extends ReadArgs {
  @IsString()
  @MaxLength(128)
  @Field(() => ID, { description: 'The deal’s id.' })
  opportunityId!: string;
}

@ArgsType()
class OpportunitiesArgs extends PageArgs {
  @IsOptional()
  @Field(() => OpportunityStatus, only('that stand so'))
  status?: DealStatus;
  @FilterField('Only deals in these stages.')
  stage?: ValueFilterInput;
  @FilterField('Only deals with these companies.')
  account?: ValueFilterInput;
  @FilterField('Only deals about these products.')
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

  @Query(() => OpportunityType, { nullable: true, description: 'One deal; null when there is none of this id.' })
  @Allow(...everyRole)
  async opportunity(@Args() { opportunityId, asOf }: OpportunityArgs): Promise<OpportunityType | null> {
    const deal = await this.models.asOf(asOf).get(deals, opportunityId);
    return deal ? node(deal) : null;
  }

  @Query(() => OpportunityConnection, { description: 'Deals that meet all conditions, the newest opened first.' })
  @Allow(...everyRole)
  opportunities(@Args() { first, after, asOf, ...filter }: OpportunitiesArgs): Promise<Connection<OpportunityType>> {
    const { status, stage, account, product, owner, source } = filter;
    const where = conditionsOf({ status, stage, account, product, owner, source });
    const orderBy = [{ column: 'openedAt', descending: true }];
    return readPage(this.models.asOf(asOf), deals, { first, after, where, orderBy }, node);
  }
}
