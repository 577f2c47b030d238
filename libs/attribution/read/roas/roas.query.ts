import { nextDay, Refused, startOfDay, type Day, type Instant, type Money } from '@baton/kernel';
import { recordedSpend } from '@baton/campaigns';
import { spendClassifier } from '@baton/definitions';
import type { ReadModels } from '@baton/platform/documents';
import { modelOf } from '../attribution/attribution.query';
import { applyMethod, type Method } from '../attribution/attribution.rules';
import { OutsideWindowSum } from '../attribution/window.rules';
import { conversionsOf } from '../credit/earlier-conversions.query';
import type { JourneyDocument } from '../journeys/journeys.projection';
import { journeysOf, leftOutWarning, type Period } from '../conversions/conversions.query';
import { crediting } from '../conversions/crediting.rules';
import { milestones, type PersonalConversion } from '../conversions/conversions.rules';
import { customersOf } from './customers.query';
import { roasBy, type RoasDimension, type RoasReport, type SalesTimeScope } from './roas.rules';
import { salesTimeIn } from './sales-time.query';

export interface RoasQuestion extends Method, Period {
  readonly by: RoasDimension;
  /** Additive; by default the definition's. */
  readonly model?: string;
  /** What a minute of sales costs; nothing by default. */
  readonly ratePerMinute?: Money;
  /** Which minutes of sales count; all by default. */
  readonly salesTime?: SalesTimeScope;
}

/** Minutes of sales up to the close; they count with the deal, when it closed. */
const workUpToClose = ({ touches, closedAt }: JourneyDocument) =>
  touches.flatMap(({ team, minutes }) => (team === 'sales' && minutes ? [{ at: closedAt, minutes }] : []));

/**
 * What marketing's money brought in a period: deals won, people that came to a stage, and money spent in [from, to),
 * credited by one model. Spend stands with the day it was spent on, in the time zone of the question, and has the channel
 * that the rules of the method give it, or the campaign's id it was recorded for, if any; a day that lies partly within the period
 * counts whole, and a warning says so. Nothing is converted between currencies.
 * @throws Refused `attribution/unknown-model`, `attribution/not-additive`, `time/unknown-zone`,
 *   `time/not-a-duration`
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
  const sums = roasBy({ by, timeZone, classify, firstWins }, ratePerMinute);
  const period = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
  let leftOut = 0;

  const dealsOnly = currency === undefined ? {} : { currency };
  for await (const journey of journeysOf(models, 'won', { ...period, ...dealsOnly })) {
    const credited = credit(journey);
    sums.won(journey, credited);
    credited.outside(outside);
    if (salesTime === 'won-only') sums.worked(workUpToClose(journey), credited.eligible);
  }
  if (salesTime === 'all')
    for await (const { journey, work } of salesTimeIn(models, period, firstOpened)) {
      sums.worked(work, journey ? credit(journey).eligible : []);
      leftOut += journey?.leftOut ?? 0;
    }
  for (const stage of Object.keys(milestones) as PersonalConversion[])
    for await (const journey of journeysOf(models, stage, period)) {
      sums.reached(stage, journey, credit(journey));
      leftOut += journey.leftOut;
    }
  const within = spendInPeriod(timeZone, from, to);
  const cut = new Set<Day>();
  for await (const spend of recordedSpend(models)) {
    if (currency !== undefined && spend.amount.currency !== currency) continue;
    const part = within(spend.day);
    if (part === 'none') continue;
    if (part === 'some') cut.add(spend.day);
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
    warnings: [
      ...warnings,
      ...[...cut]
        .sort()
        .map((day) => `the period holds a part of ${day}: what was spent on that day is counted whole; ask for days`),
      ...leftOutWarning(leftOut),
    ],
  };
};

/** How much of a day lies within [from, to): a day is a stretch of time, and no instant stands for it. */
const spendInPeriod = (timeZone: string, from: Instant | undefined, to: Instant | undefined) => {
  const known = new Map<Day, 'all' | 'some' | 'none'>();
  return (day: Day): 'all' | 'some' | 'none' => {
    let part = known.get(day);
    if (part === undefined) {
      const [begins, ends] = [startOfDay(day, timeZone), startOfDay(nextDay(day), timeZone)];
      const outside = (from !== undefined && ends <= from) || (to !== undefined && begins >= to);
      const whole = (from === undefined || begins >= from) && (to === undefined || ends <= to);
      known.set(day, (part = outside ? 'none' : whole ? 'all' : 'some'));
    }
    return part;
  };
};
