import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

const root = resolve(process.env['DATA_DIR'] ?? '../shared/data');

/** Whether a suite over the data is being declared or run. */
let withData = false;

/**
 * The path of a file of the public data sets, `olist-marketing-funnel/…csv`, in `DATA_DIR`; only within a suite that is
 * left out without them.
 */
export const dataFile = (name: string): string => {
  if (!withData) throw new Error(`${name} is read outside describeWithData`);
  return resolve(root, name);
};

/**
 * A suite over the public data sets. If they are absent it says so and is left out; with `REQUIRE_DATA=1` it fails
 * instead.
 * @param names the files that the suite reads
 */
export const describeWithData = (title: string, names: readonly string[], suite: () => void): void => {
  const absent = names.filter((name) => !existsSync(resolve(root, name)));
  if (absent.length === 0)
    return describe(title, () => {
      beforeAll(() => void (withData = true));
      afterAll(() => void (withData = false));
      withData = true;
      suite();
      withData = false;
    });
  const reason = `${absent.join(', ')} not found in DATA_DIR (${root})`;
  if (process.env['REQUIRE_DATA'] === '1')
    describe(title, () => {
      it('has its data', () => {
        throw new Error(reason);
      });
    });
  else {
    process.stderr.write(`left out: ${title}: ${reason}\n`);
    // The body of the suite reads the data, so it is not run. The data may not be distributed with the source.
    describe.skip(title, () => {
      it('needs its data', () => undefined);
    });
  }
};
