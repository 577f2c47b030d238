import { Args, ArgsType, Field, Float, ID, Int, ObjectType, Query, registerEnumType, Resolver } from '@nestjs/graphql';
import { boundsOf, Clock, conditionsOf, toMs, type Day, type Instant, type Sealed, type Where } from '@baton/kernel';
import { ReadModels, referenceInstantOf, type Connection, readPage } from '@baton/platform/documents';
import {
  Allow,
  connectionOf,
  DayScalar,
  enumOf,
  everyRole,
  FilterField,
  DayOrInstantScalar,
  InstantScalar,
  PageArgs,
  personalField,
  ReadArgs,
  type ValueFilterInput,
  Heavy,
} from '@baton/platform/graphql';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { supportKinds, type SupportKind } from '../../write/support-request/support-request.events';
import { supportRequests, type SupportRequestDocument, type SupportStatus } from './support-requests.projection';
import { servedDeals } from './support-requests.query';

const HOUR_MS = 3_600_000;
const SupportKindEnum = enumOf(supportKinds);
const SupportStatusEnum = {
  REQUESTED: 'requested',
  TAKEN: 'taken',
  DELIVERED: 'delivered',
  SERVED: 'served',
  WITHDRAWN: 'withdrawn',
} as const satisfies Record<string, SupportStatus>;
registerEnumType(SupportStatusEnum, {
  name: 'SupportStatus',
  description: 'Status of a support request.',
  valuesMap: {
    REQUESTED: { description: 'Nobody has taken it yet.' },
    TAKEN: { description: 'Somebody in marketing has taken it.' },
    DELIVERED: { description: 'It was delivered; the request is not closed yet.' },
    SERVED: { description: 'It was delivered and closed.' },
    WITHDRAWN: { description: 'It was closed without a delivery.' },
  },
});

@ObjectType('SupportRequest', { description: 'A request for support of a deal by marketing.' })
class SupportRequestType {
  @Field(() => ID, { description: 'Id of the request.' })
  supportId!: string;
  @Field(() => ID, { description: 'Deal that it supports.' })
  opportunityId!: string;
  @Field(() => SupportKindEnum, { description: 'Kind of support.' })
  kind!: SupportKind;
  @Field(() => ID, { description: 'Person on the deal whom it should convince.' })
  leadId!: string;
  @Field(() => String, {
    nullable: true,
    description: 'What is needed. Null after an erasure, and for callers who do not work with leads by name.',
    middleware: [personalField],
  })
  need!: Sealed | null;
  @Field(() => DayScalar, { nullable: true, description: 'Day by which it is needed.' })
  neededBy!: Day | null;
  @Field(() => SupportStatusEnum, { description: 'Status of the request.' })
  status!: SupportStatus;
  @Field(() => Boolean, { description: 'Whether it is requested or taken, and not delivered yet.' })
  open!: boolean;
  @Field(() => InstantScalar, { description: 'When it was requested.' })
  requestedAt!: Instant;
  @Field(() => String, { description: 'Who requested it.' })
  requestedBy!: string;
  @Field(() => Float, {
    description: 'Hours from the request to the first delivery or the withdrawal, or until now.',
  })
  ageHours!: number;
  @Field(() => String, { nullable: true, description: 'Person who has taken it.' })
  taker!: string | null;
  @Field(() => InstantScalar, { nullable: true, description: 'When it was taken.' })
  takenAt!: Instant | null;
  @Field(() => String, { nullable: true, description: 'Latest delivery.' })
  delivered!: string | null;
  @Field(() => InstantScalar, { nullable: true, description: 'When it was first delivered.' })
  deliveredAt!: Instant | null;
  @Field(() => String, { nullable: true, description: 'Who made the first delivery.' })
  deliveredBy!: string | null;
  @Field(() => InstantScalar, { nullable: true, description: 'When it was closed.' })
  closedAt!: Instant | null;
  @Field(() => String, { nullable: true, description: 'Reason for closing it.' })
  reason!: string | null;
}
const SupportRequestConnection = connectionOf('SupportRequest', SupportRequestType);

@ObjectType('ServedDeal', { description: 'A won deal that marketing supported.' })
class ServedDealType {
  @Field(() => ID, { description: 'Id of the deal.' })
  opportunityId!: string;
  @Field(() => InstantScalar, { description: 'When it was won.' })
  wonAt!: Instant;
  @Field(() => [ID], { description: 'Requests delivered by the time of the win, earliest delivery first.' })
  supportIds!: readonly string[];
}
@ObjectType('ServedDeals', { description: 'Won deals with and without support by marketing.' })
class ServedDealsType {
  @Field(() => Int, { description: 'Deals won in the period.' })
  won!: number;
  @Field(() => Int, {
    description: 'Those of them for which marketing had delivered something by the time of the win.',
  })
  served!: number;
  @Field(() => [ServedDealType], { description: 'Served deals, the most recently won first.' })
  deals!: readonly ServedDealType[];
}

const only = (what: string) => ({ nullable: true, description: `Only requests ${what}.` });

@ArgsType()
class SupportRequestsArgs extends PageArgs {
  @IsOptional()
  @IsString()
  @MaxLength(128)
  @Field(() => ID, only('of this deal'))
  opportunityId?: string;
  @IsOptional()
  @Field(() => SupportStatusEnum, only('with this status'))
  status?: SupportStatus;
  @FilterField('Only requests taken by these people.')
  taker?: ValueFilterInput;
  @IsOptional()
  @Field(() => Boolean, only('that are not delivered yet (true), or delivered or closed (false)'))
  open?: boolean;
}

@ArgsType()
class ServedDealsArgs extends ReadArgs {
  @IsOptional()
  @IsString()
  @Field(() => DayOrInstantScalar, { nullable: true, description: 'Deals won on or after this day or instant.' })
  from?: string;
  @IsOptional()
  @IsString()
  @Field(() => DayOrInstantScalar, { nullable: true, description: 'Deals won before this day or instant.' })
  to?: string;
  @IsOptional()
  @IsString()
  @MaxLength(100)
  @Field(() => String, { nullable: true, description: 'IANA time zone of the days; UTC by default.' })
  timeZone?: string;
}

@Resolver()
export class SupportRequestsResolver {
  constructor(
    private readonly models: ReadModels,
    private readonly clock: Clock,
  ) {}

  @Query(() => SupportRequestConnection, { description: 'Support requests, the oldest first.' })
  @Allow(...everyRole)
  supportRequests(
    @Args() { first, after, last, before, asOf, ...filter }: SupportRequestsArgs,
  ): Promise<Connection<SupportRequestType>> {
    const { opportunityId, status, taker, open } = filter;
    const where: Where = {
      ...conditionsOf({ opportunityId, status, taker }),
      ...(open !== undefined && { open: { eq: open } }),
    };
    const now = referenceInstantOf(asOf, this.clock);
    const node = (doc: SupportRequestDocument): SupportRequestType => {
      const end = doc.deliveredAt ?? doc.closedAt ?? now;
      return { ...doc, ageHours: Math.max(0, toMs(end) - toMs(doc.requestedAt)) / HOUR_MS };
    };
    const orderBy = [{ column: 'requestedAt' }];
    return readPage(this.models.asOf(asOf), supportRequests, { first, after, last, before, where, orderBy }, node);
  }

  @Query(() => ServedDealsType, {
    description: 'Won deals for which marketing had delivered something by the time of the win.',
  })
  @Heavy()
  @Allow(...everyRole)
  servedDeals(@Args() { from, to, timeZone, asOf }: ServedDealsArgs): Promise<ServedDealsType> {
    return servedDeals(this.models.asOf(asOf), boundsOf({ from, to, timeZone }));
  }
}
