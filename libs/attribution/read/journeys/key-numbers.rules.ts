import { wordKey } from '@baton/kernel';

/** Keys of rows, numbered as they are met: one number for each spelling. */
export class KeyNumbers {
  readonly keys: (string | null)[] = [];
  /** The number of the first key that is the same word, by key. */
  readonly words: number[] = [];
  private readonly numbers = new Map<string | null, number>();
  private readonly byWord = new Map<string | null, number>();

  /** @param exact each spelling is a word of its own */
  of(key: string | null, exact = false): number {
    const known = this.numbers.get(key);
    if (known !== undefined) return known;
    const number = this.keys.push(key) - 1;
    this.numbers.set(key, number);
    const word = key === null || exact ? key : wordKey(key);
    if (!this.byWord.has(word)) this.byWord.set(word, number);
    this.words.push(this.byWord.get(word)!);
    return number;
  }
}

/** The numbers of the keys of the values of a column, each looked up when it is first met. */
export class KeysOfValues {
  readonly numbers = new KeyNumbers();
  private known = new Int32Array(0);

  constructor(private readonly keyOf: (value: number) => string | null) {}

  get bytes(): number {
    return this.known.byteLength;
  }

  /** By value; -1 for a value that was not met before: `meet` gives its number. @param values how many there are */
  forAll(values: number): Int32Array {
    if (this.known.length < values) {
      const known = new Int32Array(values).fill(-1);
      known.set(this.known);
      this.known = known;
    }
    return this.known;
  }
  meet(value: number): number {
    return (this.known[value] = this.numbers.of(this.keyOf(value)));
  }
}
