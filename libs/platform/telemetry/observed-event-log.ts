import {
  Conflict,
  EventLog,
  type AppendRequest,
  type AppendOptions,
  type ExpectedRevision,
  type EventFilter,
  type EventToAppend,
  type Position,
} from '@baton/kernel';
import type { Metrics } from './metrics';
import { traced } from './trace';

/** Counts and traces the appends of another log. */
export class ObservedEventLog extends EventLog {
  constructor(
    private readonly log: EventLog,
    private readonly metrics: Metrics,
  ) {
    super();
  }

  append(stream: string, events: readonly EventToAppend[], expected: ExpectedRevision, options?: AppendOptions) {
    return traced('append', { 'baton.events': events.length }, async () => {
      try {
        const appended = await this.log.append(stream, events, expected, options);
        this.metrics.append(events.length);
        return appended;
      } catch (error) {
        this.count(error);
        throw error;
      }
    });
  }

  /** Without a span: it would take as long as what it measures. */
  override appendDeferred(stream: string, events: readonly EventToAppend[]) {
    return this.log.appendDeferred(stream, events).then(() => this.metrics.append(events.length));
  }

  override flush() {
    return this.log.flush();
  }

  appendMany(appends: readonly AppendRequest[]) {
    return traced('append many', { 'baton.appends': appends.length }, async () => {
      const answers = await this.log.appendMany(appends);
      answers.forEach((answer, index) => {
        if (answer.status === 'fulfilled') this.metrics.append(appends[index]!.events.length);
        else this.count(answer.reason);
      });
      return answers;
    });
  }

  read(stream: string, from?: number, limit?: number) {
    return this.log.read(stream, from, limit);
  }
  revisionOf(stream: string) {
    return this.log.revisionOf(stream);
  }
  readAll(after: Position, filter?: EventFilter, limit?: number) {
    return this.log.readAll(after, filter, limit);
  }
  follow(after: Position, filter?: EventFilter, options?: { signal?: AbortSignal; limit?: number }) {
    return this.log.follow(after, filter, options);
  }
  assertPosition(position: Position, path?: string) {
    this.log.assertPosition(position, path);
  }
  tip() {
    return this.log.tip();
  }
  override appendRefusal() {
    return this.log.appendRefusal();
  }
  override integrityFaults() {
    return this.log.integrityFaults();
  }
  availability() {
    return this.log.availability();
  }
  close() {
    return this.log.close();
  }

  private count(error: unknown): void {
    if (error instanceof Conflict && error.code === 'log/wrong-revision') this.metrics.conflict();
  }
}
