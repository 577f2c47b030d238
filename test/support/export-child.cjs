/**
 * Exports made-up rows to a file, in a process that can be killed: `node export-child.cjs <dist> <format> <file> <rows>`.
 * Sends a message for each part, and at its end how much memory its buffers took at most.
 */
const { join } = require('node:path');

const [, , dist, format, file, count] = process.argv;
const { exportToFile } = require(join(dist, 'libs/audit'));
const columns = [
  { name: 'id', type: 'text' },
  { name: 'amount', type: 'integer' },
  { name: 'share', type: 'real' },
  { name: 'data', type: 'json' },
];
const rowOf = (n) => {
  const values = {
    id: `row-${n}`,
    amount: n * 7,
    share: n / 3,
    data: { page: `/page-${n % 50}`, note: 'x'.repeat(100) },
  };
  return { cursor: String(n), values, line: values, cloudEvent: { specversion: '1.0', id: values.id, data: values } };
};
const total = Number(count);
const source = {
  ...{ name: 'made-up', columns, header: { export: 'made-up', version: 1 }, total },
  async *pages(after) {
    for (let from = after === undefined ? 0 : Number(after) + 1; from < total; from += 1000)
      yield { rows: Array.from({ length: Math.min(1000, total - from) }, (_, at) => rowOf(from + at)), looked: from };
  },
};
let most = 0;
const onPart = ({ rows }) => {
  most = Math.max(most, process.memoryUsage().arrayBuffers);
  process.send?.({ rows });
};
exportToFile(source, format, file, { of: 'made-up', format }, { onPart }).then(({ rows, resumed }) =>
  process.send?.({ rows, resumed, most }, () => process.exit(0)),
);
