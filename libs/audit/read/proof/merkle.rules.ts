import { sha256 } from '@baton/kernel';

/** The hash tree of RFC 6962 (section 2.1): SHA-256, 0x00 before a leaf, 0x01 before two nodes. */
export type Hash = Buffer;
export const HASH_BYTES = 32;
const [LEAF, NODE] = [Uint8Array.of(0), Uint8Array.of(1)];
/** Room for what is hashed for a node. */
const node = Buffer.concat([NODE], 1 + 2 * HASH_BYTES);

/** The root of a tree without leaves. */
export const emptyRoot = (): Hash => sha256();
export const leafHash = (leaf: string | Uint8Array): Hash =>
  typeof leaf === 'string' ? sha256(`\0${leaf}`) : sha256(LEAF, leaf);
export const nodeHash = (left: Uint8Array, right: Uint8Array): Hash => {
  if (left.length !== HASH_BYTES || right.length !== HASH_BYTES) return sha256(NODE, left, right); // from a proof
  node.set(left, 1);
  node.set(right, 1 + HASH_BYTES);
  return sha256(node);
};

/** A complete subtree: of 2^level leaves, the index-th of its size. Its hash never changes once its leaves are there. */
export interface Subtree {
  readonly level: number;
  readonly index: number;
}
/** The leaves from `start` to before `end`. */
interface Range {
  readonly start: number;
  readonly end: number;
}

/** The greatest power of two that is less than a size of at least 2. */
const splitOf = (size: number): number => 2 ** (Math.ceil(Math.log2(size)) - 1);

/** The complete subtrees of a range, from left to right; the range begins where its largest subtree may begin. */
const subtreesOf = ({ start, end }: Range): Subtree[] => {
  const subtrees: Subtree[] = [];
  for (let from = start; from < end;) {
    const level = Math.floor(Math.log2(end - from));
    subtrees.push({ level, index: from / 2 ** level });
    from += 2 ** level;
  }
  return subtrees;
};

/** Looks up the hashes of complete subtrees, in their order. */
export type SubtreeHashes = (subtrees: readonly Subtree[]) => Promise<readonly Hash[]>;

const combine = (hashes: readonly Hash[]): Hash =>
  hashes.slice(0, -1).reduceRight((right, left) => nodeHash(left, right), hashes.at(-1)!);

const hashesOf = async (ranges: readonly Range[], hashes: SubtreeHashes): Promise<Hash[]> => {
  const parts = ranges.map(subtreesOf);
  const found = await hashes(parts.flat());
  let from = 0;
  return parts.map(({ length }) => combine(found.slice(from, (from += length))));
};

/** The root of the first `size` leaves. */
export const rootOf = async (size: number, hashes: SubtreeHashes): Promise<Hash> =>
  size === 0 ? emptyRoot() : (await hashesOf([{ start: 0, end: size }], hashes))[0]!;

/**
 * The proof that the leaf at an index is in the tree of a size: at most ⌈log2 size⌉ hashes, from the leaf to the root.
 * @param index less than `size`
 */
export const inclusionProof = async (index: number, size: number, hashes: SubtreeHashes): Promise<readonly Hash[]> => {
  const siblings: Range[] = [];
  for (let [start, end] = [0, size]; end - start > 1;) {
    const middle = start + splitOf(end - start);
    siblings.push(index < middle ? { start: middle, end } : { start, end: middle });
    if (index < middle) end = middle;
    else start = middle;
  }
  return hashesOf(siblings.reverse(), hashes);
};

/**
 * The proof that the tree of the size `from` is the beginning of that of the size `to`; [] if both are equal or `from` is 0.
 * @param from at most `to`
 */
export const consistencyProof = async (from: number, to: number, hashes: SubtreeHashes): Promise<readonly Hash[]> => {
  if (from === 0 || from === to) return [];
  const ranges: Range[] = [];
  let [start, end] = [0, to];
  while (end !== from) {
    const middle = start + splitOf(end - start);
    if (from <= middle) {
      ranges.push({ start: middle, end });
      end = middle;
    } else {
      ranges.push({ start, end: middle });
      start = middle;
    }
  }
  if (start > 0) ranges.push({ start, end });
  return hashesOf(ranges.reverse(), hashes);
};

/** The root that follows from a leaf hash and its proof; undefined if the proof does not have this form. (RFC 9162, 2.1.3.2) */
export const rootByInclusion = (
  index: number,
  size: number,
  leaf: Uint8Array,
  proof: readonly Uint8Array[],
): Hash | undefined => {
  if (index >= size) return undefined;
  let [node, last] = [index, size - 1];
  let root: Hash = Buffer.from(leaf);
  for (const hash of proof) {
    if (last === 0) return undefined;
    if (node % 2 === 1 || node === last) {
      root = nodeHash(hash, root);
      while (node % 2 === 0 && node > 0) [node, last] = [node / 2, Math.floor(last / 2)];
    } else root = nodeHash(root, hash);
    [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  }
  return last === 0 ? root : undefined;
};

/** Whether a proof shows that the first tree is the beginning of the second. (RFC 9162, 2.1.4.2) */
export const isConsistent = (
  from: { readonly size: number; readonly root: Uint8Array },
  to: { readonly size: number; readonly root: Uint8Array },
  proof: readonly Uint8Array[],
): boolean => {
  if (from.size > to.size) return false;
  if (from.size === 0) return proof.length === 0 && emptyRoot().equals(from.root);
  if (from.size === to.size) return proof.length === 0 && Buffer.from(from.root).equals(to.root);
  const isPowerOfTwo = Number.isInteger(Math.log2(from.size));
  const hashes = isPowerOfTwo ? [from.root, ...proof] : [...proof];
  const [first] = hashes;
  if (!first || proof.length === 0) return false;
  let [node, last] = [from.size - 1, to.size - 1];
  while (node % 2 === 1) [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  let old: Hash = Buffer.from(first);
  let root = old;
  for (const hash of hashes.slice(1)) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      [old, root] = [nodeHash(hash, old), nodeHash(hash, root)];
      while (node % 2 === 0 && node > 0) [node, last] = [node / 2, Math.floor(last / 2)];
    } else root = nodeHash(root, hash);
    [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  }
  return last === 0 && old.equals(from.root) && root.equals(to.root);
};

/**
 * A tree to which leaves are added one after the other; it keeps the hash of the last complete subtree of each size, at most
 * 50 hashes.
 */
export class GrowingTree {
  size = 0;
  private readonly edge: Hash[] = [];

  add(leaf: Hash): void {
    let hash = leaf;
    let level = 0;
    for (let rest = this.size; rest % 2 === 1; rest = (rest - 1) / 2) hash = nodeHash(this.edge[level++]!, hash);
    this.edge[level] = hash;
    this.size++;
  }

  root(): Hash {
    const edges = this.edge.filter((_, level) => Math.floor(this.size / 2 ** level) % 2 === 1).reverse();
    return edges.length === 0 ? emptyRoot() : combine(edges);
  }
}

/** How many levels of the tree one tile spans: 256 hashes of one level, as C2SP tlog-tiles has it. */
export const TILE_LEVELS = 8;
export const TILE_WIDTH = 2 ** TILE_LEVELS;

/** The hashes of the level above: one for each complete pair. */
export const levelAbove = (below: readonly Hash[]): Hash[] =>
  Array.from({ length: Math.floor(below.length / 2) }, (_, at) => nodeHash(below[2 * at]!, below[2 * at + 1]!));

/** The hash of a complete subtree from hashes one or more levels below, whose number is a power of two. */
export const subtreeHash = (below: readonly Hash[]): Hash => {
  let level = below;
  while (level.length > 1) level = levelAbove(level);
  return level[0]!;
};
