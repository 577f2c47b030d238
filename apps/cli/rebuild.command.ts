import { parseOneOf } from './arguments';
import { single } from './command';
import { countOf, line, printJson, Progress } from './output';
import { Session } from './session';

export const command = single({
  words: { 'readModel?': 'name of the read model; without it all of them' },
  example: 'deals',
  run: async ([name], { json }) => {
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
  },
});
