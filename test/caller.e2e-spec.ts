import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import { LogHeads } from '@baton/audit/audit.module';
import { EventLog, roles, type Role } from '@baton/kernel';
import { eventually } from '@baton/kernel/testing';
import { leadCommands } from '@baton/leads';
import { opportunityCommands } from '@baton/opportunities';
import { getNullableType } from 'graphql';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { baton, onServers, Served, temporaryFolder } from './support/baton';
import { storeCallsOf } from './support/calls';
import { documentOf, neededBy } from './support/sample-operations';
import { firstOf, listen, socketOf, subscriber } from './support/subscriber';

interface Can {
  readonly mutations: readonly string[];
  readonly queries: readonly string[];
  readonly personal: boolean;
}
const PAGE = 'https://app.example.org';

describe('a caller', () => {
  const folder = temporaryFolder();
  let served: Served;
  beforeAll(async () => {
    onServers(folder, { BATON_CORS_ORIGINS: PAGE });
    served = await Served.start(folder);
  });
  afterAll(() => served.stop());

  it('can query who it is', async () => {
    const { data } = await served.ask('{ me { actor roles origin } }', ['sales', 'analyst']);
    expect(data).toEqual({ me: { actor: 'sales-analyst', roles: ['SALES', 'ANALYST'], origin: 'PERSON' } });
    expect((await served.ask('{ me { actor } }', undefined)).errors![0]!.extensions.code).toBe(
      'access/unauthenticated',
    );
    const keys = await served.ask(
      '{ keys(filter: { label: { startsWith: "sales" } }) { nodes { label roles origin revokedAt } } }',
      ['admin'],
    );
    const key = { label: 'sales-analyst', roles: ['SALES', 'ANALYST'], origin: 'PERSON', revokedAt: null };
    expect(keys.data).toEqual({ keys: { nodes: [key] } });
  });

  it('is told what its roles let it do, which is what the access matrix says', async () => {
    const matrix = JSON.parse(readFileSync(join(__dirname, 'access-matrix.json'), 'utf8')) as Record<string, Role[]>;
    const { schema } = served.app.get(GraphQLSchemaHost);
    const subscriptions = schema.getSubscriptionType()!.getFields();
    for (const role of roles) {
      const { data } = await served.ask<{ me: { can: Can; colleague: object | null } }>(
        '{ me { can { mutations queries personal } colleague { team } } }',
        [role],
      );
      const { can, colleague } = data.me;
      // `node` and `sendCommands` lead to what has roles of its own.
      const allowed = Object.keys(matrix).filter(
        (name) => matrix[name]!.includes(role) && !['node', 'sendCommands'].includes(name),
      );
      const answered = [...can.mutations, ...can.queries].filter((name) => name in matrix || !(name in subscriptions));
      expect([role, answered.sort()]).toEqual([role, allowed.sort()]);
      expect(can.mutations.some((name) => can.queries.includes(name))).toBe(false);
      expect([role, can.personal, colleague]).toEqual([role, !['analyst', 'auditor'].includes(role), null]);
    }
  });

  it('is refused an empty text, which is neither a value nor absent', async () => {
    const { schema } = served.app.get(GraphQLSchemaHost);
    const refused = async (query: string, variables: object = {}) => {
      const { errors } = await served.ask<object>(query, ['admin'], variables);
      return errors?.map(({ extensions: { code, field } }) => [code, field]);
    };
    const seen = new Set<string>();
    for (const field of Object.values(schema.getQueryType()!.getFields()))
      for (const { name, type } of field.args) {
        if (!['String', 'ID'].includes(String(getNullableType(type))) || name === 'after') continue;
        seen.add(name);
        const given = { ...neededBy(field), [name]: '' };
        const query = documentOf('query', field.name, field.args, given, field.type);
        expect([field.name, await refused(query, given)]).toEqual([field.name, [['graphql/invalid-argument', name]]]);
      }
    expect([...seen]).toEqual(expect.arrayContaining(['atLeast', 'timeZone', 'definition', 'leadId', 'subject']));
    for (const [query, path] of [
      ['leads(asOf: { knownAt: "" }) { totalCount }', 'asOf.knownAt'],
      ['leads(asOf: { knownBy: "2024-01-01", timeZone: "" }) { totalCount }', 'asOf.timeZone'],
      ['slaCounterfactual(input: { timeZone: "" }) { position }', 'input.timeZone'],
    ])
      expect([query, await refused(`{ ${query} }`)]).toEqual([query, [['graphql/invalid-argument', path]]]);
    const client = subscriber(socketOf(served), `Bearer ${await served.token('admin')}`);
    const { errors } = await firstOf(client, 'subscription { slaBoardChanges(kind: "") { position } }');
    expect(errors?.map(({ extensions }) => extensions)).toMatchObject([
      { code: 'graphql/invalid-argument', field: 'kind' },
    ]);
    await client.dispose();
  });

  it('is not shown the hash of a key, in the log or in a case file', async () => {
    const { events } = (
      await served.ask<{ events: { events: { stream: string; data: object }[] } }>(
        '{ events(types: ["KeyIssued"], first: 1) { events { stream data } } }',
        ['admin'],
      )
    ).data.events;
    const [issued] = events;
    expect(Object.keys(issued!.data).sort()).toEqual(['keyId', 'label', 'origin', 'roles']);
    const { data } = await served.ask<object>(
      `{ caseFile(subject: "${issued!.stream}") { nodes { data facts { text } sentence } } }`,
      ['auditor'],
    );
    expect(JSON.stringify(data)).toContain('A key was created');
    const stored = await served.app.get(EventLog).read(issued!.stream);
    const { hash } = stored[0]!.data as { hash: string };
    expect(JSON.stringify(data)).not.toContain(hash);
    const { stdout } = await baton(folder, 'events', '--types', 'KeyIssued');
    expect(stdout).toContain(issued!.stream);
    expect(stdout).not.toContain(hash);
  });

  it('reads the revision that a mutation may expect, and null for an unknown stream', async () => {
    const send = (mutation: string) =>
      served.ask<{ it: { revision?: number; code?: string } }>(
        `mutation { it: ${mutation} { ... on Accepted { revision } ... on Refused { code } } }`,
        ['revops'],
      );
    const revision = async (stream: string) =>
      (await served.ask<{ revision: number | null }>(`{ revision(stream: "${stream}") }`, ['analyst'])).data.revision;
    expect(await revision('lead-ada')).toBeNull();
    await served.app.get(LogHeads).stop(); // once a minute it looks for the newest
    const calls = await storeCallsOf(served, () => revision('lead-ada'));
    expect(calls.filter((call) => call.startsWith('EventLog.'))).toEqual(['EventLog.revisionOf']); // not the whole stream
    await send('captureLead(commandId: "c1", input: { leadId: "ada", source: "web" })');
    const read = await revision('lead-ada');
    const change = (id: string) =>
      send(`updateLead(commandId: "${id}", expectedRevision: ${read}, input: { leadId: "ada", title: "${id}" })`);
    expect((await change('c2')).data.it.revision).toBe(read! + 1);
    expect((await change('c3')).data.it.code).toBe('command/revision-passed');
    const { errors } = await served.ask('{ revision(stream: "$all") }', ['analyst']);
    expect(errors![0]).toMatchObject({ extensions: { code: 'stream/bad-name', field: 'stream' } });
  });

  it('states when a lead or a deal moved, from 1990 to five minutes from now', async () => {
    const { data } = await served.ask<{ __type: { fields: { name: string; args: { name: string }[] }[] } }>(
      '{ __type(name: "Mutation") { fields { name args { name } } } }',
      ['admin'],
    );
    const moves = [leadCommands, opportunityCommands].flatMap(({ schemas }) =>
      [...schemas.values()].flatMap(({ type, allow }) => (allow.length > 0 ? [type.toLowerCase()] : [])),
    );
    expect(moves.length).toBeGreaterThan(20);
    const dated = data.__type.fields.filter(({ args }) => args.some(({ name }) => name === 'occurredAt'));
    const names = dated.map(({ name }) => name.toLowerCase());
    expect(moves.filter((move) => !names.includes(move))).toEqual([]);
    const open = async (occurredAt: string) =>
      (
        await served.ask<{ it: { __typename: string; path?: string } }>(
          `mutation { it: openOpportunity(commandId: "${occurredAt}", occurredAt: "${occurredAt}", input: { stage: "Demo", amount: { minor: 100, currency: "EUR" }, owner: "ann" }) { __typename ... on Refused { path } } }`,
          ['sales'],
        )
      ).data.it;
    expect(await open('1990-01-01T00:00:00Z')).toEqual({ __typename: 'Accepted' });
    expect(await open('1989-12-31T23:59:59Z')).toEqual({ __typename: 'Refused', path: 'occurredAt' });
    expect(await open('2190-01-01T00:00:00Z')).toEqual({ __typename: 'Refused', path: 'occurredAt' });
  });

  it('sends its key under authorization in any case, in a header and over a WebSocket', async () => {
    const token = await served.token('analyst');
    for (const [name, scheme] of [
      ['Authorization', 'bearer'],
      ['AUTHORIZATION', 'Bearer'],
    ] as const) {
      const shown = { [name]: `${scheme} ${token}` };
      const headers = { 'content-type': 'application/json', ...shown };
      expect((await served.post<object>('{"query":"{ me { actor } }"}', headers)).data).toEqual({
        me: { actor: 'analyst' },
      });
      const client = createClient({
        url: socketOf(served),
        webSocketImpl: WebSocket,
        retryAttempts: 0,
        connectionParams: shown,
      });
      const heard = listen(client, 'subscription { status { position } }');
      await eventually(() => heard.answers.length + heard.codes.length > 0);
      expect([name, heard.codes]).toEqual([name, []]);
      await client.dispose();
    }
  });

  it('gets an explanation of an error, for a syntax error with its place', async () => {
    for (const [query, code, words] of [
      ['{\n  me {', 'graphql/not-parsed', /line 2, column \d+/],
      ['{ nothing }', 'graphql/not-valid', /nothing/],
      ['}', 'graphql/not-parsed', /line 1/],
      ['{ revision(stream: 5.5) }', 'graphql/not-valid', /5\.5/],
    ] as const) {
      const { errors } = await served.ask(query, ['admin']);
      expect([query, errors![0]]).toEqual([
        query,
        expect.objectContaining({
          message: expect.stringMatching(words),
          extensions: expect.objectContaining({ code }),
        }),
      ]);
    }
  });

  const preflight = (origin: string, at = served) =>
    fetch(`${at.url}/graphql`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      },
    });
  const allowed = ({ headers }: Response) => headers.get('access-control-allow-origin');

  it('may be a page of a configured origin, and of no other', async () => {
    const asked = await preflight(PAGE);
    expect([asked.ok, allowed(asked)]).toEqual([true, PAGE]);
    expect(asked.headers.get('access-control-allow-headers')).toContain('authorization');
    expect(allowed(await preflight('https://elsewhere.example.org'))).toBeNull();
    const headers = { origin: PAGE, 'content-type': 'application/json' };
    const answer = await fetch(`${served.url}/graphql`, {
      method: 'POST',
      headers,
      body: '{"query":"{ me { actor } }"}',
    });
    expect(allowed(answer)).toBe(PAGE);
  });

  it('is no page of another origin if none is configured', async () => {
    const server = await Served.start(other);
    expect(allowed(await preflight(PAGE, server))).toBeNull();
    await server.stop();
  });

  const other = temporaryFolder();

  it('may subscribe in GraphiQL, with the headers of its editor', async () => {
    const page = await (await fetch(`${served.url}/graphiql`)).text();
    expect(page).toMatch(/graphqlWs\.createClient\([^;]*connectionParams/);
    const script = await (await fetch(`${served.url}/graphiql/graphql-ws.js`)).text();
    expect(script).toContain('graphqlWs');
  });
});
