const { default: Sequencer } = require('@jest/test-sequencer');

/**
 * Suites of the whole system first, because they take longest. A new machine has no durations to order by; by size, as
 * Jest orders then, a short file that starts servers comes last, and the other workers wait for it.
 */
module.exports = class EndToEndFirst extends Sequencer {
  sort(tests) {
    const ordered = super.sort(tests);
    const isEndToEnd = ({ path }) => path.endsWith('.e2e-spec.ts');
    return [...ordered.filter(isEndToEnd), ...ordered.filter((test) => !isEndToEnd(test))];
  }
};
