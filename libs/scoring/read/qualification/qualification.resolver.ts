import { Args, ArgsType, Field, Float, ID, Int, ObjectType, Query, Resolver } from '@nestjs/graphql';
import { Clock, enumeration, Journal, type Instant } from '@baton/kernel';
import { ReadModels, referenceInstantOf } from '@baton/platform/documents';
import { Allow, enumOf, everyRole, InstantScalar, JsonScalar, ReadArgs, SafeIntScalar } from '@baton/platform/graphql';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { grades, type Grade, type Score, type ScoreEntry } from '@baton/leads';
import { leadQualification, leadScore, type EvaluationQuestion } from './qualification.query';

@ObjectType('LeafEvidence', { description: 'The evidence for one leaf of the criteria.' })
class LeafEvidenceType {
  @Field(() => String, { description: 'Path of the leaf in the tree, `all.2`; empty if the criteria have one leaf.' })
  path!: string;
  @Field(() => String, { description: 'The condition, `employees gte 50`.' })
  asks!: string;
  @Field(() => Boolean, { description: 'True if the condition is met.' })
  met!: boolean;
  @Field(() => JsonScalar, { nullable: true, description: 'The value compared, or the number of touches.' })
  value!: string | number | null;
  @Field(() => [ID], {
    nullable: true,
    description: 'Ids of the events that recorded the touches counted; at most the last 100.',
  })
  touches?: readonly string[];
}

const AxisEnum = enumOf(
  enumeration<ScoreEntry['axis']>('ScoreAxis', 'A part of a score.', {
    fit: 'Points for the profile.',
    engagement: 'Points for touches.',
    total: 'Both together: the cap on the total score.',
  }),
);
const CauseEnum = enumOf(
  enumeration<ScoreEntry['cause']>('ScoreCause', 'Where the points of an entry come from.', {
    hit: 'Points of a rule.',
    'rule-cap': 'Points removed by the cap of a rule.',
    'group-cap': 'Points removed by the cap of a group.',
    'total-cap': 'Points removed by the cap on the total score.',
  }),
);
@ObjectType('ScoreEntry', { description: 'One component of a score; all components sum to it exactly.' })
class ScoreEntryType {
  @Field(() => AxisEnum, { description: 'The part of the score it counts for.' })
  axis!: ScoreEntry['axis'];
  @Field(() => CauseEnum, { description: 'Where the points come from.' })
  cause!: ScoreEntry['cause'];
  @Field(() => String, { description: 'Code of the rule or the group.' })
  code!: string;
  @Field(() => ID, { nullable: true, description: 'Id of the event that recorded the touch.' })
  touchId?: string;
  @Field(() => InstantScalar, { nullable: true, description: 'When the touch took place.' })
  at?: Instant;
  @Field(() => SafeIntScalar, { nullable: true, description: 'Age of the touch in milliseconds.' })
  ageMs?: number;
  @Field(() => Int, { description: 'Hundredths of a point after decay, rounded half to even.' })
  hundredths!: number;
}

const GradeEnum = enumOf(grades);
@ObjectType('LeadScore', { description: 'The score of a lead at one time under one version of the scoring model.' })
export class LeadScoreType {
  @Field(() => String, { description: 'The version of the scoring model, `scoring-model@3`.' })
  definition!: string;
  @Field(() => Float, { description: 'Total points.' })
  points!: number;
  @Field(() => Float, { description: 'Fit: points for the profile.' })
  fit!: number;
  @Field(() => Float, { description: 'Engagement: points for touches.' })
  engagement!: number;
  @Field(() => GradeEnum, { nullable: true, description: 'The grade; null if the model has no cut-offs.' })
  grade?: Grade;
  @Field(() => [ScoreEntryType], { description: 'The components of the score.' })
  entries!: readonly ScoreEntryType[];
}

@ObjectType('LeadQualification', { description: 'Whether a lead meets the agreed definition of an MQL.' })
class LeadQualificationType {
  @Field(() => Boolean, { description: 'True if the criteria are met or the score reaches the threshold.' })
  met!: boolean;
  @Field(() => String, { nullable: true, description: 'The version that is met; null if none is.' })
  definition?: string;
  @Field(() => String, {
    nullable: true,
    description: 'The version of the criteria, `mql@3`; null if none are in force.',
  })
  criteria?: string;
  @Field(() => Boolean, { nullable: true, description: 'True if the criteria are met; null if none are in force.' })
  criteriaMet?: boolean;
  @Field(() => [String], {
    description: 'The leaves that decided the result: those that are met, or those that failed.',
  })
  because!: readonly string[];
  @Field(() => [LeafEvidenceType], { description: 'The evidence of every leaf.' })
  leaves!: readonly LeafEvidenceType[];
  @Field(() => Float, {
    nullable: true,
    description: 'The threshold in points from which the score qualifies the lead.',
  })
  threshold?: number;
  @Field(() => LeadScoreType, { nullable: true, description: 'The score; null if no scoring model is in force.' })
  score?: LeadScoreType;
}

@ArgsType()
class JudgingArgs extends ReadArgs {
  @IsString()
  @MaxLength(128)
  @Field(() => ID, { description: 'The lead’s id.' })
  leadId!: string;
  @IsOptional()
  @Field(() => InstantScalar, {
    nullable: true,
    description: 'The time of the evaluation; by default now, or the time of `asOf`.',
  })
  at?: Instant;
  @IsOptional()
  @IsString()
  @MaxLength(100)
  @Field(() => String, {
    nullable: true,
    description: 'The version to evaluate under, `scoring-model@2`; by default the versions in force at that time.',
  })
  definition?: string;
}

export const scoreNode = ({
  hundredths,
  fit,
  engagement,
  ...score
}: Score & { definition: string }): LeadScoreType => ({
  ...score,
  points: hundredths / 100,
  fit: fit / 100,
  engagement: engagement / 100,
});

@Resolver()
export class QualificationResolver {
  constructor(
    private readonly models: ReadModels,
    private readonly journal: Journal,
    private readonly clock: Clock,
  ) {}

  @Query(() => LeadQualificationType, {
    nullable: true,
    description:
      'Whether a lead meets the definition of an MQL, with the evidence. Null if the lead is unknown, or if neither criteria nor a score threshold are in force. Read-only: the query never qualifies a lead.',
  })
  @Allow(...everyRole)
  async qualification(@Args() args: JudgingArgs): Promise<LeadQualificationType | null> {
    const found = await leadQualification(this.models.asOf(args.asOf), this.journal, this.judging(args));
    if (!found) return null;
    const { met, definition, criteria, score } = found;
    return {
      met,
      definition,
      because: criteria?.because ?? [],
      leaves: criteria?.leaves ?? [],
      ...(criteria && { criteria: criteria.definition, criteriaMet: criteria.met }),
      ...(score && { threshold: score.threshold, score: scoreNode(score) }),
    };
  }

  @Query(() => LeadScoreType, {
    nullable: true,
    description:
      'The score of a lead with its components. Null if the lead is unknown or no scoring model is in force.',
  })
  @Allow(...everyRole)
  async score(@Args() args: JudgingArgs): Promise<LeadScoreType | null> {
    const found = await leadScore(this.models.asOf(args.asOf), this.journal, this.judging(args));
    return found ? scoreNode(found) : null;
  }

  private judging({ leadId, at, definition, asOf }: JudgingArgs): EvaluationQuestion {
    return {
      leadId,
      at: at ?? referenceInstantOf(asOf, this.clock),
      ...(definition && { definition }),
      ...(asOf && { cut: asOf }),
    };
  }
}
