import { applyDecorators } from '@nestjs/common';
import { Field, InputType } from '@nestjs/graphql';
import type { ValueFilter } from '@baton/kernel';
import { Type } from 'class-transformer';
import { ArrayMaxSize, IsOptional, MaxLength, ValidateNested } from 'class-validator';

@InputType('ValueFilter', {
  description:
    'Which values of a field that can be without one: `{ in: ["ann"] }`, `{ none: true }` for the row null of a report, or both for either. Empty, it leaves out nothing.',
})
export class ValueFilterInput implements ValueFilter {
  @IsOptional()
  @ArrayMaxSize(100)
  @MaxLength(500, { each: true })
  @Field(() => [String], { nullable: true, description: 'One of these; an empty list is met by none.' })
  in?: string[];
  @Field(() => Boolean, { nullable: true, description: 'True: those without a value.' })
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
