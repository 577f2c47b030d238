import { canonicalJson, logFold, rowIdsOf, type EventInLog, type EventMeta } from '@baton/kernel';
import { HASH_BYTES, leafHash, subtreeHash, TILE_WIDTH, type Hash } from './merkle.rules';

/** What a leaf of the tree of events says of an event; its canonical JSON (RFC 8785) is the leaf. */
export interface LogLeaf {
  readonly stream: string;
  readonly revision: number;
  readonly id: string;
  readonly type: string;
  /** As stored: personal fields are ciphertext. */
  readonly data: unknown;
  readonly meta: Omit<EventMeta, '$correlationId' | '$causationId'> & {
    readonly correlation: string;
    readonly causation: string;
  };
}
/** What a store gives an event itself, and a move to another store changes: the leaf of the tree beside it. */
export interface LogPlace {
  readonly position: string;
  readonly recordedAt: string;
}

export const leafOf = ({ stream, revision, id, type, data, meta }: EventInLog): LogLeaf => {
  const { actor, origin, occurredAt, commandId, commandHash, schema, mode, sequence } = meta;
  const { $correlationId: correlation, $causationId: causation } = meta;
  // Sorted, as its text is.
  const sorted = { actor, causation, commandHash, commandId, correlation, mode, occurredAt, origin, schema };
  return { data, id, meta: sequence === undefined ? sorted : { ...sorted, sequence }, revision, stream, type };
};
export const placeOf = ({ position, recordedAt }: EventInLog): LogPlace => ({ position, recordedAt });
export const leafText = (leaf: LogLeaf): string => canonicalJson(leaf);
/** Canonical as it stands: two texts, sorted by their names. */
export const placeText = ({ position, recordedAt }: LogPlace): string => JSON.stringify({ position, recordedAt });

/** So many characters of an event id find the event, or few that begin alike. */
const ID_PREFIX = 13;
const idPrefix = (id: string): string => id.slice(0, ID_PREFIX).padEnd(ID_PREFIX);

/**
 * The beginnings of the ids of the events of a tile, one behind the other. Few look for an event by its id, and they go
 * through these: an index would take longer to keep than the rest of the tree.
 */
export interface IdTile {
  readonly ids: string;
}
const ID_TILES = 'ids';
export const whereIdTiles = { id: rowIdsOf(ID_TILES) };
export const numberOfIdTile = (id: string): number => Number(id.slice(ID_TILES.length + 1));
/** Which events of a tile may have an id. */
export const placesOfId = (ids: string, id: string): readonly number[] => {
  const prefix = idPrefix(id);
  const places: number[] = [];
  for (let at = ids.indexOf(prefix); at >= 0; at = ids.indexOf(prefix, at + 1))
    if (at % ID_PREFIX === 0) places.push(at / ID_PREFIX);
  return places;
};

/** 256 leaves, or fewer in the state: their hashes and places. */
export interface LeafTile {
  /** In base64, one behind the other. */
  readonly hashes: string;
  readonly positions: readonly string[];
  readonly recordedAt: readonly string[];
}
/** 256 hashes of one level of both trees, of which each stands for a tile of the level below. */
export interface NodeTile {
  readonly hashes: string;
  /** Of the tree of places. */
  readonly placeHashes: string;
}
/** The tiles that are not complete. */
export interface OpenTiles {
  readonly size: number;
  readonly leaves: LeafTile & IdTile;
  /** By level, from 1. */
  readonly nodes: readonly NodeTile[];
}

const DIGITS = 10;
/** `0/0000000042`: the tile of a level with this number. */
export const tileId = (level: number | typeof ID_TILES, number: number): string =>
  `${level}/${String(number).padStart(DIGITS, '0')}`;

export const hashesIn = (base64: string): Hash[] => {
  const bytes = Buffer.from(base64, 'base64');
  return Array.from({ length: bytes.length / HASH_BYTES }, (_, at) =>
    bytes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES),
  );
};
const base64Of = (hashes: readonly Hash[]): string => Buffer.concat(hashes).toString('base64');
export const placeHashesOf = ({ positions, recordedAt }: Pick<LeafTile, 'positions' | 'recordedAt'>): Hash[] =>
  positions.map((position, at) => leafHash(placeText({ position, recordedAt: recordedAt[at]! })));

/** An open tile of leaves, and the open tiles above. */
class Tiles {
  private hashes: Hash[] = [];
  private placeHashes: Hash[] = [];
  private positions: string[] = [];
  private recordedAt: string[] = [];
  private ids = '';
  private readonly above: { hashes: Hash[]; placeHashes: Hash[] }[] = [];
  private size = 0;

  constructor(state: OpenTiles | undefined) {
    if (!state) return;
    this.size = state.size;
    this.hashes = hashesIn(state.leaves.hashes);
    this.placeHashes = placeHashesOf(state.leaves);
    this.positions = [...state.leaves.positions];
    this.recordedAt = [...state.leaves.recordedAt];
    this.ids = state.leaves.ids;
    this.above = state.nodes.map((tile) => ({
      hashes: hashesIn(tile.hashes),
      placeHashes: hashesIn(tile.placeHashes),
    }));
  }

  add(event: EventInLog) {
    const place = placeOf(event);
    this.hashes.push(leafHash(leafText(leafOf(event))));
    this.placeHashes.push(leafHash(placeText(place)));
    this.positions.push(place.position);
    this.recordedAt.push(place.recordedAt);
    this.ids += idPrefix(event.id);
    this.size++;
    return this.hashes.length === TILE_WIDTH ? this.complete() : [];
  }

  private complete() {
    const number = this.size / TILE_WIDTH - 1;
    const rows: { id: string; doc: object }[] = [
      { id: tileId(0, number), doc: { position: this.positions[0]!, ...this.leaves() } },
      { id: tileId(ID_TILES, number), doc: { ids: this.ids } satisfies IdTile },
    ];
    this.nodeAbove(0, this.hashes, this.placeHashes, rows);
    this.hashes = [];
    this.placeHashes = [];
    this.positions = [];
    this.recordedAt = [];
    this.ids = '';
    return rows;
  }

  /** Adds the hash of a complete tile to the level above, which may be complete with it. */
  private nodeAbove(
    level: number,
    hashes: readonly Hash[],
    placeHashes: readonly Hash[],
    rows: { id: string; doc: object }[],
  ) {
    const above = (this.above[level] ??= { hashes: [], placeHashes: [] });
    above.hashes.push(subtreeHash(hashes));
    above.placeHashes.push(subtreeHash(placeHashes));
    if (above.hashes.length < TILE_WIDTH) return;
    const number = this.size / TILE_WIDTH ** (level + 2) - 1;
    rows.push({ id: tileId(level + 1, number), doc: nodeTileOf(above) });
    this.nodeAbove(level + 1, above.hashes, above.placeHashes, rows);
    this.above[level] = { hashes: [], placeHashes: [] };
  }

  private leaves(): LeafTile {
    const { positions, recordedAt } = this;
    return { hashes: base64Of(this.hashes), positions, recordedAt };
  }

  state(): OpenTiles {
    return { size: this.size, leaves: { ...this.leaves(), ids: this.ids }, nodes: this.above.map(nodeTileOf) };
  }
}
const nodeTileOf = ({
  hashes,
  placeHashes,
}: {
  readonly hashes: readonly Hash[];
  readonly placeHashes: readonly Hash[];
}): NodeTile => ({
  hashes: base64Of(hashes),
  placeHashes: base64Of(placeHashes),
});

/** The events whose leaf or place differs between two tiles of leaves. */
const differingEvents = (expected: Partial<LeafTile>, found: Partial<LeafTile> | undefined): string[] => {
  const { hashes, positions, recordedAt } = expected;
  if (hashes === undefined || !positions || !recordedAt || !found) return [];
  const stored = hashesIn(found.hashes ?? '');
  return hashesIn(hashes).flatMap((hash, at) =>
    stored[at]?.equals(hash) && found.positions?.[at] === positions[at] && found.recordedAt?.[at] === recordedAt[at]
      ? []
      : [`the event at position ${positions[at]!}`],
  );
};

/**
 * The Merkle log: a tree of all events, and one of their places, in tiles of 256 hashes that are written once. Everything
 * about it follows from the log: a rebuild gives the same bytes.
 */
export const logTree = logFold({
  name: 'log-tree',
  version: 2,
  columns: { position: 'text' },
  from: (state) => {
    const tiles = new Tiles(state as OpenTiles | undefined);
    return { add: (event) => tiles.add(event), state: () => tiles.state() };
  },
  difference: (expected, found) =>
    'leaves' in expected
      ? differingEvents((expected as OpenTiles).leaves, (found as OpenTiles | undefined)?.leaves)
      : differingEvents(expected as Partial<LeafTile>, found),
});
