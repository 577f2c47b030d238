import { IANAZone } from 'luxon';
import { durationMs, monthOf, Refused, type Money } from '@baton/kernel';
import { builtInAttribution, channelClassifier, type Attribution, type ChannelRules } from '@baton/definitions';
import {
  creditsOf,
  type Crediting,
  type Model,
  type ModelJourney,
  type ModelParameters,
} from '../../models/credit.model';
import type { JourneyTouch } from '../../write/journey/journey.events';
import type { JourneyDocument } from '../journeys/journeys.projection';

/** What credits can be summed by: of the touch, of the conversion (month), or of the deal (owner, product). */
export const dimensions = ['channel', 'campaign', 'month', 'source', 'medium', 'content', 'owner', 'product'] as const;
export type Dimension = (typeof dimensions)[number];

/** How credits are given: the two definitions, and what a question says instead. */
export interface Method {
  readonly definition: { readonly ref: string; readonly body: Attribution };
  readonly channelRules: { readonly ref: string; readonly body: ChannelRules };
  /** ISO 8601 (`P90D`) or `none`; by default the definition's. */
  readonly lookback?: string;
  /** IANA zone in which months begin; by default the definition's, or UTC. */
  readonly timeZone?: string;
}

/** One row of a report: fractions of conversions, and money that sums to the amounts exactly. */
export interface Credited {
  readonly conversions: number;
  /** Null where no deal has an amount, or where amounts are of several currencies. */
  readonly revenue: Money | null;
}
export interface AttributionReport {
  readonly model: string;
  readonly by: Dimension;
  /** What was applied: `P90D` or `none`. */
  readonly lookback: string;
  /** The versions that decided, `attribution@0` for the built-in ones. */
  readonly definitions: { readonly attribution: string; readonly channelRules: string };
  /**
   * Sorted by key; only keys that earned something. Null (first) is what the touch or the deal does not state; an empty
   * text that it states is a key of its own.
   */
  readonly rows: readonly ({ readonly key: string | null } & Credited)[];
  /** Conversions without an eligible touch. */
  readonly unattributed: Credited;
  readonly total: Credited;
  readonly warnings: readonly string[];
}

export type ClassifiedTouch = JourneyTouch & { readonly channel: string };

/** A method made ready once for many journeys. */
export interface Applied {
  readonly lookback: string;
  readonly lookbackMs: number | undefined;
  readonly timeZone: string;
  readonly parameters: ModelParameters;
  readonly classify: (touch: JourneyTouch) => string;
}

/** @throws Refused `attribution/unknown-time-zone`, `time/not-a-duration` */
export const applied = ({ definition: { body }, channelRules, ...asked }: Method): Applied => {
  const lookback = asked.lookback ?? body.lookback;
  const timeZone = asked.timeZone ?? body.timeZone ?? 'UTC';
  if (!IANAZone.isValidZone(timeZone))
    throw new Refused('attribution/unknown-time-zone', 'Give an IANA zone such as Europe/Berlin.', 'timeZone');
  return {
    lookback,
    lookbackMs: lookback === 'none' ? undefined : durationMs(lookback, 'lookback'),
    timeZone,
    parameters: {
      excludedChannels: body.excludedChannels ?? builtInAttribution.excludedChannels ?? [],
      weights: body.weights ?? { first: 0.4, last: 0.4, mid: 0.2 },
      halfLifeMs: durationMs(body.halfLife ?? 'P7D', 'halfLife'),
    },
    classify: channelClassifier(channelRules.body),
  };
};

/** A journey as models take it, its touches classified. */
export const modelJourney = (
  { touches, closedAt, leadCreatedAt, openedAt }: JourneyDocument,
  classify: Applied['classify'],
): ModelJourney & { readonly touches: readonly ClassifiedTouch[] } => ({
  touches: touches.map((touch) => ({ ...touch, channel: classify(touch) })),
  conversionAt: closedAt,
  ...(leadCreatedAt !== null && { leadCreatedAt }),
  openedAt,
});

/** Only a won deal has revenue to credit. */
export const revenueOf = ({ outcome, amountMinor, currency }: JourneyDocument): Money | undefined =>
  outcome === 'won' && amountMinor !== null && currency !== null ? { minor: amountMinor, currency } : undefined;

const keyOf = (by: Dimension, touch: ClassifiedTouch, deal: JourneyDocument, timeZone: string): string | null => {
  if (by === 'month') return monthOf(deal.closedAt, timeZone);
  return (by === 'owner' || by === 'product' ? deal[by] : touch[by]) ?? null;
};

interface Sum {
  conversions: number;
  readonly minors: Map<string, number>;
}
const nothing = (): Sum => ({ conversions: 0, minors: new Map() });
const add = (sum: Sum, conversions: number, minor: number | null, currency: string | undefined): void => {
  sum.conversions += conversions;
  if (minor !== null && currency !== undefined) sum.minors.set(currency, (sum.minors.get(currency) ?? 0) + minor);
};

/**
 * Sums the credits of journeys under several models in one walk.
 * @returns `add` takes one journey; `reports` gives one report per model, in their order. In each, rows and
 *   `unattributed` sum to `total`: conversions to 1e-9, money exactly.
 * @throws Refused as `applied`
 */
export const tally = (models: readonly Model[], by: Dimension, method: Method) => {
  const { lookback, lookbackMs, timeZone, parameters, classify } = applied(method);
  const sums = models.map((model) => ({ model, rows: new Map<string | null, Sum>(), unattributed: nothing() }));
  const total = nothing();
  let withoutAmount = 0;

  const addJourney = (deal: JourneyDocument): void => {
    const journey = modelJourney(deal, classify);
    const amount = revenueOf(deal);
    add(total, 1, amount?.minor ?? null, amount?.currency);
    if (!amount) withoutAmount++;
    for (const { model, rows, unattributed } of sums) {
      const crediting: Crediting = creditsOf(model, journey, parameters, lookbackMs, amount);
      if (crediting.unattributed) add(unattributed, 1, amount?.minor ?? null, amount?.currency);
      crediting.credits.forEach(({ weight, minor }, index) => {
        if (weight === 0 && !minor) return;
        const key = keyOf(by, journey.touches[index]!, deal, timeZone);
        let row = rows.get(key);
        if (!row) rows.set(key, (row = nothing()));
        add(row, weight, minor, amount?.currency);
      });
    }
  };

  const reports = (): readonly AttributionReport[] => {
    const currencies = [...total.minors.keys()].sort();
    const credited = ({ conversions, minors }: Sum): Credited => ({
      conversions,
      revenue: currencies.length === 1 ? { minor: minors.get(currencies[0]!) ?? 0, currency: currencies[0]! } : null,
    });
    const warnings = [
      ...(currencies.length > 1 ? [`revenue is left out: ${currencies.join(', ')} differ; ask for one currency`] : []),
      ...(currencies.length > 0 && withoutAmount > 0
        ? [`${withoutAmount} of ${total.conversions} conversions have no amount`]
        : []),
    ];
    return sums.map(({ model, rows, unattributed }) => ({
      model: model.code,
      by,
      lookback,
      definitions: { attribution: method.definition.ref, channelRules: method.channelRules.ref },
      rows: [...rows]
        .sort(([a], [b]) => (a === null || (b !== null && a < b) ? -1 : 1))
        .map(([key, sum]) => ({ key, ...credited(sum) })),
      unattributed: credited(unattributed),
      total: credited(total),
      warnings,
    }));
  };
  return { add: addJourney, reports };
};
