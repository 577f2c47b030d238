import { wordKey } from '@baton/kernel';
import { journeys, type JourneyEvent } from '@baton/attribution';
import type { StoredEvent } from '@baton/kernel';
import { recorded } from '@baton/kernel/testing';
import { assets, type AssetEvent } from '@baton/campaigns';
import { contentUses, type LeadEvent } from '@baton/leads';
import { modelsOf } from '../../../../test/support/read-models';
import { contentReport, dealsWithContent } from './content.query';

const on = (day: string) => `2024-${day}T00:00:00.000Z`;
type Touch = Omit<Extract<LeadEvent, { type: 'TouchRecorded' }>['data'], 'leadId'>;
const mail: Touch = { action: 'e-mail', team: 'sales', direction: 'outbound' };
const touch = (id: string, day: string, data: Partial<Touch>): StoredEvent =>
  recorded<LeadEvent>(
    { type: 'TouchRecorded', data: { leadId: 'ada', ...mail, ...data } },
    { id, occurredAt: on(day), meta: { actor: 'rita' } },
  );
const closed = (
  journeyId: string,
  day: string,
  outcome: 'won' | 'lost',
  touches: readonly Partial<Touch>[],
): StoredEvent =>
  recorded<JourneyEvent>({
    type: 'JourneyClosed',
    data: {
      journeyId,
      outcome,
      closedAt: on(day),
      openedAt: on('01-01'),
      leadIds: ['ada'],
      amounts: [],
      touches: touches.map((data, n) => ({
        touchId: `${journeyId}${n}`,
        occurredAt: on('01-02'),
        leadId: 'ada',
        ...mail,
        ...data,
      })),
    },
  });

const read: Partial<Touch> = { team: 'marketing', direction: 'inbound', action: 'download' };
const registered = (content: string) =>
  recorded<AssetEvent>({ type: 'AssetRegistered', data: { assetId: `asset-${wordKey(content)}`, content } });
const models = modelsOf(
  [contentUses, journeys, assets],
  [
    ...['Case-study', 'guide', '__proto__'].map(registered),
    touch('t8', '01-13', { content: 'Draft ' }),
    touch('t1', '01-10', { content: 'case-study' }),
    touch('t2', '01-11', { content: 'case-study' }),
    touch('t3', '01-12', { content: '__proto__' }),
    touch('t4', '01-12', { content: 'case-study', direction: 'inbound' }), // a touch by the person
    touch('t5', '01-12', { content: 'case-study', team: 'marketing' }),
    touch('t6', '01-12', {}),
    touch('t7', '02-12', { content: 'case-study' }),
    closed('a', '01-20', 'won', [
      { ...read, content: 'guide' },
      { ...read, content: 'guide' },
      { content: 'case-study' },
      { ...read, content: 'banner-a', medium: 'cpc' },
    ]),
    closed('b', '01-21', 'won', [
      { ...read, content: 'guide' },
      { ...read, content: 'case-study' },
    ]),
    closed('c', '01-22', 'lost', [{ content: ' Guide' }, { content: 'guide' }, { content: ' ' }]),
    closed('d', '01-23', 'won', []),
    closed('e', '02-20', 'won', [{ content: 'guide' }]),
    closed('f', '01-20', 'won', [{ content: 'guide' }]),
    recorded<JourneyEvent>({ type: 'JourneyReopened', data: { journeyId: 'f' } }),
  ],
);
const january = { from: '2024-01-01', to: '2024-02-01' };

describe('content', () => {
  it('used by sales, and seen by closed deals, once per deal', async () =>
    expect(await contentReport(await models, january)).toEqual({
      won: 3,
      lost: 1,
      rows: [
        { content: 'case-study', salesUses: 2, wonDeals: 2, lostDeals: 0, wonWithSales: 1 },
        { content: 'Guide', salesUses: 0, wonDeals: 2, lostDeals: 1, wonWithSales: 0 },
        { content: '__proto__', salesUses: 1, wonDeals: 0, lostDeals: 0, wonWithSales: 0 },
      ],
      warnings: [expect.stringContaining('not counted: Draft;')],
    }));
  it('has as many uses and deals behind each row as it counts', async () => {
    for (const args of [january, {}])
      for (const { content, salesUses, wonDeals, lostDeals, wonWithSales } of (await contentReport(await models, args))
        .rows) {
        const behind = async (outcome: 'won' | 'lost', more: { usedBySales?: boolean } = {}) =>
          (await dealsWithContent(await models, { ...args, content, outcome, ...more })).length;
        expect([await behind('won'), await behind('lost')]).toEqual([wonDeals, lostDeals]);
        expect(await behind('won', { usedBySales: true })).toBe(wonWithSales);
        expect(await behind('won', { usedBySales: false })).toBe(wonDeals - wonWithSales);
        if (args !== january)
          expect(await (await models).count(contentUses, { contentKey: { eq: wordKey(content) } })).toBe(salesUses);
      }
  });
  it('lists the deals, latest first, with the touches that name it', async () =>
    expect(await dealsWithContent(await models, { ...january, content: 'case-study', outcome: 'won' })).toEqual([
      {
        opportunityId: 'b',
        outcome: 'won',
        closedAt: on('01-21'),
        touches: [{ touchId: 'b1', occurredAt: on('01-02'), team: 'marketing' }],
      },
      {
        opportunityId: 'a',
        outcome: 'won',
        closedAt: on('01-20'),
        touches: [{ touchId: 'a2', occurredAt: on('01-02'), team: 'sales' }],
      },
    ]));
  it('refuses a period that ends before it begins', async () =>
    expect(contentReport(await models, { from: '2024-02-01', to: '2024-01-01' })).rejects.toMatchObject({
      code: 'time/empty-period',
    }));
});
