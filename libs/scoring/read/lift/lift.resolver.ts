import { Args, ArgsType, Field, Float, ID, Int, ObjectType, Query, Resolver } from '@nestjs/graphql';
import { boundsOf, Clock, enumeration, Journal } from '@baton/kernel';
import { ReadModels, referenceInstantOf } from '@baton/platform/documents';
import { Allow, DayOrInstantScalar, enumOf, everyRole, ReadArgs, Heavy } from '@baton/platform/graphql';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { lift } from './lift.query';
import { leadProbability, type Predictor } from './probability.query';

@ObjectType('OutcomeCounts', { description: 'A number of leads and how many of them were successful.' })
class OutcomeCountsType {
  @Field(() => Int, { description: 'Number of leads.' })
  leads!: number;
  @Field(() => Int, { description: 'Leads that became SQL, including those converted directly to a deal.' })
  sql!: number;
  @Field(() => Int, { description: 'Leads that became customers.' })
  customers!: number;
}

@ObjectType('LiftRow', {
  description: 'The outcomes of the leads that match a rule or band, compared with all other leads.',
})
class LiftRowType {
  @Field(() => String, { description: 'Code of the rule; or the grade, or the lower bound of the band in points.' })
  code!: string;
  @Field(() => OutcomeCountsType, { description: 'Leads that match.' })
  with!: OutcomeCountsType;
  @Field(() => OutcomeCountsType, { description: 'All other leads.' })
  without!: OutcomeCountsType;
  @Field(() => Float, {
    nullable: true,
    description: 'SQL rate of the matching leads divided by that of the others; null if the others have none.',
  })
  sqlLift!: number | null;
  @Field(() => Float, {
    nullable: true,
    description: 'Customer rate of the matching leads divided by that of the others; null if the others have none.',
  })
  customerLift!: number | null;
}

@ObjectType('Lift', { description: 'How the rules and bands of a scoring model relate to SQLs and customers.' })
class LiftType {
  @Field(() => String, { description: 'The version that was tested, `scoring-model@3`.' })
  definition!: string;
  @Field(() => OutcomeCountsType, {
    description: 'All leads captured in the period that are old enough to be compared.',
  })
  total!: OutcomeCountsType;
  @Field(() => Int, { description: 'How many of them another system qualified as SQL.' })
  external!: number;
  @Field(() => Float, {
    nullable: true,
    description:
      'The age in milliseconds at which leads that did not become SQL are scored: the median age at which the others became SQL; null if none did.',
  })
  ageMs!: number | null;
  @Field(() => Int, {
    description: 'Leads captured in the period that are left out, because they are younger than `ageMs`.',
  })
  immature!: number;
  @Field(() => [LiftRowType], { description: 'One row per rule, in the order of the model.' })
  rules!: readonly LiftRowType[];
  @Field(() => [LiftRowType], { description: 'One row per band of the score.' })
  bands!: readonly LiftRowType[];
  @Field(() => [String], { description: 'Warnings about the reliability of the figures.' })
  warnings!: readonly string[];
}

@ObjectType('PastOutcomes', { description: 'Outcomes of leads that are closed: won, or lost.' })
class PastOutcomesType {
  @Field(() => Int, { description: 'Leads that became customers.' })
  won!: number;
  @Field(() => Int, { description: 'Leads that were rejected, recycled or disqualified.' })
  lost!: number;
}

const PredictorEnum = enumOf(
  enumeration<Predictor>('ProbabilityField', 'A fact about a lead that a probability is estimated from.', {
    industry: 'The industry of the company.',
    country: 'The country.',
    region: 'The region or state.',
    source: 'The first source.',
    size: 'The size of the company, as a range of employees.',
  }),
);
@ObjectType('ProbabilityReason', { description: 'What one fact contributes to a probability.' })
class ProbabilityReasonType {
  @Field(() => PredictorEnum, { description: 'The fact.' })
  field!: Predictor;
  @Field(() => String, { description: 'The value of the field.' })
  value!: string;
  @Field(() => PastOutcomesType, { description: 'Outcomes of earlier leads with the same value.' })
  past!: PastOutcomesType;
}

@ObjectType('Probability', { description: 'The estimated probability that a lead becomes a customer.' })
class ProbabilityType {
  @Field(() => Float, { description: 'The probability, 0.0001 … 0.9999.' })
  probability!: number;
  @Field(() => PastOutcomesType, { description: 'Outcomes of all closed leads.' })
  past!: PastOutcomesType;
  @Field(() => [ProbabilityReasonType], { description: 'The facts that the estimate is based on.' })
  because!: readonly ProbabilityReasonType[];
}

@ArgsType()
class LiftArgs extends ReadArgs {
  @IsOptional()
  @IsString()
  @Field(() => DayOrInstantScalar, {
    nullable: true,
    description: 'Only leads captured on or after this day or instant.',
  })
  from?: string;
  @IsOptional()
  @IsString()
  @Field(() => DayOrInstantScalar, { nullable: true, description: 'Only leads captured before this day or instant.' })
  to?: string;
  @IsOptional()
  @IsString()
  @MaxLength(100)
  @Field(() => String, { nullable: true, description: 'IANA time zone of days and months; UTC by default.' })
  timeZone?: string;
  @IsOptional()
  @IsString()
  @MaxLength(100)
  @Field(() => String, {
    nullable: true,
    description: 'The version to test, `scoring-model@2`; by default the one in force.',
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
      'For each rule and band of a scoring model, how often matching leads became SQL and customer compared with all others. Leads that became SQL are scored at that time, the others at the median age of those that did. Null if no model is in force.',
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
      'The probability that a lead becomes a customer, by naive Bayes over industry, country, region, source and company size. Independent of the score. Null if the lead is unknown.',
  })
  @Allow(...everyRole)
  async probability(@Args() { leadId, asOf }: ProbabilityArgs): Promise<ProbabilityType | null> {
    return (await leadProbability(this.models.asOf(asOf), { leadId })) ?? null;
  }
}
