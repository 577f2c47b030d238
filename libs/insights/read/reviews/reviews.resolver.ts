import { Args, ArgsType, Field, ID, Int, ObjectType, Query, Resolver } from '@nestjs/graphql';
import { Clock, dayAt, zoneOf, type Day, type Instant, type Json, type Where } from '@baton/kernel';
import { ReadModels, referenceInstantOf, readPage, type Connection } from '@baton/platform/documents';
import {
  Allow,
  connectionOf,
  DayScalar,
  enumOf,
  everyRole,
  InstantScalar,
  JsonScalar,
  PageArgs,
  ReadArgs,
} from '@baton/platform/graphql';
import { IsBoolean, IsOptional, IsString, MaxLength } from 'class-validator';
import { reviewKinds, type ReviewKind } from '../../write/review/review.events';
import { reviewActions, reviews, type ReviewActionDocument, type ReviewDocument } from './reviews.projection';
import { isReviewIntact } from './reviews.query';

const ReviewKindEnum = enumOf(reviewKinds);

@ObjectType('Review', { description: 'A review of both teams, with the figures as they were shown.' })
class ReviewType {
  @Field(() => ID, { description: 'The review’s id.' })
  reviewId!: string;
  @Field(() => ReviewKindEnum, { description: 'Which review it was.' })
  kind!: ReviewKind;
  @Field(() => DayScalar, { description: 'First day of the period of the figures.' })
  from!: Day;
  @Field(() => DayScalar, { description: '… up to the end of this one.' })
  to!: Day;
  @Field(() => String, { description: 'IANA zone of these days and of the months.' })
  timeZone!: string;
  @Field(() => InstantScalar, { description: 'Start of the first day.' })
  startsAt!: Instant;
  @Field(() => InstantScalar, { description: 'End of the last day, exclusive.' })
  endsAt!: Instant;
  @Field(() => String, { nullable: true, description: 'What was said.' })
  notes!: string | null;
  @Field(() => JsonScalar, { description: 'What the reports said, by report. It never changes.' })
  figures!: Json;
  @Field(() => String, { description: 'The log up to here was known; give it as `asOf: { knownAt }`.' })
  position!: string;
  @Field(() => [String], { description: 'The versions of the definitions that were in force, `mql@3`.' })
  definitions!: readonly string[];
  @Field(() => InstantScalar, { description: 'When it was held.' })
  heldAt!: Instant;
  @Field(() => String, { description: 'Who recorded it.' })
  heldBy!: string;
  @Field(() => Int, { description: 'How many actions it agreed on; `reviewActions` lists them.' })
  actions!: number;
  @Field(() => String, { description: 'SHA-256, in hex, over the canonical JSON (RFC 8785) of what was recorded.' })
  hash!: string;
  @Field(() => Boolean, { description: 'Does the hash fit what is stored?' })
  intact!: boolean;
}
const ReviewConnection = connectionOf('Review', ReviewType);

@ObjectType('ReviewAction', { description: 'What a review agreed on.' })
class ReviewActionType {
  @Field(() => ID, { description: 'The review.' })
  reviewId!: string;
  @Field(() => Int, { description: 'Number of the action, from 1 in each review.' })
  number!: number;
  @Field(() => String, { description: 'Task of the action.' })
  what!: string;
  @Field(() => String, { description: 'Owner of the action.' })
  owner!: string;
  @Field(() => DayScalar, { description: 'Due day.' })
  dueOn!: Day;
  @Field(() => InstantScalar, { description: 'When it was agreed.' })
  agreedAt!: Instant;
  @Field(() => Boolean, { description: 'Is it still to be done?' })
  open!: boolean;
  @Field(() => Boolean, { description: 'Still to be done, and the day it was due is over (UTC).' })
  overdue!: boolean;
  @Field(() => InstantScalar, { nullable: true, description: 'When it was done.' })
  completedAt!: Instant | null;
  @Field(() => String, { nullable: true, description: 'Who said so.' })
  completedBy!: string | null;
  @Field(() => String, { nullable: true, description: 'Outcome of the action.' })
  outcome!: string | null;
}
const ReviewActionConnection = connectionOf('ReviewAction', ReviewActionType);

@ArgsType()
class ReviewArgs extends ReadArgs {
  @IsString()
  @MaxLength(128)
  @Field(() => ID, { description: 'The review.' })
  reviewId!: string;
}
@ArgsType()
class ReviewsArgs extends PageArgs {
  @IsOptional()
  @Field(() => ReviewKindEnum, { nullable: true, description: 'Only these reviews.' })
  kind?: ReviewKind;
}

const only = (what: string) => ({ nullable: true, description: `Only actions ${what}.` });
@ArgsType()
class ReviewActionsArgs extends PageArgs {
  @IsOptional()
  @IsString()
  @MaxLength(128)
  @Field(() => ID, only('of this review'))
  reviewId?: string;
  @IsOptional()
  @IsString()
  @MaxLength(200)
  @Field(() => String, only('of this owner'))
  owner?: string;
  @IsOptional()
  @IsBoolean()
  @Field(() => Boolean, only('still to be done (true), or done (false)'))
  open?: boolean;
  @IsOptional()
  @IsBoolean()
  @Field(() => Boolean, only('that are overdue, when true'))
  overdue?: boolean;
  @IsOptional()
  @IsString()
  @MaxLength(100)
  @Field(() => String, { nullable: true, description: 'IANA zone of the days; UTC by default.' })
  timeZone?: string;
}

const node = (doc: ReviewDocument): ReviewType => ({
  ...doc,
  notes: doc.notes ?? null,
  intact: isReviewIntact(doc),
});

@Resolver()
export class ReviewsResolver {
  constructor(
    private readonly models: ReadModels,
    private readonly clock: Clock,
  ) {}

  @Query(() => ReviewType, { nullable: true, description: 'One review; null when there is none of this id.' })
  @Allow(...everyRole)
  async review(@Args() { reviewId, asOf }: ReviewArgs): Promise<ReviewType | null> {
    const doc = await this.models.asOf(asOf).get(reviews, reviewId);
    return doc ? node(doc) : null;
  }

  @Query(() => ReviewConnection, { description: 'The reviews that were held, the latest first.' })
  @Allow(...everyRole)
  reviews(@Args() { first, after, last, before, asOf, kind }: ReviewsArgs): Promise<Connection<ReviewType>> {
    const where: Where = kind ? { kind: { eq: kind } } : {};
    const orderBy = [{ column: 'heldAt', descending: true }];
    return readPage(this.models.asOf(asOf), reviews, { first, after, last, before, where, orderBy }, node);
  }

  @Query(() => ReviewActionConnection, { description: 'What reviews agreed on, by due day: open, done, overdue.' })
  @Allow(...everyRole)
  reviewActions(
    @Args() { first, after, last, before, asOf, ...filter }: ReviewActionsArgs,
  ): Promise<Connection<ReviewActionType>> {
    const today = dayAt(referenceInstantOf(asOf, this.clock), zoneOf(filter.timeZone));
    const isOverdue = ({ open, dueOn }: ReviewActionDocument) => open && dueOn < today;
    const { reviewId, owner, open, overdue } = filter;
    const where: Where = {
      ...(reviewId && { reviewId: { eq: reviewId } }),
      ...(owner && { owner: { eq: owner } }),
      ...(typeof open === 'boolean' && { open: { eq: open } }),
      ...(overdue && { open: open === false ? { in: [] } : { eq: true }, dueOn: { lt: today } }),
    };
    const orderBy = [{ column: 'dueOn' }];
    const action = (doc: ReviewActionDocument): ReviewActionType => ({ ...doc, overdue: isOverdue(doc) });
    return readPage(this.models.asOf(asOf), reviewActions, { first, after, last, before, where, orderBy }, action);
  }
}
