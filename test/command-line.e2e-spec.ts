import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { actions } from '../apps/cli/actions';
import { baton, batonJson, root, Served, tableOf, temporaryFolder } from './support/baton';

describe('the command line', () => {
  const folder = temporaryFolder();
  beforeAll(async () => {
    const served = await Served.start(folder); // makes the store
    await served.token('admin');
    await served.stop();
  });

  const every = Object.entries(actions).flatMap(([command, own]) =>
    Object.keys(own).map((action) => [command, action] as const),
  );
  it.each(every)('has a help of its own for %s %s', async (command, action) => {
    const { status, stdout } = await baton(folder, command, action, '--help');
    expect(status).toBe(0);
    expect(stdout).toContain(`Usage: baton ${command} ${action} `);
    const { options, example } = actions[command]![action]!;
    const shown = [...stdout.matchAll(/^ {2}--([a-z-]+)/gm)].map(([, name]) => name!);
    expect(shown.sort()).toEqual([...options, 'json'].sort());
    expect(stdout).toContain(`Example: baton ${command} ${example}`);
  });

  it('names the actions of a command in its help, and refuses others', async () => {
    for (const [command, own] of Object.entries(actions)) {
      const { stdout } = await baton(folder, command, '--help');
      for (const { does } of Object.values(own)) expect(stdout).toContain(does);
      const { status, stderr } = await baton(folder, command, 'forget');
      expect([status, stderr]).toEqual([1, expect.stringContaining('cli/unknown-action')]);
      expect(stderr).toContain(Object.keys(own).join(', '));
    }
  });

  it('refuses an option of another action', async () => {
    const { status, stderr } = await baton(folder, 'keys', 'list', '--label', 'bob');
    expect([status, stderr]).toEqual([1, expect.stringMatching(/^cli\/option-not-taken \(label\): .*--json/)]);
  });

  it('refuses an event type that is none, with the nearest name', async () => {
    const { status, stderr } = await baton(folder, 'events', '--types', 'KeyIssued,LeadCapturd');
    expect([status, stderr]).toEqual([1, expect.stringMatching(/LeadCapturd; did you mean LeadCaptured\?/)]);
    expect((await baton(folder, 'events', '--types', 'Zzz')).stderr).toMatch(/^cli\/unknown-event-type/);
    expect((await baton(folder, 'events', '--types', 'KeyIssued')).stdout).toContain('"type":"KeyIssued"');
  });

  it('names the unit of every figure of the status', async () => {
    const [names, units] = tableOf((await baton(folder, 'status')).stdout);
    expect(names).toEqual(['follower', 'kind', 'stands at', 'at the end', 'seen', 'parked']);
    expect(units).toEqual(['', '', '(position)', '', '(events)', '(sequences)']);
  });

  it('says which version was proposed', async () => {
    const propose = (reason: string) =>
      batonJson<{ number: number; version: string }>(
        folder,
        'definitions',
        'propose',
        '--kind',
        'mql',
        '--reason',
        reason,
      );
    expect(await propose('A beginning.')).toMatchObject({ number: 1, version: 'mql@1' });
    expect(await propose('A revision.')).toMatchObject({ number: 2, version: 'mql@2' });
  });

  it.each(['events', 'status', 'report velocity'])('ends quietly when its reader has enough: %s', (command) => {
    const line = `node ${join(root, 'apps', 'cli', 'baton.js')} ${command} | true; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = spawnSync('bash', ['-c', line], {
      cwd: root,
      env: { ...process.env, BATON_DATA_DIR: folder },
      encoding: 'utf8',
    });
    expect([stdout.trim(), stderr]).toEqual(['0', '']);
  });
});
