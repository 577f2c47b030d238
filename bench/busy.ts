import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { CommandBus } from '@nestjs/cqrs';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { fromMs, Journal, Refused, type EventMeta, type To } from '@baton/kernel';
import { ToLead } from '@baton/leads';
import { ToOpportunity } from '@baton/opportunities';
import { readConfig } from '@baton/platform/config';
import { Runner } from '@baton/platform/runner';
import { serve } from '../apps/api/serve';
import { measured, median, ROUNDS, type Benchmark } from './support';

const SIZES = [10, 1_000, 10_000];
/** Commands of a round for each lead. */
const COMMANDS = { touch: 20, late: 5 } as const;
const AIM = 1.5;
const DAY = 86_400_000;
const BEGAN = Date.now() - 300 * DAY;
/** An append takes so many. */
const BATCH = 500;

const metaAt = (ms: number): Omit<EventMeta, 'schema'> => {
  const commandId = randomUUID();
  return {
    ...{ actor: 'bench', origin: 'system', mode: 'backfill', commandId, commandHash: '' },
    ...{ occurredAt: fromMs(ms), $correlationId: commandId, $causationId: commandId },
  };
};
const touch = (leadId: string, n: number) => ({
  ...{ leadId, action: 'page-view', team: 'marketing', page: `/page-${n % 50}`, channel: `channel ${n % 12}` },
});

/** What all of Baton does for a command: decides, folds every read model, and answers with every policy. */
class World {
  private sent = 0;
  private readonly bus: CommandBus;
  constructor(private readonly app: NestFastifyApplication) {
    this.bus = app.get(CommandBus);
  }
  async send(to: new (id: string, command: never) => object, id: string, type: string, data: object, ms?: number) {
    const occurredAt = fromMs(ms ?? Date.now());
    const meta = { commandId: `busy-${this.sent++}`, actor: 'bench', origin: 'system', occurredAt, mode: 'live' };
    const command = new to(id, { type, data, meta } as never) as To;
    const outcome: unknown = await this.bus.execute(command as never);
    if (outcome instanceof Refused) throw outcome;
  }
  caughtUp(): Promise<unknown> {
    return this.app.get(Runner).catchUp();
  }
  /** A lead with a history; where it has a deal, that was won at the end of it. */
  async leadOf(leadId: string, touches: number, deal?: string): Promise<void> {
    const journal = this.app.get<Journal>(Journal);
    const history = Array.from({ length: touches + 1 }, (_, n) => {
      const data = n === 0 ? { leadId, company: 'Loom', source: 'web' } : touch(leadId, n);
      const meta = metaAt(BEGAN + Math.floor((n / (touches + 1)) * 200 * DAY));
      return { id: randomUUID(), type: n === 0 ? 'LeadCaptured' : 'TouchRecorded', data, meta };
    });
    for (let from = 0; from < history.length; from += BATCH)
      await journal.append(`lead-${leadId}`, history.slice(from, from + BATCH), from === 0 ? 'none' : from - 1);
    await this.caughtUp();
    if (!deal) return;
    const data = { opportunityId: deal };
    const amount = { minor: 1_000_000, currency: 'EUR' };
    await this.send(ToOpportunity, deal, 'OpenOpportunity', { ...data, amount }, BEGAN + 210 * DAY);
    await this.send(ToOpportunity, deal, 'AddContactRole', { ...data, leadId, role: 'champion' }, BEGAN + 211 * DAY);
    await this.caughtUp();
    await this.send(ToOpportunity, deal, 'WinOpportunity', data, BEGAN + 250 * DAY);
    await this.caughtUp();
  }
}

/** A touch on a lead with a long history, and a late one on the lead of a deal that is won. */
export const busyLeads: Benchmark = async (folder) => {
  const config = { BATON_DATA_DIR: join(folder, 'data'), BATON_PORT: '0', BATON_LOG_LEVEL: 'silent' };
  const app = await serve(readConfig(config));
  const world = new World(app);
  for (const size of SIZES) {
    await world.leadOf(`of-${size}`, size);
    await world.leadOf(`won-${size}`, size, `deal-${size}`);
  }
  const times = new Map(SIZES.map((size) => [size, { touch: [] as number[], late: [] as number[] }]));
  for (let round = 0; round <= ROUNDS; round++)
    for (const size of SIZES)
      for (const what of ['touch', 'late'] as const) {
        const leadId = `${what === 'touch' ? 'of' : 'won'}-${size}`;
        const { cpu } = await measured(async () => {
          for (let n = 0; n < COMMANDS[what]; n++) {
            const late = BEGAN + (100 + round + n / 10) * DAY;
            await world.send(ToLead, leadId, 'RecordTouch', touch(leadId, n), what === 'late' ? late : undefined);
            await world.caughtUp();
          }
        });
        if (round > 0) times.get(size)![what].push((1000 * cpu) / COMMANDS[what]); // the first is to get warm
      }
  await app.close();
  const ms = (size: number, what: 'touch' | 'late') => median(times.get(size)![what]);
  return (['touch', 'late'] as const).flatMap((what) =>
    SIZES.slice(1).map((size) => ({
      what:
        `CPU of a ${what === 'late' ? 'late touch on a won deal' : 'touch, with all that follows from it,'} ` +
        `of a lead of ${size.toLocaleString('en')} touches (${ms(size, what).toPrecision(3)} ms) against one of ${SIZES[0]} (${ms(SIZES[0]!, what).toPrecision(3)} ms); at most ${AIM}`,
      ratio: ms(size, what) / ms(SIZES[0]!, what),
      rounds: times.get(size),
    })),
  );
};
