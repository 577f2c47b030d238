import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Clock } from '@baton/kernel';
import { readConfig, type Config } from '@baton/platform/config';
import { guardEdge, limits, serverOptions } from '@baton/platform/graphql';
import { boundRequests, stopOnSignals } from '@baton/platform/health';
import { Runner, type Sender } from '@baton/platform/runner';
import { FrameworkLog, loggerOf } from '@baton/platform/telemetry';
import { BatonModule } from '../contexts';
import { apiModule } from './api.module';

/** A request that does not arrive whole within this time is given up: slow senders must not hold all places. */
const REQUEST_MS = 30_000;
/** Connections of a burst that wait until they are taken; the system resets those beyond Node's 511. */
const BACKLOG = 4_096;

/** Starts the GraphQL server, and, where the configuration says so, the followers of the log in the same process. */
export const serve = async (
  config: Config = readConfig(),
  clock?: Clock,
  senders: readonly Sender[] = [],
): Promise<NestFastifyApplication> => {
  const app = await NestFactory.create<NestFastifyApplication>(
    BatonModule.forRoot(config, { clock, senders, makes: true, edge: [apiModule(config)] }),
    new FastifyAdapter({ bodyLimit: limits.bodyBytes.max, requestTimeout: REQUEST_MS, ...serverOptions }),
    { logger: new FrameworkLog(loggerOf(config)) },
  );
  boundRequests(app);
  guardEdge(app, config);
  stopOnSignals(app);
  await app.init();
  if (config.project) await app.get(Runner).start();
  await app.listen({ port: config.port, host: config.host, backlog: BACKLOG });
  return app;
};
