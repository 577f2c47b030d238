import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { catalogueOf, eventsOf, type Documents, type Projection } from '@baton/kernel';
import { anEvent, eventually } from '@baton/kernel/testing';
import { accessParts } from '@baton/platform/access';
import { EmbeddedDocuments, MemoryDocuments, ReadModels } from '@baton/platform/documents';
import { SealedJournal } from '@baton/platform/event-log';
import { EmbeddedKeyStore, masterKey } from '@baton/platform/keys';
import { replay } from '@baton/platform/runner';
import { contextParts } from '../apps/contexts';
import { baton, batonJson, batonRunning, Served, temporaryFolder } from './support/baton';
import { DAMAGE, damage } from './support/damaged-file';
import { load, openLog, started } from './support/server';

/** Pages of all documents of a read model as text. */
const bytesOf = async (documents: Documents, projection: Projection): Promise<string> => {
  const lines: string[] = [];
  for await (const page of new ReadModels(documents).pages(projection))
    for (const { id, doc, position } of page) lines.push(`${position} ${id} ${JSON.stringify(doc)}`);
  return lines.join('\n');
};

describe('what the command line keeps elsewhere', () => {
  const [live, copies, aside, other, a, b] = [
    temporaryFolder(),
    temporaryFolder(),
    temporaryFolder(),
    temporaryFolder(),
    temporaryFolder(),
    temporaryFolder(),
  ];
  it('is a backup of a server that continues to write; its documents equal a fold of the same events', async () => {
    const copy = join(copies, 'monday');
    const { child, ended, url, token } = await started(live);
    const acknowledged = new Set<string>();
    const sending = load(url, token, acknowledged, 4);
    await eventually(() => acknowledged.size >= 50);
    const before = acknowledged.size;
    const known = new Set(acknowledged);
    const backup = batonRunning(live, 'backup', copy, '--json');
    let answer = '';
    backup.stdout.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    expect(await once(backup, 'exit')).toEqual([0, null]);
    const manifest = JSON.parse(answer) as { position: string; events: number };
    const after = acknowledged.size;
    child.kill('SIGTERM');
    await ended;
    await sending;
    expect(after).toBeGreaterThan(before); // it did continue
    expect(existsSync(join(copy, 'master.key'))).toBe(false);

    const target = join(other, 'data');
    mkdirSync(target);
    expect((await baton(target, 'restore', copy)).stderr).toContain('backup/no-erasures');
    expect((await baton(target, 'restore', copy, '--erasures', 'none')).stderr).toContain('backup/no-master-key');
    process.env['BATON_MASTER_KEY'] = readFileSync(join(live, 'master.key'), 'utf8').trim();
    try {
      expect(await batonJson(target, 'restore', copy, '--erasures', live)).toMatchObject({
        position: manifest.position,
        events: manifest.events,
      });
      const again = await baton(target, 'restore', copy, '--erasures', 'none');
      expect([again.status, again.stderr]).toEqual([1, expect.stringContaining('backup/not-empty')]);
      const verified = await batonJson<{ completeness: { complete: boolean }[] }>(target, 'status', '--verify');
      expect(verified.completeness.every(({ complete }) => complete)).toBe(true);
    } finally {
      delete process.env['BATON_MASTER_KEY'];
    }

    const [log, restored] = [openLog(live), openLog(target)];
    const prefix = (await log.readAll('', {}, manifest.events)).events;
    expect(prefix.at(-1)!.position).toBe(manifest.position);
    // Policies may have continued at the restored end, with the same ids; the backed-up events are unchanged.
    expect((await restored.readAll('', {}, manifest.events)).events).toEqual(prefix);
    const captured = new Set(prefix.map(({ stream }) => stream));
    expect([...known].filter((lead) => !captured.has(`lead-${lead}`))).toEqual([]);

    const keys = EmbeddedKeyStore.open(join(live, 'keys.db'), masterKey(live));
    const parts = [accessParts, ...contextParts];
    const journal = new SealedJournal(restored, catalogueOf(eventsOf(parts)), keys);
    const documents = await EmbeddedDocuments.open(join(target, 'documents.db'));
    let seen = 0;
    for (const projection of parts.flatMap(({ projections }) => projections)) {
      const memory = new MemoryDocuments();
      const fence = (await memory.lease('fold', 'test'))!;
      const generation = `${projection.name}-v${projection.version}`;
      await replay({ log: restored, journal, documents: memory }, projection, generation, () => fence);
      const expected = await bytesOf(memory, projection);
      expect({ [projection.name]: (await bytesOf(documents, projection)) === expected }).toEqual({
        [projection.name]: true,
      });
      seen += expected === '' ? 0 : expected.split('\n').length;
    }
    expect(seen).toBeGreaterThan(50);
    await Promise.all([documents.close(), keys.close(), log.close(), restored.close()]);
  });

  it('has what was shown when the backup is taken, although no process has appended it yet', async () => {
    const shown = anEvent(
      { operation: 'Query.leads', subjects: ['lead-ada'], people: 1, answers: 1 },
      'PersonalDataRead',
    );
    const place = join(live, 'log-deferred');
    const log = openLog(aside);
    await log.appendDeferred('access-2024-01-01', [shown]);
    const [file] = readdirSync(join(aside, 'log-deferred'));
    mkdirSync(place, { recursive: true });
    copyFileSync(join(aside, 'log-deferred', file!), join(place, 'elsewhere.1.0a1b2c3d'));
    await log.close();
    const copy = join(copies, 'tuesday');
    expect((await baton(live, 'backup', copy)).status).toBe(0);
    const copied = openLog(copy);
    expect(await copied.read('access-2024-01-01')).toMatchObject([shown]);
    await copied.close();
  });

  it('is a copy of a log, there and back', async () => {
    await (await Served.start(a)).stop();
    expect((await baton(a, 'keys', 'create', '--label', 'page', '--roles', 'sales')).status).toBe(0);
    const out = await batonJson<{ written: number; digest: string }>(a, 'copy-log', '--to', b);
    expect(out.written).toBeGreaterThan(0);
    const back = await batonJson(a, 'copy-log', '--from', b, '--to', join(a, 'back'));
    expect(back).toEqual(out);
    expect(await batonJson(a, 'copy-log', '--to', b)).toEqual({ ...out, written: 0 });
    expect((await baton(a, 'copy-log', '--to', a)).stderr).toContain('copy/source-is-target');
    expect((await baton(a, 'copy-log')).stderr).toContain('cli/argument-missing');
  });
});

describe('a verification', () => {
  const folder = temporaryFolder();
  const verify = () => baton(folder, 'status', '--verify', '--json');

  it('reports what the check of a file finds, although every page can be read, and fails', async () => {
    await (await Served.start(folder)).stop();
    const sound = await verify();
    expect([sound.status, (JSON.parse(sound.stdout) as { damage: unknown }).damage]).toEqual([0, []]);
    damage(join(folder, 'documents.db'));
    const { status, stdout } = await verify();
    expect([status, JSON.parse(stdout)]).toEqual([
      1,
      expect.objectContaining({ damage: [{ store: 'read models', found: DAMAGE }] }),
    ]);
  });
});
