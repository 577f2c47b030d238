import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { accessStreamOf, EventLog, type RawEvent, type Role } from '@baton/kernel';
import { FixedClock } from '@baton/kernel/testing';
import { Access, AccessLog, CHUNK_EVENTS, readEntries, RefusedAccess } from '@baton/platform/access';
import { baton, batonJson, Served, tableOf, temporaryFolder } from './support/baton';

interface Saw {
  readonly at: string;
  readonly caller: string;
  readonly operation: string;
  readonly opened: boolean;
  readonly reason: string | null;
  readonly leadIds: readonly string[];
  readonly people: number;
  readonly answers: number;
}
interface SawPage {
  readonly whoSaw: {
    readonly totalCount: number;
    readonly nodes: readonly Saw[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
  };
}

interface Walked {
  readonly nodes: readonly Pick<Saw, 'caller'>[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string;
  };
}

describe('who saw what', () => {
  const folder = temporaryFolder();
  // Ahead of the machine, so that the log's own time is never later than now.
  const clock = new FixedClock('2031-01-01T10:00:00.000Z');
  let served: Served;
  const recorded = async (type?: RegExp): Promise<readonly RawEvent[]> => {
    const events = await served.app.get(EventLog).read(accessStreamOf(clock.now()));
    return events.filter((event) => !type || type.test(event.type));
  };
  const tell = async (mutation: string) => {
    const { data, errors } = await served.ask<{ it: object }>(
      `mutation { it: ${mutation} { __typename ... on Refused { code message } } }`,
      ['admin'],
    );
    expect([mutation, errors, data.it]).toEqual([mutation, undefined, { __typename: 'Accepted' }]);
  };
  const capture = (id: string) =>
    tell(
      `captureLead(commandId: "${id}", input: { leadId: "${id}", name: "Name of ${id}", email: "${id}@example.org" })`,
    );
  const saw = async (leadId: string, args = '', as: readonly Role[] = ['auditor']) => {
    const fields =
      'nodes { at caller operation opened reason leadIds people answers } totalCount pageInfo { hasNextPage endCursor }';
    const { data, errors } = await served.ask<SawPage>(`{ whoSaw(leadId: "${leadId}"${args}) { ${fields} } }`, as);
    expect(errors).toBeUndefined();
    return data.whoSaw;
  };
  const names = (as: Role, list = 'leads(first: 10)') =>
    served.ask<{ leads: { nodes: { name: string | null }[] } }>(`{ ${list} { nodes { name email } } }`, [as]);

  beforeAll(async () => {
    served = await Served.start(folder, [], clock);
    for (const id of ['ada', 'bob', 'eve']) await capture(id);
    await served.settle();
  });
  afterAll(() => served.stop());

  it('records an answer with personal values before it leaves, and no other', async () => {
    const before = (await recorded(/^PersonalData/)).length;
    expect((await names('auditor')).data.leads.nodes.map(({ name }) => name)).toEqual([null, null, null]);
    await served.ask('{ leads { nodes { leadId stage } totalCount } }', ['sales']);
    expect((await recorded(/^PersonalData/)).length).toBe(before);
    expect((await names('sales')).data.leads.nodes).toHaveLength(3);
    const [event, ...more] = (await recorded(/^PersonalData/)).slice(before);
    expect(more).toEqual([]);
    expect(event).toMatchObject({
      type: 'PersonalDataRead',
      data: { operation: 'Query.leads', people: 3 },
      meta: { actor: 'sales', origin: 'person' },
    });
    expect((event!.data as { subjects: string[] }).subjects.sort()).toEqual(['lead-ada', 'lead-bob', 'lead-eve']);
    expect(JSON.stringify(await recorded())).not.toMatch(/Name of|@example/);
  });

  it('answers who saw a person, of merged leads as one, with filters and pages', async () => {
    await served.ask('{ lead(leadId: "eve") { name } }', ['marketing']);
    await tell('mergeLead(commandId: "m", input: { leadId: "ada", mergedLeadId: "eve" })');
    await served.settle();
    const ofAda = await saw('ada');
    expect(ofAda.nodes.map(({ caller, operation, leadIds }) => [caller, operation, [...leadIds].sort()])).toEqual([
      ['marketing', 'Query.lead', ['eve']],
      ['sales', 'Query.leads', ['ada', 'eve']],
    ]);
    expect(await saw('eve')).toEqual(ofAda);
    expect(ofAda.nodes.map(({ answers, people }) => [answers, people])).toEqual([
      [1, 1],
      [1, 3],
    ]);
    const ways = [', caller: "sales"', ', operation: "Query.lead"', ', from: "2031-01-01", to: "2031-01-01"'];
    const found = await Promise.all(ways.map((args) => saw('ada', args)));
    expect(found.map(({ nodes }) => nodes.map(({ caller }) => caller))).toEqual([
      ['sales'],
      ['marketing'],
      ['marketing', 'sales'],
    ]);
    expect((await saw('ada', ', to: "2030-12-31"')).nodes).toEqual([]);
    const first = await saw('ada', ', first: 1');
    expect([first.nodes.length, first.pageInfo.hasNextPage, first.totalCount]).toEqual([1, true, 2]);
    const second = await saw('ada', `, first: 1, after: "${first.pageInfo.endCursor}"`);
    expect([...first.nodes, ...second.nodes]).toEqual(ofAda.nodes);
    expect(second.pageInfo.hasNextPage).toBe(false);
    const last = await served.ask<SawPage>('{ whoSaw(leadId: "ada", last: 1) { nodes { caller } } }', ['auditor']);
    expect(last.data.whoSaw.nodes).toEqual([{ caller: 'sales' }]);
    const denied = await served.ask('{ whoSaw(leadId: "ada") { totalCount } }', ['sales']);
    expect(denied.errors![0]!.extensions.code).toBe('access/denied');
    const unknown = await served.ask('{ whoSaw(leadId: "nobody") { totalCount } }', ['auditor']);
    expect(unknown.errors![0]!.extensions.code).toBe('case-file/unknown');
  });

  it('finds the one answer among many, over days and parts of a day', async () => {
    const [accessLog, by] = [served.app.get(AccessLog), { actor: 'crowd', origin: 'person' } as const];
    for (const day of ['2031-01-02', '2031-01-03']) {
      clock.instant = `${day}T10:00:00.000Z`;
      const crowd = Array.from({ length: CHUNK_EVENTS + 10 }, (_, n) => readEntries(by, `export ${n}`, [`other${n}`]));
      await accessLog.record(crowd.flat());
      await accessLog.record(readEntries({ ...by, actor: `one of ${day}` }, 'Query.lead', ['bob']));
    }
    expect((await saw('bob')).nodes.map(({ caller }) => caller)).toEqual([
      ...['one of 2031-01-03', 'one of 2031-01-02', 'sales'],
    ]);
    expect((await saw('bob', ', from: "2031-01-02", to: "2031-01-02"')).nodes).toHaveLength(1);
  });

  it('opens one person for one answer of an auditor, with a reason', async () => {
    const open = (args: string, fields: string, as: Role = 'auditor') =>
      served.ask<{ it: Record<string, unknown>; leads?: { nodes: unknown[] } }>(
        `{ it: openPersonal(${args}) { ${fields} } leads { nodes { name } } }`,
        [as],
      );
    const { data, errors } = await open(
      'leadId: "eve", reason: "complaint 12"',
      'leadIds leads { name } caseFile(first: 50) { nodes { type personal sentence } }',
    );
    expect(errors).toBeUndefined();
    expect(data.it['leads']).toEqual([{ name: 'Name of eve' }, { name: 'Name of ada' }]);
    const file = data.it['caseFile'] as { nodes: { personal: string; sentence: string }[] };
    expect(file.nodes.filter(({ personal }) => personal === 'OPEN').length).toBe(2);
    expect(data.leads!.nodes).toEqual([{ name: null }, { name: null }]);
    expect((await recorded(/Opened/)).map(({ data: told, meta }) => [told, meta.actor])).toEqual([
      [
        { operation: 'Query.openPersonal', subjects: ['lead-eve', 'lead-ada'], people: 2, reason: 'complaint 12' },
        'auditor',
      ],
    ]);
    expect((await saw('ada', ', first: 1')).nodes[0]).toMatchObject({ opened: true, reason: 'complaint 12' });
    expect((await open('leadId: "eve", reason: " "', 'leadIds')).errors![0]!.extensions.code).toBe('access/no-reason');
    const file403 = 'caseFile { totalCount }';
    expect((await open('leadId: "eve", reason: "x"', file403, 'analyst')).errors![0]!.extensions.code).toBe(
      'access/denied',
    );
    expect((await open('leadId: "eve", reason: "x"', 'leadIds', 'sales')).errors![0]!.extensions.code).toBe(
      'access/denied',
    );
  });

  it('records the first use of a key each day, changed keys, and who was refused', async () => {
    await served.app.get(AccessLog).settle();
    clock.instant = '2031-01-04T10:00:00.000Z';
    const access = served.app.get(Access);
    const { keyId, token } = await access.issue('temp', ['analyst'], 'tester');
    const ask = (bearer: string, query = '{ me { actor } }') =>
      served.post<object>(JSON.stringify({ query }), {
        'content-type': 'application/json',
        authorization: `Bearer ${bearer}`,
      });
    for (let n = 0; n < 3; n++) await ask(token);
    await access.revoke(keyId, 'tester');
    for (let n = 0; n < 3; n++) expect((await ask(token)).errors![0]!.extensions.code).toBe('access/bad-key');
    await served.ask('{ keys { totalCount } }', ['sales']);
    served.app.get(RefusedAccess).endMinute();
    await served.app.get(AccessLog).settle();
    const told = (await recorded()).map(({ type, data, meta: { actor } }) => [type, actor, data]);
    expect(told).toEqual([
      ['KeyChanged', 'tester', { keyId, change: 'created' }],
      ['SignedIn', 'temp', { method: 'key', keyId, roles: ['analyst'] }],
      ['KeyChanged', 'tester', { keyId, change: 'revoked' }],
      ['AccessRefused', 'anonymous', { operation: 'query me', code: 'access/bad-key', count: 1 }],
      ['SignedIn', 'sales', expect.objectContaining({ method: 'key' })],
      ['AccessRefused', 'sales', { operation: 'query keys', code: 'access/denied', count: 1 }],
      ['AccessRefused', 'anonymous', { operation: 'query me', code: 'access/bad-key', count: 2 }],
    ]);
  });

  it('records whom a personal text finds, though nothing else of them is shown', async () => {
    const before = (await recorded(/^PersonalData/)).length;
    const asked = [
      '{ leads(filter: { email: "bob@example.org" }) { nodes { leadId } } }',
      '{ search(text: "ada@example.org") { nodeId } }',
      '{ leads(filter: { email: "nobody@example.org" }) { nodes { leadId } } }',
      '{ leads(filter: { company: { in: ["Loom"] } }) { nodes { leadId } } }',
      '{ search(text: "nobody") { nodeId } }',
    ];
    for (const query of asked) expect((await served.ask(query, ['marketing'])).errors).toBeUndefined();
    const found = (await recorded(/^PersonalData/)).slice(before);
    expect(found.map(({ type, data, meta: { actor } }) => [type, actor, data])).toEqual([
      ['PersonalDataRead', 'marketing', { operation: 'Query.leads', subjects: ['lead-bob'], people: 1, answers: 1 }],
      ['PersonalDataRead', 'marketing', { operation: 'Query.search', subjects: ['lead-ada'], people: 1, answers: 1 }],
    ]);
  });

  it('shows no personal value that cannot be recorded, and says so', async () => {
    const place = join(folder, 'log-deferred');
    await served.app.get(EventLog).tip(); // what was deferred is in the log
    rmSync(place, { recursive: true });
    writeFileSync(place, ''); // where the folder should be
    const { data, errors } = await names('sales');
    const found = await served.ask('{ leads(filter: { name: "Name of bob" }) { nodes { leadId } } }', ['sales']);
    rmSync(place);
    expect(found.errors!.map(({ extensions }) => extensions.code)).toEqual(['access/not-recorded']);
    expect(JSON.stringify(found.data)).not.toContain('bob');
    expect(data.leads.nodes.map(({ name }) => name)).toEqual([null, null]);
    expect(errors!.map(({ extensions }) => extensions.code)).toEqual(['access/not-recorded']);
    expect((await names('sales')).errors).toBeUndefined();
  });

  it('pages through all answers where those of an earlier day came into the log later', async () => {
    const accessLog = served.app.get(AccessLog);
    // A clock that is set back over midnight; also a process that ended with records which the next one took in.
    for (const at of ['2031-02-02T00:00:01.000Z', '2031-02-01T23:59:59.000Z', '2031-02-02T00:00:02.000Z']) {
      clock.instant = at;
      const by = { actor: `at ${at}`, origin: 'person' } as const;
      await accessLog.record(readEntries(by, 'Query.lead', ['zoe']));
      await served.app.get(EventLog).flush();
    }
    await capture('zoe');
    await served.settle();
    const callers = ['at 2031-02-02T00:00:02.000Z', 'at 2031-02-02T00:00:01.000Z', 'at 2031-02-01T23:59:59.000Z'];
    expect((await saw('zoe')).nodes.map(({ caller }) => caller)).toEqual(callers);
    const walk = async (count: string, cursor: string) => {
      const found: string[] = [];
      for (let place: string | undefined, more = true; more;) {
        const { data } = await served.ask<{ whoSaw: Walked }>(
          `{ whoSaw(leadId: "zoe", ${count}: 1${place ? `, ${cursor}: "${place}"` : ''}) {
               nodes { caller } pageInfo { hasNextPage hasPreviousPage startCursor } } }`,
          ['auditor'],
        );
        const { nodes, pageInfo } = data.whoSaw;
        found.push(...nodes.map(({ caller }) => caller));
        [place, more] = [pageInfo.startCursor, count === 'first' ? pageInfo.hasNextPage : pageInfo.hasPreviousPage];
        expect(found.length).toBeLessThanOrEqual(callers.length);
      }
      return found;
    };
    expect(await walk('first', 'after')).toEqual(callers);
    expect(await walk('last', 'before')).toEqual([...callers].reverse());
  });
});

describe('on the command line', () => {
  const folder = temporaryFolder();

  it('what is shown is recorded too, with the reason, and who saw it is told', async () => {
    const served = await Served.start(folder);
    await served.ask('mutation { captureLead(commandId: "a", input: { leadId: "ada", name: "Ada" }) { __typename } }', [
      'admin',
    ]);
    await served.settle();
    await served.stop();
    const shown = await baton(folder, 'case-file', 'lead', 'ada', '--personal', '--reason', 'complaint 12');
    expect([shown.status, shown.stdout]).toEqual([0, expect.stringContaining('Ada')]);
    expect((await baton(folder, 'case-file', 'lead', 'ada')).stdout).not.toContain('Ada');
    const [row, ...more] = await batonJson<Saw[]>(folder, 'who-saw', 'ada');
    expect(more).toEqual([]);
    expect(row).toMatchObject({ operation: 'case-file', reason: 'complaint 12', leadIds: ['ada'], opened: false });
    const { stdout } = await baton(folder, 'who-saw', 'ada', '--operation', 'case-file');
    expect(tableOf(stdout)[1]).toEqual([expect.any(String), row!.caller, 'case-file', 'complaint 12']);
    expect((await baton(folder, 'case-file', 'lead', 'ada', '--reason', 'x')).stderr).toContain('cli/bad-argument');
  });
});
