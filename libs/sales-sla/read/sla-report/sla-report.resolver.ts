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
  description: 'Obligations of one kind that fell due, or will: due = met + met late + breached + pending.',
})
class SlaRowType extends GroupedType {
  @Field(() => String, { description: 'What is owed: first-response, disposition, attempts …' })
  kind!: string;
  @Field(() => Int, { description: 'All of them; `slaBoard` lists them by state.' })
  due!: number;
  @Field(() => Int, { description: 'Answered in time.' })
  met!: number;
  @Field(() => Int, { description: 'Answered, too late.' })
  metLate!: number;
  @Field(() => Int, { description: 'No answer in time, and none since.' })
  breached!: number;
  @Field(() => Int, { description: 'Not due yet, and not answered; running or at risk.' })
  pending!: number;
  @Field(() => Int, { description: 'Owed no more before they were due; not among those due.' })
  cancelled!: number;
  @Field(() => Int, { description: 'Their leads are merged into others; not among those due.' })
  waiting!: number;
  @Field(() => Float, {
    nullable: true,
    description: 'Met / (met + met late + breached), as it happened; null where none has come to an end.',
  })
  share!: number | null;
  @Field(() => Int, { description: 'Met late or breached, as it happened.' })
  missed!: number;
  @Field(() => Int, { description: 'The same as it was known in time: with what was told late.' })
  missedAsKnown!: number;
  @Field(() => Int, { description: 'Breached at first, and answered in time as was told later.' })
  recordedLate!: number;
  @Field(() => Float, {
    nullable: true,
    description: 'Median from the start to the answer, in milliseconds of the wall clock, over those answered.',
  })
  medianResponseMs!: number | null;
  @Field(() => Float, { nullable: true, description: '90th percentile of the same; exact, no sketch.' })
  p90ResponseMs!: number | null;
  @Field(() => Float, {
    nullable: true,
    description:
      'The same median on the clock of each obligation: business time where the policy counts it, no pauses.',
  })
  medianCountedMs!: number | null;
  @Field(() => Float, { nullable: true, description: '90th percentile of the same; exact, no sketch.' })
  p90CountedMs!: number | null;
}
@ObjectType('SlaReport', { description: 'Sales’ side of the agreement.' })
class SlaReportType {
  @Field(() => [SlaRowType], { description: 'One row a kind of obligation.' })
  total!: readonly SlaRowType[];
  @Field(() => [SlaRowType], { description: 'One row a group and kind, sorted; empty without a breakdown.' })
  rows!: readonly SlaRowType[];
  @Field(() => [String], { description: 'What to know before trusting a figure.' })
  warnings!: readonly string[];
  @Field(() => HandoffReportType, { description: 'The handoffs of the period in the same breakdown.' })
  handoffs!: HandoffReportType;
  @Field(() => InstantScalar, { description: 'Now: what is overdue is told for this instant.' })
  at!: Instant;
}

@ArgsType()
class SlaReportArgs extends OmitType(ClockFilterArgs, ['first', 'after', 'leadId', 'recordedLate'], ArgsType) {
  @IsOptional()
  @IsArray()
  @Field(() => [ReportBreakdownEnum], { nullable: true, description: 'Break it down by these, together.' })
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
      'What sales owed and did by month, team and rep: obligations due, met and breached with both verdicts, response times, attempts, and what became of the handoffs.',
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
