import { Inject } from '@nestjs/common';
import { Args, ArgsType, Field, ID, Int, ObjectType, Query, Resolver } from '@nestjs/graphql';
import { enumeration, type Instant, type Json, type MessageKind, type Where } from '@baton/kernel';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { ReadModels, readPage, type Connection } from '../documents';
import { Allow, connectionOf, enumOf, InstantScalar, JsonScalar, PageArgs, ReadArgs } from '../graphql';
import { SENDERS } from '../platform.module';
import type { Sender } from '../runner';
import { messages, type MessageDocument } from './messages.projection';
import { outboxTargets, type OutboxTarget } from './outbox.query';

const KindEnum = enumOf(
  enumeration<MessageKind>('MessageKind', 'The kind of a message.', {
    notification: 'Tells a person or a role what happened.',
    task: 'Asks a person or a role to do something by a due time.',
    record: 'Keeps the data of another system up to date.',
    alert: 'Tells a person or a role what needs attention at once.',
  }),
);
const StatusEnum = enumOf(
  enumeration<MessageDocument['status']>('MessageStatus', 'The delivery status of a message.', {
    queued: 'To be sent now.',
    waiting: 'To be tried again.',
    sent: 'Accepted by the target.',
    failed: 'Given up.',
    dropped: 'A task that was completed before it was sent.',
  }),
);
const TaskEnum = enumOf(
  enumeration<NonNullable<MessageDocument['task']>>('TaskStatus', 'The status of a task.', {
    open: 'To be done.',
    done: 'Done.',
    dropped: 'No longer needed.',
  }),
);

const nullable = (description: string) => ({ nullable: true, description });

@ObjectType('Message', { description: 'A message to another system: a notification, task, record or alert.' })
class MessageType implements MessageDocument {
  @Field(() => ID, { description: 'The id of the message, by which the target recognises a repeated delivery.' })
  messageId!: string;
  @Field(() => String, { description: 'The target system.' })
  target!: string;
  @Field(() => KindEnum, { description: 'The kind of message.' })
  kind!: MessageKind;
  @Field(() => String, { description: 'The recipient: a person or a role.' })
  to!: string;
  @Field(() => ID, nullable('The lead it is about.'))
  leadId!: string | null;
  @Field(() => ID, nullable('The opportunity it is about.'))
  opportunityId!: string | null;
  @Field(() => String, { description: 'The name of the template.' })
  template!: string;
  @Field(() => JsonScalar, nullable('The values for the template: ids, codes and instants.'))
  data!: Json;
  @Field(() => InstantScalar, { description: 'When the message was queued.' })
  queuedAt!: Instant;
  @Field(() => StatusEnum, { description: 'The delivery status.' })
  status!: MessageDocument['status'];
  @Field(() => Int, { description: 'The number of delivery attempts.' })
  attempts!: number;
  @Field(() => String, nullable('The code of the last failed attempt.'))
  code!: string | null;
  @Field(() => InstantScalar, nullable('When the next attempt is due.'))
  dueAt!: Instant | null;
  @Field(() => InstantScalar, nullable('When the target accepted the message.'))
  sentAt!: Instant | null;
  @Field(() => TaskEnum, nullable('The status of the task. Null for other kinds.'))
  task!: MessageDocument['task'];
  @Field(() => InstantScalar, nullable('When the task is due. Null for other kinds.'))
  doBy!: Instant | null;
  @Field(() => InstantScalar, nullable('When the task was done or dropped.'))
  completedAt!: Instant | null;
}
const MessageConnection = connectionOf('Message', MessageType);

@ObjectType('OutboxTarget', { description: 'A target system with its message counts.' })
class OutboxTargetType implements OutboxTarget {
  @Field(() => String, { description: 'The target system.' })
  target!: string;
  @Field(() => Boolean, { description: 'Whether the target has a sender.' })
  connected!: boolean;
  @Field(() => Int, { description: 'Messages to be sent now.' })
  queued!: number;
  @Field(() => Int, { description: 'Messages waiting for another attempt.' })
  waiting!: number;
  @Field(() => Int, { description: 'Messages that the target accepted.' })
  sent!: number;
  @Field(() => Int, { description: 'Messages that were given up.' })
  failed!: number;
  @Field(() => Int, { description: 'Tasks that were completed before they were sent.' })
  dropped!: number;
  @Field(() => InstantScalar, nullable('When the oldest unsent message was queued.'))
  oldestAt!: Instant | null;
}

const filterBy = (what: string) => ({ nullable: true, description: `Return only ${what}.` });
@ArgsType()
class InboxArgs extends PageArgs {
  @IsOptional()
  @IsString()
  @MaxLength(200)
  @Field(() => String, filterBy('messages to this person or role'))
  to?: string;
  @IsOptional()
  @IsString()
  @MaxLength(128)
  @Field(() => ID, filterBy('messages about this lead'))
  leadId?: string;
}
@ArgsType()
class TasksArgs extends InboxArgs {
  @IsOptional()
  @Field(() => TaskEnum, filterBy('tasks with this status'))
  task?: MessageDocument['task'];
}
@ArgsType()
class MessagesArgs extends InboxArgs {
  @IsOptional()
  @IsString()
  @MaxLength(100)
  @Field(() => String, filterBy('messages to this target system'))
  target?: string;
  @IsOptional()
  @Field(() => KindEnum, filterBy('messages of this kind'))
  kind?: MessageKind;
  @IsOptional()
  @Field(() => StatusEnum, filterBy('messages with this status'))
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

/** Queries of notifications, tasks, and all messages with their delivery status. */
@Resolver()
export class OutboxResolver {
  constructor(
    private readonly models: ReadModels,
    @Inject(SENDERS) private readonly senders: readonly Sender[],
  ) {}

  @Query(() => MessageConnection, { description: 'Notifications and alerts, newest first.' })
  @Allow('sales', 'marketing', 'revops')
  notifications(@Args() { first, after, last, before, asOf, to, leadId }: InboxArgs): Promise<Connection<MessageType>> {
    const where: Where = { ...equalTo({ to, leadId }), kind: { in: ['notification', 'alert'] } };
    return readPage(
      this.models.asOf(asOf),
      messages,
      { first, after, last, before, where, orderBy: newestFirst },
      node,
    );
  }

  @Query(() => MessageConnection, { description: 'Tasks, earliest due first.' })
  @Allow('sales', 'marketing', 'revops')
  tasks(@Args() { first, after, last, before, asOf, to, leadId, task }: TasksArgs): Promise<Connection<MessageType>> {
    const where: Where = { ...equalTo({ to, leadId, task }), kind: { eq: 'task' } };
    const orderBy = [{ column: 'doBy' }];
    return readPage(this.models.asOf(asOf), messages, { first, after, last, before, where, orderBy }, node);
  }

  @Query(() => MessageConnection, { description: 'All messages to other systems, newest first.' })
  @Allow('marketing', 'revops')
  messages(@Args() { first, after, last, before, asOf, ...filter }: MessagesArgs): Promise<Connection<MessageType>> {
    const { to, leadId, target, kind, status } = filter;
    const where = equalTo({ to, leadId, target, kind, status });
    return readPage(
      this.models.asOf(asOf),
      messages,
      { first, after, last, before, where, orderBy: newestFirst },
      node,
    );
  }

  @Query(() => [OutboxTargetType], { description: 'Message counts by target system and status.' })
  @Allow('sales', 'marketing', 'revops')
  outbox(@Args() { asOf }: ReadArgs): Promise<readonly OutboxTarget[]> {
    const connected = this.senders.map(({ target }) => target);
    return outboxTargets(this.models.asOf(asOf), connected);
  }
}
