// A process that does what it is asked to: for the spec of those that answer heavy questions.
const { getHeapStatistics } = require('node:v8');
const { DatabaseSync } = require('@photostructure/sqlite');

/** Reads rows and keeps them, until its heap is full in the middle of that. */
const reading = () => {
  const database = new DatabaseSync(':memory:');
  database.exec('CREATE TABLE rows(a, b)');
  const add = database.prepare('INSERT INTO rows VALUES(?, ?)');
  for (let n = 0; n < 2000; n++) add.run(n, 'x'.repeat(500));
  const read = database.prepare('SELECT * FROM rows');
  for (const kept = []; ;) kept.push(read.all());
};

let answers = 0;
const acts = {
  echo: ({ text }) => process.send({ answer: text }),
  write: () =>
    process.send({ answer: { text: '{"data":{}}', codes: ['some/code'], shows: [{ type: 'PersonalDataRead' }] } }),
  count: () => process.send({ answer: { text: `{"data":${++answers}}`, codes: [], shows: [] } }),
  done: ({ data }) => process.send({ answer: { text: JSON.stringify({ done: data }), codes: [], shows: [] } }),
  limit: () => process.send({ answer: String(getHeapStatistics().heap_size_limit / 2 ** 20) }),
  log: ({ text }) => process.send({ answer: text }, () => process.stderr.write(`${text}\n`)),
  wait: () => undefined,
  spin: () => {
    for (;;);
  },
  heap: () => {
    for (const kept = []; ;) kept.push({ at: kept.length });
  },
  read: reading,
  arrays: () => process.send({ externalBytes: 2 ** 40 }),
  fault: () => process.send({ fault: 'it cannot' }),
  die: () => process.exit(3),
};

process.on(
  'message',
  ({ question }) => question && acts[question.act ?? question.work ?? question.variables.act](question),
);
process.once('disconnect', () => process.exit());
process.send({ ready: true });
