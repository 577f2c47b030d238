import { stageFigures } from './stage-figures';
import type { Benchmark } from './support';

/** The figures of both teams. */
export const figures: Benchmark = async (folder) => [...(await stageFigures(folder))];
