/** The number of repetitions of a heavy test: `few`, or `many` if `TEST_LONG` is set. */
export const repetitions = (few: number, many: number): number => (process.env['TEST_LONG'] ? many : few);
