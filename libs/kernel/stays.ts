import { Refused } from './errors';
import type { HistoryStep } from './projection';
import { toMs, type Instant } from './time';

/**
 * What happened to a subject at an instant, by the id of its event: it came to a stage (`to`), came back to the one in which
 * it was last (`returns`), left the last one (`to: null`), or only facts changed that later stays show.
 */
export interface StayMark {
  readonly id: string;
  readonly at: Instant;
  readonly to?: string | null;
  readonly returns?: true;
  /** How the stay before ends; `moved` by default. */
  readonly exit?: string;
  readonly facts?: object;
  /** What is known of the move into the stage. */
  readonly move?: object;
}
/** A stay of a subject in a stage, with the facts at its beginning and what is known of the move into it. */
export interface Stay {
  readonly stage: string;
  /** Which of all its stays it is, from 1: several may begin at one instant. */
  readonly place: number;
  /** Which of its stays in this stage it is, from 1. */
  readonly visit: number;
  readonly enteredAt: Instant;
  readonly leftAt: Instant | null;
  readonly exit: string | null;
  readonly previousStage: string | null;
  readonly nextStage: string | null;
  readonly stayMs: number | null;
}
/** Where a walk through the marks stands. */
interface StayPlace {
  /** The stay that has not ended, with the id of its mark. */
  readonly open?: { readonly id: string; readonly row: Stay };
  /** The last stage, also after it was left. */
  readonly last: string | null;
  readonly facts: object;
  readonly visits: Readonly<Record<string, number>>;
  /** Stays so far. */
  readonly count: number;
}
/** The marks of a subject, in the order in which they happened; of many only the latest, and where they begin. */
export interface Stays {
  readonly marks: readonly StayMark[];
  readonly begin: StayPlace;
}
export const noStays: Stays = { marks: [], begin: { last: null, facts: {}, visits: {}, count: 0 } };

/** How many marks of a subject are kept to be told apart from late ones; a later event about a time before is refused. */
export const MARKS_KEPT = 500;

/** @param end called with a stay that ends */
const placeAfter = (place: StayPlace, mark: StayMark, end: (id: string, row: Stay) => void): StayPlace => {
  const { open, last, visits, count } = place;
  const facts = { ...place.facts, ...mark.facts };
  const to = mark.returns ? last : mark.to;
  if (to === undefined || (open ? to === open.row.stage : to === null)) return { ...place, facts };
  if (open)
    end(open.id, {
      ...open.row,
      leftAt: mark.at,
      exit: mark.exit ?? 'moved',
      nextStage: to,
      stayMs: toMs(mark.at) - toMs(open.row.enteredAt),
    });
  if (to === null) return { last, facts, visits, count };
  const visit = (Object.hasOwn(visits, to) ? visits[to]! : 0) + 1;
  const times = { enteredAt: mark.at, leftAt: null, stayMs: null };
  const stages = { previousStage: last, nextStage: null };
  const row = { stage: to, place: count + 1, visit, ...times, exit: null, ...stages, ...facts, ...mark.move };
  return { open: { id: mark.id, row }, last: to, facts, visits: { ...visits, [to]: visit }, count: count + 1 };
};

/** The stays of a subject by the ids of their marks, and where it stands after all of them. */
const walk = ({ marks, begin }: Stays): { readonly rows: ReadonlyMap<string, Stay>; readonly end: StayPlace } => {
  const rows = new Map<string, Stay>();
  const end = marks.reduce((place, mark) => placeAfter(place, mark, (id, row) => rows.set(id, row)), begin);
  if (end.open) rows.set(end.open.id, end.open.row);
  return { rows, end };
};

/** The stage in which a subject was last, up to an instant or to now. */
export const lastStageOf = ({ marks, begin }: Stays, at?: Instant): string | null =>
  walk({ marks: at === undefined ? marks : marks.filter((mark) => mark.at <= at), begin }).end.last;

interface MarkOptions {
  /** Later moves are void: they followed from a stage in which the subject was not. */
  readonly voidsLater?: boolean;
  /** Of the marks at the same instant, those that come behind this one. */
  readonly comesBefore?: (other: StayMark) => boolean;
}
/** Whatever is recorded of a subject, it was there first: its first mark is no later than any other. */
const withPlaced = (
  marks: readonly StayMark[],
  mark: StayMark,
  { voidsLater, comesBefore }: MarkOptions,
  whole: boolean,
) => {
  const isMove = mark.to !== undefined || mark.returns === true;
  const kept = voidsLater
    ? marks.filter(({ at, to }, index) => at <= mark.at || to === undefined || to === null || (whole && index === 0))
    : marks;
  const behind = kept.findIndex((other) => other.at === mark.at && comesBefore?.(other) === true);
  const place = behind >= 0 ? behind : kept.findLastIndex(({ at }) => at <= mark.at) + 1;
  const [first] = kept;
  if (!whole || !first || place > 0) return kept.toSpliced(place, 0, mark);
  return [isMove ? { ...first, at: mark.at } : first, mark, ...kept.slice(1)];
};

/**
 * The history of a subject with one more mark, in whatever order they are recorded. Its stays tile the time in which it is in
 * a stage. A mark to the stage in which it is already begins no stay.
 * @throws Refused `history/too-late` for a mark before the latest 500, which are kept
 */
export const withStayMark = (stays: Stays, mark: StayMark, options: MarkOptions = {}): HistoryStep<Stays, Stay> => {
  const { marks, begin } = stays;
  const whole = begin.last === null;
  if (!whole && mark.at < marks[0]!.at)
    throw new Refused(
      'history/too-late',
      `It is recorded after ${MARKS_KEPT} later changes of the same subject; stays before them do not change any more.`,
    );
  const next: Stays = { marks: withPlaced(marks, mark, options, whole), begin };
  const [before, after] = [walk(stays).rows, walk(next).rows];
  const isNew = ([id, row]: [string, Stay]) =>
    !(row.leftAt !== null && row.leftAt < mark.at) && JSON.stringify(row) !== JSON.stringify(before.get(id));
  return {
    state: withoutOldest(next),
    put: [...after].filter(isNew).map(([id, row]) => ({ id, row })),
    drop: [...before.keys()].filter((id) => !after.has(id)),
  };
};

const withoutOldest = ({ marks, begin }: Stays): Stays => {
  const [oldest, ...rest] = marks;
  return oldest && marks.length > MARKS_KEPT
    ? { marks: rest, begin: placeAfter(begin, oldest, () => undefined) }
    : { marks, begin };
};
