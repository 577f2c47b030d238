import { Args, ArgsType, Field, ID, Int, ObjectType, Query, Resolver, Subscription } from '@nestjs/graphql';
import { Inject } from '@nestjs/common';
import { EventLog, Journal } from '@baton/kernel';
import { ReadModels } from '@baton/platform/documents';
import {
  AfterArgs,
  Allow,
  Caller,
  connectionOf,
  Ended,
  Heavy,
  InstantScalar,
  JsonScalar,
  PageArgs,
  readCursor,
  readsPersonal,
  writeCursor,
  type Connection,
} from '@baton/platform/graphql';
import type { CallerIdentity } from '@baton/platform/access';
import { CATALOGUE, type EventCatalogue } from '@baton/platform/platform.module';
import { Runner } from '@baton/platform/runner';
import { Matches } from 'class-validator';
import { caseFileEvents, caseFilePage, type CaseFileEntry } from './case-file.query';

@ObjectType({ description: 'A field that an event set to something else.' })
class FieldChange {
  @Field(() => String, { description: 'The field.' })
  field!: string;
  @Field(() => JsonScalar, { nullable: true, description: 'What the same stream said before; null: nothing.' })
  before?: unknown;
  @Field(() => JsonScalar, { nullable: true, description: 'What it says from then on.' })
  after!: unknown;
}

@ObjectType('CaseFileEntry', { description: 'One event that concerns the subject.' })
class CaseFileEntryType implements CaseFileEntry {
  @Field(() => String, { description: 'Its place in the log.' })
  position!: string;
  @Field(() => ID, { description: 'The event.' })
  eventId!: string;
  @Field(() => String, { description: 'What happened: the event type.' })
  type!: string;
  @Field(() => String, { description: 'The stream that it stands in.' })
  stream!: string;
  @Field(() => Int, { description: 'Its place in the stream, from 0.' })
  revision!: number;
  @Field(() => String, { description: 'Who caused it: person, policy or connector.' })
  actor!: string;
  @Field(() => String, { description: 'person, system or connector.' })
  origin!: CaseFileEntry['origin'];
  @Field(() => String, { description: 'live; or backfill: told later, by an import.' })
  mode!: CaseFileEntry['mode'];
  @Field(() => InstantScalar, { description: 'When it happened.' })
  occurredAt!: string;
  @Field(() => InstantScalar, { description: 'When it was recorded.' })
  recordedAt!: string;
  @Field(() => ID, { description: 'The command that caused it.' })
  commandId!: string;
  @Field(() => ID, { description: 'The event or command that it follows from.' })
  causationId!: string;
  @Field(() => ID, { description: 'The conversation it belongs to.' })
  correlationId!: string;
  @Field(() => String, { nullable: true, description: 'The definition and version that decided, `mql@3`.' })
  definition!: string | null;
  @Field(() => [FieldChange], { description: 'What it changed, before and after.' })
  changes!: readonly FieldChange[];
  @Field(() => String, {
    description: 'Personal fields: none, open, sealed (not for this caller) or forgotten (the person was erased).',
  })
  personal!: CaseFileEntry['personal'];
}
const CaseFileConnection = connectionOf('CaseFileEntry', CaseFileEntryType);

const SUBJECT = /^[a-z][a-z-]*-[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$/;

@ArgsType()
class CaseFileArgs extends PageArgs {
  @Matches(SUBJECT)
  @Field(() => String, { description: 'Whose case file, with its kind: `lead-7f3c`, `opportunity-42`.' })
  subject!: string;
}

@ArgsType()
class CaseFileEventsArgs extends AfterArgs {
  @Matches(SUBJECT)
  @Field(() => String, { description: 'Whose case file, with its kind: `lead-7f3c`, `opportunity-42`.' })
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

  @Query(() => CaseFileConnection, {
    description:
      'How a lead, deal or anything else was handled: every event in order, who, when, why, and what changed. Merged people appear as one.',
  })
  @Heavy() // earlier entries are read too, however many there are
  @Allow('auditor', 'revops', 'marketing', 'sales')
  async caseFile(
    @Args() { subject, first, after, asOf }: CaseFileArgs,
    @Caller() caller: CallerIdentity,
  ): Promise<Connection<CaseFileEntry>> {
    const { entries, totalCount, hasNextPage } = await caseFilePage(this.models.asOf(asOf), this.journal, subject, {
      first,
      ...(after && { after: readCursor(after).id }),
      personal: readsPersonal(caller),
    });
    const edges = entries.map((node) => ({ cursor: writeCursor({ id: node.position, values: [] }), node }));
    return { edges, totalCount, pageInfo: { hasNextPage, endCursor: edges.at(-1)?.cursor ?? null } };
  }

  @Subscription(() => CaseFileEntryType, {
    description:
      'What comes to a case file, in order; `after` the position of the last entry seen nothing is left out or told twice. ' +
      'After a merge the entries of both go on; what the other had before is in the query `caseFile`.',
    resolve: (entry: CaseFileEntry) => entry,
  })
  @Allow('auditor', 'revops', 'marketing', 'sales')
  caseFileEvents(
    @Args() { subject, after }: CaseFileEventsArgs,
    @Caller() caller: CallerIdentity,
    @Ended() signal: AbortSignal,
  ): AsyncGenerator<CaseFileEntry> {
    const { models, journal, log, runner, catalogue } = this;
    const personal = readsPersonal(caller);
    const folded = (position: string) => runner.waitFor(position);
    return caseFileEvents({ models, journal, log, catalogue, folded }, subject, { after, personal, signal });
  }
}
