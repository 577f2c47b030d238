import { Args, ArgsType, Field, Int, ObjectType, Query, Resolver } from '@nestjs/graphql';
import { Clock, enumeration, teams, type Instant, type Json, type Where } from '@baton/kernel';
import { ReadModels } from '@baton/platform/documents';
import {
  Allow,
  connectionOf,
  DayScalar,
  enumOf,
  everyRole,
  InstantScalar,
  JsonScalar,
  PageArgs,
  pageOf,
  ReadArgs,
  readPage,
  type Connection,
} from '@baton/platform/graphql';
import { IsInt, IsOptional, IsString, MaxLength, Max, Min } from 'class-validator';
import type { DefinitionKind } from '../../write/definition/definition.events';
import type { Difference } from '../../write/definition/versions.rules';
import { definitions, type DefinitionDocument } from './definitions.projection';
import {
  definitionDifference,
  definitionInForce,
  dueReviews,
  oneDefinition,
  overdueReviews,
} from './definitions.query';

export const DefinitionKindEnum = enumOf(
  enumeration<DefinitionKind>('DefinitionKind', 'What a definition is about.', {
    mql: 'When a lead is qualified by marketing.',
    sal: 'When sales accepts a lead.',
    sql: 'When a lead is qualified by sales.',
    'scoring-model': 'What fit and engagement are worth.',
    'sla-policy': 'What both teams owe, and by when.',
    icp: 'The ideal customer.',
    'channel-rules': 'Which channel a touch counts for.',
    'rejection-reasons': 'Why sales may give a lead back.',
    'loss-reasons': 'Why deals are lost.',
    'stage-map': 'What the stages of other systems mean.',
    routing: 'Which rep gets which lead.',
    attribution: 'How the revenue of a deal is shared.',
    'business-calendar': 'When people are at work.',
  }),
);

const TeamEnum = enumOf(teams);
@ObjectType('DefinitionApproval', { description: 'The word of one team.' })
class ApprovalType {
  @Field(() => TeamEnum, { description: 'The team.' })
  team!: string;
  @Field(() => String, { description: 'Who agreed for the team.' })
  approver!: string;
  @Field(() => InstantScalar, { description: 'When.' })
  at!: Instant;
}

@ObjectType('Definition', { description: 'One version of what both teams agree on.' })
class DefinitionType {
  @Field(() => DefinitionKindEnum, { description: 'The kind.' })
  kind!: DefinitionKind;
  @Field(() => Int, { description: 'The version, from 1.' })
  number!: number;
  @Field(() => String, {
    description:
      'draft (nobody agreed yet), approved (one team did), in-force (both did; it holds from `from`), retired.',
  })
  status!: string;
  @Field(() => JsonScalar, { description: 'The definition itself.' })
  body!: Json;
  @Field(() => String, { description: 'Why it was proposed.' })
  reason!: string;
  @Field(() => String, { description: 'Who proposed it.' })
  proposedBy!: string;
  @Field(() => InstantScalar, { description: 'When it was proposed.' })
  proposedAt!: Instant;
  @Field(() => InstantScalar, { nullable: true, description: 'From when it was meant to hold.' })
  inForceFrom!: Instant | null;
  @Field(() => InstantScalar, { nullable: true, description: 'From when it holds, until a later version does.' })
  from!: Instant | null;
  @Field(() => DayScalar, { description: 'When both teams look at it again.' })
  reviewBy!: string;
  @Field(() => [ApprovalType], { description: 'Who agreed to it.' })
  approvals!: readonly ApprovalType[];
  @Field(() => InstantScalar, { nullable: true, description: 'When it was taken out of force.' })
  retiredAt!: Instant | null;
  @Field(() => String, { nullable: true, description: 'Why it was taken out of force.' })
  retiredBecause!: string | null;
}

const DefinitionConnection = connectionOf('Definition', DefinitionType);

@ObjectType('DefinitionDifference', { description: 'One place in which two versions differ.' })
class DifferenceType implements Difference {
  @Field(() => String, { description: 'The place in the body, `rules.0.when.medium`; empty for the whole body.' })
  path!: string;
  @Field(() => JsonScalar, { nullable: true, description: 'What stood there; null where there was nothing.' })
  before?: Json;
  @Field(() => JsonScalar, { nullable: true, description: 'What stands there now; null where there is nothing.' })
  after?: Json;
}

@ArgsType()
class KindArgs extends ReadArgs {
  @Field(() => DefinitionKindEnum, { description: 'The kind of definition.' })
  kind!: DefinitionKind;
}
@ArgsType()
class DefinitionsArgs extends PageArgs {
  @IsOptional()
  @Field(() => DefinitionKindEnum, { nullable: true, description: 'Only this kind.' })
  kind?: DefinitionKind;
}
@ArgsType()
class ReviewsArgs extends PageArgs {
  @IsOptional()
  @IsString()
  @MaxLength(100)
  @Field(() => String, { nullable: true, description: 'IANA zone in which it is today; UTC by default.' })
  timeZone?: string;
  @IsOptional()
  @Field(() => InstantScalar, { nullable: true, description: 'At which instant; by default now.' })
  at?: Instant;
}
@ArgsType()
class DueArgs extends ReviewsArgs {
  @IsInt()
  @Min(0)
  @Max(366)
  @Field(() => Int, { defaultValue: 30, description: 'Within so many days, up to 366.' })
  days: number = 30;
}
@ArgsType()
class DefinitionArgs extends KindArgs {
  @IsOptional()
  @IsInt()
  @Min(1)
  @Field(() => Int, { nullable: true, description: 'The version; by default the one in force.' })
  number?: number;
  @IsOptional()
  @Field(() => InstantScalar, { nullable: true, description: 'In force at which instant; by default now.' })
  at?: Instant;
}
@ArgsType()
class DifferenceArgs extends KindArgs {
  @IsInt()
  @Min(1)
  @Field(() => Int, { description: 'The version to start from.' })
  before!: number;
  @IsInt()
  @Min(1)
  @Field(() => Int, { description: 'The version to compare with it.' })
  after!: number;
}

const refOf = ({ kind, number }: DefinitionType): string => `${kind}@${number}`;
const node = (doc: DefinitionDocument): DefinitionType => ({
  ...doc,
  kind: doc.kind as DefinitionKind, // a stored one was checked when it was proposed
  inForceFrom: doc.inForceFrom ?? null,
  from: doc.from ?? null,
  retiredAt: doc.retiredAt ?? null,
  retiredBecause: doc.retiredBecause ?? null,
});

@Resolver()
export class DefinitionsResolver {
  constructor(
    private readonly models: ReadModels,
    private readonly clock: Clock,
  ) {}

  @Query(() => DefinitionConnection, { description: 'Every version of every definition, by kind and number.' })
  @Allow(...everyRole)
  definitions(@Args() { kind, first, after, asOf }: DefinitionsArgs): Promise<Connection<DefinitionType>> {
    const where: Where = kind ? { kind: { eq: kind } } : {};
    const orderBy = [{ column: 'kind' }, { column: 'number' }];
    return readPage(this.models.asOf(asOf), definitions, { first, after, where, orderBy }, node);
  }

  @Query(() => DefinitionType, {
    nullable: true,
    description: 'One version of a definition: by its number, or the one in force at an instant.',
  })
  @Allow(...everyRole)
  async definition(@Args() { kind, number, at, asOf }: DefinitionArgs): Promise<DefinitionType | null> {
    const doc = number
      ? await oneDefinition(this.models.asOf(asOf), { kind, number })
      : await definitionInForce(this.models.asOf(asOf), { kind, at: at ?? this.clock.now() });
    return doc ? node(doc) : null;
  }

  @Query(() => [DifferenceType], { description: 'What changed between two versions of a definition.' })
  @Allow(...everyRole)
  async definitionDifference(@Args() { kind, before, after, asOf }: DifferenceArgs): Promise<DifferenceType[]> {
    return [...(await definitionDifference(this.models.asOf(asOf), { kind, before, after }))];
  }

  @Query(() => DefinitionConnection, {
    description: 'The definitions in force whose review day has passed, the longest overdue first.',
  })
  @Allow(...everyRole)
  async overdueReviews(@Args() { at, asOf, timeZone, ...page }: ReviewsArgs): Promise<Connection<DefinitionType>> {
    const overdue = await overdueReviews(this.models.asOf(asOf), { at: at ?? this.clock.now(), timeZone });
    return pageOf(overdue.map(node), page, refOf);
  }

  @Query(() => DefinitionConnection, {
    description: 'The definitions in force whose review is due within some days or overdue, the earliest day first.',
  })
  @Allow(...everyRole)
  async dueReviews(@Args() { at, days, asOf, timeZone, ...page }: DueArgs): Promise<Connection<DefinitionType>> {
    const due = await dueReviews(this.models.asOf(asOf), { at: at ?? this.clock.now(), days, timeZone });
    return pageOf(due.map(node), page, refOf);
  }
}
