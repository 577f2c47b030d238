import { Command, CommandRunner, Help, Option } from 'nest-commander';
import { Progress } from '@baton/platform/health';
import { line, printJson, printTable } from './output';
import { Session } from './session';
import { terminal } from './terminal';

@Command({ name: 'status', description: 'How far every read model and policy has followed the log.' })
export class StatusCommand extends CommandRunner {
  async run(_: string[], { json, verify }: { json?: boolean; verify?: boolean }): Promise<void> {
    await Session.use(async (session) => {
      if (verify) await session.catchUp();
      const followers = await session.runner.status();
      const completeness = verify ? await session.runner.verify() : [];
      if (verify) await session.app.get(Progress).verified(completeness);
      if (json) printJson({ followers, ...(verify && { completeness }) });
      else {
        printTable(
          ['follower', 'kind', 'position', 'at tip', 'events', 'parked', 'run by'],
          followers.map(({ name, kind, position, atTip, count, parked, holder }) => [
            name,
            kind,
            position,
            atTip ? 'yes' : 'no',
            count,
            parked.length,
            holder ?? '',
          ]),
        );
        for (const { follower, complete, position, expected, counted } of completeness)
          line(
            complete ? `${follower}: complete up to ${position}` : `${follower}: saw ${counted} of ${expected} events`,
          );
      }
      if (completeness.some(({ complete }) => !complete)) terminal().exitCode = 1;
    });
  }

  @Option({ flags: '--verify', description: 'Recompute from the log what each read model must have seen.' })
  verify() {
    return true;
  }
  @Option({ flags: '--json', description: 'Answer as JSON.' })
  json() {
    return true;
  }
  @Help('after')
  example() {
    return '\nExample: baton status --verify';
  }
}
