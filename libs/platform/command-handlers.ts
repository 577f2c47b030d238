import { Inject, type OnModuleInit, type Type } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import {
  DecisionContext,
  handle,
  Journal,
  type Aggregate,
  type CommandRunner,
  type GetService,
  type Outcome,
  type To,
} from '@baton/kernel';
import { CommandWatch } from './telemetry';

/** Of an aggregate without a handler of its own: runs its decider. */
const decides =
  ({ decider }: Aggregate) =>
  (get: GetService): CommandRunner => {
    const [journal, context] = [get(Journal), get(DecisionContext)];
    return { execute: ({ id, command }) => handle(journal, decider, id, command, context) };
  };

const handlerOf = (aggregate: Aggregate): Type<ICommandHandler<To, Outcome>> => {
  const { to, handler = decides(aggregate) } = aggregate;
  @CommandHandler(to)
  class WatchedHandler implements ICommandHandler<To, Outcome>, OnModuleInit {
    @Inject(CommandWatch) private readonly watch!: CommandWatch;
    @Inject(ModuleRef) private readonly services!: ModuleRef;
    private runner!: CommandRunner;
    onModuleInit(): void {
      this.runner = handler((service) => this.services.get(service as never, { strict: false }));
    }
    execute(command: To): Promise<Outcome> {
      return this.watch.watch(command, () => this.runner.execute(command));
    }
  }
  Object.defineProperty(WatchedHandler, 'name', { value: `${to.name.slice(2)}Handler` });
  return WatchedHandler;
};

/**
 * Creates a handler for each aggregate, from its own one if it has one. Each command is counted, traced and logged.
 * @throws Error if an aggregate is listed twice: Nest would only warn and use the last one
 */
export const commandHandlers = (aggregates: readonly Aggregate[]): Type<object>[] => {
  const repeated = aggregates.find(({ to }, index) => aggregates.findIndex((one) => one.to === to) !== index);
  if (repeated) throw new Error(`${repeated.to.name} is registered twice: list its aggregate in one module only`);
  return aggregates.map(handlerOf);
};
