import type { OnModuleInit } from '@nestjs/common';
import type { CommandBus } from '@nestjs/cqrs';
import { Accepted, codeOf, type Outcome, type To } from '@baton/kernel';
import type { Logger } from 'pino';
import type { Metrics } from './metrics';
import { traced } from './trace';

const outcomeOf = (outcome: unknown): string => {
  if (outcome instanceof Accepted) return outcome.repeated ? 'repeated' : 'accepted';
  return codeOf(outcome);
};

/** Stands in the one door of commands, the bus: counts, measures, traces and logs each. */
export class CommandWatch implements OnModuleInit {
  private inFlight = 0;

  constructor(
    private readonly bus: CommandBus,
    private readonly metrics: Metrics,
    private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    const execute = this.bus.execute.bind(this.bus) as (command: unknown) => Promise<unknown>;
    this.bus.execute = ((command: To) => this.watch(command, () => execute(command))) as CommandBus['execute'];
  }

  private async watch(to: To, execute: () => Promise<unknown>): Promise<unknown> {
    const { type, meta } = to.command;
    const began = performance.now();
    const told = (outcome: string) => {
      const ms = performance.now() - began;
      this.metrics.command(type, outcome, ms / 1000);
      const { actor, commandId, correlationId = commandId, causationId = commandId } = meta;
      this.logger.info({ type, outcome, ms: Math.round(ms * 10) / 10, correlationId, causationId, actor }, 'command');
    };
    this.metrics.commandsInFlight(++this.inFlight);
    try {
      return await traced(`command ${type}`, { 'baton.origin': meta.origin }, async (span) => {
        const outcome = (await execute()) as Outcome;
        span.setAttribute('baton.outcome', outcomeOf(outcome));
        told(outcomeOf(outcome));
        return outcome;
      });
    } catch (error) {
      told(codeOf(error));
      throw error;
    } finally {
      this.metrics.commandsInFlight(--this.inFlight);
    }
  }
}
