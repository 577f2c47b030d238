import { Args, Field, ID, Int, ObjectType, Query, Resolver } from '@nestjs/graphql';
import type { Instant } from '@baton/kernel';
import { ReadModels, readPage, type Connection } from '../documents';
import { Allow, connectionOf, InstantScalar, PageArgs } from '../graphql';
import { imports, type ImportDocument } from './imports.projection';

const count = (description: string) => ({
  nullable: true,
  description: `${description} Null until the run has finished.`,
});

@ObjectType('Import', { description: 'An import mapping with its latest run.' })
class ImportType implements ImportDocument {
  @Field(() => ID, { description: 'The name of the mapping.' })
  importId!: string;
  @Field(() => Int, { description: 'The number of the run, from 1.' })
  run!: number;
  @Field(() => InstantScalar, { description: 'When the run started.' })
  startedAt!: Instant;
  @Field(() => InstantScalar, {
    nullable: true,
    description:
      'When all rows were processed. Null while the run is in progress, or was stopped and can be continued.',
  })
  finishedAt!: Instant | null;
  @Field(() => Int, count('Number of rows in the file.'))
  rows!: number | null;
  @Field(() => Int, count('Number of rows that wrote events.'))
  accepted!: number | null;
  @Field(() => Int, count('Number of rows without new events.'))
  repeated!: number | null;
  @Field(() => Int, count('Number of refused rows.'))
  rejected!: number | null;
  @Field(() => Int, count('Number of events written.'))
  events!: number | null;
}
const ImportConnection = connectionOf('Import', ImportType);

@Resolver()
export class ImportsResolver {
  constructor(private readonly models: ReadModels) {}

  @Query(() => ImportConnection, { description: 'The import mappings with the results of their latest runs.' })
  @Allow('marketing', 'sales', 'revops', 'analyst', 'auditor')
  imports(@Args() { first, after, last, before, asOf }: PageArgs): Promise<Connection<ImportType>> {
    return readPage(
      this.models.asOf(asOf),
      imports,
      { first, after, last, before, orderBy: [{ column: 'importId' }] },
      (doc) => doc,
    );
  }
}
