import { FixedClock } from '@baton/kernel/testing';
import { Served, temporaryFolder } from './support/baton';
import type { Role } from '@baton/kernel';

interface Node {
  readonly leadId: string;
  readonly score: number | null;
  readonly grade: string | null;
  readonly scoredAt: string;
}
interface Page {
  readonly totalCount: number;
  readonly nodes: readonly Node[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string;
    readonly endCursor: string;
  };
  readonly facets: readonly { readonly field: string; readonly values: readonly object[]; readonly distinct: number }[];
}
const PAGE = `totalCount nodes { leadId score grade scoredAt }
  pageInfo { hasNextPage hasPreviousPage startCursor endCursor }`;
const NINE = '2024-03-10T09:00:00.000Z';
const TEN = '2024-03-10T10:00:00.000Z';

/** A touch that is worth 40 points and half as many a day later; a company of 50 has 10 more. */
const model = {
  fit: {
    rules: [{ code: 'size', when: { field: 'employees', gte: 50 }, points: 10 }],
    cutOffs: { high: 10, middle: 5 },
  },
  engagement: {
    rules: [{ code: 'demo', touches: { action: 'demo' }, points: 40, halfLife: 'P1D' }],
    cutOffs: { high: 20, middle: 10 },
  },
};

describe('lists of leads by their scores', () => {
  const folder = temporaryFolder();
  const clock = new FixedClock('2024-03-01T00:00:00.000Z');
  let served: Served;
  let sent = 0;
  beforeAll(async () => void (served = await Served.start(folder, [], clock)));
  afterAll(() => served.stop());

  const tell = async (command: string, input: object, occurredAt?: string, as: readonly Role[] = ['revops']) => {
    const type = `${command.charAt(0).toUpperCase()}${command.slice(1)}Input!`;
    const [declared, given] = occurredAt ? [', $at: Instant', ', occurredAt: $at'] : ['', ''];
    const { data, errors } = await served.ask<{ it: { code?: string } }>(
      `mutation ($id: ID!, $input: ${type}${declared}) { it: ${command}(commandId: $id, input: $input${given}) {
        ... on Refused { code } } }`,
      as,
      { id: `scores-${sent++}`, input, ...(occurredAt && { at: occurredAt }) },
    );
    if (errors || data.it.code) throw new Error(`${command}: ${JSON.stringify(errors ?? data)}`);
  };
  const ask = async <T = Page>(query: string, as: readonly Role[] = ['sales'], variables: object = {}): Promise<T> => {
    const { data, errors } = await served.ask<{ it: T }>(query, as, variables);
    if (errors) throw new Error(JSON.stringify(errors));
    return data.it;
  };
  const codeOf = async (query: string, as: readonly Role[] = ['sales']) =>
    (await served.ask(query, as)).errors?.map(({ extensions: { code } }) => code);
  const idsOf = ({ nodes }: Page) => nodes.map(({ leadId }) => leadId);

  it('have none before a model is agreed', async () => {
    for (const [leadId, employees] of Object.entries({ ada: 60, bea: 10, cem: 60, dan: 10, eve: 10 })) {
      const source = leadId < 'cem' ? 'web' : 'fair';
      await tell('captureLead', { leadId, employees, source, email: `${leadId}@example.org` }, '2024-02-01T00:00:00Z');
    }
    await served.settle();
    const found = await ask(`{ it: leads(filter: { score: { none: true } }, orderBy: { field: SCORE }) { ${PAGE} } }`);
    expect(found).toMatchObject({
      totalCount: 5,
      nodes: [{ leadId: 'ada', score: null, grade: null }, {}, {}, {}, {}],
    });
    expect((await ask(`{ it: leads(filter: { score: { min: -1000 } }) { ${PAGE} } }`)).totalCount).toBe(0);
  });

  it('are filtered, ordered and counted by score and grade, beside what the store holds', async () => {
    const proposed = { definitionId: 'scoring-model', body: model, reason: 'agreed' };
    await tell('proposeDefinition', proposed);
    for (const team of ['marketing', 'sales'] as const)
      await tell(
        'approveDefinition',
        { definitionId: 'scoring-model', number: 1, team: team.toUpperCase() },
        undefined,
        [team],
      );
    clock.instant = '2024-03-10T09:40:00.000Z';
    const demo = (leadId: string, at: string) => tell('recordTouch', { leadId, action: 'demo', team: 'MARKETING' }, at);
    await demo('ada', '2024-03-08T09:00:00Z'); // 40 / 4
    await demo('bea', '2024-03-09T09:00:00Z'); // 40 / 2
    await demo('dan', '2024-03-10T09:00:00Z');
    await demo('eve', '2024-03-10T09:30:00Z'); // after the start of the hour
    await tell('captureLead', { leadId: 'fay', employees: 60, source: 'web' }, '2024-03-10T09:10:00Z');
    await served.settle();

    const all = await ask(`{ it: leads(orderBy: { field: SCORE, direction: DESC }) { ${PAGE} } }`);
    expect(all).toMatchObject({ totalCount: 6, pageInfo: { hasNextPage: false } });
    expect(all.nodes).toEqual([
      { leadId: 'dan', score: 40, grade: 'C1', scoredAt: NINE },
      { leadId: 'bea', score: 20, grade: 'C1', scoredAt: NINE },
      { leadId: 'ada', score: 20, grade: 'A2', scoredAt: NINE },
      { leadId: 'cem', score: 10, grade: 'A3', scoredAt: NINE },
      { leadId: 'eve', score: 0, grade: 'C3', scoredAt: NINE },
      { leadId: 'fay', score: null, grade: null, scoredAt: NINE },
    ]);
    // The same by the loader of nodes, and by the query for one lead.
    for (const { leadId, score, grade, scoredAt } of all.nodes) {
      const one = await ask<Node>(`{ it: lead(leadId: "${leadId}") { leadId score grade scoredAt } }`);
      expect(one).toEqual({ leadId, score, grade, scoredAt });
      const explained = await ask<{ points: number } | null>(
        `{ it: score(leadId: "${leadId}", at: "${scoredAt}") { points } }`,
      );
      expect(explained?.points ?? null).toBe(score);
    }

    const filtered = await ask(
      `{ it: leads(filter: { score: { min: 10 }, grade: { in: [C1, A3] }, source: { in: ["web", "fair"] } }, orderBy: { field: GRADE }) {
        ${PAGE} facets(fields: [GRADE, SOURCE]) { field values { value count } distinct } } }`,
    );
    expect([filtered.totalCount, idsOf(filtered)]).toEqual([3, ['cem', 'bea', 'dan']]);
    expect(filtered.facets).toEqual([
      {
        ...{ field: 'GRADE', distinct: 3 },
        values: [
          { value: 'C1', count: 2 },
          { value: 'A2', count: 1 },
          { value: 'A3', count: 1 },
        ],
      },
      {
        ...{ field: 'SOURCE', distinct: 2 },
        values: [
          { value: 'fair', count: 2 },
          { value: 'web', count: 1 },
        ],
      },
    ]);
    const byStore = await ask(`{ it: leads(filter: { score: { max: 20 } }, first: 2) { ${PAGE} } }`);
    expect([byStore.totalCount, idsOf(byStore)]).toEqual([4, ['eve', 'cem']]);
    const rest = await ask(
      `{ it: leads(filter: { score: { max: 20 } }, first: 2, after: "${byStore.pageInfo.endCursor}") { ${PAGE} } }`,
    );
    expect(idsOf(rest)).toEqual(['bea', 'ada']);
    const people = await ask(`{ it: leads(filter: { email: "dan@example.org", score: { min: 1 } }) { ${PAGE} } }`);
    expect(idsOf(people)).toEqual(['dan']);
  });

  it('are open to the roles of the list, for what each may ask', async () => {
    const byMail = '{ it: leads(filter: { email: "dan@example.org", score: { min: 1 } }) { totalCount } }';
    expect(await codeOf(byMail, ['analyst'])).toEqual(['access/denied']);
    const byScore = '{ it: leads(orderBy: { field: SCORE, direction: DESC }, first: 1) { nodes { leadId score } } }';
    expect(await ask(byScore, ['analyst'])).toEqual({ nodes: [{ leadId: 'dan', score: 40 }] });
  });

  it('are walked through under the hour of their first page, in both directions', async () => {
    const order = 'orderBy: { field: SCORE, direction: DESC }';
    const first = await ask(`{ it: leads(${order}, first: 2) { ${PAGE} } }`);
    const last = await ask(`{ it: leads(${order}, last: 2) { ${PAGE} } }`);
    expect([idsOf(first), idsOf(last)]).toEqual([
      ['dan', 'bea'],
      ['eve', 'fay'],
    ]);
    clock.instant = '2024-03-10T10:05:00.000Z';
    const next = await ask(`{ it: leads(${order}, first: 2, after: "${first.pageInfo.endCursor}") { ${PAGE} } }`);
    const before = await ask(`{ it: leads(${order}, last: 2, before: "${last.pageInfo.startCursor}") { ${PAGE} } }`);
    for (const page of [next, before])
      expect(page.nodes).toMatchObject([
        { leadId: 'ada', score: 20, scoredAt: NINE },
        { leadId: 'cem', score: 10, scoredAt: NINE },
      ]);
    const anew = await ask(`{ it: leads(${order}, first: 3) { ${PAGE} } }`);
    expect(anew.nodes).toMatchObject([
      { leadId: 'eve', score: 39.43, scoredAt: TEN }, // 40 × 2^(−0.5 / 24)
      { leadId: 'dan', score: 38.86, scoredAt: TEN },
      { leadId: 'ada', scoredAt: TEN },
    ]);
    clock.instant = '2024-03-11T09:50:00.000Z';
    const expired = `{ it: leads(${order}, first: 2, after: "${first.pageInfo.endCursor}") { totalCount } }`;
    expect(await codeOf(expired)).toEqual(['graphql/cursor-expired']);
    const later = Buffer.from(first.pageInfo.endCursor, 'base64url')
      .toString()
      .replace('2024-03-10T09', '2024-03-12T09');
    const forged = Buffer.from(later).toString('base64url');
    expect(await codeOf(`{ it: leads(${order}, first: 2, after: "${forged}") { totalCount } }`)).toEqual([
      'graphql/bad-cursor',
    ]);
  });

  it('follow merges, and show a cut of the past', async () => {
    await tell('mergeLead', { leadId: 'cem', mergedLeadId: 'dan' }, undefined, ['sales']);
    await served.settle();
    const order = 'orderBy: { field: SCORE, direction: DESC }';
    const merged = await ask(`{ it: leads(${order}, first: 2) { ${PAGE} } }`);
    expect(merged).toMatchObject({ totalCount: 5, nodes: [{ leadId: 'cem', score: 30 }, { leadId: 'eve' }] });
    const cut = await ask(
      `{ it: leads(${order}, first: 1, filter: { grade: { notIn: [A1] } }, asOf: { happenedBy: "2024-03-10T09:20:00Z" }) {
        ${PAGE} facets(fields: [GRADE]) { field values { value count } distinct } } }`,
    );
    expect(cut).toMatchObject({ totalCount: 6, nodes: [{ leadId: 'dan', score: 40, scoredAt: NINE }] });
    expect(cut.facets[0]!.values[0]).toEqual({ value: 'C1', count: 2 });
  });
});
