import { builtInOfFigures } from '../../figures/figures.query';
import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { fromMs, toMs } from '@baton/kernel';
import { recorded } from '@baton/kernel/testing';
import { leads, leadStageStays, type LeadEvent } from '@baton/leads';
import { dataFile, describeWithData } from '../../../../test/support/data';
import { modelsOf } from '../../../../test/support/read-models';
import type { Scope } from '../../figures/figures.query';
import { stageConversions } from './stage-conversions.query';

const DAY = 86_400_000;
const at = (day: number) => fromMs(toMs('2024-01-01T00:00:00.000Z') + day * DAY);
const event = (leadId: string, type: LeadEvent['type'], day: number, data: object = {}) =>
  recorded({ type, data: { leadId, ...data } } as unknown as LeadEvent, { occurredAt: at(day) });
const captured = (leadId: string, source = 'web') => event(leadId, 'LeadCaptured', 0, { source });
const qualified = (leadId: string, day: number) => event(leadId, 'LeadQualified', day, { definition: 'mql@1' });
const sql = (leadId: string, day: number) => event(leadId, 'LeadSalesQualified', day, { definition: 'mql@1' });
const events = [
  ...[captured('a', 'fair'), qualified('a', 1), sql('a', 10)],
  ...[captured('b'), qualified('b', 2)],
  ...[captured('c'), qualified('c', 3), event('c', 'LeadDisqualified', 4, { reason: 'student' })],
];
const models = modelsOf([leads, leadStageStays], events);
const conversion = async (scope: Partial<Scope> = {}, day = 100) => {
  const { pairs } = await stageConversions(await models, { filters: {}, ...scope }, at(day), builtInOfFigures);
  return pairs.find(({ from, to }) => from === 'mql' && to === 'sql')!;
};
const shown = ({ total: { converted, ended, open }, isOpen }: Awaited<ReturnType<typeof conversion>>) => [
  ...[converted, ended, open],
  isOpen,
];

describe('the conversion of every pair of stages', () => {
  it('says who converted, who did not and who may still', async () => {
    const { pairs } = await stageConversions(await models, { filters: {} }, at(100), builtInOfFigures);
    expect(pairs).toHaveLength(21);
    expect(shown(await conversion())).toEqual([1, 1, 1, true]);
  });
  it('has a cohort that is open until the window of its last entry is over', async () => {
    expect(shown(await conversion({ windowMs: 9 * DAY }, 11))).toEqual([1, 2, 0, true]);
    expect(shown(await conversion({ windowMs: 9 * DAY }, 12))).toEqual([1, 2, 0, false]);
    expect(shown(await conversion({ windowMs: 8 * DAY }, 11))).toEqual([0, 3, 0, false]);
    expect(shown(await conversion({ windowMs: 20 * DAY }, 11))).toEqual([1, 1, 1, true]);
  });
  it('without a window has one that is open while somebody of it is in a live stage', async () => {
    const only = { filters: { source: { in: ['web'] } }, from: at(3) };
    expect(shown(await conversion(only))).toEqual([0, 1, 0, false]);
  });
  it('is told apart by dimensions and by the calendar', async () => {
    const { groups } = await conversion({ by: 'source' });
    expect(groups.map(({ group: { key }, parts }) => [key, parts.converted, parts.ended, parts.open])).toEqual([
      ['web', 0, 1, 1],
      ['fair', 1, 0, 0],
    ]);
    const days = await conversion({ by: 'day', from: at(1), to: at(4) });
    expect(days.groups.map(({ parts: { converted, ended, open } }) => converted + ended + open)).toEqual([1, 1, 1]);
  });
  it('compares with the period before', async () => {
    const found = await conversion({ from: at(2), to: at(4), compare: 'previous-period' });
    expect([found.total.rate.value?.toNumber(), found.total.rate.compared?.toNumber()]).toEqual([0, 1]);
  });
  it.each([
    [{ from: '2024-02-01', to: '2024-01-01' }, 'time/empty-period', 'to'],
    [{ timeZone: 'Nowhere' }, 'time/unknown-zone', 'timeZone'],
    [{ by: 'product' }, 'figures/unknown-dimension', 'by'],
  ])('refuses %j', (scope, code, path) => expect(conversion(scope)).rejects.toMatchObject({ code, path }));
});

const leadsFile = 'olist-marketing-funnel/olist_marketing_qualified_leads_dataset.csv';
const dealsFile = 'olist-marketing-funnel/olist_closed_deals_dataset.csv';
describeWithData('customers of 8 000 real leads', [leadsFile, dealsFile], () => {
  it('are counted by the source of their leads', async () => {
    const read = (name: string) =>
      parse(readFileSync(dataFile(name)), { columns: true, bom: true }) as Record<string, string>[];
    const instant = (text: string) => `${text.replace(' ', 'T')}${text.length > 10 ? '' : 'T00:00:00'}.000Z`;
    const all = [
      ...read(leadsFile).map((row) =>
        recorded(
          {
            type: 'LeadCaptured',
            data: { leadId: row['mql_id']!, ...(row['origin'] && { source: row['origin'] }), personalFacts: [] },
          } as unknown as LeadEvent,
          { occurredAt: instant(row['first_contact_date']!) },
        ),
      ),
      ...read(dealsFile).map((row) =>
        recorded({ type: 'LeadBecameCustomer', data: { leadId: row['mql_id']! } } as unknown as LeadEvent, {
          occurredAt: instant(row['won_date']!),
        }),
      ),
    ];
    const { pairs } = await stageConversions(
      await modelsOf([leads, leadStageStays], all),
      { by: 'source', filters: {} },
      '2019-01-01T00:00:00.000Z',
      builtInOfFigures,
    );
    const { total, groups } = pairs.find(({ from, to }) => from === 'lead' && to === 'customer')!;
    const counts = ({ rate }: typeof total) => [Number(rate.numerator), Number(rate.denominator)];
    expect(counts(total)).toEqual([842, 8000]);
    const bySource = Object.fromEntries(groups.map(({ group: { key }, parts }) => [key, counts(parts)]));
    expect(bySource).toMatchObject({
      'paid search': [195, 1586],
      'organic search': [271, 2296],
      unknown: [179, 1099],
      social: [75, 1350],
    });
    expect(groups.reduce((sum, { parts }) => sum + parts.converted, 0)).toBe(842);
  });
});
