import { applyDecorators } from '@nestjs/common';
import { Field, InputType } from '@nestjs/graphql';
import type { ValueFilter } from '@baton/kernel';
import { Type } from 'class-transformer';
import { ArrayMaxSize, IsOptional, MaxLength, ValidateNested } from 'class-validator';

@InputType('ValueFilter', {
  description:
    'Filters by an optional value: `{ in: ["ann"] }` for some values, `{ none: true }` for rows without a value (the row null of a report), or both. An empty filter matches everything.',
})
export class ValueFilterInput implements ValueFilter {
  @IsOptional()
  @ArrayMaxSize(100)
  @MaxLength(500, { each: true })
  @Field(() => [String], { nullable: true, description: 'One of these values. An empty list matches nothing.' })
  in?: string[];
  @Field(() => Boolean, { nullable: true, description: 'Whether to include rows without a value.' })
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
