import { baton, batonJson, Served, temporaryFolder } from './support/baton';
import { copyDemo } from './support/demo';

interface Credit {
  conversions: number;
  revenue: readonly { minor: number }[];
}
interface Figures {
  rows: ({ key: string | null } & Credit)[];
  unattributed: Credit;
  total: Credit;
}
interface Delta {
  period: { figures: Figures; position: string; hash: string; intact: boolean; frozenBy: string };
  now: Figures;
  difference: Figures;
  restated: number;
  restatements: { journeyId: string; reasons: readonly string[]; position: string; difference: Figures }[];
  warnings: string[];
}
const figures = `{ rows { key conversions revenue { minor } } unattributed { conversions revenue { minor } }
  total { conversions revenue { minor } } }`;
const daysAgo = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString();
/** Yesterday to tomorrow. */
const days = { from: daysAgo(1).slice(0, 10), to: daysAgo(-1).slice(0, 10), timeZone: 'UTC' };

/** Adds up restatements by key. */
const sumOf = (restatements: Delta['restatements']) => {
  const sums = new Map<string, { conversions: number; minor: number }>();
  for (const { difference } of restatements)
    for (const [name, { conversions, revenue }] of entries(difference)) {
      const sum = sums.get(name) ?? { conversions: 0, minor: 0 };
      sums.set(name, { conversions: sum.conversions + conversions, minor: sum.minor + (revenue[0]?.minor ?? 0) });
    }
  return sums;
};
const entries = ({ rows, unattributed, total }: Figures): [string, Credit][] => [
  ...rows.map((row): [string, Credit] => [`row ${row.key}`, row]),
  ['unattributed', unattributed],
  ['total', total],
];

describe('a frozen period', () => {
  const folder = temporaryFolder();
  let served: Served;
  let frozen: Figures;
  let position: string;
  let hash: string;
  beforeAll(async () => {
    served = await Served.start(folder);
    const touch = (leadId: string, days: number, channel: string) =>
      tell('recordTouch', { leadId, action: 'click', team: 'MARKETING', channel }, daysAgo(days));
    for (const leadId of ['ada', 'bob', 'cleo', 'dan']) await tell('captureLead', { leadId, source: 'web' });
    await touch('ada', 30, 'search');
    await touch('ada', 10, 'email');
    await touch('bob', 20, 'social');
    await touch('cleo', 15, 'event');
    await touch('dan', 12, 'search');
    for (const [opportunityId, leadId, minor] of [
      ['loom', 'ada', 100_001],
      ['wheel', 'dan', 5_000],
      ['belt', 'dan', 700],
    ] as const) {
      // prettier-ignore
      await tell('openOpportunity', { opportunityId, amount: { minor, currency: 'EUR' } });
      await tell('addContactRole', { opportunityId, leadId });
    }
    await tell('winOpportunity', { opportunityId: 'loom' });
    await tell('winOpportunity', { opportunityId: 'wheel' });
    await tell('freezePeriod', { periodId: 'now', name: 'This month', ...days });
    ({ figures: frozen, position, hash } = (await delta()).period);
  });
  afterAll(() => served.stop());

  let commands = 0;
  const send = async (name: string, input: object, occurredAt?: string, commandId = `c-${commands++}`) => {
    const type = `${name[0]!.toUpperCase()}${name.slice(1)}Input!`;
    const { data, errors } = await served.ask<{ it: { __typename: string; code?: string; repeated?: boolean } }>(
      `mutation ($input: ${type}${occurredAt ? ', $at: Instant' : ''}) { it: ${name}(commandId: "${commandId}", input: $input${
        occurredAt ? ', occurredAt: $at' : ''
      }) { __typename ... on Accepted { repeated events } ... on Refused { code message } } }`,
      ['revops'],
      { input, ...(occurredAt && { at: occurredAt }) },
    );
    if (errors) throw new Error(JSON.stringify(errors));
    await served.settle();
    return data.it;
  };
  const tell = async (name: string, input: object, occurredAt?: string) => {
    const answer = await send(name, input, occurredAt);
    if (answer.__typename !== 'Accepted') throw new Error(`${name}: ${JSON.stringify(answer)}`);
  };
  const delta = async (asOf = ''): Promise<Delta> => {
    const { data, errors } = await served.ask<{ periodDelta: Delta }>(
      `{ periodDelta(periodId: "now"${asOf}) { period { figures ${figures} position hash intact frozenBy }
         now ${figures} difference ${figures} restated
         restatements { journeyId reasons position difference ${figures} } warnings } }`,
      ['analyst'],
    );
    if (errors) throw new Error(JSON.stringify(errors));
    return data.periodDelta;
  };
  const attribution = async (asOf: string): Promise<Figures> => {
    const period = `from: "${days.from}", to: "${daysAgo(-2).slice(0, 10)}"`;
    const { data, errors } = await served.ask<{ attribution: Figures }>(
      `{ attribution(model: LINEAR, ${period}${asOf}) ${figures} }`,
      ['analyst'],
    );
    if (errors) throw new Error(JSON.stringify(errors));
    return data.attribution;
  };
  /** What must hold after every change; returns the reasons so far. */
  const reasons = async (): Promise<string[]> => {
    const { period, now, difference, restatements, restated, warnings } = await delta();
    expect({ figures: period.figures, hash: period.hash, intact: period.intact }).toEqual({ figures: frozen, hash, intact: true }); // prettier-ignore
    expect(restated).toBe(restatements.length);
    expect(warnings).toEqual([]);
    const sums = sumOf(restatements);
    const then = new Map(entries(period.figures));
    const known = new Map(entries(now));
    for (const name of new Set([...sums.keys(), ...then.keys(), ...known.keys()])) {
      const [before, after, sum] = [then.get(name), known.get(name), sums.get(name)];
      expect([name, sum?.minor ?? 0]).toEqual([
        name,
        (after?.revenue[0]?.minor ?? 0) - (before?.revenue[0]?.minor ?? 0),
      ]);
      expect(sum?.conversions ?? 0).toBeCloseTo((after?.conversions ?? 0) - (before?.conversions ?? 0), 9);
    }
    for (const [name, { revenue }] of entries(difference)) expect([name, revenue[0]!.minor]).toEqual([name, sums.get(name)?.minor ?? 0]); // prettier-ignore
    // Both results stay available: as known then, and as known now.
    expect(await attribution(`, asOf: { knownAt: "${position}" }`)).toEqual(frozen);
    expect(await attribution('')).toEqual(now);
    return restatements.map(({ journeyId, reasons }) => `${journeyId} ${reasons.join()}`);
  };

  it('contains what was known', async () => {
    expect(frozen).toEqual({
      rows: [
        { key: 'email', conversions: 0.5, revenue: [{ minor: 50_000 }] },
        { key: 'search', conversions: 1.5, revenue: [{ minor: 55_001 }] },
      ],
      unattributed: { conversions: 0, revenue: [{ minor: 0 }] },
      total: { conversions: 2, revenue: [{ minor: 105_001 }] },
    });
    expect(await reasons()).toEqual([]);
  });
  it('contains what a look-back left out, then and now', async () => {
    const half = { periodId: 'half', ...days, lookback: 'P15D' };
    expect(await send('freezePeriod', half)).toMatchObject({ events: 1 });
    const window = 'outsideWindow { touches conversions revenue { minor } }';
    const { data } = await served.ask<{ one: object; other: object }>(
      `{ one: periodDelta(periodId: "half") { period { ${window} } ${window} }
         other: periodDelta(periodId: "now") { period { ${window} } ${window} } }`,
      ['analyst'],
    );
    const outsideWindow = { touches: 1, conversions: 0.5, revenue: [{ minor: 50_001 }] };
    expect(data.one).toEqual({ period: { outsideWindow }, outsideWindow });
    expect(data.other).toEqual({ period: { outsideWindow: null }, outsideWindow: null });
  });
  it('cannot be broken down by registered content', async () => {
    await tell('registerAsset', { assetId: 'guide', content: 'Pricing guide', kind: 'guide' });
    await tell('recordSpendWithoutCampaign', {
      spendId: 'note-1',
      day: '2024-01-03',
      channel: 'Trade fair',
      amount: { minor: -5, currency: 'EUR' },
    });
    const { data } = await served.ask<object>(
      `{ assets { edges { node { assetId content kind } } }
         spendWithoutCampaign(filter: { channel: { in: [" trade fair"] }, day: { from: "2024-01-03" } }) { edges { node { spendId amount { minor } } } }
         roas(by: CAMPAIGN) { rows { key spend { minor } } } }`,
      ['analyst'],
    );
    expect(data).toMatchObject({
      assets: { edges: [{ node: { assetId: 'guide', content: 'Pricing guide', kind: 'guide' } }] },
      spendWithoutCampaign: { edges: [{ node: { spendId: 'note-1', amount: { minor: -5 } } }] },
      roas: { rows: [{ key: null, spend: [{ minor: -5 }] }] },
    });
    await expect(send('freezePeriod', { periodId: 'by-ad', ...days, by: 'AD' })).rejects.toThrow(
      'must be one of CAMPAIGN',
    );
  });
  it('lists what was spent, for a campaign and without one; a corrected record counts once', async () => {
    await tell('createCampaign', { campaignId: 'spring', name: 'Spring', channel: 'Paid search' });
    for (const minor of [900, 70])
      await tell('recordSpend', {
        ...{ campaignId: 'spring', day: '2024-01-02', channel: 'Paid search' },
        amount: { minor, currency: 'EUR' },
      });
    const { data } = await served.ask<object>(
      `{ spend(filter: { amount: { currency: "EUR" } }, orderBy: { field: AMOUNT }) {
           nodes { spendId campaignId day amount { minor } campaign { name spend { minor currency } } } }
         campaign(campaignId: "spring") { name } }`,
      ['analyst'],
    );
    const spring = { name: 'Spring', spend: [{ minor: 70, currency: 'EUR' }] };
    expect(data).toEqual({
      spend: {
        nodes: [
          { spendId: 'note-1', campaignId: null, day: '2024-01-03', amount: { minor: -5 }, campaign: null },
          { spendId: null, campaignId: 'spring', day: '2024-01-02', amount: { minor: 70 }, campaign: spring },
        ],
      },
      campaign: { name: 'Spring' },
    });
  });

  it('is compared after a late touch', async () => {
    await tell('recordTouch', { leadId: 'ada', action: 'talk', team: 'SALES', channel: 'call' }, daysAgo(5));
    expect(await reasons()).toEqual(['loom LATE_TOUCH']);
    expect((await delta()).now.rows).toContainEqual({
      key: 'call',
      conversions: expect.closeTo(1 / 3, 12) as number,
      revenue: [{ minor: 33_333 }],
    });
  });

  it('is compared after a merge, and an unmerge', async () => {
    await tell('mergeLead', { leadId: 'ada', mergedLeadId: 'bob' });
    const merged = await reasons();
    expect(merged).toEqual(['loom LATE_TOUCH', 'loom MERGE']);
    const with4 = (await delta()).now;
    expect(with4.rows).toContainEqual({ key: 'social', conversions: 0.25, revenue: [{ minor: 25_000 }] });
    await tell('unmergeLead', { leadId: 'ada', mergedLeadId: 'bob' });
    expect(await reasons()).toEqual([...merged, 'loom UNMERGE']);
    const { now, restatements } = await delta();
    expect(now.rows.map(({ key }) => key)).not.toContain('social');
    expect((await delta(`, asOf: { knownAt: "${restatements[1]!.position}" }`)).now).toEqual(with4);
  });

  it('is compared after a contact that was added after the win', async () => {
    await tell('addContactRole', { opportunityId: 'wheel', leadId: 'cleo', role: 'user' });
    expect((await reasons()).at(-1)).toBe('wheel ROLE');
    expect((await delta()).now.rows).toContainEqual({ key: 'event', conversions: 0.5, revenue: [{ minor: 2_500 }] });
  });

  it('is compared after a refund', async () => {
    await tell('changeOpportunityAmount', { opportunityId: 'loom', to: { minor: 60_000, currency: 'EUR' } });
    expect((await reasons()).at(-1)).toBe('loom AMOUNT');
    expect((await delta()).difference.total).toEqual({ conversions: 0, revenue: [{ minor: -40_001 }] });
  });

  it('is compared after a deal that closed since, and one that was reopened', async () => {
    await tell('winOpportunity', { opportunityId: 'belt' });
    expect((await reasons()).at(-1)).toBe('belt CLOSED');
    await tell('reopenOpportunity', { opportunityId: 'wheel', reason: 'a signature is missing' });
    expect((await reasons()).at(-1)).toBe('wheel REOPENED');
    expect((await delta()).difference.total).toMatchObject({ conversions: 0 });
  });

  it('is not frozen twice: the same command returns the first result, another is refused', async () => {
    const input = { periodId: 'once', ...days };
    expect(await send('freezePeriod', input, undefined, 'f1')).toMatchObject({ repeated: false, events: 1 });
    await tell('changeOpportunityAmount', { opportunityId: 'loom', to: { minor: 1, currency: 'EUR' } });
    expect(await send('freezePeriod', input, undefined, 'f1')).toMatchObject({ repeated: true, events: 1 });
    expect(await send('freezePeriod', { ...input, model: 'LINEAR' }, undefined, 'f2')).toMatchObject({ events: 0 });
    expect(await send('freezePeriod', { ...input, model: 'U_SHAPED' }, undefined, 'f3')).toMatchObject({
      code: 'period/already-frozen',
    });
  });

  it('is found among all by what it froze', async () => {
    const { data, errors } = await served.ask<Record<string, { nodes: object[] }>>(
      `{ named: frozenPeriods(filter: { name: { none: false }, from: { from: "${days.from}" } }) { nodes { periodId name } }
         others: frozenPeriods(filter: { name: { none: true } }, orderBy: { field: FROZEN_AT }) { nodes { periodId } facets(fields: [LOOKBACK]) { values { value count } } } }`,
      ['analyst'],
    );
    expect(errors).toBeUndefined();
    expect(data).toEqual({
      named: { nodes: [{ periodId: 'now', name: 'This month' }] },
      others: {
        nodes: [{ periodId: 'half' }, { periodId: 'once' }],
        facets: [
          {
            values: [
              { value: 'P15D', count: 1 },
              { value: 'none', count: 1 },
            ],
          },
        ],
      },
    });
  });

  it('is refused for models and breakdowns that cannot be frozen', async () => {
    const cases: [object, string][] = [
      [{ ...days, model: 'PARTICIPATION' }, 'attribution/not-additive'],
      [{ ...days, model: 'MARKOV' }, 'attribution/needs-a-period'],
      [{ ...days, lookback: 'P1M' }, 'time/not-a-duration'],
      [{ ...days, currency: 'euro' }, 'command/invalid'],
      [{ ...days, from: days.to, to: days.from }, 'time/empty-period'],
      [{ ...days, timeZone: 'Mars/X' }, 'time/unknown-zone'],
    ];
    for (const [input, code] of cases)
      expect([code, (await send('freezePeriod', { periodId: 'bad', ...input })).code]).toEqual([code, code]);
    const { errors } = await served.ask('{ periodDelta(periodId: "bad") { restated } }', ['analyst']);
    expect(errors?.[0]?.extensions.code).toBe('period/unknown');
  });
});

describe('the demo’s figures', () => {
  const folder = temporaryFolder();
  beforeAll(() => copyDemo(folder));

  it('are the same through GraphQL, the command line, and after a rebuild', async () => {
    const credit = 'conversions revenue { minor currency }';
    const ratio = '{ value numerator denominator }';
    const rate = '{ currency value numerator denominator }';
    const returned = `${credit} newCustomers spend { minor currency } salesMinutes assisted roas ${rate} cac ${rate}
      costPerLead ${rate} costPerMql ${rate} costPerSql ${rate}`;
    const outcomes = 'conversions nonConversions revenue { minor currency }';
    const served = await Served.start(folder);
    const { data, errors } = await served
      .ask<Record<string, unknown>>(
        `{ roas(ratePerMinute: { minor: 150, currency: "USD" }) { lookback outsideWindow { touches ${credit} } definitions { attribution channelRules }
             currencies rows { key ${returned} } total { ${returned} } unattributed { ${credit} newCustomers salesMinutes }
             influenced { ${credit} ofConversions ${ratio} ofRevenue ${rate} }
             sourced { ${credit} ofConversions ${ratio} ofRevenue ${rate} } warnings }
           paths(conversion: MQL, top: 5) { lookback outsideWindow { touches ${credit} } definitions { attribution channelRules }
             paths { channels ${outcomes} } others { paths ${outcomes} } total { ${outcomes} }
             lengths { steps ${outcomes} } lags { days ${outcomes} } } }`,
        ['analyst'],
      )
      .finally(() => served.stop());
    expect(errors).toBeUndefined();
    const told = async () => ({
      roas: await batonJson<object>(folder, 'report', 'roas', '--rate-per-minute', '1.50 USD'),
      paths: await batonJson<object>(folder, 'report', 'paths', '--conversion', 'mql', '--top', '5'),
    });
    const before = await told();
    expect(before).toMatchObject(data);
    const { roas, paths } = before as unknown as {
      roas: { total: { conversions: number; spend: { minor: number }; roas: { value: number }[] } };
      paths: { total: { conversions: number } };
    };
    expect(roas.total.conversions).toBeGreaterThan(3);
    expect(roas.total.roas[0]!.value).toBeGreaterThan(0);
    expect(paths.total.conversions).toBeGreaterThan(roas.total.conversions);
    expect((await baton(folder, 'rebuild')).status).toBe(0);
    expect(await told()).toEqual(before);
    for (const report of ['roas', 'paths', 'periods']) expect((await baton(folder, 'report', report)).status).toBe(0);
  });

  it('come with the same lists, personal data left out', async () => {
    const served = await Served.start(folder);
    const { data } = await served
      .ask<{ opportunities: { nodes: object[] } }>(
        `{ opportunities(filter: { amount: { min: 1000000, currency: "USD" } }, orderBy: { field: CLOSED_AT, direction: DESC }, first: 5) {
             nodes { opportunityId stage closedAt amount { minor currency } } } }`,
        ['analyst'],
      )
      .finally(() => served.stop());
    expect(data.opportunities.nodes).toHaveLength(5);
    const asked = ['--filter', 'amount=10000.. USD', '--order', '-closedAt', '--limit', '5'];
    const columns = ['--columns', 'opportunityId,stage,closedAt,amount'];
    expect(await batonJson(folder, 'list', 'opportunities', ...asked, ...columns)).toEqual(data.opportunities.nodes);
    const people = await baton(folder, 'list', 'leads', '--columns', 'leadId,name', '--limit', '2', '--json');
    expect(JSON.parse(people.stdout)).toEqual(Array(2).fill({ leadId: expect.any(String) as string, name: null }));
    expect(people.stderr).toContain('Personal data is not shown: name.');
  });
});
