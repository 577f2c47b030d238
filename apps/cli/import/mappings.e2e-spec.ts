import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Accepted, type AnyCommand } from '@baton/kernel';
import { FixedClock } from '@baton/kernel/testing';
import { dataFile, describeWithData } from '../../../test/support/data';
import { commandsByTarget, targets } from './aggregates';
import { importFile, type ImportResult } from './engine';
import { mappingOf } from './mapping';
import type { RowFault } from './plan';

const mappings = 'examples/mappings';
const read = (name: string): unknown => JSON.parse(readFileSync(`${mappings}/${name}.json`, 'utf8'));
const mappingNamed = (name: string) => mappingOf(read(name), commandsByTarget);

interface Sent {
  readonly to: string;
  readonly id: string;
  readonly command: AnyCommand;
}
/** Maps a file and collects every command, as a store that accepts everything would receive them. */
const imported = async (name: string, file: string) => {
  const sent: Sent[] = [];
  const ids = new Set<string>();
  const faults: RowFault[] = [];
  const send = async (to: string, id: string, command: AnyCommand) => {
    sent.push({ to, id, command });
    const repeated = ids.has(command.meta.commandId);
    ids.add(command.meta.commandId);
    return new Accepted(id, '1', 0, 1, repeated);
  };
  const all = (dryRun: boolean): Promise<ImportResult> =>
    importFile({
      secret: Buffer.alloc(32),
      startRun: async () => 1,
      mapping: mappingNamed(name),
      file: dataFile(file),
      aggregates: commandsByTarget,
      send,
      lookup: async (_, by, value) => (by === 'externalId' ? value.replace('olist:', 'lead-') : undefined),
      clock: new FixedClock('2026-01-01T00:00:00.000Z'),
      settle: async () => {},
      report: (fault) => void faults.push(fault),
      dryRun,
    });
  const dry = await all(true);
  expect(sent).toEqual([]);
  const first = await all(false);
  const firstSent = [...sent];
  const second = await all(false);
  expect(faults).toEqual([]);
  return { dry, first, second, sent: firstSent };
};
const of = (sent: readonly Sent[], type: string) => sent.filter(({ command }) => command.type === type);
const count = <T>(values: readonly T[]) =>
  Object.fromEntries(
    [...new Set(values)].sort().map((value) => [value, values.filter((each) => each === value).length]),
  );

describe('the example mappings', () => {
  it.each(readdirSync(mappings).filter((name) => name.endsWith('.json')))('%s is valid', (name) => {
    expect(mappingNamed(name.replace('.json', '')).commands.length).toBeGreaterThan(0);
  });
  it('have a manual whose worked example gives the described result', async () => {
    const manual = readFileSync(`${mappings}/README.md`, 'utf8');
    const [csv, json] = ['csv', 'json'].map((kind) => manual.split(`\`\`\`${kind}\n`)[1]!.split('```')[0]!);
    const file = join(mkdtempSync(join(tmpdir(), 'baton-manual-')), 'forms.csv');
    writeFileSync(file, csv!);
    const sent: AnyCommand[] = [];
    const result = await importFile({
      secret: Buffer.alloc(32),
      startRun: async () => 1,
      mapping: mappingOf(JSON.parse(json!), commandsByTarget),
      file,
      aggregates: commandsByTarget,
      send: async (_, id, command) => (sent.push(command), new Accepted(id, '1', 0, 1, false)),
      lookup: async () => undefined,
      clock: new FixedClock('2026-01-01T00:00:00.000Z'),
      settle: async () => {},
      report: () => {},
    });
    rmSync(dirname(file), { recursive: true });
    expect(result).toEqual({ rows: 2, accepted: 2, repeated: 0, rejected: 0, events: 2 });
    const [leadId, occurredAt] = ['web-7001', '2024-01-17T09:05:00.000Z'];
    expect(sent).toMatchObject([
      {
        type: 'CaptureLead',
        data: { leadId, email: 'ada@example.org', name: 'Ada Byron', employees: 51, source: 'web form' },
        meta: { occurredAt },
      },
      {
        type: 'RecordTouch',
        data: { leadId, action: 'form', team: 'marketing', content: 'Demo' },
        meta: { occurredAt },
      },
    ]);
  });
  it('use the names of commandsByTarget', () => {
    for (const [name, { to, commands }] of Object.entries(targets))
      expect([commands.aggregate, to.name.toLowerCase()]).toEqual([name, `to${name}`]);
  });
});

const leadsFile = 'olist-marketing-funnel/olist_marketing_qualified_leads_dataset.csv';
const dealsFile = 'olist-marketing-funnel/olist_closed_deals_dataset.csv';
const pipelineFile = 'crm-sales-opportunities/sales_pipeline.csv';

describeWithData('the mappings of the public data sets', [leadsFile, dealsFile, pipelineFile], () => {
  const none = { repeated: 0, rejected: 0 };

  it('capture the leads of Olist with their first contact', async () => {
    const { dry, first, second, sent } = await imported('olist-leads', leadsFile);
    expect(dry).toEqual({ rows: 8000, accepted: 8000, ...none, events: 0 });
    expect(first).toEqual({ rows: 8000, accepted: 8000, ...none, events: 16_000 });
    expect(second).toEqual({ rows: 8000, accepted: 0, repeated: 8000, rejected: 0, events: 0 });
    expect(count(sent.map(({ command }) => command.type))).toEqual({ CaptureLead: 8000, RecordTouch: 8000 });
    const touches = of(sent, 'RecordTouch');
    expect(count(touches.map(({ command }) => command.data.channel))).toEqual({
      ...{ '': 60, unknown: 1099, other: 150, 'other publicities': 65 },
      ...{ 'organic search': 2296, 'paid search': 1586, social: 1350, display: 118 },
      ...{ 'direct traffic': 499, email: 493, referral: 284 },
    });
    expect(touches[0]).toMatchObject({
      to: 'lead',
      id: 'olist-dac32acd4db4c29c230538b72f8dd87d',
      command: {
        data: {
          action: 'first-contact',
          team: 'marketing',
          channel: 'social',
          page: '88740e65d5d6b056e0cda098e1ea6313',
        },
        meta: { occurredAt: '2018-02-01T00:00:00.000Z', mode: 'backfill', actor: 'import:olist-leads' },
      },
    });
  });

  it('win the deals of Olist for the leads that are looked up', async () => {
    const { first, second, sent } = await imported('olist-deals', dealsFile);
    expect(first).toEqual({ rows: 842, accepted: 842, ...none, events: 4 * 842 });
    expect(second).toMatchObject({ accepted: 0, repeated: 842, events: 0 });
    expect(
      sent.filter(({ command }) => command.meta.correlationId === sent[0]!.command.meta.correlationId),
    ).toMatchObject([
      {
        to: 'opportunity',
        id: 'olist-5420aad7fec3549a85876ba1c529bd84',
        command: { type: 'OpenOpportunity', data: { owner: '4ef15afb4b2723d8f3d81e51ec7afefe', product: 'pet' } },
      },
      {
        to: 'opportunity',
        command: { type: 'AddContactRole', data: { leadId: 'lead-5420aad7fec3549a85876ba1c529bd84' } },
      },
      {
        to: 'lead',
        id: 'lead-5420aad7fec3549a85876ba1c529bd84',
        command: { type: 'ConvertLead', data: { external: 'olist' } },
      },
      { to: 'opportunity', command: { type: 'WinOpportunity', meta: { occurredAt: '2018-02-26T19:58:54.000Z' } } },
    ]);
    expect(of(sent, 'WinOpportunity').every(({ command }) => command.data.amount === undefined)).toBe(true);
    expect(of(sent, 'OpenOpportunity').filter(({ command }) => command.data.product === undefined)).toHaveLength(1);
  });

  it('open, win and lose the opportunities of the CRM extract', async () => {
    const { first, second, sent } = await imported('crm-sales-opportunities', pipelineFile);
    expect(first).toEqual({ rows: 8800, accepted: 8800, ...none, events: 8800 + 4238 + 2473 });
    expect(second).toMatchObject({ accepted: 0, repeated: 8800, events: 0 });
    const [opened, won, lost] = ['OpenOpportunity', 'WinOpportunity', 'LoseOpportunity'].map((type) => of(sent, type));
    expect([opened!.length, won!.length, lost!.length]).toEqual([8800, 4238, 2473]);
    expect(won!.reduce((sum, { command }) => sum + command.data.amount.minor, 0)).toBe(1_000_553_400);
    expect(count(opened!.map(({ command }) => command.data.stage))).toEqual({ Engaging: 8300, Prospecting: 500 });
    expect(opened!.filter(({ command }) => command.meta.occurredAt === '2017-12-31T00:00:00.000Z')).toHaveLength(500);
    expect(opened!.filter(({ command }) => command.data.account === undefined)).toHaveLength(1425);
    const openedAt = new Map(opened!.map(({ id, command }) => [id, Date.parse(command.meta.occurredAt!)]));
    const days = won!.map(({ id, command }) => (Date.parse(command.meta.occurredAt!) - openedAt.get(id)!) / 86_400_000);
    expect(days.reduce((sum, each) => sum + each, 0) / days.length).toBeCloseTo(51.782, 3);
    const wonIds = new Set(won!.map(({ id }) => id));
    const wonOf = (product: string) =>
      opened!.filter(({ id, command }) => command.data.product === product && wonIds.has(id)).length;
    expect([wonOf('GTX Basic'), wonOf('GTK 500')]).toEqual([915, 15]);
  });
});
