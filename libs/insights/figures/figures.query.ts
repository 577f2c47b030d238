import { builtInMethod, type Method } from '@baton/attribution';
import { passesFilter, Refused, toMs, type Instant } from '@baton/kernel';
import { erasedLeads, leads } from '@baton/leads';
import type { ReadModelProgress, ReadModels } from '@baton/platform/documents';
import { exactOf, roundedInteger, type Exact } from './exact.rules';
import {
  emptyValue,
  evaluate,
  isBehind,
  valuesByGroup,
  visitRows,
  type FigureValue,
  KeptWork,
  type Limits,
  type Ranges,
  type Side,
} from './evaluate.rules';
import type { AnyFact, Fact } from './fact.rules';
import { firstTouchFact } from './facts/first-touches.fact';
import { projectionsOf, rowsOfFacts, type Moment, type ReadFacts, type RowsAtEnds } from './facts.query';
import { hasCurrency, instantOfRows, takesWindow, type Figure } from './figure.rules';
import {
  dealPeople,
  definitionsBehind,
  erasedByGroup,
  erasedPeopleBy,
  nobodyErased,
  type ErasedPeopleOf,
} from './people-behind.rules';
import {
  calendarParts,
  comparedPeriod,
  isGrain,
  rangeOf,
  scopePeriod,
  type PeriodComparison,
  type ScopeArgs,
  type ScopePeriod,
} from './scope.rules';
import { sliceOf, withLargestGroups, type DimensionFilters, type RowsOfFact, type Slice } from './slice.rules';

/** What figures are asked for. */
export interface Scope extends ScopeArgs {
  readonly compare?: PeriodComparison | undefined;
  /** A dimension, or a part of the calendar. */
  readonly by?: string | undefined;
  /** How long a conversion may take, in milliseconds. */
  readonly windowMs?: number | undefined;
  /** The version of the channel rules that classifies touches, for dimensions of journeys. */
  readonly channelRules?: string | undefined;
  readonly filters: DimensionFilters;
}
/** The groups of one answer; of more, those with fewest rows are one. */
export const MAX_GROUPS = 200;
/** A figure of fewer rows says little. */
export const MIN_SUPPORT = 5;

/** A group of rows: those with a value, those without, or all that have groups too small to be listed. */
export interface GroupName {
  readonly key: string | null;
  readonly isOther: boolean;
}
export interface ComparedValue extends FigureValue {
  readonly compared?: Exact | undefined;
}
export interface AnsweredFigure {
  readonly figure: Figure;
  /** What to know before using it. */
  readonly warnings: readonly string[];
  readonly total: readonly ComparedValue[];
  /** How many erased people its rows are about. */
  readonly erased: number;
  /** The versions of definitions that decided its rows, `mql@2`, or how they are grouped. */
  readonly definitions: readonly string[];
  /** False while something may change it that has already begun: the period, an open row, an event that waits. */
  readonly complete: boolean;
  readonly groups: readonly {
    readonly group: GroupName;
    readonly values: readonly ComparedValue[];
    readonly erased: number;
  }[];
}
export interface FiguresAnswer extends ReadModelProgress {
  readonly period: ScopePeriod;
  readonly compared: ScopePeriod | undefined;
  readonly figures: readonly AnsweredFigure[];
}

/** The facts that a figure is made of, and those of the dimensions that are asked for. */
const factsOf = ({ rows: { fact }, value }: Figure, asked: readonly string[]): readonly AnyFact[] => [
  fact,
  ...asked.flatMap((name) => {
    const dimension = fact.dimensions[name];
    return dimension === undefined || typeof dimension === 'string' ? [] : [dimension.fact()];
  }),
  ...(value.kind === 'derived' ? value.parts.flatMap((part) => factsOf(part, asked)) : []),
];
const dimensionsAsked = ({ by, filters }: Pick<Scope, 'by' | 'filters'>): readonly string[] => [
  ...(by === undefined ? [] : [by]),
  ...Object.keys(filters).filter((name) => filters[name]),
];
/** How touches are weighed and classified, for dimensions of journeys: asked for where such a dimension is. */
export type MethodOfFigures = () => Promise<Method>;
/** The built-in way, before any was agreed. */
export const builtInOfFigures: MethodOfFigures = () => Promise.resolve(builtInMethod);

/** The facts of the dimensions that a fact is asked by. */
export const dimensionFactsOf = ({ dimensions }: Fact, scope: Scope): readonly AnyFact[] =>
  dimensionsAsked(scope).flatMap((name) => {
    const dimension = dimensions[name];
    return dimension === undefined || typeof dimension === 'string' ? [] : [dimension.fact()];
  });
const erasedPeopleOfFacts = async (models: ReadModels, facts: readonly Fact[]): Promise<ErasedPeopleOf> => {
  const erased = await erasedLeads(models);
  if (erased.isEmpty) return nobodyErased;
  const ofDeals = facts.some(({ entity }) => entity === 'Opportunity');
  return erasedPeopleBy(erased, ofDeals ? await models.columns(dealPeople) : dealPeople.empty());
};

/**
 * Reads the rows of facts, how far they are, and whom of their people was erased.
 * @param timeZone of days that rows are made by; UTC by default
 * @returns what must be used before anything is waited for: it is of one moment
 */
export const readFacts = async (
  models: ReadModels,
  asked: readonly AnyFact[],
  when: Moment,
  methodOf: MethodOfFigures,
): Promise<Pick<OpenedQuestion, keyof ReadFacts | keyof ReadModelProgress | 'erasedPeopleOf' | 'method'>> => {
  const facts = [...new Set(asked)].filter((fact): fact is Fact => 'columns' in fact);
  const method = asked.includes(firstTouchFact) ? await methodOf() : undefined;
  const progress = await models.progress([...new Set([leads, ...projectionsOf(facts)])]);
  const erasedPeopleOf = await erasedPeopleOfFacts(models, facts);
  return { ...progress, erasedPeopleOf, method, ...(await rowsOfFacts(models, facts, method, when)) };
};

/** Slices by fact: the parts of a figure share them. */
const slicesBy = (make: (fact: Fact) => Slice): ((figure: Figure) => Slice) => {
  const made = new Map<Fact, Slice>();
  return ({ rows: { fact } }) => {
    const slice = made.get(fact) ?? make(fact);
    made.set(fact, slice);
    return slice;
  };
};

/** The first and the last instant of the rows of a figure; of what is taken at the end of periods, those of its sources. */
const boundsOfRows = (figure: Figure, filters: DimensionFilters, rowsOf: RowsOfFact) => {
  const { fact, time } = figure.rows;
  const begins = fact.made?.begins;
  const { rows, groupOf } = sliceOf(begins?.fact ?? fact, { filters: begins ? {} : filters }, rowsOf);
  let [first, last] = [Infinity, -Infinity];
  for (const column of begins ? [begins.column] : Object.values(time)) {
    const at = rows.numbers[column]!;
    for (let row = 0; row < rows.count; row++)
      if (groupOf[row]! >= 0 && !Number.isNaN(at[row]!)) {
        first = Math.min(first, at[row]!);
        last = Math.max(last, at[row]!);
      }
  }
  return first <= last ? { first, last } : undefined;
};

/** How the rows of a figure are grouped, and the groups by place. */
interface Grouping {
  readonly sliceOfFigure: (figure: Figure) => Slice;
  readonly ranges: Ranges;
  readonly names: readonly GroupName[];
  /** The group of the slice, or the part of the calendar, that each name has. */
  readonly groups: readonly number[];
}
const groupingOf = (
  figure: Figure,
  { by, filters }: Scope & { readonly by: string },
  period: ScopePeriod,
  rowsAt: RowsAtEnds,
  kept = new KeptWork(),
  wholeOf?: (figure: Figure) => Slice,
): Grouping => {
  const range = rangeOf(period);
  const rowsOf = rowsAt([range.to]);
  if (isGrain(by)) {
    const bounds = boundsOfRows(figure, filters, rowsOf);
    const parts = calendarParts(period, by, bounds);
    const rowsOfParts = rowsAt(parts.map(({ to }) => to));
    const sliceOfFigure = slicesBy((fact) => sliceOf(fact, { filters }, rowsOfParts));
    const parted = parts.map(({ key }) => ({ key, isOther: false }));
    return { sliceOfFigure, ranges: parts, names: parted, groups: [...parts.keys()] };
  }
  const whole = wholeOf?.(figure) ?? sliceOf(figure.rows.fact, { filters, by }, rowsOf);
  const rowsIn = kept.countsOf(figure.rows, whole, range);
  const { slice: largest, groups, other } = withLargestGroups(whole, rowsIn, MAX_GROUPS);
  const names = groups.map((group): GroupName => {
    const isOther = group === other;
    return { key: isOther ? null : largest.keys[group]!, isOther };
  });
  // Other facts of a derived figure have groups of their own: they are put in the place of those of the first.
  const sliceOfFigure = slicesBy((fact) =>
    fact === figure.rows.fact ? largest : regrouped(sliceOf(fact, { filters, by }, rowsOf), names, groups),
  );
  return { sliceOfFigure, ranges: range, names, groups };
};
/** How the rows of an earlier period are grouped, to be compared with those of a later one. */
const groupingBefore = (
  figure: Figure,
  scope: Scope & { readonly by: string },
  before: ScopePeriod,
  rowsAt: RowsAtEnds,
  later: Grouping,
): Grouping => {
  if (isGrain(scope.by)) return groupingOf(figure, scope, before, rowsAt);
  const ranges = rangeOf(before);
  if (!factsOf(figure, []).some((fact) => 'made' in fact)) return { ...later, ranges };
  const rowsOf = rowsAt([ranges.to]);
  return {
    ...later,
    ranges,
    sliceOfFigure: slicesBy((fact) => regrouped(sliceOf(fact, scope, rowsOf), later.names, later.groups)),
  };
};
const regrouped = (slice: Slice, names: readonly GroupName[], groups: readonly number[]): Slice => {
  const other = groups[names.findIndex(({ isOther }) => isOther)] ?? -1;
  const places = new Map(names.flatMap(({ key, isOther }, place) => (isOther ? [] : [[key, groups[place]!]])));
  const place = Int32Array.from(slice.keys, (key) => places.get(key) ?? other);
  return {
    rows: slice.rows,
    groupOf: slice.groupOf.map((group) => (group < 0 ? -1 : place[group]!)),
    keys: slice.keys,
  };
};

/** Values of a figure without rows: none in a currency, as there is none. */
const valuesOfNothing = (figure: Figure): readonly FigureValue[] => {
  if (hasCurrency(figure)) return [];
  const parts = ['ratio', 'mean'].includes(figure.value.kind) ? 0n : undefined;
  const nothing = { support: 0, open: 0, missing: 0, numerator: parts, denominator: parts };
  return [{ ...nothing, currency: null, value: emptyValue(figure) }];
};
const compareValues = (
  figure: Figure,
  values: readonly FigureValue[],
  before: readonly FigureValue[] | undefined,
): readonly ComparedValue[] =>
  before === undefined
    ? values
    : values.map((one) => ({
        ...one,
        compared: before.find(({ currency }) => currency === one.currency)?.value ?? emptyValue(figure),
      }));

/** What a figure that can have no currency is where there are no rows. */
export const answerOfNothing = (figure: Figure, { compared }: Pick<OpenedQuestion, 'compared'>): ComparedValue => {
  const nothing = valuesOfNothing(figure);
  return compareValues(figure, nothing, compared && nothing)[0]!;
};

/** A question with the rows that it is answered from. */
export interface Question {
  readonly scope: Scope;
  readonly rowsAt: RowsAtEnds;
  readonly limits: Limits;
  readonly erasedPeopleOf: ErasedPeopleOf;
  /** Whether the read models have everything. */
  readonly complete: boolean;
  readonly method: Method | undefined;
}
/** Whether a dimension of the journeys of deals is asked of a fact. */
const asksJourneys = ({ dimensions }: Fact, scope: Scope): boolean =>
  dimensionsAsked(scope).some((name) => {
    const dimension = dimensions[name];
    return typeof dimension === 'object' && dimension.fact() === firstTouchFact;
  });
/** Says how many deals have no touch, where a dimension of their journeys is asked for. */
const warningsOf = (figure: Figure, { scope, rowsAt }: Question, period: ScopePeriod): readonly string[] => {
  const { fact } = figure.rows;
  if (!asksJourneys(fact, scope)) return [];
  const rowsOf = rowsAt([rangeOf(period).to]);
  const slice = sliceOf(fact, { filters: scope.filters }, rowsOf);
  const touches = rowsOf(firstTouchFact);
  const { codes, words } = slice.rows.texts['opportunityId']!;
  let [all, without] = [0, 0];
  visitRows(figure.rows, slice, rangeOf(period), (row) => {
    all++;
    if (codes[row]! < 0 || touches.placeOf(words[codes[row]!]!) === undefined) without++;
  });
  return without === 0
    ? []
    : [
        `${without} of ${all} rows are of deals without an eligible touch; they count by the source of the record, and have no channel, campaign and team.`,
      ];
};
/** What the figures of one answer share: slices and groups of the same rows, and what was taken of them. */
export class SharedWork {
  readonly kept = new KeptWork();
  private readonly slices = new Map<string, (figure: Figure) => Slice>();
  private readonly groupings = new Map<Fact, Map<string, Grouping>>();

  constructor(private readonly question: Question) {}

  /** The rows at the end of a period, by a dimension or all together. */
  sliceAt(period: ScopePeriod, by?: string): (figure: Figure) => Slice {
    const { to } = rangeOf(period);
    const { scope, rowsAt } = this.question;
    const key = JSON.stringify([to, by]);
    const known = this.slices.get(key);
    if (known) return known;
    const rowsOf = rowsAt([to]);
    const slices = slicesBy((fact) => sliceOf(fact, { filters: scope.filters, by }, rowsOf));
    this.slices.set(key, slices);
    return slices;
  }
  grouping(figure: Figure, by: string, period: ScopePeriod): Grouping {
    const { fact, ...rows } = figure.rows;
    const ofFact = this.groupings.get(fact) ?? new Map<string, Grouping>();
    this.groupings.set(fact, ofFact);
    // Other facts of a derived figure are in it: it is grouped by itself.
    const key = JSON.stringify([rows, by, period, figure.value.kind === 'derived' && figure.code]);
    const { scope, rowsAt } = this.question;
    const whole = isGrain(by) ? undefined : this.sliceAt(period, by);
    const grouping = ofFact.get(key) ?? groupingOf(figure, { ...scope, by }, period, rowsAt, this.kept, whole);
    ofFact.set(key, grouping);
    return grouping;
  }
}
/** The values of the rows of a quantile by a dimension, by the keys of the groups. */
export const valuesByKey = (
  figure: Figure,
  { scope, period, limits }: OpenedQuestion & { readonly scope: { readonly by: string } },
  shared: SharedWork,
): ReadonlyMap<string | null, Float64Array> => {
  const { sliceOfFigure, ranges, names, groups } = shared.grouping(figure, scope.by, period);
  const values = valuesByGroup(figure, sliceOfFigure(figure), ranges, limits, shared.kept);
  return new Map(names.flatMap(({ key, isOther }, place) => (isOther ? [] : [[key, values.get(groups[place]!)!]])));
};
const groupWarnings = ({ warns }: Figure, { by }: Scope, groups: AnsweredFigure['groups']): readonly string[] =>
  warns?.by === by && warns
    ? groups.flatMap(({ group: { key }, values: [one] }) => (key !== null && one && warns.of(key, one)) || [])
    : [];
const answerOf = (
  figure: Figure,
  question: Question,
  shared: SharedWork,
  [period, before]: readonly [ScopePeriod, ScopePeriod | undefined],
): AnsweredFigure => {
  const { scope, limits, erasedPeopleOf, method } = question;
  const totalOf = (of: ScopePeriod) =>
    evaluate(figure, shared.sliceAt(of), rangeOf(of), limits, shared.kept).get(0) ?? valuesOfNothing(figure);
  const range = rangeOf(period);
  const all = shared.sliceAt(period);
  const total = compareValues(figure, totalOf(period), before && totalOf(before));
  const groups = groupsOf(figure, question, shared, [period, before]);
  return {
    ...{ figure, warnings: [...warningsOf(figure, question, period), ...groupWarnings(figure, scope, groups)] },
    ...{ total, groups },
    erased: erasedByGroup(figure, all, range, limits, erasedPeopleOf).get(0) ?? 0,
    definitions: [
      ...definitionsBehind(figure, all, range, limits),
      ...(method && asksJourneys(figure.rows.fact, scope) ? [method.definition.ref, method.channelRules.ref] : []),
    ],
    complete: question.complete && range.to <= limits.at && total.every(({ open }) => open === 0),
  };
};
const groupsOf = (
  figure: Figure,
  { scope, rowsAt, limits, erasedPeopleOf }: Question,
  shared: SharedWork,
  [period, before]: readonly [ScopePeriod, ScopePeriod | undefined],
): AnsweredFigure['groups'] => {
  const { by } = scope;
  if (by === undefined) return [];
  const grouping = shared.grouping(figure, by, period);
  const values = evaluate(figure, grouping.sliceOfFigure, grouping.ranges, limits, shared.kept);
  // Groups of the calendar are compared by their place: the third month with the third one before.
  const again = before ? groupingBefore(figure, { ...scope, by }, before, rowsAt, grouping) : grouping;
  const ranges = before && again.ranges;
  const earlier = ranges && evaluate(figure, again.sliceOfFigure, ranges, limits, shared.kept);
  const erased = erasedByGroup(figure, grouping.sliceOfFigure, grouping.ranges, limits, erasedPeopleOf);
  return grouping.names.map((name, place) => {
    const [group, groupBefore] = [grouping.groups[place]!, again.groups[place] ?? -1];
    return {
      group: name,
      values: compareValues(
        figure,
        values.get(group) ?? valuesOfNothing(figure),
        earlier && (earlier.get(groupBefore) ?? valuesOfNothing(figure)),
      ),
      erased: erased.get(group) ?? 0,
    };
  });
};
/** @throws Refused `figures/no-window` for a window on what takes no time */
const limitsOf = (figures: readonly Figure[], { windowMs }: Scope, at: Instant): Limits => {
  const without = windowMs === undefined ? undefined : figures.find((figure) => !takesWindow(figure));
  if (without)
    throw new Refused(
      'figures/no-window',
      `${without.code} counts nothing that takes time; leave window out.`,
      'window',
    );
  return { at: toMs(at), ...(windowMs !== undefined && { windowMs }) };
};

/** A question with the periods that it is about. */
export interface OpenedQuestion extends Question, ReadFacts, ReadModelProgress {
  readonly period: ScopePeriod;
  readonly compared: ScopePeriod | undefined;
}
/**
 * Reads the rows that figures are made of.
 * @param at the instant of the question, for periods such as `last-month`
 * @param methodOf how touches are weighed and classified; asked for only where a dimension needs it
 * @throws Refused `figures/no-window`, and as `scopePeriod`, `comparedPeriod`
 */
export const openQuestion = async (
  models: ReadModels,
  figures: readonly Figure[],
  scope: Scope,
  at: Instant,
  methodOf: MethodOfFigures,
): Promise<OpenedQuestion> => {
  const period = scopePeriod(scope, at);
  const compared = scope.compare && comparedPeriod(period, scope.compare);
  const limits = limitsOf(figures, scope, at);
  const facts = figures.flatMap((figure) => factsOf(figure, dimensionsAsked(scope)));
  return {
    scope,
    limits,
    period,
    compared,
    ...(await readFacts(models, facts, { at, timeZone: period.timeZone }, methodOf)),
  };
};
/**
 * Answers a question that was opened.
 * @throws Refused `figures/unknown-dimension`, and as `calendarParts`
 */
export const answerFigures = (figures: readonly Figure[], question: OpenedQuestion): readonly AnsweredFigure[] => {
  const shared = new SharedWork(question);
  return figures.map((figure) => answerOf(figure, question, shared, [question.period, question.compared]));
};
/** How many erased people are among those whom the rows of a figure are about. */
export const erasedIn = (figure: Figure, question: OpenedQuestion): number => {
  const { period, limits, erasedPeopleOf } = question;
  const all = new SharedWork(question).sliceAt(period);
  return erasedByGroup(figure, all, rangeOf(period), limits, erasedPeopleOf).get(0) ?? 0;
};
/**
 * The groups alone of a question by a dimension.
 * @throws as `answerFigures`
 */
export const answerGroups = (
  figures: readonly Figure[],
  question: OpenedQuestion,
  shared = new SharedWork(question),
): readonly AnsweredFigure['groups'][] =>
  figures.map((figure) => groupsOf(figure, question, shared, [question.period, question.compared]));

/** Several figures of one moment. @throws as `openQuestion` and `answerFigures` */
export const askFigures = async (
  models: ReadModels,
  figures: readonly Figure[],
  scope: Scope,
  at: Instant,
  methodOf: MethodOfFigures,
): Promise<FiguresAnswer> => {
  const question = await openQuestion(models, figures, scope, at, methodOf);
  const { period, compared, position, complete } = question;
  return { position, complete, period, compared, figures: answerFigures(figures, question) };
};

/**
 * The totals of figures in several periods, of one moment: for each period the values of each figure, by code.
 * @throws Refused as `askFigures`
 */
export const totalsInPeriods = async (
  models: ReadModels,
  figures: readonly Figure[],
  filters: DimensionFilters,
  periods: readonly ScopePeriod[],
  at: Instant,
  methodOf: MethodOfFigures,
): Promise<readonly ReadonlyMap<string, readonly FigureValue[]>[]> => {
  const scope = { filters };
  const limits = limitsOf(figures, scope, at);
  const facts = figures.flatMap((figure) => factsOf(figure, dimensionsAsked(scope)));
  const timeZone = periods[0]?.timeZone ?? 'UTC';
  const { rowsAt } = await readFacts(models, facts, { at, timeZone }, methodOf);
  return periods.map((period) => {
    const rowsOf = rowsAt([rangeOf(period).to]);
    const slices = slicesBy((fact) => sliceOf(fact, { filters }, rowsOf));
    const totalOf = (figure: Figure) =>
      evaluate(figure, slices, rangeOf(period), limits).get(0) ?? valuesOfNothing(figure);
    return new Map(figures.map((figure) => [figure.code, totalOf(figure)]));
  });
};

/** A row behind a figure. */
export interface FigureRow {
  readonly id: string;
  readonly entity: Fact['entity'];
  readonly entityId: string;
  /** What places it in time: the instant of the period, or since when it is there. */
  readonly at: Instant;
}
/** Which rows of a figure. */
export interface BehindQuestion {
  readonly group?: GroupName | undefined;
  readonly side: Side;
  readonly currency?: string | undefined;
}
/**
 * The rows behind a figure, oldest first: of a ratio those of one side, else those with a value.
 * @throws Refused as `askFigures`
 */
export const rowsBehind = async (
  models: ReadModels,
  figure: Figure,
  scope: Scope,
  behind: BehindQuestion,
  at: Instant,
  methodOf: MethodOfFigures,
): Promise<readonly FigureRow[]> =>
  rowsBehindIn(figure, await openQuestion(models, [figure], scope, at, methodOf), behind);

/** The same of a question that was opened. */
export const rowsBehindIn = (
  figure: Figure,
  { scope, limits, rowsAt, period }: OpenedQuestion,
  { group, side, currency }: BehindQuestion,
): readonly FigureRow[] => {
  const { value } = figure;
  if (value.kind === 'derived') throw new Error(`${figure.code} is made of other figures; ask for one of them.`);
  const { by, filters } = scope;
  const grouping = group && by !== undefined ? groupingOf(figure, { ...scope, by }, period, rowsAt) : undefined;
  const name = grouping?.names.findIndex(({ key, isOther }) => key === group!.key && isOther === group!.isOther);
  const place = name === undefined ? 0 : (grouping!.groups[name] ?? -1);
  const slice = grouping
    ? grouping.sliceOfFigure(figure)
    : sliceOf(figure.rows.fact, { filters }, rowsAt([rangeOf(period).to]));
  const { rows } = slice;
  const isIn = isBehind(value, side, slice, limits);
  const currencies = rows.texts['currency'];
  const instants = rows.numbers[instantOfRows(figure.rows)]!;
  const found: { readonly place: number; readonly at: number }[] = [];
  visitRows(figure.rows, slice, grouping?.ranges ?? rangeOf(period), (row, its) => {
    if (its !== place || !isIn(row)) return;
    if (currency !== undefined && !passesFilter(currency, currencies?.words[currencies.codes[row]!])) return;
    found.push({ place: row, at: instants[row]! });
  });
  const { entity } = figure.rows.fact;
  return found
    .sort((a, b) => a.at - b.at || (rows.ids[a.place]! < rows.ids[b.place]! ? -1 : 1))
    .map((row) => ({
      ...{ id: rows.ids[row.place]!, entity, entityId: rows.entities[row.place]! },
      at: new Date(row.at).toISOString(),
    }));
};

/** The difference of two values, each as it is shown: amounts rounded to minor units. */
export const changeOf = (figure: Figure, { value, compared }: ComparedValue): Exact | undefined => {
  if (value === undefined || compared === undefined) return undefined;
  const shown = (one: Exact): Exact => (hasCurrency(figure) ? exactOf(roundedInteger(one)) : one);
  return shown(value).minus(shown(compared));
};
