import type { Role } from '@baton/kernel';
import { startingPolicy } from '@baton/sla-clocks';
import { Served, temporaryFolder } from './support/baton';

interface Outcome {
  readonly __typename: 'Accepted' | 'Refused';
  readonly position: string;
  readonly code: string;
  readonly message: string;
}
interface Lead {
  readonly stage: string;
  readonly rep: string | null;
  readonly handoffs: number;
}

describe('a lead that meets the definition', () => {
  const folder = temporaryFolder();
  let served: Served;
  let sent = 0;
  beforeAll(async () => void (served = await Served.start(folder)));
  afterAll(() => served.stop());

  const tell = async (command: string, input: object, as: readonly Role[] = ['revops']): Promise<string> => {
    const type = `${command.charAt(0).toUpperCase()}${command.slice(1)}Input!`;
    const { data, errors } = await served.ask<{ it: Outcome }>(
      `mutation ($id: ID!, $input: ${type}) { it: ${command}(commandId: $id, input: $input) {
        __typename ... on Accepted { position } ... on Refused { code message } } }`,
      as,
      { id: `command-${sent++}`, input },
    );
    if (errors) throw new Error(JSON.stringify(errors));
    if (data.it.__typename === 'Refused') throw new Error(`${command}: ${data.it.code} ${data.it.message}`);
    return data.it.position;
  };
  const agree = async (definitionId: string, body: object) => {
    await tell('proposeDefinition', { definitionId, body, reason: 'agreed' });
    for (const team of ['marketing', 'sales'] as const)
      await tell('approveDefinition', { definitionId, number: 1, team: team.toUpperCase() }, [team]);
  };
  const lead = async (leadId: string): Promise<Lead> => {
    const { data } = await served.ask<{ lead: Lead }>(`{ lead(leadId: "${leadId}") { stage rep handoffs } }`, [
      'analyst',
    ]);
    return data.lead;
  };
  const visit = (leadId: string) =>
    tell('recordTouch', { leadId, action: 'page-view', page: '/product', team: 'MARKETING' });
  const captured = async (leadId: string, employees: number) => {
    await tell('captureLead', { leadId, employees, source: 'web', email: `${leadId}@example.org` });
    await visit(leadId);
    await visit(leadId);
  };

  it('is handed off to the rep whose turn it is, by the touch that met the definition', async () => {
    await agree('mql', {
      statement: 'Works for 50 or more and has visited our product pages three times in the past month.',
      criteria: {
        all: [
          { field: 'employees', gte: 50 },
          { touches: { action: 'page-view', page: '/product*' }, gte: 3, within: 'P30D' },
        ],
      },
    });
    await agree('sla-policy', startingPolicy([]));
    await agree('routing', {
      handoffOwner: 'hanna',
      rules: [{ name: 'large', when: [{ field: 'employees', atLeast: 500 }], queue: 'enterprise' }],
      otherwise: 'all',
    });
    await tell('joinQueue', { routingId: 'all', rep: 'sam', weight: 1 });
    await tell('joinQueue', { routingId: 'all', rep: 'rita', weight: 1 });
    await captured('ada', 60);
    expect(await lead('ada')).toEqual({ stage: 'LEAD', rep: null, handoffs: 0 });
    await visit('ada');
    await served.settle();
    expect(await lead('ada')).toEqual({ stage: 'HANDED_OFF', rep: 'rita', handoffs: 1 });
  });

  const packageOf = (leadId: string, as: Role) =>
    served.ask<{ handoffPackage: Record<string, unknown> | null }>(
      `{ handoffPackage(leadId: "${leadId}") {
        rep count queue complete missing definition evidence touches source
        contact { email phone } firmographics { employees } firstTouch { action page } pages { name count }
        signals { code count times } earlierHandoffs { count rep outcome reason } } }`,
      [as],
    );
  it('has a complete package, for roles that work with leads by name', async () => {
    await served.settle();
    const { data } = await packageOf('ada', 'sales');
    expect(data.handoffPackage).toMatchObject({
      ...{ rep: 'rita', count: 1, queue: 'all', complete: true, missing: [], definition: 'mql@1', touches: 3 },
      ...{ source: 'web', contact: { email: 'ada@example.org', phone: null }, firmographics: { employees: 60 } },
      firstTouch: { action: 'page-view', page: '/product' },
      pages: [{ name: '/product', count: 3 }],
      signals: [{ code: 'repeated-visits', count: 1, times: [expect.any(String)] }],
      evidence: {
        leaves: [{ value: 60 }, { value: 3, touches: [expect.any(String), expect.any(String), expect.any(String)] }],
      },
      earlierHandoffs: [],
    });
    const { errors } = await packageOf('ada', 'analyst');
    expect(errors).toMatchObject([{ extensions: { code: 'access/denied' } }]);
  });
  it('goes back if it did not count, which costs the rep no turn, and is routed again when it meets the definition again', async () => {
    await tell('rejectLead', { leadId: 'ada', reason: 'wrong-person' }, ['sales']);
    await served.settle();
    await visit('ada');
    await served.settle();
    // It is still rita's turn: the returned lead does not count.
    expect(await lead('ada')).toEqual({ stage: 'HANDED_OFF', rep: 'rita', handoffs: 2 });
    const { data } = await packageOf('ada', 'marketing');
    const earlierHandoffs = [{ count: 1, rep: 'rita', outcome: 'REJECTED', reason: 'wrong-person' }];
    expect(data.handoffPackage).toMatchObject({ count: 2, earlierHandoffs });
  });

  it('goes to the handoff owner if all are absent, and twenty at once are shared out evenly', async () => {
    await captured('big', 900);
    await visit('big');
    const many = Array.from({ length: 20 }, (_, index) => `lead-${index}`);
    await Promise.all(many.map((leadId) => captured(leadId, 60)));
    await Promise.all(many.map(visit));
    await served.settle();
    expect(await lead('big')).toMatchObject({ stage: 'HANDED_OFF', rep: 'hanna' });
    const { data } = await served.ask<{ routingQueues: { edges: { node: object }[] } }>(
      '{ routingQueues { edges { node { routingId routed toHandoffOwner reps { rep assigned level } } } } }',
      ['analyst'],
    );
    expect(data.routingQueues.edges.map(({ node }) => node)).toEqual([
      {
        routingId: 'all',
        routed: 22,
        toHandoffOwner: 0,
        reps: [
          { rep: 'sam', assigned: 10, level: 10 },
          { rep: 'rita', assigned: 12, level: 11 },
        ],
      },
      { routingId: 'enterprise', routed: 1, toHandoffOwner: 1, reps: [] },
    ]);
  });
});
