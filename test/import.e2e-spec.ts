import { once } from 'node:events';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { eventually } from '@baton/kernel/testing';
import { baton, batonJson, batonRunning, onServers, root, Served, temporaryFolder } from './support/baton';
import { dataFile, describeWithData } from './support/data';
import { EventStoreServer } from './support/eventstore-server';
import { FaultProxy } from './support/proxy';

interface Imported {
  rows: number;
  accepted: number;
  repeated: number;
  rejected: number;
  events: number;
}
interface Money {
  minor: number;
  currency: string;
}
interface Figures {
  readonly figures: readonly {
    readonly total: readonly { readonly value: string | null; readonly support: number }[];
    readonly groups?: readonly {
      readonly key: string | null;
      readonly values: readonly { readonly value: string }[];
    }[];
  }[];
}
interface Attribution {
  model: string;
  rows: { key: string; conversions: number; revenue: readonly Money[] }[];
  unattributed: { conversions: number };
}
const mapping = (name: string) => join(root, 'examples', 'mappings', `${name}.json`);

const funnel = ['olist_marketing_qualified_leads_dataset', 'olist_closed_deals_dataset'].map(
  (name) => `olist-marketing-funnel/${name}.csv`,
);

describeWithData('the marketing funnel of a marketplace', funnel, () => {
  const folder = temporaryFolder();
  const leads = (file: string) => batonJson<Imported>(folder, 'import', mapping('olist-leads'), file);
  const deals = () => batonJson<Imported>(folder, 'import', mapping('olist-deals'), dataFile(funnel[1]!));

  it('is imported once, however often it is sent', async () => {
    const first = [await leads(dataFile(funnel[0]!)), await deals()];
    expect(first.map(({ rows, accepted, rejected }) => [rows, accepted, rejected])).toEqual([
      [8000, 8000, 0],
      [842, 842, 0],
    ]);
    const some = join(folder, 'leads.csv');
    writeFileSync(some, readFileSync(dataFile(funnel[0]!), 'utf8').split('\n').slice(0, 801).join('\n'));
    const again = [await leads(some), await deals()];
    expect(again.map(({ repeated, events }) => [repeated, events])).toEqual([
      [800, 0],
      [842, 0],
    ]);
  });

  const firstTouch = {
    '': 14,
    'direct traffic': 56,
    display: 6,
    email: 15,
    'organic search': 270,
    other: 4,
    'other publicities': 3,
    'paid search': 195,
    referral: 24,
    social: 75,
    unknown: 179,
  };

  it('gives the first touches their conversions, the blank origin too', async () => {
    const report = await batonJson<Attribution>(
      folder,
      'report',
      'attribution',
      '--model',
      'first-touch',
      '--lookback',
      'none',
    );
    expect(Object.fromEntries(report.rows.map(({ key, conversions }) => [key, conversions]))).toEqual(firstTouch);
    expect(report.unattributed.conversions).toBe(1); // won before its first contact
    expect(report.rows.every(({ revenue }) => revenue.length === 0)).toBe(true);
  });

  it('has a median of 14.722 days from the first contact to the win; a win before the contact is reported separately', async () => {
    const { figures } = await batonJson<Figures>(folder, 'figures', 'median-sales-cycle,wins-before-contact');
    const [median, before] = figures.map(({ total }) => total[0]!);
    expect([median!.support, before!.value]).toEqual([841, '1']); // of 842
    expect(Number(median!.value)).toBeCloseTo(14.722, 3);
  });

  it('is the same through GraphQL, and after a rebuild', async () => {
    const served = await Served.start(folder);
    const ask = () =>
      served.ask<{
        attribution: Attribution;
        figures: Figures;
        leads: { totalCount: number };
        customers: { totalCount: number };
      }>(
        `{ attribution(model: FIRST_TOUCH, lookback: "none") { rows { key conversions } unattributed { conversions } }
           figures(codes: [OPEN_DEALS, WON_DEALS, LOST_DEALS, VELOCITY]) { figures { total { value } } }
           leads(first: 1) { totalCount } customers: leads(first: 1, filter: { stage: { in: [CUSTOMER] } }) { totalCount } }`,
        ['analyst'],
      );
    const { data, errors } = await ask();
    expect(errors).toBeUndefined();
    expect(Object.fromEntries(data.attribution.rows.map(({ key, conversions }) => [key, conversions]))).toEqual(
      firstTouch,
    );
    expect(data.figures.figures.map(({ total }) => total.map(({ value }) => value))).toEqual([
      ['0'],
      ['842'],
      ['0'],
      [],
    ]);
    expect(data.leads.totalCount).toBe(8000);
    expect(data.customers.totalCount).toBe(842);
    await served.stop();
    expect((await baton(folder, 'rebuild', 'leads')).status).toBe(0);
    const rebuilt = await Served.start(folder);
    expect(
      (await rebuilt.ask(`{ leads(first: 1, filter: { stage: { in: [CUSTOMER] } }) { totalCount } }`, ['sales'])).data,
    ).toEqual({
      leads: { totalCount: 842 },
    });
    await rebuilt.stop();
  });
});

const sold = ['sales_pipeline', 'sales_teams'].map((name) => `crm-sales-opportunities/${name}.csv`);
describeWithData('the deals of a hardware seller', sold, () => {
  const folder = temporaryFolder();
  const file = () => dataFile('crm-sales-opportunities/sales_pipeline.csv');
  const args = () => ['import', mapping('crm-sales-opportunities'), file()];

  it('survive a kill in the middle of the import', async () => {
    const running = batonRunning(folder, ...args());
    await new Promise<void>((resolve) => {
      const poll = setInterval(() => {
        const path = join(folder, 'log.db-wal');
        if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 3_000_000) {
          clearInterval(poll);
          resolve();
        }
      }, 20);
      running.once('exit', () => {
        clearInterval(poll);
        resolve();
      });
    });
    running.kill('SIGKILL');
    await new Promise((resolve) =>
      running.exitCode === null && running.signalCode === null ? running.once('exit', resolve) : resolve(0),
    );
    expect(running.signalCode).toBe('SIGKILL');
    const rest = await batonJson<Imported>(folder, ...args());
    expect(rest).toMatchObject({ rows: 8800, rejected: 0 });
    expect(rest.repeated).toBeGreaterThan(0);
    expect(rest.accepted).toBeGreaterThan(0);
    expect(await batonJson<Imported>(folder, ...args())).toEqual({
      rows: 8800,
      accepted: 0,
      repeated: 8800,
      rejected: 0,
      events: 0,
    });
  });

  const codes = [
    'open-deals',
    'won-deals',
    'lost-deals',
    'win-rate',
    'won-amount',
    'deal-size',
    'deal-cycle',
    'velocity',
  ];
  const check = ({ figures }: Figures) => {
    const valueOf = (place: number, key?: string) =>
      (key === undefined
        ? figures[place]!.total
        : figures[place]!.groups!.find((group) => group.key === key)!.values)[0]!.value!;
    expect(codes.slice(0, 3).map((_, place) => valueOf(place))).toEqual(['2089', '4238', '2473']);
    expect(Number(valueOf(3))).toBeCloseTo(0.6315, 5);
    expect(valueOf(5)).toBe('2360.91');
    expect(Number(valueOf(6))).toBeCloseTo(51.782, 3);
    expect(valueOf(7)).toBe('60146.85');
    expect([valueOf(1, 'GTX Basic'), valueOf(2, 'GTX Basic')]).toEqual(['915', '521']);
    expect([valueOf(1, 'GTK 500'), valueOf(2, 'GTK 500'), valueOf(4, 'GTK 500')]).toEqual(['15', '10', '400612.00']);
    expect(figures[1]!.groups!.reduce((sum, { values }) => sum + Number(values[0]!.value), 0)).toBe(4238);
  };
  const query = `{ figures(codes: [${codes.map((code) => code.toUpperCase().replace(/-/g, '_')).join(', ')}], by: PRODUCT) {
      figures { total { value } groups { key values { value } } } }
    opportunities(first: 1, filter: { status: { in: [WON] } }) { totalCount } }`;

  it('have the expected velocity on the command line', async () =>
    check(await batonJson<Figures>(folder, 'figures', codes.join(','), '--by', 'product')));

  it('have the same through GraphQL, and after a rebuild', async () => {
    for (const rebuild of [false, true]) {
      if (rebuild) expect((await baton(folder, 'rebuild')).status).toBe(0);
      const served = await Served.start(folder);
      const { data, errors } = await served.ask<{ figures: Figures; opportunities: { totalCount: number } }>(query, [
        'sales',
      ]);
      await served.stop();
      expect(errors).toBeUndefined();
      check(data.figures);
      expect(data.opportunities.totalCount).toBe(4238);
    }
  });

  it('are rolled up to managers once the salespeople are imported as a directory', async () => {
    const teams = dataFile('crm-sales-opportunities/sales_teams.csv');
    const imported = await batonJson<Imported>(folder, 'import', mapping('crm-sales-teams'), teams);
    expect(imported).toMatchObject({ rows: 35, rejected: 0 });
    const { figures } = await batonJson<Figures>(folder, 'figures', 'won-deals,won-amount', '--by', 'manager');
    const managers = new Map(
      (parse(readFileSync(teams), { columns: true }) as Record<string, string>[]).map((row) => [
        row['sales_agent']!,
        row['manager']!,
      ]),
    );
    const won = (parse(readFileSync(file()), { columns: true }) as Record<string, string>[]).filter(
      (row) => row['deal_stage'] === 'Won',
    );
    const [deals, amounts] = figures.map(({ groups }) =>
      Object.fromEntries(groups!.map(({ key, values }) => [key, Number(values[0]!.value)])),
    );
    expect(Object.keys(deals!)).toHaveLength(6);
    for (const manager of Object.keys(deals!)) {
      const own = won.filter((row) => managers.get(row['sales_agent']!) === manager);
      const amount = own.reduce((sum, row) => sum + Number(row['close_value']), 0);
      expect([manager, deals![manager], amounts![manager]]).toEqual([manager, own.length, amount]);
    }
    const { stdout } = await baton(folder, 'report', 'unlisted-colleagues', '--json');
    expect(JSON.parse(stdout)).toEqual([]);
  });

  it('have a total of 10,005,534.00', async () => {
    const { total } = await batonJson<{ total: { revenue: Money[] } }>(
      folder,
      'report',
      'attribution',
      '--by',
      'product',
      '--model',
      'linear',
    );
    expect(total.revenue).toEqual([{ minor: 10_005_534_00, currency: 'USD' }]);
  });

  it('are followed completely', async () => {
    const { completeness } = await batonJson<{ completeness: { complete: boolean }[] }>(folder, 'status', '--verify');
    expect(completeness.length).toBeGreaterThan(5);
    expect(completeness.every(({ complete }) => complete)).toBe(true);
  });
});

describe('an import', () => {
  const folder = temporaryFolder();

  it('keeps the good rows, lists the bad ones and reports them', async () => {
    const csv = join(folder, 'deals.csv');
    const header = 'opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value';
    writeFileSync(
      csv,
      [
        header,
        'A1,Ada,Loom,,Won,2017-01-02,2017-02-03,100',
        'A2,Ada,Loom,,Won,2017-13-02,2017-02-03,100',
        'A3,Ada,Loom,,Lost,2017-01-02,2017-02-03,"a secret"',
        'A4,Ada,Loom,,Won,2017-01-02,2017-02-03,"=cmd|calc"',
        '',
      ].join('\r\n'),
    );
    const dry = await baton(folder, 'import', mapping('crm-sales-opportunities'), csv, '--dry-run', '--json');
    expect(dry.status).toBe(1);
    expect(JSON.parse(dry.stdout)).toEqual({ rows: 4, accepted: 2, repeated: 0, rejected: 2, events: 0 });
    expect(existsSync(join(folder, 'log.db'))).toBe(false);
    const { status, stdout } = await baton(
      folder,
      'import',
      mapping('crm-sales-opportunities'),
      csv,
      '--json',
      '--report',
      'bad.ndjson',
    );
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ rows: 4, accepted: 2, rejected: 2 });
    const report = readFileSync(join(folder, 'bad.ndjson'), 'utf8');
    const faults = report
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { line: number; column: string; code: string });
    expect(faults.map(({ line, column }) => [line, column])).toEqual([
      [3, 'engage_date'],
      [5, 'close_value'],
    ]);
    expect(report).not.toContain('calc');
  });

  describe('whose log becomes unavailable in the middle', () => {
    const away = temporaryFolder();
    const csv = join(away, 'deals.csv');
    const rows = Array.from({ length: 400 }, (_, n) => `A${n},Ada,Loom,,Won,2017-01-02,2017-02-03,100`);
    let server: EventStoreServer;
    let proxy: FaultProxy;
    beforeAll(async () => {
      const header = 'opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value';
      writeFileSync(csv, [header, ...rows, ''].join('\n'));
      const [started, port] = await EventStoreServer.start();
      server = started;
      proxy = await FaultProxy.to(port);
      onServers(away, { BATON_EVENTSTORE_URL: `esdb://127.0.0.1:${proxy.port}?tls=false` });
    });
    afterEach(() => void (server.written = () => undefined));
    afterAll(async () => {
      await proxy.close();
      server.stop();
    });
    /** The connection breaks after that many events are written. */
    const breakAfter = (events: number) => {
      let written = 0;
      server.written = () => {
        if (++written !== events) return;
        proxy.become({ refuses: true });
        proxy.cut();
      };
    };
    const imported = (...args: string[]) =>
      baton(away, 'import', mapping('crm-sales-opportunities'), csv, '--json', ...args);

    it('stops after the limit, states where to continue, and rejects no row', async () => {
      breakAfter(150);
      const { status, stdout, stderr } = await imported('--outage-limit', '0');
      expect([status, stdout]).toEqual([75, '']);
      expect(stderr).toMatch(/import\/outage: .*log\/unavailable.* \d+ rows are done.* Run the same import again/);
      expect(existsSync(join(away, 'deals.csv.report.ndjson'))).toBe(false);
      proxy.become({});
    });

    it('continues by itself when the log is back, and reports both', async () => {
      breakAfter(150);
      const importing = batonRunning(away, 'import', mapping('crm-sales-opportunities'), csv, '--json');
      const [stdout, stderr]: [string[], string[]] = [[], []];
      importing.stdout.on('data', (chunk: Buffer) => stdout.push(chunk.toString()));
      importing.stderr.on('data', (chunk: Buffer) => stderr.push(chunk.toString()));
      const ended = once(importing, 'exit');
      await eventually(() => stderr.join('').includes('The import waits up to 15 minutes'));
      proxy.become({});
      expect((await ended)[0]).toBe(0);
      expect(stderr.join('')).toMatch(
        /log\/unavailable: .* The import waits[\s\S]*The import continues after an outage of \d+ s\./,
      );
      expect(JSON.parse(stdout.join(''))).toMatchObject({ rows: 400, rejected: 0 });
    });
  });

  describe('of a nightly export', () => {
    const nights = temporaryFolder();
    const opened = { column: 'opened', date: 'iso', zone: 'UTC' };
    const ofDeal = { opportunityId: { template: 'd-{id}' } };
    const commands = [
      {
        ...{ command: 'OpenOpportunity', to: 'opportunity', occurredAt: opened, data: ofDeal },
        onRefused: { 'opportunity/already-opened': 'continue' },
      },
      { command: 'MoveOpportunityStage', to: 'opportunity', data: { ...ofDeal, to: { column: 'stage' } } },
      {
        ...{ command: 'ChangeOpportunityAmount', to: 'opportunity' },
        data: { ...ofDeal, to: { column: 'amount', money: 'EUR', blank: ['n/a'] } },
        when: { column: 'amount', blank: false },
      },
    ];
    const night = async (stage: string, amount: string) => {
      writeFileSync(
        join(nights, 'deals.json'),
        JSON.stringify({ name: 'deals', key: ['id'], blank: ['N/A'], commands }),
      );
      writeFileSync(
        join(nights, 'deals.csv'),
        `id,opened,stage,amount\n1,2024-01-01,${stage},${amount}\n2,2024-01-01,demo,N/A\n`,
      );
      const { accepted, repeated, rejected } = await batonJson<Imported>(nights, 'import', 'deals.json', 'deals.csv');
      return [accepted, repeated, rejected];
    };

    it('records the current state: changed rows change, also back, and equal rows repeat', async () => {
      expect(await night('demo', '10.00')).toEqual([2, 0, 0]);
      expect(await night('contract', '20.00')).toEqual([1, 1, 0]);
      expect(await night('demo', '10.00')).toEqual([1, 1, 0]);
      expect(await night('demo', '10.00')).toEqual([0, 2, 0]);
      const { figures } = await batonJson<Figures>(nights, 'figures', 'open-deals,open-amount', '--by', 'stage');
      expect(figures.map(({ groups }) => groups!.map(({ key, values }) => [key, values[0]!.value]))).toEqual([
        [['demo', '2']],
        [['demo', '10.00']],
      ]);
      const { stdout } = await baton(nights, 'events', '--types', 'ImportStarted,ImportFinished');
      const runs = stdout
        .trim()
        .split('\n')
        .map((each) => JSON.parse(each) as { type: string; data: { run: number } });
      expect(runs.map(({ type, data }) => `${type} ${data.run}`)).toEqual(
        [1, 2, 3].flatMap((run) => [`ImportStarted ${run}`, `ImportFinished ${run}`]),
      );
    });
  });

  it('whose rows depend on each other is imported in one run, newest row first or last', async () => {
    const when = (equals: string) => ({ column: 'what', equals });
    const occurredAt = { column: 'at', date: 'iso', zone: 'UTC' };
    const lead = { leadId: { template: 'p-{person}' } };
    const deal = { opportunityId: { template: 'd-{person}' } };
    const commands = [
      { command: 'CaptureLead', to: 'lead', when: when('captured'), occurredAt, data: lead },
      {
        command: 'ConvertLead',
        to: 'lead',
        when: when('converted'),
        occurredAt,
        data: { ...lead, ...deal, external: 'crm' },
      },
      { command: 'WinOpportunity', to: 'opportunity', when: when('won'), occurredAt, data: deal },
    ];
    writeFileSync(join(folder, 'activity.json'), JSON.stringify({ name: 'activity', commands }));
    const rowsOf = (person: number) =>
      ['captured', 'converted', 'won'].map((what, day) => `2024-01-0${day + 1},${what},${person}`);
    writeFileSync(
      join(folder, 'activity.csv'),
      ['at,what,person', ...rowsOf(1), ...rowsOf(2).reverse(), ''].join('\n'),
    );
    const result = await batonJson<Imported>(folder, 'import', 'activity.json', 'activity.csv');
    expect(result).toMatchObject({ rows: 6, accepted: 6, rejected: 0 });
    const stages = await baton(folder, 'events', '--types', 'LeadBecameCustomer');
    expect(stages.stdout.trim().split('\n')).toHaveLength(2);
  });

  it('reports errors of a mapping or a file before it begins', async () => {
    const bad = join(folder, 'bad.json');
    writeFileSync(bad, '{ "name": "x" ');
    writeFileSync(join(folder, 'file.csv'), 'some,columns\r\n1,2\r\n');
    expect((await baton(folder, 'import', bad, 'file.csv')).stderr).toContain('import/unreadable-mapping');
    expect((await baton(folder, 'import', mapping('olist-leads'), 'nowhere.csv')).stderr).toContain('import/no-file');
    const unknown = await baton(folder, 'import', mapping('olist-leads'), 'file.csv');
    expect(unknown.status).toBe(2);
    expect(unknown.stderr).toContain('import/unknown-column');
  });
});
