import { field, objectFields, Refused, type EventLog, type Json, type Position } from '@baton/kernel';
import type { ReadModels } from '@baton/platform/documents';
import { report } from '@baton/platform/report';
import { leafOf } from './log-tree.projection';
import { logHeads, newestFirst } from './log-heads.read-model';
import { LogTree } from './log-tree.query';
import type { Hash } from './merkle.rules';

const allow = ['auditor', 'analyst'] as const;
const base64Of = (hashes: readonly Hash[]): readonly string[] => hashes.map((hash) => hash.toString('base64'));

const logHeadAnswer = objectFields('SignedLogHead', 'The newest signed head of the Merkle log.', {
  size: field.largeInteger('How many events it covers: the first ones of the log.'),
  root: field.text('Root of the tree of events (RFC 6962), in base64.'),
  places: field.text('Root of the tree of positions and times of recording, in base64.'),
  note: field.text('The signed note (C2SP tlog-checkpoint).'),
  verifierKey: field.text('The key that signed it. Compare it with the one that you were given.'),
  signedAt: field.instant('When it was signed.'),
  logSize: field.largeInteger('How many events the log has by now.'),
});
export const logHeadReport = report({
  name: 'logHead',
  description:
    'The newest signed head of the Merkle log: who keeps it notices any later change of the events before it.',
  ...{ allow, asOf: false },
  arguments: {},
  answer: field.object(logHeadAnswer, 'The head; null before the first.', { nullable: true }),
  ask: async (_, { live }) => {
    const [found] = await live.find(logHeads, { orderBy: newestFirst, limit: 1 });
    if (!found) return null;
    const { headId: _id, ...head } = found.doc;
    return { ...head, logSize: (await LogTree.open(live)).size };
  },
});

/** The size to prove for: the one asked for, or that of the newest signed head, or of the whole tree. */
const provenSize = async (models: ReadModels, tree: LogTree, size: number | undefined, index: number) => {
  if (size !== undefined) return size;
  const [newest] = await models.find(logHeads, { orderBy: newestFirst, limit: 1 });
  return newest && newest.doc.size > index ? newest.doc.size : tree.size;
};
const noteOf = async (models: ReadModels, size: number): Promise<string | null> =>
  (await models.get(logHeads, String(size).padStart(12, '0')))?.note ?? null;

const hashList = (description: string) => field.text(description, { list: true });
const inclusionAnswer = objectFields('InclusionProof', 'A proof that an event is in the log.', {
  index: field.largeInteger('Its place in the log, from 0.'),
  size: field.largeInteger('The size of the tree that it is proven for.'),
  eventId: field.id('The event.'),
  leaf: field.json('What the event says; the leaf is its canonical JSON (RFC 8785), with 0x00 before it.'),
  hashes: hashList('From the leaf to the root, in base64.'),
  root: field.text('Root of the tree of events.'),
  position: field.text('Its position in this store.'),
  recordedAt: field.instant('When it was recorded.'),
  placeHashes: hashList('The same for the leaf `{"position":…,"recordedAt":…}` of the tree of places.'),
  places: field.text('Root of the tree of places.'),
  note: field.text('The signed head of that size; null where none was signed.', { nullable: true }),
});

/**
 * The proof that an event is in the log.
 * @throws Refused `proof/which-event`, `proof/beyond-log`, `proof/not-in-tree`, `log/not-a-position`; NotFound
 *   `proof/unknown-event`
 */
export const proveEvent = async (
  models: ReadModels,
  log: EventLog,
  {
    position,
    eventId,
    size: asked,
  }: { readonly position?: Position; readonly eventId?: string; readonly size?: number },
) => {
  if ((position === undefined) === (eventId === undefined))
    throw new Refused('proof/which-event', 'Give either the position or the id of an event.', 'eventId');
  const tree = await LogTree.open(models);
  const { index, event } = await tree.find(log, position !== undefined ? { position } : { eventId: eventId! });
  const size = await provenSize(models, tree, asked, index);
  return {
    ...{ index, size, eventId: event.id, leaf: leafOf(event) as unknown as Json },
    hashes: base64Of(await tree.inclusion(index, size)),
    root: (await tree.root(size)).toString('base64'),
    ...(await tree.placeAt(index)),
    placeHashes: base64Of(await tree.inclusion(index, size, 'places')),
    places: (await tree.root(size, 'places')).toString('base64'),
    note: await noteOf(models, size),
  };
};
const sizeArgument = (what: string) => field.largeInteger(what, { optional: true, min: 0 });
export const inclusionProofReport = report({
  name: 'inclusionProof',
  description: 'The proof that an event is in the log, unchanged and at its place.',
  ...{ allow, asOf: false },
  arguments: {
    position: field.text('The position of the event; or give its id.', { optional: true, max: 100 }),
    eventId: field.text('The id of the event; or give its position.', { optional: true, max: 100 }),
    size: sizeArgument('The size to prove it for; without it that of the newest signed head, or of the log.'),
  },
  answer: field.object(inclusionAnswer, 'The proof.'),
  ask: (question, { live, sources: { log } }) => proveEvent(live, log, question),
});

const consistencyAnswer = objectFields('ConsistencyProof', 'A proof that a log continues an earlier one.', {
  from: field.largeInteger('The size of the earlier one.'),
  to: field.largeInteger('The size of the later one.'),
  hashes: hashList('The proof for the tree of events (RFC 6962, 2.1.2), in base64.'),
  placeHashes: hashList('The same for the tree of places.'),
  fromRoot: field.text('Root of the earlier tree of events.'),
  toRoot: field.text('Root of the later tree of events.'),
  fromNote: field.text('The signed head of the earlier size; null where none was signed.', { nullable: true }),
  toNote: field.text('The signed head of the later size; null where none was signed.', { nullable: true }),
});
/** @throws Refused `proof/beyond-log`, `proof/wrong-order` */
export const proveConsistency = async (
  models: ReadModels,
  { from, to: asked }: { readonly from: number; readonly to?: number },
) => {
  const tree = await LogTree.open(models);
  const to = await provenSize(models, tree, asked, from - 1);
  return {
    ...{ from, to },
    hashes: base64Of(await tree.consistency(from, to)),
    placeHashes: base64Of(await tree.consistency(from, to, 'places')),
    fromRoot: (await tree.root(from)).toString('base64'),
    toRoot: (await tree.root(to)).toString('base64'),
    ...{ fromNote: await noteOf(models, from), toNote: await noteOf(models, to) },
  };
};
export const consistencyProofReport = report({
  name: 'consistencyProof',
  description: 'The proof that the log of a size is the beginning of the log of a later size.',
  ...{ allow, asOf: false },
  arguments: {
    from: field.largeInteger('The earlier size: that of a head that you have kept.', { min: 0 }),
    to: sizeArgument('The later size; without it that of the newest signed head, or of the log.'),
  },
  answer: field.object(consistencyAnswer, 'The proof.'),
  ask: (question, { live }) => proveConsistency(live, question),
});
