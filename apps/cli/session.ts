import { userInfo } from 'node:os';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CommandBus } from '@nestjs/cqrs';
import {
  Clock,
  codeOf,
  DecisionContext,
  EventLog,
  Journal,
  KeyStore,
  Refused,
  type BatonError,
  type Instant,
  type Outcome,
  type Position,
  type To,
} from '@baton/kernel';
import { AccessLog, PersonalReads } from '@baton/platform/access';
import type { Config } from '@baton/platform/config';
import { storeNotice } from '@baton/platform/data-folder';
import { ReadModels } from '@baton/platform/documents';
import { CATALOGUE } from '@baton/platform/platform.module';
import { Runner } from '@baton/platform/runner';
import { FrameworkLog, loggerOf } from '@baton/platform/telemetry';
import { BatonModule } from '../baton.module';
import { Progress, warn } from './output';
import { configOfTerminal } from './terminal';
import type { Sources } from './view';

/** How often a command that waits for rebuilds looks how far they are. */
const PROGRESS_MS = 1_000;

/** Baton without its API, for one command line. */
export class Session {
  private following: Promise<void> | undefined;

  private constructor(
    readonly app: INestApplicationContext,
    readonly config: Config,
  ) {}

  /**
   * Opens the configured stores, runs the work, and closes them in any case.
   * @param mayCreateStore whether a missing store may be created; a line says so, unless `tells` is false
   */
  static async use<T>(
    work: (session: Session) => Promise<T>,
    {
      config = configOfTerminal(),
      mayCreateStore = false,
      announces: announces = true,
    }: { config?: Config; mayCreateStore?: boolean; announces?: boolean } = {},
  ): Promise<T> {
    const notice = mayCreateStore && announces ? storeNotice(config) : undefined;
    if (notice) warn(notice); // so that a mistyped folder is noticed
    // The log line per command is for servers; here it would mix with the answers.
    const quiet = config.logLevel === 'info' ? { ...config, logLevel: 'warn' } : config;
    const app = await NestFactory.createApplicationContext(BatonModule.forRoot(quiet, { mayCreateStore }), {
      logger: new FrameworkLog(loggerOf(quiet)),
      abortOnError: false,
    });
    const answer = await work(new Session(app, config)).catch(async (error: unknown) => {
      await app.close().catch(() => undefined); // closing fails for the same reason as the work did
      throw error;
    });
    // A rebuild for this version that is cut short would begin again with every command.
    await app.get(Runner).finishRebuilds();
    await app.close();
    return answer;
  }

  get models() {
    return this.app.get(ReadModels);
  }
  get journal() {
    return this.app.get(Journal);
  }
  get log() {
    return this.app.get(EventLog);
  }
  get keys() {
    return this.app.get(KeyStore);
  }
  /** What questions are answered from. */
  get sources(): Sources {
    const { models: live, journal, log, clock, app } = this;
    const caller = { actor: localActor(), origin: 'person', roles: ['admin'] } as const;
    const readsFor = (operation: string, reason?: string) =>
      new PersonalReads(journal, app.get(AccessLog).record, caller, operation, reason);
    const [catalogue, context] = [app.get<Sources['catalogue']>(CATALOGUE), app.get(DecisionContext)];
    return { live, journal, log, clock, catalogue, context, readsFor };
  }
  get clock() {
    return this.app.get(Clock);
  }
  get runner() {
    return this.app.get(Runner);
  }

  send(command: To): Promise<Outcome> {
    return this.app.get(CommandBus).execute<To, Outcome>(command);
  }

  /** Sends a command that must be accepted. @throws Refused if it is refused */
  async order(command: To): Promise<void> {
    const outcome = await this.send(command);
    if (outcome instanceof Refused) throw outcome;
  }

  /**
   * Follows the log during the work, unless another process does.
   * @param history the work sends backfill commands and ends with `finishHistory`: until then the clock skips its
   *   streams
   */
  async follow({ history = false } = {}): Promise<void> {
    this.following ??= this.runner.start({ tick: false, history }).catch((error: unknown) => {
      this.following = undefined;
      throw error;
    });
    await this.following;
  }

  /** Brings every read model to the end of the log. */
  async catchUp(): Promise<Position> {
    await this.follow();
    const endProgress = await this.showRebuilds();
    return this.runner.catchUp().finally(endProgress);
  }

  /** Says which read models this command waits for because they are rebuilt for this version, and how far they are. */
  private async showRebuilds(): Promise<() => void> {
    const bars = new Map<string, Progress>();
    const show = async () => {
      for (const [readModel, events] of await this.runner.rebuildProgress()) {
        if (!bars.has(readModel)) {
          bars.set(readModel, new Progress(`rebuild ${readModel}`, 'events'));
          warn(`The read model ${readModel} is rebuilt for this version of Baton; this command waits for it.`);
        }
        bars.get(readModel)!.at(events);
      }
    };
    await show();
    const showing = setInterval(() => void show().catch(() => undefined), PROGRESS_MS); // the fault is that of what is asked for
    return () => {
      clearInterval(showing);
      for (const bar of bars.values()) bar.done();
    };
  }

  /** Brings every read model to the end of the log; if the log is unavailable, prints how far they are. */
  async catchUpIfPossible(): Promise<void> {
    try {
      await this.catchUp();
    } catch (error) {
      if (codeOf(error) !== 'log/unavailable') throw error;
      const { code, message } = error as BatonError;
      warn(
        `${code}: ${message} This is what the read models hold, up to position ${await this.runner.readModelsPosition()}.`,
      );
    }
  }

  /**
   * Waits until the policies have handled all events up to now and the events that followed from them, so that a
   * backfilled history does not depend on the speed.
   */
  async settle(): Promise<void> {
    await this.follow();
    await this.runner.settle();
  }

  /** Ends a backfill: obligations that fell due within it are decided, each at its own instant. */
  async finishHistory(end: Instant): Promise<void> {
    for (let tip = await this.catchUp(), before = ''; tip !== before;) {
      before = tip;
      if (end) await this.runner.advanceClock(end, 'backfill');
      tip = await this.catchUp();
    }
  }
}

/** The actor of commands sent from this machine's command line. */
export const localActor = (): string => `local:${userInfo().username.replace(/[^A-Za-z0-9._-]/g, '-')}`;
