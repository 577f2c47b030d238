import { randomBytes, randomUUID } from 'node:crypto';
import type { CommandBus } from '@nestjs/cqrs';
import { codeOf, NotFound, Refused, toMs, type Clock, type EventLog, type Outcome } from '@baton/kernel';
import type { Config } from '@baton/platform/config';
import type { ReadModels } from '@baton/platform/documents';
import { logKeys, rotateSigningKey, type LogKeys } from '@baton/platform/keys';
import type { Runner } from '@baton/platform/runner';
import { machineTimers, repeatEvery, type Timers } from '@baton/platform/timers';
import type { Metrics } from '@baton/platform/telemetry';
import type { Logger } from 'pino';
import { logSource, type ExportSource } from '../../read/export/export-sources';
import type { LogFilter } from '../../read/export/export.rules';
import { logHeads, newestFirst, type HeadDocument } from '../../read/proof/log-heads.read-model';
import { LogTree } from '../../read/proof/log-tree.query';
import { headText, signNote, withCosignatures, type LogHead } from '../../read/proof/note';
import { HEAD_ID, ToHead } from './head.events';
import { handToWitness } from './witness';

const MINUTE_MS = 60_000;
/** Alarms: the log does not continue what it has stated before. */
const alarms: ReadonlySet<string> = new Set([
  'proof/witness-conflict',
  'proof/witness-ahead',
  'proof/older-head',
  'proof/conflicting-head',
]);
/** A witness that cannot be reached keeps no head from being signed. */
const passedOver: ReadonlySet<string> = new Set(['proof/witness-unavailable', 'proof/witness-refused']);

interface Parts {
  readonly models: ReadModels;
  readonly log: EventLog;
  readonly runner: Runner;
  readonly bus: CommandBus;
  readonly clock: Clock;
  readonly config: Config;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly timers?: Timers;
}

/** Signs heads of the Merkle log, on demand and on a schedule, hands them to the witness and records them. */
export class LogHeads {
  private readonly stopping = new AbortController();
  private schedule: Promise<void> | undefined;

  constructor(private readonly parts: Parts) {}

  async newest(): Promise<HeadDocument | undefined> {
    return (await this.parts.models.find(logHeads, { orderBy: newestFirst, limit: 1 }))[0]?.doc;
  }

  /** The keys of this log. A new key gets the name of the heads before, or a new one. */
  async keys(): Promise<LogKeys> {
    return logKeys(this.parts.config, await this.name());
  }

  /** @throws Refused `keys/configured-signing-key` */
  async rotateKey(): Promise<LogKeys> {
    return rotateSigningKey(this.parts.config, await this.name());
  }

  private async name(): Promise<string> {
    return (await this.newest())?.verifierKey.split('+')[0] ?? `baton-${randomBytes(6).toString('hex')}`;
  }

  /**
   * Signs a head of everything in the log up to now, hands it to the witness and records it. If nothing but the last head was
   * recorded since, that one is the answer.
   * @throws Refused `keys/no-signing-key`; Conflict `proof/witness-conflict`, `proof/witness-ahead`, Refused
   *   `proof/older-head`, `proof/conflicting-head`: the log does not continue what was signed before
   */
  async sign(): Promise<HeadDocument> {
    const { models, log, runner, bus, clock, config, logger } = this.parts;
    await runner.waitFor(await log.tip());
    const { signing, verifiers } = await this.keys();
    const [tree, last] = [await LogTree.open(models), await this.newest()];
    if (last && (await this.isUpToDate(tree, last))) return last;
    const head: LogHead = {
      ...{ origin: signing.name, size: tree.size, signedAt: clock.now() },
      ...{ root: await tree.root(), places: await tree.root(tree.size, 'places') },
    };
    let note = signNote(headText(head), signing);
    if (config.witness !== '')
      try {
        const heldSize = last?.size ?? 0;
        const given = { head, note, tree, verifiers, heldSize: heldSize <= head.size ? heldSize : 0 };
        note = withCosignatures(note, await handToWitness(config.witness, given));
      } catch (error) {
        if (!passedOver.has(codeOf(error))) throw error;
        logger.warn({ code: codeOf(error) }, 'the witness did not take the head of the log');
      }
    const [root, places] = [head.root.toString('base64'), head.places.toString('base64')];
    const data = { headId: HEAD_ID, size: head.size, root, places, note, verifierKey: signing.text };
    const meta = {
      commandId: randomUUID(),
      actor: 'policy:log-heads',
      origin: 'system',
      occurredAt: head.signedAt,
    } as const;
    const outcome = await bus.execute<ToHead, Outcome>(new ToHead(HEAD_ID, { type: 'RecordLogHead', data, meta }));
    if (outcome instanceof Refused) throw outcome;
    await runner.waitFor(outcome.position);
    return (await this.newest())!;
  }

  /**
   * The events that a signed head covers, to be exported: those of a head of this size, or of one that is signed now.
   * @throws NotFound `proof/no-head` if none of this size was signed; as `sign`
   */
  async source(
    filter: LogFilter,
    size?: number,
  ): Promise<{ readonly head: HeadDocument; readonly source: ExportSource }> {
    const { head, verifierKeys } = await this.head(size);
    return { head, source: await logSource(this.parts, head, verifierKeys, filter) };
  }

  /**
   * A signed head, of this size or signed now, and the keys by which it is verified.
   * @throws NotFound `proof/no-head` if none of this size was signed; as `sign`
   */
  async head(size?: number): Promise<{ readonly head: HeadDocument; readonly verifierKeys: readonly string[] }> {
    const { models } = this.parts;
    const found = size === undefined ? await this.sign() : await models.get(logHeads, String(size).padStart(12, '0'));
    if (!found) throw new NotFound('proof/no-head', `No head of ${size} events was signed.`, 'head');
    const { verifiers } = await this.keys();
    return { head: found, verifierKeys: verifiers.map(({ text }) => text) };
  }

  /** A head is an event of the log itself: if nothing else came since, another would only cover the last one. */
  private async isUpToDate(tree: LogTree, last: HeadDocument): Promise<boolean> {
    if (tree.size === last.size) return true;
    if (tree.size !== last.size + 1) return false;
    const { event } = await tree.find(this.parts.log, { position: (await tree.placeAt(last.size)).position });
    return event.type === 'LogHeadSigned';
  }

  /** Signs whenever the newest head is older than the configured time, until `stop`. Failures are logged. */
  start(): void {
    const { config, timers = machineTimers } = this.parts;
    if (config.headMinutes === 0) return;
    this.schedule ??= repeatEvery(timers, MINUTE_MS, this.stopping.signal, () => this.signIfDue());
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.schedule;
  }

  private async signIfDue(): Promise<void> {
    const { clock, config, logger, metrics } = this.parts;
    try {
      const last = await this.newest();
      const age = last ? toMs(clock.now()) - toMs(last.signedAt) : Infinity;
      if (age >= config.headMinutes * MINUTE_MS) await this.sign();
    } catch (error) {
      const code = codeOf(error);
      metrics.headFailed(code);
      const isAlarm = alarms.has(code);
      if (isAlarm) logger.error({ err: error, code }, 'the log does not continue what was signed before');
      else logger.warn({ err: error, code }, 'no head of the log could be signed; it is tried again');
    }
  }
}
