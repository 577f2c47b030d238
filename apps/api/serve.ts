import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Clock } from '@baton/kernel';
import { readConfig, type Config } from '@baton/platform/config';
import { Runner } from '@baton/platform/runner';
import { BatonModule } from '../contexts';
import { ApiModule } from './api.module';

const BODY_LIMIT = 256 * 1024;

/** Starts the GraphQL server, and, where the configuration says so, the followers of the log in the same process. */
export const serve = async (config: Config = readConfig(), clock?: Clock): Promise<NestFastifyApplication> => {
  const app = await NestFactory.create<NestFastifyApplication>(
    BatonModule.forRoot(config, { ...(clock && { clock }), edge: [{ module: ApiModule }] }),
    new FastifyAdapter({ bodyLimit: BODY_LIMIT }),
    { logger: ['error', 'warn', 'fatal'] },
  );
  app.enableShutdownHooks();
  await app.init();
  if (config.project) await app.get(Runner).start();
  await app.listen(config.port, config.host);
  return app;
};
