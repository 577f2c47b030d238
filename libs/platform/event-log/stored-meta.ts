import type { EventMeta } from '@baton/kernel';

/** The fields of metadata in the order in which `handle` and the journal write them. */
const NAMES = [
  ...['actor', 'origin', 'occurredAt', 'commandId', 'commandHash', 'mode'],
  ...['$correlationId', '$causationId', 'schema'],
];
const WITH_SEQUENCE = NAMES.toSpliced(6, 0, 'sequence');
/** In place of an id that is that of the command. */
const COMMAND = 0;
type Id = string | typeof COMMAND;
type Packed = readonly [
  ...[actor: string, origin: EventMeta['origin'], occurredAt: string, commandId: string, commandHash: string],
  ...[mode: EventMeta['mode'], correlationId: Id, causationId: Id, schema: number, sequence?: number],
];

/** Whether metadata has these fields in this order, and nothing else; in one pass, as every event is looked at. */
const hasForm = (meta: object, names: readonly string[]): boolean => {
  let count = 0;
  for (const name in meta) {
    if (name !== names[count++]) return false;
    const type = typeof (meta as Readonly<Record<string, unknown>>)[name];
    if (type !== (name === 'schema' || name === 'sequence' ? 'number' : 'string')) return false;
  }
  return count === names.length;
};

/**
 * Metadata as the embedded log keeps it: a list of its values, which is half as long as the object. Metadata with other
 * fields, or in another order, is kept as it is: the digests of events know the order.
 */
export const storedMeta = (meta: EventMeta): string => {
  if (!hasForm(meta, NAMES) && !hasForm(meta, WITH_SEQUENCE)) return JSON.stringify(meta);
  const { actor, origin, occurredAt, commandId, commandHash, mode, schema, sequence } = meta;
  const id = (value: string): Id => (value === commandId ? COMMAND : value);
  const [correlationId, causationId] = [id(meta.$correlationId), id(meta.$causationId)];
  const values = [actor, origin, occurredAt, commandId, commandHash, mode, correlationId, causationId, schema] as const;
  const packed: Packed = sequence === undefined ? values : [...values, sequence];
  return JSON.stringify(packed);
};

/** The metadata of `storedMeta`, with its fields in the same order. */
export const metaOf = (stored: string): EventMeta => {
  const parsed = JSON.parse(stored) as EventMeta | Packed;
  if (!Array.isArray(parsed)) return parsed as EventMeta;
  const [actor, origin, occurredAt, commandId, commandHash, mode, correlation, causation, schema, sequence] =
    parsed as unknown as Packed;
  const $correlationId = correlation === COMMAND ? commandId : correlation;
  const $causationId = causation === COMMAND ? commandId : causation;
  // Written out, because every read of the log makes these.
  return sequence === undefined
    ? { actor, origin, occurredAt, commandId, commandHash, mode, $correlationId, $causationId, schema }
    : { actor, origin, occurredAt, commandId, commandHash, mode, sequence, $correlationId, $causationId, schema };
};
