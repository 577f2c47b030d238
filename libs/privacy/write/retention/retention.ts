import type { CommandBus } from '@nestjs/cqrs';
import { codeOf, idsIn, Refused, type Clock, type EventLog, type Outcome } from '@baton/kernel';
import type { ReadModels } from '@baton/platform/documents';
import type { Runner } from '@baton/platform/runner';
import { machineTimers, repeatEvery, type Timers } from '@baton/platform/timers';
import type { Logger } from 'pino';
import { dueErasures } from '../../read/retention/due-erasures.query';
import { ToPrivacy } from '../person/person.events';

const HOUR_MS = 3_600_000;
/** Of the same obligation the same id, so that processes that look at once decide once. */
const commandIds = idsIn('4d1f4f0e-6f2b-5c57-9b4e-6a8f0f3c1d27');

interface Parts {
  readonly models: ReadModels;
  readonly log: EventLog;
  readonly runner: Runner;
  readonly bus: CommandBus;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly timers?: Timers;
}

/** Erases people whom no purpose keeps any more: each hour, and on demand. A legal hold stops it. */
export class Retention {
  private readonly stopping = new AbortController();
  private schedule: Promise<void> | undefined;

  constructor(private readonly parts: Parts) {}

  /**
   * Erases who is due now.
   * @returns how many people were erased, and how many a hold keeps
   */
  async eraseDue(): Promise<{ readonly erased: number; readonly held: number }> {
    const { models, log, runner, bus, clock } = this.parts;
    await runner.waitFor(await log.tip()); // somebody may have come back a moment ago
    const now = clock.now();
    let [erased, held] = [0, 0];
    for (const { leadId, dueAt, purpose, holds } of await dueErasures(models, now)) {
      if (this.stopping.signal.aborted) break;
      if (holds.length > 0) {
        held++;
        continue;
      }
      const data = { leadId, reason: 'retention-ended', reference: purpose } as const;
      const commandId = commandIds(`${leadId} ${dueAt}`);
      const meta = { commandId, actor: 'policy:retention', origin: 'system' } as const;
      const outcome = await bus.execute<ToPrivacy, Outcome>(new ToPrivacy(leadId, { type: 'EraseLead', data, meta }));
      if (!(outcome instanceof Refused)) erased++;
      else if (outcome.code === 'privacy/on-hold') held++;
      else throw outcome;
    }
    return { erased, held };
  }

  /** Looks each hour until `stop`. Failures are logged, and tried again. */
  start(): void {
    const { timers = machineTimers, logger } = this.parts;
    this.schedule ??= repeatEvery(timers, HOUR_MS, this.stopping.signal, () =>
      this.eraseDue().then(
        ({ erased, held }) => {
          if (erased + held > 0) logger.info({ erased, held }, 'the retention of people has ended');
        },
        (error: unknown) => logger.warn({ code: codeOf(error) }, 'people whose retention has ended were not erased'),
      ),
    );
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.schedule;
  }
}
