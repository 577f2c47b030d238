import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { LOGGER, CONFIG } from '../platform.module';
import type { Config } from '../config';
import { busy, Metrics } from '../telemetry';
import type { Logger } from 'pino';

const always = /^\/(health|metrics)(\/|\?|$)/;

/**
 * Refuses whole requests, before their bodies are read, while twice as many are in flight as commands may be: what
 * waits in memory stays bounded. Health and metrics are always answered.
 */
export const boundRequests = (app: NestFastifyApplication): void => {
  const limit = app.get<Config>(CONFIG).maxInFlight * 2;
  const metrics = app.get(Metrics);
  let inFlight = 0;
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onRequest', (request, reply, done) => {
      if (always.test(request.url)) return done();
      if (inFlight >= limit) {
        metrics.refusedRequest();
        const { code, message } = busy();
        reply
          .code(503)
          .header('retry-after', '1')
          .send({ errors: [{ message, extensions: { code } }] });
        return;
      }
      inFlight++;
      reply.raw.once('close', () => inFlight--);
      done();
    });
};

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
