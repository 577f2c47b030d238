import { Refused, toMs, type DefinitionSource, type Instant, type Position } from '@baton/kernel';
import { definitionsAt } from '@baton/definitions';
import { stageNames } from '@baton/leads';
import type { ReadModels } from '@baton/platform/documents';
import { compileCalendar, openTimeWithin, type Calendar } from '@baton/sla-clocks';
import { dealStageEntries } from '../../figures/deal-stage-entries.figure';
import { dealStageExits } from '../../figures/deal-stage-exits.figure';
import { dealsInStage } from '../../figures/deals-in-stage.figure';
import { derivedFact, type Fact, type PackedRows } from '../../figures/fact.rules';
import { dealStayFact, leadStayFact } from '../../figures/facts/stays.fact';
import { count, figure, mean, median, quantile, type Figure } from '../../figures/figure.rules';
import {
  answerGroups,
  answerOfNothing,
  erasedIn,
  openQuestion,
  rowsBehindIn,
  SharedWork,
  valuesByKey,
  type ComparedValue,
  type FigureRow,
  type GroupName,
  type MethodOfFigures,
  type OpenedQuestion,
  type Scope,
} from '../../figures/figures.query';
import { leadsInStage } from '../../figures/leads-in-stage.figure';
import { rangeOf, type ScopePeriod } from '../../figures/scope.rules';
import { stageEntries } from '../../figures/stage-entries.figure';
import { stageExits } from '../../figures/stage-exits.figure';
import {
  binOf,
  binShapeOf,
  histogramOf,
  stageTimes,
  stayMeasures,
  type Bin,
  type StayMeasure,
} from './stage-times.rules';

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

/** The times of the wall clock of those who left, which no question changes; a question about others has rows of its own. */
const timeFactOf = ({ fact, subject }: Stays, measure: StayMeasure): Fact =>
  derivedFact({
    name: 'times in stages',
    description: 'How long each was in a stage.',
    ...{ entity: fact.entity, from: [fact], dimensions: fact.dimensions },
    rows: ([stays]) => stageTimes(stays!, { subject, measure, between: (from, to) => to - from }),
    columnKinds: {
      ...{ ...fact.columnKinds, inside: 'text' as const, latestAt: 'instant' as const },
      ...{ ms: 'number' as const, visits: 'number' as const },
    },
  });
const timeFacts = Object.fromEntries(
  staySubjects.map((over) => [
    over,
    Object.fromEntries(stayMeasures.map((measure) => [measure, timeFactOf(staysOf[over], measure)])),
  ]),
) as Readonly<Record<StaySubject, Readonly<Record<StayMeasure, Fact>>>>;
const timeFigures = (times: Fact, unit: TimeInStage['unit']): readonly Figure[] => {
  const rows = { fact: times, time: { at: 'leftAt' } };
  const of = (code: string, value: Figure['value']): Figure =>
    figure({ code, title: code, formula: code, unit, rows, value });
  // The median first: the mean is of the same values.
  return [of('median', median('ms')), of('mean', mean('ms')), of('p90', quantile(0.9, 'ms'))];
};

/** @throws Refused `time-in-stage/no-calendar` without an agreed business calendar */
const calendarAt = async (definitions: DefinitionSource, at: Instant): Promise<Calendar> => {
  const find = await definitionsAt(definitions, ['business-calendar'], { answering: true });
  const calendar = find('business-calendar', at);
  if (!calendar)
    throw new Refused(
      'time-in-stage/no-calendar',
      'Business time needs a business calendar in force; ask for the wall clock.',
      'clock',
    );
  return compileCalendar(calendar.body);
};
/** The open time between two instants of stays, or up to now. */
const openTimeOf = (calendar: Calendar, { count: stays, numbers }: PackedRows, until: number) => {
  let [first, last] = [until, until];
  for (const column of [numbers['enteredAt']!, numbers['leftAt']!])
    for (let row = 0; row < stays; row++) {
      if (column[row]! < first) first = column[row]!;
      if (column[row]! > last) last = column[row]!;
    }
  return openTimeWithin(calendar, first, last);
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
  const times = timeFacts[over][measure];
  const unit = clock === 'wall' ? ('days' as const) : ('hours' as const);
  const calendar = clock === 'wall' ? undefined : await calendarAt(definitions, instant);
  const question = await openQuestion(models, stays.counts, scope, instant, methodOf);
  const source = question.rowsAt([rangeOf(question.period).to])(stays.fact);
  const rowsOfQuestion = () =>
    stageTimes(source, {
      ...{ subject: stays.subject, measure, insideUpTo: inside ? at : undefined },
      between: calendar ? openTimeOf(calendar, source, at) : (from, to) => to - from,
    });
  const own = calendar || inside ? rowsOfQuestion() : undefined;
  const opened: OpenedQuestion = {
    ...question,
    rowsAt: (ends) => (fact) => (fact === times && own ? own : question.rowsAt(ends)(fact)),
  };
  return { stays, times, unit, opened, figures: [...stays.counts, ...timeFigures(times, unit)] };
};

const valueNames = ['entered', 'left', 'there', 'median', 'mean', 'p90'] as const;
const valuesBy = <V>(valueAt: (place: number) => V) =>
  Object.fromEntries(valueNames.map((name, place) => [name, valueAt(place)])) as Readonly<Record<keyof StageValues, V>>;
/** A question about one stage. */
const ofStage = ({ scope, ...rest }: OpenedQuestion, stage: string, by?: string): OpenedQuestion => {
  const { by: _, ...others } = scope;
  const filters = { ...scope.filters, stage: { in: [stage] } };
  return { ...rest, scope: { ...others, filters, ...(by !== undefined && { by }) } };
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
  const staged = { ...opened, scope: { ...opened.scope, by: 'stage' } };
  const shared = new SharedWork(staged);
  const byStage = answerGroups(figures, staged, shared);
  const times = valuesByKey(figures.at(-1)!, staged, shared);
  const nothing = (place: number): ComparedValue => answerOfNothing(figures[place]!, opened);
  const names = new Set(byStage.flatMap((groups) => groups.flatMap(({ group: { key } }) => key ?? [])));
  const placeOf = (stage: string): number => (stays.order.includes(stage) ? stays.order.indexOf(stage) : Infinity);
  const sorted = [...names].sort((a, b) => placeOf(a) - placeOf(b) || (a < b ? -1 : 1));
  return {
    ...{ period: opened.period, position: opened.position, erased: erasedIn(figures.at(-1)!, opened) },
    ...{ unit, figures: valuesBy((place) => figures[place]!) },
    stages: sorted.map((stage) => {
      const own = ofStage(opened, stage, by);
      const answers = by === undefined ? [] : answerGroups(figures, own);
      const groups = new Map(answers.flatMap((one) => one.map(({ group }) => [JSON.stringify(group), group])));
      return {
        stage,
        values: valuesBy(
          (place) => byStage[place]!.find(({ group }) => group.key === stage)?.values[0] ?? nothing(place),
        ),
        histogram: histogramOf(times.get(stage) ?? []),
        groups: [...groups].map(([name, group]) => ({
          group,
          values: valuesBy(
            (place) => answers[place]!.find((one) => JSON.stringify(one.group) === name)?.values[0] ?? nothing(place),
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
  const rows = own.rowsAt([rangeOf(own.period).to])(times);
  const { latestAt, leftAt, ms, visits, enteredAt } = rows.numbers;
  const inside = rows.texts['inside']!;
  const counted = figure({ ...figures.at(-1)!, value: count() });
  const staged = { ...own, scope: { ...own.scope, by: 'stage' } };
  const shape = binShapeOf(valuesByKey(figures.at(-1)!, staged, new SharedWork(staged)).get(stage) ?? []);
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
