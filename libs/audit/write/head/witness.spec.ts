import { createServer } from 'node:http';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { AddressInfo } from 'node:net';
import { LOG_STATE } from '@baton/kernel';
import { MemoryDocuments, ReadModels } from '@baton/platform/documents';
import { newSigningKey, signingKey } from '@baton/platform/keys';
import { logTree } from '../../read/proof/log-tree.projection';
import { LogTree } from '../../read/proof/log-tree.query';
import { headText, openNote, signNote } from '../../read/proof/note';
import { isConsistent } from '../../read/proof/merkle.rules';
import { handToWitness, type HeadForWitness } from './witness';

const folder = mkdtempSync(join(tmpdir(), 'baton-witness-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const key = signingKey(newSigningKey('log'), 'test');

/** The tree of so many events; those of a fork differ from the second on. */
const treeOf = async (size: number, fork = ''): Promise<LogTree> => {
  const folding = logTree.ofLog.from(undefined);
  for (let n = 0; n < size; n++)
    folding.add({
      ...{ id: `${n}`, type: 'T', data: n > 0 ? fork : '', stream: 's', revision: n, position: `${n}`, recordedAt: '' },
      meta: {} as never,
    });
  const documents = new MemoryDocuments();
  const state = { id: LOG_STATE, doc: { count: size, state: folding.state() }, position: 'a' };
  const collection = { name: 'log-tree-v2', columns: logTree.columns };
  await documents.commit({
    ...{ follower: 'log-tree-v2', checkpoint: { position: 'a', count: size, digest: '' } },
    ...{ writes: { collection, documents: [state] }, fence: { lease: 'x', token: 1 } },
  });
  return LogTree.open(new ReadModels(documents));
};
const headOf = async (size: number, { fork = '', heldSize = 0 } = {}): Promise<HeadForWitness> => {
  const tree = await treeOf(size, fork);
  const [root, places] = [await tree.root(), await tree.root(size, 'places')];
  const head = { origin: 'log', size, root, places, signedAt: '2024-01-01T00:00:00.000Z' };
  return { head, note: signNote(headText(head), key), tree, verifiers: [key], heldSize };
};

describe('a witness that is a file', () => {
  it('keeps the newest head, and alarms about a fork, a log that lost events and a file that is no head', async () => {
    const path = join(folder, 'witness.txt');
    for (const size of [3, 3, 7]) {
      const given = await headOf(size);
      expect(await handToWitness(path, given)).toBe('');
      expect(readFileSync(path, 'utf8')).toBe(given.note);
    }
    await expect(handToWitness(path, await headOf(9, { fork: 'x' }))).rejects.toMatchObject({
      code: 'proof/witness-conflict',
    });
    await expect(handToWitness(path, await headOf(7, { fork: 'x' }))).rejects.toMatchObject({
      code: 'proof/witness-conflict',
    });
    await expect(handToWitness(path, await headOf(5))).rejects.toMatchObject({ code: 'proof/witness-ahead' });
    expect(openNote(readFileSync(path, 'utf8'), [key]).size).toBe(7);
    await expect(handToWitness(join(folder, 'none', 'x'), await headOf(5))).rejects.toMatchObject({
      code: 'proof/witness-unavailable',
    });
    writeFileSync(path, 'hello\n');
    await expect(handToWitness(path, await headOf(9))).rejects.toMatchObject({ code: 'proof/bad-head' });
  });
});

describe('a witness of C2SP', () => {
  /** As the protocol has it: it keeps the newest checkpoint, and takes one that continues it. */
  const witness = async (work: (url: string, refuse: (status: number) => void) => Promise<void>) => {
    const cosigner = signingKey(newSigningKey('witness'), 'test');
    let held: { size: number; root: Buffer } = { size: 0, root: Buffer.alloc(0) };
    let refusal = 0;
    const answer = (body: string): [status: number, body: string] => {
      if (refusal > 0) return [refusal, ''];
      const at = body.indexOf('\n\n');
      const [old, ...proof] = body.slice(0, at).split('\n');
      const head = openNote(body.slice(at + 2), [key]);
      if (Number(old!.slice(4)) !== held.size) return [409, `${held.size}\n`];
      if (held.size === head.size && !held.root.equals(head.root)) return [409, `${held.size}\n`];
      const hashes = proof.map((hash) => Buffer.from(hash, 'base64'));
      if (held.size > 0 && !isConsistent(held, head, hashes)) return [422, ''];
      held = head;
      return [200, signNote(headText(head), cosigner).split('\n\n')[1]!];
    };
    const server = createServer((request, reply) => {
      void text(request).then((body) => {
        const [status, said] = request.url === '/w/add-checkpoint' ? answer(body) : ([400, ''] as const);
        reply.writeHead(status).end(said);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/w`;
    try {
      await work(url, (status) => (refusal = status));
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
    return url;
  };
  it('cosigns heads that continue the one it holds, and alarms about others', async () => {
    const closed = await witness(async (url, refuse) => {
      expect(await handToWitness(url, await headOf(3))).toMatch(/^— witness /);
      expect(await handToWitness(url, await headOf(7, { heldSize: 3 }))).toMatch(/^— witness /);
      expect(await handToWitness(url, await headOf(8, { heldSize: 5 }))).toMatch(/^— witness /); // it says what it holds
      const codeFor = async (...of: Parameters<typeof headOf>) =>
        handToWitness(url, await headOf(...of)).catch((error: { code: string }) => error.code);
      expect(await codeFor(9, { fork: 'x', heldSize: 8 })).toBe('proof/witness-conflict');
      expect(await codeFor(8, { fork: 'x', heldSize: 8 })).toBe('proof/witness-conflict');
      expect(await codeFor(5)).toBe('proof/witness-ahead');
      for (const [status, code] of [
        [403, 'proof/witness-refused'],
        [500, 'proof/witness-unavailable'],
        [409, 'proof/witness-unavailable'],
      ] as const) {
        refuse(status);
        expect(await codeFor(9, { heldSize: 8 })).toBe(code);
      }
    });
    await expect(handToWitness(closed, await headOf(9))).rejects.toMatchObject({ code: 'proof/witness-unavailable' });
  });
});
