import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSchema, type GraphQLField } from 'graphql';
import { eventually } from '@baton/kernel/testing';
import { EmbeddedDocuments } from '@baton/platform/documents';
import { batonJson, batonProcess, onServers, root, Served, temporaryFolder } from './support/baton';
import { EventStoreServer } from './support/eventstore-server';
import { documentOf, neededBy } from './support/sample-operations';
import { ask, capture, load, openLog, slowRequest, started } from './support/server';
import { listen, subscriber } from './support/subscriber';

describe('a server that is stopped', () => {
  const folders = [temporaryFolder(), temporaryFolder(), temporaryFolder(), temporaryFolder()];
  it('finishes what is in flight, loses no acknowledged event, releases its leases, and ends with 0', async () => {
    const folder = folders.pop()!;
    const { child, ended, url, token, output } = await started(folder, { BATON_SHUTDOWN_SECONDS: '600' });
    const acknowledged = new Set<string>();
    const sending = load(url, token, acknowledged);
    await eventually(() => acknowledged.size >= 100);
    child.kill('SIGTERM');
    const [code] = await ended;
    await sending;
    // At the deadline it would end with 1.
    expect({ code, output: code === 0 ? '' : output() }).toEqual({ code: 0, output: '' });

    const log = openLog(folder);
    const { events } = await log.readAll('', { types: ['LeadCaptured'] }, 100_000);
    const streams = new Set(events.map(({ stream }) => stream));
    expect([...acknowledged].filter((lead) => !streams.has(`lead-${lead}`))).toEqual([]);
    expect(streams.size).toBe(events.length);
    const documents = await EmbeddedDocuments.open(join(folder, 'documents.db'));
    expect(await documents.leases()).toEqual(new Map());
    await documents.close();
    await log.close();
    // Each command was one line, and no line contains personal data.
    const lines = output()
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
    expect(output()).not.toContain('example.org');
    expect(lines.at(-1)).toMatchObject({ msg: 'stopped' });
  });

  it('needs no deadline, whatever was requested before and is being requested', async () => {
    const [server, port] = await EventStoreServer.start();
    const folder = folders.pop()!;
    const log = { BATON_EVENTSTORE_URL: `esdb://127.0.0.1:${port}?tls=false` };
    onServers(folder, log);
    const { child, ended, url, output } = await started(folder, {
      ...log,
      BATON_QUERY_PROCESSES: '1',
      BATON_SHUTDOWN_SECONDS: '60', // it ends with 1 if something is left open
    });
    const { token } = await batonJson<{ token: string }>(
      folder,
      'keys',
      'create',
      '--roles',
      'admin',
      '--label',
      'tester',
    );
    for (const lead of ['ada', 'bob', 'cem']) await ask(url, token, capture(lead));
    const schema = buildSchema(readFileSync(join(root, 'apps/api/schema.graphql'), 'utf8'));
    const fields = Object.values(schema.getQueryType()!.getFields());
    const isAnswered = async (field: GraphQLField<unknown, unknown>) => {
      const variables = { ...neededBy(field), ...(field.args.some(({ name }) => name === 'first') && { first: 2 }) };
      const query = documentOf('query', field.name, field.args, variables, field.type);
      return !!(await ask(url, token, query, {}, variables)).body.data?.['it'];
    };
    let answered = 0;
    for (const field of fields) if (await isAnswered(field)) answered++; // a finished request leaves nothing open
    expect(answered).toBeGreaterThan(fields.length / 2);
    const client = subscriber(`${url.replace('http', 'ws')}/graphql`, `Bearer ${token}`);
    const subscribed = Object.entries(schema.getSubscriptionType()!.getFields()).map(([name, field]) => {
      const variables = neededBy(field);
      const document = documentOf('subscription', name, field.args, variables, field.type);
      return [name, listen(client, document, variables)] as const;
    });
    await new Map(subscribed).get('pipelineChanges')!.until(1);
    const asking = fields.map((field) => isAnswered(field).catch(() => false));
    await Promise.race(asking); // the others are in progress
    child.kill('SIGTERM');
    expect([(await ended)[0], output().includes('deadline')]).toEqual([0, false]);
    await Promise.all(asking);
    await Promise.all(subscribed.map(([, { over }]) => over));
    server.stop();
  });

  it.each(['the deadline', 'a second signal'])('ends with 1 at %s, if something never ends', async (why) => {
    const folder = folders.pop()!;
    const seconds = why === 'the deadline' ? '1' : '600';
    const { child, ended, url, token, output } = await started(folder, { BATON_SHUTDOWN_SECONDS: seconds });
    await ask(url, token, capture('ada'));
    // A request whose body never ends is in flight forever.
    await slowRequest(url);
    child.kill('SIGTERM');
    await eventually(() => output().includes('"stopping"'));
    if (why === 'a second signal') {
      expect(child.exitCode).toBe(null);
      child.kill('SIGINT');
    }
    const [code] = await ended;
    expect(code).toBe(1);
    expect(output()).toContain(why === 'the deadline' ? 'the deadline passed' : 'a second signal');
    const log = openLog(folder);
    expect((await log.read('lead-ada')).map(({ type }) => type)).toContain('LeadCaptured');
    await log.close();
  });
});

describe('a command that ends before it is finished', () => {
  const folder = temporaryFolder();
  it('is not a success, and reports it', async () => {
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
