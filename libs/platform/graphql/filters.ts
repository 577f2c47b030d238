import { Field, InputType } from '@nestjs/graphql';
import type { ValueFilter } from '@baton/kernel';

/** Its limits are those of every filter, see `arguments.ts`. */
@InputType('TextFilter', {
  description:
    'Filters by a value that a row may lack: `{ in: ["ann"] }` for some values, `{ none: true }` for rows without a value (the row null of a report), or both. An empty filter matches everything.',
})
export class ValueFilterInput implements ValueFilter {
  @Field(() => [String], { nullable: true, description: 'One of these values. An empty list matches nothing.' })
  in?: string[];
  @Field(() => [String], {
    nullable: true,
    description: 'None of these values. Rows without a value match, unless `none` is false.',
  })
  notIn?: string[];
  @Field(() => String, { nullable: true, description: 'Values that start with this text.' })
  startsWith?: string;
  @Field(() => Boolean, {
    nullable: true,
    description: 'True: rows without a value too, alone only those. False: no row without a value.',
  })
  none?: boolean;
}
