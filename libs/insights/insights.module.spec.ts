import type { Report } from '@baton/kernel';
import { modelsOf } from '../../test/support/read-models';
import { insightsParts } from './insights.module';

/** What must be given, where nothing is by default. */
const required: Readonly<Record<string, unknown>> = {
  ...{ codes: ['win-rate'], code: 'win-rate', steps: ['lead', 'mql'], step: 1, inStage: 'lead', cell: 'won' },
  ...{ content: 'guide', outcome: 'won' },
};
const questionOf = ({ arguments: all }: Report, more: object) => ({
  ...Object.fromEntries(
    Object.entries(all).flatMap(([name, { options }]) => {
      const value = options.default ?? (options.optional ? undefined : required[name]);
      return value === undefined ? [] : [[name, value]];
    }),
  ),
  ...more,
});
const ofPeriods = (insightsParts.reports as readonly Report[]).filter(({ arguments: all }) => all['from'] && all['to']);

describe('every report of a period', () => {
  it('is one of many', () => expect(ofPeriods.length).toBeGreaterThan(15));

  it.each(ofPeriods.map((report) => [report.name, report] as const))(
    '%s refuses periods that end before they begin, and time zones that do not exist',
    async (_, report) => {
      const at = '2024-07-01T00:00:00.000Z';
      const context = { models: await modelsOf([], []), at, page: {}, live: false, sources: { context: {} } };
      const ask = async (more: object) => report.ask(questionOf(report, more) as never, context as never);
      await expect(ask({ from: '2024-02-01', to: '2024-01-01' })).rejects.toMatchObject({
        ...{ code: 'time/empty-period', path: 'to' },
      });
      await expect(ask({ from: '2024-02-01', timeZone: 'Mars/Olympus' })).rejects.toMatchObject({
        ...{ code: 'time/unknown-zone', path: 'timeZone' },
      });
    },
  );
});
