import fc from 'fast-check';
import {
  consistencyProof,
  emptyRoot,
  GrowingTree,
  inclusionProof,
  isConsistent,
  leafHash,
  nodeHash,
  rootByInclusion,
  rootOf,
  subtreeHash,
  type Hash,
  type SubtreeHashes,
} from './merkle.rules';

/** The leaves and roots of the reference implementation of RFC 6962 (certificate-transparency, merkle tree tests). */
const leaves = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'].map(
  (hex) => leafHash(Buffer.from(hex, 'hex')),
);
const roots: Readonly<Record<number, string>> = {
  0: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  1: '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  2: 'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  3: 'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  8: '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
};
/** The definition of section 2.1, word for word. */
const rootByDefinition = (some: readonly Hash[]): Hash => {
  if (some.length === 0) return emptyRoot();
  if (some.length === 1) return some[0]!;
  let half = 1;
  while (half * 2 < some.length) half *= 2;
  return nodeHash(rootByDefinition(some.slice(0, half)), rootByDefinition(some.slice(half)));
};
const lookIn =
  (all: readonly Hash[]): SubtreeHashes =>
  async (subtrees) =>
    subtrees.map(({ level, index }) => subtreeHash(all.slice(index * 2 ** level, (index + 1) * 2 ** level)));
const many = Array.from({ length: 70 }, (_, n) => leafHash(`leaf ${n}`));
const hex = (hashes: readonly Hash[]) => hashes.map((hash) => hash.toString('hex'));

describe('the tree of RFC 6962', () => {
  it.each(Object.entries(roots))('has the reference root of %s leaves', async (size, root) => {
    expect((await rootOf(Number(size), lookIn(leaves))).toString('hex')).toBe(root);
    const growing = new GrowingTree();
    for (const leaf of leaves.slice(0, Number(size))) growing.add(leaf);
    expect(growing.root().toString('hex')).toBe(root);
  });

  // PATH and PROOF of the reference implementation for these leaves; d = … of section 2.1.3.
  it('has the reference proofs', async () => {
    const look = lookIn(leaves);
    expect(hex(await inclusionProof(0, 8, look))).toEqual([
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ]);
    expect(hex(await inclusionProof(5, 8, look))).toEqual([
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ]);
    expect(hex(await inclusionProof(2, 3, look))).toEqual([
      'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    ]);
    expect(hex(await consistencyProof(1, 8, look))).toEqual([
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ]);
    expect(hex(await consistencyProof(6, 8, look))).toEqual([
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ]);
    expect(hex(await consistencyProof(2, 5, look))).toEqual([
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    ]);
  });

  it('has the root of its definition at every size, however it is made', async () => {
    const growing = new GrowingTree();
    for (let size = 0; size <= many.length; size++) {
      const expected = rootByDefinition(many.slice(0, size)).toString('hex');
      expect((await rootOf(size, lookIn(many))).toString('hex')).toBe(expected);
      expect(growing.root().toString('hex')).toBe(expected);
      if (size < many.length) growing.add(many[size]!);
    }
  });

  it('proves every leaf of every size, and no leaf or root that was altered', async () => {
    for (let size = 1; size <= 40; size++)
      for (let index = 0; index < size; index++) {
        const proof = await inclusionProof(index, size, lookIn(many));
        expect(proof.length).toBeLessThanOrEqual(Math.ceil(Math.log2(size)));
        const root = rootByDefinition(many.slice(0, size));
        const leaf = many[index]!;
        expect(rootByInclusion(index, size, leaf, proof)).toEqual(root);
        const others = [
          rootByInclusion(index, size, many[index + 1]!, proof),
          rootByInclusion(index, size, leaf, [...proof, leaf]),
          rootByInclusion(index + size, size, leaf, proof),
          ...(proof.length > 0 ? [rootByInclusion(index, size, leaf, proof.slice(1))] : []),
          ...(size > 1 ? [rootByInclusion(index === 0 ? 1 : index - 1, size, leaf, proof)] : []),
        ];
        for (const other of others) expect(other?.equals(root)).not.toBe(true);
      }
  });

  it('proves one event of 10⁶ with at most 640 bytes of hashes', async () => {
    const any: SubtreeHashes = async (subtrees) => subtrees.map(() => emptyRoot());
    for (const index of [0, 1, 524_287, 524_288, 777_777, 999_999]) {
      const proof = await inclusionProof(index, 1_000_000, any);
      expect(Buffer.concat([...proof]).length).toBeLessThanOrEqual(640);
    }
  });

  it('proves that each tree is the beginning of each later one, and refuses every altered bit', async () => {
    const look = lookIn(many);
    const treeOf = async (size: number) => ({ size, root: await rootOf(size, look) });
    for (let to = 1; to <= 33; to++)
      for (let from = 0; from <= to; from++) {
        const proof = await consistencyProof(from, to, look);
        expect([from, to, isConsistent(await treeOf(from), await treeOf(to), proof)]).toEqual([from, to, true]);
        const forked = { size: from, root: leafHash(`fork ${from}`) };
        expect(isConsistent(forked, await treeOf(to), proof)).toBe(false);
      }
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 2, max: 70 }), fc.nat(), fc.nat(), async (to, some, bit) => {
        const from = 1 + (some % (to - 1));
        const proof = (await consistencyProof(from, to, look)).map((hash) => Buffer.from(hash));
        const [a, b] = [await treeOf(from), await treeOf(to)];
        proof[bit % proof.length]![(bit >> 3) % 32]! ^= 1 << (bit & 7);
        expect(isConsistent(a, b, proof)).toBe(false);
        expect(isConsistent(b, a, proof)).toBe(false);
      }),
      { numRuns: 200 },
    );
  });
});
