import { Args, ArgsType, Field, Float, Int, ObjectType, OmitType, Query, Resolver } from '@nestjs/graphql';
import { boundsOf, Clock, type Instant } from '@baton/kernel';
import { ReadModels, referenceInstantOf } from '@baton/platform/documents';
import { Allow, everyRole, InstantScalar, Heavy } from '@baton/platform/graphql';
import { IsArray, IsOptional } from 'class-validator';
import {
  GroupedType,
  HandoffReportType,
  handoffRowNode,
  ReportBreakdownEnum,
} from '../rejections/handoff-report.types';
import { ClockFilterArgs } from '../sla-board/sla-board.types';
import type { ReportBreakdown } from './grouping.rules';
import { slaReport, type SlaRow } from './sla-report.query';

@ObjectType('SlaReportRow', {
  description: 'Obligations of one kind that are due in the period: due = met + met late + breached + pending.',
})
class SlaRowType extends GroupedType {
  @Field(() => String, { description: 'The kind of obligation: first-response, disposition, attempts …' })
  kind!: string;
  @Field(() => Int, { description: 'Number of obligations due; `slaBoard` lists them by state.' })
  due!: number;
  @Field(() => Int, { description: 'Answered on time.' })
  met!: number;
  @Field(() => Int, { description: 'Answered after the due time.' })
  metLate!: number;
  @Field(() => Int, { description: 'Not answered on time, and not answered since.' })
  breached!: number;
  @Field(() => Int, { description: 'Not due yet and not answered: running or at risk.' })
  pending!: number;
  @Field(() => Int, { description: 'No longer required before they were due; not included in `due`.' })
  cancelled!: number;
  @Field(() => Int, { description: 'Obligations to leads that are merged into others; not included in `due`.' })
  waiting!: number;
  @Field(() => Float, {
    nullable: true,
    description: 'Met / (met + met late + breached), 0…1, by when things happened; null if none is completed.',
  })
  share!: number | null;
  @Field(() => Int, { description: 'Met late or breached, by when things happened.' })
  missed!: number;
  @Field(() => Int, {
    description: 'Met late or breached, by when things were recorded: includes answers recorded after the breach.',
  })
  missedAsKnown!: number;
  @Field(() => Int, { description: 'Recorded as breached first, but answered on time as recorded later.' })
  recordedLate!: number;
  @Field(() => Float, {
    nullable: true,
    description: 'Median time from the start to the answer, in milliseconds of the wall clock, over the answered ones.',
  })
  medianResponseMs!: number | null;
  @Field(() => Float, { nullable: true, description: '90th percentile of the same, exact.' })
  p90ResponseMs!: number | null;
  @Field(() => Float, {
    nullable: true,
    description:
      'Median on the clock of each obligation, in milliseconds: business hours if the policy says so, without pauses.',
  })
  medianCountedMs!: number | null;
  @Field(() => Float, { nullable: true, description: '90th percentile of the same, exact.' })
  p90CountedMs!: number | null;
}
@ObjectType('SlaReport', { description: 'How sales fulfilled its obligations.' })
class SlaReportType {
  @Field(() => [SlaRowType], { description: 'One row per kind of obligation.' })
  total!: readonly SlaRowType[];
  @Field(() => [SlaRowType], { description: 'One row per group and kind, sorted; empty without `by`.' })
  rows!: readonly SlaRowType[];
  @Field(() => [String], { description: 'Warnings about the reliability of the figures.' })
  warnings!: readonly string[];
  @Field(() => HandoffReportType, { description: 'The handoffs in the period, grouped the same way.' })
  handoffs!: HandoffReportType;
  @Field(() => InstantScalar, { description: 'The time at which states were computed.' })
  at!: Instant;
}

@ArgsType()
class SlaReportArgs extends OmitType(ClockFilterArgs, ['first', 'after', 'leadId', 'recordedLate'], ArgsType) {
  @IsOptional()
  @IsArray()
  @Field(() => [ReportBreakdownEnum], { nullable: true, description: 'Group by these, in combination.' })
  by?: readonly ReportBreakdown[];
}

const rowNode = ({ group, ...row }: SlaRow): SlaRowType => ({ ...group, ...row });

@Resolver()
export class SlaReportResolver {
  constructor(
    private readonly models: ReadModels,
    private readonly clock: Clock,
  ) {}

  @Query(() => SlaReportType, {
    description:
      'Obligations of sales by month, team and rep: due, met and breached, response times, and the dispositions of the handoffs.',
  })
  @Heavy()
  @Allow(...everyRole)
  async slaReport(@Args() { asOf, atLeast: _, ...question }: SlaReportArgs): Promise<SlaReportType> {
    const at = referenceInstantOf(asOf, this.clock);
    const { total, rows, handoffs, warnings } = await slaReport(this.models.asOf(asOf), {
      ...question,
      ...boundsOf(question),
      at,
    });
    const handed = { total: handoffRowNode(handoffs.total), rows: handoffs.rows.map(handoffRowNode), at };
    return { total: total.map(rowNode), rows: rows.map(rowNode), handoffs: handed, at, warnings };
  }
}
