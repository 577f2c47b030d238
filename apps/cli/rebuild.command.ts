import { Command, CommandRunner, Help, Option } from 'nest-commander';
import { parseOneOf } from './arguments';
import { countOf, line, printJson, Progress } from './output';
import { Session } from './session';

@Command({
  name: 'rebuild',
  arguments: '[readModel]',
  argsDescription: { readModel: 'name of the read model; without it all of them' },
  description: 'Rebuild a read model from the log beside the one in use, then switch to it.',
})
export class RebuildCommand extends CommandRunner {
  async run([name]: string[], { json }: { json?: boolean }): Promise<void> {
    await Session.use(async (session) => {
      const known = session.runner.readModels();
      if (name !== undefined) parseOneOf(name, known, 'readModel');
      await session.catchUp();
      const answers = [];
      for (const readModel of name ? [name] : known) {
        const progress = new Progress(`rebuild ${readModel}`, 'events');
        const answer = await session.runner.rebuild(readModel, (events) => progress.at(events));
        progress.done();
        answers.push({ readModel, ...answer });
        if (!json) line(`${readModel}: ${countOf(answer.events, 'event')} into ${answer.generation}`);
      }
      await session.catchUp();
      if (json) printJson(answers);
    });
  }

  @Option({ flags: '--json', description: 'Print the result as JSON.' })
  json() {
    return true;
  }
  @Help('after')
  example() {
    return '\nExample: baton rebuild deals';
  }
}
