import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { settings } from '@baton/platform/config';
import { root, temporaryFolder } from './support/baton';
import { freePort } from './support/free-port';

const readme = readFileSync(join(root, 'README.md'), 'utf8');
const blocks = [...readme.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, text]) => text!.trim());

/** What each block of commands must print, in the order of the page; the first two are the two main commands. */
const prints: readonly RegExp[] = [
  /Pipeline velocity by product/,
  /./,
  /^$/,
  /"code":"VELOCITY".*"amount":\{"decimal":"\d+\.\d\d","currency":"USD"\}/,
  /^$/,
  /"sendCommands":\[\{"__typename":"Accepted","position":"\d+"\},\{"__typename":"Accepted","position":"\d+"\}\]/,
  /"lead":\{"leadId":"ada","stage":"LEAD","email":"ada@example.org","company":"Analytical Engines"\}/,
  /"me":\{"actor":"system:my-page","roles":\[.*\],"origin":"SYSTEM"\},"revision":\d+/,
  /"type":"Opportunity(Won|Lost)"/,
  /win-rate[\s\S]*velocity[\s\S]*USD a day/,
  /u-shaped[\s\S]*"total":/,
  /^source,won,revenue,currency\n/,
  /Usage: baton import/,
  /LeadCaptured in lead-demo-00017[\s\S]*system:my-page[\s\S]*LeadCaptured in lead-ada/,
  /"leadId": "ada"[\s\S]*"LeadCaptured"/,
  /Verified: (\d+) of \1 followers are complete\.[\s\S]*deals: [\d,]+ events into deals-v\d+-2/,
  /rows in log\.ndjson\s+Verified: \{"kind":"log"/,
];

describe('the README', () => {
  const folder = temporaryFolder();
  let server: ChildProcess;
  let port: number;
  let served = '';

  beforeAll(async () => {
    port = await freePort();
    expect(blocks[0]).toBe('npm ci && npm run demo');
    // In a process group of its own, because npm is between this process and the server. A small company is generated
    // quickly.
    server = spawn('npm', ['run', 'demo', '--', '--scale', '0.15'], { cwd: root, env: environment(), detached: true });
    await new Promise<void>((resolve, reject) => {
      server.stdout!.on('data', (chunk: Buffer) => (served += chunk.toString()).includes('Ctrl+C') && resolve());
      server.stderr!.on('data', (chunk: Buffer) => (served += chunk.toString()));
      server.once('exit', () => reject(new Error(served)));
    });
  });
  afterAll(() => {
    if (server.pid) process.kill(-server.pid, 'SIGTERM');
    for (const file of ['key.json', 'answer.json', 'log.ndjson']) rmSync(join(root, file), { force: true });
  });

  const environment = () => ({
    ...process.env,
    BATON_DATA_DIR: folder,
    BATON_PORT: String(port),
    BATON_URL: `http://127.0.0.1:${port}`, // the examples use the address of the demo
  });

  it('names the two commands first', () =>
    expect(blocks.slice(0, 2)).toEqual(['npm ci && npm run demo', 'npm ci && npm test']));

  it('shows what the demo prints', () => {
    expect(served).toMatch(prints[0]!);
    expect(served).toMatch(
      /admin key, shown once: {2}baton_[0-9a-f]{12}_[\s\S]*\/graphiql\nNext: [^\n]*\n[^\n]*Ctrl\+C[^\n]*\n*$/,
    );
  });

  it('shows a history up to today', () => {
    const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
    expect(served).toMatch(/The log holds [\d,]+ events of a made-up company, \d{4}-\d\d-\d\d to /);
    expect(served).toContain(` to ${yesterday};`);
  });

  it('has commands that work, one after the other, with the server running', () => {
    expect(prints).toHaveLength(blocks.length);
    const script = blocks
      .slice(2)
      .map((block, index) => `echo "--- ${index + 2}"\n${block.replaceAll(':3000', `:${port}`)}`);
    const { status, stdout, stderr } = spawnSync('bash', ['-e', '-c', script.join('\n')], {
      cwd: root,
      env: environment(),
      encoding: 'utf8',
    });
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
    const outputs = stdout.split(/^--- \d+$/m).slice(1);
    outputs.forEach((output, index) => expect(output.trim()).toMatch(prints[index + 2]!));
  });

  it('lists every setting with its default', () => {
    for (const { name, fallback, meaning } of settings) {
      const row = readme.split('\n').find((line) => line.startsWith(`| \`${name}\``));
      expect(row).toContain(meaning);
      if (fallback) expect(row).toContain(`\`${fallback}\``);
    }
  });

  it('links to existing files', () => {
    const targets = [...readme.matchAll(/\]\((?!http)([^)#]+)\)/g)].map(([, target]) => target!);
    expect(targets.length).toBeGreaterThan(2);
    expect(targets.filter((target) => !existsSync(join(root, target)))).toEqual([]);
  });
});
