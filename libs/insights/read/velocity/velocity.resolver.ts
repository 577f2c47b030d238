import { Args, ArgsType, Field, Float, Int, ObjectType, Query, Resolver } from '@nestjs/graphql';
import { ReadModels } from '@baton/platform/documents';
import { Allow, everyRole, MoneyType, Heavy } from '@baton/platform/graphql';
import { IsOptional } from 'class-validator';
import type { DealBreakdown } from '../../deals.rules';
import { BreakdownEnum, PeriodInput, PeriodReportArgs, ZoneArgs } from '../report.args';
import { velocity, velocityChange } from './velocity.query';
import type { VelocityContribution } from './velocity.rules';

@ObjectType('VelocityRow', { description: 'Pipeline velocity and its parts for some deals over a period.' })
class VelocityRowType {
  @Field(() => String, {
    nullable: true,
    description: 'Product, owner, source or month (2024-01); null for deals without one, and for the total.',
  })
  key!: string | null;
  @Field(() => Int, { description: 'Deals open at the end of the period.' })
  open!: number;
  @Field(() => Int, { description: 'Deals won within the period.' })
  won!: number;
  @Field(() => Int, { description: 'Deals lost within the period.' })
  lost!: number;
  @Field(() => Float, { nullable: true, description: 'Won / (won + lost), 0 to 1; null when nothing closed.' })
  winRate!: number | null;
  @Field(() => [MoneyType], { description: 'Mean amount of the won deals in each currency, by code.' })
  averageAmount!: readonly MoneyType[];
  @Field(() => Float, {
    nullable: true,
    description:
      'Mean days from opening to the win; null when nothing was won. Deals that closed before they opened are left out.',
  })
  cycleDays!: number | null;
  @Field(() => [MoneyType], {
    description:
      'Open × winRate × average won amount / cycleDays from unrounded parts, in each currency, by code: there the average is over the won deals with an amount in any currency, so that velocities add up once there is a rate. None when a part is missing.',
  })
  perDay!: readonly MoneyType[];
}

@ObjectType('Velocity', { description: 'The velocity report.' })
class VelocityType {
  @Field(() => VelocityRowType, { description: 'All deals together.' })
  total!: VelocityRowType;
  @Field(() => [VelocityRowType], { description: 'One row per value of the breakdown, sorted; empty without one.' })
  rows!: readonly VelocityRowType[];
  @Field(() => [String], { description: 'What to know before trusting a figure.' })
  warnings!: readonly string[];
}

@ObjectType('VelocityContribution', { description: 'What each lever did to the velocity; they sum to the change.' })
class VelocityContributionType {
  @Field(() => MoneyType, { description: 'Velocity of period B less that of period A, a day.' })
  change!: MoneyType;
  @Field(() => MoneyType, { description: 'By the number of open deals.' })
  open!: MoneyType;
  @Field(() => MoneyType, { description: 'By the win rate.' })
  winRate!: MoneyType;
  @Field(() => MoneyType, { description: 'By the average won amount.' })
  averageAmount!: MoneyType;
  @Field(() => MoneyType, { description: 'By the length of the cycle.' })
  cycleDays!: MoneyType;
}

@ObjectType('VelocityChange', { description: 'Two periods, and what moved the velocity from the first to the second.' })
class VelocityChangeType {
  @Field(() => VelocityRowType, { description: 'Period A.' })
  a!: VelocityRowType;
  @Field(() => VelocityRowType, { description: 'Period B.' })
  b!: VelocityRowType;
  @Field(() => [VelocityContributionType], {
    description: 'Shapley value of each lever, one for each currency, by code; none when a period has no velocity.',
  })
  contributions!: readonly VelocityContributionType[];
  @Field(() => [String], { description: 'What to know before trusting a figure.' })
  warnings!: readonly string[];
}

@ArgsType()
class VelocityArgs extends PeriodReportArgs {
  @IsOptional()
  @Field(() => BreakdownEnum, { nullable: true, description: 'One row per value of this.' })
  by?: DealBreakdown;
}

@ArgsType()
class VelocityChangeArgs extends ZoneArgs {
  @Field(() => PeriodInput, { description: 'The earlier period.' })
  periodA!: PeriodInput;
  @Field(() => PeriodInput, { description: 'The later period.' })
  periodB!: PeriodInput;
}

const flat = ({ change, levers }: VelocityContribution): VelocityContributionType => ({ change, ...levers });

@Resolver()
export class VelocityResolver {
  constructor(private readonly models: ReadModels) {}

  @Query(() => VelocityType, { description: 'How much money the pipeline earns a day, and why.' })
  @Heavy()
  @Allow(...everyRole)
  velocity(@Args() { by, from, to, timeZone, asOf, ...filters }: VelocityArgs): Promise<VelocityType> {
    return velocity(this.models.asOf(asOf), { by, from, to, timeZone, filters });
  }

  @Query(() => VelocityChangeType, { description: 'Which of the four levers moved the velocity between two periods.' })
  @Heavy()
  @Allow(...everyRole)
  async velocityChange(@Args() args: VelocityChangeArgs): Promise<VelocityChangeType> {
    const { periodA, periodB, timeZone, asOf, ...filters } = args;
    const { contributions, ...change } = await velocityChange(this.models.asOf(asOf), {
      periodA: { ...periodA, timeZone },
      periodB: { ...periodB, timeZone },
      filters,
    });
    return { ...change, contributions: contributions.map(flat) };
  }
}
