/** How often a heavy test repeats itself: a few times, or with `TEST_LONG` set, many. */
export const repetitions = (few: number, many: number): number => (process.env['TEST_LONG'] ? many : few);
