// A thread that does what it is asked to: for the spec of the threads that answer heavy questions.
const { parentPort } = require('node:worker_threads');

const acts = {
  echo: ({ text }) => parentPort.postMessage({ answer: text }),
  write: () => parentPort.postMessage({ answer: { text: '{"data":{}}', codes: ['some/code'] } }),
  wait: () => undefined,
  spin: () => {
    for (;;);
  },
  heap: () => {
    for (const kept = []; ;) kept.push({ at: kept.length });
  },
  arrays: () => parentPort.postMessage({ bytesBeside: 2 ** 40 }),
  fault: () => parentPort.postMessage({ fault: 'it cannot' }),
  die: () => process.exit(3),
};

parentPort.on('message', ({ question }) => acts[question.act ?? question.variables.act](question));
parentPort.postMessage({ ready: true });
