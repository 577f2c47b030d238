import { ArgsType, Field } from '@nestjs/graphql';
import { DayOrInstantScalar, FilterField, ReadArgs, type ValueFilterInput } from '@baton/platform/graphql';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import type { DealFilters } from '../deals.rules';

const FROM = 'The first day or instant of the period; without it, from the beginning.';
const TO = 'The day or instant at which the period ends, itself not in it; without it, to the end of the log.';
const only = (what: string) => ({ nullable: true, description: `Only deals ${what}.` });

/** The filters that every report over deals takes. */
@ArgsType()
export class DealFilterArgs extends ReadArgs implements DealFilters {
  @FilterField('Only deals for these products.')
  product?: ValueFilterInput;
  @FilterField('Only deals of these reps.')
  owner?: ValueFilterInput;
  @FilterField('Only deals from these sources.')
  source?: ValueFilterInput;
  @FilterField('Only deals of these companies.')
  account?: ValueFilterInput;
  @IsOptional()
  @IsString()
  @MaxLength(3)
  @Field(() => String, only('in this currency (ISO 4217); deals without an amount are left out'))
  currency?: string;
}

@ArgsType()
export class ZoneArgs extends DealFilterArgs {
  @IsOptional()
  @IsString()
  @MaxLength(100)
  @Field(() => String, { nullable: true, description: 'IANA zone of days and months; UTC by default.' })
  timeZone?: string;
}

/** The filters and the period of a report. */
@ArgsType()
export class PeriodReportArgs extends ZoneArgs {
  @IsOptional()
  @IsString()
  @Field(() => DayOrInstantScalar, { nullable: true, description: FROM })
  from?: string;
  @IsOptional()
  @IsString()
  @Field(() => DayOrInstantScalar, { nullable: true, description: TO })
  to?: string;
}
