import { toMs, type Clock, type Documents, type EventLog, type Position } from '@baton/kernel';
import type { VerificationResult, FollowerStatus, Runner } from '../runner';
import type { FollowerLag } from '../telemetry';
import { keepResults } from './results';

/** Counting the events that are waiting stops here: how many more there are changes nothing. */
const MAX_COUNTED = 1000;
const KEPT_MS = 1000;
const VERIFICATION = { name: 'verification', columns: {} };

/** What the last verification said of a follower. */
export interface VerificationSummary {
  readonly complete: boolean;
  readonly expected: number;
  readonly counted: number;
  readonly verifiedAt: string;
}
/** How far a follower is, and whether it has seen everything. */
export interface FollowerProgress extends FollowerLag {
  readonly kind: FollowerStatus['kind'];
  readonly holder: string | undefined;
  /** undefined: this generation was never verified. */
  readonly verified: VerificationSummary | undefined;
}

/** How the followers of the log come along, whichever process runs them. */
export class Progress {
  private cached: { readonly until: number; readonly answer: Promise<readonly FollowerProgress[]> } | undefined;

  constructor(
    private readonly runner: Runner,
    private readonly log: EventLog,
    private readonly documents: Documents,
    private readonly clock: Clock,
  ) {}

  /** Each follower's lag, parked sequences and last verification; asked often, it answers the same for a second. */
  followers(): Promise<readonly FollowerProgress[]> {
    if (!this.cached || performance.now() > this.cached.until)
      this.cached = { until: performance.now() + KEPT_MS, answer: this.measure() };
    return this.cached.answer;
  }

  /** Keeps what a verification found, for every process that asks. */
  async saveVerification(answers: readonly VerificationResult[]): Promise<void> {
    const verifiedAt = this.clock.now();
    const found = answers.map(({ follower, complete, expected, counted }): readonly [string, VerificationSummary] => [
      follower,
      { complete, expected, counted, verifiedAt },
    ]);
    await keepResults(this.documents, this.clock, VERIFICATION.name, found);
  }

  private async measure(): Promise<readonly FollowerProgress[]> {
    const [followers, verified] = await Promise.all([
      this.runner.status(),
      this.documents.find(VERIFICATION, { limit: 1000 }),
    ]);
    const found = new Map(verified.map(({ id, doc }) => [id, doc as VerificationSummary]));
    const waiting = new Map<Position, Promise<Pick<FollowerLag, 'events' | 'seconds'>>>(); // many stand at one position
    const lagAt = (position: Position) => {
      let lag = waiting.get(position);
      if (!lag) waiting.set(position, (lag = this.lagAt(position)));
      return lag;
    };
    return Promise.all(
      followers.map(async ({ name, kind, position, holder, parked, atTip }) => ({
        follower: name,
        kind,
        holder,
        parked: parked.length,
        verified: found.get(name),
        ...(atTip ? { events: 0, seconds: 0 } : await lagAt(position)),
      })),
    );
  }

  private async lagAt(position: Position): Promise<Pick<FollowerLag, 'events' | 'seconds'>> {
    const { events } = await this.log.readAll(position, {}, MAX_COUNTED);
    const [first] = events;
    if (!first) return { events: 0, seconds: 0 };
    const seconds = Math.max(0, (toMs(this.clock.now()) - toMs(first.recordedAt)) / 1000);
    return { events: events.length, seconds };
  }
}
