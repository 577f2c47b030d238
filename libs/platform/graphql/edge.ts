import { GraphQLSchemaHost } from '@nestjs/graphql';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Clock, Journal, Refused } from '@baton/kernel';
import { Access, AccessLog, ACTS_FOR, RefusedAccess, type CallerIdentity } from '../access';
import type { Config } from '../config';
import { ReadModels } from '../documents';
import { LOGGER } from '../platform.module';
import { Admission, readManifest } from './admission';
import { bodyOf, GRAPHQL_PATH, isGraphqlPath, type Reply } from './errors';
import { NodeLoader } from './nodes';
import { checkJson, limits } from './limits';
import { RequestReads } from './request-reads';
import { Subscriptions } from './subscriptions';

const JSON_TYPE = /^application\/json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?$/i;

interface RoutedRequest {
  readonly url: string;
  readonly routeOptions: { readonly url?: string };
}

/**
 * Puts the checks of a request before the GraphQL server, and subscriptions beside it. To be called before the
 * application is initialised: hooks count for routes that are made after them.
 * @throws Refused `config/bad-manifest`
 */
export const guardEdge = (app: NestFastifyApplication, config: Config): void => {
  const fastify = app.getHttpAdapter().getInstance();
  const access = app.get(Access);
  allowOrigins(app, config.corsOrigins);
  const admission = new Admission(() => app.get(GraphQLSchemaHost).schema, readManifest(config.trustedDocuments));

  /** By the route that will answer, whatever the address looks like that led to it; by the address where none will. */
  const isGraphql = ({ routeOptions, url }: RoutedRequest) =>
    routeOptions.url === undefined ? isGraphqlPath(url) : routeOptions.url === GRAPHQL_PATH;

  // Before the body is read.
  fastify.addHook('onRequest', (request, reply, done) => {
    if (!isGraphql(request)) return done();
    reply.header('cache-control', 'no-store'); // it depends on who calls
    if (request.method !== 'POST') return void reply.code(405).header('allow', 'POST').send(bodyOf(405));
    if (!JSON_TYPE.test(request.headers['content-type'] ?? '')) return void reply.code(415).send(bodyOf(415));
    done();
  });
  const parse = fastify.getDefaultJsonParser('error', 'error'); // no __proto__, no constructor
  app.useBodyParser('application/json', { bodyLimit: limits.bodyBytes.max }, (request, body, done) => {
    try {
      if (isGraphql(request as unknown as RoutedRequest)) checkJson(body);
    } catch (error) {
      return done(error as Error);
    }
    return parse(request as never, body as never, done);
  });
  const admit = (body: unknown): boolean => {
    const { introspects, operations } = admission.admit(body);
    if (operations.includes('subscription' as never))
      throw new Refused(
        'graphql/subscription-over-http',
        'Subscriptions are available over WebSocket (graphql-transport-ws) only.',
        'query',
      );
    return introspects;
  };
  fastify.addHook('preHandler', (request, _reply, done) => {
    if (!isGraphql(request)) return done();
    let introspects: boolean;
    try {
      introspects = admit(request.body);
    } catch (error) {
      return done(error as Error);
    }
    if (!introspects || !config.production) return done();
    callerOf(access, request.headers.authorization).then(() => done(), done);
  });

  const subscriptions = new Subscriptions(
    app.get(GraphQLSchemaHost),
    access,
    admission,
    (caller: CallerIdentity) => new RequestReads(app.get(Journal), app.get(AccessLog).record, caller),
    new NodeLoader(app.get(ReadModels), app.get<Clock>(Clock), false),
    app.get(RefusedAccess),
    app.get(LOGGER),
  );
  subscriptions.listen(fastify.server);
  // Open sockets would keep the server from closing.
  fastify.addHook('preClose', () => subscriptions.close());
};

/**
 * Lets pages of these origins send requests. Without any, the browser keeps them from it. Keys are no cookies: a page
 * sends its own.
 */
const allowOrigins = (app: NestFastifyApplication, origins: string): void => {
  if (origins === '') return;
  app.enableCors({
    origin: origins.split(','),
    methods: ['GET', 'POST'],
    allowedHeaders: ['authorization', 'content-type', ACTS_FOR],
    maxAge: 3_600, // seconds for which a browser need not ask again
  });
};

/** @throws Refused `graphql/introspection-off` for callers who are nobody */
const callerOf = async (access: Access, authorization: string | undefined) => {
  const caller = await access.authenticate(authorization).catch(() => undefined);
  if (!caller) throw new Refused('graphql/introspection-off', 'Introspection requires a key or token.');
  return caller;
};

const HEADERS_MS = 10_000;
/** Longer than any answer should take: a connection on which nothing moves is dead. */
const IDLE_MS = 120_000;

/**
 * Deadlines of connections, and what Fastify itself answers before any hook: malformed addresses, broken HTTP and what
 * comes too slowly, in the same form.
 */
export const serverOptions = {
  connectionTimeout: IDLE_MS,
  http: { headersTimeout: HEADERS_MS, connectionsCheckingInterval: 1_000 },
  frameworkErrors: (error: { readonly statusCode?: number }, _: unknown, reply: unknown) => {
    const status = error.statusCode ?? 400;
    (reply as Reply).code(status).send(bodyOf(status));
  },
  clientErrorHandler: (error: { readonly code?: string }, socket: import('node:net').Socket) => {
    if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) return;
    const [status, reason] =
      error.code === 'HPE_HEADER_OVERFLOW'
        ? [431, 'Request Header Fields Too Large']
        : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
          ? [408, 'Request Timeout']
          : [400, 'Bad Request'];
    const body = JSON.stringify(bodyOf(Number(status)));
    socket.end(
      `HTTP/1.1 ${status} ${reason}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
    );
  },
};
