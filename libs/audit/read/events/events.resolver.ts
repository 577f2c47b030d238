import { Inject } from '@nestjs/common';
import { Args, ArgsType, Field, ID, Int, ObjectType, Query, Resolver } from '@nestjs/graphql';
import { EventLog, Refused, type EventSchema, type RawEvent } from '@baton/kernel';
import { Allow, InstantScalar, JsonScalar, ReadArgs } from '@baton/platform/graphql';
import { CATALOGUE } from '@baton/platform/platform.module';
import { ArrayMaxSize, IsArray, IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { eventsAfter } from './events.query';

@ObjectType('Event', { description: 'A fact, as the log keeps it.' })
class EventType {
  @Field(() => ID, { description: 'The event.' })
  eventId!: string;
  @Field(() => String, { description: 'What happened.' })
  type!: string;
  @Field(() => String, { description: 'The stream that it stands in.' })
  stream!: string;
  @Field(() => Int, { description: 'Its place in the stream, from 0.' })
  revision!: number;
  @Field(() => String, { description: 'Its place in the log; give it as `after` to go on behind it.' })
  position!: string;
  @Field(() => InstantScalar, { description: 'When it happened.' })
  occurredAt!: string;
  @Field(() => InstantScalar, { description: 'When it was recorded.' })
  recordedAt!: string;
  @Field(() => String, { description: 'Who caused it.' })
  actor!: string;
  @Field(() => Int, { description: 'Version of its schema.' })
  schema!: number;
  @Field(() => JsonScalar, { description: 'What it says; personal fields are ciphertext, `$sealed`.' })
  data!: unknown;
}

@ObjectType('EventPage', { description: 'A page of the log.' })
class EventPageType {
  @Field(() => [EventType], { description: 'In the order of the log.' })
  events!: readonly EventType[];
  @Field(() => String, { description: 'Give it as `after` to go on; everything up to here was looked at.' })
  position!: string;
  @Field(() => Boolean, { description: 'The log had no more at that moment.' })
  atTip!: boolean;
}

@ArgsType()
class EventsArgs extends ReadArgs {
  @IsInt()
  @Min(1)
  @Max(2000)
  @Field(() => Int, { defaultValue: 100, description: 'How many at most, up to 2000.' })
  first: number = 100;

  @IsOptional()
  @IsString()
  @MaxLength(100)
  @Field(() => String, { nullable: true, description: 'The position after which to go on; from the start without it.' })
  after?: string;

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(100)
  @IsString({ each: true })
  @Field(() => [String], { nullable: true, description: 'Only events of these types.' })
  types?: string[];

  @IsOptional()
  @IsString()
  @MaxLength(200)
  @Field(() => String, { nullable: true, description: 'Only events of this stream, `lead-7f3c`.' })
  stream?: string;
}

const inWords = ({ id, type, stream, revision, position, recordedAt, meta, data }: RawEvent): EventType => ({
  eventId: id,
  type,
  stream,
  revision,
  position,
  occurredAt: meta.occurredAt,
  recordedAt,
  actor: meta.actor,
  schema: meta.schema,
  data,
});

@Resolver()
export class EventsResolver {
  constructor(
    private readonly log: EventLog,
    @Inject(CATALOGUE) private readonly catalogue: ReadonlyMap<string, EventSchema>,
  ) {}

  @Query(() => EventPageType, { description: 'The log itself, page by page, for analysts and auditors.' })
  @Allow('analyst', 'auditor', 'revops')
  async events(@Args() { first, after, types, stream }: EventsArgs): Promise<EventPageType> {
    const unknown = types?.find((type) => !this.catalogue.has(type));
    if (unknown !== undefined) throw new Refused('event/unknown-type', `There is no event type "${unknown}".`, 'types');
    const page = await eventsAfter(this.log, {
      first,
      ...(after && { after }),
      ...(types && { types }),
      ...(stream && { stream }),
    });
    return { ...page, events: page.events.map(inWords) };
  }
}
