import { temporaryFolder } from './support/baton';
import { ask, capture, started } from './support/server';

/** Figures, cuts, faults and limits: each is answered alike, wherever that is done. */
const questions = [
  '{ attribution(model: MARKOV, order: 2, bootstrap: 5) { model total { conversions } rows { key } warnings } }',
  '{ attribution(definition: "channel-rules@1") { model } }',
  '{ leads(first: 2, asOf: { happenedBy: "2150-01-01T00:00:00Z" }) { totalCount nodes: edges { node { leadId email } } } }',
  '{ leads(email: "bob@example.org", asOf: { happenedBy: "2150-01-01T00:00:00Z" }) { nodes: edges { node { leadId } } } }',
  '{ a: leads(asOf: { happenedBy: "2020-01-01T00:00:00Z" }) { totalCount } now: leads { totalCount } }',
  'query Both { ...It } fragment It on Query { pipeline { __typename } salesCycle { __typename } status { name } }',
  '{ compareModels(models: [FIRST_TOUCH, LINEAR]) { reports { model } deals(first: 501) { totalCount } } }',
  '{ slaReport(groupBy: [NOTHING]) { groups { key } } }',
];

const settle = async (url: string, token: string) => {
  const last = capture('last').replace('__typename', '... on Accepted { position }');
  const { data } = (await ask(url, token, last)).body;
  const { position } = (data as unknown as { captureLead: { position: string } }).captureLead;
  await ask(url, token, `{ leads(atLeast: "${position}") { totalCount } }`);
};

const answersOf = async (dataDir: string, token: string, processes: string) => {
  const server = await started(dataDir, { BATON_QUERY_PROCESSES: processes, BATON_LOG_LEVEL: 'silent' });
  const key = token || server.token;
  if (!token) for (const lead of ['ada', 'bob', 'cem']) await ask(server.url, key, capture(lead));
  if (!token) await settle(server.url, key);
  const answers = [];
  for (const question of questions) {
    const { status, body } = await ask(server.url, key, question);
    answers.push({ status, body });
  }
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  server.child.kill('SIGTERM');
  const [code] = await server.ended;
  const heavy = Number(/baton_heavy_questions_total\{outcome="answered"\} (\d+)/.exec(metrics)?.[1] ?? 0);
  return { answers, heavy, code, key };
};

describe('heavy questions', () => {
  const folder = temporaryFolder();

  it('are answered in processes of their own as the event loop would answer them', async () => {
    const onLoop = await answersOf(folder, '', '0');
    expect(onLoop).toMatchObject({ heavy: 0, code: 0 });
    expect(JSON.stringify(onLoop.answers[2])).toContain('cem@example.org');
    expect(onLoop.answers[3]!.body.data).toEqual({ leads: { nodes: [{ node: { leadId: 'bob' } }] } });
    const inProcesses = await answersOf(folder, onLoop.key, '2');
    expect(inProcesses.answers).toEqual(onLoop.answers);
    expect(inProcesses).toMatchObject({ heavy: onLoop.answers.filter(({ status }) => status === 200).length, code: 0 });
  });
});
