import { Refused, toMs, type DefinitionSource, type Instant, type Position } from '@baton/kernel';
import { definitionsAt } from '@baton/definitions';
import { stageNames } from '@baton/leads';
import type { ReadModels } from '@baton/platform/documents';
import { compileCalendar, openTimeWithin } from '@baton/sla-clocks';
import { dealStageEntries } from '../../figures/deal-stage-entries.figure';
import { dealStageExits } from '../../figures/deal-stage-exits.figure';
import { dealsInStage } from '../../figures/deals-in-stage.figure';
import { visitRows } from '../../figures/evaluate.rules';
import { summaryFact, type AnyFact, type Fact, type PackedRows } from '../../figures/fact.rules';
import { dealStayFact, leadStayFact } from '../../figures/facts/stays.fact';
import { count, figure, mean, median, quantile, type Figure } from '../../figures/figure.rules';
import {
  answerFigures,
  openQuestion,
  rowsAtEnd,
  rowsBehindIn,
  type ComparedValue,
  type FigureRow,
  type GroupName,
  type MethodOfFigures,
  type OpenedQuestion,
  type Scope,
} from '../../figures/figures.query';
import { leadsInStage } from '../../figures/leads-in-stage.figure';
import { rangeOf, type ScopePeriod } from '../../figures/scope.rules';
import { sliceOf } from '../../figures/slice.rules';
import { stageEntries } from '../../figures/stage-entries.figure';
import { stageExits } from '../../figures/stage-exits.figure';
import { binOf, binShapeOf, histogramOf, stageTimes, type Bin, type StayMeasure } from './stage-times.rules';

export const staySubjects = ['people', 'deals'] as const;
export type StaySubject = (typeof staySubjects)[number];
export const stayClocks = ['wall', 'business'] as const;
export type StayClock = (typeof stayClocks)[number];

interface Stays {
  readonly fact: Fact;
  readonly subject: string;
  /** Entered, left, and inside at the end of the period. */
  readonly counts: readonly [Figure, Figure, Figure];
  /** The order of its stages; others by their name. */
  readonly order: readonly string[];
}
const staysOf: Readonly<Record<StaySubject, Stays>> = {
  people: {
    ...{ fact: leadStayFact, subject: 'leadId', counts: [stageEntries, stageExits, leadsInStage], order: stageNames },
  },
  deals: {
    ...{ fact: dealStayFact, subject: 'opportunityId', counts: [dealStageEntries, dealStageExits, dealsInStage] },
    order: [],
  },
};

export interface TimeInStageQuestion {
  readonly over: StaySubject;
  readonly measure: StayMeasure;
  readonly clock: StayClock;
  /** Also those that are still inside, as if they left now. */
  readonly inside: boolean;
  readonly scope: Scope;
}

/** The figures of one stage, or of one group of it. */
export interface StageValues {
  readonly entered: ComparedValue;
  readonly left: ComparedValue;
  readonly there: ComparedValue;
  readonly mean: ComparedValue;
  readonly median: ComparedValue;
  readonly p90: ComparedValue;
}
export interface StageTime {
  readonly stage: string;
  readonly values: StageValues;
  readonly histogram: readonly Bin[];
  readonly groups: readonly { readonly group: GroupName; readonly values: StageValues }[];
}
export interface TimeInStage {
  readonly period: ScopePeriod;
  readonly position: Position;
  /** Erased people among those whose times they are. */
  readonly erased: number;
  readonly unit: 'days' | 'hours';
  /** The figures of `values`, by name. */
  readonly figures: Readonly<Record<keyof StageValues, Figure>>;
  readonly stages: readonly StageTime[];
}

const timeFact = ({ fact }: Stays): Fact =>
  summaryFact({
    name: 'times in stages',
    description: 'How long each was in a stage.',
    entity: fact.entity,
    facts: [fact],
    rows: () => {
      throw new Error('Times in stages depend on the question.');
    },
    columnKinds: {
      ...{ ...fact.columnKinds, inside: 'text' as const, latestAt: 'instant' as const },
      ...{ ms: 'number' as const, visits: 'number' as const },
    },
    dimensions: fact.dimensions,
  });
const timeFigures = (times: Fact, unit: TimeInStage['unit']): readonly Figure[] => {
  const rows = { fact: times, time: { at: 'leftAt' } };
  const of = (code: string, value: Figure['value']): Figure =>
    figure({ code, title: code, formula: code, unit, rows, value });
  return [of('mean', mean('ms')), of('median', median('ms')), of('p90', quantile(0.9, 'ms'))];
};

/** @throws Refused `time-in-stage/no-calendar` without an agreed business calendar */
const workingTime = async (definitions: DefinitionSource, at: Instant, stays: PackedRows, until: number) => {
  const find = await definitionsAt(definitions, ['business-calendar'], { answering: true });
  const calendar = find('business-calendar', at);
  if (!calendar)
    throw new Refused(
      'time-in-stage/no-calendar',
      'Business time needs a business calendar in force; ask for the wall clock.',
      'clock',
    );
  let [first, last] = [until, until];
  for (const column of ['enteredAt', 'leftAt'])
    for (let row = 0; row < stays.count; row++) {
      const instant = stays.numbers[column]![row]!;
      if (instant < first) first = instant;
      if (instant > last) last = instant;
    }
  return openTimeWithin(compileCalendar(calendar.body), first, last);
};

const open = async (
  models: ReadModels,
  definitions: DefinitionSource,
  { over, measure, clock, inside, scope }: TimeInStageQuestion,
  instant: Instant,
  methodOf: MethodOfFigures,
) => {
  const stays = staysOf[over];
  const at = toMs(instant);
  if (scope.windowMs !== undefined)
    throw new Refused('figures/no-window', 'Times in stages have no window; leave it out.', 'window');
  const times = timeFact(stays);
  const unit = clock === 'wall' ? ('days' as const) : ('hours' as const);
  const question = await openQuestion(models, stays.counts, scope, instant, methodOf);
  const rowsOf = rowsAtEnd(question);
  const source = rowsOf(stays.fact);
  const between =
    clock === 'wall' ? (from: number, to: number) => to - from : await workingTime(definitions, instant, source, at);
  const rows = stageTimes(source, { subject: stays.subject, measure, between, insideUpTo: inside ? at : undefined });
  const rowsAt = () => (fact: AnyFact) => (fact === times ? rows : rowsOf(fact));
  const opened: OpenedQuestion = { ...question, rowsAt };
  return { stays, times, unit, opened, figures: [...stays.counts, ...timeFigures(times, unit)] };
};

const valueNames = ['entered', 'left', 'there', 'mean', 'median', 'p90'] as const;
const valuesBy = <V>(valueAt: (place: number) => V) =>
  Object.fromEntries(valueNames.map((name, place) => [name, valueAt(place)])) as Readonly<Record<keyof StageValues, V>>;
/** A question about one stage. */
const ofStage = ({ scope, ...rest }: OpenedQuestion, stage: string, by?: string): OpenedQuestion => {
  const { by: _, ...others } = scope;
  const filters = { ...scope.filters, stage: { in: [stage] } };
  return { ...rest, scope: { ...others, filters, ...(by !== undefined && { by }) } };
};
/** The times of the rows of a stage in the period. */
const timesIn = (figures: readonly Figure[], question: OpenedQuestion): readonly number[] => {
  const { scope, period } = question;
  const [one] = figures.slice(-1) as [Figure];
  const slice = sliceOf(one.rows.fact, { filters: scope.filters }, rowsAtEnd(question));
  const found: number[] = [];
  visitRows(one.rows, slice, rangeOf(period), (row) => found.push(slice.rows.numbers['ms']![row]!));
  return found;
};

/**
 * How long people or deals were in each stage: those who left it in the period, and with `inside` those that are there now.
 * @throws Refused `time-in-stage/no-calendar`, `figures/no-window`, and as `askFigures`
 */
export const timeInStage = async (
  models: ReadModels,
  definitions: DefinitionSource,
  question: TimeInStageQuestion,
  instant: Instant,
  methodOf: MethodOfFigures,
): Promise<TimeInStage> => {
  const { opened, figures, stays, unit } = await open(models, definitions, question, instant, methodOf);
  const { by } = question.scope;
  // Once by stage, which is one pass over the rows; then each stage by what was asked.
  const byStage = answerFigures(figures, { ...opened, scope: { ...opened.scope, by: 'stage' } });
  const nothing = (place: number): ComparedValue => answerFigures([figures[place]!], ofStage(opened, ''))[0]!.total[0]!;
  const names = new Set(byStage.flatMap(({ groups }) => groups.flatMap(({ group: { key } }) => key ?? [])));
  const placeOf = (stage: string): number => (stays.order.includes(stage) ? stays.order.indexOf(stage) : Infinity);
  const sorted = [...names].sort((a, b) => placeOf(a) - placeOf(b) || (a < b ? -1 : 1));
  return {
    ...{ period: opened.period, position: opened.position, erased: byStage.at(-1)!.erased },
    ...{ unit, figures: valuesBy((place) => figures[place]!) },
    stages: sorted.map((stage) => {
      const own = ofStage(opened, stage, by);
      const answers = by === undefined ? [] : answerFigures(figures, own);
      const groups = new Map(answers.flatMap((one) => one.groups.map(({ group }) => [JSON.stringify(group), group])));
      return {
        stage,
        values: valuesBy(
          (place) => byStage[place]!.groups.find(({ group }) => group.key === stage)?.values[0] ?? nothing(place),
        ),
        histogram: histogramOf(timesIn(figures, own)),
        groups: [...groups].map(([name, group]) => ({
          group,
          values: valuesBy(
            (place) =>
              answers[place]!.groups.find((one) => JSON.stringify(one.group) === name)?.values[0] ?? nothing(place),
          ),
        })),
      };
    }),
  };
};

/** A row behind a time in a stage. */
export interface StageTimeRow extends FigureRow {
  readonly latestAt: Instant;
  readonly leftAt: Instant;
  readonly inside: boolean;
  readonly visits: number;
  readonly ms: number;
}
/**
 * The rows behind the times in a stage, or in one bin of its histogram, by the first entry.
 * @param bin from 1
 * @throws Refused `time-in-stage/no-bin`, and as `timeInStage`
 */
export const timeInStageRows = async (
  models: ReadModels,
  definitions: DefinitionSource,
  question: TimeInStageQuestion,
  {
    stage,
    bin,
    group,
  }: { readonly stage: string; readonly bin?: number | undefined; readonly group?: GroupName | undefined },
  instant: Instant,
  methodOf: MethodOfFigures,
): Promise<readonly StageTimeRow[]> => {
  const { opened, figures, times } = await open(models, definitions, question, instant, methodOf);
  const own = ofStage(opened, stage, question.scope.by);
  const rows = rowsAtEnd(own)(times);
  const { latestAt, leftAt, ms, visits, enteredAt } = rows.numbers;
  const inside = rows.texts['inside']!;
  const counted = figure({ ...figures.at(-1)!, value: count() });
  const shape = binShapeOf(timesIn(figures, own));
  if (bin !== undefined && bin > (shape?.bins ?? 0))
    throw new Refused('time-in-stage/no-bin', `The histogram of ${stage} has ${shape?.bins ?? 0} bins.`, 'bin');
  return rowsBehindIn(counted, own, { side: 'denominator', group }).flatMap((one) => {
    const row = rows.placeOf(one.id)!;
    if (bin !== undefined && binOf(ms![row]!, shape!) !== bin - 1) return [];
    const at = (column: Float64Array) => new Date(column[row]!).toISOString();
    return [
      {
        ...{ ...one, at: at(enteredAt!), latestAt: at(latestAt!), leftAt: at(leftAt!) },
        ...{ inside: inside.words[inside.codes[row]!] === 'true', visits: visits![row]!, ms: ms![row]! },
      },
    ];
  });
};
