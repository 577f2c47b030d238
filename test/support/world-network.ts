import { codeOf, type Outcome, type To } from '@baton/kernel';
import type { Timers } from '@baton/platform/timers';

export type Answer = Outcome | { readonly fault: unknown };
/** Hands a command to a process; undefined where none is there to take it. */
export type Server = () => ((command: To) => Promise<Outcome>) | undefined;
/** Puts something on the wire: it arrives when its turn comes, once, twice or never. */
export type Wire = (arrive: () => void) => void;

const PATIENCE_MS = 2_000;

/**
 * Sends a command until it is answered, each time under its one id, to one server after the other.
 * @param isPassing faults after which it is sent again; @throws the others
 */
export const callUntilAnswered = async (
  command: To,
  servers: readonly Server[],
  wire: Wire,
  timers: Timers,
  isPassing: (error: unknown) => boolean,
): Promise<Outcome> => {
  for (let attempt = 0; ; attempt++) {
    const answer = await askOnce(command, servers[attempt % servers.length]!, wire, timers);
    if (answer && !('fault' in answer)) return answer;
    if (answer && !isPassing(answer.fault)) throw answer.fault;
    await timers.delay(50);
  }
};

/** @returns the answer; undefined when none came in time, whatever became of the request */
const askOnce = (command: To, server: Server, wire: Wire, timers: Timers): Promise<Answer | undefined> =>
  new Promise((resolve) => {
    const giveUp = new AbortController();
    const answered = (answer: Answer | undefined) => {
      giveUp.abort();
      resolve(answer);
    };
    timers.delay(PATIENCE_MS, giveUp.signal).then(
      () => resolve(undefined),
      () => undefined,
    );
    wire(() => {
      server()?.(command).then(
        (outcome) => wire(() => answered(outcome)),
        (fault: unknown) => wire(() => answered({ fault })),
      );
    });
  });

/** Is this what a store says when it is away or another process was faster? */
export const isPassing = (error: unknown): boolean =>
  /^((log|documents|keys)\/(unavailable|busy-stream|lease-lost|generation-dropped)|read\/(rebuild-running|not-parked|too-far-behind))$/.test(
    codeOf(error),
  );
