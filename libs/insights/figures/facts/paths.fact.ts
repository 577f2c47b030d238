import { contentHash } from '@baton/kernel';
import {
  codedColumn,
  derivedFact,
  numbersAt,
  packedRows,
  textColumn,
  textsAt,
  type Fact,
  type PackedRows,
  type TextColumn,
} from '../fact.rules';
import { sequencesOf, type SequenceColumns } from '../sequences.rules';
import { dealMoves } from './deal-moves.fact';
import { dealFact } from './deals.fact';
import { people } from './people.fact';
import { leadStayFact } from './stays.fact';
import { touchFact } from './touches.fact';

/** What people, deals or touches go through: entries of a subject, one after the other. */
export interface Entries {
  readonly fact: Fact;
  readonly columns: SequenceColumns;
  /** The text column with the stage or action that was come to. */
  readonly step: string;
  /** The fact with a row per subject. */
  readonly subjects: Fact;
  /** Whether a subject without such a row counts. */
  readonly anySubject: boolean;
}
export const entryKinds = ['people', 'deals', 'activities'] as const;
export type EntryKind = (typeof entryKinds)[number];
export const entriesOf: Readonly<Record<EntryKind, Entries>> = {
  /** Who is merged into somebody else is no person of their own. */
  people: {
    fact: leadStayFact,
    columns: { subject: 'leadId', at: 'enteredAt', place: 'place' },
    ...{ step: 'stage', subjects: people, anySubject: false },
  },
  deals: {
    fact: dealMoves,
    columns: { subject: 'opportunityId', at: 'at', place: 'place' },
    ...{ step: 'step', subjects: dealFact, anySubject: false },
  },
  /** By the lead that a touch was recorded for. */
  activities: {
    fact: touchFact,
    columns: { subject: 'leadId', at: 'at', place: 'revision' },
    ...{ step: 'action', subjects: people, anySubject: true },
  },
};

const ARROW = ' → ';
/** Filters take texts of at most 500 characters. */
const MAX_VARIANT = 400;
const variantOf = (steps: readonly string[]): string => {
  const whole = steps.join(ARROW);
  return whole.length <= MAX_VARIANT
    ? whole
    : `${whole.slice(0, MAX_VARIANT)}… (${steps.length}, ${contentHash(steps).slice(0, 12)})`;
};

const taken = ({ codes, words, codeOf }: TextColumn, places: Int32Array): TextColumn => ({
  ...{ codes: places.map((place) => codes[place]!), words, codeOf },
});
/** The subjects that have entries, each with the place of its row, -1 without one. */
const casesOf = ({ columns, anySubject }: Entries, entries: PackedRows, subjects: PackedRows) => {
  const { starts, rows } = sequencesOf(entries, columns);
  const ids = entries.texts[columns.subject]!.words;
  const places = Int32Array.from(ids, (id) => subjects.placeOf(id) ?? -1);
  const cases = ids
    .map((_, code) => code)
    .filter((code) => starts[code + 1]! > starts[code]! && (anySubject || places[code]! >= 0));
  return { starts, rows, ids, places, cases };
};

const pathRows = (source: Entries, entries: PackedRows, subjects: PackedRows): PackedRows => {
  const { starts, rows, ids, places, cases } = casesOf(source, entries, subjects);
  const step = entries.texts[source.step]!;
  const at = entries.numbers[source.columns.at]!;
  const column = () => new Float64Array(cases.length);
  const [startedAt, pathMs, steps, again] = [column(), column(), column(), column()];
  const variants = cases.map((code, row) => {
    const [first, end] = [starts[code]!, starts[code + 1]!];
    const codes = Array.from(rows.subarray(first, end), (entry) => step.codes[entry]!);
    startedAt[row] = at[rows[first]!]!;
    pathMs[row] = at[rows[end - 1]!]! - startedAt[row]!;
    steps[row] = codes.length;
    again[row] = codes.length - new Set(codes).size;
    return variantOf(codes.map((word) => step.words[word] ?? ''));
  });
  return packedRows({
    count: cases.length,
    ids: () => cases.map((code) => ids[code]!),
    entities: () => cases.map((code) => ids[code]!),
    texts: textsAt(
      subjects,
      Int32Array.from(cases, (code) => places[code]!),
      { variant: textColumn(variants) },
    ),
    numbers: numbersAt(
      subjects,
      Int32Array.from(cases, (code) => places[code]!),
      { startedAt, pathMs, steps, again },
    ),
  });
};

const transitionRows = (source: Entries, entries: PackedRows, subjects: PackedRows): PackedRows => {
  const { starts, rows, places, cases } = casesOf(source, entries, subjects);
  const step = entries.texts[source.step]!;
  const at = entries.numbers[source.columns.at]!;
  const length = cases.reduce((sum, code) => sum + starts[code + 1]! - starts[code]!, 0);
  const [entryOf, caseOf] = [new Int32Array(length), new Int32Array(length)];
  const [startedAt, gapMs, visit] = [new Float64Array(length), new Float64Array(length), new Float64Array(length)];
  /** By the codes of both steps. */
  const pairs = new Map<number, number>();
  const pairWords: string[] = [];
  const pairOf = (from: number, to: number): number => {
    const key = (from + 1) * (step.words.length + 1) + to + 1;
    const known = pairs.get(key);
    if (known !== undefined) return known;
    pairs.set(key, pairWords.length);
    return pairWords.push(`${step.words[from] ?? ''}${ARROW}${step.words[to] ?? ''}`) - 1;
  };
  const transition = new Int32Array(length);
  const visits = new Map<number, number>();
  let row = 0;
  for (const code of cases) {
    visits.clear();
    const end = starts[code + 1]!;
    for (let index = starts[code]!; index < end; index++, row++) {
      const [entry, next] = [rows[index]!, index + 1 < end ? rows[index + 1]! : -1];
      const its = step.codes[entry]!;
      visits.set(its, (visits.get(its) ?? 0) + 1);
      entryOf[row] = entry;
      caseOf[row] = places[code]!;
      startedAt[row] = at[rows[starts[code]!]!]!;
      visit[row] = visits.get(its)!;
      gapMs[row] = next < 0 ? NaN : at[next]! - at[entry]!;
      transition[row] = next < 0 ? -1 : pairOf(its, step.codes[next]!);
    }
  }
  return packedRows({
    count: length,
    ids: () => Array.from(entryOf, (entry) => entries.ids[entry]!),
    entities: () => Array.from(entryOf, (entry) => entries.entities[entry]!),
    texts: textsAt(subjects, caseOf, {
      step: taken(step, entryOf),
      transition: codedColumn(transition, pairWords),
    }),
    numbers: numbersAt(subjects, caseOf, { startedAt, gapMs, visit }),
  });
};

/** The paths of subjects, a row each; and their entries, a row each, with what came next. */
export interface PathFacts {
  readonly paths: Fact;
  readonly transitions: Fact;
}
const pathFacts = (kind: EntryKind, whose: string, what: string): PathFacts => {
  const source = entriesOf[kind];
  const { fact, subjects } = source;
  const from = [fact, subjects] as const;
  const { stage: _, ...dimensions } = subjects.dimensions; // the one in which they are now
  return {
    paths: derivedFact({
      name: `paths of ${whose}`,
      description: `The path of each of ${whose}: what it went through from its first ${what} to its last.`,
      ...{ entity: fact.entity, from, dimensions: { ...dimensions, variant: 'variant' } },
      rows: ([entries, rows]) => pathRows(source, entries!, rows!),
      columnKinds: {
        ...{ ...subjects.columnKinds, variant: 'text' as const, startedAt: 'instant' as const },
        ...{ pathMs: 'number' as const, steps: 'number' as const, again: 'number' as const },
      },
    }),
    transitions: derivedFact({
      name: `transitions of ${whose}`,
      description: `Each ${what} of ${whose}, with the next one of the same path.`,
      ...{ entity: fact.entity, from, dimensions: { ...dimensions, pathStep: 'step', transition: 'transition' } },
      rows: ([entries, rows]) => transitionRows(source, entries!, rows!),
      columnKinds: {
        ...{ ...subjects.columnKinds, step: 'text' as const, transition: 'text' as const },
        ...{ startedAt: 'instant' as const, gapMs: 'number' as const, visit: 'number' as const },
      },
    }),
  };
};
export const pathsOf: Readonly<Record<EntryKind, PathFacts>> = {
  people: pathFacts('people', 'leads', 'entry into a lifecycle stage'),
  deals: pathFacts('deals', 'deals', 'move to a stage, or close'),
  activities: pathFacts('activities', 'touches', 'touch'),
};
