import { join } from 'node:path';
import { eventually } from '@baton/kernel/testing';
import { EmbeddedDocuments } from '@baton/platform/documents';
import { batonProcess, root, Served, temporaryFolder } from './support/baton';
import { ask, capture, load, openLog, slowRequest, started } from './support/server';

describe('a server that is told to stop', () => {
  const folders = [temporaryFolder(), temporaryFolder(), temporaryFolder()];
  it('answers what is in flight, loses no acknowledged event, gives its leases back, and ends with 0', async () => {
    const folder = folders.pop()!;
    const { child, ended, url, token, told } = await started(folder, { BATON_SHUTDOWN_SECONDS: '600' });
    const acknowledged = new Set<string>();
    const sending = load(url, token, acknowledged);
    await eventually(() => acknowledged.size >= 100);
    child.kill('SIGTERM');
    const [code] = await ended;
    await sending;
    // At the deadline it would end with 1.
    expect({ code, told: code === 0 ? '' : told() }).toEqual({ code: 0, told: '' });

    const log = openLog(folder);
    const { events } = await log.readAll('', { types: ['LeadCaptured'] }, 100_000);
    const streams = new Set(events.map(({ stream }) => stream));
    expect([...acknowledged].filter((lead) => !streams.has(`lead-${lead}`))).toEqual([]);
    expect(streams.size).toBe(events.length);
    const documents = await EmbeddedDocuments.open(join(folder, 'documents.db'));
    expect(await documents.leases()).toEqual(new Map());
    await documents.close();
    await log.close();
    // Each command was one line, and no line names anybody.
    const lines = told()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const commands = lines.filter(({ msg, type }) => msg === 'command' && type === 'CaptureLead');
    expect(commands.length).toBeGreaterThanOrEqual(acknowledged.size);
    expect(commands[0]).toMatchObject({
      outcome: 'accepted',
      actor: expect.any(String),
      correlationId: expect.any(String),
    });
    expect(told()).not.toContain('example.org');
    expect(lines.at(-1)).toMatchObject({ msg: 'stopped' });
  });

  it.each(['the deadline', 'a second signal'])('ends with 1 at %s, when something never ends', async (why) => {
    const folder = folders.pop()!;
    const seconds = why === 'the deadline' ? '1' : '600';
    const { child, ended, url, token, told } = await started(folder, { BATON_SHUTDOWN_SECONDS: seconds });
    await ask(url, token, capture('ada'));
    // A request whose body never ends is in flight for ever.
    await slowRequest(url);
    child.kill('SIGTERM');
    await eventually(() => told().includes('"stopping"'));
    if (why === 'a second signal') {
      expect(child.exitCode).toBe(null);
      child.kill('SIGINT');
    }
    const [code] = await ended;
    expect(code).toBe(1);
    expect(told()).toContain(why === 'the deadline' ? 'the deadline passed' : 'a second signal');
    const log = openLog(folder);
    expect((await log.read('lead-ada')).map(({ type }) => type)).toContain('LeadCaptured');
    await log.close();
  });
});

describe('a command that stops before it has ended', () => {
  const folder = temporaryFolder();
  it('is no success, and says so', async () => {
    await (await Served.start(folder)).stop();
    process.env['NODE_OPTIONS'] = `--require ${join(root, 'test/support/never-closes.js')}`;
    try {
      const { status, stderr } = batonProcess(folder, 'status', '--json');
      expect([status, stderr]).toEqual([3, expect.stringContaining('cli/unfinished: ')]);
    } finally {
      delete process.env['NODE_OPTIONS'];
    }
  });
});
