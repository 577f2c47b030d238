// Appends to one log from many writers at once and prints each acknowledgement, `stream revision count id`, and
// each `conflict`. Begins when it is told to go on.
// node crash-writer.js <compiled event log> <file> <seed> <writers> <streams> <appends>
const [module_, file, seed, writers, streams, appends] = process.argv.slice(2);
const { EmbeddedEventLog } = require(module_);
const { writeSync } = require('node:fs');

let state = Number(seed);
const random = (below) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
};
const log = EmbeddedEventLog.open(file, { now: () => new Date().toISOString() });
const meta = { actor: 'writer', origin: 'system', commandHash: '', schema: 1, mode: 'live' };
let begun = 0;
/** The last revisions known: streams grow long. */
const heads = new Map();

const write = async (writer) => {
  while (begun < Number(appends)) {
    const name = `${seed}-${writer}-${begun++}`;
    const stream = `tally-${random(Number(streams))}`;
    const count = 1 + random(3);
    for (;;) {
      const head = (heads.get(stream) ?? -1) + (await log.read(stream, (heads.get(stream) ?? -1) + 1)).length;
      heads.set(stream, head);
      const events = Array.from({ length: count }, (_, index) => ({
        id: `${name}-${index}`,
        type: 'Counted',
        data: { index, count },
        meta: { ...meta, occurredAt: '2024-01-01T00:00:00.000Z', commandId: name },
      }));
      try {
        const { revision } = await log.append(stream, events, head < 0 ? 'none' : head);
        writeSync(1, `${stream} ${revision} ${count} ${name}\n`);
        break;
      } catch (error) {
        if (error.code !== 'log/wrong-revision') throw error;
        writeSync(1, 'conflict\n');
      }
    }
  }
};

writeSync(1, 'ready\n');
process.stdin.once('data', () =>
  Promise.all(Array.from({ length: Number(writers) }, (_, writer) => write(writer)))
    .then(() => log.close())
    .catch((error) => {
      writeSync(2, `${error.code ?? error.stack}\n`);
      process.exit(3);
    }),
);
