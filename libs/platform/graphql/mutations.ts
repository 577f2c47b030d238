import { Inject, type Type } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Args, Extensions, ID, Mutation, Resolver } from '@nestjs/graphql';
import {
  codeOf,
  idsIn,
  Refused,
  roles,
  type Aggregate,
  type AnyCommand,
  type Outcome,
  type ToAggregate,
} from '@baton/kernel';
import { GraphQLError } from 'graphql';
import type { Logger } from 'pino';
import type { CallerIdentity } from '../access';
import { LOGGER } from '../platform.module';
import { accessRefusal, Allow, Caller, unauthenticated, type GraphqlContext } from './caller';
import { CallerTurns } from '../caller-turns';
import { inputTypeOf, sendableCommands, type GivenCommand, type SendableCommand } from './command-inputs';
import { answerOf, BatchCommandOutcome, CommandOutcome, FailedType, type CommandAnswer } from './command-outcomes';
import { declareArguments } from './connection';
import { formatterOf } from './errors';
import { limits } from './limits';

/**
 * The mutations of the command tables: one for every command that somebody may send, and one that sends many. Input,
 * description and roles come from the tables.
 * @throws Error for two commands of one name
 */
export const mutationsOf = (aggregates: readonly Aggregate[]): Type<unknown>[] => {
  const commands = sendableCommands(aggregates);
  return [...commands.map(mutationOf), batchMutationOf(commands)];
};

const MAX_ID_LENGTH = 100;
const badId = (commandId: string, maxLength: number): Refused | undefined =>
  commandId.length <= maxLength && /^[\x21-\x7e]+$/.test(commandId)
    ? undefined
    : new Refused(
        'command/bad-id',
        `commandId must be 1 to ${maxLength} printable ASCII characters, such as a UUID.`,
        'commandId',
      );

const newIds = idsIn('4a2c3d0e-8b1f-5e7a-9c6d-1f2e3a4b5c6d');

/** Sends one command, as its mutation does. Who may send it is checked before. */
const send = async (
  bus: CommandBus,
  { schema, aggregate: { to, commands } }: SendableCommand,
  commandId: string,
  { input, expectedRevision, occurredAt }: GivenCommand,
  { actor, roles, origin }: CallerIdentity,
): Promise<Outcome> => {
  const refusal = badId(commandId, MAX_ID_LENGTH);
  if (refusal) return refusal;
  const data: Record<string, unknown> = { ...input };
  if (schema.creates && Object.keys(data).length === 0) {
    const fieldNames = Object.keys(schema.object.properties).join(', ');
    return new Refused('command/empty', `input must have at least one of ${fieldNames}.`, 'input');
  }
  if (schema.creates) data[commands.idField] ??= newIds(`${actor}\n${commandId}`);
  const meta: AnyCommand['meta'] = {
    ...{ commandId, actor, roles, origin },
    ...(occurredAt && { occurredAt }),
    ...(expectedRevision !== undefined && { expectedRevision }),
  };
  const command = { type: schema.type, data, meta };
  return bus.execute<InstanceType<ToAggregate>, Outcome>(new to(String(data[commands.idField]), command));
};

const mutationOf = (command: SendableCommand): Type<unknown> => {
  const { name, schema, args } = command;
  @Resolver()
  class CommandMutation {
    constructor(@Inject(CommandBus) readonly bus: CommandBus) {}
  }
  Object.defineProperty(CommandMutation, 'name', { value: `${schema.type}Mutation` });
  // Without decorators of its parameters Nest gives a method what GraphQL gives it.
  const answer = async function (
    this: CommandMutation,
    _: unknown,
    { commandId, ...given }: GivenCommand & { readonly commandId: string },
    { caller }: GraphqlContext,
  ): Promise<CommandAnswer> {
    if (!caller) throw unauthenticated();
    return answerOf(await send(this.bus, command, commandId, given, caller));
  };
  const target = CommandMutation.prototype as unknown as Record<string, unknown>;
  Object.defineProperty(target, name, { value: answer, writable: true, configurable: true });
  declareArguments(CommandMutation, name, [
    [
      'commandId',
      ID,
      'Your id of the command, such as a UUID. Sending the same id again returns the first answer.',
      true,
    ],
    ...args.map((arg) => [arg.name, arg.type, arg.description, !arg.nullable] as const),
  ]);
  const descriptor = Object.getOwnPropertyDescriptor(target, name)!;
  Mutation(() => CommandOutcome, { name, description: schema.description })(target, name, descriptor);
  Allow(...schema.allow)(target, name, descriptor);
  return CommandMutation;
};

const NOT_SENT = {
  code: 'command/not-sent',
  message: 'A command before this one failed; send the whole batch again with the same commandId.',
};

/** By the name of its mutation; the schema holds that there is exactly one. */
type BatchItem = Readonly<Record<string, GivenCommand>>;

/** What the nth command of a batch has behind the id of the batch. */
const suffixOf = (n: number): string => `-${n}`;

const batchMutationOf = (commands: readonly SendableCommand[]): Type<unknown> => {
  const byName = new Map(commands.map((command) => [command.name, command]));
  const mayBeSentBy = roles.filter((role) => commands.some(({ schema }) => schema.allow.includes(role)));
  const max = limits.commands.max;
  const maxIdLength = MAX_ID_LENGTH - suffixOf(max).length;
  const CommandInput = inputTypeOf(
    'CommandInput',
    'A command to be sent with others: exactly one of these.',
    commands.map(({ name, schema: { type, description }, args }) => ({
      name,
      type: inputTypeOf(`${type}Command`, `The arguments of ${name}.`, args),
      nullable: true,
      description,
    })),
    { isOneOf: true },
  );

  @Resolver()
  class BatchMutation {
    private readonly turns = new CallerTurns(1);
    private readonly format: ReturnType<typeof formatterOf>;

    constructor(
      @Inject(CommandBus) private readonly bus: CommandBus,
      @Inject(LOGGER) logger: Logger,
    ) {
      this.format = formatterOf(logger);
    }

    @Mutation(() => [BatchCommandOutcome], {
      description: `Send up to ${max} commands, in order, one after the other. Each is answered at its place as if it had been sent alone; a refused one does not stop the others, one that your roles may not send is Refused with \`access/denied\`. After one that failed nothing more is sent. The same batch sent again with the same commandId repeats nothing.`,
    })
    @Extensions({ commandsIn: 'commands' })
    @Allow(...mayBeSentBy)
    async sendCommands(
      @Args('commandId', {
        type: () => ID,
        description: `Your id of the batch, such as a UUID, of up to ${maxIdLength} characters. The commands have the ids \`<commandId>-1\`, \`<commandId>-2\` and so on.`,
      })
      commandId: string,
      @Args('commands', { type: () => [CommandInput], description: `The commands, 1 to ${max}.` })
      given: readonly BatchItem[],
      @Caller() caller: CallerIdentity,
    ): Promise<(CommandAnswer | FailedType)[]> {
      const refusal = badId(commandId, maxIdLength);
      if (refusal) throw refusal;
      if (given.length === 0)
        throw new Refused('command/empty-batch', 'commands must have at least one command.', 'commands');
      const answers: (CommandAnswer | FailedType)[] = [];
      for (const [index, one] of given.entries()) {
        await this.turns.next(caller.actor);
        const answer = await this.answer(`${commandId}${suffixOf(index + 1)}`, one, caller);
        answers.push(answer);
        // What follows may depend on it.
        if (answer instanceof FailedType) break;
      }
      const notSent = given.slice(answers.length).map(() => new FailedType(NOT_SENT.code, NOT_SENT.message));
      return [...answers, ...notSent];
    }

    private async answer(
      commandId: string,
      one: BatchItem,
      caller: CallerIdentity,
    ): Promise<CommandAnswer | FailedType> {
      const [[name, given]] = Object.entries(one) as [[string, GivenCommand]];
      const command = byName.get(name)!;
      try {
        return answerOf(
          accessRefusal(caller, command.schema.allow) ?? (await send(this.bus, command, commandId, given, caller)),
        );
      } catch (error) {
        const { message } = this.format(new GraphQLError('').toJSON(), error);
        return new FailedType(codeOf(error), message);
      }
    }
  }
  return BatchMutation;
};
