import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LogHeads } from '@baton/audit/audit.module';
import { verifierKey } from '@baton/platform/keys';
import canonicalize from 'canonicalize';
import { openDatabase } from '@baton/platform/sqlite';
import { baton, batonJson, onServers, Served, temporaryFolder } from './support/baton';

interface Proof {
  index: number;
  size: number;
  eventId: string;
  leaf: { type: string; stream: string };
  hashes: string[];
  root: string;
  position: string;
  recordedAt: string;
  placeHashes: string[];
  places: string;
  note: string | null;
}
const hash = (prefix: number, ...parts: readonly (string | Buffer)[]): Buffer =>
  parts.reduce((sum, part) => sum.update(part), createHash('sha256').update(Uint8Array.of(prefix))).digest();
/** The root by the recursive definition of a path: written apart from the code that it tests. */
const rootBy = (leaf: Buffer, index: number, size: number, path: readonly Buffer[]): Buffer => {
  if (size === 1) return leaf;
  let half = 1;
  while (half * 2 < size) half *= 2;
  const [rest, last] = [path.slice(0, -1), path.at(-1)!];
  return index < half
    ? hash(1, rootBy(leaf, index, half, rest), last)
    : hash(1, last, rootBy(leaf, index - half, size - half, rest));
};
const bytes = (texts: readonly string[]) => texts.map((text) => Buffer.from(text, 'base64'));
const provenRoots = ({ index, size, leaf, hashes, position, recordedAt, placeHashes }: Proof) => [
  rootBy(hash(0, canonicalize(leaf)!), index, size, bytes(hashes)).toString('base64'),
  rootBy(hash(0, JSON.stringify({ position, recordedAt })), index, size, bytes(placeHashes)).toString('base64'),
];

const fields = 'index size eventId leaf hashes root position recordedAt placeHashes places note';

describe('the Merkle log', () => {
  const folder = temporaryFolder();
  const witness = join(folder, 'witness.txt');
  const firstPosition = '0000000000000001';
  let served: Served;
  let leads = 0;
  const capture = async (): Promise<void> => {
    const { data } = await served.ask<{ it: { __typename: string } }>(
      `mutation { it: captureLead(commandId: "c${leads}", input: { leadId: "l${leads++}", name: "Ada", source: "fair" }) { __typename } }`,
      ['revops'],
    );
    expect(data.it.__typename).toBe('Accepted');
  };
  beforeAll(async () => {
    onServers(folder, { BATON_WITNESS: witness });
    served = await Served.start(folder);
    for (const role of ['auditor', 'analyst', 'sales', 'admin'] as const) await served.token(role);
    for (let n = 0; n < 5; n++) await capture();
    await served.settle();
  });
  afterAll(() => served.stop());
  const prove = async (args: string, as: 'auditor' | 'analyst' | 'sales' | 'admin' = 'auditor') =>
    served.ask<{ inclusionProof: Proof }>(`{ inclusionProof(${args}) { ${fields} } }`, [as]);

  it('has no head at first, and is signed on demand, once for the same log', async () => {
    const before = await served.ask<{ logHead: unknown }>('{ logHead { size } }', ['auditor']);
    expect(before.data.logHead).toBeNull();
    const heads = served.app.get(LogHeads);
    const head = await heads.sign();
    expect(await heads.sign()).toEqual(head);
    const { data } = await served.ask<{ logHead: { note: string; size: number; logSize: number } }>(
      '{ logHead { note size root places verifierKey signedAt logSize } }',
      ['analyst'],
    );
    expect(data.logHead).toMatchObject({ note: head.note, size: head.size, logSize: head.size + 1 });
    expect(readFileSync(witness, 'utf8')).toBe(head.note);
    const [text, signature] = [
      head.note.slice(0, head.note.indexOf('\n\n') + 1),
      head.note.trimEnd().split(' ').at(-1)!,
    ];
    const key = verifierKey(head.verifierKey, 'test');
    expect(key.verify(text, Buffer.from(signature, 'base64').subarray(4))).toBe(true);
    expect(text.split('\n').slice(0, 2)).toEqual([key.name, String(head.size)]);
  });

  it('proves an event by its id or position, for any later size, from what it says', async () => {
    const events = await served.ask<{ events: { events: { eventId: string; position: string; type: string }[] } }>(
      '{ events { events { eventId position type } } }',
      ['auditor'],
    );
    const { eventId, position } = events.data.events.events.find(({ type }) => type === 'LeadCaptured')!;
    const byId = (await prove(`eventId: "${eventId}"`)).data.inclusionProof;
    expect(byId).toEqual((await prove(`position: "${position}"`, 'admin')).data.inclusionProof);
    expect(byId).toMatchObject({
      eventId,
      position,
      leaf: { type: 'LeadCaptured' },
      note: expect.any(String) as string,
    });
    expect(JSON.stringify(byId)).not.toContain('Ada');
    expect(provenRoots(byId)).toEqual([byId.root, byId.places]);
    for (let size = byId.index + 1; size < byId.size; size++) {
      const proof = (await prove(`eventId: "${eventId}", size: ${size}`)).data.inclusionProof;
      expect(proof).toMatchObject({ size, note: null });
      expect(provenRoots(proof)).toEqual([proof.root, proof.places]);
    }
  });

  it('refuses who may not ask, and what cannot be proven', async () => {
    const codes = async (args: string, as?: 'sales') => (await prove(args, as)).errors?.[0]?.extensions;
    expect(await codes('position: "1"', 'sales')).toMatchObject({ code: 'access/denied' });
    expect(await codes('size: 1')).toMatchObject({ code: 'proof/which-event' });
    expect(await codes('eventId: "x"')).toEqual({ code: 'proof/unknown-event', field: 'eventId' });
    expect(await codes('position: "x"')).toMatchObject({ code: 'log/not-a-position' });
    const { size, position } = (await prove(`position: "${firstPosition}"`)).data.inclusionProof;
    expect(await codes(`position: "${position}", size: ${size + 100}`)).toEqual({
      code: 'proof/beyond-log',
      field: 'size',
    });
    expect(await codes(`position: "${position}", size: 0`)).toEqual({ code: 'proof/not-in-tree', field: 'size' });
  });
  it('proves that a head continues an earlier one', async () => {
    const before = await served.app.get(LogHeads).sign();
    await capture();
    await served.settle();
    const after = await served.app.get(LogHeads).sign();
    expect(after.size).toBeGreaterThan(before.size);
    const query = `{ consistencyProof(from: ${before.size}) { from to hashes placeHashes fromRoot toRoot fromNote toNote } }`;
    const { data } = await served.ask<{ consistencyProof: object }>(query, ['auditor']);
    expect(data.consistencyProof).toMatchObject({
      ...{ from: before.size, to: after.size, fromRoot: before.root, toRoot: after.root },
      ...{ fromNote: before.note, toNote: after.note },
    });
    const heads = await served.ask<{ logHeads: { nodes: { size: number }[] } }>('{ logHeads { nodes { size } } }', [
      'auditor',
    ]);
    expect(heads.data.logHeads.nodes.map(({ size }) => size).slice(0, 2)).toEqual([after.size, before.size]);
    const { status, stderr } = await baton(folder, 'proof', 'consistency', '5', '--to', '3');
    expect([status, stderr]).toEqual([1, expect.stringContaining('proof/wrong-order')]);
  });

  it('alarms where the witness holds the head of a longer log, or of another one', async () => {
    await capture();
    const [before, held] = [(await served.app.get(LogHeads).newest())!, readFileSync(witness, 'utf8')];
    writeFileSync(witness, held.replace(before.root, 'AAAA'));
    await expect(served.app.get(LogHeads).sign()).rejects.toMatchObject({ code: 'proof/bad-signature' });
    writeFileSync(witness, held);
    expect((await served.app.get(LogHeads).sign()).size).toBeGreaterThan(before.size);
  });

  it('is signed, shown and proven on the command line, under keys that rotate', async () => {
    const { stdout: note } = await baton(folder, 'proof', 'head');
    expect(note).toBe((await served.app.get(LogHeads).newest())!.note);
    const [key] = (await batonJson<{ verifierKeys: string[] }>(folder, 'proof', 'key')).verifierKeys;
    const rotated = (await batonJson<{ verifierKeys: string[] }>(folder, 'proof', 'rotate')).verifierKeys;
    expect(rotated).toEqual([expect.not.stringMatching(`^${key!.replaceAll(/[+/]/g, '.')}$`) as string, key]);
    await capture();
    await served.settle();
    const head = await batonJson<{ verifierKey: string; size: number }>(folder, 'proof', 'sign');
    expect(head.verifierKey).toBe(rotated[0]);
    const proof = await batonJson<Proof>(folder, 'proof', 'event', firstPosition);
    expect(provenRoots(proof)).toEqual([proof.root, proof.places]);
    expect(proof).toMatchObject({ index: 0, size: head.size });
    const text = (await baton(folder, 'proof', 'event', firstPosition, '--size', '3')).stdout;
    expect(text).toContain('is number 0 of the first 3 events');
    const made = await batonJson<{ signingKey: string; verifierKey: string }>(
      folder,
      'proof',
      'key',
      '--new',
      'a.example/b',
    );
    expect(made.signingKey).toMatch(/^PRIVATE\+KEY\+a\.example\/b\+/);
  });
});

describe('an event that is edited in the database file', () => {
  const folder = temporaryFolder();
  it('is named by status --verify, and by the next head', async () => {
    const served = await Served.start(folder);
    await served.token('sales');
    await served.token('admin');
    await served.settle();
    const head = await served.app.get(LogHeads).sign();
    await served.stop();
    const database = openDatabase(join(folder, 'log.db'), { synchronous: 'FULL' });
    database.exec(`UPDATE events SET data = replace(data, 'sales', 'sAles') WHERE position = 1`);
    database.close();
    const { status, stdout } = await baton(folder, 'status', '--verify');
    expect([status, stdout]).toEqual([1, expect.stringContaining('log-tree-v2: read/events-differ')]);
    expect(stdout).toContain('the event at position 0000000000000001');
    // Whoever rebuilds the tree to hide it gets another root than the one that was signed.
    await baton(folder, 'rebuild', 'log-tree');
    const proof = await batonJson<Proof>(folder, 'proof', 'event', '0000000000000001', '--size', String(head.size));
    expect(proof.note).toBe(head.note);
    expect(proof.root).not.toBe(head.root);
  });
});
