import { Args, ArgsType, Field, Float, ID, Int, ObjectType, Query, Resolver } from '@nestjs/graphql';
import { boundsOf, Clock, Journal } from '@baton/kernel';
import { ReadModels, referenceInstantOf } from '@baton/platform/documents';
import { Allow, DayOrInstantScalar, everyRole, ReadArgs, Heavy } from '@baton/platform/graphql';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { lift } from './lift.query';
import { leadProbability } from './probability.query';

@ObjectType('OutcomeCounts', { description: 'How many people, and what became of them.' })
class BecameType {
  @Field(() => Int, { description: 'People.' })
  leads!: number;
  @Field(() => Int, { description: 'OutcomeCounts SQL, or a deal at once.' })
  sql!: number;
  @Field(() => Int, { description: 'OutcomeCounts customers.' })
  customers!: number;
}

@ObjectType('LiftRow', { description: 'People with something in common against all others.' })
class LiftRowType {
  @Field(() => String, { description: 'Code of the rule; or the grade, or the points from which the band begins.' })
  code!: string;
  @Field(() => BecameType, { description: 'Those of whom it is true.' })
  with!: BecameType;
  @Field(() => BecameType, { description: 'All others.' })
  without!: BecameType;
  @Field(() => Float, { nullable: true, description: 'How many times as often they became SQL; null without others.' })
  sqlLift!: number | null;
  @Field(() => Float, { nullable: true, description: 'How many times as often they became customers.' })
  customerLift!: number | null;
}

@ObjectType('Lift', { description: 'What the rules and bands of a scoring model had to do with success.' })
class LiftType {
  @Field(() => String, { description: 'The version held against the past, `scoring-model@3`.' })
  definition!: string;
  @Field(() => BecameType, { description: 'Everybody captured in the period who is old enough to be compared.' })
  total!: BecameType;
  @Field(() => Int, { description: 'Of them: another system decided that they became SQL.' })
  external!: number;
  @Field(() => Float, {
    nullable: true,
    description:
      'The age at which people are compared who did not become SQL, in milliseconds: the median age at which others did; null where nobody did.',
  })
  ageMs!: number | null;
  @Field(() => Int, { description: 'Captured in the period and left out: they are not that old yet.' })
  immature!: number;
  @Field(() => [LiftRowType], { description: 'One row a rule, in the order of the model.' })
  rules!: readonly LiftRowType[];
  @Field(() => [LiftRowType], { description: 'One row a band of the score.' })
  bands!: readonly LiftRowType[];
  @Field(() => [String], { description: 'What to know before trusting a figure.' })
  warnings!: readonly string[];
}

@ObjectType('PastOutcomes', { description: 'What became of people whose story has ended.' })
class PastOutcomesType {
  @Field(() => Int, { description: 'OutcomeCounts customers.' })
  won!: number;
  @Field(() => Int, { description: 'Were given back or disqualified.' })
  lost!: number;
}

@ObjectType('ProbabilityReason', { description: 'What one fact of a person says.' })
class ProbabilityReasonType {
  @Field(() => String, { description: 'industry, country, region, source or size.' })
  field!: string;
  @Field(() => String, { description: 'The fact.' })
  value!: string;
  @Field(() => PastOutcomesType, { description: 'Of people before with the same.' })
  past!: PastOutcomesType;
}

@ObjectType('Probability', { description: 'How probable it is that a person becomes a customer, from the past.' })
class ProbabilityType {
  @Field(() => Float, { description: '0.0001 to 0.9999.' })
  probability!: number;
  @Field(() => PastOutcomesType, { description: 'Everybody whose story has ended.' })
  past!: PastOutcomesType;
  @Field(() => [ProbabilityReasonType], { description: 'What it rests on.' })
  because!: readonly ProbabilityReasonType[];
}

@ArgsType()
class LiftArgs extends ReadArgs {
  @IsOptional()
  @IsString()
  @Field(() => DayOrInstantScalar, { nullable: true, description: 'People captured from this day or instant on.' })
  from?: string;
  @IsOptional()
  @IsString()
  @Field(() => DayOrInstantScalar, { nullable: true, description: 'Up to, and without, this day or instant.' })
  to?: string;
  @IsOptional()
  @IsString()
  @MaxLength(100)
  @Field(() => String, { nullable: true, description: 'IANA zone of days and months; UTC by default.' })
  timeZone?: string;
  @IsOptional()
  @IsString()
  @MaxLength(100)
  @Field(() => String, {
    nullable: true,
    description: 'A version, `scoring-model@2`; by default the one in force.',
  })
  definition?: string;
}

@ArgsType()
class ProbabilityArgs extends ReadArgs {
  @IsString()
  @MaxLength(128)
  @Field(() => ID, { description: 'The lead’s id.' })
  leadId!: string;
}

@Resolver()
export class LiftResolver {
  constructor(
    private readonly models: ReadModels,
    private readonly journal: Journal,
    private readonly clock: Clock,
  ) {}

  @Query(() => LiftType, {
    nullable: true,
    description:
      'What each rule and each band of a scoring model had to do with becoming SQL and customer. Who became SQL is scored at that instant, who did not at the median age of those who did. Null where no model is agreed.',
  })
  @Heavy()
  @Allow('marketing', 'sales', 'revops', 'analyst', 'auditor')
  async lift(@Args() { from, to, timeZone, definition, asOf }: LiftArgs): Promise<LiftType | null> {
    const found = await lift(this.models.asOf(asOf), this.journal, {
      ...boundsOf({ from, to, timeZone }),
      ...(definition && { definition }),
      ...(asOf && { cut: asOf }),
      at: referenceInstantOf(asOf, this.clock),
    });
    return found ?? null;
  }

  @Query(() => ProbabilityType, {
    nullable: true,
    description:
      'How probable it is that a lead becomes a customer, by naive Bayes over industry, country, region, source and size. It stands beside the score. Null for an unknown lead.',
  })
  @Allow(...everyRole)
  async probability(@Args() { leadId, asOf }: ProbabilityArgs): Promise<ProbabilityType | null> {
    return (await leadProbability(this.models.asOf(asOf), { leadId })) ?? null;
  }
}
