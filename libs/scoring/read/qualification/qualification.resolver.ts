import { Args, ArgsType, Field, Float, ID, Int, ObjectType, Query, Resolver } from '@nestjs/graphql';
import { Clock, Journal, type Instant } from '@baton/kernel';
import { ReadModels, referenceInstantOf } from '@baton/platform/documents';
import { Allow, everyRole, InstantScalar, JsonScalar, ReadArgs, SafeIntScalar } from '@baton/platform/graphql';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import type { Score } from '@baton/leads';
import { leadQualification, leadScore, type Judging } from './qualification.query';

@ObjectType('LeafEvidence', { description: 'What was seen at one leaf of the criteria.' })
class LeafEvidenceType {
  @Field(() => String, { description: 'Its place in the tree, `all.2`; empty for criteria of one leaf.' })
  path!: string;
  @Field(() => String, { description: 'What it asks, `employees gte 50`.' })
  asks!: string;
  @Field(() => Boolean, { description: 'Is it met?' })
  met!: boolean;
  @Field(() => JsonScalar, { nullable: true, description: 'The value seen, or the number of touches.' })
  value!: string | number | null;
  @Field(() => [ID], {
    nullable: true,
    description: 'The touches counted, by the id of their event; at most the last 100.',
  })
  touches?: readonly string[];
}

@ObjectType('ScoreEntry', { description: 'One part of a score; all parts sum to it exactly.' })
class ScoreEntryType {
  @Field(() => String, { description: 'fit, engagement, or total for the cap of the whole.' })
  axis!: string;
  @Field(() => String, { description: 'hit (of a rule), or what a rule-cap, group-cap or total-cap takes off.' })
  cause!: string;
  @Field(() => String, { description: 'Code of the rule or the group.' })
  code!: string;
  @Field(() => ID, { nullable: true, description: 'The touch, by the id of its event.' })
  touchId?: string;
  @Field(() => InstantScalar, { nullable: true, description: 'When the touch was.' })
  at?: Instant;
  @Field(() => SafeIntScalar, { nullable: true, description: 'Age of the touch in milliseconds.' })
  ageMs?: number;
  @Field(() => Int, { description: 'Hundredths of a point, after decay, rounded half-even.' })
  hundredths!: number;
}

@ObjectType('LeadScore', { description: 'The score of a lead at an instant under one version of the scoring model.' })
export class LeadScoreType {
  @Field(() => String, { description: 'The version, `scoring-model@3`.' })
  definition!: string;
  @Field(() => Float, { description: 'Points.' })
  points!: number;
  @Field(() => Float, { description: 'Points for who the person is.' })
  fit!: number;
  @Field(() => Float, { description: 'Points for what the person does.' })
  engagement!: number;
  @Field(() => String, { nullable: true, description: 'A1 … C3, where the model has cut-offs.' })
  grade?: string;
  @Field(() => [ScoreEntryType], { description: 'What it is made of.' })
  entries!: readonly ScoreEntryType[];
}

@ObjectType('LeadQualification', { description: 'Whether a lead meets what both teams agreed on.' })
class LeadQualificationType {
  @Field(() => Boolean, { description: 'Are the criteria met, or is the threshold of the score reached?' })
  met!: boolean;
  @Field(() => String, { nullable: true, description: 'The version that is met; null where none is.' })
  definition?: string;
  @Field(() => String, {
    nullable: true,
    description: 'The version of the criteria, `mql@3`; null where none are agreed.',
  })
  criteria?: string;
  @Field(() => Boolean, { nullable: true, description: 'Are the criteria met?' })
  criteriaMet?: boolean;
  @Field(() => [String], {
    description: 'The leaves of the criteria that decided: those that met them, or those that failed.',
  })
  because!: readonly string[];
  @Field(() => [LeafEvidenceType], { description: 'The evidence of every leaf.' })
  leaves!: readonly LeafEvidenceType[];
  @Field(() => Float, { nullable: true, description: 'From how many points on the score qualifies.' })
  threshold?: number;
  @Field(() => LeadScoreType, { nullable: true, description: 'The score; null where no scoring model is agreed.' })
  score?: LeadScoreType;
}

@ArgsType()
class JudgingArgs extends ReadArgs {
  @IsString()
  @MaxLength(128)
  @Field(() => ID, { description: 'The lead’s id.' })
  leadId!: string;
  @IsOptional()
  @Field(() => InstantScalar, { nullable: true, description: 'At which instant; by default now, or that of `asOf`.' })
  at?: Instant;
  @IsOptional()
  @IsString()
  @MaxLength(100)
  @Field(() => String, {
    nullable: true,
    description: 'Judge by this version, `scoring-model@2`; by default the ones in force at that instant.',
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
      'Does a lead meet what makes it marketing-qualified, and which leaf decided? Null for an unknown lead, and where neither criteria nor a threshold are agreed. Asking decides nothing.',
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
    description: 'The score of a lead, explained. Null for an unknown lead, and where no scoring model is agreed.',
  })
  @Allow(...everyRole)
  async score(@Args() args: JudgingArgs): Promise<LeadScoreType | null> {
    const found = await leadScore(this.models.asOf(args.asOf), this.journal, this.judging(args));
    return found ? scoreNode(found) : null;
  }

  private judging({ leadId, at, definition, asOf }: JudgingArgs): Judging {
    return {
      leadId,
      at: at ?? referenceInstantOf(asOf, this.clock),
      ...(definition && { definition }),
      ...(asOf && { cut: asOf }),
    };
  }
}
