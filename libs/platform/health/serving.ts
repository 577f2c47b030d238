import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Conflict } from '@baton/kernel';
import { CallerTurns } from '../caller-turns';
import { pathOf } from '../path';
import { LOGGER, CONFIG } from '../platform.module';
import type { Config } from '../config';
import { Metrics } from '../telemetry';
import type { Logger } from 'pino';

const UNLIMITED_PATHS = /^\/(health|metrics)(\/|$)/;

/** Connections for each request that may be in flight, and at least so many: beyond them new ones are closed at once. */
const CONNECTIONS = 8;
const FEWEST_CONNECTIONS = 8_192;
/** Of these places one caller may hold so much. */
const CALLER_SHARE = 0.75;
/** Whoever sends a body for longer gives way when others wait. */
const BODY_MS = 1_000;
/** An answer of which its reader takes nothing for so long is given up. */
const READING_MS = 10_000;
/** Requests that begin in one turn of the event loop: between turns others are read, and refused where that is due. */
const BEGIN_AT_ONCE = 64;
/** When those who are refused may come again; their connection is not read before. */
export const RETRY_AFTER_SECONDS = 2;

/**
 * Refuses requests while as many are in flight as may be (503), or while one caller holds three quarters of the places
 * (429). So what waits in memory is bounded, commands among it: a request sends them one after the other.
 *
 * A refusal is cheap, or a flood would keep the process busy with refusing. It is given before the body is read and
 * before any other hook, its text is ready, and its connection is not read before the time that it names.
 * A request takes a place only when all of it is there; the bodies that arrive meanwhile are bounded too, and of them
 * the slowest gives way, so that whoever sends or reads drop by drop holds nobody up. Requests begin a few at a time, so
 * that many at once do not keep the process from refusing those behind them. Health and metrics are always answered.
 */
export const limitRequests = (app: NestFastifyApplication): void => {
  const limit = app.get<Config>(CONFIG).maxInFlight;
  const metrics = app.get(Metrics);
  /** Requests whose bodies arrive, oldest first: what answers each, and since when. */
  const arriving = new Map<IncomingMessage, { readonly response: ServerResponse; readonly since: number }>();
  const callers = new Map<string, number>();
  const refuse = refusalWriter(metrics);
  let inFlight = 0;
  const full = (caller: string): 429 | 503 | undefined => {
    if (inFlight >= limit) return 503;
    return (callers.get(caller) ?? 0) >= limit * CALLER_SHARE ? 429 : undefined;
  };
  /** @returns whether one more body may arrive */
  const admit = (): boolean => {
    if (arriving.size < limit) return true;
    const [slowest] = arriving;
    if (!slowest || performance.now() - slowest[1].since < BODY_MS) return false;
    arriving.delete(slowest[0]);
    // Told before it is cut off: it may be this process that was slow.
    slowest[1].response.shouldKeepAlive = false;
    refuse(slowest[1].response, 503);
    return true;
  };

  const server: Server = app.getHttpServer();
  server.maxConnections = Math.max(FEWEST_CONNECTIONS, limit * CONNECTIONS);
  const turns = new CallerTurns(BEGIN_AT_ONCE);
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onRequest', ({ raw: request }, reply, done) => {
      if (UNLIMITED_PATHS.test(pathOf(request.url))) return done();
      const status = full(callerOf(request)) ?? (admit() ? undefined : 503);
      if (status) return refuse(reply.hijack().raw, status);
      arriving.set(request, { response: reply.raw, since: performance.now() });
      reply.raw.once('close', () => arriving.delete(request));
      done();
    })
    .addHook('preValidation', ({ raw: request }, reply, done) => {
      if (reply.raw.writableEnded) return void reply.hijack(); // it gave way and was told so
      if (!arriving.delete(request)) return done();
      const caller = callerOf(request);
      const status = full(caller);
      if (status) return refuse(reply.hijack().raw, status);
      inFlight++;
      callers.set(caller, (callers.get(caller) ?? 0) + 1);
      reply.raw.once('close', () => {
        inFlight--;
        const others = callers.get(caller)! - 1;
        if (others > 0) callers.set(caller, others);
        else callers.delete(caller);
      });
      void turns.next(caller).then(() => done());
    })
    .addHook('onSend', (request, _reply, _payload, done) => {
      request.raw.socket.setTimeout(READING_MS);
      done();
    });
};

/** @returns what answers a request with 429 or 503, always the same text */
const refusalWriter = (metrics: Metrics) => {
  const { code, message } = new Conflict(
    'overload/busy',
    'Too many requests are in progress; try again after Retry-After.',
  );
  const body = Buffer.from(JSON.stringify({ errors: [{ message, extensions: { code } }] }));
  const headers = {
    'retry-after': String(RETRY_AFTER_SECONDS),
    'cache-control': 'no-store',
    'content-type': 'application/json; charset=utf-8',
    'content-length': body.length,
  };
  const resting = new WeakSet<Socket>();
  const rest = (socket: Socket): void => {
    if (resting.has(socket)) return;
    resting.add(socket);
    // Node reads on by itself where a body was left unread.
    const stay = () => socket.pause();
    socket.on('resume', stay).pause();
    const end = () => {
      resting.delete(socket);
      socket.off('resume', stay).resume();
    };
    setTimeout(end, RETRY_AFTER_SECONDS * 1000).unref();
  };
  return (response: ServerResponse, status: 429 | 503): void => {
    metrics.refusedRequest();
    // At once: in a flood one turn of the event loop reads the same connection many times. One that is closed next is
    // read on, or what it sent would be in the way of the answer.
    if (response.shouldKeepAlive) rest(response.req.socket);
    response.writeHead(status, headers).end(body);
  };
};

/** Whoever shows the same key, or without one comes from the same address. */
const callerOf = ({ headers, socket }: IncomingMessage): string => headers.authorization ?? socket.remoteAddress ?? '';

/**
 * On SIGTERM or SIGINT takes no more requests, answers those in flight, finishes the page in hand, saves, gives the
 * leases back, closes the stores, and ends the process with 0. After the deadline, or at a second signal, it ends with
 * 1: what was acknowledged is on the disk by then in any case. To be called when it listens: a process that starts has
 * nothing to finish.
 */
export const stopOnSignals = (app: NestFastifyApplication): void => {
  const seconds = app.get<Config>(CONFIG).shutdownSeconds;
  const logger = app.get<Logger>(LOGGER);
  let stopping = false;
  const end = (code: number, reason: string): never => {
    if (code === 0) logger.info(reason);
    else logger.error(reason);
    process.exit(code);
  };
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) return end(1, 'stopped at once: a second signal came');
    stopping = true;
    logger.info({ signal, seconds }, 'stopping');
    setTimeout(() => end(1, 'stopped at once: the deadline passed'), seconds * 1000);
    app.close().then(
      () => end(0, 'stopped'),
      (error: unknown) => {
        logger.error({ err: error }, 'the process could not close what it held');
        process.exit(1);
      },
    );
  };
  const signals = ['SIGTERM', 'SIGINT'] as const;
  for (const signal of signals) process.on(signal, stop);
  // An application that is closed by its owner, a test, leaves no trace.
  app.getHttpServer().once('close', () => {
    if (!stopping) for (const signal of signals) process.off(signal, stop);
  });
};
