import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { instantOf, NoDefinitions, toMs, type StoredEvent, lookThrough } from '@baton/kernel';
import { recorded } from '@baton/kernel/testing';
import { dataFile, describeWithData } from '../../../../test/support/data';
import { modelsOf } from '../../../../test/support/read-models';
import { journeyPolicy } from '../../policies/journeys.policy';
import { journeyDecider } from '../../write/journey/journey.decider';
import type { JourneyCommand } from '../../write/journey/journey.events';
import { journeys } from '../journeys/journeys.projection';
import { attribution, methodAt } from './attribution.query';

const [leadFile, dealFile] = ['leads', 'deals'].map(
  (what) =>
    `olist-marketing-funnel/olist_${what === 'leads' ? 'marketing_qualified_leads' : 'closed_deals'}_dataset.csv`,
) as [string, string];
const rowsOf = (file: string) =>
  parse(readFileSync(dataFile(file)), { columns: true }) as readonly Record<string, string>[];

/** The journeys that the policy records for the closing events of a log, folded. */
const journeysOf = async (log: readonly StoredEvent[]) => {
  const streams = new Map<string, StoredEvent[]>();
  for (const event of log) streams.set(event.stream, [...(streams.get(event.stream) ?? []), event]);
  const closed: StoredEvent[] = [];
  for (const event of log) {
    if (event.type !== 'OpportunityWon') continue;
    const look = async (stream: string) =>
      (streams.get(stream) ?? []).filter(({ position }) => position <= event.position);
    for (const { type, data } of await journeyPolicy.react(event, lookThrough(look))) {
      const command = { type, data, meta: {} } as unknown as JourneyCommand;
      const context = { now: event.occurredAt, mode: 'backfill' as const, definition: () => undefined, idOf: String };
      const facts = journeyDecider.decide(journeyDecider.initialState(), command, context);
      closed.push(...[facts].flat().map((fact) => recorded(fact as StoredEvent, { occurredAt: event.occurredAt })));
    }
  }
  return modelsOf([journeys], closed);
};

describeWithData('the won deals of a marketplace', [leadFile, dealFile], () => {
  const log = () => {
    const events: StoredEvent[] = [];
    const add = (stream: string, occurredAt: string, type: string, data: object) =>
      events.push(recorded({ type, data }, { stream, occurredAt }));
    for (const { mql_id: leadId, first_contact_date: day, origin } of rowsOf(leadFile)) {
      const touch = { leadId, action: 'first-contact', team: 'marketing', channel: origin };
      add(`lead-${leadId}`, `${day}T00:00:00.000Z`, 'LeadCaptured', { leadId });
      add(`lead-${leadId}`, `${day}T00:00:00.000Z`, 'TouchRecorded', touch);
    }
    for (const { mql_id: opportunityId, won_date: won } of rowsOf(dealFile)) {
      const at = instantOf(`${won!.replace(' ', 'T')}Z`);
      const stream = `opportunity-${opportunityId}`;
      add(stream, at, 'OpportunityOpened', { opportunityId, stage: 'open' });
      add(stream, at, 'ContactRoleAdded', { opportunityId, leadId: opportunityId });
      add(stream, at, 'OpportunityWon', { opportunityId, leadIds: [opportunityId] });
    }
    return events;
  };

  it('are credited to the origin of the first contact, with the contact of each deal', async () => {
    const models = await journeysOf(log());
    const method = await methodAt(new NoDefinitions(), '2024-01-01T00:00:00.000Z');
    const report = await attribution(models, { ...method, by: 'channel', model: 'first-touch', lookback: 'none' });
    expect(Object.fromEntries(report.rows.map(({ key, conversions }) => [key, conversions]))).toEqual({
      'organic search': 270,
      'paid search': 195,
      unknown: 179,
      social: 75,
      'direct traffic': 56,
      referral: 24,
      email: 15,
      display: 6,
      other: 4,
      'other publicities': 3,
      '': 14,
    });
    expect(report.unattributed).toEqual({ conversions: 1, revenue: [] });
    expect(report.total.conversions).toBe(842);

    const days: number[] = [];
    for await (const page of models.pages(journeys))
      for (const { doc } of page) days.push((toMs(doc.closedAt) - toMs(doc.firstContactAt!)) / 86_400_000);
    days.sort((a, b) => a - b);
    expect(days[0]).toBeLessThan(0);
    expect((days[420]! + days[421]!) / 2).toBeCloseTo(14.651, 3);
  });
});
