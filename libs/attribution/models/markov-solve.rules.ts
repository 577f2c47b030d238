import { Refused } from '@baton/kernel';
import type { MarkovChain } from './markov-counts.rules';

/** Blocks of states are solved directly up to this size, iteratively above. */
const DENSE = 256;
/** Factors cached for later solves, in numbers of 8 bytes; beyond it they are computed again. */
const KEPT_FACTORS = 8 * 2 ** 20;
const TOLERANCE = 1e-13;
const MOST_SWEEPS = 20_000;

interface Factorization {
  readonly size: number;
  readonly lu: Float64Array;
  readonly pivots: Int32Array;
}

/** LU factors with partial pivoting, in place. Source: Golub and Van Loan, Matrix Computations, 3.4. */
const factorize = (lu: Float64Array, size: number): Factorization => {
  const pivots = new Int32Array(size);
  for (let column = 0; column < size; column++) {
    let pivot = column;
    for (let row = column + 1; row < size; row++)
      if (Math.abs(lu[row * size + column]!) > Math.abs(lu[pivot * size + column]!)) pivot = row;
    pivots[column] = pivot;
    if (pivot !== column)
      for (let at = 0; at < size; at++) {
        const held = lu[column * size + at]!;
        lu[column * size + at] = lu[pivot * size + at]!;
        lu[pivot * size + at] = held;
      }
    for (let row = column + 1; row < size; row++) {
      const factor = (lu[row * size + column]! /= lu[column * size + column]!);
      if (factor === 0) continue;
      for (let at = column + 1; at < size; at++) lu[row * size + at]! -= factor * lu[column * size + at]!;
    }
  }
  return { size, lu, pivots };
};

const solveFactored = ({ size, lu, pivots }: Factorization, right: Float64Array): Float64Array => {
  const x = Float64Array.from(right);
  for (let row = 0; row < size; row++) {
    const pivot = pivots[row]!;
    const held = x[row]!;
    x[row] = x[pivot]!;
    x[pivot] = held;
  }
  for (let row = 0; row < size; row++) for (let at = 0; at < row; at++) x[row]! -= lu[row * size + at]! * x[at]!;
  for (let row = size - 1; row >= 0; row--) {
    for (let at = row + 1; at < size; at++) x[row]! -= lu[row * size + at]! * x[at]!;
    x[row]! /= lu[row * size + row]!;
  }
  return x;
};

/**
 * Solves x = gain + Q x exactly for the transient part Q of an absorbing chain, block by block: states that can reach
 * each other form a block, and blocks are solved from the exits back to the start. Removing states needs no new
 * factors.
 */
export class ChainSolver {
  private readonly blocks: readonly Int32Array[];
  private readonly blockOf: Int32Array;
  /** Index of a state within its block. */
  private readonly place: Int32Array;
  private readonly factors = new Map<number, Factorization>();
  private kept = 0;
  /** For each state that is left: the weights of its own gain and of its successors' values. */
  private readonly leaves: Float64Array;
  private readonly pull: Float64Array;

  /** @param denseUpTo blocks of up to this many states are solved directly, larger ones iteratively */
  constructor(
    private readonly chain: MarkovChain,
    private readonly denseUpTo = DENSE,
  ) {
    const { start, to, count, out } = chain;
    this.leaves = new Float64Array(out.length);
    this.pull = new Float64Array(to.length);
    for (let state = 0; state < out.length; state++) {
      let stays = 0;
      for (let edge = start[state]!; edge < start[state + 1]!; edge++) if (to[edge] === state) stays += count[edge]!;
      const left = out[state]! - stays;
      if (left === 0) continue;
      this.leaves[state] = out[state]! / left;
      for (let edge = start[state]!; edge < start[state + 1]!; edge++)
        this.pull[edge] = to[edge] === state ? 0 : count[edge]! / left;
    }
    this.blocks = stronglyConnected(chain);
    this.blockOf = new Int32Array(chain.states.length);
    this.place = new Int32Array(chain.states.length);
    this.blocks.forEach((block, index) =>
      block.forEach((state, place) => {
        this.blockOf[state] = index;
        this.place[state] = place;
      }),
    );
  }

  /**
   * @param gain    expected gain of each state when a journey ends in it
   * @param removed 1 for each state that gains nothing and leads nowhere
   * @param guess   start of an iterative solve
   * @returns the expected gain of a journey from each state; with gain = P(conversion next), its probability to convert
   * @throws Refused `attribution/not-converging` if 20,000 sweeps do not solve every equation to 1e-13
   */
  solve(gain: Float64Array, removed?: Uint8Array, guess?: Float64Array): Float64Array {
    const x = guess ? Float64Array.from(guess) : new Float64Array(gain.length);
    this.blocks.forEach((block, index) => {
      if (block.length > this.denseUpTo) this.sweep(block, gain, x, removed);
      else if (block.length > 1) this.dense(block, index, gain, x, removed);
      else x[block[0]!] = removed?.[block[0]!] ? 0 : this.relaxed(block[0]!, gain, x);
    });
    return x;
  }

  /** The value of a state from the values of its successors. */
  private relaxed(state: number, gain: Float64Array, x: Float64Array): number {
    const { start, to } = this.chain;
    let sum = gain[state]! * this.leaves[state]!;
    for (let edge = start[state]!, end = start[state + 1]!; edge < end; edge++) sum += this.pull[edge]! * x[to[edge]!]!;
    return sum;
  }

  private dense(block: Int32Array, index: number, gain: Float64Array, x: Float64Array, removed?: Uint8Array): void {
    const { start, to, count, out } = this.chain;
    const right = Float64Array.from(block, (state) => {
      let sum = gain[state]!;
      for (let edge = start[state]!; edge < start[state + 1]!; edge++)
        if (this.blockOf[to[edge]!] !== index) sum += (count[edge]! / out[state]!) * x[to[edge]!]!;
      return sum;
    });
    const factors = this.factorsOf(block, index);
    const y = solveFactored(factors, right);
    const gone = removed ? [...block.keys()].filter((place) => removed[block[place]!]) : [];
    // Each removed state gets the loss that makes its value zero: a small system, without new factors.
    const columns = gone.map((place) => {
      const unit = new Float64Array(block.length);
      unit[place] = 1;
      return solveFactored(factors, unit);
    });
    if (gone.length > 0) {
      const small = Float64Array.from({ length: gone.length ** 2 }, (_, at) => {
        const row = gone[Math.floor(at / gone.length)]!;
        return columns[at % gone.length]![row]!;
      });
      const losses = solveFactored(
        factorize(small, gone.length),
        Float64Array.from(gone, (place) => y[place]!),
      );
      columns.forEach((column, which) => column.forEach((value, place) => (y[place]! -= losses[which]! * value)));
    }
    block.forEach((state, place) => (x[state] = y[place]!));
    for (const place of gone) x[block[place]!] = 0;
  }

  private factorsOf(block: Int32Array, index: number): Factorization {
    const held = this.factors.get(index);
    if (held) return held;
    const { start, to, count, out } = this.chain;
    const size = block.length;
    const matrix = new Float64Array(size * size);
    block.forEach((state, row) => {
      matrix[row * size + row] = 1;
      for (let edge = start[state]!; edge < start[state + 1]!; edge++)
        if (this.blockOf[to[edge]!] === index)
          matrix[row * size + this.place[to[edge]!]!]! -= count[edge]! / out[state]!;
    });
    const factors = factorize(matrix, size);
    if (this.kept + size * size <= KEPT_FACTORS) {
      this.kept += size * size;
      this.factors.set(index, factors);
    }
    return factors;
  }

  /** Gauss–Seidel, forwards and backwards, until every equation of the block holds. */
  private sweep(block: Int32Array, gain: Float64Array, x: Float64Array, removed?: Uint8Array): void {
    for (const state of block) if (removed?.[state]) x[state] = 0;
    const states = removed ? block.filter((state) => !removed[state]) : block;
    for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
      for (const state of states) x[state] = this.relaxed(state, gain, x);
      let scale = 0;
      let residual = 0;
      for (let place = states.length - 1; place >= 0; place--) {
        const state = states[place]!;
        const better = this.relaxed(state, gain, x);
        residual = Math.max(residual, Math.abs(better - x[state]!));
        scale = Math.max(scale, Math.abs(better));
        x[state] = better;
      }
      if (residual <= TOLERANCE * scale) return;
    }
    throw new Refused(
      'attribution/not-converging',
      'The Markov chain does not converge; choose a lower order.',
      'order',
    );
  }
}

/**
 * The blocks of states that reach each other, those nearest to the exits first. Not recursive, because a path may have
 * any length. Source: Tarjan, Depth-first search and linear graph algorithms, 1972.
 */
const stronglyConnected = ({ states, start, to }: MarkovChain): Int32Array[] => {
  const count = states.length;
  const found = new Int32Array(count); // 0: not visited; otherwise the visit number, from 1
  const low = new Int32Array(count);
  const onStack = new Uint8Array(count);
  const edge = Int32Array.from(start.subarray(0, count));
  const stack: number[] = [];
  const blocks: Int32Array[] = [];
  let time = 0;
  for (let root = 0; root < count; root++) {
    if (found[root]) continue;
    const way = [root];
    while (way.length > 0) {
      const state = way[way.length - 1]!;
      if (!found[state]) {
        found[state] = low[state] = ++time;
        stack.push(state);
        onStack[state] = 1;
      }
      let deeper = false;
      while (edge[state]! < start[state + 1]!) {
        const next = to[edge[state]!]!;
        if (!found[next]) {
          way.push(next);
          deeper = true;
          break; // the edge is examined again on the way back, for the low mark
        }
        if (onStack[next]) low[state] = Math.min(low[state]!, low[next]!);
        edge[state]!++;
      }
      if (deeper) continue;
      way.pop();
      if (low[state] !== found[state]) continue;
      const block = stack.splice(stack.lastIndexOf(state));
      for (const member of block) onStack[member] = 0;
      blocks.push(Int32Array.from(block));
    }
  }
  return blocks;
};
