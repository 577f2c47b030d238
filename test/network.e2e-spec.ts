import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { EventLog } from '@baton/kernel';
import { eventually } from '@baton/kernel/testing';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { Served, temporaryFolder } from './support/baton';
import { FaultProxy } from './support/proxy';
import { stopTime } from './support/stopped-time';

const caught = (error: NodeJS.ErrnoException) => error.code ?? String(error);

describe('the fault proxy', () => {
  const echo = createServer({ allowHalfOpen: true }, (socket) => socket.on('error', () => undefined).pipe(socket));
  let proxy: FaultProxy;
  const sockets: Socket[] = [];
  beforeAll(async () => {
    echo.listen(0, '127.0.0.1');
    await once(echo, 'listening');
  });
  /** How long the proxy has waited, and what lets it go on. */
  let waits: { readonly ms: number; readonly end: () => void }[] = [];
  const wait = (ms: number) => new Promise<void>((end) => waits.push({ ms, end }));
  beforeEach(async () => {
    waits = [];
    proxy = await FaultProxy.to((echo.address() as AddressInfo).port, wait);
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await proxy.close();
  });
  afterAll(() => void echo.close());

  /** Sends a text and ends; what came back so far, and how it ended: `end`, an error, or not yet. */
  const sent = (text: string) => {
    const socket = connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true });
    sockets.push(socket);
    const answer = { heard: '', how: undefined as string | undefined };
    socket.on('data', (piece: Buffer) => (answer.heard += piece.toString()));
    socket.on('end', () => (answer.how = 'end')).on('error', (error) => (answer.how = caught(error)));
    socket.end(text);
    return answer;
  };
  /** What comes back for a text until the connection ends. */
  const said = async (text: string): Promise<readonly [heard: string, how: string | undefined]> => {
    const answer = sent(text);
    await eventually(() => answer.how !== undefined);
    return [answer.heard, answer.how];
  };

  it('passes data, and its end', async () => expect(await said('hello')).toEqual(['hello', 'end']));
  it('resets at birth', async () => {
    proxy.become({ refuses: true });
    expect(await said('hello')).toEqual(['', 'ECONNRESET']);
  });
  it('resets after so many bytes of one side', async () => {
    proxy.become({ resetsAfter: { fromServer: 2 } });
    const cut = sent('hello');
    await eventually(() => cut.heard === 'he' && waits.length > 0);
    waits.shift()!.end();
    await eventually(() => cut.how === 'ECONNRESET');
    proxy.become({ resetsAfter: { fromClient: 0 } });
    expect(await said('hello')).toEqual(['', 'ECONNRESET']);
  });
  it('is silent to existing and new connections, and heals for new ones', async () => {
    const old = connect(proxy.port, '127.0.0.1');
    sockets.push(old);
    old.write('before');
    await once(old, 'data');
    proxy.become({ silent: true });
    let late = '';
    old.on('data', (piece: Buffer) => (late += piece.toString())).write('after');
    const unheard = sent('hello');
    await eventually(() => proxy.swallowed === 'after'.length + 'hello'.length);
    proxy.become({});
    expect(await said('hello')).toEqual(['hello', 'end']);
    expect([late, unheard]).toEqual(['', { heard: '', how: undefined }]);
  });
  it('delays, and closes slowly', async () => {
    /** Has the proxy wait to the end, after a look at what arrived by then. */
    const waited = async (answer: { readonly heard: string; readonly how: string | undefined }) => {
      await eventually(() => waits.length > 0);
      const { ms, end } = waits.shift()!;
      const soFar = [ms, answer.heard, answer.how];
      end();
      return soFar;
    };
    proxy.become({ latencyMs: 60, bytesPerSecond: 100 });
    const slow = sent('hello');
    // There and back: the latency, and 5 bytes at 100 a second.
    for (const ms of [60, 50, 60, 50]) expect(await waited(slow)).toEqual([ms, '', undefined]);
    await eventually(() => slow.how === 'end');
    expect(slow.heard).toBe('hello');
    proxy.become({ slowCloseMs: 300 });
    const closing = sent('hello');
    await eventually(() => closing.heard === 'hello');
    for (const ms of [300, 300]) expect(await waited(closing)).toEqual([ms, 'hello', undefined]);
    await eventually(() => closing.how === 'end');
  });
  it('resets existing connections', async () => {
    const socket = connect(proxy.port, '127.0.0.1');
    sockets.push(socket);
    socket.write('x');
    await once(socket, 'data');
    const reset = once(socket, 'error');
    expect(proxy.open).toBe(1);
    proxy.cut();
    expect(caught((await reset)[0] as Error)).toBe('ECONNRESET');
    expect(proxy.open).toBe(0);
  });
});

describe('callers behind a bad connection', () => {
  const folder = temporaryFolder();
  let served: Served;
  let proxy: FaultProxy;
  let token: string;
  const port = () => (served.app.getHttpServer() as Server).address() as AddressInfo;
  beforeAll(async () => {
    served = await Served.start(folder);
    proxy = await FaultProxy.to(port().port);
    token = await served.token('admin');
  });
  afterEach(() => proxy.become({}));
  afterAll(async () => {
    await proxy.close();
    await served.stop();
  });

  interface Told {
    readonly data?: { readonly it: { readonly __typename: string; readonly position: string } };
  }
  /** Each request on a connection of its own: a pool would retry some failures itself. */
  const ask = async (query: string, to = proxy.port): Promise<Told> => {
    const response = await fetch(`http://127.0.0.1:${to}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, connection: 'close' },
      body: JSON.stringify({ query }),
    });
    return (await response.json()) as Told;
  };
  const capture = (leadId: string) =>
    `mutation { it: captureLead(commandId: "c-${leadId}", input: { leadId: "${leadId}", source: "web" }) { __typename ... on Accepted { position } } }`;
  const events = async (stream: string) => (await served.app.get(EventLog).read(stream)).length;

  it.each([
    ['before the request is whole', { resetsAfter: { fromClient: 100 } }, 0],
    ['before the first byte of the answer', { resetsAfter: { fromServer: 0 } }, 1],
    ['in the middle of the answer', { resetsAfter: { fromServer: 60 } }, 1],
  ] as const)(
    'get the first result when they repeat a command whose connection was reset %s',
    async (when, faults, made) => {
      const leadId = `ambiguous-${when.replaceAll(' ', '-')}`;
      proxy.become(faults);
      await expect(ask(capture(leadId))).rejects.toThrow();
      const { position: tip } = { position: await served.app.get(EventLog).tip() };
      expect(await events(`lead-${leadId}`)).toBe(made);
      proxy.become({});
      const answers = [await ask(capture(leadId)), await ask(capture(leadId))];
      expect(answers[0]!.data!.it.__typename).toBe('Accepted');
      expect(answers[1]).toEqual(answers[0]);
      if (made) expect(answers[0]!.data!.it.position <= tip).toBe(true);
      expect(await events(`lead-${leadId}`)).toBe(1);
    },
  );

  it('are served over a slow link as over a fast one', async () => {
    proxy.become({ latencyMs: 30, bytesPerSecond: 20_000 });
    const slow = await ask(capture('slow'));
    proxy.become({});
    expect(await ask(capture('slow'))).toEqual(slow);
  });

  it('continue a subscription by position: nothing lost, nothing twice', async () => {
    const subject = 'lead-listened';
    const query =
      'subscription($after: String) { it: caseFileEvents(subject: "lead-listened", after: $after) { position } }';
    const touch = async (n: number) => {
      const { data } = await ask(
        `mutation { it: recordTouch(commandId: "t-${n}", input: { leadId: "listened", action: "call", team: SALES }) { __typename ... on Accepted { position } } }`,
        port().port,
      );
      return data!.it.position;
    };
    await ask(capture('listened'), port().port);
    const heard: string[] = [];
    let wanted = true;
    let resets = 0;
    let stop: () => void = () => undefined;
    const listening = (async () => {
      while (wanted) {
        const client = createClient({
          url: `ws://127.0.0.1:${proxy.port}/graphql`,
          webSocketImpl: WebSocket,
          retryAttempts: 0,
          connectionParams: { authorization: `Bearer ${token}` },
        });
        stop = () => void client.dispose();
        await new Promise<void>((resolve) => {
          client.subscribe<{ it: { position: string } }>(
            { query, variables: { after: heard.at(-1) ?? '' } },
            {
              next: ({ data }) => data && heard.push(data.it.position),
              error: () => (resets++, resolve()),
              complete: resolve,
            },
          );
        });
        await client.dispose();
      }
    })();
    for (let n = 0; n < 40; n++) {
      const position = await touch(n);
      // So that each cut affects a subscriber.
      if (n % 8 === 1) await eventually(() => heard.at(-1) === position);
      // In turn: at once, before anything of the next connection came, and in the middle of a message.
      if (n % 8 === 2) proxy.cut();
      if (n % 8 === 4) proxy.become({ resetsAfter: { fromServer: 400 } });
      if (n % 8 === 7) proxy.become({});
    }
    proxy.become({});
    await eventually(() => heard.length >= 41);
    const last = await touch(40); // a duplicate would come before it
    await eventually(() => heard.at(-1) === last);
    const all = (await served.app.get(EventLog).read(subject)).map(({ position }) => position);
    wanted = false;
    stop();
    await listening;
    expect(heard).toEqual(all);
    expect(all).toHaveLength(42);
    expect(resets).toBeGreaterThanOrEqual(5);
  });

  describe('who hold connections', () => {
    const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';
    const HEAD = `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n`;
    const sockets: Socket[] = [];
    const before = { headers: 0, request: 0, idle: 0 };
    beforeAll(() => {
      const server = served.app.getHttpServer() as Server;
      Object.assign(before, { headers: server.headersTimeout, request: server.requestTimeout, idle: server.timeout });
    });
    afterEach(() => {
      jest.useRealTimers();
      const server = served.app.getHttpServer() as Server;
      server.headersTimeout = before.headers;
      server.requestTimeout = before.request;
      for (const socket of sockets.splice(0)) socket.destroy();
    });
    const open = (count: number, write: (socket: Socket) => void) =>
      Promise.all(
        Array.from({ length: count }, async () => {
          const socket = connect(port().port, '127.0.0.1').on('error', () => undefined);
          sockets.push(socket);
          let answer = '';
          const closed = new Promise<string>((resolve) => socket.once('close', () => resolve(answer)));
          socket.on('data', (piece: Buffer) => (answer += piece.toString()));
          await once(socket, 'connect');
          write(socket);
          return { socket, closed, heard: () => answer };
        }),
      );

    it('have deadlines for headers, bodies and idle connections', () => {
      expect(before.headers).toBeLessThanOrEqual(10_000);
      expect(before.request).toBeLessThanOrEqual(30_000);
      expect(before.idle).toBeGreaterThan(before.request);
      const { maxConnections } = served.app.getHttpServer() as Server;
      expect(maxConnections).toBe(8_192);
    });

    it.each([
      ['say nothing', () => undefined],
      ['do not end their headers', (socket: Socket) => socket.write('POST /graphql HTTP/1.1\r\nhost: x\r\n')],
      ['do not end their body', (socket: Socket) => socket.write(`${HEAD}content-length: 99\r\n\r\n{`)],
    ])('do not exhaust the server when they %s', async (_, write) => {
      const held = await open(200, write);
      const drip = setInterval(() => {
        if (write.length > 0) for (const { socket } of held) if (socket.writable) socket.write('x');
      }, 300);
      expect((await ask(capture('meanwhile'))).data!.it.__typename).toBe('Accepted');
      const server = served.app.getHttpServer() as Server;
      server.headersTimeout = server.requestTimeout = 1_000;
      // Sockets closed by the deadline get a response with the reason, if possible.
      const answers = await Promise.all(held.map(({ closed }) => closed));
      clearInterval(drip);
      for (const answer of answers) expect(answer).toMatch(/^HTTP\/1.1 408 [\s\S]*http\/too-slow/);
    });

    it('are closed for others when they send their bodies drop by drop', async () => {
      const places = 512;
      stopTime();
      const held = await open(places, (socket) =>
        socket.write(`${HEAD}expect: 100-continue\r\ncontent-length: 99\r\n\r\n{`),
      );
      await eventually(() => held.every(({ heard }) => heard().startsWith(CONTINUE)));
      jest.advanceTimersByTime(999);
      expect(await ask(capture('others'))).toMatchObject({ errors: [{ extensions: { code: 'overload/busy' } }] });
      jest.advanceTimersByTime(1);
      for (let n = 0; n < 5; n++) expect((await ask(capture('others'))).data!.it.__typename).toBe('Accepted');
      // The first took the place of the slowest, which got 503; the others took that place after it.
      const responses = held.map(({ heard }) => heard().slice(CONTINUE.length)).filter(Boolean);
      expect(responses).toHaveLength(1);
      for (const answer of responses)
        expect(answer).toMatch(/^HTTP\/1.1 503 [\s\S]*retry-after: 2\r\n[\s\S]*overload\/busy/);
    });
  });
});
