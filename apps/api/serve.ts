import { NestFactory } from '@nestjs/core';
import { CommandBus } from '@nestjs/cqrs';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { DefinitionSource, type Clock } from '@baton/kernel';
import { declaredAccess } from '@baton/audit';
import { LogHeads, recordAccessMatrix } from '@baton/audit/audit.module';
import { Retention } from '@baton/privacy/privacy.module';
import { definitionKinds } from '@baton/definitions';
import { readConfig, type Config } from '@baton/platform/config';
import { storeNotice } from '@baton/platform/data-folder';
import { guardEdge, limits, serverOptions } from '@baton/platform/graphql';
import { Conservation, limitRequests, stopOnSignals } from '@baton/platform/health';
import { Runner, type Sender } from '@baton/platform/runner';
import { listenOrClose } from '@baton/platform/start';
import { FrameworkLog, loggerOf } from '@baton/platform/telemetry';
import { BatonModule } from '../baton.module';
import { codeVersion } from '../report-exports';
import { apiModule } from './api.module';
import { servedParts } from './schema-modules';

/**
 * A request that has not arrived completely within this time is closed, so that slow senders cannot use up all
 * connections.
 */
const REQUEST_MS = 30_000;
/**
 * Length of the backlog: connections of a burst that wait to be accepted. With Node's default of 511 the system resets
 * the rest.
 */
const BACKLOG = 4_096;

/**
 * Starts the GraphQL server and, if configured, the followers of the log in the same process.
 * @throws BatonError if it cannot start; everything it opened is closed again
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
    // From here on the definitions are followed, so queries that need them do not read the log. The first read must
    // succeed.
    await app.get(DefinitionSource).forKinds(definitionKinds);
    // Before the first answer, and by servers alone: only they answer callers by their roles. A command line is that of
    // whoever has the data folder, to whom no role applies, and a worker answers nobody.
    await recordAccessMatrix(app.get(CommandBus), { release: codeVersion(), rules: declaredAccess(servedParts) });
    if (config.project) {
      await app.get(Runner).start();
      app.get(LogHeads).start();
      app.get(Conservation).start();
      app.get(Retention).start();
    }
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
