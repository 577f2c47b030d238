import type { Clock, EventLog, Journal, Position, Projection } from '@baton/kernel';
import { LRUCache } from 'lru-cache';
import { firstGeneration, MemoryDocuments, ReadModels, type AsOf } from '../documents';
import type { AroundFold } from './refold';
import { replay } from './replay';

/** Whoever folds in memory has no rival. */
const alone = { lease: 'history', token: 0 };

/** Read models as they stood at one cut: each is folded in memory when it is first asked for. */
class PastModels extends ReadModels {
  private readonly folded = new Map<string, Promise<unknown>>();

  constructor(
    private readonly log: EventLog,
    private readonly journal: Journal,
    private readonly cut: () => Promise<AsOf>,
    private readonly aroundFold: AroundFold | undefined,
  ) {
    super(new MemoryDocuments());
  }

  override async collection(projection: Projection) {
    let folding = this.folded.get(projection.name);
    if (!folding) {
      folding = this.fold(projection);
      this.folded.set(projection.name, folding);
      folding.catch(() => this.folded.delete(projection.name)); // a store that was away may be asked again
    }
    await folding;
    return super.collection(projection);
  }

  private async fold(projection: Projection): Promise<void> {
    const { log, journal, documents, aroundFold } = this;
    await replay({ log, journal, documents, aroundFold }, projection, firstGeneration(projection), () => alone, {
      cut: await this.cut(),
    });
  }
}

const KEPT_CUTS = 4;

/** Answers as-of questions: the same projections over a cut log, the same queries on top; recent cuts are kept. */
export const historyOf = (
  log: EventLog,
  journal: Journal,
  clock: Clock,
  aroundFold?: AroundFold,
): ((cut: AsOf) => ReadModels) => {
  const kept = new LRUCache<string, ReadModels>({ max: KEPT_CUTS });
  return ({ happenedBy, knownBy, knownAt }) => {
    // What was known by an instant of the past never changes. Without one, or with one to come, it is what is known
    // now: that is the end of the log at this moment, and no question to be kept.
    const past = knownBy !== undefined && knownBy < clock.now();
    const settled = past || knownAt !== undefined;
    const key = JSON.stringify([happenedBy, past ? knownBy : undefined, knownAt]);
    const known = settled ? kept.get(key) : undefined;
    if (known) return known;
    let tip: Promise<Position> | undefined; // one end for all read models of this answer
    const models = new PastModels(
      log,
      journal,
      async () => ({
        ...(happenedBy && { happenedBy }),
        ...(past && { knownBy }),
        knownAt: knownAt ?? (past ? undefined : await (tip ??= log.tip())),
      }),
      aroundFold,
    );
    if (settled) kept.set(key, models);
    return models;
  };
};
