import { Args, ArgsType, Field, Float, Int, ObjectType, OmitType, Query, Resolver } from '@nestjs/graphql';
import { ReadModels } from '@baton/platform/documents';
import { Allow, everyRole, Heavy } from '@baton/platform/graphql';
import { IsOptional } from 'class-validator';
import type { DealBreakdown } from '../../deals.rules';
import { BreakdownEnum, PeriodReportArgs } from '../report.args';
import { salesCycle } from './sales-cycle.query';

@ObjectType('SalesCycleRow', { description: 'How long won deals took from the first contact to the win.' })
class SalesCycleRowType {
  @Field(() => String, {
    nullable: true,
    description: 'Product, owner, source or month of the win; null for deals without one, and for the total.',
  })
  key!: string | null;
  @Field(() => Int, { description: 'Won deals with a first contact; the days are theirs.' })
  deals!: number;
  @Field(() => Int, { description: 'Won deals that nobody was in contact with.' })
  withoutContact!: number;
  @Field(() => Int, {
    description: 'Won deals whose first contact is dated after the win: they have no duration and are in no figure.',
  })
  wonBeforeContact!: number;
  @Field(() => Float, { nullable: true, description: 'Median days.' })
  medianDays!: number | null;
  @Field(() => Float, { nullable: true, description: '90th percentile in days.' })
  p90Days!: number | null;
  @Field(() => Float, { nullable: true, description: 'Mean days.' })
  meanDays!: number | null;
}

@ObjectType('SalesCycle', { description: 'Sales cycle length.' })
class SalesCycleType {
  @Field(() => SalesCycleRowType, { description: 'All deals won in the period.' })
  total!: SalesCycleRowType;
  @Field(() => [SalesCycleRowType], { description: 'One row per value of the breakdown, sorted; empty without one.' })
  rows!: readonly SalesCycleRowType[];
  @Field(() => String, { description: '"exact": percentiles are taken over all values, not from a sketch.' })
  percentiles!: string;
  @Field(() => [String], { description: 'What to know before trusting a figure.' })
  warnings!: readonly string[];
}

@ArgsType()
class SalesCycleArgs extends OmitType(PeriodReportArgs, ['account'], ArgsType) {
  @IsOptional()
  @Field(() => BreakdownEnum, { nullable: true, description: 'One row per value of this.' })
  by?: DealBreakdown;
}

@Resolver()
export class SalesCycleResolver {
  constructor(private readonly models: ReadModels) {}

  @Query(() => SalesCycleType, { description: 'Days from the first contact to the win, over the deals won.' })
  @Heavy()
  @Allow(...everyRole)
  salesCycle(@Args() { by, from, to, timeZone, asOf, ...filters }: SalesCycleArgs): Promise<SalesCycleType> {
    return salesCycle(this.models.asOf(asOf), { by, from, to, timeZone, filters });
  }
}
