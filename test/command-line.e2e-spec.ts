import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { optionNames, type Action } from '../apps/cli/command';
import { commands, firstSentence, loadAction, runCommandLine } from '../apps/cli/command-line';
import { copyDemo, DEMO_DAY } from './support/demo';
import { baton, batonJson, printedBy, root, Served, tableOf, temporaryFolder } from './support/baton';

describe('the command line', () => {
  const folder = temporaryFolder();
  beforeAll(async () => {
    const served = await Served.start(folder); // creates the store
    await served.token('admin');
    await served.stop();
  });

  it('has a separate help for every action of every command', async () => {
    const listed: string[] = [];
    for (const [name, { load }] of Object.entries(commands)) {
      const { command } = await load();
      if (!('actions' in command)) continue;
      for (const [named, one] of Object.entries(command.actions)) {
        const action: Action = await loadAction(one);
        const { status, stdout } = await baton(folder, name, named, '--help');
        expect([name, named, status]).toEqual([name, named, 0]);
        expect(stdout).toContain(`Usage: baton ${name} ${named} `);
        const shown = [...stdout.matchAll(/^ {2}--([a-z-]+)/gm)].map(([, option]) => option!);
        expect([named, ...shown.sort()]).toEqual([named, ...[...optionNames(action)].sort()]);
        expect(stdout).toContain(`Example: baton ${name} ${named} ${action.example}`.trim());
        listed.push(`${name} ${named}`);
      }
    }
    expect(listed).toEqual(
      expect.arrayContaining(['report velocity-change', 'report sla-counts', 'list leads', 'keys create']),
    );
    expect(listed.length).toBeGreaterThan(60);
  });

  it('names the actions of a command in its help, and refuses others', async () => {
    for (const [name, { load }] of Object.entries(commands)) {
      const { command } = await load();
      if (!('actions' in command)) continue;
      const { stdout } = await baton(folder, name, '--help');
      for (const { description } of Object.values(command.actions))
        expect(stdout).toContain(firstSentence(description));
      const { status, stderr } = await baton(folder, name, 'forget');
      expect([status, stderr]).toEqual([1, expect.stringContaining('cli/unknown-action')]);
      expect(stderr).toContain(Object.keys(command.actions).join(', '));
    }
  });

  /** An invalid line, the code, its path, and what the message must contain. */
  const wrong: readonly (readonly [string, string, string, RegExp])[] = [
    ['reprot velocity', 'cli/unknown-command', 'command', /Did you mean report\?/],
    ['--version', 'cli/unknown-option', 'version', /--help/],
    ['report', 'cli/argument-missing', 'report', /baton report .*<report>/],
    [
      'report velocity-chnge',
      'cli/unknown-action',
      'action',
      /attribution, .*, roas, .*Did you mean velocity-change\?/,
    ],
    ['report served-deals --form 2024-01-01', 'cli/unknown-option', 'form', /Did you mean --from\?/],
    ['report served-deals --period 2024-01 --model shapley', 'cli/option-not-taken', 'period', /takes --from, /],
    ['report served-deals --model shapley', 'cli/option-not-taken', 'model', /--from/],
    ['report periods --from 2024-01-01', 'cli/option-not-taken', 'from', /takes --json\./],
    ['report served-deals extra', 'cli/too-many-arguments', '', /"extra"/],
    ['report roas --by', 'cli/argument-missing', 'by', /--by <word>/],
    ['report roas --by chanel', 'cli/unknown-value', 'by', /Did you mean channel\?/],
    ['report funnel --steps lead --by ownr', 'cli/unknown-value', 'by', /Did you mean owner\?/],
    ['report attribution --model linear,shaply', 'cli/unknown-value', 'model', /Did you mean shapley\?/],
    ['report roas --model shapley', 'cli/unknown-value', 'model', /first-touch, /],
    ['report attribution --order 5', 'cli/bad-argument', 'order', /from 1 to 4/],
    ['report attribution --bootstrap many', 'cli/bad-argument', 'bootstrap', /from 0 to 2000/],
    ['report attribution --lookback P1M', 'time/not-a-duration', 'lookback', /P90D/],
    ['report attribution --currency EURO', 'money/unknown-currency', 'currency', /USD/],
    ['report attribution --definition third', 'attribution/not-a-version', 'definition', /attribution@3/],
    ['report sla-counts --definition third', 'definition/not-a-version', 'definition', /mql@2/],
    ['report attribution --conversion wins', 'cli/unknown-value', 'conversion', /Did you mean won\?/],
    ['report paths --conversion lost', 'cli/unknown-value', 'conversion', /won/],
    ['report paths --top 0', 'cli/bad-argument', 'top', /from 1 to 1000/],
    ['report roas --rate-per-minute 1.50', 'money/unknown-currency', 'rate-per-minute', /ISO 4217/],
    ['report roas --parameters none.json', 'cli/unreadable-file', 'parameters', /none\.json cannot be read/],
    ['report roas --sales-time some', 'cli/unknown-value', 'sales-time', /all, won-only/],
    ['report marketing-sla --period 2024-13', 'insights/unknown-period', 'period', /2024-Q1/],
    ['report served-deals --from 2024-02-30', 'time/not-a-day', 'from', /calendar day/],
    ['report served-deals --to yesterday', 'time/not-a-day-or-instant', 'to', /2024-01-17/],
    ['report served-deals --known-by 1024-01-01', 'time/out-of-range', 'known-by', /1900/],
    ['report served-deals --from 2024-02-01 --to 2024-01-01', 'time/empty-period', 'to', /exclusive/],
    ...['report sla-counts', 'report attribution', 'counterfactual --policy sla-policy@1'].map(
      (line) => [`${line} --time-zone Mars/X`, 'time/unknown-zone', 'time-zone', /Europe\/Berlin/] as const,
    ),
    ['report handoffs --filter owner=ann', 'cli/unknown-filter', 'owner', /rep, queue/],
    ['figures won-deals --filter ower=ann', 'cli/unknown-filter', 'ower', /Did you mean owner\?/],
    ['figures won-deals --filter owner=ann --filter owner=bob', 'cli/bad-argument', 'owner', /commas/],
    ['report credit', 'cli/argument-missing', 'journey-id', /requires --journey-id/],
    ['list', 'cli/argument-missing', 'list', /leads, /],
    ['list leds', 'cli/unknown-action', 'action', /Did you mean leads\?/],
    ['list leads --fliter stage=mql', 'cli/unknown-option', 'fliter', /Did you mean --filter\?/],
    ['list leads --filter stge=mql', 'cli/unknown-filter', 'stge', /Did you mean stage\?/],
    ['list leads --filter name=ada', 'cli/unknown-filter', 'name', /leadId/],
    ['list leads --filter capturedAt=2024-01-01', 'cli/bad-argument', 'capturedAt', /2024-01-01\.\.2024-02-01/],
    ['list leads --filter capturedAt=2024-02-30..', 'time/not-a-day', 'capturedAt', /calendar day/],
    ['list opportunities --filter amount=10..20', 'money/unknown-currency', 'amount', /ISO 4217/],
    ['list opportunities --order closedAd', 'cli/unknown-value', 'order', /Did you mean closedAt\?/],
    ['list leads --columns leadId,stag', 'cli/unknown-value', 'columns', /Did you mean stage\?/],
    ['list leads --limit 0', 'cli/bad-argument', 'limit', /from 1/],
    ['list leads --format xml', 'cli/unknown-value', 'format', /table, json, csv, ndjson/],
    ['list leads --by rep', 'cli/unknown-option', 'by', /--help/],
    ['report sla-counts --none owner', 'cli/unknown-filter', 'owner', /rep, queue/],
    ['figures won-deals --filter owner', 'cli/bad-argument', 'filter', /owner=ann/],
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
    ['keys forget', 'cli/unknown-action', 'action', /create, list, revoke, rotate-master/],
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

  it.each(['events', 'status', 'figures won-deals'])('ends quietly when its reader closes the pipe: %s', (command) => {
    const line = `node ${join(root, 'apps', 'cli', 'baton.js')} ${command} | true; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = spawnSync('bash', ['-c', line], {
      cwd: root,
      env: { ...process.env, BATON_DATA_DIR: folder },
      encoding: 'utf8',
    });
    expect([stdout.trim(), stderr]).toEqual(['0', '']);
  });

  it('answers a list after it has followed what was recorded a moment ago, in each format', async () => {
    await baton(folder, 'keys', 'create', '--label', 'lister', '--roles', 'analyst,auditor');
    const list = (...options: string[]) => baton(folder, 'list', 'keys', '--filter', 'label=lister', ...options);
    const columns = ['--columns', 'label,roles,revokedAt'];
    const row = { label: 'lister', roles: ['analyst', 'auditor'], revokedAt: null };
    expect(JSON.parse((await list(...columns, '--json')).stdout)).toEqual([row]);
    expect((await list(...columns, '--format', 'ndjson')).stdout).toBe(`${JSON.stringify(row)}\n`);
    expect((await list(...columns, '--format', 'csv')).stdout).toBe(
      'label,roles,revokedAt\nlister,"[""analyst"",""auditor""]",\n',
    );
    expect(tableOf((await list(...columns)).stdout)).toEqual([
      ['label', 'roles'],
      ['lister', 'analyst, auditor'],
    ]);
    const { stdout, stderr } = await baton(folder, 'list', 'keys', '--limit', '1', '--json');
    expect([(JSON.parse(stdout) as object[]).length, stderr]).toEqual([1, expect.stringMatching(/^1 of \d+ rows; /)]);
  });

  const demo = temporaryFolder();
  it('filters and orders a list by what a later context contributes to it', async () => {
    await copyDemo(demo);
    const list = async (...options: string[]) => {
      const asked = ['--columns', 'leadId,score,grade', '--happened-by', DEMO_DAY];
      const { stdout } = await baton(demo, 'list', 'leads', ...asked, ...options, '--json');
      return JSON.parse(stdout) as { leadId: string; score: number | null; grade: string | null }[];
    };
    const all = await list('--limit', '5000');
    const scored = all.filter(({ score }) => score !== null);
    expect(scored.length).toBeGreaterThan(10);
    const best = await list('--order', '-score', '--limit', String(scored.length));
    expect(best.map(({ score }) => score)).toEqual(scored.map(({ score }) => score!).sort((a, b) => b - a));
    const grade = scored[0]!.grade!;
    const ofGrade = await list('--filter', `grade=${grade}`, '--limit', '5000');
    const ids = (rows: typeof all) => rows.map(({ leadId }) => leadId).sort();
    expect(ids(ofGrade)).toEqual(ids(scored.filter((one) => one.grade === grade)));
  });

  describe('loads what a command uses, and nothing else', () => {
    /** The modules that a compiled command line has loaded when it ends, by package or library, and their number. */
    const loadedBy = (...args: string[]): { readonly count: number; readonly from: readonly string[] } => {
      const line = `require('./dist/apps/cli/command-line.js').runCommandLine(${JSON.stringify(args)})`;
      const list = `process.stderr.write(JSON.stringify(Object.keys(require.cache)))`;
      const { stdout, stderr } = spawnSync(process.execPath, ['-e', `${line}.then(() => ${list})`], {
        cwd: root,
        env: { ...process.env, BATON_DATA_DIR: folder, BATON_LOG_LEVEL: 'silent' },
        encoding: 'utf8',
      });
      expect(stdout).not.toBe('');
      const files = JSON.parse(stderr) as string[];
      const [ours, packages] = [/\/dist\/((?:libs|apps)\/[\w-]+)\//, /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/];
      const from = files.map((file) => packages.exec(file)?.[1] ?? ours.exec(file)?.[1] ?? file);
      return { count: files.length, from: [...new Set(from)] };
    };
    const server =
      /^(@nestjs\/.*|@apollo\/.*|graphql.*|fastify|rxjs|ws|mongodb|@eventstore\/.*|pino|prom-client|@opentelemetry\/.*)$/;
    const forContacts = ['libphonenumber-js', 'tldts', 'email-addresses', 'ical.js', 'uuid', 'cli-progress'];
    const contexts = (from: readonly string[]) => from.filter((one) => /^libs\/(?!kernel|platform)/.test(one)).sort();

    beforeAll(() => baton(folder, 'report', 'served-deals')); // so that nothing is left to follow

    it('a report', () => {
      const { count, from } = loadedBy('report', 'served-deals', '--json');
      expect(from.filter((one) => server.test(one) || forContacts.includes(one))).toEqual([]);
      expect(contexts(from)).toEqual(['libs/opportunities']);
      expect(from).toContain('commander');
      expect(count).toBeLessThan(400);
    });

    it('a list', () => {
      const { from } = loadedBy('list', 'campaigns', '--json');
      expect(from.filter((one) => server.test(one) || forContacts.includes(one))).toEqual([]);
      expect(contexts(from)).toEqual(['libs/campaigns']);
    });

    it('the list of commands', () => {
      const { from } = loadedBy('--help');
      expect([...from.filter((one) => server.test(one) || forContacts.includes(one)), ...contexts(from)]).toEqual([]);
    });

    it('what follows the log, only where something is to be followed', () => {
      const { from } = loadedBy('status');
      expect(from).toEqual(expect.arrayContaining(['@nestjs/core', '@nestjs/cqrs', 'libs/attribution']));
      const ofServer = /^(@nestjs\/(graphql|apollo)|@apollo\/.*|graphql.*|fastify|mongodb|@eventstore\/.*)$/;
      expect(from.filter((one) => ofServer.test(one))).toEqual([]);
    });
  });
});
