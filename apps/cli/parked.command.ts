import { Command, CommandRunner, Option } from 'nest-commander';
import type { ParkedSequence } from '@baton/kernel';
import { line, printJson, printTable } from './output';
import { localActor, Session } from './session';
import { terminal } from './terminal';

interface Options {
  json?: boolean;
}

@Command({
  name: 'parked',
  arguments: '<action> [follower] [sequence]',
  argsDescription: {
    action: 'list, retry or discard',
    follower: 'read model or policy, as listed',
    sequence: 'parked sequence, as listed',
  },
  description: 'List events that could not be handled; retry or discard them.',
})
export class ParkedCommand extends CommandRunner {
  async run([action, follower, sequence]: string[], { json }: Options): Promise<void> {
    await Session.use(async (session) => {
      await session.catchUp();
      if (action === 'list') return list(await session.runner.parked(), json);
      const decide = action === 'retry' ? 'retryParked' : 'discardParked';
      const waits = await session.runner[decide](follower!, sequence!, localActor());
      if (json) printJson({ follower, sequence, waits: waits ?? null });
      else
        line(
          waits
            ? `${sequence} is still parked: ${waits.code}, event ${waits.eventId}`
            : `${sequence} is no longer parked.`,
        );
      if (waits) terminal().exitCode = 1;
    });
  }

  @Option({ flags: '--json', description: 'Print the result as JSON.' })
  json() {
    return true;
  }
}

const list = (parked: readonly ParkedSequence[], json = false): void => {
  if (json) printJson(parked);
  else
    printTable(
      ['follower', 'sequence', 'position', 'event', 'code', 'what'],
      parked.map(({ follower, sequence, position, eventId, code, message }) => [
        follower,
        sequence,
        position,
        eventId,
        code,
        message,
      ]),
    );
};
