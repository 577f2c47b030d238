import { Args, ArgsType, Field, Int, ObjectType, Query, Resolver } from '@nestjs/graphql';
import { Clock, enumeration, teams, type Instant, type Json, type Where } from '@baton/kernel';
import { ReadModels, pageOf, readPage, type Connection } from '@baton/platform/documents';
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
import { IsInt, IsOptional, IsString, MaxLength, Max, Min } from 'class-validator';
import type { DefinitionKind } from '../../write/definition/definition.events';
import type { Difference } from '../../write/definition/versions.rules';
import { definitions, type DefinitionDocument } from './definitions.projection';
import {
  definitionDifference,
  definitionInForce,
  dueReviews,
  getDefinition,
  overdueReviews,
} from './definitions.query';

export const DefinitionKindEnum = enumOf(
  enumeration<DefinitionKind>('DefinitionKind', 'Kind of definition.', {
    mql: 'When a lead is qualified by marketing.',
    sal: 'When sales accepts a lead (SAL).',
    sql: 'When a lead is qualified by sales.',
    'scoring-model': 'Points for fit and engagement.',
    'sla-policy': 'Obligations of both teams, with deadlines.',
    icp: 'Ideal customer profile.',
    'channel-rules': 'Which channel a touch is assigned to.',
    'rejection-reasons': 'Reasons for which sales may reject a lead.',
    'loss-reasons': 'Reasons for which deals are lost.',
    'stage-map': 'What the stages of other systems mean.',
    routing: 'Which rep gets which lead.',
    attribution: 'How the revenue of a deal is credited to touches.',
    'business-calendar': 'Business hours and holidays.',
  }),
);

const StatusEnum = enumOf(
  enumeration<DefinitionDocument['status']>('DefinitionStatus', 'How far a version of a definition has come.', {
    draft: 'No team has approved it.',
    approved: 'One team has approved it.',
    'in-force': 'Both teams have approved it; it decides from `from` on.',
    retired: 'It decides nothing any more.',
  }),
);
const TeamEnum = enumOf(teams);
@ObjectType('DefinitionApproval', { description: 'Approval of a version by one team.' })
class ApprovalType {
  @Field(() => TeamEnum, { description: 'Team that approved.' })
  team!: string;
  @Field(() => String, { description: 'Person who approved for the team.' })
  approver!: string;
  @Field(() => InstantScalar, { description: 'When the team approved.' })
  at!: Instant;
}

@ObjectType('Definition', { description: 'One version of what both teams agree on.' })
class DefinitionType {
  @Field(() => DefinitionKindEnum, { description: 'Kind of definition.' })
  kind!: DefinitionKind;
  @Field(() => Int, { description: 'Version number, from 1.' })
  number!: number;
  @Field(() => StatusEnum, { description: 'How far it has come.' })
  status!: DefinitionDocument['status'];
  @Field(() => JsonScalar, { description: 'Body of the definition; its schema depends on the kind.' })
  body!: Json;
  @Field(() => String, { description: 'Reason given by the proposer.' })
  reason!: string;
  @Field(() => String, { description: 'Who proposed it.' })
  proposedBy!: string;
  @Field(() => InstantScalar, { description: 'When it was proposed.' })
  proposedAt!: Instant;
  @Field(() => InstantScalar, { nullable: true, description: 'When the proposer wanted it to come into force.' })
  inForceFrom!: Instant | null;
  @Field(() => InstantScalar, {
    nullable: true,
    description: 'Since when it is in force; until a later version is, or it is retired.',
  })
  from!: Instant | null;
  @Field(() => DayScalar, { description: 'Day by which both teams review the version.' })
  reviewBy!: string;
  @Field(() => [ApprovalType], { description: 'Approvals so far.' })
  approvals!: readonly ApprovalType[];
  @Field(() => InstantScalar, { nullable: true, description: 'When it was retired.' })
  retiredAt!: Instant | null;
  @Field(() => String, { nullable: true, description: 'Why it was retired.' })
  retiredBecause!: string | null;
}

const DefinitionConnection = connectionOf('Definition', DefinitionType);

@ObjectType('DefinitionDifference', { description: 'One difference between two versions.' })
class DifferenceType implements Difference {
  @Field(() => String, { description: 'Path in the body, `rules.0.when.medium`; empty for the whole body.' })
  path!: string;
  @Field(() => JsonScalar, { nullable: true, description: 'Value before; null where there was none.' })
  before?: Json;
  @Field(() => JsonScalar, { nullable: true, description: 'Value after; null where there is none.' })
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
  @Field(() => String, { nullable: true, description: 'IANA time zone of the current day; UTC by default.' })
  timeZone?: string;
  @IsOptional()
  @Field(() => InstantScalar, { nullable: true, description: 'Instant for which to answer; now by default.' })
  at?: Instant;
}
@ArgsType()
class DueArgs extends ReviewsArgs {
  @IsInt()
  @Min(0)
  @Max(366)
  @Field(() => Int, { defaultValue: 30, description: 'Number of days ahead, 0 to 366.' })
  days: number = 30;
}
@ArgsType()
class DefinitionArgs extends KindArgs {
  @IsOptional()
  @IsInt()
  @Min(1)
  @Field(() => Int, { nullable: true, description: 'Version number; by default the version in force.' })
  number?: number;
  @IsOptional()
  @Field(() => InstantScalar, {
    nullable: true,
    description: 'Instant at which the version is in force; now by default.',
  })
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
  definitions(
    @Args() { kind, first, after, last, before, asOf }: DefinitionsArgs,
  ): Promise<Connection<DefinitionType>> {
    const where: Where = kind ? { kind: { eq: kind } } : {};
    const orderBy = [{ column: 'kind' }, { column: 'number' }];
    return readPage(this.models.asOf(asOf), definitions, { first, after, last, before, where, orderBy }, node);
  }

  @Query(() => DefinitionType, {
    nullable: true,
    description: 'One version of a definition: by its number, or the one in force at an instant.',
  })
  @Allow(...everyRole)
  async definition(@Args() { kind, number, at, asOf }: DefinitionArgs): Promise<DefinitionType | null> {
    const doc = number
      ? await getDefinition(this.models.asOf(asOf), { kind, number })
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
