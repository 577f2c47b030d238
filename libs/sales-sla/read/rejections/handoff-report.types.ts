import { ArgsType, Field, Float, ID, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import type { Instant } from '@baton/kernel';
import {
  connectionOf,
  DayOrInstantScalar,
  enumOf,
  FilterField,
  InstantScalar,
  ReadArgs,
  type ValueFilterInput,
} from '@baton/platform/graphql';
import { IsArray, IsOptional, IsString, MaxLength } from 'class-validator';
import { dispositions, type Disposition } from '@baton/leads';
import { reportBreakdowns, type ReportBreakdown } from '../sla-report/grouping.rules';
import type { HandoffRow, RejectionReason } from './handoff-report.query';

export const DispositionEnum = enumOf(dispositions);
const maybe = (description: string) => ({ nullable: true, description });

export const ReportBreakdownEnum = Object.fromEntries(reportBreakdowns.map((by) => [by.toUpperCase(), by]));
const breakdownMeanings: Readonly<Record<ReportBreakdown, string>> = {
  month: 'The calendar month of the handoff, or the one in which the obligation is due, in the time zone.',
  queue: 'The queue (team) that the lead was routed through.',
  rep: 'The salesperson.',
  definition: 'The definition that the lead met, `mql@3`; for obligations the policy, `sla-policy@2`.',
};
registerEnumType(ReportBreakdownEnum, {
  name: 'SlaBreakdown',
  description: 'How reports about handoffs and obligations are grouped.',
  valuesMap: Object.fromEntries(
    reportBreakdowns.map((by) => [by.toUpperCase(), { description: breakdownMeanings[by] }]),
  ),
});

/** The group that a row of a report is about. */
@ObjectType({ isAbstract: true })
export abstract class GroupedType {
  @Field(() => String, maybe('The month, `2024-01`; null if the report is not grouped by month.'))
  month?: string | null;
  @Field(() => String, maybe('The queue; also null for leads that were routed through none.'))
  queue?: string | null;
  @Field(() => String, maybe('The rep; also null for obligations without a rep.'))
  rep?: string | null;
  @Field(() => String, maybe('The definition.'))
  definition?: string | null;
}

@ObjectType('RejectionReason', { description: 'The number of rejections for one reason.' })
class RejectionReasonType implements RejectionReason {
  @Field(() => String, { description: 'Code of the reason.' })
  reason!: string;
  @Field(() => Int, { description: 'Handoffs rejected for it.' })
  rejected!: number;
  @Field(() => Float, { description: 'Share of all handoffs of the row, 0…1.' })
  rate!: number;
}
@ObjectType('HandoffReportRow', {
  description: 'Handoffs by latest disposition: handoffs = accepted + rejected + recycled + disqualified + waiting.',
})
export class HandoffRowType extends GroupedType {
  @Field(() => Int, { description: 'Number of handoffs; the query `handoffs` lists them.' })
  handoffs!: number;
  @Field(() => Int, { description: dispositions.meanings.accepted })
  accepted!: number;
  @Field(() => Int, { description: dispositions.meanings.rejected })
  rejected!: number;
  @Field(() => Int, { description: dispositions.meanings.recycled })
  recycled!: number;
  @Field(() => Int, { description: dispositions.meanings.disqualified })
  disqualified!: number;
  @Field(() => Int, { description: dispositions.meanings.waiting })
  waiting!: number;
  @Field(() => Int, {
    description: 'Accepted handoffs that were rejected, recycled or disqualified later. A lost deal does not count.',
  })
  givenBack!: number;
  @Field(() => Int, { description: 'Handoffs that have waited for 48 hours or longer.' })
  limbo!: number;
  @Field(() => Float, maybe('Rejected / handoffs, 0…1; null without handoffs.'))
  rejectionRate!: number | null;
  @Field(() => [RejectionReasonType], { description: 'The reasons for rejections, most frequent first.' })
  reasons!: readonly RejectionReasonType[];
  @Field(() => Float, maybe('Median number of outbound touches before a rejection or recycling; null without either.'))
  medianAttempts!: number | null;
  @Field(() => [String], {
    description:
      '`definition needs work` if, grouped by definition, more than 30 % of at least 10 handoffs were rejected.',
  })
  warnings!: readonly string[];
}
@ObjectType('HandoffReport', { description: 'Handoffs by disposition.' })
export class HandoffReportType {
  @Field(() => HandoffRowType, { description: 'All handoffs in the period.' })
  total!: HandoffRowType;
  @Field(() => [HandoffRowType], { description: 'One row per group, sorted; empty without `by`.' })
  rows!: readonly HandoffRowType[];
  @Field(() => InstantScalar, { description: 'The time at which limbo was computed.' })
  at!: Instant;
}

@ObjectType('Handoff', { description: 'A handoff of a lead to a rep, with its outcome.' })
export class HandoffType {
  @Field(() => ID, { description: 'Id of the event that recorded it.' })
  eventId!: string;
  @Field(() => ID, { description: 'The lead’s id.' })
  leadId!: string;
  @Field(() => Int, { description: 'The number of the handoff of this lead, counted from 1.' })
  count!: number;
  @Field(() => String, { description: 'The salesperson.' })
  rep!: string;
  @Field(() => String, maybe('The queue that chose the rep.'))
  queue?: string;
  @Field(() => String, { description: 'The definition that the lead met, `mql@3`, or `external:<source>`.' })
  definition!: string;
  @Field(() => InstantScalar, { description: 'When the lead was handed off.' })
  at!: Instant;
  @Field(() => DispositionEnum, { description: 'The latest disposition.' })
  disposition!: Disposition;
  @Field(() => InstantScalar, maybe('When it got that disposition.'))
  disposedAt?: Instant;
  @Field(() => String, maybe('The reason for the rejection, recycling or disqualification.'))
  reason?: string;
  @Field(() => DispositionEnum, maybe('How it was returned after it was accepted.'))
  givenBack?: Disposition;
  @Field(() => InstantScalar, maybe('When it was returned.'))
  givenBackAt?: Instant;
  @Field(() => String, maybe('The reason for the return.'))
  givenBackReason?: string;
  @Field(() => Int, { description: 'Outbound touches by sales until it was returned, or until now.' })
  attempts!: number;
}
export const HandoffConnection = connectionOf('Handoff', HandoffType);

@ArgsType()
export class HandoffFilterArgs extends ReadArgs {
  @IsOptional()
  @IsString()
  @Field(() => DayOrInstantScalar, maybe('Only handoffs made on or after this day or instant.'))
  from?: string;
  @IsOptional()
  @IsString()
  @Field(() => DayOrInstantScalar, maybe('Only handoffs made before this day or instant.'))
  to?: string;
  @IsOptional()
  @IsString()
  @MaxLength(100)
  @Field(() => String, { nullable: true, description: 'IANA time zone of days and months; UTC by default.' })
  timeZone?: string;
  @FilterField('Only handoffs to these reps.')
  rep?: ValueFilterInput;
  @FilterField('Only handoffs by these queues (teams).')
  queue?: ValueFilterInput;
  @IsOptional()
  @IsString()
  @MaxLength(300)
  @Field(() => String, maybe('Only handoffs of leads that met this definition, `mql@3`.'))
  definition?: string;
}
@ArgsType()
export class HandoffReportArgs extends HandoffFilterArgs {
  @IsOptional()
  @IsArray()
  @Field(() => [ReportBreakdownEnum], maybe('Group by these, in combination.'))
  by?: readonly ReportBreakdown[];
}

export const handoffRowNode = ({ group, counts, ...row }: HandoffRow): HandoffRowType => ({
  ...group,
  ...counts,
  ...row,
});
