import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { DAY_MS, quantile } from '@baton/kernel';
import { dataFile, describeWithData } from '../../../../test/support/data';
import { durationStatisticsOf } from './sales-cycle.rules';

describe('the distribution of durations', () => {
  it('is null without durations', () =>
    expect(durationStatisticsOf([])).toEqual({ medianDays: null, p90Days: null, meanDays: null }));
  it('is the value itself for a single duration', () =>
    expect(durationStatisticsOf([3 * DAY_MS])).toEqual({ medianDays: 3, p90Days: 3, meanDays: 3 }));
  it('takes the mean of the middle two, also of a negative one', () =>
    expect(durationStatisticsOf([8, -2, 4, 2].map((days) => days * DAY_MS))).toEqual({
      medianDays: 3,
      p90Days: expect.closeTo(6.8, 9),
      meanDays: 3,
    }));
  it('is within the values and rises with the share', () =>
    fc.assert(
      fc.property(
        fc.array(fc.integer(), { minLength: 1 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, x, y) => {
          const sorted = [...values].sort((a, b) => a - b);
          const [low, high] = [quantile(sorted, Math.min(x, y)), quantile(sorted, Math.max(x, y))];
          const slack = 1e-6; // of the interpolation between two large neighbours
          expect(low).toBeGreaterThanOrEqual(sorted[0]! - slack);
          expect(high).toBeLessThanOrEqual(sorted.at(-1)! + slack);
          expect(low).toBeLessThanOrEqual(high + slack);
        },
      ),
    ));
});

const leadsFile = 'olist-marketing-funnel/olist_marketing_qualified_leads_dataset.csv';
const dealsFile = 'olist-marketing-funnel/olist_closed_deals_dataset.csv';
describeWithData('the sales cycle of 842 real deals', [leadsFile, dealsFile], () => {
  it('has a median of 14.651 days, including the deal won before its first contact', () => {
    const read = (name: string) =>
      parse(readFileSync(dataFile(name)), { columns: true, bom: true }) as Record<string, string>[];
    const contact = new Map(read(leadsFile).map((row) => [row['mql_id'], row['first_contact_date']]));
    const durations = read(dealsFile).map(
      (row) =>
        Date.parse(`${row['won_date']!.replace(' ', 'T')}Z`) - Date.parse(`${contact.get(row['mql_id'])}T00:00:00Z`),
    );
    expect(durations).toHaveLength(842);
    expect(durations.filter((ms) => ms < 0)).toHaveLength(1);
    expect(durationStatisticsOf(durations).medianDays).toBeCloseTo(14.651, 3);
  });
});
