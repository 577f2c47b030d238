import { MARKS_KEPT, Refused, type Day, type HistoryStep, type Instant } from '@baton/kernel';

/** What changed in a deal, or happened to it. */
export type ChangeKind =
  | 'opened'
  | 'stage'
  | 'amount'
  | 'close-date'
  | 'owner'
  | 'won'
  | 'lost'
  | 'reopened'
  | 'proposal'
  | 'people'
  | 'details';

/** What a deal is at an instant; null is unknown. */
export interface DealValues {
  readonly pipeline: string | null;
  readonly stage: string | null;
  readonly amountMinor: number | null;
  readonly currency: string | null;
  readonly expectedCloseOn: Day | null;
  readonly owner: string | null;
  readonly status: 'open' | 'won' | 'lost';
}
/** One event of a deal: the values that it sets, and what else it is. */
export interface ChangeMark {
  readonly id: string;
  readonly at: Instant;
  readonly by: string;
  readonly sets: Partial<DealValues>;
  /** What it is besides the values: an opening, a close, a reopening, or something that sets none of them. */
  readonly is?: ChangeKind;
}
/** A change with the values after it. */
export interface ChangeRow extends DealValues {
  readonly at: Instant;
  /** Its place among the changes of the deal at the same instant, from 0. */
  readonly turn: number;
  readonly what: ChangeKind;
  readonly by: string;
  /** The value before, of a stage, close date or owner. */
  readonly previous: string | null;
  readonly previousMinor: number | null;
  readonly previousCurrency: string | null;
  /** Which move of the close date to a later day it is, from 1. */
  readonly push: number | null;
}
interface Place {
  readonly values: DealValues;
  readonly pushes: number;
  /** The instant of the last row, and how many there were at it. */
  readonly at: Instant;
  readonly turns: number;
}
/** The events of a deal in the order in which they happened; of many only the latest, and where they begin. */
export interface DealHistory {
  readonly marks: readonly ChangeMark[];
  readonly begin: Place;
  /** Whether earlier events are in `begin`. */
  readonly cut: boolean;
}
const unknown: DealValues = {
  ...{ pipeline: null, stage: null, amountMinor: null, currency: null, expectedCloseOn: null, owner: null },
  status: 'open',
};
export const noHistory: DealHistory = {
  marks: [],
  begin: { values: unknown, pushes: 0, at: '', turns: 0 },
  cut: false,
};

type Emit = (id: string, row: ChangeRow) => void;
const nothingBefore = { previous: null, previousMinor: null, previousCurrency: null, push: null };
/** The fields of which a change has a row of its own, each with what it is called. */
const fieldKinds = { stage: 'stage', expectedCloseOn: 'close-date', owner: 'owner' } as const;

const placeAfter = (place: Place, { id, at, by, sets, is }: ChangeMark, emit: Emit): Place => {
  let { values, pushes, turns } = { ...place, turns: place.at === at ? place.turns : 0 };
  const add = (what: ChangeKind, before: Partial<ChangeRow> = {}): void => {
    emit(`${id}-${what}`, { ...values, at, turn: turns++, what, by, ...nothingBefore, ...before });
  };
  if (is === 'opened') add('opened');
  else {
    const { status = values.status, amountMinor, currency, pipeline = values.pipeline } = sets;
    values = { ...values, pipeline };
    if (amountMinor !== undefined && (amountMinor !== values.amountMinor || currency !== values.currency)) {
      const { amountMinor: previousMinor, currency: previousCurrency } = values;
      values = { ...values, amountMinor, currency: currency ?? null };
      add('amount', { previousMinor, previousCurrency });
    }
    for (const [field, what] of Object.entries(fieldKinds) as [keyof typeof fieldKinds, ChangeKind][]) {
      const [previous, next] = [values[field], sets[field]];
      if (next === undefined || next === previous) continue;
      values = { ...values, [field]: next };
      const isPush = field === 'expectedCloseOn' && previous !== null && next !== null && next > previous;
      add(what, { previous, ...(isPush && { push: ++pushes }) });
    }
    if (status !== values.status || (is && sets.status === undefined)) {
      values = { ...values, status };
      add(is!);
    }
  }
  return { values, pushes, at, turns };
};

/** The rows of a deal by their ids. */
const rowsOf = ({ marks, begin }: DealHistory): ReadonlyMap<string, ChangeRow> => {
  const rows = new Map<string, ChangeRow>();
  marks.reduce((place, mark) => placeAfter(place, mark, (id, row) => rows.set(id, row)), begin);
  return rows;
};

/** A change dated at the instant of a close was made before it. */
const placed = (marks: readonly ChangeMark[], mark: ChangeMark): readonly ChangeMark[] => {
  const closes = ({ is }: ChangeMark) => is === 'won' || is === 'lost';
  const close = mark.sets.status !== undefined ? -1 : marks.findIndex((one) => one.at === mark.at && closes(one));
  const place = close >= 0 ? close : marks.findLastIndex(({ at }) => at <= mark.at) + 1;
  return marks.toSpliced(place, 0, mark);
};

/** A close or reopening changes the status by itself: values recorded later for the same instant replace those that it sets. */
const partsOf = (event: ChangeMark): readonly ChangeMark[] => {
  const { status, ...sets } = event.sets;
  if (status === undefined || Object.keys(sets).length === 0) return [event];
  const { is: _, ...first } = event;
  return [
    { ...first, sets },
    { ...event, sets: { status } },
  ];
};

const withoutOldest = (history: DealHistory): DealHistory => {
  const { marks, begin } = history;
  const oldest = marks.slice(0, Math.max(0, marks.length - MARKS_KEPT));
  return oldest.length === 0
    ? history
    : {
        marks: marks.slice(oldest.length),
        begin: oldest.reduce((place, mark) => placeAfter(place, mark, () => undefined), begin),
        cut: true,
      };
};

/**
 * The history of a deal with one more event, in whatever order they are recorded.
 * @throws Refused `history/too-late` for an event before the latest 500, which are kept
 */
export const withChange = (history: DealHistory, event: ChangeMark): HistoryStep<DealHistory, ChangeRow> => {
  if (history.cut && event.at < history.marks[0]!.at)
    throw new Refused(
      'history/too-late',
      `It is recorded after ${MARKS_KEPT} later changes of the same deal; changes before them stay as they are.`,
    );
  // What a deal was opened with holds from the beginning: a change dated before the opening replaces it.
  const values = { ...history.begin.values, ...(event.is === 'opened' && event.sets) };
  const begun = { ...history, begin: { ...history.begin, values } };
  const next = partsOf(event).reduce((known, part) => ({ ...known, marks: placed(known.marks, part) }), begun);
  const [before, after] = [rowsOf(history), rowsOf(next)];
  return {
    state: withoutOldest(next),
    put: [...after]
      .filter(([id, row]) => JSON.stringify(row) !== JSON.stringify(before.get(id)))
      .map(([id, row]) => ({ id, row })),
    drop: [...before.keys()].filter((id) => !after.has(id)),
  };
};
