/**
 * Stops the time that code under test measures (`performance.now`) and waits for (`setTimeout`), until
 * `jest.useRealTimers()`; `jest.advanceTimersByTime(ms)` lets some of it elapse. The rest goes on: sockets, the event
 * loop, the pauses of followers (`node:timers/promises`), intervals and dates.
 */
export const stopTime = (): void =>
  void jest.useFakeTimers({
    doNotFake: [
      ...(['Date', 'hrtime', 'nextTick', 'queueMicrotask'] as const),
      ...(['setImmediate', 'clearImmediate', 'setInterval', 'clearInterval'] as const),
    ],
  });
