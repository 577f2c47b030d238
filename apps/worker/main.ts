import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { EventLog } from '@baton/kernel';
import { LogHeads } from '@baton/audit/audit.module';
import { Retention } from '@baton/privacy/privacy.module';
import { readConfig } from '@baton/platform/config';
import { Conservation, HealthController, stopOnSignals } from '@baton/platform/health';
import { Runner } from '@baton/platform/runner';
import { listenOrClose, startOrExit } from '@baton/platform/start';
import { FrameworkLog, loggerOf } from '@baton/platform/telemetry';
import { BatonModule } from '../baton.module';

@Module({ controllers: [HealthController] })
class WorkerModule {}

/**
 * Follows the log: updates read models, runs policies, sends messages, decides what falls due. Its port serves health
 * and metrics only.
 */
const work = async (): Promise<void> => {
  const config = readConfig();
  const app = await NestFactory.create<NestFastifyApplication>(
    BatonModule.forRoot(config, { edge: [{ module: WorkerModule }] }),
    new FastifyAdapter(),
    { logger: new FrameworkLog(loggerOf(config)), abortOnError: false },
  );
  const prepare = async () => {
    await app.get(EventLog).tip(); // the first read must succeed
    await app.get(Runner).start();
    app.get(LogHeads).start();
    app.get(Conservation).start();
    app.get(Retention).start();
  };
  await listenOrClose(app, config, { prepare });
  stopOnSignals(app);
};

startOrExit(work);
