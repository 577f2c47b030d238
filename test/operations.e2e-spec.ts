import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Documents, EventLog } from '@baton/kernel';
import { eventually, repetitions } from '@baton/kernel/testing';
import { Access } from '@baton/platform/access';
import { readConfig } from '@baton/platform/config';
import { Progress } from '@baton/platform/health';
import { Runner } from '@baton/platform/runner';
import { serve } from '../apps/api/serve';
import { commands as every } from '../apps/cli/command-line';
import { baton, root, temporaryFolder } from './support/baton';
import { ask as askOver, capture, slowRequest } from './support/server';
import { stopTime } from './support/stopped-time';

/**
 * Client and server share this process; overload.e2e-spec.ts tests thousands of connections with a server of its own.
 */
const BURST = repetitions(100, 1_000);
/** Each on a connection of its own. */
const ask = (url: string, token: string, query: string) => askOver(url, token, query, { connection: 'close' });

describe('a running server', () => {
  const folder = temporaryFolder();
  let app: NestFastifyApplication;
  let url: string;
  let token: string;
  beforeAll(async () => {
    app = await serve(
      readConfig({ BATON_DATA_DIR: folder, BATON_PORT: '0', BATON_LOG_LEVEL: 'silent', BATON_MAX_IN_FLIGHT: '8' }),
    );
    url = await app.getUrl();
    token = (await app.get(Access).issue('tester', ['admin'], 'tester')).token;
  });
  afterAll(() => app.close());
  /** Progress is cached for a second: repeats until the response has this status and names this code, or none. */
  const ready = async (expected: number, code?: string) => {
    let status = 0;
    let body: Record<string, unknown> = {};
    await eventually(async () => {
      const response = await fetch(`${url}/health/ready`);
      ({ status } = response);
      body = (await response.json()) as Record<string, unknown>;
      const named = [...(body['codes'] as string[]), ...((body['warnings'] as string[] | undefined) ?? [])];
      return status === expected && (code === undefined ? named.length === 0 : named.includes(code));
    });
    return { status, body };
  };

  it('is alive, and ready with the lag of every follower', async () => {
    await ask(url, token, capture('ada'));
    await app.get(Runner).catchUp();
    expect(await (await fetch(`${url}/health/live`)).json()).toEqual({ status: 'live' });
    type Each = { follower: string; events: number; parked: number; holder: string };
    const followersOf = async () => (await ready(200)).body['followers'] as Each[];
    // Checkpoints are saved after a pause.
    await eventually(async () => (await followersOf()).every(({ events }) => events === 0));
    const followers = await followersOf();
    expect(followers.length).toBe((await app.get(Runner).status()).length);
    for (const follower of followers) expect(follower).toMatchObject({ events: 0, seconds: 0, parked: 0 });
  });

  it('has metrics without a name or an id', async () => {
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

  it('serves its metrics on this machine only', async () => {
    const proxied = await fetch(`${url}/metrics`, { headers: { 'x-forwarded-for': '203.0.113.9' } });
    expect(proxied.status).toBe(403);
    expect(await proxied.text()).not.toContain('baton_commands');
  });

  it('warns of parked events, and is not ready when an event is missing or a store is unavailable', async () => {
    const documents = app.get(Documents);
    const { name } = (await app.get(Runner).status())[0]!;
    const found = { follower: name, position: '1', expected: 3, counted: 2 };
    await app.get(Progress).saveVerification([{ ...found, complete: false } as never]);
    const { body } = await ready(503, 'health/incomplete');
    expect(body['codes']).toEqual(['health/incomplete']);
    const then = Date.now();
    await eventually(() => Date.now() > then); // the newer verification counts
    await app.get(Progress).saveVerification([{ ...found, counted: 3, complete: true } as never]);
    expect((await ready(200)).body['codes']).toEqual([]);

    const parked = { follower: name, sequence: 's', position: '1', eventId: 'e', code: 'a/b', message: 'm' };
    const asked = jest.spyOn(documents, 'parked').mockImplementation(async (who) => (who === name ? [parked] : []));
    expect((await ready(200, 'health/parked')).body['warnings']).toEqual(['health/parked']);
    asked.mockRestore();

    const away = jest.spyOn(app.get(EventLog), 'tip').mockRejectedValue(new Error('connect ECONNREFUSED'));
    expect((await ready(503, 'health/store-unreachable')).body['codes']).toEqual(['health/store-unreachable']);
    away.mockRestore();
  });

  it('is not ready when a follower is far behind', async () => {
    const runner = app.get(Runner);
    const status = await runner.status();
    const behind = { ...status[0]!, position: '', atTip: false };
    jest.spyOn(runner, 'status').mockResolvedValue([behind]);
    const log = app.get(EventLog);
    const page = await log.readAll('', {}, 10);
    const old = { ...page, events: page.events.map((event) => ({ ...event, recordedAt: '2020-01-01T00:00:00.000Z' })) };
    jest.spyOn(log, 'readAll').mockResolvedValue(old);
    const { body } = await ready(503, 'health/behind');
    jest.restoreAllMocks();
    expect(body['codes']).toEqual(['health/behind']);
    expect(body['followers']).toMatchObject([{ events: page.events.length }]);
  });

  it('processes a burst in bounded parts: each request is done or told to retry', async () => {
    const answers = await Promise.all(Array.from({ length: BURST }, (_, n) => ask(url, token, capture(`burst-${n}`))));
    const done = answers.filter(({ status }) => status === 200);
    const told = answers.filter(({ status }) => status === 503 || status === 429);
    expect(done.length + told.length).toBe(BURST);
    expect(done.length).toBeGreaterThan(0);
    for (const { body } of done) expect(body.data?.['captureLead']?.__typename).toBe('Accepted');
    for (const { headers, body } of told) {
      expect(headers.get('retry-after')).toBe('2');
      expect(body.errors?.map(({ extensions }) => extensions.code)).toEqual(['overload/busy']);
    }
    // Nothing was half done: what was accepted is in the log, what was refused is not.
    const { events } = await app.get(EventLog).readAll('', { types: ['LeadCaptured'] }, 10_000);
    const captured = new Set(events.map(({ stream }) => stream));
    answers.forEach(({ status }, n) => expect(captured.has(`lead-burst-${n}`)).toBe(status === 200));
  });

  it('refuses requests while the maximum number is in flight', async () => {
    const slow = await Promise.all(Array.from({ length: 8 }, () => slowRequest(url)));
    const refused = await ask(url, token, capture('one-too-many'));
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2']);
    expect(refused.body.errors?.[0]?.extensions.code).toBe('overload/busy');
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    expect(await (await fetch(`${url}/metrics`)).text()).toMatch(/baton_requests_refused_total [1-9]/);
    for (const socket of slow) socket.destroy();
    await eventually(async () => (await ask(url, token, capture('one-too-many'))).status === 200);
  });

  it('does not read a refused connection before it may retry, whatever it sends', async () => {
    const slow = await Promise.all(Array.from({ length: 8 }, () => slowRequest(url)));
    const impatient = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => undefined);
    const body = JSON.stringify({ query: capture('impatient') });
    const request = `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    let heard = '';
    impatient.on('data', (piece: Buffer) => (heard += piece.toString()));
    const answers = () => heard.split('HTTP/1.1 503 ').length - 1;
    stopTime();
    try {
      impatient.write(request);
      await eventually(() => answers() === 1);
      expect(heard).toMatch(/retry-after: 2\r\n/);
      impatient.write(request);
      // Later connections are served, and it is not; nor a moment before its two seconds are over.
      expect((await ask(url, token, capture('another'))).status).toBe(503);
      jest.advanceTimersByTime(1_999);
      expect((await ask(url, token, capture('another'))).status).toBe(503);
      expect(answers()).toBe(1);
      jest.advanceTimersByTime(1);
      await eventually(() => answers() === 2);
    } finally {
      jest.advanceTimersByTime(2_000); // a refused connection is read again
      jest.useRealTimers();
      for (const socket of [...slow, impatient]) socket.destroy();
    }
  });

  it('refuses a caller whose commands fill most places, and serves others', async () => {
    const other = (await app.get(Access).issue('other', ['admin'], 'tester')).token;
    const log = app.get(EventLog);
    const append = log.append.bind(log);
    let go: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (go = resolve));
    const appending = jest.spyOn(log, 'append').mockImplementation((...given) => gate.then(() => append(...given)));
    const waiting = Array.from({ length: 6 }, (_, n) => ask(url, token, capture(`waits-${n}`)));
    await eventually(() => appending.mock.calls.length === waiting.length);
    const refused = await ask(url, token, capture('waits-6'));
    const query = await ask(url, other, '{ status { name } }');
    go();
    jest.restoreAllMocks();
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '2']);
    expect(refused.body.errors?.[0]?.extensions.code).toBe('overload/busy');
    expect(query.status).toBe(200);
    for (const { body } of await Promise.all(waiting)) expect(body.data?.['captureLead']?.__typename).toBe('Accepted');
  });
});

describe('the runbook', () => {
  const folder = temporaryFolder();
  it('names existing commands and options', async () => {
    const text = readFileSync(join(root, 'libs/platform/README.md'), 'utf8');
    const commands = [...text.matchAll(/\bbaton ([a-z][a-z-]*)((?: +(?:--?[a-z][\w-]*|<\w+>|[\w./:?=<>|-]+))*)/g)];
    const blocks = new Map<string, Set<string>>();
    const isAction = async (command: string, word: string) => {
      const loaded = (await every[command]?.load())?.command;
      return loaded !== undefined && 'actions' in loaded && Object.hasOwn(loaded.actions, word);
    };
    for (const [, command, rest] of commands) {
      const [first = ''] = rest!.trim().split(' ');
      const name = (await isAction(command!, first)) ? `${command} ${first}` : command!;
      const options = blocks.get(name) ?? new Set();
      for (const [option] of rest!.matchAll(/--[a-z][\w-]*/g)) options.add(option);
      blocks.set(name, options);
    }
    expect(blocks.size).toBeGreaterThanOrEqual(7);
    for (const [name, options] of blocks) {
      const { status, stdout } = await baton(folder, ...name.split(' '), '--help');
      expect({ [name]: status, usage: stdout.includes(`Usage: baton ${name}`) }).toEqual({ [name]: 0, usage: true });
      for (const option of options) expect(stdout).toContain(option);
    }
  });
});
