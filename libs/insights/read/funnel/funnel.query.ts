import { Refused, toMs, wordKey, type Instant, type Position } from '@baton/kernel';
import { stageNames } from '@baton/leads';
import type { ReadModels } from '@baton/platform/documents';
import { codedColumn, derivedFact, flagColumn, packedRows, type Fact, type PackedRows } from '../../figures/fact.rules';
import { closes } from '../../figures/facts/deal-moves.fact';
import { stagePath } from '../../figures/facts/lifecycles.fact';
import { entriesOf, type Entries, type EntryKind } from '../../figures/facts/paths.fact';
import { count, figure, mean, median, quantile, ratio, type Figure } from '../../figures/figure.rules';
import {
  answerFigures,
  dimensionFactsOf,
  readFacts,
  type MethodOfFigures,
  rowsBehindIn,
  type AnsweredFigure,
  type BehindQuestion,
  type ComparedValue,
  type FigureRow,
  type GroupName,
  type OpenedQuestion,
  type Scope,
} from '../../figures/figures.query';
import { comparedPeriod, isGrain, rangeOf, scopePeriod, type ScopePeriod } from '../../figures/scope.rules';
import { orderedBy, sequencesOf } from '../../figures/sequences.rules';
import { sliceOf, type RowsOfFact } from '../../figures/slice.rules';
import { bestAttempt, EXCLUDED, NO_STEP, type FunnelReading } from './funnel.rules';

/** What a funnel counts: persons or deals, or the companies that they are of. */
export const funnelUnits = ['person', 'account'] as const;
export type FunnelUnit = (typeof funnelUnits)[number];

/** Whether a subject whose last entry this is may still go on. */
const isLive: Readonly<Record<EntryKind, (step: string) => boolean>> = {
  people: (stage) => stagePath.some((one) => one === stage && one !== 'customer'),
  deals: (step) => !closes.some((close) => close === step),
  activities: () => true,
};

export interface FunnelQuestion {
  readonly over: EntryKind;
  /** The stages, or actions, in their order. */
  readonly steps: readonly string[];
  readonly reading: FunnelReading;
  readonly unit: FunnelUnit;
  /** Stages that end an attempt. */
  readonly exclude: readonly string[];
  /** Its window is that of the funnel. */
  readonly scope: Scope;
}
/** Steps of a funnel. */
const [MIN_STEPS, MAX_STEPS] = [2, 20];

/** @throws Refused `funnel/steps`, `funnel/repeated-step`, `funnel/unknown-stage` */
const checkSteps = ({ over, steps, exclude }: FunnelQuestion): void => {
  if (steps.length < MIN_STEPS || steps.length > MAX_STEPS)
    throw new Refused('funnel/steps', `A funnel has ${MIN_STEPS} to ${MAX_STEPS} steps.`, 'steps');
  const all = [...steps, ...exclude];
  const repeated = all.findIndex((one, place) => all.indexOf(one) < place);
  const pathOf = (place: number): string => (place < steps.length ? 'steps' : 'exclude');
  if (repeated >= 0) throw new Refused('funnel/repeated-step', `${all[repeated]} is named twice.`, pathOf(repeated));
  const unknown = over === 'people' ? all.findIndex((one) => !stageNames.some((name) => name === one)) : -1;
  if (unknown >= 0)
    throw new Refused(
      'funnel/unknown-stage',
      `${all[unknown]} is no lifecycle stage; they are ${stageNames.join(', ')}.`,
      pathOf(unknown),
    );
};

const reachedStep = (step: number) => ({ reached: { atLeast: step } });
const timeColumn = (step: number): string => `step ${step}`;
/** The attempts of a funnel, one for each person, deal or account. */
const attemptsOf = ({ over, steps, scope: { by } }: FunnelQuestion): Fact =>
  derivedFact({
    name: 'attempts',
    description: 'The attempt that counts of each person, deal or account.',
    entity: entriesOf[over].fact.entity,
    from: [entriesOf[over].fact],
    rows: () => {
      throw new Error('Attempts depend on the question.');
    },
    columnKinds: {
      ...{ startedAt: 'instant', reached: 'number', live: 'text', open: 'text', group: 'text' },
      ...Object.fromEntries(steps.map((_, index) => [timeColumn(index + 1), 'number' as const])),
    },
    dimensions: by === undefined || isGrain(by) ? {} : { [by]: 'group' },
  });

/** The figures of each step, in the order of `StepValues`. */
const figuresOf = (attempts: Fact, steps: readonly string[]): readonly Figure[] =>
  steps.flatMap((name, index) => {
    const step = index + 1;
    const rows = { fact: attempts, time: { at: 'startedAt' } };
    const of = (code: string, unit: Figure['unit'], value: Figure['value']): Figure =>
      figure({ ...{ code: `${code}-${step}`, title: `${name}: ${code}`, formula: code, unit }, rows, value });
    const here = count(reachedStep(step));
    const open = { open: { open: true } };
    return [
      of('entered', 'count', here),
      of('rate', 'ratio', ratio(here, count(reachedStep(Math.max(1, step - 1))), open)),
      of('rate-of-first', 'ratio', ratio(here, count(), open)),
      // The median first: the mean is of the same values.
      of('median', 'days', median(timeColumn(step), reachedStep(step))),
      of('mean', 'days', mean(timeColumn(step), reachedStep(step))),
      of('p90', 'days', quantile(0.9, timeColumn(step), reachedStep(step))),
    ];
  });
const valueNames = ['entered', 'rate', 'rateOfFirst', 'median', 'mean', 'p90'] as const;

/** The figures of one step. */
export type StepValues = Readonly<Record<(typeof valueNames)[number], { figure: Figure; value: ComparedValue }>>;
export interface FunnelGroup {
  readonly group: GroupName;
  readonly steps: readonly StepValues[];
}
export interface Funnel {
  readonly period: ScopePeriod;
  readonly compared: ScopePeriod | undefined;
  readonly position: Position;
  /** Erased people among those who begin attempts. */
  readonly erased: number;
  readonly steps: readonly StepValues[];
  readonly groups: readonly FunnelGroup[];
  /** Steps from 1: the one with the lowest rate, and the one with the longest median. */
  readonly bottleneck: number | undefined;
  readonly slowest: number | undefined;
  /** Subjects without an account, which a funnel of accounts leaves out. */
  readonly withoutAccount: number;
}

/** The account of each subject by its code; -1 without one. Spellings of a name are one account. */
const accountCodes = (subjects: readonly string[], accounts: PackedRows) => {
  const { codes, words } = accounts.texts['account']!;
  const byKey = new Map<string, number>();
  const names: string[] = [];
  const ofWord = Int32Array.from(words, (word) => {
    const key = wordKey(word);
    const known = byKey.get(key);
    if (known !== undefined) return known;
    byKey.set(key, names.length);
    return names.push(word) - 1;
  });
  const ofSubject = Int32Array.from(subjects, (id) => {
    const row = accounts.placeOf(id);
    return row === undefined || codes[row]! < 0 ? -1 : ofWord[codes[row]!]!;
  });
  return { names, ofSubject };
};

/** The entries of each unit, whose code is that of its name. */
const unitsOf = (entries: Entries, unit: FunnelUnit, rows: PackedRows, rowsOf: RowsOfFact) => {
  const { codes, words } = rows.texts[entries.columns.subject]!;
  const { subjects, anySubject } = entries;
  const isLiving = Uint8Array.from(words, (id) => (anySubject || rowsOf(subjects).placeOf(id) !== undefined ? 1 : 0));
  if (unit === 'person') {
    const ofSubject = Int32Array.from(words, (_, code) => (isLiving[code] ? code : -1));
    return { names: words, ofSubject, withoutAccount: 0, ...sequencesOf(rows, entries.columns) };
  }
  const { names, ofSubject } = accountCodes(words, rowsOf(subjects));
  let withoutAccount = 0;
  words.forEach((_, code) => {
    if (isLiving[code] && ofSubject[code]! < 0) withoutAccount++;
    if (!isLiving[code]) ofSubject[code] = -1;
  });
  const ofRow = Int32Array.from(codes.subarray(0, rows.count), (code) => (code < 0 ? -1 : ofSubject[code]!));
  return { names, ofSubject, withoutAccount, ...orderedBy(rows, ofRow, names.length, entries.columns) };
};

/** Whether any subject of a unit may still go on: 1 by the code of the unit. */
const liveUnits = (over: EntryKind, ofSubject: Int32Array, units: number, rows: PackedRows): Uint8Array => {
  const { columns, step } = entriesOf[over];
  const { starts, rows: ordered } = sequencesOf(rows, columns);
  const { codes, words } = rows.texts[step]!;
  const isLiveStep = words.map(isLive[over]);
  const live = new Uint8Array(units);
  ofSubject.forEach((unit, subject) => {
    const last = starts[subject + 1]! - 1;
    if (unit >= 0 && last >= starts[subject]! && isLiveStep[codes[ordered[last]!]!]) live[unit] = 1;
  });
  return live;
};

/** The attempt of each unit that has one. */
const attemptRows = (
  question: FunnelQuestion,
  rowsOf: RowsOfFact,
  period: ScopePeriod,
  at: number,
): { readonly rows: PackedRows; readonly withoutAccount: number } => {
  const { over, steps, exclude, reading, unit, scope } = question;
  const entries = entriesOf[over];
  const by = scope.by === undefined || isGrain(scope.by) ? undefined : scope.by;
  const { rows, groupOf, keys } = sliceOf(entries.fact, { filters: scope.filters, by }, rowsOf);
  const units = unitsOf(entries, unit, rows, rowsOf);
  const live = liveUnits(over, units.ofSubject, units.names.length, rows);
  const named = rows.texts[entries.step]!;
  const stepOfWord = Int32Array.from(named.words, (word) =>
    exclude.includes(word) ? EXCLUDED : steps.includes(word) ? steps.indexOf(word) : NO_STEP,
  );
  const instants = rows.numbers[entries.columns.at]!;
  const range = rangeOf(period);
  const length = units.rows.length;
  const [atOf, step, mayBegin] = [new Float64Array(length), new Int8Array(length), new Uint8Array(length)];
  units.rows.forEach((row, place) => {
    atOf[place] = instants[row]!;
    step[place] = named.codes[row]! < 0 ? NO_STEP : stepOfWord[named.codes[row]!]!;
    mayBegin[place] = groupOf[row]! >= 0 && instants[row]! >= range.from && instants[row]! < range.to ? 1 : 0;
  });
  const windowMs = scope.windowMs ?? Infinity;
  const shape = { reading, steps: steps.length, windowMs };
  const most = units.names.length;
  /** By attempt: the code of its unit, the row that it begins with, and what it came to. */
  const [unitOf, rowOf, groups] = [new Int32Array(most), new Int32Array(most), new Int32Array(most)];
  const [startedAts, reached] = [new Float64Array(most), new Float64Array(most)];
  const [lives, opens] = [new Int32Array(most), new Int32Array(most)];
  const times = steps.map(() => new Float64Array(most));
  let count = 0;
  const isPerson = unit === 'person';
  for (let code = 0; code < most; code++) {
    if (isPerson && units.ofSubject[code]! < 0) continue;
    const best = bestAttempt({ at: atOf, step, mayBegin }, units.starts[code]!, units.starts[code + 1]!, shape);
    if (!best) continue;
    const row = units.rows[best.begin]!;
    const startedAt = atOf[best.begin]!;
    unitOf[count] = code;
    rowOf[count] = row;
    groups[count] = groupOf[row]! - 1;
    startedAts[count] = startedAt;
    reached[count] = best.reached;
    lives[count] = live[code]!;
    opens[count] = live[code] === 1 && at < startedAt + windowMs ? 1 : 0;
    let before = NaN;
    for (let index = 0; index < steps.length; index++) {
      const instant = best.at[index]!;
      times[index]![count] = instant - before;
      if (!Number.isNaN(instant)) before = instant;
    }
    count++;
  }
  const attempts = packedRows({
    count,
    ids: () => Array.from(unitOf.subarray(0, count), (code) => units.names[code]!),
    entities: () => Array.from(rowOf.subarray(0, count), (row) => rows.entities[row]!),
    texts: {
      ...{ live: flagColumn(lives.subarray(0, count)), open: flagColumn(opens.subarray(0, count)) },
      group: codedColumn(groups.subarray(0, count), keys.slice(1) as string[]), // the first one is of rows without a value
    },
    numbers: {
      ...{ startedAt: startedAts.subarray(0, count), reached: reached.subarray(0, count) },
      ...Object.fromEntries(times.map((column, index) => [timeColumn(index + 1), column.subarray(0, count)])),
    },
  });
  return { rows: attempts, withoutAccount: units.withoutAccount };
};
const openFunnel = async (
  models: ReadModels,
  question: FunnelQuestion,
  instant: Instant,
  methodOf: MethodOfFigures,
) => {
  checkSteps(question);
  const { over, unit, steps, scope } = question;
  const { fact, subjects, anySubject } = entriesOf[over];
  const period = scopePeriod(scope, instant);
  const compared = scope.compare && comparedPeriod(period, scope.compare);
  const needed = [fact, ...dimensionFactsOf(fact, scope), ...(anySubject && unit === 'person' ? [] : [subjects])];
  const when = { at: instant, timeZone: period.timeZone };
  const { rowsAt, ...read } = await readFacts(models, needed, when, methodOf);
  const at = toMs(instant);
  const attempts = attemptsOf(question);
  const attemptsIn = (of: ScopePeriod) => attemptRows(question, rowsAt([rangeOf(of).to]), of, at);
  const { rows, withoutAccount: without } = attemptsIn(period);
  const before = compared && { end: rangeOf(compared).to, rows: attemptsIn(compared).rows };
  const opened: OpenedQuestion = {
    scope: { filters: {}, ...(scope.by !== undefined && { by: scope.by }) },
    ...{ period, compared, limits: { at }, ...read },
    // The last end of the parts of a period is that of the period.
    rowsAt: (ends) => () => (before && ends.at(-1) === before.end ? before.rows : rows),
  };
  return { opened, figures: figuresOf(attempts, steps), withoutAccount: without, rows, at };
};

const COLUMNS = valueNames.length;
const stepValues = (answers: readonly AnsweredFigure[], valueOf: (one: AnsweredFigure) => ComparedValue) =>
  Array.from(
    { length: answers.length / COLUMNS },
    (_, step): StepValues =>
      Object.fromEntries(
        valueNames.map((name, place) => {
          const answer = answers[step * COLUMNS + place]!;
          return [name, { figure: answer.figure, value: valueOf(answer) }];
        }),
      ) as StepValues,
  );

/** With fewer entering a step, its rate says little about where people stay behind. */
const MIN_ENTERING = 30;
/** Whether all that may come of those who entered a step is known. */
const isClosed = (
  { numbers, texts, count: all }: PackedRows,
  entered: number,
  windowMs: number | undefined,
  at: number,
) => {
  const [reached, startedAt, live] = [numbers['reached']!, numbers['startedAt']!, texts['live']!];
  for (let row = 0; row < all; row++) {
    if (reached[row]! < entered) continue;
    if (windowMs === undefined ? live.words[live.codes[row]!] === 'true' : at < startedAt[row]! + windowMs)
      return false;
  }
  return true;
};

/**
 * How many come to each step of a funnel, how fast, and where they stay behind.
 * @throws Refused `funnel/steps`, `funnel/repeated-step`, `funnel/unknown-stage`, `figures/unknown-dimension`, and as
 *   `scopePeriod`, `comparedPeriod` and `calendarParts`
 */
export const funnel = async (
  models: ReadModels,
  question: FunnelQuestion,
  instant: Instant,
  methodOf: MethodOfFigures,
): Promise<Funnel> => {
  const { opened, figures, withoutAccount: without, rows, at } = await openFunnel(models, question, instant, methodOf);
  const answers = answerFigures(figures, opened);
  const steps = stepValues(answers, ({ total }) => total[0]!);
  const groups = answers[0]!.groups.map(({ group }, place) => ({
    group,
    steps: stepValues(answers, ({ groups: all }) => all[place]!.values[0]!),
  }));
  const later = steps.map((values, index) => ({ values, step: index + 1 })).slice(1);
  const rated = later.filter(
    ({ values: { rate }, step }) =>
      rate.value.support >= MIN_ENTERING && isClosed(rows, step - 1, question.scope.windowMs, at),
  );
  const least = <T>(all: readonly T[], isLess: (a: T, b: T) => boolean): T | undefined =>
    all.reduce<T | undefined>((found, one) => (found === undefined || isLess(one, found) ? one : found), undefined);
  return {
    ...{ period: opened.period, compared: opened.compared, position: opened.position, erased: answers[0]!.erased },
    ...{ steps, groups, withoutAccount: without },
    bottleneck: least(rated, (a, b) => a.values.rate.value.value!.lt(b.values.rate.value.value!))?.step,
    slowest: least(
      later.filter(({ values }) => values.median.value.value !== undefined),
      (a, b) => a.values.median.value.value!.gt(b.values.median.value.value!),
    )?.step,
  };
};

/**
 * Who is behind a step: those who reached it, or those who reached the one before.
 * @param step from 1
 * @throws Refused `funnel/no-step`, and as `funnel`
 */
export const funnelRows = async (
  models: ReadModels,
  question: FunnelQuestion,
  step: number,
  behind: BehindQuestion,
  instant: Instant,
  methodOf: MethodOfFigures,
): Promise<readonly FigureRow[]> => {
  const { opened, figures } = await openFunnel(models, question, instant, methodOf);
  const rate = figures[(step - 1) * COLUMNS + valueNames.indexOf('rate')];
  if (!rate) throw new Refused('funnel/no-step', `The funnel has ${question.steps.length} steps.`, 'step');
  return rowsBehindIn(rate, opened, behind);
};
