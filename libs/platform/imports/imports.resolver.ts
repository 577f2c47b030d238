import { Args, Field, ID, Int, ObjectType, Query, Resolver } from '@nestjs/graphql';
import type { Instant } from '@baton/kernel';
import { ReadModels } from '../documents';
import { Allow, connectionOf, InstantScalar, PageArgs, readPage, type Connection } from '../graphql';
import { imports, type ImportDocument } from './imports.projection';

const count = (description: string) => ({
  nullable: true,
  description: `${description} Null until the run has ended.`,
});

@ObjectType('Import', { description: 'A mapping by which files are imported, with its latest run.' })
class ImportType implements ImportDocument {
  @Field(() => ID, { description: 'The name of the mapping.' })
  importId!: string;
  @Field(() => Int, { description: 'The number of the run, from 1.' })
  run!: number;
  @Field(() => InstantScalar, { description: 'When the run began.' })
  startedAt!: Instant;
  @Field(() => InstantScalar, {
    nullable: true,
    description: 'When all rows were handled. Null: the run goes on, or was stopped and waits to be started again.',
  })
  finishedAt!: Instant | null;
  @Field(() => Int, count('Rows of the file.'))
  rows!: number | null;
  @Field(() => Int, count('Rows that brought something new.'))
  accepted!: number | null;
  @Field(() => Int, count('Rows that brought nothing new.'))
  repeated!: number | null;
  @Field(() => Int, count('Rows that were refused.'))
  rejected!: number | null;
  @Field(() => Int, count('Events that were written.'))
  events!: number | null;
}
const ImportConnection = connectionOf('Import', ImportType);

@Resolver()
export class ImportsResolver {
  constructor(private readonly models: ReadModels) {}

  @Query(() => ImportConnection, { description: 'What is imported, and what came of the latest run of each mapping.' })
  @Allow('marketing', 'sales', 'revops', 'analyst', 'auditor')
  imports(@Args() { first, after, asOf }: PageArgs): Promise<Connection<ImportType>> {
    return readPage(this.models.asOf(asOf), imports, { first, after, orderBy: [{ column: 'importId' }] }, (doc) => doc);
  }
}
