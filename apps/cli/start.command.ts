import { Command, CommandRunner, Help, Option } from 'nest-commander';
import type { INestApplicationContext } from '@nestjs/common';
import { EventLog, START } from '@baton/kernel';
import { Access } from '@baton/platform/access';
import { line, printJson } from './output';
import { localActor } from './session';
import type { Config } from '@baton/platform/config';
import { configOfTerminal } from './terminal';

/** The first start on the embedded log makes a key for whoever sits at this machine; it is told once. */
export const firstKey = async (app: INestApplicationContext): Promise<string | undefined> => {
  // A page of a long log may be empty and yet not the last one.
  for await (const { events, atTip } of app.get(EventLog).follow(START, { types: ['KeyIssued'] }, { limit: 1 })) {
    if (events.length > 0) return undefined;
    if (atTip) break;
  }
  return (await app.get(Access).issue('local-admin', ['admin'], localActor())).token;
};

/** The last that a start prints: the key, the links, and what to do next. */
const welcome = (url: string, token: string | undefined, { production }: Config): string[] => {
  const explorer = production ? [] : [`GraphiQL  ${url}/graphiql`];
  const header = `{ "authorization": "Bearer ${token ?? '<your key>'}" }`;
  return [
    '',
    ...(token ? [`Your admin key, shown once:  ${token}`] : []),
    `GraphQL   ${url}/graphql`,
    ...explorer,
    production ? `Next: send ${header} with each request.` : `Next: open GraphiQL and put ${header} under Headers.`,
    ...(token ? [] : ['Another key: npm run -s baton -- keys create --label me --roles admin']),
    'Ctrl+C stops the server; npm start serves the same data again.',
  ];
};

/** Serves until the process is told to stop. */
export const serveUntilStopped = async (json: boolean): Promise<void> => {
  const config = configOfTerminal();
  // Loaded here: no other action needs GraphQL and its server.
  const { serve } = await import('../api/serve.js');
  const app = await serve(config);
  const token = config.eventStoreUrl ? undefined : await firstKey(app);
  const url = (await app.getUrl()).replace('[::1]', 'localhost');
  if (json) printJson({ url: `${url}/graphql`, ...(token && { token }) });
  else for (const text of welcome(url, token, config)) line(text);
  await new Promise<never>(() => undefined); // a signal ends the process through Nest's shutdown hooks
};

@Command({ name: 'start', description: 'Serve GraphQL and follow the log, in one process.' })
export class StartCommand extends CommandRunner {
  async run(_: string[], options: { json?: boolean }): Promise<void> {
    await serveUntilStopped(options.json ?? false);
  }

  @Option({ flags: '--json', description: 'Print the address as JSON.' })
  json() {
    return true;
  }

  @Help('after')
  example() {
    return '\nExample: BATON_PORT=4000 baton start';
  }
}
