import { eventIdOf, type Role } from '@baton/kernel';
import { batonJson, Served, temporaryFolder } from './support/baton';

interface Outcome {
  readonly __typename: 'Accepted' | 'Refused';
  readonly id: string;
  readonly position: string;
  readonly repeated: boolean;
  readonly code: string;
}

describe('both teams', () => {
  const folder = temporaryFolder();
  let served: Served;
  let sent = 0;
  beforeAll(async () => void (served = await Served.start(folder)));
  afterAll(() => served.stop());

  const send = async (command: string, input: object, as: readonly Role[], id = `command-${sent++}`) => {
    const type = `${command.charAt(0).toUpperCase()}${command.slice(1)}Input!`;
    const { data, errors } = await served.ask<{ it: Outcome }>(
      `mutation ($id: ID!, $input: ${type}) { it: ${command}(commandId: $id, input: $input) {
        __typename ... on Accepted { id position repeated } ... on Refused { code } } }`,
      as,
      { id, input },
    );
    if (errors) throw new Error(JSON.stringify(errors));
    return data.it;
  };
  const tell = async (command: string, input: object, as: readonly Role[] = ['revops']) => {
    const outcome = await send(command, input, as);
    expect({ [command]: outcome.code ?? outcome.__typename }).toEqual({ [command]: 'Accepted' });
    return outcome;
  };
  const ask = async <T>(query: string, as: readonly Role[] = ['analyst']): Promise<T> => {
    await served.settle();
    const { data, errors } = await served.ask<{ it: T }>(`{ it: ${query} }`, as);
    if (errors) throw new Error(JSON.stringify(errors));
    return data.it;
  };

  it('agree on the commitment of marketing', async () => {
    const usd = (minor: number) => ({ minor, currency: 'USD' });
    const pipeline = { target: usd(200_000_000), averageDeal: usd(5_000_000), opportunityRate: 0.25 };
    const body = { obligations: [], marketing: { per: 'quarter', pipeline } };
    await tell('proposeDefinition', { definitionId: 'sla-policy', body, reason: 'agreed' });
    for (const team of ['marketing', 'sales'] as const)
      await tell('approveDefinition', { definitionId: 'sla-policy', number: 1, team: team.toUpperCase() }, [team]);
    expect(await ask('marketingSla { definition salesQualified { needed soFar missing } }')).toEqual({
      definition: 'sla-policy@1',
      salesQualified: { needed: '53 1/3', soFar: 0, missing: 54 },
    });
  });

  it('read what sales reports, by the campaign that reached the person', async () => {
    await tell('captureLead', { leadId: 'ada', industry: 'Steel' });
    const touch = { leadId: 'ada', action: 'click', team: 'MARKETING', campaign: 'spring' };
    await send('recordTouch', touch, ['marketing'], 'touch');
    const touchId = eventIdOf('lead-ada', { actor: 'marketing', commandId: 'touch' }, 0);
    const feedback = { leadId: 'ada', touchId, objections: ['Price'], note: 'Ada laughed about it.' };
    await tell('giveFeedback', { feedbackId: 'f1', ...feedback }, ['sales']);
    await tell('giveFeedback', { opportunityId: 'd1', objections: [' price '] }, ['sales']);
    const rows = '{ feedback rows { group code feedback } }';
    expect(await ask(`feedbackTopics(topic: OBJECTIONS, by: CAMPAIGN) ${rows}`)).toEqual({
      feedback: 2,
      rows: [
        { group: null, code: 'price', feedback: 1 },
        { group: 'spring', code: 'Price', feedback: 1 },
      ],
    });
    const behind = 'feedback(filter: { objections: { any: ["PRICE"] }, campaign: { in: ["Spring"] } })';
    const node = '{ totalCount edges { node { feedbackId industry note by } } }';
    const expected = (note: string | null) => ({
      totalCount: 1,
      edges: [{ node: { feedbackId: 'f1', industry: 'Steel', note, by: 'sales' } }],
    });
    expect(await ask(`${behind} ${node}`, ['marketing'])).toEqual(expected('Ada laughed about it.'));
    expect(await ask(`${behind} ${node}`, ['analyst'])).toEqual(expected(null));
  });

  it('see the feedback on a person and on leads merged into it', async () => {
    const { position } = await tell('captureLead', { leadId: 'ada2', source: 'web' });
    await tell('giveFeedback', { feedbackId: 'f3', leadId: 'ada2', messages: ['SSO'], note: 'Twice.' }, ['sales']);
    await tell('mergeLead', { leadId: 'ada', mergedLeadId: 'ada2' });
    const about = (filter: string) =>
      ask(
        `feedback(filter: { leadId: ${filter} }, orderBy: { field: GIVEN_AT }) {
          nodes { feedbackId note lead { leadId } } facets(fields: [CAMPAIGN]) { values { value count } } }`,
        ['sales'],
      );
    const campaigns = (...values: object[]) => [{ values }];
    expect(await about('{ in: ["ada"] }')).toEqual({
      nodes: [
        { feedbackId: 'f1', note: 'Ada laughed about it.', lead: { leadId: 'ada' } },
        { feedbackId: 'f3', note: 'Twice.', lead: { leadId: 'ada2' } },
      ],
      facets: campaigns({ value: null, count: 1 }, { value: 'spring', count: 1 }),
    });
    expect(await about('{ in: ["ada2"] }')).toMatchObject({ nodes: [{ feedbackId: 'f3' }] });
    expect(await about('{ notIn: ["ada"], none: false }')).toMatchObject({ nodes: [] });
    expect(await ask(`feedback(asOf: { knownAt: "${position}" }) { totalCount }`)).toEqual({ totalCount: 2 });
  });

  it('cannot give feedback on an unknown person or call', async () => {
    const about = async (subject: object) =>
      (await send('giveFeedback', { objections: ['price'], ...subject }, ['sales'])).code;
    expect(await about({ leadId: 'nobody' })).toBe('lead/unknown');
    expect(await about({ leadId: 'ada', touchId: 'nothing' })).toBe('feedback/unknown-touch');
    expect(await about({ opportunityId: 'd1', touchId: 't1' })).toBe('feedback/touch-needs-lead');
  });

  it('page through feedback, and get an invalid cursor refused', async () => {
    const page = (after = '') => `feedback(first: 1${after}) { totalCount pageInfo { hasNextPage endCursor } }`;
    const one = await ask<{ totalCount: number; pageInfo: { hasNextPage: boolean; endCursor: string } }>(page());
    expect(one).toMatchObject({ totalCount: 3, pageInfo: { hasNextPage: true } });
    expect(await ask(page(`, after: "${one.pageInfo.endCursor}"`))).toMatchObject({ pageInfo: { hasNextPage: true } });
    const many = JSON.stringify(Array.from({ length: 101 }, (_, index) => `code-${index}`));
    const { errors: tooMany } = await served.ask(
      `{ feedback(filter: { objections: { any: ${many} } }) { totalCount } }`,
      ['analyst'],
    );
    expect(tooMany?.[0]?.extensions).toMatchObject({ code: 'graphql/invalid-argument', field: 'filter.objections' });
    for (const after of ['x', Buffer.from('{"id":"f9","values":[]}').toString('base64url')]) {
      const { errors } = await served.ask(`{ ${page(`, after: "${after}"`)} }`, ['analyst']);
      expect(errors?.[0]?.extensions.code).toBe('graphql/bad-cursor');
    }
  });

  it('support an existing deal, and see the won deals they served', async () => {
    const request = { supportId: 's1', opportunityId: 'deal', leadId: 'ada', kind: 'ASSET', need: 'A case study.' };
    expect((await send('requestSupport', request, ['sales'])).code).toBe('opportunity/unknown');
    await tell('openOpportunity', { opportunityId: 'deal', amount: { minor: 100, currency: 'USD' } });
    expect((await send('requestSupport', { ...request, leadId: 'nobody' }, ['sales'])).code).toBe('lead/unknown');
    await tell('requestSupport', request, ['sales']);
    const open = '{ totalCount edges { node { status taker ageHours } } }';
    expect(await ask(`supportRequests(filter: { open: true }) ${open}`)).toMatchObject({ totalCount: 1 });
    await tell('takeSupportRequest', { supportId: 's1' }, ['marketing']);
    expect(
      await ask(`supportRequests(filter: { opportunityId: { in: ["deal"] }, taker: { in: ["marketing"] } }) ${open}`),
    ).toMatchObject({
      edges: [{ node: { status: 'TAKEN', taker: 'marketing' } }],
    });
    await tell('deliverSupport', { supportId: 's1', delivered: 'story.pdf' }, ['marketing']);
    const { position } = await tell('winOpportunity', { opportunityId: 'deal' }, ['sales']);
    expect(await ask('servedDeals { won served deals { opportunityId supportIds } }')).toEqual({
      won: 1,
      served: 1,
      deals: [{ opportunityId: 'deal', supportIds: ['s1'] }],
    });
    expect(await ask(`supportRequests(filter: { open: true }) ${open}`)).toMatchObject({ totalCount: 0 });
    await tell('closeSupportRequest', { supportId: 's1' }, ['marketing']);
    const requests = (cut: string) => ask(`servedDeals${cut} { deals { supportRequests { status } } }`);
    const withStatus = (status: string) => ({ deals: [{ supportRequests: [{ status }] }] });
    expect(await requests('')).toEqual(withStatus('SERVED'));
    expect(await requests(`(asOf: { knownAt: "${position}" })`)).toEqual(withStatus('DELIVERED'));
  });

  it('see what content sales used, in any spelling, and the deals that it reached', async () => {
    await tell('registerAsset', { assetId: 'story', content: 'Case study', kind: 'case study' }, ['marketing']);
    const touch = { leadId: 'ada', action: 'email', team: 'SALES', direction: 'OUTBOUND', content: 'Case study' };
    await tell('recordTouch', touch, ['sales']);
    const uses = (filter: string) => ask(`contentUses(filter: { ${filter} }) { nodes { content lead { leadId } } }`);
    const used = { nodes: [{ content: 'Case study', lead: { leadId: 'ada' } }] };
    expect(await uses('content: { in: ["case STUDY"] }, at: { from: "2020-01-01" }')).toEqual(used);
    expect(await uses('content: { notIn: ["CASE study"] }')).toEqual({ nodes: [] });
    expect(await uses('at: { to: "2020-01-01" }')).toEqual({ nodes: [] });
    expect(await ask('contentReport { rows { content salesUses wonDeals } }')).toEqual({
      rows: [{ content: 'Case study', salesUses: 1, wonDeals: 0 }],
    });
    const reached = 'content: "Case study", outcome: WON';
    expect(await ask(`dealsWithContent(${reached}) { totalCount }`)).toEqual({ totalCount: 0 });
  });

  describe('review', () => {
    const question = {
      reviewId: 'r1',
      kind: 'WEEKLY_PIPELINE',
      from: '2020-01-01',
      to: '2198-12-31',
      timeZone: 'America/New_York',
    };
    interface Held {
      readonly figures: Record<string, unknown>;
      readonly position: string;
      readonly definitions: string[];
      readonly intact: boolean;
      readonly actions: number;
    }
    const held = () => ask<Held>('review(reviewId: "r1") { figures position definitions intact actions }');
    let first: Held;

    it('the figures of the reports, which no caller can supply', async () => {
      const { errors } = await served.ask(
        `mutation { holdReview(commandId: "x", input: { reviewId: "r0", kind: WEEKLY_PIPELINE,
          from: "2024-01-01", to: "2024-01-31", timeZone: "UTC", figures: {} }) { __typename } }`,
        ['revops'],
      );
      expect(errors?.[0]?.message).toContain('figures');
      const answer = await send('holdReview', question, ['marketing'], 'hold');
      expect(answer).toMatchObject({ __typename: 'Accepted', repeated: false });
      first = await held();
      expect(first).toMatchObject({ definitions: ['sla-policy@1'], intact: true, actions: 0 });
      expect(await ask('review(reviewId: "r1") { from to timeZone startsAt endsAt }')).toEqual({
        ...{ from: '2020-01-01', to: '2198-12-31', timeZone: 'America/New_York' },
        ...{ startsAt: '2020-01-01T05:00:00.000Z', endsAt: '2199-01-01T05:00:00.000Z' },
      });
      expect(first.figures).toMatchObject({
        pipeline: { open: { deals: 0 } },
        servedDeals: { won: 1, served: 1 },
      });
      expect((first.figures['week'] as { velocity: object[] }).velocity.slice(1, 3)).toMatchObject([
        { code: 'won-deals', total: [{ value: '1' }] },
        { code: 'lost-deals', total: [{ value: '0' }] },
      ]);
      const again = await ask<{ figures: object[] }>(
        `figures(codes: [OPEN_DEALS, WON_DEALS, LOST_DEALS], from: "2020-01-01", to: "2199-01-01", timeZone: "${question.timeZone}", asOf: { knownAt: "${first.position}" }) { figures { total { value support } } }`,
      );
      expect((first.figures['week'] as { velocity: object[] }).velocity.slice(0, 3)).toMatchObject(again.figures);
    });

    it('with what the weekly review answers of the same moment without recording it', async () => {
      const weekly = await ask<{ leads: object[]; movement: object[]; actions: object[] }>(
        `weeklyReview(from: "2020-01-01", to: "2199-01-01", timeZone: "${question.timeZone}", asOf: { knownAt: "${first.position}" }) {
          leads { title total { value support compared } } movement { formula total { value } } velocity { title total { value } }
          stuck { title total { value } } stuckDeals { opportunityId daysInStage }
          sla { title total { value } groups { key values { value } } } feedback { feedback top { code feedback } } actionIds }`,
      );
      expect(weekly.movement.length).toBeGreaterThan(5);
      expect(first.figures['week']).toMatchObject(weekly);
    });

    it('once: later events do not change it', async () => {
      await tell('openOpportunity', { opportunityId: 'later' });
      expect(await send('holdReview', question, ['marketing'], 'hold')).toMatchObject({ repeated: true });
      expect(await send('holdReview', question, ['marketing'])).toMatchObject({ __typename: 'Accepted' });
      const other = { ...question, to: '2198-12-30' };
      expect((await send('holdReview', other, ['marketing'])).code).toBe('review/already-held');
      expect(await held()).toEqual(first);
      expect(await ask('figures(codes: [OPEN_DEALS]) { figures { total { value } } }')).toEqual({
        figures: [{ total: [{ value: '1' }] }],
      });
    });

    it('of every kind, and no empty period or unknown zone', async () => {
      for (const kind of ['MONTHLY_SLA', 'QUARTERLY_DEFINITION'])
        await tell('holdReview', { ...question, reviewId: kind, kind, from: '2026-01-01' });
      const refused = async (change: object) =>
        (await send('holdReview', { ...question, reviewId: 'r9', ...change }, ['revops'])).code;
      expect(await refused({ to: '2019-12-31' })).toBe('time/empty-period');
      expect(await refused({ timeZone: 'Mars/X' })).toBe('time/unknown-zone');
      const all = await ask<{ edges: { node: { kind: string; intact: boolean } }[] }>(
        'reviews { edges { node { kind intact } } }',
      );
      expect(all.edges.map(({ node }) => node)).toEqual(
        ['QUARTERLY_DEFINITION', 'MONTHLY_SLA', 'WEEKLY_PIPELINE'].map((kind) => ({ kind, intact: true })),
      );
    });

    it('the agreed actions, until they are done', async () => {
      await tell('agreeReviewAction', { reviewId: 'r1', what: 'Call.', owner: 'rita', dueOn: '2024-01-12' }, ['sales']);
      await tell('agreeReviewAction', { reviewId: 'r1', what: 'Mail.', owner: 'mia', dueOn: '2199-01-12' }, ['sales']);
      const node = '{ totalCount edges { node { number owner open overdue } } }';
      expect(await ask(`overdueReviewActions ${node}`)).toEqual({
        totalCount: 1,
        edges: [{ node: { number: 1, owner: 'rita', open: true, overdue: true } }],
      });
      expect(await ask(`reviewActions(filter: { open: true }) ${node}`)).toMatchObject({ totalCount: 2 });
      await tell('completeReviewAction', { reviewId: 'r1', number: 1 }, ['sales']);
      expect(await ask(`overdueReviewActions ${node}`)).toMatchObject({ totalCount: 0 });
      expect(await ask(`reviewActions(filter: { open: false }) ${node}`)).toMatchObject({ totalCount: 1 });
      expect(await held()).toMatchObject({ actions: 2, intact: true });
    });
  });

  it('read the same figures on the command line', async () => {
    await served.settle();
    const report = (...options: string[]) =>
      batonJson<{ salesQualified: { needed: string | null }; warnings: string[] }>(
        folder,
        'report',
        'marketing-sla',
        ...options,
      );
    expect(await report()).toMatchObject({ salesQualified: { needed: '53 1/3' }, warnings: [] });
    // Before anything was agreed, there was no commitment.
    const before = await report('--period', '2020-Q1');
    expect(before.salesQualified.needed).toBeNull();
    expect(before.warnings).toHaveLength(1);
  });
});
