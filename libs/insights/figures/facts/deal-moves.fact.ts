import { derivedFact, numbersAt, packedRows, textColumn, textsAt, type PackedRows } from '../fact.rules';
import { dealStayFact } from './stays.fact';

/** What a close is called among the stages of deals. */
export const closes = ['won', 'lost'] as const;
const isClose = (exit: string): boolean => closes.some((close) => close === exit);

/** Each entry into a stage, and each close after the stay that it ended. */
const movesOf = (stays: PackedRows): PackedRows => {
  const { texts, numbers, ids, entities, alive, count } = stays;
  const [stage, exit] = [texts['stage']!, texts['exit']!];
  const closing = exit.words.map(isClose);
  const from: number[] = [];
  const isEnd: boolean[] = [];
  for (let row = 0; row < count; row++) {
    if (!alive[row]) continue;
    from.push(row);
    isEnd.push(false);
    if (exit.codes[row]! < 0 || !closing[exit.codes[row]!]) continue;
    from.push(row);
    isEnd.push(true);
  }
  const [entered, left, place] = [numbers['enteredAt']!, numbers['leftAt']!, numbers['place']!];
  return packedRows({
    count: from.length,
    ids: () => from.map((row, index) => (isEnd[index] ? `${ids[row]!}/${exit.words[exit.codes[row]!]!}` : ids[row]!)),
    entities: () => from.map((row) => entities[row]!),
    texts: textsAt(stays, Int32Array.from(from), {
      step: textColumn(
        from.map((row, index) => (isEnd[index] ? exit.words[exit.codes[row]!]! : stage.words[stage.codes[row]!]!)),
      ),
    }),
    numbers: numbersAt(stays, Int32Array.from(from), {
      at: Float64Array.from(from, (row, index) => (isEnd[index] ? left[row]! : entered[row]!)),
      place: Float64Array.from(from, (row, index) => 2 * place[row]! + (isEnd[index] ? 1 : 0)),
    }),
  });
};

/** Every move of a deal into a stage, and its closes as stages `won` and `lost`. */
export const dealMoves = derivedFact({
  name: 'moves of deals',
  description: 'Every move of a deal to a pipeline stage, and its closes as the stages `won` and `lost`.',
  entity: 'Opportunity',
  from: [dealStayFact],
  rows: ([stays]) => movesOf(stays!),
  columnKinds: { ...dealStayFact.columnKinds, at: 'instant', place: 'number', step: 'text' },
  dimensions: dealStayFact.dimensions,
});
