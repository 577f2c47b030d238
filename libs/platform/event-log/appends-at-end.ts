import { codeOf, mergeReads, type EventLog, type EventToAppend } from '@baton/kernel';

interface WaitingAppend {
  readonly stream: string;
  readonly events: readonly EventToAppend[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Those of one append, unless a single caller has more. */
const EVENTS_PER_APPEND = 10;
const CONFLICTS = 8;
const how = { checked: true } as const;

/**
 * Appends at the end of streams, wherever that is, what nobody else appends. Whatever comes for the same stream while an
 * append is under way is one append; reads are merged in it.
 */
export class AppendsAtEnd {
  private waiting: WaitingAppend[] = [];
  private isWriting = false;
  /** The last revision of a stream, where this process knows it. */
  private known: { readonly stream: string; readonly revision: number } | undefined;

  constructor(private readonly log: Pick<EventLog, 'append' | 'revisionOf'>) {}

  /** Resolves once the events are in the log. @throws as `EventLog.append` */
  append(stream: string, events: readonly EventToAppend[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ stream, events, resolve, reject });
      if (!this.isWriting) void this.writeAll();
    });
  }

  private async writeAll(): Promise<void> {
    this.isWriting = true;
    while (this.waiting.length > 0) {
      const some = this.next();
      const merged = mergeReads(some.flatMap(({ events }) => events));
      await this.write(
        some[0]!.stream,
        merged.map(({ event }) => event),
      ).then(
        () => some.forEach(({ resolve }) => resolve()),
        (error: unknown) => some.forEach(({ reject }) => reject(error)),
      );
    }
    this.isWriting = false; // in the turn in which nothing waited: what comes next begins anew
  }

  private next(): readonly WaitingAppend[] {
    const { stream } = this.waiting[0]!;
    let events = 0;
    const end = this.waiting.findIndex(
      (one, index) => ((events += one.events.length) > EVENTS_PER_APPEND && index > 0) || one.stream !== stream,
    );
    return this.waiting.splice(0, end < 0 ? this.waiting.length : end);
  }

  /** Appends at the end of the stream, again where another process came first. */
  private async write(stream: string, events: readonly EventToAppend[]): Promise<void> {
    for (let conflicts = 0; ; conflicts++) {
      try {
        const last = this.known?.stream === stream ? this.known.revision : ((await this.log.revisionOf(stream)) ?? -1);
        const { revision } = await this.log.append(stream, events, last < 0 ? 'none' : last, how);
        this.known = { stream, revision };
        return;
      } catch (error) {
        this.known = undefined;
        if (codeOf(error) !== 'log/wrong-revision' || conflicts >= CONFLICTS) throw error;
      }
    }
  }
}
