import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  catalogueOf,
  Documents,
  EventLog,
  type Clock,
  type Documents as DocumentStore,
  type Projection,
} from '@baton/kernel';
import { repetitions } from '@baton/kernel/testing';
import { Access, accessParts } from '@baton/platform/access';
import { readConfig } from '@baton/platform/config';
import { EmbeddedDocuments, MemoryDocuments, ReadModels } from '@baton/platform/documents';
import { EmbeddedEventLog, SealedJournal } from '@baton/platform/event-log';
import { Progress } from '@baton/platform/health';
import { EmbeddedKeyStore, masterKey } from '@baton/platform/keys';
import { replay, Runner } from '@baton/platform/runner';
import { contextParts } from '../apps/contexts';
import { serve } from '../apps/api/serve';
import { baton, batonJson, batonRunning, root, temporaryFolder } from './support/baton';

const BURST = repetitions(100, 5000);
const clock: Clock = { now: () => '2030-01-01T00:00:00.000Z' };
const capture = (lead: string) =>
  `mutation { captureLead(commandId: "c-${lead}", input: { leadId: "${lead}", email: "${lead}@example.org" }) { __typename } }`;

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: {
    data?: Record<string, { __typename: string } | null> | null;
    errors?: { extensions: { code: string } }[];
  };
}
const ask = async (url: string, token: string, query: string): Promise<Answer> => {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Answer['body'] };
};
/** Pages of all documents of a read model as text. */
const bytesOf = async (documents: DocumentStore, projection: Projection): Promise<string> => {
  const lines: string[] = [];
  for await (const page of new ReadModels(documents).pages(projection))
    for (const { id, doc, position } of page) lines.push(`${position} ${id} ${JSON.stringify(doc)}`);
  return lines.join('\n');
};

describe('a running server', () => {
  const folder = temporaryFolder();
  let app: NestFastifyApplication;
  let url: string;
  let token: string;
  beforeAll(async () => {
    app = await serve(
      readConfig({ BATON_DATA_DIR: folder, BATON_PORT: '0', BATON_LOG_LEVEL: 'silent', BATON_MAX_IN_FLIGHT: '4' }),
    );
    url = await app.getUrl();
    token = (await app.get(Access).issue('tester', ['admin'], 'tester')).token;
  }, 60_000);
  afterAll(() => app.close());
  /** Past the second for which progress is kept. */
  const ready = async () => {
    await delay(1_100);
    const response = await fetch(`${url}/health/ready`);
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  it('is alive, and ready with the lag of every follower', async () => {
    await ask(url, token, capture('ada'));
    await app.get(Runner).catchUp();
    expect(await (await fetch(`${url}/health/live`)).json()).toEqual({ status: 'live' });
    await delay(200); // the pause after which checkpoints are saved
    const { status, body } = await ready();
    expect({ status, codes: body['codes'], warnings: body['warnings'] }).toEqual({
      status: 200,
      codes: [],
      warnings: [],
    });
    const followers = body['followers'] as { follower: string; events: number; parked: number; holder: string }[];
    expect(followers.length).toBe((await app.get(Runner).status()).length);
    for (const follower of followers) expect(follower).toMatchObject({ events: 0, seconds: 0, parked: 0 });
  });

  it('counts for whoever watches, without a name or an id', async () => {
    await ask(url, token, '{ nonsense }');
    await ask(url, 'nobody', '{ status { name } }');
    const response = await fetch(`${url}/metrics`);
    expect(response.headers.get('content-type')).toContain('text/plain');
    const figures = await response.text();
    for (const figure of [
      'baton_commands_total{type="CaptureLead",outcome="accepted"} 1',
      'baton_commands_total{type="IssueKey",outcome="accepted"} 1',
      'baton_graphql_operations_total{kind="mutation"} 1',
      'baton_graphql_errors_total{code="access/bad-key"} 1',
      'baton_follower_lag_events{follower="leads-v',
      'baton_pages_folded_total{follower="leads-v',
      'process_cpu_seconds_total',
    ])
      expect(figures).toContain(figure);
    expect(figures).toMatch(/baton_events_appended_total [1-9]/);
    expect(figures).not.toMatch(/ada|example\.org|tester|baton_[0-9a-f]{12}_/);
  });

  it('tells its figures on this machine only', async () => {
    const proxied = await fetch(`${url}/metrics`, { headers: { 'x-forwarded-for': '203.0.113.9' } });
    expect(proxied.status).toBe(403);
    expect(await proxied.text()).not.toContain('baton_commands');
  });

  it('warns of what is parked, and is not ready when an event is missing or a store is away', async () => {
    const documents = app.get(Documents);
    const { name } = (await app.get(Runner).status())[0]!;
    const found = { follower: name, position: '1', expected: 3, counted: 2 };
    await app.get(Progress).verified([{ ...found, complete: false } as never]);
    const { status, body } = await ready();
    expect({ status, codes: body['codes'] }).toEqual({ status: 503, codes: ['health/incomplete'] });
    await delay(2); // the newer verification counts
    await app.get(Progress).verified([{ ...found, counted: 3, complete: true } as never]);
    expect((await ready()).status).toBe(200);

    const parked = { follower: name, sequence: 's', position: '1', eventId: 'e', code: 'a/b', message: 'm' };
    const asked = jest.spyOn(documents, 'parked').mockImplementation(async (who) => (who === name ? [parked] : []));
    expect(await ready()).toMatchObject({ status: 200, body: { warnings: ['health/parked'] } });
    asked.mockRestore();

    const away = jest.spyOn(app.get(EventLog), 'tip').mockRejectedValue(new Error('connect ECONNREFUSED'));
    expect(await ready()).toMatchObject({ status: 503, body: { codes: ['health/store-unreachable'] } });
    away.mockRestore();
  }, 30_000);

  it('is not ready when a follower is far behind', async () => {
    const runner = app.get(Runner);
    const status = await runner.status();
    const behind = { ...status[0]!, position: '', atTip: false };
    jest.spyOn(runner, 'status').mockResolvedValue([behind]);
    const log = app.get(EventLog);
    const page = await log.readAll('', {}, 10);
    const old = { ...page, events: page.events.map((event) => ({ ...event, recordedAt: '2020-01-01T00:00:00.000Z' })) };
    jest.spyOn(log, 'readAll').mockResolvedValue(old);
    const answer = await ready();
    jest.restoreAllMocks();
    expect(answer).toMatchObject({ status: 503, body: { codes: ['health/behind'] } });
    expect(answer.body['followers']).toMatchObject([{ events: page.events.length }]);
  });

  it('takes a burst in bounded pieces: each is answered, carried out or told to come again', async () => {
    const answers = await Promise.all(Array.from({ length: BURST }, (_, n) => ask(url, token, capture(`burst-${n}`))));
    const done = answers.filter(({ status }) => status === 200);
    const told = answers.filter(({ status }) => status === 503);
    expect(done.length + told.length).toBe(BURST);
    expect(done.length).toBeGreaterThan(0);
    for (const { body } of done) expect(body.data?.['captureLead']?.__typename).toBe('Accepted');
    for (const { headers, body } of told) {
      expect(headers.get('retry-after')).toBe('1');
      expect(body.errors?.map(({ extensions }) => extensions.code)).toEqual(['overload/busy']);
    }
    // Nothing was half done: what was accepted is in the log, what was refused is not.
    const { events } = await app.get(EventLog).readAll('', { types: ['LeadCaptured'] }, 10_000);
    const captured = new Set(events.map(({ stream }) => stream));
    answers.forEach(({ status }, n) => expect(captured.has(`lead-burst-${n}`)).toBe(status === 200));
  }, 600_000);

  it('refuses whole requests while twice as many as commands may be are in flight', async () => {
    const slow = Array.from({ length: 8 }, () => slowRequest(url));
    await delay(300);
    const refused = await ask(url, token, capture('one-too-many'));
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    expect(refused.body.errors?.[0]?.extensions.code).toBe('overload/busy');
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    expect(await (await fetch(`${url}/metrics`)).text()).toMatch(/baton_requests_refused_total [1-9]/);
    for (const socket of slow) socket.destroy();
    await delay(300);
    expect((await ask(url, token, capture('one-too-many'))).status).toBe(200);
  });

  it('tells a caller to come again where commands wait', async () => {
    // The log holds its answers back: four commands wait, the fifth is one too many.
    const log = app.get(EventLog);
    const append = log.append.bind(log);
    let go: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (go = resolve));
    jest.spyOn(log, 'append').mockImplementation((...given) => gate.then(() => append(...given)));
    const waiting = Array.from({ length: 4 }, (_, n) => ask(url, token, capture(`waits-${n}`)));
    await delay(500);
    const refused = await ask(url, token, capture('waits-4'));
    go();
    jest.restoreAllMocks();
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    expect(refused.body.errors?.[0]?.extensions.code).toBe('overload/busy');
    for (const { body } of await Promise.all(waiting)) expect(body.data?.['captureLead']?.__typename).toBe('Accepted');
  });
});

/** A request whose body does not end: it is in flight until its socket is closed. */
const slowRequest = (url: string): Socket => {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(
    'POST /graphql HTTP/1.1\r\nhost: baton\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{',
  );
  return socket;
};

/** A server in a process of its own, and what it prints. */
const started = async (dataDir: string, settings: Record<string, string> = {}) => {
  const child: ChildProcess = spawn(process.execPath, [join(root, 'apps/cli/baton.js'), 'start', '--json'], {
    cwd: dataDir,
    env: { ...process.env, EVENTSTORE_URL: '', MONGODB_URL: '', BATON_DATA_DIR: dataDir, BATON_PORT: '0', ...settings },
  });
  let printed = '';
  let told = '';
  child.stderr!.on('data', (chunk: Buffer) => (told += chunk.toString()));
  const ended = once(child, 'exit') as Promise<[number | null, string | null]>;
  while (!printed.includes('\n')) {
    const chunk = await Promise.race([once(child.stdout!, 'data') as Promise<[Buffer]>, ended]);
    if (!(chunk[0] instanceof Buffer)) throw new Error(`it did not start: ${told}`);
    printed += chunk[0].toString();
  }
  const { url, token = '' } = JSON.parse(printed) as { url: string; token?: string };
  return { child, ended, url: url.replace('/graphql', ''), token, told: () => told };
};
/** Sends commands from several callers until the server is gone; what was acknowledged is kept. */
const load = (url: string, token: string, acknowledged: Set<string>, callers = 16) =>
  Promise.all(
    Array.from({ length: callers }, async (_, caller) => {
      for (let n = 0; ; n++) {
        const lead = `lead${caller}x${n}`;
        try {
          const { body } = await ask(url, token, capture(lead));
          if (body.data?.['captureLead']?.__typename === 'Accepted') acknowledged.add(lead);
        } catch {
          return; // the connection is closed or refused: the server is gone
        }
      }
    }),
  );
const openLog = (folder: string) => EmbeddedEventLog.open(join(folder, 'log.db'), clock);

describe('a server that is told to stop', () => {
  const folders = [temporaryFolder(), temporaryFolder(), temporaryFolder()];
  it('answers what is in flight, loses no acknowledged event, gives its leases back, and ends with 0', async () => {
    const folder = folders.pop()!;
    const { child, ended, url, token, told } = await started(folder, { BATON_SHUTDOWN_SECONDS: '20' });
    const acknowledged = new Set<string>();
    const sending = load(url, token, acknowledged);
    while (acknowledged.size < 100) await delay(10);
    const began = performance.now();
    child.kill('SIGTERM');
    const [code] = await ended;
    await sending;
    expect({ code, told: code === 0 ? '' : told() }).toEqual({ code: 0, told: '' });
    expect(performance.now() - began).toBeLessThan(20_000);

    const log = openLog(folder);
    const { events } = await log.readAll('', { types: ['LeadCaptured'] }, 100_000);
    const streams = new Set(events.map(({ stream }) => stream));
    expect([...acknowledged].filter((lead) => !streams.has(`lead-${lead}`))).toEqual([]);
    expect(streams.size).toBe(events.length);
    const documents = await EmbeddedDocuments.open(join(folder, 'documents.db'));
    const names = contextParts.flatMap(({ projections }) => projections.map(({ name }) => name));
    const holders = await Promise.all(names.map((name) => documents.holder(name, new Date().toISOString())));
    expect(holders.filter(Boolean)).toEqual([]);
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
  }, 120_000);

  it.each(['the deadline', 'a second signal'])(
    'ends with 1 at %s, when something never ends',
    async (why) => {
      const folder = folders.pop()!;
      const seconds = why === 'the deadline' ? '2' : '600';
      const { child, ended, url, token, told } = await started(folder, { BATON_SHUTDOWN_SECONDS: seconds });
      await ask(url, token, capture('ada'));
      // A request whose body never ends is in flight for ever.
      slowRequest(url);
      await delay(500);
      child.kill('SIGTERM');
      await delay(500);
      expect(child.exitCode).toBe(null);
      if (why === 'a second signal') child.kill('SIGINT');
      const [code] = await ended;
      expect(code).toBe(1);
      expect(told()).toContain(why === 'the deadline' ? 'the deadline passed' : 'a second signal');
      const log = openLog(folder);
      expect((await log.read('lead-ada')).map(({ type }) => type)).toContain('LeadCaptured');
      await log.close();
    },
    60_000,
  );
});

describe('what the command line keeps elsewhere', () => {
  const [live, copies, other, a, b] = [
    temporaryFolder(),
    temporaryFolder(),
    temporaryFolder(),
    temporaryFolder(),
    temporaryFolder(),
  ];
  it('is a backup of a server that goes on writing; its documents are those of a fold of the same prefix', async () => {
    const copy = join(copies, 'monday');
    const { child, ended, url, token } = await started(live);
    const acknowledged = new Set<string>();
    const sending = load(url, token, acknowledged, 4);
    while (acknowledged.size < 50) await delay(10);
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
    expect(after).toBeGreaterThan(before); // it did go on
    expect(existsSync(join(copy, 'master.key'))).toBe(false);

    const target = join(other, 'data');
    mkdirSync(target);
    expect(baton(target, 'restore', copy).stderr).toContain('backup/no-master-key');
    process.env['BATON_MASTER_KEY'] = readFileSync(join(live, 'master.key'), 'utf8').trim();
    try {
      expect(batonJson(target, 'restore', copy)).toMatchObject({
        position: manifest.position,
        events: manifest.events,
      });
      const again = baton(target, 'restore', copy);
      expect([again.status, again.stderr]).toEqual([1, expect.stringContaining('backup/not-empty')]);
      const verified = batonJson<{ completeness: { complete: boolean }[] }>(target, 'status', '--verify');
      expect(verified.completeness.every(({ complete }) => complete)).toBe(true);
    } finally {
      delete process.env['BATON_MASTER_KEY'];
    }

    const [log, restored] = [openLog(live), openLog(target)];
    const prefix = (await log.readAll('', {}, manifest.events)).events;
    expect(prefix.at(-1)!.position).toBe(manifest.position);
    // Policies may have gone on at the restored end, with the same ids; what was backed up is there as it was.
    expect((await restored.readAll('', {}, manifest.events)).events).toEqual(prefix);
    const captured = new Set(prefix.map(({ stream }) => stream));
    expect([...known].filter((lead) => !captured.has(`lead-${lead}`))).toEqual([]);

    const keys = EmbeddedKeyStore.open(join(live, 'keys.db'), masterKey(live));
    const parts = [accessParts, ...contextParts];
    const journal = new SealedJournal(restored, catalogueOf(parts.flatMap(({ events }) => events)), keys);
    const documents = await EmbeddedDocuments.open(join(target, 'documents.db'));
    let seen = 0;
    for (const projection of parts.flatMap(({ projections }) => projections)) {
      const memory = new MemoryDocuments();
      const fence = (await memory.lease('fold', 'test', 60_000, clock.now()))!;
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
  }, 180_000);

  it('is a copy of a log, there and back', async () => {
    expect(baton(a, 'keys', 'create', '--label', 'page', '--roles', 'sales').status).toBe(0);
    const out = batonJson<{ written: number; digest: string }>(a, 'copy-log', '--to', b);
    expect(out.written).toBeGreaterThan(0);
    const back = batonJson(a, 'copy-log', '--from', b, '--to', join(a, 'back'));
    expect(back).toEqual(out);
    expect(batonJson(a, 'copy-log', '--to', b)).toEqual({ ...out, written: 0 });
    expect(baton(a, 'copy-log', '--to', a).stderr).toContain('copy/source-is-target');
    expect(baton(a, 'copy-log').stderr).toContain('cli/argument-missing');
  }, 60_000);
});

describe('the runbook', () => {
  const folder = temporaryFolder();
  it('names commands and options that exist', async () => {
    const text = readFileSync(join(root, 'libs/platform/README.md'), 'utf8');
    const commands = [...text.matchAll(/\bbaton ([a-z][a-z-]*)((?: +(?:--?[a-z][\w-]*|<\w+>|[\w./:?=<>|-]+))*)/g)];
    const blocks = new Map<string, Set<string>>();
    for (const [, name, rest] of commands) {
      const options = blocks.get(name!) ?? new Set();
      for (const [option] of rest!.matchAll(/--[a-z][\w-]*/g)) options.add(option);
      blocks.set(name!, options);
    }
    expect(blocks.size).toBeGreaterThanOrEqual(7);
    const usage = async (name: string) => {
      const child = batonRunning(folder, name, '--help');
      let stdout = '';
      child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
      const [status] = (await once(child, 'exit')) as [number];
      return { status, stdout };
    };
    const told = await Promise.all([...blocks.keys()].map(async (name) => [name, await usage(name)] as const));
    for (const [name, { status, stdout }] of told) {
      const options = blocks.get(name)!;
      expect({ [name]: status, usage: stdout.includes(`Usage: baton ${name}`) }).toEqual({ [name]: 0, usage: true });
      for (const option of options) expect(stdout).toContain(option);
    }
  }, 120_000);
});
