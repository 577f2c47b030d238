import {
  Args,
  ArgsType,
  Field,
  ID,
  Int,
  IntersectionType,
  ObjectType,
  PickType,
  Query,
  Resolver,
} from '@nestjs/graphql';
import { wordKey, periodOf, teams } from '@baton/kernel';
import { contentUses } from '@baton/leads';
import { ReadModels, pageOf, readPage, type Connection } from '@baton/platform/documents';
import { Allow, connectionOf, enumOf, everyRole, InstantScalar, PageArgs, Heavy } from '@baton/platform/graphql';
import { IsBoolean, IsOptional, IsString, MaxLength } from 'class-validator';
import { PeriodReportArgs } from '../report.args';
import { dealOutcomes, type DealOutcome } from '@baton/opportunities';
import { contentReport, dealsWithContent } from './content.query';

const DealOutcomeEnum = enumOf(dealOutcomes);

@ObjectType('ContentRow', { description: 'How often a piece of content was used and met.' })
class ContentRowType {
  @Field(() => String, { description: 'Registered content, as touches name it.' })
  content!: string;
  @Field(() => Int, { description: 'Outbound touches of sales in the period; `contentUses` lists them.' })
  salesUses!: number;
  @Field(() => Int, { description: 'Won deals that had met it before the win; `dealsWithContent` lists them.' })
  wonDeals!: number;
  @Field(() => Int, { description: 'Lost deals that had met it; `dealsWithContent` lists them.' })
  lostDeals!: number;
  @Field(() => Int, { description: 'Of the won deals those in which sales itself used it.' })
  wonWithSales!: number;
}
@ObjectType('ContentReport', { description: 'Content used by sales, and content in closed deals.' })
class ContentReportType {
  @Field(() => Int, { description: 'All deals won in the period.' })
  won!: number;
  @Field(() => Int, { description: 'All deals lost in the period.' })
  lost!: number;
  @Field(() => [ContentRowType], { description: 'The most won deals first, then the most uses by sales.' })
  rows!: readonly ContentRowType[];
  @Field(() => [String], { description: 'What to know before using the figures.' })
  warnings!: readonly string[];
}
@ObjectType('ContentUse', { description: 'An outbound touch of sales that names content.' })
class ContentUseType {
  @Field(() => ID, { description: 'The touch.' })
  touchId!: string;
  @Field(() => ID, { description: 'The person it went to.' })
  leadId!: string;
  @Field(() => String, { description: 'The content.' })
  content!: string;
  @Field(() => String, { description: 'What was done: call, e-mail, meeting …' })
  action!: string;
  @Field(() => InstantScalar, { description: 'When.' })
  at!: string;
  @Field(() => String, { description: 'Who recorded it.' })
  by!: string;
}
const ContentUseConnection = connectionOf('ContentUse', ContentUseType);
const TeamEnum = enumOf(teams);
@ObjectType('ContentTouch', { description: 'A touch that names the content.' })
class ContentTouchType {
  @Field(() => ID, { description: 'The touch.' })
  touchId!: string;
  @Field(() => InstantScalar, { description: 'When.' })
  occurredAt!: string;
  @Field(() => TeamEnum, { description: 'The team.' })
  team!: string;
}
@ObjectType('DealWithContent', { description: 'A closed deal that had met some content.' })
class DealWithContentType {
  @Field(() => ID, { description: 'The deal.' })
  opportunityId!: string;
  @Field(() => DealOutcomeEnum, { description: 'How it closed.' })
  outcome!: DealOutcome;
  @Field(() => InstantScalar, { description: 'When it closed.' })
  closedAt!: string;
  @Field(() => [ContentTouchType], { description: 'The touches up to the close that name it, oldest first.' })
  touches!: readonly ContentTouchType[];
}
const DealWithContentConnection = connectionOf('DealWithContent', DealWithContentType);

@ArgsType()
class ContentArgs extends PickType(PeriodReportArgs, ['atLeast', 'asOf', 'from', 'to', 'timeZone'], ArgsType) {}

@ArgsType()
class ContentUsesArgs extends IntersectionType(
  ContentArgs,
  PickType(PageArgs, ['first', 'after', 'last', 'before'], ArgsType),
  ArgsType,
) {
  @IsOptional()
  @IsString()
  @MaxLength(500)
  @Field(() => String, { nullable: true, description: 'Only this content, in whatever spelling.' })
  content?: string;
}

@ArgsType()
class DealsWithContentArgs extends IntersectionType(
  ContentArgs,
  PickType(PageArgs, ['first', 'after', 'last', 'before'], ArgsType),
  ArgsType,
) {
  @IsString()
  @MaxLength(500)
  @Field(() => String, { description: 'The content, in whatever spelling.' })
  content!: string;
  @Field(() => DealOutcomeEnum, { description: 'Won or lost deals.' })
  outcome!: DealOutcome;
  @IsOptional()
  @IsBoolean()
  @Field(() => Boolean, { nullable: true, description: 'Only deals in which sales itself used it.' })
  usedBySales?: boolean;
}

@Resolver()
export class ContentResolver {
  constructor(private readonly models: ReadModels) {}

  @Query(() => ContentReportType, {
    description:
      'Registered content that sales used in a period, and that the deals closed in it had met. What other touches name is an advertisement: see `attribution(by: AD)`.',
  })
  @Heavy()
  @Allow(...everyRole)
  contentReport(@Args() { asOf, from, to, timeZone }: ContentArgs): Promise<ContentReportType> {
    return contentReport(this.models.asOf(asOf), { from, to, timeZone });
  }

  @Query(() => ContentUseConnection, { description: 'Outbound touches of sales that name content, newest first.' })
  @Allow(...everyRole)
  async contentUses(
    @Args() { first, after, last, before, asOf, content, ...args }: ContentUsesArgs,
  ): Promise<Connection<ContentUseType>> {
    const { from, to } = periodOf(args);
    const where = { at: { gte: from, lt: to }, ...(content !== undefined && { contentKey: { eq: wordKey(content) } }) };
    const orderBy = [{ column: 'at', descending: true }];
    return readPage(this.models.asOf(asOf), contentUses, { first, after, last, before, where, orderBy }, (use) => use);
  }

  @Query(() => DealWithContentConnection, { description: 'The deals behind a row of `contentReport`, newest first.' })
  @Heavy()
  @Allow(...everyRole)
  async dealsWithContent(
    @Args() { first, after, last, before, asOf, atLeast: _, ...question }: DealsWithContentArgs,
  ): Promise<Connection<DealWithContentType>> {
    const found = await dealsWithContent(this.models.asOf(asOf), question);
    return pageOf(found, { first, after, last, before }, ({ opportunityId }) => opportunityId);
  }
}
