import {
  Conflict,
  type Commit,
  type ExpectedRevision,
  type EventFilter,
  type EventToAppend,
  type Page,
  type Policy,
  type Position,
  type Projection,
} from '@baton/kernel';
import type { Parts } from './world';
import type { Check } from './world-oracle';
import { WorldDocuments, WorldLog } from './world-stores';

/** The checkpoint is saved before its documents. */
class CheckpointFirst extends WorldDocuments {
  override async commit(commit: Commit): Promise<void> {
    const between = this.between;
    await this.fenced(commit);
    await this.writeCheckpoint(commit);
    await between();
    await this.writeDocuments(commit, between);
  }
}

/** A process that has lost a lease continues to write. */
class Unfenced extends WorldDocuments {
  protected override async fenced(): Promise<void> {}
  protected override writeCheckpoint(commit: Commit): Promise<void> {
    return super.writeCheckpoint({ ...commit, fence: { ...commit.fence, token: Number.MAX_SAFE_INTEGER } });
  }
}

/** A position is given before its events can be read: a later append may be seen first. */
class GapWhileInFlight extends WorldLog {
  private given = 0;
  private readonly inFlight = new Set<string>();
  override async append(stream: string, events: readonly EventToAppend[], expected: ExpectedRevision) {
    while (this.inFlight.has(stream)) await this.pause();
    const again = this.made(events);
    if (again) return again;
    this.expect(stream, expected);
    const sequence = this.given + 1;
    this.given += events.length;
    this.inFlight.add(stream);
    for (let waited = 0; waited < 3; waited++) await this.pause();
    this.inFlight.delete(stream);
    const appended = this.write(stream, events, sequence);
    this.events.sort((a, b) => (a.position < b.position ? -1 : 1));
    return appended;
  }
}

/** A filtered page that is cut at its limit claims to be complete. */
class FilteredPastUnread extends WorldLog {
  override async readAll(after: Position, filter: EventFilter = {}, limit = 2000): Promise<Page> {
    const page = await super.readAll(after, filter, limit);
    if (!filter.types || page.events.length === 0) return page;
    return { ...page, position: await this.tip(), atTip: true };
  }
}

/** A page without events moves the reader to the end of the log at that time. */
class EmptyPageToHead extends WorldLog {
  override async readAll(after: Position, filter: EventFilter = {}, limit = 2000): Promise<Page> {
    const page = await super.readAll(after, filter, limit);
    if (page.events.length > 0) return page;
    for (let waited = 0; waited < 3; waited++) await this.pause();
    return { events: [], position: await this.tip(), atTip: true };
  }
}

/** The events of one append share a position, and a page may end between them. */
class SharedPosition extends WorldLog {
  protected override positionOf(_sequence: number, first: number): Position {
    return super.positionOf(first, first);
  }
}

/** An append whose response got lost has written only the first of its events. */
class TornBatch extends WorldLog {
  private batches = 0;
  override async append(stream: string, events: readonly EventToAppend[], expected: ExpectedRevision) {
    if (events.length < 2 || ++this.batches % 2 === 0) return super.append(stream, events, expected);
    await super.append(stream, events.slice(0, 1), expected);
    throw new Conflict('log/unavailable', 'away');
  }
}

const swallowing = (projection: Projection): Projection => ({
  ...projection,
  fold: (document, event, key) => {
    try {
      return projection.fold(document, event, key) as unknown;
    } catch {
      return document as unknown;
    }
  },
});
const swallowingPolicy = (policy: Policy): Policy => ({
  ...policy,
  react: (event, look) => policy.react(event, look).catch(() => []),
});

/** Known ways in which projection engines skip events, each with the check that must find it. */
export const mutants: readonly { readonly name: string; readonly parts: Parts; readonly caughtBy: Check }[] = [
  { name: 'a checkpoint saved before the write', parts: { documents: CheckpointFirst }, caughtBy: 'read models' },
  {
    name: 'a gap of positions passed while an append is in flight',
    parts: { log: GapWhileInFlight },
    caughtBy: 'complete',
  },
  {
    name: 'a filtered read that points past an unread event',
    parts: { log: FilteredPastUnread },
    caughtBy: 'complete',
  },
  { name: 'an empty page that leads to the head', parts: { log: EmptyPageToHead }, caughtBy: 'complete' },
  { name: 'a position that two events share', parts: { log: SharedPosition }, caughtBy: 'positions' },
  {
    name: 'a position that two events share, by what is read',
    parts: { log: SharedPosition },
    caughtBy: 'complete',
  },
  { name: 'an error of a policy swallowed', parts: { policy: swallowingPolicy }, caughtBy: 'parked' },
  {
    name: 'an error of a fold swallowed',
    parts: { projection: swallowing },
    caughtBy: 'poison parked',
  },
  { name: 'a batch written in part', parts: { log: TornBatch }, caughtBy: 'whole' },
  { name: 'a holder of a lost lease that writes', parts: { documents: Unfenced }, caughtBy: 'checkpoints' },
];
