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
  description: `${description} Null after an erasure, and for roles without access to personal data.`,
  middleware: [personalField],
});

export const LeadStageEnum = enumOf(
  enumeration<StageName>('LeadStage', 'The lifecycle stage of a lead, or the disposition that ended it.', {
    lead: 'Captured, and not qualified yet.',
    mql: 'Marketing-qualified under the agreed definition.',
    'handed-off': 'Handed to a rep who has not answered yet.',
    sal: 'Accepted by the rep.',
    sql: 'Qualified by sales.',
    opportunity: 'On an open deal.',
    customer: 'A deal was won.',
    rejected: 'Rejected by the rep, before or after accepting it.',
    recycled: 'Returned to marketing for nurturing.',
    disqualified: 'Disqualified for good.',
  }),
);

@ObjectType('StageMove', { description: 'One change of the lifecycle stage of a lead.' })
class StageMoveType {
  @Field(() => LeadStageEnum, { description: 'The new stage.' })
  stage!: StageName;
  @Field(() => InstantScalar, { description: 'When it happened.' })
  at!: Instant;
  @Field(() => String, { description: 'The user or system that caused it.' })
  by!: string;
  @Field(() => String, { nullable: true, description: 'The definition and version that decided, `mql@3`.' })
  definition?: string;
  @Field(() => String, { nullable: true, description: 'The salesperson.' })
  rep?: string;
  @Field(() => String, { nullable: true, description: 'The reason.' })
  reason?: string;
  @Field(() => String, personal('The comment of the rep.'))
  note?: Sealed;
  @Field(() => Boolean, { description: 'True if another system made the decision.' })
  external!: boolean;
}

@ObjectType('TouchCounts', { description: 'Number of touches by team.' })
class TouchCountsType {
  @Field(() => Int, { description: 'Touches by marketing.' })
  marketing!: number;
  @Field(() => Int, { description: 'Touches by sales.' })
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
  @Field(() => String, { nullable: true, description: 'The id of the lead in another system, `crm:00Q5e`.' })
  externalId?: string;
  @Field(() => String, { nullable: true, description: 'Where the lead came from.' })
  source?: string;
  @Field(() => String, { nullable: true, description: 'The owner of the lead.' })
  owner?: string;
  @Field(() => InstantScalar, { nullable: true, description: 'When the lead was captured.' })
  capturedAt?: Instant;
  @Field(() => LeadStageEnum, { description: 'The current stage, or the disposition that ended the last one.' })
  stage!: StageName;
  @Field(() => InstantScalar, { nullable: true, description: 'When it reached that stage.' })
  stageSince?: Instant;
  @Field(() => String, { nullable: true, description: 'The rep it was last handed to.' })
  rep?: string;
  @Field(() => Int, { description: 'Number of handoffs.' })
  handoffs!: number;
  @Field(() => InstantScalar, { nullable: true, description: 'When a recycled lead is re-engaged automatically.' })
  reengageAt?: Instant;
  @Field(() => TouchCountsType, {
    description: 'Number of touches by team; those of merged leads are included.',
  })
  touches!: TouchCountsType;
  @Field(() => InstantScalar, { nullable: true, description: 'When the first touch took place.' })
  firstTouchAt?: Instant;
  @Field(() => InstantScalar, { nullable: true, description: 'When the latest touch took place.' })
  lastTouchAt?: Instant;
  @Field(() => [ID], { description: 'The deals the lead has a role in.' })
  opportunityIds!: readonly string[];
  @Field(() => [ID], { description: 'The anonymous visitors that were identified as this lead.' })
  visitorIds!: readonly string[];
  @Field(() => [ID], { description: 'Leads that were merged into this one.' })
  mergedLeadIds!: readonly string[];
  @Field(() => ID, { nullable: true, description: 'The survivor that this lead is merged into.' })
  mergedInto?: string;
  @Field(() => [StageMoveType], { description: 'The last 100 stage changes, oldest first.' })
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
  description: `Only leads with ${what}. Requires a role with access to personal data.`,
});

@ArgsType()
class LeadsArgs extends PageArgs {
  @IsOptional()
  @Field(() => LeadStageEnum, { nullable: true, description: 'Only leads at this stage.' })
  stage?: StageName;
  @FilterField('Only leads of these owners.')
  owner?: ValueFilterInput;
  @FilterField('Only leads handed to these reps.')
  rep?: ValueFilterInput;
  @FilterField('Only leads from these sources.')
  source?: ValueFilterInput;
  @FilterField('Only leads from these countries.')
  country?: ValueFilterInput;
  @IsOptional()
  @IsString()
  @MaxLength(320)
  @Field(() => String, search('this e-mail address; case is ignored'))
  email?: string;
  @IsOptional()
  @IsString()
  @MaxLength(300)
  @Field(() => String, search('all these whole words in the name; case is ignored'))
  name?: string;
  @IsOptional()
  @IsString()
  @MaxLength(50)
  @Field(() => String, search('a phone number of these digits'))
  phone?: string;
  @IsOptional()
  @IsString()
  @Field(() => DayOrInstantScalar, { nullable: true, description: 'Captured on or after this day or instant.' })
  capturedFrom?: string;
  @IsOptional()
  @IsString()
  @Field(() => DayOrInstantScalar, { nullable: true, description: 'Captured before this day or instant.' })
  capturedTo?: string;
  @IsOptional()
  @IsString()
  @MaxLength(100)
  @Field(() => String, { nullable: true, description: 'IANA time zone of days and months; UTC by default.' })
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
    description:
      'One lead by id; null if there is none. The touches of a survivor include those of the leads merged into it.',
  })
  @Allow(...everyRole)
  async lead(@Args() { leadId, asOf }: LeadArgs): Promise<LeadType | null> {
    const doc = await leadById(this.models.asOf(asOf), { leadId });
    return doc ? leadNode(doc, asOf) : null;
  }

  @Query(() => LeadConnection, {
    description: 'Leads, newest first. Merged leads are left out of the list and the count.',
  })
  @Allow(...everyRole)
  async leads(
    @Args()
    { first, after, atLeast: _, asOf, email, name, phone, capturedFrom, capturedTo, timeZone, ...filters }: LeadsArgs,
    @Caller() caller: CallerIdentity,
  ): Promise<Connection<LeadType>> {
    const personal = { email, name, phone };
    const asked = Object.entries(personal).find(([, value]) => value !== undefined && value !== null);
    // A filter on a personal field would reveal its value to roles that may not read it.
    if (asked && !readsPersonal(caller))
      throw new Refused('access/denied', 'Your role may not search by personal data; leave this filter out.', asked[0]);
    const { from, to } = boundsOf({ from: capturedFrom, to: capturedTo, timeZone });
    const captured = { ...(from && { capturedFrom: from }), ...(to && { capturedTo: to }) };
    const where = { ...whereOf({ ...filters, ...captured }), ...(await searchWhere(this.journal, leads, personal)) };
    const orderBy = [{ column: 'capturedAt', descending: true }];
    return readPage(this.models.asOf(asOf), leads, { first, after, where, orderBy }, (doc) => leadNode(doc, asOf));
  }
}
