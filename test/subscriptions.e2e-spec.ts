import { once } from 'node:events';
import type { Socket } from 'node:net';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import { roles, type Role } from '@baton/kernel';
import { eventually } from '@baton/kernel/testing';
import { Access } from '@baton/platform/access';
import { limits } from '@baton/platform/graphql';
import type { Client } from 'graphql-ws';
import { WebSocket } from 'ws';
import { Served, temporaryFolder } from './support/baton';
import { stopTime } from './support/stopped-time';
import { listen, socketOf, subscriber } from './support/subscriber';

describe('subscriptions', () => {
  const folder = temporaryFolder();
  let served: Served;
  const clients: Client[] = [];
  beforeAll(async () => void (served = await Served.start(folder)));
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.dispose()));
    jest.useRealTimers();
    jest.restoreAllMocks();
  });
  afterAll(() => served.stop());

  const connect = (authorization: string | undefined, closed?: (code: number, reason: string) => void, at = served) => {
    const client = subscriber(socketOf(at), authorization, closed);
    clients.push(client);
    return client;
  };
  const as = async (...granted: Role[]) => connect(`Bearer ${await served.token(...granted)}`);
  let commands = 0;
  const tell = async (mutation: string): Promise<string> => {
    const { data, errors } = await served.ask<{ it: { position: string; code?: string } }>(
      `mutation { it: ${mutation.replace('(', `(commandId: "s${commands++}", `)} { ... on Accepted { position } ... on Refused { code } } }`,
      ['revops'],
    );
    if (errors || data.it.code) throw new Error(JSON.stringify(errors ?? data));
    return data.it.position;
  };
  const capture = (leadId: string, more = '') =>
    tell(`captureLead(input: { leadId: "${leadId}", source: "web" ${more} })`);
  const touch = (leadId: string, action = 'call') =>
    tell(`recordTouch(input: { leadId: "${leadId}", action: "${action}", team: SALES })`);

  const caseFile =
    'subscription($subject: String!, $after: String) { caseFileEvents(subject: $subject, after: $after) { position type personal changes { field after } } }';

  it('send the new entries of a case file, each once, in order', async () => {
    await capture('ada');
    const heard = listen(await as('auditor'), caseFile, { subject: 'lead-ada', after: '' });
    await heard.until(1);
    for (let n = 0; n < 5; n++) await touch('ada');
    await capture('bob');
    await touch('bob');
    const last = await touch('ada');
    const entries = await heard.until(7);
    expect(entries.map(({ type }) => type)).toEqual([
      'LeadCaptured',
      ...Array.from({ length: 6 }, () => 'TouchRecorded'),
    ]);
    expect(entries.at(-1)!['position']).toBe(last);
    expect(heard.answers).toHaveLength(7);
    expect(heard.codes).toEqual([]);
  });

  it('continue after a position, whatever was missed meanwhile', async () => {
    await capture('cy');
    const first = listen(await as('auditor'), caseFile, { subject: 'lead-cy', after: '' });
    const [seen] = await first.until(1);
    first.stop();
    const missed = [await touch('cy'), await touch('cy')];
    const second = listen(await as('auditor'), caseFile, { subject: 'lead-cy', after: seen!['position'] });
    const live = await second.until(2).then(() => touch('cy'));
    expect((await second.until(3)).map(({ position }) => position)).toEqual([...missed, live]);
  });

  it('show personal fields only to roles that work with leads by name', async () => {
    await capture('di', 'email: "di@example.org"');
    const fieldsFor = async (role: Role) => {
      const entries = await listen(await as(role), caseFile, { subject: 'lead-di', after: '' }).until(2);
      const entry = entries.find(({ type }) => type === 'LeadCaptured');
      return [entry!['personal'], JSON.stringify(entry).includes('di@example.org')];
    };
    expect(await fieldsFor('auditor')).toEqual(['SEALED', false]);
    expect(await fieldsFor('sales')).toEqual(['OPEN', true]);
  });

  it('send the pipeline now and when it changes', async () => {
    const heard = listen(
      await as('analyst'),
      'subscription { pipelineChanges { position pipeline { open { deals } } } }',
    );
    const [before] = await heard.until(1);
    const position = await tell('openOpportunity(input: { opportunityId: "deal", product: "Loom" })');
    const [, after] = await heard.until(2);
    const deals = (answer: unknown) => (answer as { pipeline: { open: { deals: number } } }).pipeline.open.deals;
    expect(deals(after) - deals(before)).toBe(1);
    expect(String(after!['position']) >= position).toBe(true);
    const again = listen(await as('analyst'), 'subscription($p: String) { pipelineChanges(after: $p) { position } }', {
      p: await served.settle(),
    });
    await tell('openOpportunity(input: { opportunityId: "deal-2", product: "Loom" })');
    await again.until(1);
    expect(again.answers).toHaveLength(1);
  });

  it('may be those of a page that acts for a named person, as its requests are', async () => {
    const access = served.app.get(Access);
    const page = await access.issue('page', ['analyst'], 'tester', { origin: 'system', actsForPersons: true });
    const other = await access.issue('other', ['analyst'], 'tester', { origin: 'system' });
    const ask = async ({ token }: { token: string }, person: string) => {
      let reason = '';
      const client = subscriber(socketOf(served), `Bearer ${token}`, (_, why) => (reason = why), {
        'Baton-Acts-For': person,
      });
      clients.push(client);
      const heard = listen(client, 'subscription { status { position } }');
      await Promise.race([heard.until(1), heard.over]);
      return reason || heard.answers.length;
    };
    expect(await ask(page, 'rita@example.com')).toBe(1);
    expect(await ask(page, 'policy:follow-merges')).toBe('access/bad-person');
    expect(await ask(other, 'rita@example.com')).toBe('access/acts-for-nobody');
  });

  it('send the progress of all followers', async () => {
    const heard = listen(await as('analyst'), 'subscription { status { position followers { name atTip } } }');
    await heard.until(1);
    const position = await capture('eve');
    const [, answer] = await heard.until(2);
    expect(String(answer!['position']) >= position).toBe(true);
    expect((answer!['followers'] as { name: string }[]).map(({ name }) => name)).toContain('case-file-v6');
  });

  it('have the roles of the queries, and a new one has its row here', async () => {
    const calls: Record<string, { query: string; allowed: readonly Role[] }> = {
      caseFileEvents: {
        query: 'subscription { caseFileEvents(subject: "lead-ada", after: "") { type } }',
        allowed: ['marketing', 'sales', 'revops', 'auditor', 'admin'],
      },
      pipelineChanges: { query: 'subscription { pipelineChanges { position } }', allowed: roles },
      status: { query: 'subscription { status { position } }', allowed: roles },
      slaBoardChanges: { query: 'subscription { slaBoardChanges { position } }', allowed: roles },
      handoffQueueChanges: {
        query: 'subscription { handoffQueueChanges { position } }',
        allowed: ['marketing', 'sales', 'revops', 'analyst', 'auditor', 'admin'],
      },
    };
    const fields = served.app.get(GraphQLSchemaHost).schema.getSubscriptionType()!.getFields();
    expect(Object.keys(fields).sort()).toEqual(Object.keys(calls).sort());
    for (const [name, { query, allowed }] of Object.entries(calls))
      for (const role of roles) {
        const heard = listen(await as(role), query);
        await Promise.race([heard.until(1), heard.over]);
        expect([name, role, heard.codes]).toEqual([name, role, allowed.includes(role) ? [] : ['access/denied']]);
        heard.stop();
      }
  });

  it('need a key when the connection is opened', async () => {
    for (const [authorization, code] of [
      [undefined, 'access/unauthenticated'],
      ['Bearer x', 'access/bad-key'],
    ] as const) {
      const closing = new Promise((resolve) => {
        listen(
          connect(authorization, (...how) => resolve(how)),
          'subscription { status { position } }',
        );
      });
      expect(await closing).toEqual([4403, code]);
    }
  });

  it('end when the key is revoked, before another message', async () => {
    const { token, keyId } = await served.app.get(Access).issue('short', ['auditor'], 'tester');
    await capture('flo');
    let tellClose: (how: unknown) => void;
    const closing = new Promise((resolve) => (tellClose = resolve));
    const heard = listen(
      connect(`Bearer ${token}`, (...how) => tellClose(how)),
      caseFile,
      { subject: 'lead-flo', after: '' },
    );
    await heard.until(1);
    await served.app.get(Access).revoke(keyId, 'tester');
    await touch('flo');
    expect(await Promise.race([closing, heard.until(2)])).toEqual([4403, 'access/bad-key']);
    expect(heard.answers).toHaveLength(1);
  });

  it('are refused with a stable code', async () => {
    const cases: [string, string, Record<string, unknown>?][] = [
      ['query { status { name } }', 'graphql/subscriptions-only'],
      ['mutation { captureLead(commandId: "x", input: {}) { __typename } }', 'graphql/subscriptions-only'],
      ['subscription { nothing }', 'graphql/not-valid'],
      ['subscription {', 'graphql/not-parsed'],
      ['subscription { status { position } pipelineChanges { position } }', 'graphql/not-valid'],
      [`subscription { ${'status { position } '.repeat(40)} }`, 'graphql/too-many-repeats'],
      ['subscription { ...a } fragment a on Subscription { ...a }', 'graphql/fragment-cycle'],
      [caseFile, 'graphql/bad-value', {}],
      [caseFile, 'graphql/invalid-argument', { subject: '../etc' }],
    ];
    for (const [query, code, variables] of cases) {
      const heard = listen(await as('admin'), query, variables);
      await heard.over;
      expect([query, heard.codes.slice(0, 1), heard.answers]).toEqual([query, [code], []]);
    }
  });

  it('are limited to ten per connection', async () => {
    const client = await as('admin');
    const many = Array.from({ length: limits.subscriptions.max }, () =>
      listen(client, 'subscription { status { position } }'),
    );
    await Promise.all(many.map((heard) => heard.until(1)));
    const oneMore = listen(client, 'subscription { status { position } }');
    await oneMore.over;
    expect(oneMore.codes).toEqual(['subscription/too-many']);
  });

  it('are limited to a hundred per caller, over all its connections', async () => {
    const { token } = await served.app.get(Access).issue('collector', ['admin'], 'tester');
    const subscribed = () => listen(client, 'subscription { status { position } }');
    let client = connect(`Bearer ${token}`);
    for (let n = 0; n < limits.callerSubscriptions.max; n++) {
      if (n > 0 && n % limits.subscriptions.max === 0) client = connect(`Bearer ${token}`);
      await subscribed().until(1);
    }
    client = connect(`Bearer ${token}`);
    const oneMore = subscribed();
    await oneMore.over;
    expect(oneMore.codes).toEqual(['subscription/too-many']);
    await listen(await as('admin'), 'subscription { status { position } }').until(1); // others have their own limit
  });

  /** A connection before any message. */
  const opened = async () => {
    const socket = new WebSocket(socketOf(served), 'graphql-transport-ws');
    socket.on('error', () => undefined);
    const closed = new Promise<[number, string]>((resolve) =>
      socket.once('close', (code, reason) => resolve([code, String(reason)])),
    );
    await new Promise((resolve) => socket.once('open', resolve));
    const signIn = (token: string) =>
      socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } }));
    const acknowledged = new Promise((resolve) => socket.once('message', resolve));
    return { socket, closed, signIn, acknowledged };
  };

  it('are not blocked by connections without a key: the oldest of them is closed', async () => {
    stopTime(); // nobody is closed for being idle
    const silent = [];
    for (let n = 0; n < limits.waitingConnections.max; n++) silent.push(await opened());
    await listen(await as('admin'), 'subscription { status { position } }').until(1);
    expect((await silent[0]!.closed)[0]).toBe(1006);
    for (const { socket } of silent) socket.terminate();
  });

  it('count the connections of their caller', async () => {
    const { token } = await served.app.get(Access).issue('opener', ['admin'], 'tester');
    const held = [];
    for (let n = 0; n < limits.callerConnections.max; n++) {
      const one = await opened();
      held.push(one);
      one.signIn(token);
      await one.acknowledged;
    }
    const oneMore = await opened();
    oneMore.signIn(token);
    expect(await oneMore.closed).toEqual([4429, 'subscription/too-many-connections']);
    held[0]!.socket.terminate();
    await eventually(async () => {
      const again = await opened();
      again.signIn(token);
      const taken = await Promise.race([again.acknowledged.then(() => true), again.closed.then(() => false)]);
      if (taken) held.push(again);
      return taken;
    });
    for (const { socket } of held) socket.terminate();
  });

  it('close the connection of a slow reader, and buffer little for it', async () => {
    await capture('gil');
    for (let n = 0; n < 40; n++) {
      const long = String(n).padEnd(290, 'x');
      await tell(
        `recordTouch(input: { leadId: "gil", action: "call", team: SALES, source: "${long}", medium: "${long}", campaign: "${long}" })`,
      );
    }
    await served.settle();
    const taken = once(served.app.getHttpServer(), 'connection') as Promise<[Socket]>;
    const socket = new WebSocket(socketOf(served), 'graphql-transport-ws');
    const message = (value: object) => socket.send(JSON.stringify(value));
    await new Promise((resolve) => socket.once('open', resolve));
    const [ours] = await taken;
    const token = await served.token('auditor');
    message({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } });
    await new Promise((resolve) => socket.once('message', resolve));
    const closed = new Promise((resolve) => socket.once('close', (code, reason) => resolve([code, String(reason)])));
    let read = 0;
    socket.on('message', (data: Buffer) => (read += data.length));
    socket.pause();
    // Aliases make each entry large: more than the buffers of the connection hold.
    const fields = Array.from({ length: 45 }, (_, n) => `a${n}: data`).join(' ');
    const query = `subscription { caseFileEvents(subject: "lead-gil", after: "") { ${fields} } }`;
    const ids = Array.from({ length: 8 }, (_, n) => `s${n}`);
    stopTime();
    for (const id of ids) message({ id, type: 'subscribe', payload: { query } });
    // The buffers are full: a message waits for its reader, who has then waited too long.
    await eventually(() => ours.writableLength > 0);
    jest.advanceTimersByTime(limits.patienceMs.max);
    socket.resume();
    expect(await closed).toEqual([4429, 'subscription/too-slow']);
    expect(read).toBeGreaterThan(0);
  });

  it('end at an invalid message', async () => {
    const closeOf = async (act: (socket: WebSocket) => void, protocol = 'graphql-transport-ws') => {
      const socket = new WebSocket(socketOf(served), protocol);
      const closed = new Promise<number>((resolve) => socket.once('close', resolve));
      socket.once('open', () => act(socket));
      socket.on('error', () => undefined);
      return closed;
    };
    expect(await closeOf((socket) => socket.send('{'))).toBe(4400);
    const printed = jest.spyOn(console, 'error').mockImplementation(() => undefined); // graphql-ws prints that one
    expect(await closeOf((socket) => socket.send('x'.repeat(limits.messageBytes.max + 1)))).toBe(1009);
    expect(printed.mock.calls.map(([text]) => String(text))).toEqual([expect.stringContaining('WebSocket socket')]);
    expect(
      await closeOf((socket) =>
        socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: '{ a }' } })),
      ),
    ).toBe(4401);
    expect(await closeOf(() => undefined)).toBe(4408);
    const elsewhere = new WebSocket(socketOf(served).replace('/graphql', '/other'), 'graphql-transport-ws');
    expect(await new Promise((resolve) => elsewhere.once('error', (error) => resolve(error.message)))).toMatch(/404/);
  });

  it('end with a notice when the server stops', async () => {
    const other = await Served.start(`${folder}/other`);
    let tellClose: (how: unknown) => void;
    const closing = new Promise((resolve) => (tellClose = resolve));
    const client = connect(`Bearer ${await other.token('admin')}`, (...how) => tellClose(how), other);
    const heard = [
      listen(client, 'subscription { status { position } }'),
      listen(client, caseFile, { subject: 'lead-nobody' }),
    ];
    await heard[0]!.until(1);
    await other.stop();
    expect(await closing).toEqual([1001, 'subscription/server-closing']);
  });
});
