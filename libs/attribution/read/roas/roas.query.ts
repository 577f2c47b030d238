import { fromMs, nextDay, Refused, startOfDay, type Day, type Instant, type Money } from '@baton/kernel';
import { recordedSpend, type Spend } from '@baton/campaigns';
import { spendClassifier } from '@baton/definitions';
import type { ReadModels } from '@baton/platform/documents';
import { modelOf } from '../attribution/attribution.query';
import { applyMethod, type Method } from '../attribution/attribution.rules';
import { OutsideWindowSum } from '../attribution/window.rules';
import { conversionsOf } from '../credit/earlier-conversions.query';
import { journeysOf, type Period } from '../conversions/conversions.query';
import { crediting, packedCrediting } from '../conversions/crediting.rules';
import { milestones, type PersonalConversion } from '../conversions/conversions.rules';
import { journeyColumns } from '../journeys/journeys.columns';
import { customersOf } from './customers.query';
import { RoasBuilder, type RoasDimension, type RoasReport, type SalesTimeScope } from './roas.rules';
import { salesTimeIn } from './sales-time.query';

export interface RoasQuestion extends Method, Period {
  readonly by: RoasDimension;
  /** An additive model; by default that of the definition. */
  readonly model?: string;
  /** Cost of a minute of sales; 0 by default. */
  readonly ratePerMinute?: Money;
  /** Which minutes of sales count; all by default. */
  readonly salesTime?: SalesTimeScope;
}

/**
 * The return on marketing spend in a period: deals won, stages reached by people, and spend in [from, to), credited by
 * one model. Spend counts on its day, in the time zone of the query, and has the channel that the rules of the method
 * assign, or the id of its campaign, if any; a day that lies partly within the period counts whole, and a warning says
 * so. Currencies are not converted.
 * @throws Refused `attribution/unknown-model`, `attribution/not-additive`, `time/unknown-zone`, `time/not-a-duration`
 */
export const roas = async (
  models: ReadModels,
  { by, model: code, from, to, currency, ratePerMinute, salesTime = 'all', ...method }: RoasQuestion,
): Promise<RoasReport> => {
  const model = modelOf(code ?? method.definition.body.model);
  if (!model.additive)
    throw new Refused(
      'attribution/not-additive',
      'The credits of this model do not add up to the revenue; choose another model.',
      'model',
    );
  const { lookback, timeZone, unwindowed } = applyMethod(method);
  const outside = new OutsideWindowSum();
  const credit = crediting(model, method, await conversionsOf(models, method, to));
  const classify = spendClassifier(method.channelRules.body);
  const { firstWins, firstOpened } = await customersOf(models);
  const sums = new RoasBuilder({ by, timeZone, classify, firstWins }, ratePerMinute);
  const period = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };

  const dealsOnly = currency === undefined ? {} : { currency };
  const columns = await models.columns(journeyColumns);
  const won = packedCrediting(model, method, columns, to);
  for (const row of columns.closed('won', { ...period, ...dealsOnly })) {
    const credited = won.credit(row);
    const closedAt = fromMs(columns.closedAt[row]!);
    sums.won({ journeyId: columns.ids[row]!, closedAt }, credited);
    // Minutes of sales up to the close, counted with the deal, at the time of its close
    const minutes = columns.salesMinutes[row]!;
    if (salesTime === 'won-only' && minutes > 0) sums.worked([{ at: closedAt, minutes }], credited.eligible);
  }
  won.addOutside(outside);
  if (salesTime === 'all')
    for await (const { journey, work } of salesTimeIn(models, period, firstOpened))
      sums.worked(work, journey ? credit(journey).eligible : []);
  for (const stage of Object.keys(milestones) as PersonalConversion[])
    for await (const journey of journeysOf(models, stage, period)) sums.reached(stage, journey, credit(journey));
  const partlyCounted = new Set<Day>();
  for await (const { spend, whole } of spendInPeriod(models, timeZone, period)) {
    if (currency !== undefined && spend.amount.currency !== currency) continue;
    if (!whole) partlyCounted.add(spend.day);
    sums.spent(spend);
  }

  const { warnings, ...report } = sums.report();
  return {
    model: model.code,
    by,
    salesTime,
    lookback,
    definitions: { attribution: method.definition.ref, channelRules: method.channelRules.ref },
    ...report,
    outsideWindow: unwindowed ? outside.sum(report.currencies) : null,
    warnings: [...warnings, ...partialDayWarnings(partlyCounted)],
  };
};

const partialDayWarnings = (days: ReadonlySet<Day>): string[] =>
  [...days]
    .sort()
    .map((day) => `the period contains a part of ${day}: the spend of that day is counted whole; use whole days`);

/** The spend of the days that overlap a period; `whole`: the day lies completely within it. */
async function* spendInPeriod(
  models: ReadModels,
  timeZone: string,
  { from, to }: { readonly from?: Instant; readonly to?: Instant },
): AsyncIterable<{ readonly spend: Spend; readonly whole: boolean }> {
  const known = new Map<Day, 'none' | 'some' | 'all'>();
  const partOf = (day: Day) => {
    const [begins, ends] = [startOfDay(day, timeZone), startOfDay(nextDay(day), timeZone)];
    if ((from !== undefined && ends <= from) || (to !== undefined && begins >= to)) return 'none';
    return (from === undefined || begins >= from) && (to === undefined || ends <= to) ? 'all' : 'some';
  };
  for await (const spend of recordedSpend(models)) {
    const part = known.get(spend.day) ?? partOf(spend.day);
    known.set(spend.day, part);
    if (part !== 'none') yield { spend, whole: part === 'all' };
  }
}
