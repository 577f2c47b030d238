import { temporaryFolder } from './support/baton';
import { ask, capture, started } from './support/server';

/** Figures, cuts, errors and limits: the result does not depend on the process. */
const questions = [
  '{ attribution(model: MARKOV, order: 2, bootstrap: 5) { model total { conversions } rows { key } warnings } }',
  '{ attribution(definition: "channel-rules@1") { model } }',
  '{ leads(first: 2, asOf: { happenedBy: "2150-01-01T00:00:00Z" }) { totalCount nodes: edges { node { leadId email } } } }',
  '{ leads(filter: { email: "bob@example.org" }, asOf: { happenedBy: "2150-01-01T00:00:00Z" }) { nodes: edges { node { leadId } } } }',
  '{ a: leads(asOf: { happenedBy: "2020-01-01T00:00:00Z" }) { totalCount } now: leads { totalCount } }',
  '{ leads(filter: { score: { none: true } }, orderBy: { field: SCORE }, first: 2) { totalCount nodes { leadId score } } }',
  'query Both { ...It } fragment It on Query { unlistedColleagues { totalCount } feedbackTopics(topic: OBJECTIONS) { __typename } status { name } }',
  '{ compareModels(models: [FIRST_TOUCH, LINEAR]) { reports { model } deals(first: 501) { totalCount } } }',
  '{ speedToLead(groupBy: [NOTHING]) { groups { key } } }',
];

const history = [
  'captureLead(commandId: "c1", input: { leadId: "ada", email: "ada@example.org" })',
  'recordTouch(commandId: "c2", occurredAt: "2024-03-01T10:00:00Z", input: { leadId: "ada", action: "click", team: MARKETING, source: "example", medium: "email" })',
  'openOpportunity(commandId: "c3", input: { opportunityId: "deal", amount: { minor: 1000, currency: "EUR" } })',
  'addContactRole(commandId: "c4", input: { opportunityId: "deal", leadId: "ada" })',
  'winOpportunity(commandId: "c5", input: { opportunityId: "deal" })',
];
/** A command that is as expensive as a report. */
const freeze = (period: string, lookback: string) => `mutation { freezePeriod(commandId: "freeze-${period}", input: {
  periodId: "${period}", from: "2024-01-01", to: "2189-12-31", timeZone: "UTC", by: CHANNEL, lookback: "${lookback}"
}) { __typename ... on Accepted { position } ... on Refused { code path } } }`;

const settle = async (url: string, token: string) => {
  const last = capture('last').replace('__typename', '... on Accepted { position }');
  const { data } = (await ask(url, token, last)).body;
  const { position } = (data as unknown as { captureLead: { position: string } }).captureLead;
  await ask(url, token, `{ leads(atLeast: "${position}") { totalCount } }`);
};

const answersOf = async (dataDir: string, token: string, processes: string) => {
  const server = await started(dataDir, { BATON_QUERY_PROCESSES: processes, BATON_LOG_LEVEL: 'silent' });
  const key = token || server.token;
  if (!token) for (const step of history) await ask(server.url, key, `mutation { ${step} { __typename } }`);
  if (!token) for (const lead of ['bob', 'cem']) await ask(server.url, key, capture(lead));
  if (!token) await settle(server.url, key);
  const answers = [];
  for (const question of questions) {
    const { status, body } = await ask(server.url, key, question);
    answers.push({ status, body });
  }
  const frozen = await freezing(server.url, key, processes);
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  server.child.kill('SIGTERM');
  const [code] = await server.ended;
  const heavy = Number(/baton_heavy_questions_total\{outcome="answered"\} (\d+)/.exec(metrics)?.[1] ?? 0);
  return { answers, frozen, heavy, code, key };
};

/** A frozen period, except for the time, and a refused one. */
const freezing = async (url: string, token: string, period: string) => {
  const refused = (await ask(url, token, freeze('no', 'P1M'))).body.data!['freezePeriod'];
  const accepted = (await ask(url, token, freeze(period, 'none'))).body.data!['freezePeriod'] as unknown as {
    readonly position: string;
  };
  const figures = 'total { conversions revenue { minor currency } } rows { key conversions }';
  const list = `{ frozenPeriods(atLeast: "${accepted.position}") { edges { node {
    periodId model by lookback timeZone attribution channelRules intact figures { ${figures} } } } } }`;
  const { frozenPeriods } = (await ask(url, token, list)).body.data as unknown as {
    readonly frozenPeriods: { readonly edges: readonly { readonly node: { readonly periodId: string } }[] };
  };
  const { periodId: _, ...facts } = frozenPeriods.edges.map(({ node }) => node).find((one) => one.periodId === period)!;
  return { refused, facts };
};

describe('heavy queries', () => {
  const folder = temporaryFolder();
  const other = temporaryFolder();

  it('give the same results in processes of their own as in the event loop', async () => {
    const onLoop = await answersOf(folder, '', '0');
    expect(onLoop).toMatchObject({ heavy: 0, code: 0 });
    expect(JSON.stringify(onLoop.answers[2])).toContain('cem@example.org');
    expect(onLoop.answers[3]!.body.data).toEqual({ leads: { nodes: [{ node: { leadId: 'bob' } }] } });
    expect(onLoop.frozen).toMatchObject({
      refused: { __typename: 'Refused', code: 'time/not-a-duration', path: 'lookback' },
      facts: { intact: true, figures: { rows: [{ key: 'email', conversions: 1 }] } },
    });
    const inProcesses = await answersOf(folder, onLoop.key, '2');
    expect(inProcesses.answers).toEqual(onLoop.answers);
    expect(inProcesses.frozen).toEqual(onLoop.frozen);
    const works = 2; // a period that is frozen, and one that is refused
    const heavy = onLoop.answers.filter(({ status }) => status === 200).length + works;
    expect(inProcesses).toMatchObject({ heavy, code: 0 });
  });

  it('know what the server has shown a moment ago', async () => {
    const server = await started(other, { BATON_QUERY_PROCESSES: '1', BATON_LOG_LEVEL: 'silent' });
    const send = (query: string) => ask(server.url, server.token, query);
    await send(capture('ada'));
    await settle(server.url, server.token);
    // The page is large: another process answers it.
    const large = '{ whoSaw(leadId: "ada", first: 500) { nodes { answers caller operation people position } } }';
    const answers = async () => {
      const { whoSaw } = (await send(large)).body.data as unknown as Record<'whoSaw', { nodes: { answers: number }[] }>;
      return whoSaw.nodes.reduce((sum, one) => sum + one.answers, 0);
    };
    const found: number[] = [];
    for (let n = 0; n < 3; n++) {
      await send('{ lead(leadId: "ada") { email } }');
      found.push(await answers());
    }
    expect(found).toEqual([1, 2, 3]);
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toContain('baton_heavy_questions_total{outcome="answered"} 3');
    server.child.kill('SIGTERM');
    await server.ended;
  });
});
