import { Inject } from '@nestjs/common';
import { Args, ArgsType, Field, Resolver, Subscription } from '@nestjs/graphql';
import { EventLog, Journal } from '@baton/kernel';
import { readsPersonal, type CallerIdentity } from '@baton/platform/access';
import { ReadModels } from '@baton/platform/documents';
import { AfterArgs, Allow, Caller, EndSignal, objectTypeOf } from '@baton/platform/graphql';
import { CATALOGUE } from '@baton/platform/platform.module';
import type { EventCatalogue } from '@baton/platform/catalogue';
import { Runner } from '@baton/platform/runner';
import { IsString } from 'class-validator';
import { caseFileEntry, caseFileEvents, type CaseFileEntry } from './case-file.query';
import { caseFileReport } from './case-file.report';

const CaseFileEntryType = objectTypeOf(caseFileEntry);

@ArgsType()
class CaseFileEventsArgs extends AfterArgs {
  @IsString()
  @Field(() => String, { description: caseFileReport.arguments['subject']!.description })
  subject!: string;
}

@Resolver()
export class CaseFileResolver {
  constructor(
    private readonly models: ReadModels,
    private readonly journal: Journal,
    private readonly log: EventLog,
    private readonly runner: Runner,
    @Inject(CATALOGUE) private readonly catalogue: EventCatalogue,
  ) {}

  @Subscription(() => CaseFileEntryType, {
    description:
      'New entries of a case file, in order. With `after`, the position of the last entry received, none is left out or sent twice. ' +
      'After a merge the entries of both go on; what the other had before is in the query `caseFile`.',
    resolve: (entry: CaseFileEntry) => entry,
  })
  @Allow(...caseFileReport.allow)
  caseFileEvents(
    @Args() { subject, after }: CaseFileEventsArgs,
    @Caller() caller: CallerIdentity,
    @EndSignal() signal: AbortSignal,
  ): AsyncGenerator<CaseFileEntry> {
    const { models, journal, log, catalogue, runner } = this;
    const files = { models, journal, log, catalogue };
    const question = { after, personal: readsPersonal(caller), signal };
    return caseFileEvents(files, (position) => runner.waitFor(position), subject, question);
  }
}
