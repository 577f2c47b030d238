import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { DefinitionSource, type Clock } from '@baton/kernel';
import { definitionKinds } from '@baton/definitions';
import { readConfig, type Config } from '@baton/platform/config';
import { storeNotice } from '@baton/platform/data-folder';
import { guardEdge, limits, serverOptions } from '@baton/platform/graphql';
import { limitRequests, stopOnSignals } from '@baton/platform/health';
import { Runner, type Sender } from '@baton/platform/runner';
import { listenOrClose } from '@baton/platform/start';
import { FrameworkLog, loggerOf } from '@baton/platform/telemetry';
import { BatonModule } from '../contexts';
import { apiModule } from './api.module';

/** A request that does not arrive whole within this time is given up: slow senders must not hold all places. */
const REQUEST_MS = 30_000;
/** Connections of a burst that wait until they are taken; the system resets those beyond Node's 511. */
const BACKLOG = 4_096;

/**
 * Starts the GraphQL server, and, where the configuration says so, the followers of the log in the same process.
 * @throws BatonError why it cannot start; nothing of it is left then
 */
export const serve = async (
  config: Config = readConfig(),
  clock?: Clock,
  senders: readonly Sender[] = [],
): Promise<NestFastifyApplication> => {
  const notice = storeNotice(config);
  const app = await NestFactory.create<NestFastifyApplication>(
    BatonModule.forRoot(config, { clock, senders, mayCreateStore: true, edge: [apiModule(config)] }),
    new FastifyAdapter({ bodyLimit: limits.bodyBytes.max, requestTimeout: REQUEST_MS, ...serverOptions }),
    { logger: new FrameworkLog(loggerOf(config)), abortOnError: false },
  );
  const prepare = async () => {
    // Known from here on, so that answers which depend on them need no log. It must answer once.
    await app.get(DefinitionSource).forKinds(definitionKinds);
    if (config.project) await app.get(Runner).start();
  };
  const begin = async () => {
    limitRequests(app);
    guardEdge(app, config);
  };
  await listenOrClose(app, config, { begin, prepare, backlog: BACKLOG });
  stopOnSignals(app);
  if (notice) loggerOf(config).info(notice);
  return app;
};
