import { numberIn, textIn, whileUnchanged, type PackedRows } from '../fact.rules';
import { dealChangeFact } from './changes.fact';

/** A deal at an instant. */
export interface DealState {
  readonly isOpened: boolean;
  readonly status: string;
  readonly pipeline: string | undefined;
  readonly stage: string | undefined;
  readonly owner: string | undefined;
  readonly minor: number | undefined;
  readonly currency: string | undefined;
  readonly closesOn: string | undefined;
}
/** A change of a deal, with the deal after it. */
export interface DealMove extends DealState {
  /** In milliseconds. */
  readonly at: number;
  readonly what: string;
}
export const notOpened: DealState = {
  ...{ isOpened: false, status: 'open', pipeline: undefined, stage: undefined, owner: undefined },
  ...{ minor: undefined, currency: undefined, closesOn: undefined },
};

/** The places of the living rows by the text of a column, each in the order of a number and of another one. */
export const placesBy = (
  rows: PackedRows,
  column: string,
  ...order: readonly string[]
): ReadonlyMap<string, readonly number[]> => {
  const { codes, words } = rows.texts[column]!;
  const places = new Map<string, number[]>();
  for (let row = 0; row < rows.count; row++) {
    if (!rows.alive[row] || codes[row]! < 0) continue;
    const word = words[codes[row]!]!;
    const known = places.get(word);
    if (known) known.push(row);
    else places.set(word, [row]);
  }
  const values = order.map((name) => rows.numbers[name]!);
  const compare = (a: number, b: number): number => {
    for (const value of values) if (value[a]! !== value[b]!) return value[a]! - value[b]!;
    return a - b;
  };
  for (const its of places.values()) its.sort(compare);
  return places;
};

/** The changes of each deal, in their order. */
export const movesByDeal = whileUnchanged([dealChangeFact], (rowsOf): ReadonlyMap<string, readonly DealMove[]> => {
  const changes = rowsOf(dealChangeFact);
  const places = [...placesBy(changes, 'opportunityId', 'at', 'turn')];
  return new Map(places.map(([id, its]) => [id, movesAt(changes, its)]));
});
const movesAt = (changes: PackedRows, places: readonly number[]): readonly DealMove[] => {
  const opening = places.findIndex((place) => textIn(changes, 'what', place) === 'opened');
  return places.map((place, index) => ({
    at: changes.numbers['at']![place]!,
    what: textIn(changes, 'what', place)!,
    isOpened: opening >= 0 && index >= opening,
    status: textIn(changes, 'status', place)!,
    pipeline: textIn(changes, 'pipeline', place),
    stage: textIn(changes, 'stage', place),
    owner: textIn(changes, 'owner', place),
    minor: numberIn(changes, 'amount', place),
    currency: textIn(changes, 'currency', place),
    closesOn: textIn(changes, 'expectedCloseOn', place),
  }));
};
