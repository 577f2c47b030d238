import { ArgsType, Field, Float, ID, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import type { Instant } from '@baton/kernel';
import {
  connectionOf,
  DayOrInstantScalar,
  FilterField,
  InstantScalar,
  ReadArgs,
  type ValueFilterInput,
} from '@baton/platform/graphql';
import { IsArray, IsOptional, IsString, MaxLength } from 'class-validator';
import { dispositions, type Disposition } from '@baton/leads';
import { reportBreakdowns, type ReportBreakdown } from '../sla-report/grouping.rules';
import type { HandoffRow, RejectionReason } from './handoff-report.query';

const maybe = (description: string) => ({ nullable: true, description });

export const DispositionEnum = Object.fromEntries(dispositions.map((one) => [one.toUpperCase(), one]));
const dispositionMeanings: Readonly<Record<Disposition, string>> = {
  accepted: 'Sales took it, whatever became of it afterwards.',
  rejected: 'Sales refused it without having taken it.',
  recycled: 'It went back to marketing without having been taken.',
  disqualified: 'Never to be sold to, as was found before sales took it.',
  waiting: 'No word yet.',
};
registerEnumType(DispositionEnum, {
  name: 'Disposition',
  description: 'The latest disposition of a handoff.',
  valuesMap: Object.fromEntries(
    dispositions.map((one) => [one.toUpperCase(), { description: dispositionMeanings[one] }]),
  ),
});

export const ReportBreakdownEnum = Object.fromEntries(reportBreakdowns.map((by) => [by.toUpperCase(), by]));
const breakdownMeanings: Readonly<Record<ReportBreakdown, string>> = {
  month: 'The calendar month in the time zone: of a handoff, or in which an obligation falls due.',
  queue: 'The queue of reps, the team, that the lead came through.',
  rep: 'The salesperson.',
  definition: 'Of a handoff what the lead met, `mql@3`; of an obligation its policy, `sla-policy@2`.',
};
registerEnumType(ReportBreakdownEnum, {
  name: 'SlaBreakdown',
  description: 'What reports about handoffs and obligations are broken down by.',
  valuesMap: Object.fromEntries(
    reportBreakdowns.map((by) => [by.toUpperCase(), { description: breakdownMeanings[by] }]),
  ),
});

/** What the rows of a group have in common. */
@ObjectType({ isAbstract: true })
export abstract class GroupedType {
  @Field(() => String, maybe('The month, `2024-01`; null where the report is not broken down by it.'))
  month?: string | null;
  @Field(() => String, maybe('The queue; null for leads that came through none, too.'))
  queue?: string | null;
  @Field(() => String, maybe('The rep; null for obligations of nobody, too.'))
  rep?: string | null;
  @Field(() => String, maybe('The definition.'))
  definition?: string | null;
}

@ObjectType('RejectionReason', { description: 'How often sales refused for one reason.' })
class RejectionReasonType implements RejectionReason {
  @Field(() => String, { description: 'Code of the reason.' })
  reason!: string;
  @Field(() => Int, { description: 'Handoffs rejected for it.' })
  rejected!: number;
  @Field(() => Float, { description: 'Of all handoffs of the row.' })
  rate!: number;
}
@ObjectType('HandoffReportRow', {
  description:
    'What became of handoffs, each by its latest disposition: handoffs = accepted + rejected + recycled + disqualified + waiting.',
})
export class HandoffRowType extends GroupedType {
  @Field(() => Int, { description: 'All of them; `handoffs` lists them.' })
  handoffs!: number;
  @Field(() => Int, { description: dispositionMeanings.accepted })
  accepted!: number;
  @Field(() => Int, { description: dispositionMeanings.rejected })
  rejected!: number;
  @Field(() => Int, { description: dispositionMeanings.recycled })
  recycled!: number;
  @Field(() => Int, { description: dispositionMeanings.disqualified })
  disqualified!: number;
  @Field(() => Int, { description: dispositionMeanings.waiting })
  waiting!: number;
  @Field(() => Int, {
    description: 'Of those accepted: rejected, recycled or disqualified since. A lost deal is none.',
  })
  givenBack!: number;
  @Field(() => Int, { description: 'Of those waiting: for 48 hours or longer.' })
  limbo!: number;
  @Field(() => Float, maybe('Rejected / handoffs; null without a handoff.'))
  rejectionRate!: number | null;
  @Field(() => [RejectionReasonType], { description: 'Why, the most frequent first.' })
  reasons!: readonly RejectionReasonType[];
  @Field(() => Float, maybe('Median of the contacts before a rejection or a recycling; null without either.'))
  medianAttempts!: number | null;
  @Field(() => [String], {
    description:
      '`definition needs work`: by definition, more than 30 % rejected, over at least 10 handoffs. Fewer show nothing.',
  })
  warnings!: readonly string[];
}
@ObjectType('HandoffReport', { description: 'What became of what was handed off.' })
export class HandoffReportType {
  @Field(() => HandoffRowType, { description: 'All handoffs of the period.' })
  total!: HandoffRowType;
  @Field(() => [HandoffRowType], { description: 'One row a group, sorted; empty without a breakdown.' })
  rows!: readonly HandoffRowType[];
  @Field(() => InstantScalar, { description: 'Now: who is in limbo is told for this instant.' })
  at!: Instant;
}

@ObjectType('Handoff', { description: 'One time that a lead was handed to a rep, and what became of it.' })
export class HandoffType {
  @Field(() => ID, { description: 'The event that says so.' })
  eventId!: string;
  @Field(() => ID, { description: 'The lead.' })
  leadId!: string;
  @Field(() => Int, { description: 'Which handoff of the lead it is, from 1.' })
  count!: number;
  @Field(() => String, { description: 'The salesperson.' })
  rep!: string;
  @Field(() => String, maybe('The queue that chose the rep.'))
  queue?: string;
  @Field(() => String, { description: 'What the lead met, `mql@3`, or `external:<source>`.' })
  definition!: string;
  @Field(() => InstantScalar, { description: 'When.' })
  at!: Instant;
  @Field(() => DispositionEnum, { description: 'The latest disposition.' })
  disposition!: Disposition;
  @Field(() => InstantScalar, maybe('Since when.'))
  disposedAt?: Instant;
  @Field(() => String, maybe('Why it was rejected, recycled or disqualified.'))
  reason?: string;
  @Field(() => DispositionEnum, maybe('How it was given back after it was accepted.'))
  givenBack?: Disposition;
  @Field(() => InstantScalar, maybe('When it was given back.'))
  givenBackAt?: Instant;
  @Field(() => String, maybe('Why it was given back.'))
  givenBackReason?: string;
  @Field(() => Int, { description: 'Contacts that sales made until it was given back, or until now.' })
  attempts!: number;
}
export const HandoffConnection = connectionOf('Handoff', HandoffType);

const STARTED = 'Only handoffs';
@ArgsType()
export class HandoffFilterArgs extends ReadArgs {
  @IsOptional()
  @IsString()
  @Field(() => DayOrInstantScalar, maybe(`${STARTED} made on or after this day, or at or after this instant.`))
  from?: string;
  @IsOptional()
  @IsString()
  @Field(() => DayOrInstantScalar, maybe(`${STARTED} made before this day or instant.`))
  to?: string;
  @IsOptional()
  @IsString()
  @MaxLength(100)
  @Field(() => String, { nullable: true, description: 'IANA zone of days and months; UTC by default.' })
  timeZone?: string;
  @FilterField('Only handoffs to these reps.')
  rep?: ValueFilterInput;
  @FilterField('Only handoffs by these queues, the teams.')
  queue?: ValueFilterInput;
  @IsOptional()
  @IsString()
  @MaxLength(300)
  @Field(() => String, maybe(`${STARTED} of leads that met this, \`mql@3\`.`))
  definition?: string;
}
@ArgsType()
export class HandoffReportArgs extends HandoffFilterArgs {
  @IsOptional()
  @IsArray()
  @Field(() => [ReportBreakdownEnum], maybe('Break it down by these, together.'))
  by?: readonly ReportBreakdown[];
}

export const handoffRowNode = ({ group, counts, ...row }: HandoffRow): HandoffRowType => ({
  ...group,
  ...counts,
  ...row,
});
