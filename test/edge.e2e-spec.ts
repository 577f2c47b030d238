import { createHash, createHmac, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { connect, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { auditServer } from 'graphql-http';
import { Access } from '@baton/platform/access';
import { readConfig } from '@baton/platform/config';
import type { JWTPayload } from 'jose';
import { serve } from '../apps/api/serve';
import { abuses, send, type Answer } from '../bench/abuse';
import { temporaryFolder } from './support/baton';
import { startIssuer } from './support/issuer';
import { started } from './support/server';

describe('the API', () => {
  const folder = temporaryFolder();
  const start = async (settings: Record<string, string> = {}) => {
    const app = await serve(
      readConfig({
        BATON_DATA_DIR: mkdtempSync(join(folder, 'data-')),
        BATON_PORT: '0',
        BATON_LOG_LEVEL: 'silent',
        ...settings,
      }),
    );
    const { port } = app.getHttpServer().address() as AddressInfo;
    const { token } = await app.get(Access).issue('tester', ['admin'], 'tester');
    return { app, port, key: `Bearer ${token}` };
  };
  const ask = (port: number, query: string, authorization = '', path = '/graphql') =>
    send(port, { body: JSON.stringify({ query }), headers: { authorization }, path });
  const codeOf = ({ body }: Answer) => body.errors?.[0]?.extensions.code;

  describe('refuses', () => {
    // A process of its own: in this one a query has no other process that could answer it.
    let server: Awaited<ReturnType<typeof started>>;
    let port: number;
    let key: string;
    beforeAll(async () => {
      const settings = { BATON_QUERY_PROCESSES: '1', BATON_LOG_LEVEL: 'silent' };
      server = await started(mkdtempSync(join(folder, 'data-')), settings);
      [port, key] = [Number(new URL(server.url).port), `Bearer ${server.token}`];
    });
    afterAll(async () => {
      server.child.kill('SIGTERM');
      await server.ended;
    });

    it('at least forty kinds of abuse', () =>
      expect(new Set(abuses.map(({ what }) => what)).size).toBeGreaterThanOrEqual(40));

    it.each(abuses.map((abuse) => [abuse.what, abuse] as const))('%s', async (_, abuse) => {
      const answer = await send(port, { ...abuse, headers: { authorization: key, ...abuse.headers } });
      expect([codeOf(answer), answer.text.slice(0, 200)]).toEqual([abuse.code, expect.anything()]);
      expect(answer.body.errors![0]!.message).toMatch(/\w{2,} \w+/);
      if (abuse.status) expect(answer.status).toBe(abuse.status);
      expect(answer.text).not.toMatch(/node_modules|\.ts:|\.js:|stack/);
    });

    it('broken HTTP and headers that are too large', async () => {
      const raw = (text: string) =>
        new Promise<string>((resolve, reject) => {
          let answer = '';
          const socket = connect(port, '127.0.0.1', () => socket.write(text));
          socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
          socket.on('error', reject);
          socket.on('close', () => resolve(answer));
        });
      expect(await raw('NOT HTTP AT ALL\r\n\r\n')).toMatch(/^HTTP\/1.1 400[\s\S]*http\/bad-request/);
      expect(await raw(`GET / HTTP/1.1\r\nhost: x\r\nx: ${'x'.repeat(100_000)}\r\n\r\n`)).toMatch(
        /^HTTP\/1.1 431[\s\S]*http\/headers-too-large/,
      );
    });

    it('nothing that GraphQL over HTTP asks of a server, but what is recommended and listed here', async () => {
      const known = {
        // No GET (the README of the edge says why), which the specification allows a server to have.
        ...{ '5A70': 'notice', D6D5: 'notice', '6A70': 'notice' },
        // What cannot be parsed, is not valid, or has a variable of the wrong type is 400, in application/json too, where
        // 200 is recommended: gateways and logs count requests by their status.
        ...{ '572B': 'warn', FDE2: 'warn', '7B9B': 'warn' },
      };
      const results = await auditServer({ url: `http://127.0.0.1:${port}/graphql` });
      expect(results).toHaveLength(61);
      const others = results.filter(({ status }) => status !== 'ok');
      expect(Object.fromEntries(others.map(({ id, status }) => [id, status]))).toEqual(known);
    });

    it('nothing within the limits', async () => {
      const { body } = await ask(
        port,
        '{ a: status { name parked { code } } b: status { ...f } } fragment f on FollowerStatus { name }',
        key,
      );
      expect(body.errors).toBeUndefined();
      const { getIntrospectionQuery } = await import('graphql');
      const schema = await ask(port, getIntrospectionQuery());
      expect(schema.body.errors).toBeUndefined();
      expect(schema.body.data).toHaveProperty('__schema');
    });
  });

  it('hides the schema in production, and serves no GraphiQL', async () => {
    const { app, port, key } = await start({ BATON_PRODUCTION: 'yes' });
    try {
      for (const query of [
        '{ __schema { queryType { name } } }',
        '{ __type(name: "Lead") { name } }',
        '{ ... { __schema { types { name } } } }',
        '{ ...f } fragment f on Query { x: __schema { types { name } } }',
      ]) {
        for (const path of ['/graphql', '/%67raphql', 'http://baton/graphql'])
          expect([query, codeOf(await ask(port, query, '', path))]).toEqual([query, 'graphql/introspection-off']);
        expect([query, codeOf(await ask(port, query, `Bearer baton_${'0'.repeat(12)}_${'A'.repeat(43)}`))]).toEqual([
          query,
          'graphql/introspection-off',
        ]);
        expect((await ask(port, query, key)).body.errors).toBeUndefined();
      }
      expect(codeOf(await ask(port, '{ statu }'))).toBe('graphql/not-valid');
      expect((await ask(port, '{ statu }')).text).not.toMatch(/Did you mean/);
      expect(codeOf(await send(port, { method: 'GET', path: '/graphiql' }))).toBe('http/not-found');
    } finally {
      await app.close();
    }
  });

  it('runs only trusted documents if a manifest is set', async () => {
    const trusted = '{ status { name } }';
    const manifest = join(folder, 'manifest.json');
    writeFileSync(manifest, JSON.stringify([createHash('sha256').update(trusted).digest('hex')]));
    const { app, port, key } = await start({ BATON_TRUSTED_DOCUMENTS: manifest });
    try {
      expect((await ask(port, trusted, key)).body.errors).toBeUndefined();
      for (const query of ['{ status { name  } }', '{ status { position } }', '{ __schema { types { name } } }'])
        for (const path of ['/graphql', '/%67raphql', 'http://baton/graphql'])
          expect([path, codeOf(await ask(port, query, key, path))]).toEqual([path, 'graphql/document-not-trusted']);
    } finally {
      await app.close();
    }
    writeFileSync(manifest, '["not a hash"]');
    await expect(start({ BATON_TRUSTED_DOCUMENTS: manifest })).rejects.toMatchObject({ code: 'config/bad-manifest' });
  });

  describe('with an OpenID Connect issuer', () => {
    let issuer: Awaited<ReturnType<typeof startIssuer>>;
    let url: string;
    let edge: Awaited<ReturnType<typeof start>>;
    const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });

    beforeAll(async () => {
      issuer = await startIssuer();
      ({ url } = issuer);
      edge = await start({
        BATON_OIDC_ISSUER: url,
        BATON_OIDC_AUDIENCE: 'baton-api',
        BATON_OIDC_CLIENTS: 'dashboard, phone',
        BATON_OIDC_ROLES_CLAIM: 'realm.roles',
      });
    });
    afterAll(async () => {
      await edge.app.close();
      issuer.stop();
    });

    const now = () => Math.floor(Date.now() / 1000);
    const claims = (more: JWTPayload = {}): JWTPayload => ({
      iss: url,
      aud: 'baton-api',
      sub: 'ada',
      exp: now() + 600,
      realm: { roles: ['sales', 'root', 'offline_access'] },
      ...more,
    });
    const signed: typeof issuer.token = (...of) => issuer.token(...of);
    const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const as = (token: string, query = '{ status { name } }') => ask(edge.port, query, `Bearer ${token}`);
    const capture = 'mutation { captureLead(commandId: "c1", input: { leadId: "ada", source: "web" }) { __typename } }';

    it('accepts its tokens in addition to keys; the actor is the subject, unknown roles are dropped', async () => {
      const token = await signed(claims());
      expect((await as(token)).body.errors).toBeUndefined();
      expect((await as(token, capture)).body.data).toEqual({ captureLead: { __typename: 'Accepted' } });
      const { body } = await ask(edge.port, '{ events { events { type actor } } }', edge.key);
      expect(body.data).toMatchObject({
        events: { events: expect.arrayContaining([{ type: 'LeadCaptured', actor: 'oidc:ada' }]) as unknown },
      });
      for (const azp of ['baton-api', 'dashboard', 'phone'])
        expect((await as(await signed(claims({ azp, typ: 'Bearer' }), { typ: 'at+jwt' }))).body.errors).toBeUndefined();
      const reader = await signed(claims({ realm: { roles: 'auditor' } }));
      expect(codeOf(await as(reader, capture))).toBe('access/denied');
    });

    it('refuses tokens of others, for others, or expired ones', async () => {
      const publicPem = issuer.pair.publicKey.export({ type: 'spki', format: 'pem' });
      const unsigned = `${base64({ alg: 'none' })}.${base64(claims())}.`;
      const confused = `${base64({ alg: 'HS256', kid: 'k1' })}.${base64(claims())}`;
      const hmac = createHmac('sha256', publicPem).update(confused).digest('base64url');
      const good = await signed(claims());
      const [head, , signature] = good.split('.');
      const cases: [string, string, string][] = [
        ['expired', await signed(claims({ exp: now() - 60 })), 'access/token-expired'],
        ['without an end', await signed(claims({ exp: undefined })), 'access/bad-token'],
        ['not yet', await signed(claims({ nbf: now() + 600 })), 'access/bad-token'],
        ['another audience', await signed(claims({ aud: 'billing' })), 'access/wrong-audience'],
        ['another issuer', await signed(claims({ iss: 'https://elsewhere.example' })), 'access/wrong-issuer'],
        ['without a subject', await signed(claims({ sub: undefined })), 'access/bad-token'],
        ['a subject that breaks lines', await signed(claims({ sub: 'a\nb' })), 'access/bad-token'],
        ['unsigned', unsigned, 'access/bad-token'],
        ['signed with the public key as a secret', `${confused}.${hmac}`, 'access/bad-token'],
        ['signed by a stranger', await signed(claims(), { key: stranger.privateKey }), 'access/bad-token'],
        ['an unknown key', await signed(claims(), { kid: 'k2' }), 'access/bad-token'],
        ['altered', `${head}.${base64(claims({ sub: 'eve' }))}.${signature}`, 'access/bad-token'],
        ['no role of ours', await signed(claims({ realm: { roles: ['root'] } })), 'access/no-role'],
        ['no roles at all', await signed(claims({ realm: undefined })), 'access/no-role'],
        ['too long', `${head}.${'A'.repeat(9_000)}.${signature}`, 'access/bad-token'],
        ['no token', 'x.y', 'access/bad-key'],
        ['a logout token', await signed(claims(), { typ: 'logout+jwt' }), 'access/bad-token'],
        ['an ID token of Keycloak', await signed(claims({ typ: 'ID' })), 'access/bad-token'],
        ['issued in the future', await signed(claims({ iat: now() + 600 })), 'access/bad-token'],
        ['good for a year', await signed(claims({ exp: now() + 365 * 86_400 })), 'access/bad-token'],
        ['good for ever', await signed(claims({ exp: 1e15 })), 'access/bad-token'],
        ['made for another client', await signed(claims({ azp: 'billing-page' })), 'access/wrong-client'],
        ['made for another client', await signed(claims({ client_id: 'billing-page' })), 'access/wrong-client'],
      ];
      for (const [what, token, code] of cases) expect([what, codeOf(await as(token))]).toEqual([what, code]);
    });

    it('reports that the issuer is unavailable, and continues afterwards', async () => {
      issuer.answer(false);
      const other = await start({
        BATON_OIDC_ISSUER: url,
        BATON_OIDC_AUDIENCE: 'baton-api',
        BATON_OIDC_ROLES_CLAIM: 'realm.roles',
      });
      try {
        const authorization = `Bearer ${await signed(claims())}`;
        expect(codeOf(await ask(other.port, '{ status { name } }', authorization))).toBe('access/issuer-unreachable');
        issuer.answer(true);
        expect((await ask(other.port, '{ status { name } }', authorization)).body.errors).toBeUndefined();
      } finally {
        issuer.answer(true);
        await other.app.close();
      }
    });
  });
});
