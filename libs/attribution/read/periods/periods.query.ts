import {
  contentHash,
  NotFound,
  periodOfDays,
  Refused,
  type DefinitionSource,
  type Instant,
  type ClosedJournal,
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
  revenueOf,
  summarizeCredit,
  type Conversions,
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
  type JourneyVersion,
  type PeriodRestatement,
} from './periods.rules';

/** Hash of a frozen period: SHA-256 over the canonical JSON (RFC 8785) of its facts. */
export const frozenHash = (facts: FrozenFacts): string => contentHash(facts);

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
 * The facts of a period as known at a position of the log, under the definitions in force at its end, or now if it has
 * not ended.
 * @throws Refused `attribution/unknown-model`, `attribution/not-additive`,
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
  const by = question.by ?? 'channel';
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

/** Compares a frozen period with the same query now, journey by journey. */
class PeriodComparison {
  private readonly model: Model;
  private readonly by: PeriodDocument['by'];
  private readonly currencies: Set<string>;
  private readonly now: ReturnType<typeof summarizeCredit>;
  private readonly changes: (Omit<PeriodRestatement, 'difference'> & { after: Figures; before: Figures })[] = [];

  /** @param conversions when people converted, as known when the period was frozen and now */
  constructor(
    private readonly period: PeriodDocument,
    private readonly method: Method,
    private readonly conversions: { readonly then?: Conversions; readonly now?: Conversions },
  ) {
    this.model = requireAdditiveModel(period.model);
    this.by = period.by;
    this.currencies = new Set(period.currencies);
    this.now = summarizeCredit([this.model], this.by, method, conversions.now);
  }

  /** Adds the current state of a journey. */
  add(journey: JourneyDocument): void {
    if (this.counts(journey)) this.now.add(journey);
    this.addCurrency(journey);
  }

  /** Adds the changes of a journey since the period was frozen. */
  addStates(journeyId: string, states: readonly JourneyVersion[]): void {
    states.forEach(({ journey, reasons, at, position }, index) => {
      const before = states[index - 1]?.journey;
      if (position <= this.period.position || ![before, journey].some((one) => one && this.counts(one))) return;
      this.addCurrency(journey);
      if (before) this.addCurrency(before);
      const { then } = this.conversions;
      const change = { after: this.figures(journey, then), before: this.figures(before, then) };
      this.changes.push({ journeyId, reasons, at, position, ...change });
    });
  }

  /** Adds the change of a journey that follows from other deals of its people, if there is one. */
  addEarlierConversions(journeyId: string, journey: JourneyDocument, position: Position): void {
    if (!this.conversions.now) return;
    const [after, before] = [this.conversions.now, this.conversions.then].map((each) => this.figures(journey, each));
    if (JSON.stringify(after) !== JSON.stringify(before))
      this.changes.push({
        ...{ journeyId, reasons: ['earlier-conversion'], at: null, position },
        ...{ after: after!, before: before! },
      });
  }

  result(): Omit<PeriodDelta, 'period' | 'intact'> {
    const currencies = [...this.currencies].sort();
    const now = this.now.reports()[0]!;
    return {
      now,
      outsideWindow: now.outsideWindow,
      difference: figuresDifference(this.by, now, figuresOf(this.period), currencies),
      restatements: this.changes
        .sort((a, b) => (a.position < b.position ? -1 : a.position > b.position ? 1 : 0))
        .map(({ after, before, ...change }) => ({
          ...change,
          difference: figuresDifference(this.by, after, before, currencies),
        })),
      warnings: now.warnings,
    };
  }

  private counts(journey: JourneyDocument): boolean {
    const { startsAt, endsAt, currency } = this.period;
    return (
      journey.status === 'closed' &&
      journey.outcome === 'won' &&
      journey.closedAt >= startsAt &&
      journey.closedAt < endsAt &&
      (currency === undefined || journey.currency === currency)
    );
  }

  /** The figures of one journey, if it belongs to the period. */
  private figures(journey: JourneyDocument | undefined, conversions: Conversions | undefined): Figures {
    if (!journey || !this.counts(journey)) return noFigures;
    const one = summarizeCredit([this.model], this.by, this.method, conversions);
    one.add(journey);
    return one.reports()[0]!;
  }

  private addCurrency(journey: JourneyDocument): void {
    const amount = this.counts(journey) ? revenueOf(journey) : undefined;
    if (amount) this.currencies.add(amount.currency);
  }
}

/**
 * A frozen period compared with the same query now, under the same versions of the definitions, and every change in
 * between: restated journeys, and deals that closed into the period or were reopened. Each journey is read from its
 * stream up to the position of the read model, so that the changes and the totals describe the same moment.
 * @param models as of now, or as of a later cut than the period's by `knownAt` or `knownBy`; never by `happenedBy`
 * @param past   the models as of the period's position
 * @throws NotFound `period/unknown`
 */
export const periodDelta = async (
  models: ReadModels,
  past: (position: Position) => ReadModels,
  journal: ClosedJournal,
  definitions: DefinitionSource,
  periodId: string,
): Promise<PeriodDelta> => {
  const period = await models.get(periods, periodId);
  if (!period) throw new NotFound('period/unknown', 'There is no frozen period with this id.', 'periodId');
  const { endsAt, lookback, timeZone, position: frozen } = period;
  const versions = { definition: period.attribution, channelRules: period.channelRules };
  const method: Method = {
    ...(await methodOf(definitions, models, period.frozenAt, versions)),
    lookback,
    timeZone,
  };
  const now = await conversionsOf(models, method, endsAt);
  const then = now && (await conversionsOf(past(frozen), method, endsAt));
  const comparison = new PeriodComparison(period, method, { then, now });
  for await (const page of models.pages(journeys))
    for (const { id, doc, position } of page) {
      comparison.add(doc);
      if (position > frozen) {
        const events = (await journal.read(`journey-${id}`)) as unknown as readonly StoredEvent<JourneyEvent>[];
        comparison.addStates(id, versionsOf(id, events, position));
      }
      comparison.addEarlierConversions(id, doc, position);
    }
  return { period, intact: isIntact(period), ...comparison.result() };
};
