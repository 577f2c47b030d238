import { action, type ActionGroup } from './command';
import { line, printJson, printTable } from './output';
import { localActor, Session } from './session';
import { terminal } from './terminal';

const words = { follower: 'read model or policy, as listed', sequence: 'parked sequence, as listed' } as const;
const decide =
  (how: 'retryParked' | 'discardParked') =>
  ([follower, sequence]: readonly string[], { json }: { readonly json?: boolean }) =>
    Session.use(async (session) => {
      await session.catchUp();
      const waits = await session.runner[how](follower!, sequence!, localActor());
      if (json) printJson({ follower, sequence, waits: waits ?? null });
      else if (waits) line(`${sequence} is still parked: ${waits.code}, event ${waits.eventId}`);
      else line(`${sequence} is no longer parked.`);
      if (waits) terminal().exitCode = 1;
    });

export const command: ActionGroup = {
  actions: {
    list: action({
      description: 'List the parked sequences, each with the event that could not be handled.',
      example: '',
      run: (_, { json }) =>
        Session.use(async (session) => {
          await session.catchUp();
          const parked = await session.runner.parked();
          if (json) return printJson(parked);
          printTable(
            ['follower', 'sequence', 'position', 'event', 'code', 'what'],
            parked.map(({ follower, sequence, position, eventId, code, message }) => [
              ...[follower, sequence, position, eventId, code, message],
            ]),
          );
        }),
    }),
    retry: action({
      description: 'Retry the event; exit code 1 if it still cannot be handled.',
      words,
      example: 'leads-v1-1 ada',
      run: decide('retryParked'),
    }),
    discard: action({
      description: 'Skip the event and continue with the next one.',
      words,
      example: 'leads-v1-1 ada',
      run: decide('discardParked'),
    }),
  },
};
