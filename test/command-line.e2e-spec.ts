import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { actions } from '../apps/cli/actions';
import { runCommandLine } from '../apps/cli/command-line';
import { baton, batonJson, printedBy, root, Served, tableOf, temporaryFolder } from './support/baton';

describe('the command line', () => {
  const folder = temporaryFolder();
  beforeAll(async () => {
    const served = await Served.start(folder); // creates the store
    await served.token('admin');
    await served.stop();
  });

  const every = Object.entries(actions).flatMap(([command, own]) =>
    Object.keys(own).map((action) => [command, action] as const),
  );
  it.each(every)('has a separate help for %s %s', async (command, action) => {
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

  /** An invalid line, the code, its path, and what the message must contain. */
  const wrong: readonly (readonly [string, string, string, RegExp])[] = [
    ['reprot velocity', 'cli/unknown-command', 'command', /Did you mean report\?/],
    ['--version', 'cli/unknown-option', 'version', /--help/],
    ['report', 'cli/argument-missing', 'report', /baton report .*<report>/],
    ['report velocty', 'cli/unknown-action', 'action', /attribution, roas, .*Did you mean velocity\?/],
    ['report velocity --form 2024-01-01', 'cli/unknown-option', 'form', /Did you mean --from\?/],
    ['report velocity --period 2024-01 --model shapley', 'cli/option-not-taken', 'period', /takes --by, --from, /],
    ['report velocity --model shapley', 'cli/option-not-taken', 'model', /--by/],
    ['report periods --from 2024-01-01', 'cli/option-not-taken', 'from', /takes --json\./],
    ['report velocity extra', 'cli/too-many-arguments', '', /"extra"/],
    ['report velocity --by', 'cli/argument-missing', 'by', /--by <breakdown>/],
    ['report velocity --by chanel', 'cli/unknown-value', 'by', /product, owner, source, month/],
    ['report sla --by rep,mnth', 'cli/unknown-value', 'by', /Did you mean month\?/],
    ['report attribution --model linear,shaply', 'cli/unknown-value', 'model', /Did you mean shapley\?/],
    ['report roas --model shapley', 'cli/unknown-value', 'model', /first-touch, /],
    ['report attribution --order 5', 'cli/bad-argument', 'order', /from 1 to 4/],
    ['report attribution --bootstrap many', 'cli/bad-argument', 'bootstrap', /from 0 to 2000/],
    ['report attribution --lookback P1M', 'time/not-a-duration', 'lookback', /P90D/],
    ['report attribution --currency EURO', 'money/unknown-currency', 'currency', /USD/],
    ['report attribution --definition third', 'cli/bad-argument', 'definition', /mql@2/],
    ['report attribution --conversion wins', 'cli/unknown-value', 'conversion', /Did you mean won\?/],
    ['report paths --conversion lost', 'cli/unknown-value', 'conversion', /won/],
    ['report paths --top 0', 'cli/bad-argument', 'top', /from 1 to 1000/],
    ['report roas --rate 1.50', 'money/unknown-currency', 'rate', /ISO 4217/],
    ['report roas --sales-time some', 'cli/unknown-value', 'sales-time', /all, won-only/],
    ['report marketing-sla --period 2024-13', 'insights/unknown-period', 'period', /2024-Q1/],
    ['report velocity --from 2024-02-30', 'time/not-a-day', 'from', /calendar day/],
    ['report velocity --to yesterday', 'time/not-a-day-or-instant', 'to', /2024-01-17/],
    ['report velocity --known-by 1024-01-01', 'time/out-of-range', 'known-by', /1900/],
    ['report velocity --from 2024-02-01 --to 2024-01-01', 'time/empty-period', 'to', /exclusive/],
    ...['report sla', 'report attribution', 'counterfactual --policy sla-policy@1'].map(
      (line) => [`${line} --time-zone Mars/X`, 'time/unknown-zone', 'time-zone', /Europe\/Berlin/] as const,
    ),
    ['report velocity --filter rep=ann', 'cli/unknown-filter', 'rep', /owner, product, source, account/],
    ['report sla --none owner', 'cli/unknown-filter', 'owner', /rep, queue/],
    ['report pipeline --filter owner', 'cli/bad-argument', 'filter', /owner=ann/],
    ['attribution pats paths.csv', 'cli/unknown-action', 'action', /Did you mean paths\?/],
    ['attribution paths', 'cli/argument-missing', 'paths.csv', /baton attribution paths <paths.csv>/],
    ['attribution paths x.csv --model last-tuch', 'cli/unknown-value', 'model', /Did you mean last-touch\?/],
    ['attribution paths x.csv --format xml', 'cli/unknown-value', 'format', /table, json, csv, ndjson/],
    ['counterfactual', 'cli/argument-missing', '', /--policy, --calendar, --routing, --weights/],
    ['counterfactual --policy none.json', 'cli/unreadable-file', 'policy', /none\.json cannot be read/],
    ['events --types KeyIssued,LeadCapturd', 'cli/unknown-event-type', 'types', /Did you mean LeadCaptured\?/],
    ['events --types Zzz', 'cli/unknown-event-type', 'types', /README\.md/],
    ['events --limit 0', 'cli/bad-argument', 'limit', /from 1/],
    ['case-file lead', 'cli/argument-missing', 'id', /<kind> <id>/],
    ['case-file leed ada', 'cli/unknown-value', 'kind', /Did you mean lead\?/],
    ['case-file lead ada --happened-by never', 'time/not-a-day-or-instant', 'happened-by', /2024-01-17/],
    ['keys forget', 'cli/unknown-action', 'action', /create, list, revoke/],
    ['keys list --label bob', 'cli/option-not-taken', 'label', /--json/],
    ['keys create --label bob', 'cli/argument-missing', 'roles', /requires --roles/],
    ['keys create --label bob --roles king', 'cli/unknown-value', 'roles', /marketing, sales/],
    ['keys create --label bob --roles sales --origin robot', 'cli/unknown-value', 'origin', /connector/],
    ['keys revoke', 'cli/argument-missing', 'keyId', /baton keys revoke <keyId>/],
    ['parked retry leads-v1', 'cli/argument-missing', 'sequence', /<follower> <sequence>/],
    ['outbox retry', 'cli/argument-missing', 'message', /baton outbox retry <message>/],
    ['definitions show', 'cli/argument-missing', 'kind', /requires --kind/],
    ['definitions show --kind mqll', 'cli/unknown-value', 'kind', /Did you mean mql\?/],
    ['definitions show --kind mql --from 2024', 'time/not-an-instant', 'from', /2024-01-17T10:00:00Z/],
    ['definitions approve --kind mql --number one --team sales', 'cli/bad-argument', 'number', /whole number/],
    ['definitions approve --kind mql --number 1 --team board', 'cli/unknown-value', 'team', /marketing, sales/],
    ['definitions propose --kind mql --reason x --body none.json', 'cli/unreadable-file', 'body', /none\.json/],
    ['definitions due --days 400', 'cli/bad-argument', 'days', /0 to 366/],
    ['demo --today tomorrow', 'time/not-a-day', 'today', /calendar day/],
    ['demo --scale 0', 'cli/bad-argument', 'scale', /0\.01 to 100/],
    ['demo --seed seven', 'cli/bad-argument', 'seed', /whole number/],
    ['backup', 'cli/argument-missing', 'folder', /<folder>/],
    ['restore a b', 'cli/too-many-arguments', '', /"b"/],
    ['copy-log', 'cli/argument-missing', 'to', /--to/],
    ['status now', 'cli/too-many-arguments', '', /"now"/],
    ['start --port 4000', 'cli/unknown-option', 'port', /--help/],
  ];
  it.each(wrong)('is refused, before any work is done: baton %s', async (words, code, path, tells) => {
    const empty = join(folder, 'nothing');
    const { status, stdout, stderr } = await printedBy(() => runCommandLine(words.split(' ')), {
      BATON_DATA_DIR: empty,
      BATON_LOG_LEVEL: 'silent',
    });
    expect({ status, stdout, stderr }).toEqual({
      status: 1,
      stdout: '',
      stderr: expect.stringMatching(tells) as string,
    });
    expect(stderr).toMatch(new RegExp(`^${code}${path && ` \\(${path.replace('.', '\\.')}\\)`}: [^\\n]*\\n$`));
    expect(existsSync(empty)).toBe(false);
  });

  it('lists its commands in its README', async () => {
    const { stdout } = await baton(folder, '--help');
    const commands = [...stdout.matchAll(/^ {2}([a-z-]+)(?: \[options\]| <|$| {2,})/gm)].map(([, name]) => name!);
    const listed = [...readFileSync(join(root, 'apps/cli/README.md'), 'utf8').matchAll(/^\| `([a-z-]+)`/gm)];
    expect(commands.length).toBeGreaterThan(10);
    expect(listed.map(([, name]) => name).sort()).toEqual(commands.filter((name) => name !== 'help').sort());
  });

  it('refuses an import without its files, and an unknown read model', async () => {
    const mapping = join(root, 'examples', 'mappings', 'olist-leads.json');
    const refused = async (...line: string[]) => (await baton(folder, ...line)).stderr;
    expect(await refused('import', 'none.json', 'none.csv')).toMatch(/^import\/unreadable-mapping \(mapping\)/);
    expect(await refused('import', mapping, 'none.csv')).toMatch(/^import\/no-file \(file\): none\.csv/);
    expect(await refused('rebuild', 'deels')).toMatch(/^cli\/unknown-value \(readModel\): .*Did you mean deals\?/);
  });

  it('lists events of a known type', async () =>
    expect((await baton(folder, 'events', '--types', 'KeyIssued')).stdout).toContain('"type":"KeyIssued"'));

  it('shows the unit of every figure of the status', async () => {
    const [names, units] = tableOf((await baton(folder, 'status')).stdout);
    expect(names).toEqual(['follower', 'kind', 'reached', 'at the end', 'seen', 'parked']);
    expect(units).toEqual(['', '', '(position)', '', '(events)', '(sequences)']);
  });

  it('states which version was proposed', async () => {
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

  it.each(['events', 'status', 'report velocity'])('ends quietly when its reader closes the pipe: %s', (command) => {
    const line = `node ${join(root, 'apps', 'cli', 'baton.js')} ${command} | true; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = spawnSync('bash', ['-c', line], {
      cwd: root,
      env: { ...process.env, BATON_DATA_DIR: folder },
      encoding: 'utf8',
    });
    expect([stdout.trim(), stderr]).toEqual(['0', '']);
  });

  it('loads no GraphQL before it serves it', () => {
    const list = `require('./dist/apps/cli/command-line.js'); console.log(Object.keys(require.cache).join('\\n'))`;
    const { stdout, stderr } = spawnSync(process.execPath, ['-e', list], { cwd: root, encoding: 'utf8' });
    expect(stderr).toBe('');
    const loaded = stdout.split('\n');
    expect(loaded.length).toBeGreaterThan(500);
    const server = /\/node_modules\/(@nestjs\/(graphql|apollo)|@apollo|graphql-ws|fastify|graphql(?!\/jsutils))\//;
    expect(loaded.filter((path) => server.test(path) || path.endsWith('.graphql.module.js'))).toEqual([]);
  });
});
