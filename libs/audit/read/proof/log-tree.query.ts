import {
  Conflict,
  LOG_STATE,
  NotFound,
  Refused,
  START,
  type EventLog,
  type LogState,
  type Position,
  type RawEvent,
} from '@baton/kernel';
import type { ReadModels } from '@baton/platform/documents';
import { LRUCache } from 'lru-cache';
import {
  hashesIn,
  logTree,
  numberOfIdTile,
  placeHashesOf,
  placesOfId,
  tileId,
  whereIdTiles,
  type IdTile,
  type LeafTile,
  type LogPlace,
  type NodeTile,
  type OpenTiles,
} from './log-tree.projection';
import {
  consistencyProof,
  inclusionProof,
  levelAbove,
  rootOf,
  TILE_LEVELS,
  TILE_WIDTH,
  type Hash,
  type Subtree,
  type SubtreeHashes,
} from './merkle.rules';

/** The tree of events, or that of their places. */
type Tree = 'events' | 'places';
/** The hashes of a tile, and level by level those above them, made when they are asked for. */
class Tile {
  private readonly levels: Readonly<Record<Tree, (readonly Hash[])[]>>;

  constructor(
    events: readonly Hash[],
    places: readonly Hash[],
    readonly leaves?: LeafTile,
  ) {
    this.levels = { events: [events], places: [places] };
  }

  hash(tree: Tree, level: number, at: number): Hash {
    const levels = this.levels[tree];
    while (levels.length <= level) levels.push(levelAbove(levels.at(-1)!));
    return levels[level]![at]!;
  }
}
const leafTile = (leaves: LeafTile): Tile => new Tile(hashesIn(leaves.hashes), placeHashesOf(leaves), leaves);
const nodeTile = ({ hashes, placeHashes }: NodeTile): Tile => new Tile(hashesIn(hashes), hashesIn(placeHashes));

/** Tiles that are kept at hand, each of about 100 kB. */
const KEPT_TILES = 64;
/** A store that writes one document after the other may show the state before a tile; it is read again. */
const MAX_ATTEMPTS = 5;

/** The Merkle log as it stood when it was opened: an earlier size can be asked for, a later one opens it again. */
export class LogTree {
  private readonly tiles = new LRUCache<string, Promise<Tile>>({ max: KEPT_TILES });

  private constructor(
    private readonly models: ReadModels,
    private readonly open: OpenTiles,
  ) {}

  static async open(models: ReadModels): Promise<LogTree> {
    const saved = (await models.get(logTree, LOG_STATE)) as LogState | undefined;
    const nothing: OpenTiles = { size: 0, leaves: { hashes: '', positions: [], recordedAt: [], ids: '' }, nodes: [] };
    return new LogTree(models, (saved?.state as OpenTiles | undefined) ?? nothing);
  }

  get size(): number {
    return this.open.size;
  }

  /** @throws Refused `proof/beyond-log` */
  async root(size = this.size, tree: Tree = 'events'): Promise<Hash> {
    this.assertSize(size, 'size');
    return rootOf(size, this.hashes(tree));
  }

  /** @throws Refused `proof/beyond-log`; `proof/not-in-tree` for an event that comes later than that size */
  async inclusion(index: number, size = this.size, tree: Tree = 'events'): Promise<readonly Hash[]> {
    this.assertSize(size, 'size');
    if (index >= size)
      throw new Refused(
        'proof/not-in-tree',
        `The event has the index ${index}, which a tree of ${size} events does not contain; give a larger size.`,
        'size',
      );
    return inclusionProof(index, size, this.hashes(tree));
  }

  /** @throws Refused `proof/beyond-log`, `proof/wrong-order` */
  async consistency(from: number, to = this.size, tree: Tree = 'events'): Promise<readonly Hash[]> {
    this.assertSize(to, 'to');
    if (from > to) throw new Refused('proof/wrong-order', `from must be at most to, ${to}.`, 'from');
    return consistencyProof(from, to, this.hashes(tree));
  }

  async leafHashAt(index: number): Promise<Hash> {
    return (await this.hashes('events')([{ level: 0, index }]))[0]!;
  }

  async placeAt(index: number): Promise<LogPlace> {
    const { leaves } = await this.tile(0, Math.floor(index / TILE_WIDTH));
    const at = index % TILE_WIDTH;
    return { position: leaves!.positions[at]!, recordedAt: leaves!.recordedAt[at]! };
  }

  /** How many events are at or before a position. */
  async sizeAt(position: Position): Promise<number> {
    const before = this.size - this.open.leaves.positions.length;
    const count = (positions: readonly string[]) => positions.filter((one) => one <= position).length;
    const [first] = this.open.leaves.positions;
    if (first !== undefined && first <= position) return before + count(this.open.leaves.positions);
    const [found] = await this.models.find(logTree, {
      where: { position: { lte: position } },
      orderBy: [{ column: 'position', descending: true }],
      limit: 1,
    });
    return found ? Number(found.id.slice(2)) * TILE_WIDTH + count((found.doc as LeafTile).positions) : 0;
  }

  /**
   * The index of an event, and the event.
   * @throws NotFound `proof/unknown-event`
   */
  async find(
    log: EventLog,
    event: { readonly position: Position } | { readonly eventId: string },
  ): Promise<{ readonly index: number; readonly event: RawEvent }> {
    const unknown = (path: string) => new NotFound('proof/unknown-event', 'The tree has no such event.', path);
    if ('position' in event) {
      log.assertPosition(event.position);
      const size = await this.sizeAt(event.position);
      if (size === 0 || (await this.placeAt(size - 1)).position !== event.position) throw unknown('position');
      return { index: size - 1, event: await this.eventAt(log, size - 1) };
    }
    const openTile = Math.floor(this.size / TILE_WIDTH);
    const findIn = async (tile: number, ids: string) => {
      for (const place of placesOfId(ids, event.eventId)) {
        const index = tile * TILE_WIDTH + place;
        const found = await this.eventAt(log, index);
        if (found.id === event.eventId) return { index, event: found };
      }
      return undefined;
    };
    const late = await findIn(openTile, this.open.leaves.ids);
    if (late) return late;
    for await (const page of this.models.pages(logTree, whereIdTiles))
      for (const { id, doc } of page) {
        const tile = numberOfIdTile(id);
        const found = tile < openTile && (await findIn(tile, (doc as IdTile).ids));
        if (found) return found;
      }
    throw unknown('eventId');
  }

  /** @throws Conflict `proof/other-log` if the log has no event there */
  private async eventAt(log: EventLog, index: number): Promise<RawEvent> {
    const after = index === 0 ? START : (await this.placeAt(index - 1)).position;
    const [event] = (await log.readAll(after, {}, 1)).events;
    if (event?.position !== (await this.placeAt(index)).position)
      throw new Conflict('proof/other-log', 'The tree was made from another log; run baton rebuild log-tree.');
    return event;
  }

  private assertSize(size: number, path: string): void {
    if (size > this.size)
      throw new Refused('proof/beyond-log', `${path} must be at most ${this.size}, the size of the tree.`, path);
  }

  private hashes(tree: Tree): SubtreeHashes {
    return (subtrees) => Promise.all(subtrees.map((subtree) => this.hash(tree, subtree)));
  }

  private async hash(tree: Tree, { level, index }: Subtree): Promise<Hash> {
    const within = level % TILE_LEVELS;
    const wide = TILE_WIDTH / 2 ** within;
    const tile = await this.tile(Math.floor(level / TILE_LEVELS), Math.floor(index / wide));
    return tile.hash(tree, within, index % wide);
  }

  private tile(level: number, number: number): Promise<Tile> {
    const id = tileId(level, number);
    let tile = this.tiles.get(id);
    if (!tile) {
      this.tiles.set(id, (tile = this.readTile(level, number, id)));
      tile.catch(() => this.tiles.delete(id));
    }
    return tile;
  }

  private async readTile(level: number, number: number, id: string): Promise<Tile> {
    if (number === Math.floor(this.size / TILE_WIDTH ** (level + 1))) {
      if (level === 0) return leafTile(this.open.leaves);
      const above = this.open.nodes[level - 1];
      return above ? nodeTile(above) : new Tile([], []);
    }
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      const found = await this.models.get(logTree, id);
      if (found) return level === 0 ? leafTile(found as LeafTile) : nodeTile(found as NodeTile);
    }
    throw new Conflict('read/documents-differ', `log-tree lacks the tile ${id}; run baton rebuild log-tree.`, id);
  }
}
