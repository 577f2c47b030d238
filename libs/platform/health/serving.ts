import type { IncomingHttpHeaders, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { LOGGER, CONFIG } from '../platform.module';
import type { Config } from '../config';
import { busy, Metrics } from '../telemetry';
import type { Logger } from 'pino';

const always = /^\/(health|metrics)(\/|\?|$)/;

/** Connections for each request that may be in flight, and at least so many: beyond them new ones are closed at once. */
const CONNECTIONS = 8;
const FEWEST_CONNECTIONS = 8_192;
/** Of these places one caller may hold so much. */
const ONE_CALLER = 0.75;
/** Whoever sends a body for longer gives way when others wait. */
const ARRIVING_MS = 1_000;
/** An answer of which its reader takes nothing for so long is given up. */
const READING_MS = 10_000;

interface Reply {
  code(status: number): Reply;
  header(name: string, value: string): Reply;
  send(body: unknown): unknown;
}
interface Sender {
  readonly since: number;
  readonly socket: Socket;
}

/**
 * Refuses whole requests, before their bodies are read, while twice as many are in flight as commands may be (503), or
 * while one caller holds three quarters of the places (429): what waits in memory stays bounded. A request takes a place only
 * when all of it is there; the bodies that arrive meanwhile are bounded too, and of them the slowest gives way. So
 * whoever sends or reads drop by drop holds nobody up. Health and metrics are always answered.
 */
export const boundRequests = (app: NestFastifyApplication): void => {
  const limit = app.get<Config>(CONFIG).maxInFlight * 2;
  const metrics = app.get(Metrics);
  const arriving = new Map<object, Sender>();
  const callers = new Map<string, number>();
  let inFlight = 0;
  const refuse = (reply: Reply, status: 429 | 503) => {
    metrics.refusedRequest();
    const { code, message } = busy();
    reply
      .code(status)
      .header('retry-after', '1')
      .send({ errors: [{ message, extensions: { code } }] });
  };
  const full = (caller: string): 429 | 503 | undefined => {
    if (inFlight >= limit) return 503;
    return (callers.get(caller) ?? 0) >= limit * ONE_CALLER ? 429 : undefined;
  };
  /** @returns whether one more body may arrive */
  const admit = (): boolean => {
    if (arriving.size < limit) return true;
    const [slowest] = arriving;
    if (!slowest || performance.now() - slowest[1].since < ARRIVING_MS) return false;
    arriving.delete(slowest[0]);
    slowest[1].socket.destroy();
    return true;
  };

  (app.getHttpServer() as Server).maxConnections = Math.max(FEWEST_CONNECTIONS, limit * CONNECTIONS);
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onRequest', (request, reply, done) => {
      if (always.test(request.url)) return done();
      const status = full(callerOf(request)) ?? (admit() ? undefined : 503);
      if (status) return refuse(reply, status);
      arriving.set(request, { since: performance.now(), socket: request.raw.socket });
      reply.raw.once('close', () => arriving.delete(request));
      done();
    })
    .addHook('preValidation', (request, reply, done) => {
      if (!arriving.delete(request)) return done();
      const caller = callerOf(request);
      const status = full(caller);
      if (status) return refuse(reply, status);
      inFlight++;
      callers.set(caller, (callers.get(caller) ?? 0) + 1);
      reply.raw.once('close', () => {
        inFlight--;
        const others = callers.get(caller)! - 1;
        if (others > 0) callers.set(caller, others);
        else callers.delete(caller);
      });
      done();
    })
    .addHook('onSend', (request, _reply, _payload, done) => {
      request.raw.socket.setTimeout(READING_MS);
      done();
    });
};

/** Whoever shows the same key, or without one comes from the same address. */
const callerOf = ({ headers, ip }: { readonly headers: IncomingHttpHeaders; readonly ip: string }): string =>
  headers.authorization ?? ip;

/**
 * On SIGTERM or SIGINT takes no more requests, answers those in flight, finishes the page in hand, saves, gives the
 * leases back, closes the stores, and ends the process with 0. After the deadline, or at a second signal, it ends with
 * 1: what was acknowledged is on the disk by then in any case.
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
