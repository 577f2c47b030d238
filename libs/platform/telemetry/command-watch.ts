import { Accepted, codeOf, type Outcome, type To } from '@baton/kernel';
import type { Logger } from 'pino';
import type { Metrics } from './metrics';
import { traced } from './trace';

const outcomeOf = (outcome: unknown): string => {
  if (outcome instanceof Accepted) return outcome.repeated ? 'repeated' : 'accepted';
  return codeOf(outcome);
};

/** Counts, measures, traces and logs each command. */
export class CommandWatch {
  private inFlight = 0;

  constructor(
    private readonly metrics: Metrics,
    private readonly logger: Logger,
  ) {}

  /** @returns the outcome of `execute` */
  async watch({ command: { type, meta } }: To, execute: () => Promise<Outcome>): Promise<Outcome> {
    const began = performance.now();
    const report = (outcome: string) => {
      const ms = performance.now() - began;
      this.metrics.command(type, outcome, ms / 1000);
      const { actor, commandId, correlationId = commandId, causationId = commandId } = meta;
      this.logger.info({ type, outcome, ms: Math.round(ms * 10) / 10, correlationId, causationId, actor }, 'command');
    };
    this.metrics.commandsInFlight(++this.inFlight);
    try {
      return await traced(`command ${type}`, { 'baton.origin': meta.origin }, async (span) => {
        const outcome = await execute();
        span.setAttribute('baton.outcome', outcomeOf(outcome));
        report(outcomeOf(outcome));
        return outcome;
      });
    } catch (error) {
      report(codeOf(error));
      throw error;
    } finally {
      this.metrics.commandsInFlight(--this.inFlight);
    }
  }
}
