import {
  Conflict,
  START,
  type Documents,
  type EventLog,
  type Journal,
  type Projection,
  type RawEvent,
} from '@baton/kernel';
import { activeGeneration, firstGeneration, MemoryDocuments, ReadModels } from '@baton/platform/documents';
import { replay } from '@baton/platform/runner';
import { recountEvents } from '@baton/platform/runner/verify';
import { ALWAYS_BREAKS_FOLD, BREAKS_FOLD, BREAKS_POLICY, ECHO_FROM } from './till';
import { World, type Parts } from './world';
import type { History } from './world-histories';
import { ofReadModels } from './world-stores';

/** Every document of a read model: position, id and text, a line each. */
export const bytesOf = async (documents: Documents, projection: Projection, positions = true): Promise<string> => {
  const lines: string[] = [];
  for await (const page of new ReadModels(documents).pages(projection))
    for (const { id, doc, position } of page) lines.push(`${positions ? position : ''} ${id} ${JSON.stringify(doc)}`);
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
  | 'sums'
  | 'generations'
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

  const decisions = events.flatMap(({ stream, type, data }) =>
    type === 'ParkedDiscarded' ? [`${stream.slice('follower-'.length)} ${(data as { eventId: string }).eventId}`] : [],
  );
  const discarded = (follower: string, { id }: RawEvent) => decisions.includes(`${follower} ${id}`);
  // Code that throws no more does not fold at the places where the earlier code was told to try again.
  const samePlaces = !world.mended || !events.some(({ stream }) => stream.startsWith('follower-'));
  const waitingOf = async (store: Documents, follower: string) =>
    (await store.parked(follower)).map(({ follower: _, ...parked }) => parked);
  const active: string[] = [];
  for (const projection of world.projections) {
    const owner = firstGeneration(projection);
    const follower = await activeGeneration(documents, projection);
    active.push(follower);
    const anew = await foldedAnew(log, journal, projection);
    const live = await bytesOf(documents, projection, samePlaces);
    const scratch = await bytesOf(anew, projection, samePlaces);
    expect('read models', live === scratch, () => ({ live, scratch }));
    const parked = [await waitingOf(documents, follower), await waitingOf(anew, owner)];
    expect('parked', JSON.stringify(parked[0]) === JSON.stringify(parked[1]), () => parked);
    const checkpoint = await documents.checkpoint(follower);
    const [seen] = await recountEvents(log, [{ follower, owner, types: projection.types, checkpoint }]);
    expect('complete', seen!.complete && seen!.position === position, () => seen);
  }
  const left = (await documents.generations()).filter((name) => ofReadModels.test(name));
  expect('generations', JSON.stringify(left) === JSON.stringify(active.sort()), () => ({ left, active }));

  const coinsOf = ({ data }: RawEvent) => (data as { coins: number }).coins;
  const drops = events.filter(({ type }) => type === 'CoinDropped');
  const poison = world.mended ? [ALWAYS_BREAKS_FOLD] : [BREAKS_FOLD, ALWAYS_BREAKS_FOLD];
  const unlucky = drops.filter((drop) => poison.includes(coinsOf(drop)) && !discarded('sums-v1', drop));
  const waiting = (await documents.parked(active.find((name) => name.startsWith('sums'))!)).map((one) => one.sequence);
  const tills = [...new Set(unlucky.map(({ stream }) => stream))].sort();
  expect('poison parked', JSON.stringify(waiting.sort()) === JSON.stringify(tills), () => ({ waiting, tills }));
  for (const till of new Set(drops.map(({ stream }) => stream))) {
    if (tills.includes(till)) continue; // it waits
    const counted = drops.filter((drop) => drop.stream === till && !discarded('sums-v1', drop));
    const sum = await new ReadModels(documents).get<{ coins: number }>(world.projections[0]!, till);
    const due = counted.reduce((total, drop) => total + coinsOf(drop), 0);
    expect('sums', (sum?.coins ?? 0) === due, () => ({ till, sum, due }));
  }

  for (const policy of world.policies) {
    const follower = `policy-${policy.name}-v1`;
    const checkpoint = await documents.checkpoint(follower);
    const [seen] = await recountEvents(log, [{ follower, owner: follower, types: policy.types, checkpoint }]);
    expect('complete', seen!.complete, () => seen);
    const waits = new Map<string, string>();
    for (const drop of drops) {
      const [coins, left] = [coinsOf(drop), discarded(follower, drop)];
      const breaks = coins === BREAKS_POLICY && !world.mended;
      if (breaks && !left && !waits.has(drop.stream)) waits.set(drop.stream, drop.position);
      const made = echoes.filter(({ meta }) => meta.$causationId === drop.id).length;
      const due = coins >= ECHO_FROM && !breaks ? 2 : 0;
      // Behind an event that waits, what was sent side by side with it may be there already.
      expect('effects', made === due || (waits.has(drop.stream) && made === 0), () => ({ drop, made }));
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
