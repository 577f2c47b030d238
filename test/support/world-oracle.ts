import { Conflict, START, type Documents, type EventLog, type Journal, type Projection } from '@baton/kernel';
import { MemoryDocuments, ReadModels } from '@baton/platform/documents';
import { replay } from '@baton/platform/runner';
import { seenBy } from '@baton/platform/runner/verify';
import { BREAKS_FOLD, BREAKS_POLICY, ECHO_FROM } from './till';
import { World, type History, type Parts } from './world';

/** Every document of a read model: position, id and text, a line each. */
export const bytesOf = async (documents: Documents, projection: Projection): Promise<string> => {
  const lines: string[] = [];
  for await (const page of new ReadModels(documents).pages(projection))
    for (const { id, doc, position } of page) lines.push(`${position} ${id} ${JSON.stringify(doc)}`);
  return lines.join('\n');
};

/** A read model folded from scratch. */
export const foldedAnew = async (log: EventLog, journal: Journal, projection: Projection): Promise<Documents> => {
  const documents = new MemoryDocuments();
  const fence = { lease: 'anew', token: 1 };
  await replay({ log, journal, documents }, projection, `${projection.name}-v${projection.version}`, () => fence);
  return documents;
};

/** What can be wrong with a world that came to rest. */
export type Check =
  | 'liveness'
  | 'defects'
  | 'acknowledged'
  | 'revisions'
  | 'positions'
  | 'whole'
  | 'checkpoints'
  | 'parked'
  | 'poison parked'
  | 'read models'
  | 'complete'
  | 'effects';

/** Runs a history and looks at what came of it. @returns every check that failed, with what it saw */
export const judged = async (history: History, parts: Parts = {}): Promise<Map<Check, string>> => {
  const world = new World(history, parts);
  const rested = await world.run();
  const { log, documents, journal } = world;
  const { events } = log;
  const failed = new Map<Check, string>();
  const expect = (check: Check, holds: boolean, saw: () => unknown = () => '') => {
    if (!holds && !failed.has(check)) failed.set(check, JSON.stringify(saw()));
  };
  expect('liveness', rested);
  expect('defects', world.defects.length === 0, () => String((world.defects[0] as Error).stack));

  for (const { commandId, outcome } of world.acknowledged) {
    const written = events.filter(({ meta }) => meta.commandId === commandId);
    expect('acknowledged', written.length === 1 && written[0]!.position === outcome.position, () => commandId);
  }
  const revisions = new Map<string, number>();
  let position = START;
  for (const event of events) {
    expect('revisions', event.revision === (revisions.get(event.stream) ?? -1) + 1, () => event);
    expect('positions', event.position > position, () => event.position);
    revisions.set(event.stream, event.revision);
    position = event.position;
  }
  const echoes = events.filter(({ type }) => type === 'CoinEchoed');
  for (const [index, { id, meta, data }] of echoes.entries()) {
    const half = (data as { half: number }).half;
    const other = echoes[half === 1 ? index + 1 : index - 1];
    expect('whole', other?.meta.commandId === meta.commandId, () => id);
  }
  expect('checkpoints', documents.wentBack.length === 0, () => documents.wentBack);

  for (const projection of world.projections) {
    const follower = `${projection.name}-v1`;
    const anew = await foldedAnew(log, journal, projection);
    const [live, scratch] = [await bytesOf(documents, projection), await bytesOf(anew, projection)];
    expect('read models', live === scratch, () => ({ live, scratch }));
    const parked = [await documents.parked(follower), await anew.parked(follower)];
    expect('parked', JSON.stringify(parked[0]) === JSON.stringify(parked[1]), () => parked);
    const checkpoint = await documents.checkpoint(follower);
    const seen = await seenBy(log, { follower, owner: follower }, projection.types, checkpoint);
    expect('complete', seen.complete && seen.position === position, () => seen);
  }
  const unlucky = events.filter(
    ({ type, data }) => type === 'CoinDropped' && (data as { coins: number }).coins === BREAKS_FOLD,
  );
  const waiting = (await documents.parked('sums-v1')).map(({ sequence }) => sequence).sort();
  const tills = [...new Set(unlucky.map(({ stream }) => stream))].sort();
  expect('poison parked', JSON.stringify(waiting) === JSON.stringify(tills), () => ({ waiting, tills }));
  for (const policy of world.policies) {
    const follower = `policy-${policy.name}-v1`;
    const checkpoint = await documents.checkpoint(follower);
    const seen = await seenBy(log, { follower, owner: follower }, policy.types, checkpoint);
    expect('complete', seen.complete, () => seen);
    const waits = new Map<string, string>();
    for (const { type, data, stream, id, position: at } of events) {
      if (type !== 'CoinDropped') continue;
      const { coins } = data as { coins: number };
      if (coins === BREAKS_POLICY && !waits.has(stream)) waits.set(stream, at);
      const made = echoes.filter(({ meta }) => meta.$causationId === id).length;
      const due = coins >= ECHO_FROM && coins !== BREAKS_POLICY ? 2 : 0;
      // Behind an event that waits, what was sent side by side with it may be there already.
      expect('effects', made === due || (waits.has(stream) && made === 0), () => ({ id, coins, made }));
    }
    const parked = (await documents.parked(follower)).map(({ sequence, position: at }) => [sequence, at]).sort();
    expect('parked', JSON.stringify(parked) === JSON.stringify([...waits].sort()), () => ({
      parked,
      waits: [...waits],
    }));
  }
  return failed;
};

/** The failed checks as an error that fast-check shows beside the shrunk history. */
export const mustHold = async (history: History, parts: Parts = {}): Promise<void> => {
  const failed = await judged(history, parts);
  if (failed.size > 0) throw new Conflict('world/broken', [...failed].map((one) => one.join(': ')).join('\n'));
};
