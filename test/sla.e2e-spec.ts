import type { Role } from '@baton/kernel';
import { startingPolicy } from '@baton/sla-clocks';
import { handoffs } from '@baton/sales-sla';
import { ReadModels } from '@baton/platform/documents';
import { Runner } from '@baton/platform/runner';
import type { Client } from 'graphql-ws';
import { batonJson, Served, temporaryFolder } from './support/baton';
import { listen, socketOf, subscriber } from './support/subscriber';

interface Board {
  readonly totalCount: number;
  readonly edges: readonly { readonly node: Record<string, unknown> }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

describe('the SLA of sales', () => {
  const folder = temporaryFolder();
  let served: Served;
  let sent = 0;
  const clients: Client[] = [];
  beforeAll(async () => void (served = await Served.start(folder)));
  afterEach(async () => void (await Promise.all(clients.splice(0).map((client) => client.dispose()))));
  afterAll(() => served.stop());

  const tell = async (command: string, input: object, as: readonly Role[] = ['revops']): Promise<string> => {
    const type = `${command.charAt(0).toUpperCase()}${command.slice(1)}Input!`;
    const { data, errors } = await served.ask<{ it: { position: string; code?: string } }>(
      `mutation ($id: ID!, $input: ${type}) { it: ${command}(commandId: $id, input: $input) {
        ... on Accepted { position } ... on Refused { code } } }`,
      as,
      { id: `sla-${sent++}`, input },
    );
    if (errors || data.it.code) throw new Error(`${command}: ${JSON.stringify(errors ?? data)}`);
    return data.it.position;
  };
  const ask = async <T>(query: string, as: readonly Role[] = ['revops'], variables: object = {}): Promise<T> => {
    const { data, errors } = await served.ask<{ it: T }>(query, as, variables);
    if (errors) throw new Error(JSON.stringify(errors));
    return data.it;
  };
  const agree = async (definitionId: string, body: object) => {
    await tell('proposeDefinition', { definitionId, body, reason: 'agreed' });
    for (const team of ['marketing', 'sales'] as const)
      await tell('approveDefinition', { definitionId, number: 1, team: team.toUpperCase() }, [team]);
  };
  const handOff = async (leadId: string, rep: string) => {
    await tell('captureLead', { leadId, company: `${leadId} & sons`, email: `${leadId}@example.org`, employees: 60 });
    await tell('qualifyLead', { leadId });
    await tell('handOffLead', { leadId, rep });
  };
  const models = () => served.app.get(ReadModels);
  const call = (leadId: string) =>
    tell('recordTouch', { leadId, action: 'call', team: 'SALES', direction: 'OUTBOUND' }, ['sales']);
  const subscribing = async (...granted: Role[]) => {
    const client = subscriber(socketOf(served), `Bearer ${await served.token(...granted)}`);
    clients.push(client);
    return client;
  };

  it('shows each rep the next obligations with their due times', async () => {
    await agree('mql', { statement: 'As marketing sees it.' });
    await agree('sla-policy', startingPolicy([]));
    await agree('scoring-model', {
      fit: { rules: [{ code: 'size', when: { field: 'employees', gte: 50 }, points: 10 }] },
      engagement: { rules: [{ code: 'call', touches: { action: 'call' }, points: 5 }] },
    });
    await handOff('ada', 'rita');
    await handOff('bob', 'sam');
    await handOff('cy', 'rita');
    await served.settle();
    const queue = await ask<Board>(
      `{ it: handoffQueue(filter: { rep: { in: ["rita"] } }) { totalCount edges { node {
        leadId rep since dueAt limboAt limbo attempts clocks { kind state dueAt clock } lead { company email } } } } }`,
      ['sales'],
    );
    expect(queue.totalCount).toBe(2);
    expect(queue.edges.map(({ node }) => node)).toMatchObject([
      {
        ...{ leadId: 'ada', rep: 'rita', limbo: false, attempts: 0 },
        clocks: [
          { kind: 'first-response', state: 'RUNNING', clock: 'WALL_CLOCK' },
          { kind: 'disposition', state: 'RUNNING', clock: 'WALL_CLOCK' },
        ],
        lead: { company: 'ada & sons', email: 'ada@example.org' },
      },
      { leadId: 'cy' },
    ]);
    const [{ node }] = queue.edges as [Board['edges'][0]];
    expect(node['dueAt']).toBe((node['clocks'] as { dueAt: string }[])[0]!.dueAt);
    expect(await ask<Board>('{ it: limbo { totalCount } }', ['marketing'])).toEqual({ totalCount: 0 });
  });

  it('shows the current clocks of a lead', async () => {
    await call('cy');
    await served.settle();
    const file = '{ it: lead(leadId: "cy") { stage history { stage } clocks { kind } } }';
    expect(await ask(file)).toMatchObject({
      ...{ stage: 'HANDED_OFF', clocks: [{ kind: 'disposition' }] },
      history: [{ stage: 'LEAD' }, { stage: 'MQL' }, { stage: 'HANDED_OFF' }],
    });
    const before = '{ it: lead(leadId: "cy", asOf: { happenedBy: "2020-01-01T00:00:00Z" }) { stage clocks { kind } } }';
    expect(await ask(before)).toBeNull();
  });

  it('gives the same score for the same version and instant after every read model was rebuilt', async () => {
    const instant = new Date().toISOString();
    const query = `query ($at: Instant!) {
      it: score(leadId: "cy", at: $at, definition: "scoring-model@1") { definition points fit engagement grade entries { code cause axis hundredths ageMs touchId } } }`;
    const before = await ask<{ points: number; entries: readonly unknown[] }>(query, ['analyst'], { at: instant });
    expect(before.points).toBe(15);
    expect(before.entries.length).toBeGreaterThan(0);
    await call('cy'); // events after the instant do not change it
    const runner = served.app.get(Runner);
    for (const name of runner.readModels()) await runner.rebuild(name);
    await served.settle();
    expect(JSON.stringify(await ask(query, ['analyst'], { at: instant }))).toBe(JSON.stringify(before));
  });

  it('pages through the board, and explains a deadline', async () => {
    const page = (after: string | null) =>
      ask<Board>(
        `query ($after: String) { it: slaBoard(state: RUNNING, first: 2, after: $after) {
          totalCount edges { node { clockId state knownState dueAt passed lead { company } } } pageInfo { hasNextPage endCursor } } }`,
        ['analyst'],
        { after },
      );
    const found: Record<string, unknown>[] = [];
    for (let after: string | null = null; ;) {
      const { totalCount, edges, pageInfo }: Board = await page(after);
      expect(totalCount).toBe(5);
      found.push(...edges.map(({ node }) => node));
      if (!pageInfo.hasNextPage) break;
      after = pageInfo.endCursor;
    }
    expect(found).toHaveLength(5);
    const dues = found.map(({ dueAt }) => String(dueAt));
    expect(dues).toEqual([...dues].sort());
    const { clockId, dueAt } = found[0]!;
    expect(found[0]).toMatchObject({ state: 'RUNNING', knownState: 'RUNNING', lead: { company: 'ada & sons' } });
    const clock = await ask<{ dueAt: string; budgetMs: number; working: { from: string; to: string; kind: string }[] }>(
      'query ($clockId: ID!) { it: slaClock(clockId: $clockId) { dueAt budgetMs working { from to kind } } }',
      ['auditor'],
      { clockId },
    );
    expect(clock.dueAt).toBe(dueAt);
    const [part, ...rest] = clock.working as [(typeof clock.working)[0]];
    expect([rest, part.kind, part.to, Date.parse(part.to) - Date.parse(part.from)]).toEqual([
      [],
      'COUNTED',
      dueAt,
      clock.budgetMs,
    ]);
  });

  it('notifies subscribers of the queue and the board of changes, and resumes after a position', async () => {
    const queue =
      'subscription ($rep: TextFilter, $after: String) { handoffQueueChanges(rep: $rep, after: $after) { position waiting leads { leadId clocks { kind } } } }';
    const mine = listen(await subscribing('sales'), queue, { rep: { in: ['rita'] } });
    const all = listen(await subscribing('revops'), queue);
    const board = listen(
      await subscribing('analyst'),
      'subscription { slaBoardChanges(kind: "disposition") { position counts { state clocks } } }',
    );
    const counted = (answer: Record<string, unknown>, state: string) =>
      (answer['counts'] as { state: string; clocks: number }[]).find((each) => each.state === state)!.clocks;
    const [first] = await mine.until(1);
    expect(first).toMatchObject({ waiting: 2, leads: [{ leadId: 'ada', clocks: [{}, {}] }, { leadId: 'cy' }] });
    const [before] = await board.until(1);
    await all.until(1);
    await tell('acceptLead', { leadId: 'ada' }, ['sales']);
    const [, second] = await mine.until(2);
    expect(second).toMatchObject({ waiting: 1, leads: [{ leadId: 'cy' }] });
    const [, after] = await board.until(2);
    expect([counted(after!, 'MET'), counted(after!, 'RUNNING')]).toEqual([
      counted(before!, 'MET') + 1,
      counted(before!, 'RUNNING') - 1,
    ]);
    mine.stop();
    await handOff('dan', 'sam');
    const resumed = listen(await subscribing('sales'), queue, { rep: { in: ['rita'] }, after: await served.settle() });
    await handOff('eve', 'rita');
    for (let count = 1; (await resumed.until(count)).at(-1)!['waiting'] !== 2; count++);
    expect(String(resumed.answers.at(-1)!['position']) > String(second!['position'])).toBe(true);
    for (let count = 1; (await all.until(count)).at(-1)!['waiting'] !== 4; count++);
    expect([mine.codes, all.codes, board.codes, resumed.codes]).toEqual([[], [], [], []]);
  });

  it('reports obligations and outcomes of handoffs, and lists as many as it counts', async () => {
    await tell('rejectLead', { leadId: 'bob', reason: 'wrong-person' }, ['sales']);
    await served.settle();
    type Shown = { figures: { code: string; groups: { key: string | null; values: { value: string }[] }[] }[] };
    const figures = (args: string) =>
      ask<Shown>(`{ it: figures(${args}) { figures { code groups { key values { value } } } } }`, ['marketing']);
    const numbers = ({ groups }: Shown['figures'][number]) =>
      Object.fromEntries(groups.map(({ key, values }) => [key, Number(values[0]!.value)]));
    const kinds = (await figures('codes: [SLA_DUE], by: KIND')).figures.map(numbers)[0]!;
    expect(Object.keys(kinds).length).toBeGreaterThan(1);
    for (const [kind, due] of Object.entries(kinds)) {
      const count = async (state: string) =>
        (
          await ask<Board>(
            `query ($filter: SlaClockFilter) { it: slaBoard(state: ${state}, filter: $filter) { totalCount } }`,
            ['analyst'],
            { filter: { kind: { in: [kind] } } },
          )
        ).totalCount;
      const states = ['MET', 'MET_LATE', 'BREACHED', 'RUNNING', 'AT_RISK'];
      const counts = await Promise.all(states.map(count));
      expect([kind, counts.reduce((sum, one) => sum + one, 0)]).toEqual([kind, due]);
    }
    const [byDisposition] = (await figures('codes: [HANDOFFS], by: DISPOSITION')).figures;
    expect(numbers(byDisposition!)).toEqual({ accepted: 1, rejected: 1, waiting: 3 });
    const list = await ask<Board>(
      '{ it: handoffs(disposition: REJECTED, reason: { in: ["wrong-person"] }) { totalCount edges { node { leadId disposition attempts at } } } }',
    );
    expect([list.totalCount, list.edges[0]!.node]).toEqual([
      1,
      { leadId: 'bob', disposition: 'REJECTED', attempts: 0, at: expect.any(String) },
    ]);
    const rates = await figures('codes: [REJECTION_RATE], by: MONTH, definition: { in: ["mql@1"] }');
    expect(numbers(rates.figures[0]!)).toEqual({ [String(list.edges[0]!.node['at']).slice(0, 7)]: 0.2 });
    const printed = await batonJson<Shown>(folder, 'figures', 'sla-due', '--by', 'kind');
    expect(numbers(printed.figures[0]!)).toEqual(kinds);
  });

  it('is available as of any day', async () => {
    const soon = new Date(Date.now() + 3 * 86_400_000).toISOString();
    const then = `asOf: { happenedBy: "${soon}" }`;
    const limbo = await ask<Board>(
      `{ it: limbo(${then}) { totalCount edges { node { leadId limbo clocks { state } } } } }`,
    );
    expect(limbo.edges.map(({ node }) => node)).toEqual(
      ['cy', 'dan', 'eve'].map((leadId) => ({
        ...{ leadId, limbo: true, clocks: leadId === 'cy' ? [{ state: 'BREACHED' }] : expect.any(Array) },
      })),
    );
    const handedOff = new Date((await models().get(handoffs, 'ada'))!.firstAt!).toISOString();
    const first = await ask<Board>(
      `{ it: handoffs(last: 1, asOf: { happenedBy: "${handedOff}" }) { totalCount edges { node { leadId lead { stage } } } } }`,
    );
    expect([first.totalCount, first.edges[0]!.node]).toEqual([1, { leadId: 'ada', lead: { stage: 'HANDED_OFF' } }]);
    const counts = await ask<{ state: string; clocks: number }[]>(
      `{ it: slaCounts(kind: "disposition", ${then}) { state clocks } }`,
    );
    expect(counts).toContainEqual({ state: 'BREACHED', clocks: 3 });
    expect(await ask<Board>('{ it: slaBoard(asOf: { knownBy: "2020-01-01T00:00:00Z" }) { totalCount } }')).toEqual({
      totalCount: 0,
    });
  });

  it('shows the clocks of a merged lead waiting, and orders, filters and counts values of the board', async () => {
    await tell('mergeLead', { leadId: 'dan', mergedLeadId: 'eve' });
    await served.settle();
    const waiting = await ask<Board>(
      `{ it: slaBoard(state: WAITING, orderBy: { field: KIND }) { totalCount edges { node { leadId kind state knownState } } } }`,
    );
    expect(waiting.edges.map(({ node }) => node)).toEqual(
      ['disposition', 'first-response'].map((kind) => ({
        ...{ leadId: 'eve', kind, state: 'WAITING', knownState: 'WAITING' },
      })),
    );
    const ofReps = '{ none: true, in: ["rita", "sam"] }';
    const met = await ask<{ nodes: unknown[]; facets: { values: { value: string; count: number }[] }[] }>(
      `{ it: slaBoard(last: 2, filter: { outcome: { in: [MET] }, breachRecorded: false, rep: ${ofReps} }, orderBy: { field: ANSWER_BY, direction: DESC }) {
        nodes { leadId state recordedLate } facets(fields: [OUTCOME]) { values { value count } } } }`,
    );
    expect(met.nodes).toEqual(['ada', 'cy'].map((leadId) => ({ ...{ leadId, state: 'MET', recordedLate: false } })));
    const open = await ask<{ totalCount: number }>(
      '{ it: slaBoard(filter: { outcome: { in: [OPEN] } }) { totalCount } }',
    );
    expect(met.facets[0]!.values).toContainEqual({ value: 'OPEN', count: open.totalCount });
  });

  it('refuses a zone that does not exist', async () => {
    const { errors } = await served.ask('{ slaCounts(timeZone: "Mars/Base") { state } }', ['analyst']);
    expect(errors?.[0]?.extensions.code).toBe('time/unknown-zone');
  });
});
