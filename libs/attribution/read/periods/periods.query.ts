import {
  contentHash,
  NotFound,
  periodOfDays,
  Refused,
  type DefinitionSource,
  type Instant,
  type Journal,
  type ObjectOf,
  type Position,
  type StoredEvent,
} from '@baton/kernel';
import type { ReadModels } from '@baton/platform/documents';
import type { Model } from '../../models/credit.model';
import type { JourneyEvent } from '../../write/journey/journey.events';
import type { FreezeCommand, FrozenFacts } from '../../write/period/period.events';
import { modelOf } from '../attribution/attribution.query';
import {
  applyMethod,
  recordedDimensions,
  revenueOf,
  summarizeCredit,
  type Conversions,
  type Dimension,
  type Method,
} from '../attribution/attribution.rules';
import { journeysOf } from '../conversions/conversions.query';
import { conversionsOf } from '../credit/earlier-conversions.query';
import { methodOf } from '../credit/method.query';
import { journeys, type JourneyDocument } from '../journeys/journeys.projection';
import { isIntact, periods, type PeriodDocument } from './periods.read-model';
import {
  delta,
  figuresDifference,
  figuresOf,
  noFigures,
  versionsOf,
  written,
  type Figures,
  type PeriodRestatement,
} from './periods.rules';

/** The seal of what was frozen: SHA-256 over the canonical JSON (RFC 8785) of the facts. */
export const frozenHash = (facts: FrozenFacts): string => contentHash(facts);

const dimensionOf = (by: string): Dimension => {
  const known = recordedDimensions.find((one) => one === by);
  if (known) return known; // what is known of a person, or registered as content, changes without a restatement
  throw new Refused(
    'attribution/unknown-dimension',
    `by must be one of ${recordedDimensions.join(', ')} for a frozen period.`,
    'by',
  );
};
const requireAdditiveModel = (code: string): Model => {
  const model = modelOf(code);
  if (model.additive) return model;
  throw new Refused(
    'attribution/not-additive',
    'The credits of this model do not add up to the revenue; choose another model.',
    'model',
  );
};

/**
 * The facts of a period as they were known at a position of the log, under the definitions in force at its end, or now if
 * it has not ended.
 * @throws Refused `attribution/unknown-model`, `attribution/not-additive`, `attribution/unknown-dimension`,
 *   `time/not-a-duration`, and as `periodOfDays`
 */
export const periodFigures = async (
  models: ReadModels,
  definitions: DefinitionSource,
  question: FreezeCommand['data'],
  position: Position,
  now: Instant,
): Promise<FrozenFacts> => {
  const { periodId, name, from, to, timeZone, currency } = question;
  const days = periodOfDays(question);
  const method: Method = {
    ...(await methodOf(definitions, models, days.to < now ? days.to : now)),
    ...(question.lookback && { lookback: question.lookback }),
    timeZone,
  };
  const model = requireAdditiveModel(question.model ?? method.definition.body.model);
  const by = dimensionOf(question.by ?? 'channel');
  const { lookback } = applyMethod(method);
  const past = models.asOf({ knownAt: position });
  const sums = summarizeCredit([model], by, method, await conversionsOf(past, method, days.to));
  const currencies = new Set<string>();
  const period = { from: days.from, to: days.to, ...(currency !== undefined && { currency }) };
  for await (const journey of journeysOf(past, 'won', period)) {
    sums.add(journey);
    const amount = revenueOf(journey);
    if (amount) currencies.add(amount.currency);
  }
  const { rows, unattributed, total, outsideWindow } = sums.reports()[0]!;
  return {
    periodId,
    ...(name !== undefined && { name }),
    ...{ from, to, timeZone, startsAt: days.from, endsAt: days.to },
    ...(currency !== undefined && { currency }),
    model: model.code,
    by,
    lookback,
    attribution: method.definition.ref,
    channelRules: method.channelRules.ref,
    position,
    currencies: [...currencies].sort(),
    rows: rows.map(({ key, ...credited }) => ({ ...(key !== null && { key }), ...written(credited) })),
    unattributed: written(unattributed),
    total: written(total),
    ...(outsideWindow && { outsideWindow: { touches: outsideWindow.touches, ...written(outsideWindow) } }),
  };
};

export type PeriodDelta = Omit<ObjectOf<typeof delta.fields>, 'periodId' | 'restated'> & {
  readonly period: PeriodDocument;
  readonly intact: boolean;
};

/**
 * A frozen period beside the same question now, under the same versions of the definitions, and every change in between:
 * journeys restated, deals that closed into the period or were reopened out of it. Each journey is read from its stream
 * up to the place that the read model has come to, so that the parts and the whole tell of the same moment.
 * @param models what is known now, or was by a later cut than the period's; never one by what had happened
 * @param past   the models as of the period's position
 * @throws NotFound `period/unknown`
 */
export const periodDelta = async (
  models: ReadModels,
  past: (position: Position) => ReadModels,
  journal: Journal,
  definitions: DefinitionSource,
  periodId: string,
): Promise<PeriodDelta> => {
  const period = await models.get(periods, periodId);
  if (!period) throw new NotFound('period/unknown', 'There is no frozen period with this id.', 'periodId');
  const { startsAt, endsAt, currency, lookback, timeZone } = period;
  const versions = { definition: period.attribution, channelRules: period.channelRules };
  const method: Method = {
    ...(await methodOf(definitions, models, period.frozenAt, versions)),
    lookback,
    timeZone,
  };
  const [model, by] = [requireAdditiveModel(period.model), dimensionOf(period.by)];
  const conversionsNow = await conversionsOf(models, method, endsAt);
  const conversionsThen = conversionsNow && (await conversionsOf(past(period.position), method, endsAt));
  const counts = (journey: JourneyDocument): boolean =>
    journey.status === 'closed' &&
    journey.outcome === 'won' &&
    journey.closedAt >= startsAt &&
    journey.closedAt < endsAt &&
    (currency === undefined || journey.currency === currency);
  const currencies = new Set(period.currencies);
  /** The figures of one journey, as far as it counts. */
  const figures = (journey: JourneyDocument | undefined, conversions: Conversions | undefined): Figures => {
    if (!journey || !counts(journey)) return noFigures;
    const one = summarizeCredit([model], by, method, conversions);
    one.add(journey);
    return one.reports()[0]!;
  };
  const see = (journey: JourneyDocument) => {
    const amount = counts(journey) ? revenueOf(journey) : undefined;
    if (amount) currencies.add(amount.currency);
  };

  const whole = summarizeCredit([model], by, method, conversionsNow);
  const steps: (Omit<PeriodRestatement, 'difference'> & { after: Figures; before: Figures })[] = [];
  for await (const page of models.pages(journeys))
    for (const { id, doc, position } of page) {
      if (counts(doc)) whole.add(doc);
      see(doc);
      if (position > period.position) {
        const events = (await journal.read(`journey-${id}`)) as unknown as readonly StoredEvent<JourneyEvent>[];
        const states = versionsOf(id, events, position);
        states.forEach(({ journey, reasons, at, position: since }, index) => {
          const before = states[index - 1]?.journey;
          if (since <= period.position || ![before, journey].some((one) => one && counts(one))) return;
          see(journey);
          if (before) see(before);
          const change = { after: figures(journey, conversionsThen), before: figures(before, conversionsThen) };
          steps.push({ journeyId: id, reasons, at, position: since, ...change });
        });
      }
      if (!conversionsNow) continue;
      const [after, before] = [figures(doc, conversionsNow), figures(doc, conversionsThen)];
      if (JSON.stringify(after) !== JSON.stringify(before))
        steps.push({ journeyId: id, reasons: ['earlier-conversion'], at: null, position, after, before });
    }

  const all = [...currencies].sort();
  const now = whole.reports()[0]!;
  return {
    period,
    intact: isIntact(period),
    now,
    outsideWindow: now.outsideWindow,
    difference: figuresDifference(by, now, figuresOf(period), all),
    restatements: steps
      .sort((a, b) => (a.position < b.position ? -1 : a.position > b.position ? 1 : 0))
      .map(({ after, before, ...step }) => ({ ...step, difference: figuresDifference(by, after, before, all) })),
    warnings: now.warnings,
  };
};
