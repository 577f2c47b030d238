/**
 * Runs a suite against a real server when its address is in the environment. Without it one test is visibly skipped,
 * and with `REQUIRE_STORES=1` one fails instead.
 * @param variable that holds the server's address; @param suite declares the tests
 */
export const whenStore = (variable: 'EVENTSTORE_URL' | 'MONGODB_URL', suite: (url: string) => void): void => {
  const url = process.env[variable];
  if (url) return suite(url);
  const missing = `a real store is not proven: ${variable} is not set`;
  if (process.env['REQUIRE_STORES'] !== '1') return void it.skip(missing, () => undefined);
  it('has the real store that it needs', () => {
    throw new Error(missing);
  });
};

/** How often a heavy test repeats itself: a few times, or with `TEST_LONG` set, many. */
export const repetitions = (few: number, many: number): number => (process.env['TEST_LONG'] ? many : few);
