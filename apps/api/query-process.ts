import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Config } from '@baton/platform/config';
import { answerQuestions } from '@baton/platform/graphql';
import { FrameworkLog, loggerOf } from '@baton/platform/telemetry';
import { BatonModule } from '../baton.module';
import { schemaModules } from './schema-modules';

/**
 * Entry point of the process that answers heavy queries: all of Baton with its own connections, read-only, without a
 * port.
 */
const begin = async (config: Config): Promise<NestFastifyApplication> => {
  const edge = { module: class QueryProcess {}, imports: schemaModules() };
  const app = await NestFactory.create<NestFastifyApplication>(
    BatonModule.forRoot(config, { readOnly: true, edge: [edge] }),
    new FastifyAdapter(),
    { logger: new FrameworkLog(loggerOf(config)), abortOnError: false },
  );
  await app.init();
  return app;
};

answerQuestions(begin);
