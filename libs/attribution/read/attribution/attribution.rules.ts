import {
  WordMap,
  DecimalSum,
  durationMs,
  enumeration,
  field,
  monthOf,
  objectFields,
  Refused,
  zoneOf,
  type EnumerationValue,
  type Instant,
  type Money,
  type MoneySum,
  type ObjectOf,
} from '@baton/kernel';
import {
  validateBody,
  builtInAttribution,
  conditionCompiler,
  validateConditions,
  siteListsOf,
  touchClassifier,
  type Attribution,
  type ChannelRules,
  type TouchClassification,
  type PathTransform,
  type TouchConditions,
} from '@baton/definitions';
import { advertisementOf, contentOf, type RegisteredContent } from '@baton/campaigns';
import { creditModels } from '../../models/models.rules';
import { MIN_JOURNEYS } from '../../models/data-driven.model';
import { creditSelected, type Model, type ModelParameters } from '../../models/credit.model';
import type { ModelJourney } from '@baton/attribution/models/model-journey.rules';
import {
  canHaveOutsideTouches,
  selectTouches,
  type CompiledTransform,
  type PathRules,
} from '../../models/transforms.rules';
import { noCredit, outsideField, OutsideWindowSum, type CreditSum, type LookbackSelection } from './window.rules';
import type { JourneyTouch } from '../../write/journey/journey.events';
import type { JourneyDocument } from '../journeys/journeys.projection';
import type { ClassifiedKind, TouchKind } from '../journeys/touch-kinds.rules';

const recordedDimensions = {
  channel: 'The channel of the touch by the channel rules.',
  'sub-channel': 'The sub-channel of the touch by the channel rules.',
  campaign: 'The campaign of the touch.',
  month: 'The month in which the deal closed.',
  source: 'The source that the touch states.',
  medium: 'The medium that the touch states.',
  owner: 'Who owned the deal when it closed.',
  product: 'What was sold.',
};
/** What the rows of a frozen period can be: all else changes without a restatement of its journeys. */
export const periodDimensions = enumeration('PeriodBy', 'What the rows of a frozen period are.', recordedDimensions);
/** What a touch names in `content`: which of the two it is follows from what stands registered when it is asked. */
export const contentDimensions = ['content', 'ad'] as const;
/** Facts of the person at the time of the query; the journey does not contain them. */
export const personDimensions = ['region', 'segment'] as const;
export type PersonDimension = (typeof personDimensions)[number];
/** What credits can be summed by: of the touch, of the conversion (month), or of the deal (owner, product). */
export const dimensions = enumeration('AttributionBy', 'What credits are summed by.', {
  ...recordedDimensions,
  content: 'The content that the touch names, where it is registered (`RegisterAsset`).',
  ad: 'The advertisement of a touch of marketing (utm_content): what it names in `content` and nobody registered.',
  region: 'The region of the person of the touch, as it is known; without one the country.',
  segment: 'The industry of the person’s company, as it is known.',
});
export type Dimension = EnumerationValue<typeof dimensions>;

/** How credits are given: the two definitions, and the query's own settings. */
export interface Method {
  readonly definition: { readonly ref: string; readonly body: Attribution };
  readonly channelRules: { readonly ref: string; readonly body: ChannelRules };
  /** ISO 8601 (`P90D`) or `none`; by default that of the definition, or `none`. */
  readonly lookback?: string;
  /** IANA zone in which months begin; by default that of the definition, or UTC. */
  readonly timeZone?: string;
  /** Further settings of the query that override the definition. */
  readonly parameters?: Partial<Attribution>;
  /** The facts of people, by lead, for sums by such a fact. */
  readonly people?: People;
  /** For sums by content or advertisement. */
  readonly registered?: RegisteredContent;
}
export type People = ReadonlyMap<string, Readonly<Record<PersonDimension, string | null>>>;

export const creditedFields = {
  conversions: field.number('Conversions, in fractions: decimals that add up without a rest.'),
  revenue: field.money('One sum for every currency of the report, by code, never added up; none without amounts.', {
    list: true,
  }),
} as const;
export const credited = objectFields('Credited', 'Conversions and revenue that are credited.', creditedFields);
/** One row of a report: money sums to the amounts exactly, currency by currency. */
export type Credited = ObjectOf<typeof creditedFields>;
/** What the answer was made with. */
export const methodFields = {
  lookback: field.text('The window before the close in which touches count, `P90D`, or `none`.'),
  definitions: field.object(
    objectFields('AttributionDefinitions', 'The versions of the definitions that decided; version 0 is built in.', {
      attribution: field.text('Model, window and parameters: `attribution@0`.'),
      channelRules: field.text('What counts as which channel: `channel-rules@0`.'),
    }),
    'The definitions that were applied.',
  ),
} as const;
export const warningsField = field.text('What to know before using the figures.', { list: true });
const OF = 'Of data-driven models: ';
const optional = { optional: true } as const;
const row = objectFields('AttributionRow', 'What one key earned.', {
  ...creditedFields,
  key: field.text('The channel, campaign, month …; null: not stated; an empty text is one that was stated.', {
    nullable: true,
  }),
  position: field.integer(`${OF}the place in the journey from 1, of the ordered Shapley value.`, optional),
  removalEffect: field.number(
    `${OF}the part of all conversions that is lost without the key, of the Markov chain.`,
    optional,
  ),
  removalEffectsOnRevenue: field.object(
    objectFields(
      'RevenueEffect',
      'What is lost of the revenue in one currency without a channel.',
      { currency: field.text('ISO 4217 code.'), effect: field.number('The part of all revenue in it, 0 to 1.') },
      { perCurrency: true },
    ),
    `${OF}what is lost of the revenue without the key, of the Markov chain.`,
    { list: true, optional: true },
  ),
  support: field.object(
    objectFields('Support', 'How many journeys a data-driven model has seen of a row.', {
      journeys: field.number('Journeys with the channel.'),
      converted: field.number('Those of them that converted.'),
    }),
    `${OF}how many journeys it rests on.`,
    optional,
  ),
  tooThin: field.flag(
    `${OF}too little to be judged: below ${MIN_JOURNEYS.journeys} journeys, or ${MIN_JOURNEYS.outcomes} that converted, or that did not.`,
    optional,
  ),
  standardError: field.number(`${OF}the standard error of the conversions, where they are an estimate.`, optional),
  interval: field.object(
    objectFields('Interval', 'Where 95 of 100 resampled periods put a figure.', {
      low: field.number('The 2.5 percentile.'),
      high: field.number('The 97.5 percentile.'),
    }),
    `${OF}the interval of the conversions, if resamples were asked for.`,
    optional,
  ),
});
export const MAX_TRANSITIONS = 10_000;
export const attributionAnswer = objectFields(
  'Attribution',
  'Credited conversions and revenue under one model; rows and unattributed sum to total.',
  {
    model: field.enum(creditModels, 'The model.'),
    by: field.enum(dimensions, 'What the rows are.'),
    ...methodFields,
    rows: field.object(row, 'By key; only keys that earned something.', { list: true }),
    unattributed: field.object(credited, 'Deals without a touch in the window.'),
    total: field.object(credited, 'All deals of the period.'),
    outsideWindow: outsideField(),
    base: field.number(`${OF}the chance to convert that the Markov chain reproduces, 0 to 1.`, optional),
    learntFrom: field.object(
      objectFields('TrainingSet', 'The journeys that a data-driven model has learnt from: those with a touch.', {
        converted: field.integer('Won deals.'),
        ended: field.integer('Lost deals.'),
        open: field.integer('Open deals, where they were asked for.'),
      }),
      `${OF}the journeys it has learnt from.`,
      optional,
    ),
    transitions: field.object(
      objectFields('StateTransition', 'One entry of the transition matrix of a Markov chain.', {
        from: field.text('`(start)`, or the last channels, `a > b`.'),
        to: field.text('The channels then, `(conversion)` or `(null)`.'),
        count: field.number('Journeys that went this way.'),
        probability: field.number('Of all that left the state, 0 to 1.'),
      }),
      `${OF}the transition matrix, its ${MAX_TRANSITIONS} most frequent entries first.`,
      { list: true, optional: true },
    ),
    warnings: warningsField,
  },
);
export type AttributionAnswer = ObjectOf<typeof attributionAnswer.fields>;
/** The report without its matrix. Its rows are sorted by key, null first. */
export type AttributionReport = Omit<AttributionAnswer, 'transitions'>;

export type ClassifiedTouch = JourneyTouch & TouchClassification;

/** A method compiled once for many journeys. */
export interface AttributionMethod {
  readonly lookback: string;
  readonly lookbackMs: number | undefined;
  readonly path: PathRules;
  /** The same without a look-back; undefined if there is none. */
  readonly unwindowed?: PathRules;
  /** Whether touches before an earlier conversion of the person are ignored. */
  readonly restart: boolean;
  readonly timeZone: string;
  readonly parameters: ModelParameters;
  readonly classify: (touch: TouchKind) => TouchClassification;
  /** What tells the channel rules from others. */
  readonly rulesKey: string;
  readonly people?: People;
  readonly registered: RegisteredContent;
}

/**
 * Compiles conditions on the touches of a journey.
 * @throws Refused `attribution/unknown-site` for a list of sites that the channel rules do not have
 */
const whenCompiler = (rules: ChannelRules) => {
  const compile = conditionCompiler(rules);
  const lists = siteListsOf(rules);
  return ({ when, ...transform }: PathTransform, path: string): CompiledTransform => {
    if (!when) return transform;
    const tests = when.map((conditions: TouchConditions, index) => {
      const fault = validateConditions(conditions, `${path}.when.${index}`, lists);
      if (fault) throw new Refused('attribution/unknown-site', fault.message, fault.path);
      return compile(conditions);
    });
    return { ...transform, holds: (touch) => tests.some((holds) => holds(touch as ClassifiedTouch)) };
  };
};

const pathOf = (body: Attribution, lookbackMs: number | undefined, rules: ChannelRules): PathRules => {
  const compiled = whenCompiler(rules);
  return {
    lookbackMs,
    transforms: [
      ...(body.include ? [compiled({ kind: 'include' as const, ...body.include }, 'include')] : []),
      ...(body.exclude ? [compiled({ kind: 'exclude' as const, ...body.exclude }, 'exclude')] : []),
      ...(body.lookbackSteps === undefined ? [] : [{ kind: 'lookback' as const, steps: body.lookbackSteps }]),
      ...(body.transforms ?? []).map((transform, index) => compiled(transform, `transforms.${index}`)),
    ],
  };
};

/** The rules without any look-back, in days or steps; undefined if they have none. */
const withoutLookback = ({ lookbackMs, transforms = [] }: PathRules): PathRules | undefined => {
  const others = transforms.filter(({ kind }) => kind !== 'lookback');
  return lookbackMs === undefined && others.length === transforms.length ? undefined : { transforms: others };
};

/**
 * The definition with the settings of the query.
 * @throws Refused `time/unknown-zone`, `time/not-a-duration`, `attribution/invalid-parameter` with its path
 */
export const applyMethod = ({
  definition,
  channelRules,
  parameters: overrides = {},
  ...method
}: Method): AttributionMethod => {
  const body: Attribution = { ...definition.body, ...overrides };
  const lookback = method.lookback ?? body.lookback ?? 'none';
  const timeZone = zoneOf(method.timeZone ?? body.timeZone);
  const lookbackMs = lookback === 'none' ? undefined : durationMs(lookback, 'lookback');
  const fault = Object.keys(overrides).length > 0 ? validateBody('attribution', body) : undefined;
  if (fault) throw new Refused('attribution/invalid-parameter', fault.message, `parameters.${fault.path}`);
  const path = pathOf(body, lookbackMs, channelRules.body);
  const unwindowed = withoutLookback(path);
  return {
    lookback,
    lookbackMs,
    path,
    ...(unwindowed && { unwindowed }),
    restart: body.afterConversion === 'restart',
    timeZone,
    parameters: {
      excludedChannels: body.excludedChannels ?? builtInAttribution.excludedChannels ?? [],
      weights: body.weights ?? { first: 0.4, last: 0.4, mid: 0.2 },
      halfLifeMs: durationMs(body.halfLife ?? 'P7D', 'halfLife'),
      ...(body.stages && { stages: body.stages, mid: body.mid ?? 0 }),
    },
    classify: touchClassifier(channelRules.body),
    rulesKey: JSON.stringify(channelRules.body),
    ...(method.people && { people: method.people }),
    registered: method.registered ?? new Set(),
  };
};

/** A journey as models take it, with classified touches. */
export const toModelJourney = (
  { touches, closedAt, leadCreatedAt, openedAt }: JourneyDocument,
  classify: AttributionMethod['classify'],
): ModelJourney & { readonly touches: readonly ClassifiedTouch[] } => ({
  touches: touches.map((touch) => ({ ...touch, ...classify(touch) })),
  conversionAt: closedAt,
  ...(leadCreatedAt !== null && { leadCreatedAt }),
  openedAt,
});

/** When people converted, by lead; undefined if journeys continue after a conversion. */
export type Conversions = ReadonlyMap<string, readonly Instant[]>;

/** The touches of a deal that the method weighs, and why it does not weigh the others. */
export const selectJourneyTouches = (
  deal: JourneyDocument,
  { classify, path, unwindowed }: AttributionMethod,
  conversions?: Conversions,
): { readonly touches: readonly ClassifiedTouch[] } & LookbackSelection<ClassifiedTouch> => {
  const journey = toModelJourney(deal, classify);
  const converted = ({ leadId, occurredAt }: ClassifiedTouch): boolean =>
    conversions?.get(leadId)?.some((at) => at < deal.closedAt && occurredAt <= at) ?? false;
  const selection = selectTouches(journey, path, conversions && converted);
  return {
    touches: journey.touches,
    selection,
    ...(unwindowed &&
      selection.excluded.some(canHaveOutsideTouches) && {
        unwindowed: selectTouches(journey, unwindowed, conversions && converted),
      }),
  };
};

/** Only a won deal has revenue to credit. */
export const revenueOf = ({ outcome, amountMinor, currency }: JourneyDocument): Money | undefined =>
  outcome === 'won' && amountMinor !== null && currency !== null ? { minor: amountMinor, currency } : undefined;

/** Facts of the deal at its close. */
export const isOfDeal = (by: Dimension): by is 'owner' | 'product' => by === 'owner' || by === 'product';
export const isOfContent = (by: Dimension): by is (typeof contentDimensions)[number] =>
  (contentDimensions as readonly string[]).includes(by);
export const isOfPerson = (by: Dimension): by is PersonDimension =>
  (personDimensions as readonly string[]).includes(by);

/** The key of a touch that it is summed by, or that is a step of a path. */
export const touchDimensions = [
  'channel',
  'sub-channel',
  'campaign',
  'source',
  'medium',
  ...contentDimensions,
] as const;
export type TouchDimension = (typeof touchDimensions)[number];
export const dimensionValueOf = (
  by: TouchDimension,
  touch: ClassifiedKind,
  registered: RegisteredContent,
): string | null => {
  if (by === 'sub-channel') return touch.subChannel;
  if (by === 'content') return contentOf(touch, registered);
  return by === 'ad' ? advertisementOf(touch, registered) : (touch[by] ?? null);
};

const keyOf = (
  by: Dimension,
  touch: ClassifiedTouch,
  deal: JourneyDocument,
  { timeZone, people, registered }: Pick<AttributionMethod, 'timeZone' | 'people' | 'registered'>,
): string | null => {
  if (by === 'month') return monthOf(deal.closedAt, timeZone);
  if (isOfPerson(by)) return people?.get(touch.leadId)?.[by] ?? null;
  if (isOfDeal(by)) return deal[by];
  return dimensionValueOf(by, touch, registered);
};

/** Keys of rows: values of touches are compared without regard to spelling; values of deals exactly, as in lists. */
export const rowsBy = <V>(by: Dimension): WordMap<V> => new WordMap<V>(isOfDeal(by));

const addCredit = (sum: CreditSum, conversions: number, revenue: MoneySum | undefined): void => {
  sum.conversions.add(conversions);
  sum.revenue.add(revenue);
};

/** The credit of a key from one deal under one model. */
export interface KeyCredit {
  readonly conversions: DecimalSum;
  minor: number | null;
}
/**
 * Credits of one deal by key. Under a model that is not additive a key counts once, however many of its touches
 * participate.
 */
export const creditsByKey = (
  model: Model,
  { touches, selection }: ReturnType<typeof selectJourneyTouches>,
  ready: AttributionMethod,
  by: Dimension,
  deal: JourneyDocument,
): { readonly keys: WordMap<KeyCredit>; readonly unattributed: boolean } => {
  const { credits, unattributed } = creditSelected(model, selection, ready.parameters, revenueOf(deal));
  const keys = rowsBy<KeyCredit>(by);
  credits.forEach(({ weight, minor }, index) => {
    if (weight === 0 && !minor) return;
    const key = keyOf(by, touches[index]!, deal, ready);
    const first: KeyCredit = { conversions: new DecimalSum(), minor: minor === null ? null : 0 };
    const known = keys.at(key, () => first);
    if (known !== first && !model.additive) return;
    known.conversions.add(weight);
    if (minor !== null) known.minor! += minor;
  });
  return { keys, unattributed };
};

/** The sums of a report under one model. */
export interface ModelSums {
  readonly model: Model;
  readonly row: (key: string | null) => CreditSum;
  readonly unattributed: CreditSum;
  readonly outside: OutsideWindowSum;
}

/** The sums of a question, and the reports that they make: one per model, in their order. */
export class CreditSums {
  readonly ready: AttributionMethod;
  readonly total = noCredit();
  /** Conversions without an amount. */
  withoutAmount = 0;
  readonly byModel: readonly ModelSums[];
  private readonly rows: readonly WordMap<CreditSum>[];

  /** @throws Refused as `applyMethod` */
  constructor(
    readonly models: readonly Model[],
    readonly by: Dimension,
    private readonly method: Method,
  ) {
    this.ready = applyMethod(method);
    this.rows = models.map(() => rowsBy<CreditSum>(by));
    this.byModel = models.map((model, index) => ({
      model,
      row: (key) => this.rows[index]!.at(key, noCredit),
      unattributed: noCredit(),
      outside: new OutsideWindowSum(),
    }));
  }

  /**
   * In each report, rows and `unattributed` sum to `total`: conversions (decimals of 15 places) and money. Under a model
   * that is not additive rows overlap, `total` counts the deals and has no revenue.
   */
  reports(): readonly AttributionReport[] {
    const { by, method, ready, total, withoutAmount } = this;
    const { currencies } = total.revenue;
    const credited = ({ conversions, revenue }: CreditSum, shared = conversions.value): Credited => ({
      conversions: shared,
      revenue: revenue.list(currencies),
    });
    const warnings =
      currencies.length > 0 && withoutAmount > 0
        ? [`${withoutAmount} of ${total.conversions.value} conversions have no amount`]
        : [];
    return this.byModel.map(({ model, unattributed, outside }, place) => {
      const entries = this.rows[place]!.entries();
      const all = entries.map(([, { conversions }]) => conversions);
      // Overlapping rows cannot be summed; other rows, with `unattributed`, sum to a whole number.
      const shared = model.additive ? DecimalSum.roundedToTotal(all) : all.map(({ value }) => value);
      return {
        model: model.code,
        by,
        lookback: ready.lookback,
        definitions: { attribution: method.definition.ref, channelRules: method.channelRules.ref },
        rows: entries.map(([key, sum], index) => ({ key, ...credited(sum, shared[index]) })),
        unattributed: credited(unattributed),
        total: { ...credited(total), ...(!model.additive && { revenue: [] }) },
        outsideWindow: ready.unwindowed ? outside.sum(model.additive ? currencies : []) : null,
        warnings: model.additive
          ? warnings
          : [
              ...warnings,
              `${model.code} is not additive: a deal counts in every row with one of its touches; rows have no sum`,
            ],
      };
    });
  }
}

/**
 * Sums the credits of journeys under several models, document by document.
 * @param conversions when people converted, for a method whose journeys restart
 * @returns `add` takes one journey
 * @throws Refused as `applyMethod`
 */
export const summarizeCredit = (models: readonly Model[], by: Dimension, method: Method, conversions?: Conversions) => {
  const sums = new CreditSums(models, by, method);
  const { ready, total } = sums;
  const add = (deal: JourneyDocument): void => {
    const path = selectJourneyTouches(deal, ready, conversions);
    const amount = revenueOf(deal);
    addCredit(total, 1, amount);
    if (!amount) sums.withoutAmount++;
    for (const { model, row, unattributed, outside } of sums.byModel) {
      outside.add(model, path, ready.parameters, amount);
      const credited = creditsByKey(model, path, ready, by, deal);
      if (credited.unattributed) addCredit(unattributed, 1, amount);
      for (const [key, { conversions: part, minor }] of credited.keys.entries())
        addCredit(row(key), part.value, amount && minor !== null ? { ...amount, minor } : undefined);
    }
  };
  return { add, reports: () => sums.reports() };
};
