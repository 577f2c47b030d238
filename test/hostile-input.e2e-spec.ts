import { readFileSync } from 'node:fs';
import type { INestApplicationContext } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Test } from '@nestjs/testing';
import fc from 'fast-check';
import { buildSchema } from 'graphql';
import { campaignCommands, ToCampaign } from '@baton/campaigns';
import {
  Accepted,
  BatonError,
  DAY_MS,
  Documents,
  EventLog,
  fromMs,
  KeyStore,
  roles,
  toMs,
  type Commands,
  type Json,
  type Outcome,
  type To,
  type ToAggregate,
} from '@baton/kernel';
import { FixedClock, repetitions } from '@baton/kernel/testing';
import { leadCommands, ToLead } from '@baton/leads';
import { opportunityCommands, ToOpportunity } from '@baton/opportunities';
import { readConfig } from '@baton/platform/config';
import { MemoryDocuments } from '@baton/platform/documents';
import { EmbeddedEventLog } from '@baton/platform/event-log';
import { MemoryKeyStore } from '@baton/platform/keys';
import { Runner } from '@baton/platform/runner';
import { BatonModule } from '../apps/baton.module';
import { contextParts } from '../apps/contexts';
import { temporaryFolder } from './support/baton';
import { hostileData, hostileDefinition, occurrences } from './support/hostile-values';

/** The command tables of all contexts, except commands that nobody may send. */
const tables: readonly (readonly [ToAggregate, Commands])[] = contextParts
  .flatMap(({ aggregates }) => aggregates)
  .filter(({ commands }) => [...commands.schemas.values()].some(({ allow }) => allow.length > 0))
  .map(({ to, commands }) => [to, commands]);
const sendable = tables.flatMap(([to, commands]) =>
  [...commands.schemas.values()].filter(({ allow }) => allow.length > 0).map((schema) => ({ to, commands, schema })),
);

const clock = new FixedClock('2024-01-17T10:00:00.000Z');
const folder = temporaryFolder();
let app: INestApplicationContext;
beforeAll(async () => {
  const config = readConfig({ BATON_DATA_DIR: folder, BATON_LOG_LEVEL: 'silent' });
  app = await Test.createTestingModule({ imports: [BatonModule.forRoot(config, { clock, mayCreateStore: true })] })
    .overrideProvider(EventLog)
    .useValue(EmbeddedEventLog.open(':memory:', clock))
    .overrideProvider(Documents)
    .useValue(new MemoryDocuments())
    .overrideProvider(KeyStore)
    .useValue(new MemoryKeyStore())
    .compile()
    .then((module) => module.init());
  await app.get(Runner).start({ tick: false });
});
afterAll(() => app.close());

let sent = 0;
const send = (to: ToAggregate, commands: Commands, type: string, data: { [field: string]: Json }, at?: string) => {
  const meta = { commandId: `hostile-${sent++}`, actor: 'mallory', origin: 'person' as const, roles };
  const command = { type, data, meta: { ...meta, ...(at !== undefined && { occurredAt: at }) } };
  return app.get(CommandBus).execute<To, Outcome>(new to(String(data[commands.idField]), command));
};

describe('every accepted command', () => {
  it('is sent here: every command that somebody may send', () => {
    const { sendCommands: _together, ...mutations } = buildSchema(readFileSync('apps/api/schema.graphql', 'utf8'))
      .getMutationType()!
      .getFields();
    const names = sendable.map(({ schema: { type } }) => type.charAt(0).toLowerCase() + type.slice(1));
    expect(names.sort()).toEqual(Object.keys(mutations).sort());
  });

  it('parks no policy and no read model, and never causes an internal error', async () => {
    const runner = app.get(Runner);
    let run = 0;
    const accepted = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(fc.gen(), async (pick) => {
        const prefix = `r${run++}`;
        const ids = (kind: string) => (kind === 'definition' ? ['mql'] : ['a', 'b'].map((id) => `${prefix}-${id}`));
        const [a, b] = ids('lead') as [string, string];
        // Existing data, all of it accepted.
        const first: readonly [ToAggregate, Commands, string, { [field: string]: Json }][] = [
          [ToLead, leadCommands, 'CaptureLead', { leadId: a, company: 'Example' }],
          [ToLead, leadCommands, 'CaptureLead', { leadId: b, company: 'Example' }],
          [ToLead, leadCommands, 'RecordTouch', { leadId: a, action: 'call', team: 'sales' }],
          [ToOpportunity, opportunityCommands, 'OpenOpportunity', { opportunityId: a }],
          [ToOpportunity, opportunityCommands, 'AddContactRole', { opportunityId: a, leadId: a, role: 'buyer' }],
          [ToCampaign, campaignCommands, 'CreateCampaign', { campaignId: a, name: 'Example', channel: 'search' }],
        ];
        for (const [to, commands, type, data] of first)
          expect(await send(to, commands, type, data)).toBeInstanceOf(Accepted);

        const places = [...sendable.keys()];
        const order = () => pick(fc.shuffledSubarray<number>, places, { minLength: places.length });
        for (const place of [...order(), ...order()]) {
          const { to, commands, schema } = sendable[place]!;
          const data = hostileData(pick, schema.object, ids, clock.now());
          if (schema.type === 'ProposeDefinition') Object.assign(data, hostileDefinition(pick));
          expect([schema.type, schema.faultOf(data)]).toEqual([schema.type, undefined]); // accepted, as far as it goes
          const at = schema.datable ? pick(fc.constantFrom<string[]>, ...occurrences(clock.now())) : undefined;
          const outcome = await send(to, commands, schema.type, data, at).catch((error: unknown) => {
            if (error instanceof BatonError) return error;
            throw new Error(`${schema.type} ${JSON.stringify(data)} failed`, { cause: error });
          });
          if (outcome instanceof Accepted) accepted.set(schema.type, (accepted.get(schema.type) ?? 0) + 1);
          if (outcome instanceof Accepted && schema.type === 'ProposeDefinition')
            for (const team of ['marketing', 'sales'])
              await send(to, commands, 'ApproveDefinition', { definitionId: data['definitionId']!, number: 1, team });
        }
        await runner.catchUp();
        expect(await runner.parked()).toEqual([]);
        // What falls due meanwhile is decided too, and the next round finds leads of any age.
        clock.instant = fromMs(toMs(clock.now()) + pick(fc.integer, { min: 0, max: 100 }) * DAY_MS);
        await runner.advanceClock(clock.now());
        await runner.catchUp();
        expect(await runner.parked()).toEqual([]);
      }),
      { numRuns: repetitions(12, 120), endOnFailure: true },
    );
    // A test whose commands are all refused finds nothing.
    expect(accepted.size).toBeGreaterThan(sendable.length * 0.6);
  });
});
