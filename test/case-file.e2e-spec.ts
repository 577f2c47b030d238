import { baton, Served, temporaryFolder } from './support/baton';

interface Entry {
  position: string;
  type: string;
  sentence: string;
  actor: string;
  sender: string;
  mode: string;
  personal: string;
  data: Record<string, unknown>;
  cause: { type: string | null; actor: string | null } | null;
  changes: { state: string; text: string }[];
  facts: { field: string; text: string }[];
}
interface Page {
  edges: { node: Entry }[];
  pageInfo: { hasNextPage: boolean; endCursor: string; hasPreviousPage: boolean; startCursor: string };
  totalCount: number;
}
const fields =
  'position type sentence actor sender mode personal data cause { type actor } changes { state text } facts { field text }';

describe('a case file', () => {
  const folder = temporaryFolder();
  let served: Served | undefined;
  const long = 'to be read '.repeat(40).trim();

  beforeAll(async () => {
    served = await Served.start(folder);
    const touch = `action: "page-view", team: MARKETING, source: "google", page: "/pricing", minutes: 125`;
    const mutations = [
      `captureLead(input: { leadId: "k", source: "trade fair", name: "Ada", owner: "ann", problems: "${long}" })`,
      `recordTouch(input: { leadId: "k", ${touch} })`,
      `recordTouch(input: { leadId: "k", ${touch} })`,
      `openOpportunity(input: { opportunityId: "k1", stage: "demo", owner: "bob", amount: { minor: 100000, currency: "USD" }, expectedCloseOn: "2024-03-01" })`,
      'moveOpportunityStage(input: { opportunityId: "k1", to: "contract" })',
      'assignOpportunity(input: { opportunityId: "k1", to: "zoe" })',
      'changeOpportunityCloseDate(input: { opportunityId: "k1", to: "2024-04-01" })',
      'changeOpportunityAmount(input: { opportunityId: "k1", to: { minor: 90000, currency: "USD" } })',
      'addContactRole(input: { opportunityId: "k1", leadId: "k", role: "decision-maker" })',
    ];
    for (const [index, mutation] of mutations.entries()) {
      const { data, errors } = await served.ask<{ it: { __typename: string } }>(
        `mutation { it: ${mutation.replace('(', `(commandId: "c${index}", `)} { __typename ... on Refused { code message path } } }`,
        ['revops'],
      );
      expect([errors, data?.it]).toEqual([undefined, { __typename: 'Accepted' }]);
    }
    await served.settle();
  });
  afterAll(() => served?.stop());

  const page = async (args: string, as: 'auditor' | 'sales' = 'auditor'): Promise<Page> => {
    const query = `{ caseFile(${args}) { edges { node { ${fields} } } pageInfo { hasNextPage endCursor hasPreviousPage startCursor } totalCount } }`;
    const { data, errors } = await served!.ask<{ caseFile: Page }>(query, [as]);
    expect(errors).toBeUndefined();
    return data.caseFile;
  };
  const entriesOf = async (args: string, as?: 'sales') => (await page(args, as)).edges.map(({ node }) => node);

  it('of a deal shows what each event changed, and nothing else as a change', async () => {
    const entries = await entriesOf('subject: "opportunity-k1", first: 5');
    expect(entries.map(({ changes }) => changes.map(({ text }) => text))).toEqual([
      ['stage: demo', 'owner: bob', 'amount: 1,000.00 USD', 'expected close: 2024-03-01'],
      ['stage: demo → contract'],
      ['owner: bob → zoe'],
      ['expected close: 2024-03-01 → 2024-04-01'],
      ['amount: 1,000.00 USD → 900.00 USD'],
    ]);
    expect(entries[1]).toMatchObject({
      sentence: 'The deal moved to stage contract',
      data: { opportunityId: 'k1', from: 'demo', to: 'contract' },
      facts: [],
      actor: 'revops',
      mode: 'LIVE',
    });
  });
  it('of a lead shows two equal touches in the same way, completely, and commands of policies with their cause', async () => {
    const entries = await entriesOf('subject: "lead-k"');
    const touches = entries.filter(({ type }) => type === 'TouchRecorded');
    expect(touches).toHaveLength(2);
    for (const touch of touches)
      expect(touch).toMatchObject({
        sentence: 'Touch by marketing: page view on /pricing, from google, 2 h 5 min',
        data: { leadId: 'k', action: 'page-view', team: 'marketing', source: 'google', page: '/pricing', minutes: 125 },
        changes: [],
        facts: [],
      });
    const joined = entries.find(({ type }) => type === 'LeadJoinedOpportunity');
    expect(joined).toMatchObject({
      sentence: 'The lead got a role in deal k1: decision maker',
      actor: expect.stringMatching(/^policy:/) as string,
      cause: { type: 'ContactRoleAdded', actor: 'revops' },
    });
  });
  it('is sealed for an auditor and decrypted for sales', async () => {
    const [sealed, open] = [await entriesOf('subject: "lead-k"'), await entriesOf('subject: "lead-k"', 'sales')];
    expect(sealed[0]).toMatchObject({ personal: 'SEALED', data: { name: { personal: 'sealed' } } });
    expect(JSON.stringify(sealed)).not.toMatch(/Ada|to be read|\$sealed/);
    expect(open[0]).toMatchObject({ personal: 'OPEN', data: { name: 'Ada', problems: long } });
    expect(open[0]!.changes).toContainEqual({ state: 'lead.name', text: 'name: Ada' });
  });
  it('has pages in both directions with stable cursors', async () => {
    for (const order of ['', ', newestFirst: true', ', orderBy: RECORDED', ', orderBy: RECORDED, newestFirst: true']) {
      const whole = await entriesOf(`subject: "lead-k"${order}`);
      const paged: Entry[] = [];
      for (let after = '', more = true; more;) {
        const { edges, pageInfo } = await page(`subject: "lead-k", first: 2${order}${after && `, after: "${after}"`}`);
        paged.push(...edges.map(({ node }) => node));
        [after, more] = [pageInfo.endCursor, pageInfo.hasNextPage];
      }
      expect(paged).toEqual(whole);
      const backwards: Entry[] = [];
      for (let before = '', more = true; more;) {
        const { edges, pageInfo } = await page(
          `subject: "lead-k", last: 3${order}${before && `, before: "${before}"`}`,
        );
        backwards.unshift(...edges.map(({ node }) => node));
        [before, more] = [pageInfo.startCursor, pageInfo.hasPreviousPage];
      }
      expect(backwards).toEqual(whole);
    }
    const [first, newest] = [
      await entriesOf('subject: "lead-k"'),
      await entriesOf('subject: "lead-k", newestFirst: true'),
    ];
    expect(newest.map(({ position }) => position)).toEqual(first.map(({ position }) => position).reverse());
  });
  it('refuses a cursor of another list', async () => {
    const after = Buffer.from(JSON.stringify({ id: 'x', values: [] })).toString('base64url');
    const { errors } = await served!.ask(`{ caseFile(subject: "lead-k", after: "${after}") { totalCount } }`, [
      'auditor',
    ]);
    expect(errors![0]!.extensions.code).toBe('graphql/bad-cursor');
  });
  it('is available as of a position, with events of other streams', async () => {
    const all = await entriesOf('subject: "lead-k"');
    const role = all.find(({ type }) => type === 'ContactRoleAdded')!;
    const cut = await entriesOf(`subject: "lead-k", asOf: { knownAt: "${role.position}" }`);
    expect(cut.at(-1)).toEqual(role);
    expect(cut.length).toBeLessThan(all.length);
  });

  describe('on the command line', () => {
    beforeAll(async () => {
      await served!.stop();
      served = undefined;
    });
    const printed = async (...args: string[]) => {
      const { status, stdout, stderr } = await baton(folder, 'case-file', ...args);
      expect([status, stderr]).toEqual([0, '']);
      return stdout;
    };

    it('is no wider than a page, whatever an event holds', async () => {
      const stdout = await printed('lead', 'k', '--personal');
      expect(Math.max(...stdout.split('\n').map((one) => one.length))).toBeLessThanOrEqual(100);
      expect(stdout).toContain('Touch by marketing: page view');
      expect(stdout.replace(/[\s│]+/g, ' ')).toContain('after ContactRoleAdded by revops');
    });
    it('is complete as JSON, newest first, and as of a position', async () => {
      const json = async (...args: string[]) => JSON.parse(await printed('lead', 'k', '--json', ...args)) as Entry[];
      const [oldest, newest] = [await json(), await json('--newest-first', '--by', 'recorded')];
      expect(newest.map(({ position }) => position)).toEqual(oldest.map(({ position }) => position).reverse());
      expect(oldest[0]!.data).toMatchObject({ source: 'trade fair', name: { personal: 'sealed' } });
      const cut = await json('--known-at', oldest[1]!.position);
      expect(cut.map(({ type }) => type)).toEqual(['LeadCaptured', 'TouchRecorded']);
      expect(await json('--happened-by', '2200-01-01', '--known-by', '2200-01-01T00:00:00Z')).toEqual(oldest);
    });
    it('refuses an unknown order and an unknown subject', async () => {
      const refused = async (...args: string[]) => {
        const { status, stderr } = await baton(folder, 'case-file', ...args);
        return [status, stderr.split(/[ :]/)[0]];
      };
      expect(await refused('lead', 'k', '--by', 'luck')).toEqual([1, 'cli/unknown-value']);
      expect(await refused('lead', 'nobody')).toEqual([1, 'audit/no-such-subject']);
      expect(await refused('lead', 'k', '--known-at', 'nowhere')).toEqual([1, 'log/not-a-position']);
    });
  });
});
