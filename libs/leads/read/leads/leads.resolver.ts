import { Args, ArgsType, Field, ID, Int, ObjectType, Query, Resolver } from '@nestjs/graphql';
import { boundsOf, enumeration, Journal, Refused, type Instant, type Sealed } from '@baton/kernel';
import type { CallerIdentity } from '@baton/platform/access';
import { ReadModels, searchWhere, type AsOf } from '@baton/platform/documents';
import {
  Allow,
  Caller,
  type Connection,
  connectionOf,
  enumOf,
  everyRole,
  FilterField,
  DayOrInstantScalar,
  InstantScalar,
  PageArgs,
  personalField,
  ReadArgs,
  readPage,
  readsPersonal,
  type ValueFilterInput,
} from '@baton/platform/graphql';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import type { StageName } from '../../write/lead/lead.model';
import { leads, type LeadDocument, type StageMove } from './leads.projection';
import { leadById, whereOf } from './leads.query';

const personal = (description: string) => ({
  nullable: true,
  description: `${description} Null after an erasure, and for callers who do not work with leads by name.`,
  middleware: [personalField],
});

export const LeadStageEnum = enumOf(
  enumeration<StageName>('LeadStage', 'Where a person stands in the lifecycle.', {
    lead: 'Known, and not qualified yet.',
    mql: 'Qualified by what marketing and sales agreed on.',
    'handed-off': 'Handed to a rep, who has not answered yet.',
    sal: 'Accepted by the rep.',
    sql: 'Qualified by sales.',
    opportunity: 'On an open deal.',
    customer: 'A deal was won.',
    rejected: 'Given back by the rep before it was accepted, or after.',
    recycled: 'Back with marketing, for later.',
    disqualified: 'Never to be sold to.',
  }),
);

@ObjectType('StageMove', { description: 'One move of a person through the lifecycle.' })
class StageMoveType {
  @Field(() => LeadStageEnum, { description: 'The stage it came to.' })
  stage!: StageName;
  @Field(() => InstantScalar, { description: 'When it happened.' })
  at!: Instant;
  @Field(() => String, { description: 'Who or what caused it.' })
  by!: string;
  @Field(() => String, { nullable: true, description: 'The definition and version that decided, `mql@3`.' })
  definition?: string;
  @Field(() => String, { nullable: true, description: 'The salesperson.' })
  rep?: string;
  @Field(() => String, { nullable: true, description: 'Why.' })
  reason?: string;
  @Field(() => String, personal('The rep’s own words.'))
  note?: Sealed;
  @Field(() => Boolean, { description: 'Did another system decide it?' })
  external!: boolean;
}

@ObjectType('TouchCounts', { description: 'Contacts with the person, by the team that made them.' })
class TouchCountsType {
  @Field(() => Int, { description: 'By marketing.' })
  marketing!: number;
  @Field(() => Int, { description: 'By sales.' })
  sales!: number;
}

@ObjectType('Lead', { description: 'A person we may sell to.' })
export class LeadType {
  @Field(() => ID, { description: 'The lead’s id.' })
  leadId!: string;
  @Field(() => String, personal('E-mail address.'))
  email?: Sealed;
  @Field(() => String, personal('Full name.'))
  name?: Sealed;
  @Field(() => String, personal('Phone number.'))
  phone?: Sealed;
  @Field(() => String, personal('What the person says to be interested in.'))
  interests?: Sealed;
  @Field(() => String, personal('What the person wants solved.'))
  problems?: Sealed;
  @Field(() => String, { nullable: true, description: 'Job title.' })
  title?: string;
  @Field(() => String, { nullable: true, description: 'Company the person works for.' })
  company?: string;
  @Field(() => String, { nullable: true, description: 'Industry of the company.' })
  industry?: string;
  @Field(() => Int, { nullable: true, description: 'Number of employees of the company.' })
  employees?: number;
  @Field(() => String, { nullable: true, description: 'Country.' })
  country?: string;
  @Field(() => String, { nullable: true, description: 'Region or state.' })
  region?: string;
  @Field(() => String, { nullable: true, description: 'The id in the system the lead comes from, `crm:00Q5e`.' })
  externalId?: string;
  @Field(() => String, { nullable: true, description: 'Where the lead came from.' })
  source?: string;
  @Field(() => String, { nullable: true, description: 'Who looks after the lead.' })
  owner?: string;
  @Field(() => InstantScalar, { nullable: true, description: 'When the person became known.' })
  capturedAt?: Instant;
  @Field(() => LeadStageEnum, { description: 'Its stage, or the disposition that ended the last one.' })
  stage!: StageName;
  @Field(() => InstantScalar, { nullable: true, description: 'When it came to that stage.' })
  stageSince?: Instant;
  @Field(() => String, { nullable: true, description: 'The salesperson it was last handed to.' })
  rep?: string;
  @Field(() => Int, { description: 'How often it was handed to sales.' })
  handoffs!: number;
  @Field(() => InstantScalar, { nullable: true, description: 'When a recycled lead is taken up again by itself.' })
  reengageAt?: Instant;
  @Field(() => TouchCountsType, {
    description: 'How often each team was in contact; `lead` counts merged leads too.',
  })
  touches!: TouchCountsType;
  @Field(() => InstantScalar, { nullable: true, description: 'The earliest contact.' })
  firstTouchAt?: Instant;
  @Field(() => InstantScalar, { nullable: true, description: 'The latest contact.' })
  lastTouchAt?: Instant;
  @Field(() => [ID], { description: 'The deals the person is on.' })
  opportunityIds!: readonly string[];
  @Field(() => [ID], { description: 'The anonymous visitors that turned out to be this person.' })
  visitorIds!: readonly string[];
  @Field(() => [ID], { description: 'Leads that turned out to be this person.' })
  mergedLeadIds!: readonly string[];
  @Field(() => ID, { nullable: true, description: 'The lead that this one was merged into.' })
  mergedInto?: string;
  @Field(() => [StageMoveType], { description: 'The last 100 moves, oldest first.' })
  history!: StageMoveType[];
  /** The cut at which it was asked for: what belongs to it is answered at the same. */
  cut?: AsOf;
}
const LeadConnection = connectionOf('Lead', LeadType);

@ArgsType()
class LeadArgs extends ReadArgs {
  @IsString()
  @MaxLength(128)
  @Field(() => ID, { description: 'The lead’s id.' })
  leadId!: string;
}

const search = (what: string) => ({
  nullable: true,
  description: `Only people with ${what}. For callers who work with leads by name.`,
});

@ArgsType()
class LeadsArgs extends PageArgs {
  @IsOptional()
  @Field(() => LeadStageEnum, { nullable: true, description: 'Only at this stage.' })
  stage?: StageName;
  @FilterField('Only those these owners look after.')
  owner?: ValueFilterInput;
  @FilterField('Only those handed to these reps.')
  rep?: ValueFilterInput;
  @FilterField('Only from these sources.')
  source?: ValueFilterInput;
  @FilterField('Only from these countries.')
  country?: ValueFilterInput;
  @IsOptional()
  @IsString()
  @MaxLength(320)
  @Field(() => String, search('this e-mail address, in upper or lower case'))
  email?: string;
  @IsOptional()
  @IsString()
  @MaxLength(300)
  @Field(() => String, search('all these words in the name, whole words in upper or lower case'))
  name?: string;
  @IsOptional()
  @IsString()
  @MaxLength(50)
  @Field(() => String, search('these digits as the phone number'))
  phone?: string;
  @IsOptional()
  @IsString()
  @Field(() => DayOrInstantScalar, { nullable: true, description: 'Captured on this day, at this instant or after.' })
  capturedFrom?: string;
  @IsOptional()
  @IsString()
  @Field(() => DayOrInstantScalar, { nullable: true, description: 'Captured before this day or instant.' })
  capturedTo?: string;
  @IsOptional()
  @IsString()
  @MaxLength(100)
  @Field(() => String, { nullable: true, description: 'IANA zone of days and months; UTC by default.' })
  timeZone?: string;
}

const moveNode = (move: StageMove): StageMoveType => ({ ...move, external: move.external ?? false });
export const leadNode = (doc: LeadDocument, cut?: AsOf): LeadType => ({
  ...doc,
  history: doc.history.map(moveNode),
  ...(cut && { cut }),
});

@Resolver()
export class LeadsResolver {
  constructor(
    private readonly models: ReadModels,
    private readonly journal: Journal,
  ) {}

  @Query(() => LeadType, {
    nullable: true,
    description: 'One lead. A survivor’s touches include those of the leads merged into it.',
  })
  @Allow(...everyRole)
  async lead(@Args() { leadId, asOf }: LeadArgs): Promise<LeadType | null> {
    const doc = await leadById(this.models.asOf(asOf), { leadId });
    return doc ? leadNode(doc, asOf) : null;
  }

  @Query(() => LeadConnection, {
    description: 'Leads, newest first. A lead that was merged into another is left out of list and count.',
  })
  @Allow(...everyRole)
  async leads(
    @Args()
    { first, after, atLeast: _, asOf, email, name, phone, capturedFrom, capturedTo, timeZone, ...filters }: LeadsArgs,
    @Caller() caller: CallerIdentity,
  ): Promise<Connection<LeadType>> {
    const personal = { email, name, phone };
    const asked = Object.entries(personal).find(([, value]) => value !== undefined && value !== null);
    // Whoever may not see an address must not find out by asking either.
    if (asked && !readsPersonal(caller))
      throw new Refused('access/denied', 'Only who works with leads by name may search by it.', asked[0]);
    const { from, to } = boundsOf({ from: capturedFrom, to: capturedTo, timeZone });
    const captured = { ...(from && { capturedFrom: from }), ...(to && { capturedTo: to }) };
    const where = { ...whereOf({ ...filters, ...captured }), ...(await searchWhere(this.journal, leads, personal)) };
    const orderBy = [{ column: 'capturedAt', descending: true }];
    return readPage(this.models.asOf(asOf), leads, { first, after, where, orderBy }, (doc) => leadNode(doc, asOf));
  }
}
