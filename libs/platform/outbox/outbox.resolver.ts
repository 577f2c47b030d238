import { Inject } from '@nestjs/common';
import { Args, ArgsType, Field, ID, Int, ObjectType, Query, registerEnumType, Resolver } from '@nestjs/graphql';
import type { Instant, Json, MessageKind, Where } from '@baton/kernel';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { ReadModels } from '../documents';
import {
  Allow,
  connectionOf,
  InstantScalar,
  JsonScalar,
  PageArgs,
  ReadArgs,
  readPage,
  type Connection,
} from '../graphql';
import { SENDERS } from '../platform.module';
import type { Sender } from '../runner';
import { messages, type MessageDocument } from './messages.projection';
import { outboxTargets, type OutboxTarget } from './outbox.query';

const valuesOf = <V extends string>(...values: readonly V[]) =>
  Object.fromEntries(values.map((value) => [value.toUpperCase(), value])) as { readonly [T in V as Uppercase<T>]: T };
const KindEnum = valuesOf('notification', 'task', 'record', 'alert');
registerEnumType(KindEnum, { name: 'MessageKind', description: 'What a message is.' });
const StatusEnum = valuesOf('queued', 'waiting', 'sent', 'failed', 'dropped');
registerEnumType(StatusEnum, {
  name: 'MessageStatus',
  description: 'QUEUED: to be sent; WAITING: to be tried again; FAILED: given up; DROPPED: a task done before.',
});
const TaskEnum = valuesOf('open', 'done', 'dropped');
registerEnumType(TaskEnum, { name: 'TaskStatus', description: 'DROPPED: owed no more.' });

const nullable = (description: string) => ({ nullable: true, description });

@ObjectType('Message', { description: 'Something that another system is told: a notification, task, record or alert.' })
class MessageType implements MessageDocument {
  @Field(() => ID, { description: 'Its id, by which the target knows a repetition.' })
  messageId!: string;
  @Field(() => String, { description: 'The system it goes to.' })
  target!: string;
  @Field(() => KindEnum, { description: 'What it is.' })
  kind!: MessageKind;
  @Field(() => String, { description: 'The person or role it is for.' })
  to!: string;
  @Field(() => ID, nullable('The lead it is about.'))
  leadId!: string | null;
  @Field(() => ID, nullable('The deal it is about.'))
  opportunityId!: string | null;
  @Field(() => String, { description: 'What it says, by name.' })
  template!: string;
  @Field(() => JsonScalar, nullable('What the template is filled with: ids, codes, instants.'))
  data!: Json;
  @Field(() => InstantScalar, { description: 'Since when it is to be sent.' })
  queuedAt!: Instant;
  @Field(() => StatusEnum, { description: 'How it stands.' })
  status!: MessageDocument['status'];
  @Field(() => Int, { description: 'How often it was tried to send it.' })
  attempts!: number;
  @Field(() => String, nullable('Why the last attempt failed.'))
  code!: string | null;
  @Field(() => InstantScalar, nullable('When it is tried again.'))
  dueAt!: Instant | null;
  @Field(() => InstantScalar, nullable('When the target took it.'))
  sentAt!: Instant | null;
  @Field(() => TaskEnum, nullable('Of a task: how it stands.'))
  task!: MessageDocument['task'];
  @Field(() => InstantScalar, nullable('Of a task: by when it is to be done.'))
  doBy!: Instant | null;
  @Field(() => InstantScalar, nullable('Of a task: when it was said to be done or dropped.'))
  completedAt!: Instant | null;
}
const MessageConnection = connectionOf('Message', MessageType);

@ObjectType('OutboxTarget', { description: 'What goes to one other system, and what has come of it.' })
class OutboxTargetType implements OutboxTarget {
  @Field(() => String, { description: 'The system.' })
  target!: string;
  @Field(() => Boolean, { description: 'Does somebody bring messages there?' })
  connected!: boolean;
  @Field(() => Int, { description: 'To be sent.' })
  queued!: number;
  @Field(() => Int, { description: 'To be tried again.' })
  waiting!: number;
  @Field(() => Int, { description: 'Taken by the system.' })
  sent!: number;
  @Field(() => Int, { description: 'Given up.' })
  failed!: number;
  @Field(() => Int, { description: 'Tasks that were done before they were sent.' })
  dropped!: number;
  @Field(() => InstantScalar, nullable('Since when the oldest that was not sent is to be sent.'))
  oldestAt!: Instant | null;
}

const filterBy = (what: string) => ({ nullable: true, description: `Only those ${what}.` });
@ArgsType()
class InboxArgs extends PageArgs {
  @IsOptional()
  @IsString()
  @MaxLength(200)
  @Field(() => String, filterBy('for this person or role'))
  to?: string;
  @IsOptional()
  @IsString()
  @MaxLength(128)
  @Field(() => ID, filterBy('about this lead'))
  leadId?: string;
}
@ArgsType()
class TasksArgs extends InboxArgs {
  @IsOptional()
  @Field(() => TaskEnum, filterBy('that stand so'))
  task?: MessageDocument['task'];
}
@ArgsType()
class MessagesArgs extends InboxArgs {
  @IsOptional()
  @IsString()
  @MaxLength(100)
  @Field(() => String, filterBy('to this system'))
  target?: string;
  @IsOptional()
  @Field(() => KindEnum, filterBy('of this kind'))
  kind?: MessageKind;
  @IsOptional()
  @Field(() => StatusEnum, filterBy('that stand so'))
  status?: MessageDocument['status'];
}

const equalTo = (filter: object): Where =>
  Object.fromEntries(
    Object.entries(filter)
      .filter(([, value]) => value !== undefined && value !== null)
      .map(([column, value]) => [column, { eq: value as string }]),
  );
const node = (doc: MessageDocument): MessageType => doc;
const newestFirst = [{ column: 'queuedAt', descending: true }];

/** What people are told and have to do, and how far it has come on its way to other systems. */
@Resolver()
export class OutboxResolver {
  constructor(
    private readonly models: ReadModels,
    @Inject(SENDERS) private readonly senders: readonly Sender[],
  ) {}

  @Query(() => MessageConnection, { description: 'What people are told, the newest first: notifications and alerts.' })
  @Allow('sales', 'marketing', 'revops')
  notifications(@Args() { first, after, asOf, to, leadId }: InboxArgs): Promise<Connection<MessageType>> {
    const where: Where = { ...equalTo({ to, leadId }), kind: { in: ['notification', 'alert'] } };
    return readPage(this.models.asOf(asOf), messages, { first, after, where, orderBy: newestFirst }, node);
  }

  @Query(() => MessageConnection, { description: 'What people have to do, what is due first.' })
  @Allow('sales', 'marketing', 'revops')
  tasks(@Args() { first, after, asOf, to, leadId, task }: TasksArgs): Promise<Connection<MessageType>> {
    const where: Where = { ...equalTo({ to, leadId, task }), kind: { eq: 'task' } };
    const orderBy = [{ column: 'doBy' }];
    return readPage(this.models.asOf(asOf), messages, { first, after, where, orderBy }, node);
  }

  @Query(() => MessageConnection, { description: 'Everything that other systems are told, the newest first.' })
  @Allow('marketing', 'revops')
  messages(@Args() { first, after, asOf, ...filter }: MessagesArgs): Promise<Connection<MessageType>> {
    const { to, leadId, target, kind, status } = filter;
    const where = equalTo({ to, leadId, target, kind, status });
    return readPage(this.models.asOf(asOf), messages, { first, after, where, orderBy: newestFirst }, node);
  }

  @Query(() => [OutboxTargetType], { description: 'For each other system, how many messages were sent and are not.' })
  @Allow('sales', 'marketing', 'revops')
  outbox(@Args() { asOf }: ReadArgs): Promise<readonly OutboxTarget[]> {
    const connected = this.senders.map(({ target }) => target);
    return outboxTargets(this.models.asOf(asOf), connected);
  }
}
