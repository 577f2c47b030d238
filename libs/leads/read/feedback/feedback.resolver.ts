import {
  Args,
  ArgsType,
  Field,
  ID,
  Int,
  IntersectionType,
  ObjectType,
  Query,
  registerEnumType,
  Resolver,
} from '@nestjs/graphql';
import { boundsOf, type Instant, type Sealed } from '@baton/kernel';
import { ReadModels, type Connection, pageOf } from '@baton/platform/documents';
import {
  Allow,
  connectionOf,
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
import { IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { feedbackTopics as topics, type FeedbackTopic } from '../../write/feedback/feedback.events';
import { leads } from '../leads/leads.read-model';
import { listFeedback, feedbackBreakdowns, feedbackTopics, type FeedbackBreakdown } from './feedback.query';

const TopicEnum = Object.fromEntries(topics.map((topic) => [topic.toUpperCase(), topic]));
const topicMeanings: Readonly<Record<FeedbackTopic, string>> = {
  objections: 'Objections against buying.',
  competitors: 'Competitors that were mentioned.',
  questions: 'Questions that were asked.',
  messages: 'Messages that resonated.',
  content: 'Content that helped.',
};
registerEnumType(TopicEnum, {
  name: 'FeedbackTopic',
  description: 'The topic of an item of feedback.',
  valuesMap: Object.fromEntries(topics.map((one) => [one.toUpperCase(), { description: topicMeanings[one] }])),
});
const BreakdownEnum = Object.fromEntries(feedbackBreakdowns.map((by) => [by.toUpperCase(), by]));
const byMeanings: Readonly<Record<FeedbackBreakdown, string>> = {
  month: 'The calendar month in which the feedback was given, in the time zone.',
  industry: 'The industry; spelling variants are one group.',
  campaign: 'The campaign it names, or the latest one that had reached the lead.',
};
registerEnumType(BreakdownEnum, {
  name: 'FeedbackBreakdown',
  description: 'How feedback is grouped.',
  valuesMap: Object.fromEntries(feedbackBreakdowns.map((by) => [by.toUpperCase(), { description: byMeanings[by] }])),
});

@ObjectType('Feedback', { description: 'Feedback from sales about a conversation, with its corrections.' })
class FeedbackType {
  @Field(() => ID, { description: 'The feedback’s id.' })
  feedbackId!: string;
  @Field(() => ID, { nullable: true, description: 'The lead it is about.' })
  leadId!: string | null;
  @Field(() => ID, { nullable: true, description: 'The deal it is about.' })
  opportunityId!: string | null;
  @Field(() => ID, { nullable: true, description: 'The call or other touch it is about.' })
  touchId!: string | null;
  @Field(() => [String], { description: topicMeanings.objections })
  objections!: readonly string[];
  @Field(() => [String], { description: topicMeanings.competitors })
  competitors!: readonly string[];
  @Field(() => [String], { description: topicMeanings.questions })
  questions!: readonly string[];
  @Field(() => [String], { description: topicMeanings.messages })
  messages!: readonly string[];
  @Field(() => [String], { description: topicMeanings.content })
  content!: readonly string[];
  @Field(() => String, { nullable: true, description: 'Industry of the company.' })
  industry!: string | null;
  @Field(() => String, { nullable: true, description: byMeanings.campaign })
  campaign!: string | null;
  @Field(() => InstantScalar, { description: 'When it was given.' })
  givenAt!: Instant;
  @Field(() => String, { description: 'The user who gave it.' })
  by!: string;
  @Field(() => InstantScalar, { nullable: true, description: 'When it was last corrected.' })
  correctedAt!: Instant | null;
  @Field(() => String, {
    nullable: true,
    description: 'The comment of the rep. Null after an erasure, and for roles without access to personal data.',
    middleware: [personalField],
  })
  note!: Sealed | null;
}
const FeedbackConnection = connectionOf('Feedback', FeedbackType);

@ObjectType('FeedbackTopicRow', { description: 'How many items of feedback name one code.' })
class FeedbackTopicRowType {
  @Field(() => String, {
    nullable: true,
    description: 'The month, industry or campaign; null if unknown, or without a breakdown.',
  })
  group!: string | null;
  @Field(() => String, { description: 'The code or phrase, in the spelling used first.' })
  code!: string;
  @Field(() => Int, { description: 'Number of items of feedback that name it; `feedback` lists them.' })
  feedback!: number;
}
@ObjectType('FeedbackTopics', { description: 'The most frequent codes in feedback from sales.' })
class FeedbackTopicsType {
  @Field(() => Int, { description: 'Number of items of feedback, including those that name nothing on the topic.' })
  feedback!: number;
  @Field(() => [FeedbackTopicRowType], { description: 'By group, the most frequent first.' })
  rows!: readonly FeedbackTopicRowType[];
}

const only = (what: string) => ({ nullable: true, description: `Only feedback ${what}.` });

@ArgsType()
class FeedbackFilterArgs extends ReadArgs {
  @IsOptional()
  @IsString()
  @MaxLength(128)
  @Field(() => ID, only('about this lead, or a lead merged into it'))
  leadId?: string;
  @IsOptional()
  @IsString()
  @MaxLength(128)
  @Field(() => ID, only('about this deal'))
  opportunityId?: string;
  @IsOptional()
  @IsString()
  @Field(() => DayOrInstantScalar, only('given on or after this day or instant'))
  from?: string;
  @IsOptional()
  @IsString()
  @Field(() => DayOrInstantScalar, only('given before this day or instant'))
  to?: string;
  @FilterField('Only feedback about these industries; case is ignored.')
  industry?: ValueFilterInput;
  @FilterField('Only feedback about these campaigns; case is ignored.')
  campaign?: ValueFilterInput;
  @IsOptional()
  @Field(() => BreakdownEnum, { nullable: true, description: 'How to group the rows.' })
  by?: FeedbackBreakdown;
  @IsOptional()
  @IsString()
  @MaxLength(100)
  @Field(() => String, { nullable: true, description: 'IANA time zone of days and months; UTC by default.' })
  timeZone?: string;
}

@ArgsType()
class FeedbackTopicsArgs extends FeedbackFilterArgs {
  @Field(() => TopicEnum, { description: 'The topic whose codes are counted.' })
  topic!: FeedbackTopic;
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(1000)
  @Field(() => Int, { nullable: true, description: 'Maximum number of codes per group; all by default.' })
  top?: number;
}

@ArgsType()
class FeedbackArgs extends IntersectionType(FeedbackFilterArgs, PageArgs, ArgsType) {
  @IsOptional()
  @Field(() => TopicEnum, { nullable: true, description: 'With `code`: only feedback that names it on this topic.' })
  topic?: FeedbackTopic;
  @IsOptional()
  @IsString()
  @MaxLength(200)
  @Field(() => String, { nullable: true, description: 'The code or phrase; case is ignored.' })
  code?: string;
  @FilterField('With `by`: only feedback in these groups.')
  group?: ValueFilterInput;
}

@Resolver()
export class FeedbackResolver {
  constructor(private readonly models: ReadModels) {}

  @Query(() => FeedbackTopicsType, {
    description: 'The most frequent objections, competitors, questions, messages or content.',
  })
  @Heavy()
  @Allow(...everyRole)
  feedbackTopics(@Args() { asOf, atLeast: _, ...question }: FeedbackTopicsArgs): Promise<FeedbackTopicsType> {
    return feedbackTopics(this.models.asOf(asOf), { ...question, ...boundsOf(question) });
  }

  @Query(() => FeedbackConnection, {
    description: 'Feedback from sales, newest first; also lists the feedback behind a row of `feedbackTopics`.',
  })
  @Heavy()
  @Allow(...everyRole)
  async feedback(
    @Args() { first, after, last, before, asOf, atLeast: _, ...question }: FeedbackArgs,
  ): Promise<Connection<FeedbackType>> {
    const models = this.models.asOf(asOf);
    const found = await listFeedback(models, { ...question, ...boundsOf(question) });
    const page = pageOf(found, { first, after, last, before }, ({ feedbackId }) => feedbackId);
    const people = await models.getMany(leads, [
      ...new Set(page.edges.flatMap(({ node: { leadId } }) => (leadId === null ? [] : [leadId]))),
    ]);
    const edges = page.edges.map(({ cursor, node }) => ({
      cursor,
      node: { ...node, note: people.get(node.leadId ?? '')?.feedbackNotes?.[node.feedbackId] ?? null },
    }));
    return { ...page, edges, nodes: edges.map(({ node }) => node) };
  }
}
