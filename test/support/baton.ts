import { spawn, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Writable } from 'node:stream';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Clock, type Role } from '@baton/kernel';
import { LogDefinitions } from '@baton/definitions/definitions.module';
import { Access, AccessLog } from '@baton/platform/access';
import { readConfig } from '@baton/platform/config';
import { Runner, type Sender } from '@baton/platform/runner';
import { serve } from '../../apps/api/serve';
import { runCommandLine } from '../../apps/cli/command-line';
import { onTerminal } from '../../apps/cli/terminal';

export const root = resolve(__dirname, '..', '..');
const launcher = join(root, 'apps', 'cli', 'baton.js');

/** An empty folder that is deleted after the tests of the file. */
export const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'baton-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

const environment = (dataDir: string) => {
  const { BATON_EVENTSTORE_URL: _log, BATON_MONGODB_URL: _documents, ...others } = process.env;
  return { ...others, BATON_DATA_DIR: dataDir, BATON_LOG_LEVEL: 'error', ...servers.get(dataDir) };
};
const servers = new Map<string, Record<string, string>>();

/** Makes the commands of a folder use servers instead of embedded files. */
export const onServers = (dataDir: string, variables: Record<string, string>): void => {
  servers.set(dataDir, variables);
};

/** What a command line printed, and its exit code. */
export interface Printed {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Captures what is printed during some work. @returns it, with the exit code */
export const printedBy = async (
  work: () => Promise<unknown>,
  variables?: Readonly<Record<string, string | undefined>>,
): Promise<Printed> => {
  const kept = () => {
    const chunks: Buffer[] = [];
    const write = (chunk: Buffer, _: string, done: () => void) => (chunks.push(chunk), done());
    return { stream: new Writable({ write, decodeStrings: true }), text: () => Buffer.concat(chunks).toString() };
  };
  const [stdout, stderr] = [kept(), kept()];
  const own = { stdout: stdout.stream, stderr: stderr.stream, environment: variables, exitCode: 0 };
  await onTerminal(own, work);
  return { status: own.exitCode, stdout: stdout.text(), stderr: stderr.text() };
};

/** The lines of printed tables, head and rows, as their cells. */
export const tableOf = (stdout: string): string[][] =>
  stdout
    .split('\n')
    .filter((text) => text.startsWith('│'))
    .map((text) =>
      text
        .split('│')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );

/**
 * Runs a command line of Baton in this process, in its own folder, because a new process takes seconds to load. One at
 * a time, because the folder of the process changes meanwhile.
 */
export const baton = async (dataDir: string, ...args: string[]): Promise<Printed> => {
  const before = process.cwd();
  process.chdir(dataDir);
  try {
    return await printedBy(() => runCommandLine(args), { ...environment(dataDir), BATON_LOG_LEVEL: 'silent' });
  } finally {
    process.chdir(before);
  }
};

/** The JSON answer of a `baton` command that must succeed. */
export const batonJson = async <T>(dataDir: string, ...args: string[]): Promise<T> => {
  const { status, stdout, stderr } = await baton(dataDir, ...args, '--json');
  if (status !== 0) throw new Error(`baton ${args.join(' ')}: exit ${status}\n${stderr}`);
  return JSON.parse(stdout) as T;
};

/** Runs `baton` as a user would, in a process of its own. */
export const batonProcess = (dataDir: string, ...args: string[]): SpawnSyncReturns<string> =>
  spawnSync(process.execPath, [launcher, ...args], {
    cwd: dataDir,
    env: environment(dataDir),
    encoding: 'utf8',
    maxBuffer: 256 * 2 ** 20,
  });

/** Starts `baton` in a process of its own and lets it run. */
export const batonRunning = (dataDir: string, ...args: string[]) =>
  spawn(process.execPath, [launcher, ...args], { cwd: dataDir, env: environment(dataDir) });

interface Answer<T> {
  data: T;
  extensions?: { warnings?: { code: string; message: string; since: string; position: string }[] };
  errors?: { message: string; extensions: { code: string; field?: string } }[];
}

/** Baton's server in this process, on a free port, with keys for any roles. */
export class Served {
  private readonly tokens = new Map<string, string>();
  private constructor(
    readonly app: NestFastifyApplication,
    readonly url: string,
  ) {}

  /** On the servers of the folder (`onServers`), if it has some. */
  static async start(dataDir: string, senders: readonly Sender[] = [], clock?: Clock): Promise<Served> {
    const own = { BATON_DATA_DIR: dataDir, BATON_PORT: '0', BATON_LOG_LEVEL: 'silent' };
    const app = await serve(readConfig({ ...own, ...servers.get(dataDir) }), clock, senders);
    return new Served(app, (await app.getUrl()).replace('[::1]', '127.0.0.1'));
  }

  async token(...granted: Role[]): Promise<string> {
    const label = granted.join('-');
    if (!this.tokens.has(label)) {
      const access = this.app.get(Access);
      const { token } = await access.issue(label, granted, 'tester');
      // Its sign-in is recorded now, not beside what is tested.
      await access.authenticate(`Bearer ${token}`);
      await this.app.get(AccessLog).settle();
      this.tokens.set(label, token);
    }
    return this.tokens.get(label)!;
  }

  /** Sends a query with these roles; undefined: without a key. */
  async ask<T>(query: string, as: readonly Role[] | undefined, variables: object = {}): Promise<Answer<T>> {
    const headers: Record<string, string> = { 'content-type': 'application/json' };
    if (as) headers['authorization'] = `Bearer ${await this.token(...as)}`;
    return this.post(JSON.stringify({ query, variables }), headers);
  }

  async post<T>(body: string, headers: Record<string, string>): Promise<Answer<T>> {
    const response = await fetch(`${this.url}/graphql`, { method: 'POST', headers, body });
    return (await response.json()) as Answer<T>;
  }

  /** Waits until policies and read models have handled everything. */
  settle(): Promise<string> {
    return this.app.get(Runner).catchUp();
  }

  /**
   * Waits until definitions that other processes approved are in force here: live, five seconds after they were
   * recorded.
   */
  async agreed(kinds: readonly string[]): Promise<void> {
    for (const kind of kinds) await this.app.get(LogDefinitions).waitUntilInForce(kind, this.app.get(Clock));
  }

  stop(): Promise<void> {
    return this.app.close();
  }
}
