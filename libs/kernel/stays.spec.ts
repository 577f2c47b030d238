import fc from 'fast-check';
import { lastStageOf, MARKS_KEPT, noStays, withStayMark, type Stay, type StayMark, type Stays } from './stays';
import { fromMs } from './time';

const at = (minute: number) => fromMs(Date.UTC(2024, 0, 1) + minute * 60_000);
/** The rows of a subject after marks in the order in which they are recorded, as a store has them. */
const recordedIn = (marks: readonly StayMark[], options?: (mark: StayMark) => Parameters<typeof withStayMark>[2]) => {
  const rows = new Map<string, Stay>();
  let stays: Stays = noStays;
  for (const mark of marks) {
    const { state, put = [], drop = [] } = withStayMark(stays, mark, options?.(mark));
    stays = JSON.parse(JSON.stringify(state)) as Stays;
    for (const { id, row } of put) rows.set(id, row);
    for (const id of drop) rows.delete(id);
  }
  const sorted = [...rows].sort(([, a], [, b]) => (a.enteredAt < b.enteredAt ? -1 : 1));
  return { stays, rows: sorted.map(([id, row]) => ({ id, ...row })) };
};
const to = (minute: number, stage: string | null, more: Partial<StayMark> = {}): StayMark => ({
  ...{ id: `m${minute}`, at: at(minute), to: stage, ...more },
});
const stagesOf = (rows: readonly Stay[]) => rows.map(({ stage, visit }) => `${stage}${visit}`);

/** Marks of different minutes: to one of three stages, out of all of them, back, or a fact alone. */
const history = fc
  .uniqueArray(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 12 })
  .chain((minutes) =>
    fc.tuple(
      fc.constant(minutes),
      fc.array(fc.constantFrom('a', 'b', 'c', null, 'back', 'fact'), {
        minLength: minutes.length,
        maxLength: minutes.length,
      }),
    ),
  )
  .map(([minutes, kinds]): readonly StayMark[] => [
    to(0, 'a'),
    ...minutes.map((minute, index): StayMark => {
      const kind = kinds[index]!;
      const mark = { id: `m${minute}`, at: at(minute) };
      if (kind === 'back') return { ...mark, returns: true };
      return kind === 'fact' ? { ...mark, facts: { owner: `o${minute}` } } : { ...mark, to: kind };
    }),
  ]);

describe('stays', () => {
  it('tile the time in which the subject is in a stage, in whatever order they are recorded', () =>
    fc.assert(
      fc.property(
        history.chain((marks) =>
          fc.tuple(fc.constant(marks), fc.shuffledSubarray([...marks.slice(1)], { minLength: marks.length - 1 })),
        ),
        ([marks, later]) => {
          const inOrder = [...marks].sort((a, b) => (a.at < b.at ? -1 : 1));
          // Minute by minute: where the subject is, and who owns it.
          let [stage, last, owner] = [null as string | null, null as string | null, undefined as unknown];
          const expected: { stage: string; from: string; to: string | null; owner: unknown }[] = [];
          for (const mark of inOrder) {
            owner = (mark.facts as { owner?: string } | undefined)?.owner ?? owner;
            const next = mark.returns ? last : mark.to;
            if (next === undefined || next === stage) continue;
            if (stage !== null) expected.at(-1)!.to = mark.at;
            if (next !== null) expected.push({ stage: next, from: mark.at, to: null, owner });
            [stage, last] = [next, next ?? last];
          }
          const { rows, stays } = recordedIn([marks[0]!, ...later]);
          expect(
            rows.map((row) => ({
              ...{ stage: row.stage, from: row.enteredAt, to: row.leftAt, owner: (row as { owner?: string }).owner },
            })),
          ).toEqual(expected);
          expect(lastStageOf(stays)).toBe(last);
          expect(rows).toEqual(recordedIn(inOrder).rows);
        },
      ),
    ));

  it('say what was before and after, which visit it is, how long it took and how it ended', () => {
    const { rows } = recordedIn([
      to(0, 'a'),
      to(5, 'b'),
      to(9, 'a', { move: { by: 'ann' } }),
      to(30, null, { exit: 'won' }),
    ]);
    expect(rows).toEqual([
      {
        id: 'm0',
        stage: 'a',
        place: 1,
        visit: 1,
        enteredAt: at(0),
        leftAt: at(5),
        exit: 'moved',
        previousStage: null,
        nextStage: 'b',
        stayMs: 300_000,
      },
      {
        id: 'm5',
        stage: 'b',
        place: 2,
        visit: 1,
        enteredAt: at(5),
        leftAt: at(9),
        exit: 'moved',
        previousStage: 'a',
        nextStage: 'a',
        stayMs: 240_000,
      },
      {
        id: 'm9',
        stage: 'a',
        place: 3,
        visit: 2,
        enteredAt: at(9),
        leftAt: at(30),
        exit: 'won',
        previousStage: 'b',
        nextStage: null,
        stayMs: 1_260_000,
        by: 'ann',
      },
    ]);
  });

  it('count visits to stages that are named like what every object has', () =>
    expect(stagesOf(recordedIn([to(0, 'constructor'), to(1, '__proto__'), to(2, 'constructor')]).rows)).toEqual([
      'constructor1',
      '__proto__1',
      'constructor2',
    ]));

  it('end where a late mark makes a move of a repetition, and the other way', () => {
    expect(stagesOf(recordedIn([to(0, 'a'), to(5, 'a')]).rows)).toEqual(['a1']);
    expect(stagesOf(recordedIn([to(0, 'a'), to(5, 'a'), to(3, 'b')]).rows)).toEqual(['a1', 'b1', 'a2']);
    expect(stagesOf(recordedIn([to(0, 'a'), to(5, 'b'), to(3, 'b')]).rows)).toEqual(['a1', 'b1']);
    expect(recordedIn([to(0, 'a'), to(5, 'b'), to(3, 'b')]).rows[1]).toMatchObject({ id: 'm3', enteredAt: at(3) });
  });

  it('begin no later than anything else that is known', () => {
    const { rows } = recordedIn([to(10, 'a'), to(4, 'b')]);
    expect(rows.map(({ stage, enteredAt, leftAt }) => [stage, enteredAt, leftAt])).toEqual([
      ['a', at(4), at(4)],
      ['b', at(4), null],
    ]);
  });

  it('after a move that voids later ones are those before it', () => {
    const voids = (mark: StayMark) => ({ voidsLater: mark.id === 'm4' });
    const { rows } = recordedIn([to(0, 'a'), to(3, 'b'), to(6, 'c'), to(4, 'd')], voids);
    expect(stagesOf(rows)).toEqual(['a1', 'b1', 'd1']);
    expect(rows.at(-1)).toMatchObject({ enteredAt: at(4), leftAt: null, previousStage: 'b' });
  });

  it('come before others of the same instant where the caller says so', () => {
    const before = (mark: StayMark) => ({ comesBefore: (other: StayMark) => mark.to === 'b' && other.to === 'c' });
    const marks = [to(0, 'a'), to(3, 'c'), { ...to(3, 'b'), id: 'late' }];
    const [b, c] = ['b', 'c'].map((stage) => recordedIn(marks, before).rows.find((row) => row.stage === stage));
    expect(b).toMatchObject({ previousStage: 'a', enteredAt: at(3), leftAt: at(3), nextStage: 'c' });
    expect(c).toMatchObject({ previousStage: 'b', enteredAt: at(3), leftAt: null });
  });

  it('stay as they are once so many others followed, and what comes later than that is refused', () => {
    const many = Array.from({ length: MARKS_KEPT + 10 }, (_, minute) => to(2 * minute, minute % 2 === 0 ? 'a' : 'b'));
    const { stays, rows } = recordedIn(many);
    expect(stays.marks).toHaveLength(MARKS_KEPT);
    expect(rows).toHaveLength(many.length);
    expect(rows.map(({ visit }) => visit)).toEqual(many.map((_, index) => Math.floor(index / 2) + 1));
    expect(rows.every(({ leftAt }, index) => leftAt === (rows[index + 1]?.enteredAt ?? null))).toBe(true);
    expect(() => withStayMark(stays, to(3, 'c'))).toThrow(expect.objectContaining({ code: 'history/too-late' }));
    const { put = [] } = withStayMark(stays, to(2 * many.length - 3, 'c'));
    expect(put.map(({ row }) => row.stage)).toEqual([many.at(-2)!.to, 'c', many.at(-1)!.to]);
    // Facts alone may follow a stay for as long as they like.
    const facts = Array.from({ length: MARKS_KEPT + 5 }, (_, n): StayMark => ({
      id: `f${n}`,
      at: at(n + 1),
      facts: { n },
    }));
    const { rows: left } = recordedIn([to(0, 'a'), ...facts, to(5_000, 'b')]);
    expect(left).toMatchObject([
      { stage: 'a', leftAt: at(5_000) },
      { stage: 'b', n: facts.length - 1 },
    ]);
  });
});
