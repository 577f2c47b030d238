import { applyDecorators } from '@nestjs/common';
import { Field, InputType } from '@nestjs/graphql';
import type { ValueFilter } from '@baton/kernel';
import { Type } from 'class-transformer';
import { ArrayMaxSize, IsOptional, MaxLength, ValidateNested } from 'class-validator';
import { MAX_FILTER_LENGTH, MAX_FILTER_VALUES } from '../arguments';

@InputType('TextFilter', {
  description:
    'Filters by a value that a row may lack: `{ in: ["ann"] }` for some values, `{ none: true }` for rows without a value (the row null of a report), or both. An empty filter matches everything.',
})
export class ValueFilterInput implements ValueFilter {
  @IsOptional()
  @ArrayMaxSize(MAX_FILTER_VALUES)
  @MaxLength(MAX_FILTER_LENGTH, { each: true })
  @Field(() => [String], { nullable: true, description: 'One of these values. An empty list matches nothing.' })
  in?: string[];
  @IsOptional()
  @ArrayMaxSize(MAX_FILTER_VALUES)
  @MaxLength(MAX_FILTER_LENGTH, { each: true })
  @Field(() => [String], {
    nullable: true,
    description: 'None of these values. Rows without a value match, unless `none` is false.',
  })
  notIn?: string[];
  @IsOptional()
  @MaxLength(MAX_FILTER_LENGTH)
  @Field(() => String, { nullable: true, description: 'Values that start with this text.' })
  startsWith?: string;
  @Field(() => Boolean, {
    nullable: true,
    description: 'True: rows without a value too, alone only those. False: no row without a value.',
  })
  none?: boolean;
}

/** An optional argument that filters by a value which a row can be without. */
export const FilterField = (description: string): PropertyDecorator =>
  applyDecorators(
    IsOptional(),
    ValidateNested(),
    Type(() => ValueFilterInput),
    Field(() => ValueFilterInput, { nullable: true, description }),
  );
