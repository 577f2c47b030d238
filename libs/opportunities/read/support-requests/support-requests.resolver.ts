import { Args, ArgsType, Field, Float, ID, Int, ObjectType, Query, registerEnumType, Resolver } from '@nestjs/graphql';
import { boundsOf, Clock, conditionsOf, toMs, type Day, type Instant, type Sealed, type Where } from '@baton/kernel';
import { ReadModels, referenceInstantOf } from '@baton/platform/documents';
import {
  Allow,
  type Connection,
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
  readPage,
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
  description: 'Where a request for support stands.',
  valuesMap: {
    REQUESTED: { description: 'Nobody takes care of it yet.' },
    TAKEN: { description: 'Somebody in marketing takes care of it.' },
    DELIVERED: { description: 'It was delivered; sales has not settled it yet.' },
    SERVED: { description: 'It was delivered and settled.' },
    WITHDRAWN: { description: 'It was not wanted any more.' },
  },
});

@ObjectType('SupportRequest', { description: 'A request of a deal to marketing.' })
class SupportRequestType {
  @Field(() => ID, { description: 'The request’s id.' })
  supportId!: string;
  @Field(() => ID, { description: 'The deal it serves.' })
  opportunityId!: string;
  @Field(() => SupportKindEnum, { description: 'What it asks for.' })
  kind!: SupportKind;
  @Field(() => ID, { description: 'The person on the deal whom it is to win.' })
  leadId!: string;
  @Field(() => String, {
    nullable: true,
    description: 'What is needed. Null after an erasure, and for callers who do not work with leads by name.',
    middleware: [personalField],
  })
  need!: Sealed | null;
  @Field(() => DayScalar, { nullable: true, description: 'By when it helps.' })
  neededBy!: Day | null;
  @Field(() => SupportStatusEnum, { description: 'Where it stands.' })
  status!: SupportStatus;
  @Field(() => Boolean, { description: 'Requested or taken: marketing still owes it.' })
  open!: boolean;
  @Field(() => InstantScalar, { description: 'When sales asked.' })
  requestedAt!: Instant;
  @Field(() => String, { description: 'Who asked.' })
  requestedBy!: string;
  @Field(() => Float, {
    description: 'Hours since it was asked for; of a delivered or withdrawn one until then.',
  })
  ageHours!: number;
  @Field(() => String, { nullable: true, description: 'Who takes care of it.' })
  taker!: string | null;
  @Field(() => InstantScalar, { nullable: true, description: 'Since when.' })
  takenAt!: Instant | null;
  @Field(() => String, { nullable: true, description: 'What was last delivered.' })
  delivered!: string | null;
  @Field(() => InstantScalar, { nullable: true, description: 'When something was first delivered.' })
  deliveredAt!: Instant | null;
  @Field(() => String, { nullable: true, description: 'Who first delivered.' })
  deliveredBy!: string | null;
  @Field(() => InstantScalar, { nullable: true, description: 'When it was settled or withdrawn.' })
  closedAt!: Instant | null;
  @Field(() => String, { nullable: true, description: 'Why it was settled or withdrawn.' })
  reason!: string | null;
}
const SupportRequestConnection = connectionOf('SupportRequest', SupportRequestType);

@ObjectType('ServedDeal', { description: 'A won deal that marketing supported.' })
class ServedDealType {
  @Field(() => ID, { description: 'The deal.' })
  opportunityId!: string;
  @Field(() => InstantScalar, { description: 'When it was won.' })
  wonAt!: Instant;
  @Field(() => [ID], { description: 'The requests that were delivered by the win, the first delivered first.' })
  supportIds!: readonly string[];
}
@ObjectType('ServedDeals', { description: 'How many won deals marketing supported.' })
class ServedDealsType {
  @Field(() => Int, { description: 'Deals won in the period.' })
  won!: number;
  @Field(() => Int, { description: 'Those that marketing had delivered something for by the win.' })
  served!: number;
  @Field(() => [ServedDealType], { description: 'The served deals, the latest won first.' })
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
  @Field(() => SupportStatusEnum, only('that stand so'))
  status?: SupportStatus;
  @FilterField('Only requests these people take care of.')
  taker?: ValueFilterInput;
  @IsOptional()
  @Field(() => Boolean, only('that marketing still owes (true), or no more (false)'))
  open?: boolean;
}

@ArgsType()
class ServedDealsArgs extends ReadArgs {
  @IsOptional()
  @IsString()
  @Field(() => DayOrInstantScalar, { nullable: true, description: 'Deals won on this day, at this instant or after.' })
  from?: string;
  @IsOptional()
  @IsString()
  @Field(() => DayOrInstantScalar, { nullable: true, description: 'Deals won before this day or instant.' })
  to?: string;
  @IsOptional()
  @IsString()
  @MaxLength(100)
  @Field(() => String, { nullable: true, description: 'IANA zone of days and months; UTC by default.' })
  timeZone?: string;
}

@Resolver()
export class SupportRequestsResolver {
  constructor(
    private readonly models: ReadModels,
    private readonly clock: Clock,
  ) {}

  @Query(() => SupportRequestConnection, { description: 'Requests of deals to marketing, the oldest first.' })
  @Allow(...everyRole)
  supportRequests(
    @Args() { first, after, asOf, ...filter }: SupportRequestsArgs,
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
    return readPage(this.models.asOf(asOf), supportRequests, { first, after, where, orderBy }, node);
  }

  @Query(() => ServedDealsType, { description: 'Won deals that marketing had delivered something for by the win.' })
  @Heavy()
  @Allow(...everyRole)
  servedDeals(@Args() { from, to, timeZone, asOf }: ServedDealsArgs): Promise<ServedDealsType> {
    return servedDeals(this.models.asOf(asOf), boundsOf({ from, to, timeZone }));
  }
}
