import { Refused, toMs } from '@baton/kernel';
import type { ReadModels } from '@baton/platform/documents';
import { linear } from '../../models/linear.model';
import { applyMethod, type Method } from '../attribution/attribution.rules';
import { OutsideWindowSum } from '../attribution/window.rules';
import { conversionsOf } from '../credit/earlier-conversions.query';
import { journeysOf, type Period } from '../conversions/conversions.query';
import { crediting, packedCrediting } from '../conversions/crediting.rules';
import type { ConversionKind } from '../conversions/conversions.rules';
import { journeyColumns } from '../journeys/journeys.columns';
import { pathsOf, type PathsReport } from './paths.rules';

export interface PathQuestion extends Method, Period {
  /** Won deals by default; their non-conversions are the deals lost in the same period. */
  readonly conversion?: Exclude<ConversionKind, 'lost'>;
  /** Consecutive touches of one channel are one step. */
  readonly collapse?: boolean;
  /** Number of paths to list, 1 to 1000; 20 by default. */
  readonly top?: number;
}
const MAX_PATHS = 1000;

/**
 * The paths of channels to the conversions of a period, their lengths and durations.
 * @throws Refused `attribution/top-out-of-range`, `time/unknown-zone`, `time/not-a-duration`
 */
export const paths = async (
  models: ReadModels,
  { conversion = 'won', collapse = false, top = 20, from, to, currency, ...method }: PathQuestion,
): Promise<PathsReport> => {
  if (!Number.isInteger(top) || top < 1 || top > MAX_PATHS)
    throw new Refused('attribution/top-out-of-range', `top must be from 1 to ${MAX_PATHS} paths.`, 'top');
  // the model is irrelevant: every model weighs the same touches
  const failures = conversion === 'won';
  const sums = pathsOf({ collapse, failures });
  const period = {
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(currency !== undefined && { currency }),
  };
  const outside = new OutsideWindowSum();
  if (conversion === 'won') {
    const columns = await models.columns(journeyColumns);
    const won = packedCrediting(linear, method, columns, to);
    const lost = packedCrediting(linear, method, columns, to);
    for (const row of columns.closed('won', period)) sums.add(won.credit(row), columns.closedAt[row]!, true);
    for (const row of columns.closed('lost', period)) sums.add(lost.credit(row), columns.closedAt[row]!, false);
    won.addOutside(outside);
  } else {
    const credit = crediting(linear, method, await conversionsOf(models, method, to));
    for await (const journey of journeysOf(models, conversion, period)) {
      const credited = credit(journey);
      sums.add(credited, toMs(journey.closedAt), true);
      credited.outside(outside);
    }
  }
  const { lookback, unwindowed } = applyMethod(method);
  const report = sums.report(top);
  return {
    conversion,
    lookback,
    definitions: { attribution: method.definition.ref, channelRules: method.channelRules.ref },
    ...report,
    outsideWindow: unwindowed ? outside.sum(report.total.revenue.map(({ currency: code }) => code)) : null,
  };
};
