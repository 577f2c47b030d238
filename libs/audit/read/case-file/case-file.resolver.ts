import {
  Args,
  ArgsType,
  Field,
  ID,
  Int,
  ObjectType,
  Query,
  registerEnumType,
  Resolver,
  Subscription,
} from '@nestjs/graphql';
import { Inject } from '@nestjs/common';
import { callerOrigins, enumeration, EventLog, Journal, Refused } from '@baton/kernel';
import {
  ReadModels,
  forwardConnection,
  PAGE,
  readCursor,
  writeCursor,
  type Connection,
} from '@baton/platform/documents';
import {
  AfterArgs,
  Allow,
  Caller,
  connectionOf,
  EndSignal,
  enumOf,
  Heavy,
  InstantScalar,
  JsonScalar,
  ForwardPageArgs,
  readsPersonal,
} from '@baton/platform/graphql';
import type { CallerIdentity } from '@baton/platform/access';
import { CATALOGUE, type EventCatalogue } from '@baton/platform/platform.module';
import { Runner } from '@baton/platform/runner';
import { IsOptional, Matches } from 'class-validator';
import {
  caseFileEvents,
  caseFilePage,
  type CaseFileEntry,
  type CaseFiles,
  type Change,
  type Fact,
} from './case-file.query';
import type { CaseFileTime, Cause, EntryPosition } from './case-file.rules';

const OriginEnum = enumOf(callerOrigins);
const ModeEnum = enumOf(
  enumeration<CaseFileEntry['mode']>('RecordingMode', 'How an event was recorded.', {
    live: 'When it happened, or when somebody reported it.',
    backfill: 'Later, by an import of history; nobody was notified.',
  }),
);
const PersonalFieldsEnum = enumOf(
  enumeration<CaseFileEntry['personal']>('PersonalFields', 'The personal fields of an event.', {
    none: 'It has none.',
    open: 'They can be read.',
    sealed: 'This caller may not read them.',
    forgotten: 'The person was erased; nobody can read them.',
  }),
);

const CaseFileOrder = { OCCURRED: 'occurred', RECORDED: 'recorded' } as const;
registerEnumType(CaseFileOrder, {
  name: 'CaseFileOrder',
  description: 'By which time a case file is told.',
  valuesMap: {
    OCCURRED: { description: 'By when things happened.' },
    RECORDED: { description: 'By when they were recorded: the order of the log.' },
  },
});

@ObjectType({ description: 'Something that holds of the subject from an event on, and what held before.' })
class FieldChange implements Change {
  @Field(() => String, { description: 'What is known of which kind of subject: `opportunity.expected-close`.' })
  state!: string;
  @Field(() => String, { description: 'The same in words: `expected close`.' })
  field!: string;
  @Field(() => JsonScalar, {
    nullable: true,
    description: 'What held before; null: nothing was known. A personal value not shown is `{ personal: "sealed" }`.',
  })
  before?: unknown;
  @Field(() => JsonScalar, {
    nullable: true,
    description: 'What holds from then on. A personal value not shown is `{ personal: "sealed" }` or `"forgotten"`.',
  })
  after!: unknown;
  @Field(() => String, { description: 'For people: `expected close: 2024-03-01 → 2024-04-01`.' })
  text!: string;
}

@ObjectType('CaseFileFact', { description: 'A field of an event in words.' })
class CaseFileFact implements Fact {
  @Field(() => String, { description: 'The field, in words.' })
  field!: string;
  @Field(() => String, {
    description: 'Its value as people read it, at most 300 characters: `2 h 5 min`, `1,000.00 USD`. Whole in `data`.',
  })
  text!: string;
}

@ObjectType('CaseFileCause', { description: 'What an event follows from.' })
class CaseFileCause implements Cause {
  @Field(() => ID, {
    nullable: true,
    description: 'The event; null where no event was before: a command, or time alone.',
  })
  eventId!: string | null;
  @Field(() => String, { nullable: true, description: 'Its type; null where it is no part of this case file.' })
  type!: string | null;
  @Field(() => String, {
    nullable: true,
    description: 'Who decided it; `clock` where time alone brought it; null where it is no part of this case file.',
  })
  actor!: string | null;
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
  @Field(() => String, { description: 'One plain sentence: `Sales rejected the lead: no budget`.' })
  sentence!: string;
  @Field(() => String, {
    description: 'Who decided: a person, `system:mql@1` for a rule, `policy:handoff` or `connector:hubspot`.',
  })
  actor!: string;
  @Field(() => String, { description: 'Who sent the command that it was recorded with.' })
  sender!: string;
  @Field(() => OriginEnum, { description: 'What sent it.' })
  origin!: CaseFileEntry['origin'];
  @Field(() => ModeEnum, { description: 'How it was recorded.' })
  mode!: CaseFileEntry['mode'];
  @Field(() => InstantScalar, { description: 'When it happened.' })
  occurredAt!: string;
  @Field(() => InstantScalar, { description: 'When it was recorded.' })
  recordedAt!: string;
  @Field(() => ID, { description: 'The command that caused it.' })
  commandId!: string;
  @Field(() => ID, { description: 'The event or command that it follows from.' })
  causationId!: string;
  @Field(() => CaseFileCause, {
    nullable: true,
    description: 'What it follows from and who decided that; null: whoever sent the command wanted it.',
  })
  cause!: CaseFileCause | null;
  @Field(() => ID, { description: 'The conversation it belongs to.' })
  correlationId!: string;
  @Field(() => String, { nullable: true, description: 'The definition and version that decided, `mql@3`.' })
  definition!: string | null;
  @Field(() => JsonScalar, {
    description:
      'All that it says. A personal value not shown is `{ personal: "sealed" }` or `{ personal: "forgotten" }`.',
  })
  data!: CaseFileEntry['data'];
  @Field(() => [FieldChange], {
    description:
      'What it changed of its subject, before and after; what an occurrence was like (a touch) changes nothing.',
  })
  changes!: readonly FieldChange[];
  @Field(() => [CaseFileFact], { description: 'What neither the sentence nor the changes say, field by field.' })
  facts!: readonly CaseFileFact[];
  @Field(() => PersonalFieldsEnum, { description: 'Whether it has personal fields, and whether they can be read.' })
  personal!: CaseFileEntry['personal'];
}
const CaseFileConnection = connectionOf('CaseFileEntry', CaseFileEntryType);

const SUBJECT = /^[a-z][a-z-]*-[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$/;

@ArgsType()
class CaseFileArgs extends ForwardPageArgs {
  @Matches(SUBJECT)
  @Field(() => String, { description: 'Whose case file, with its kind: `lead-7f3c`, `opportunity-42`.' })
  subject!: string;

  @IsOptional()
  @Field(() => CaseFileOrder, { defaultValue: 'occurred', description: 'By when things happened, or were recorded.' })
  orderBy: CaseFileTime = 'occurred';

  @IsOptional()
  @Field(() => Boolean, { defaultValue: false, description: 'Latest events first.' })
  newestFirst: boolean = false;
}

@ArgsType()
class CaseFileEventsArgs extends AfterArgs {
  @Matches(SUBJECT)
  @Field(() => String, { description: 'Whose case file, with its kind: `lead-7f3c`, `opportunity-42`.' })
  subject!: string;
}

/** @throws Refused `graphql/bad-cursor` */
const placeOf = (cursor: string): EntryPosition => {
  const { id, values } = readCursor(cursor);
  const [occurredAt] = values;
  if (typeof occurredAt === 'string') return { position: id, occurredAt };
  throw new Refused('graphql/bad-cursor', 'after must be the endCursor of an earlier page, unchanged.', 'after');
};

@Resolver()
export class CaseFileResolver {
  constructor(
    private readonly models: ReadModels,
    private readonly journal: Journal,
    private readonly log: EventLog,
    private readonly runner: Runner,
    @Inject(CATALOGUE) private readonly catalogue: EventCatalogue,
  ) {}

  private get files(): CaseFiles {
    const { models, journal, log, catalogue } = this;
    return { models, journal, log, catalogue };
  }

  @Query(() => CaseFileConnection, {
    description:
      'How a lead, deal or anything else was handled: every event whole, in order, with who, when, why, and what changed. Merged people appear as one.',
  })
  @Heavy({ ofLog: true }) // the index of a subject is read whole, however long it is
  @Allow('auditor', 'revops', 'marketing', 'sales')
  async caseFile(
    @Args() { subject, first = PAGE.default, after, asOf, orderBy, newestFirst }: CaseFileArgs,
    @Caller() caller: CallerIdentity,
  ): Promise<Connection<CaseFileEntry>> {
    const { entries, totalCount, hasNextPage } = await caseFilePage(this.files, subject, {
      first,
      after: after ? placeOf(after) : undefined,
      by: orderBy,
      newestFirst,
      asOf,
      personal: readsPersonal(caller),
    });
    const edges = entries.map((node) => ({
      cursor: writeCursor({ id: node.position, values: [node.occurredAt] }),
      node,
    }));
    return forwardConnection(edges, { hasNextPage, after, totalCount });
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
    @EndSignal() signal: AbortSignal,
  ): AsyncGenerator<CaseFileEntry> {
    const personal = readsPersonal(caller);
    return caseFileEvents(this.files, (position) => this.runner.waitFor(position), subject, {
      after,
      personal,
      signal,
    });
  }
}
