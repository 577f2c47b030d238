import {
  codeOf,
  type Balance,
  type Clock,
  type ConservationCheck,
  type Documents,
  type EventLog,
  type Instant,
  type Position,
} from '@baton/kernel';
import { Decimal } from 'decimal.js';
import type { ReadModels } from '../documents';
import type { HeavyWork } from '../heavy-work';
import type { Runner } from '../runner';
import { machineTimers, repeatEvery, type Timers } from '../timers';
import { keepResults } from './results';

/** Declares a check of a law of conservation. */
export const conservationCheck = (
  declared: Omit<ConservationCheck, 'balances'> & {
    readonly balances: (models: ReadModels, at: Instant) => Promise<readonly Balance[]>;
  },
): ConservationCheck => declared as unknown as ConservationCheck;

/** Two numbers that should be equal and are not. */
export interface Difference extends Balance {
  /** Left less right. */
  readonly difference: string;
}
export interface CheckResult {
  readonly check: string;
  readonly description: string;
  readonly left: string;
  readonly right: string;
  readonly holds: boolean;
  /** How many pairs of numbers were compared. */
  readonly compared: number;
  readonly differences: readonly Difference[];
  readonly checkedAt: Instant;
  readonly position: Position;
}

const WORK = 'conservation';
const KEPT = { name: WORK, columns: {} };
const ATTEMPTS = 3;
const HOUR_MS = 3_600_000;
/** So many differences of one check are kept. */
const MOST = 20;

/**
 * Compares the two sides of each check.
 * @param position of the log that the read models have reached
 */
export const checkConservation = async (
  checks: readonly ConservationCheck[],
  models: ReadModels,
  at: Instant,
  position: Position,
): Promise<readonly CheckResult[]> => {
  const results: CheckResult[] = [];
  for (const { name, description, left, right, balances } of checks) {
    const compared = await balances(models as never, at);
    const differences = compared
      .map((one) => ({ ...one, difference: new Decimal(one.left).minus(one.right).toFixed() }))
      .filter(({ difference }) => difference !== '0');
    results.push({
      ...{ check: name, description, left, right, compared: compared.length, checkedAt: at, position },
      ...{ holds: differences.length === 0, differences: differences.slice(0, MOST) },
    });
  }
  return results;
};

/** One check on the data of an instant. */
interface CheckQuestion {
  readonly check: string;
  readonly at: Instant;
  readonly position: Position;
}
interface ConservationParts {
  readonly checks: readonly ConservationCheck[];
  readonly models: ReadModels;
  readonly documents: Documents;
  readonly log: EventLog;
  readonly runner: Runner;
  /** Checks read as much as the dearest questions of callers: they are answered where those are. */
  readonly work: HeavyWork;
  readonly clock: Clock;
  readonly onFailure: (error: unknown, code: string) => void;
  readonly timers?: Timers;
}

/** Checks on live data that numbers which must be equal are. */
export class Conservation {
  private readonly stopping = new AbortController();
  private schedule: Promise<void> | undefined;
  private readonly check: (question: CheckQuestion, caller: string) => Promise<readonly CheckResult[]>;

  constructor(private readonly parts: ConservationParts) {
    const { checks, models, work } = parts;
    this.check = work.register(WORK, ({ check, at, position }: CheckQuestion) => {
      const asked = checks.filter(({ name }) => name === check);
      return checkConservation(asked, models, at, position);
    });
  }

  /**
   * Checks at the end of the log and keeps what it found. While events come, read models may stand at different ones:
   * what differs is checked again.
   */
  async run(): Promise<readonly CheckResult[]> {
    const { checks, documents, log, runner, clock } = this.parts;
    for (let attempt = 1; ; attempt++) {
      const position = await log.tip();
      await runner.waitFor(position, 'all');
      const at = clock.now();
      const results: CheckResult[] = [];
      for (const { name: check } of checks) results.push(...(await this.check({ check, at, position }, WORK)));
      if (attempt < ATTEMPTS && results.some(({ holds }) => !holds) && (await log.tip()) !== position) continue;
      const kept = results.map((result): readonly [string, CheckResult] => [result.check, result]);
      await keepResults(documents, clock, KEPT.name, kept);
      return results;
    }
  }

  /** What the last check found; [] before the first. */
  async latest(): Promise<readonly CheckResult[]> {
    const found = await this.parts.documents.find(KEPT, { limit: 100 });
    const names = this.parts.checks.map(({ name }) => name);
    return found.map(({ doc }) => doc as unknown as CheckResult).filter(({ check }) => names.includes(check));
  }

  /** Checks every hour, until `stop`. Failures are reported and tried again. */
  start(): void {
    const { timers = machineTimers, onFailure } = this.parts;
    this.schedule ??= repeatEvery(timers, HOUR_MS, this.stopping.signal, () =>
      this.run().catch((error: unknown) => onFailure(error, codeOf(error))),
    );
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.schedule;
  }
}
