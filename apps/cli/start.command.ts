import type { INestApplicationContext } from '@nestjs/common';
import { EventLog, field, START } from '@baton/kernel';
import { Access } from '@baton/platform/access';
import { single } from './command';
import { line, printJson } from './output';
import { localActor } from './session';
import type { Config } from '@baton/platform/config';
import { configOfTerminal } from './terminal';

/** The first start on the embedded log creates an admin key for the local user; it is printed once. */
export const firstKey = async (app: INestApplicationContext): Promise<string | undefined> => {
  // A page may be empty before the end of a long log.
  for await (const { events, atTip } of app.get(EventLog).follow(START, { types: ['KeyIssued'] }, { limit: 1 })) {
    if (events.length > 0) return undefined;
    if (atTip) break;
  }
  return (await app.get(Access).issue('local-admin', ['admin'], localActor())).token;
};

/** The last lines of a start: the key, the links, and the next step. */
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

/** Serves until a signal ends the process. */
export const serveUntilStopped = async (json: boolean): Promise<void> => {
  const config = configOfTerminal();
  // Imported here because no other command needs GraphQL and its server.
  const { serve } = await import('../api/serve.js');
  const app = await serve(config);
  const token = config.eventStoreUrl ? undefined : await firstKey(app);
  const url = (await app.getUrl()).replace('[::1]', 'localhost');
  if (json) printJson({ url: `${url}/graphql`, ...(token && { token }) });
  else for (const text of welcome(url, token, config)) line(text);
  await new Promise<never>(() => undefined); // a signal ends the process through Nest's shutdown hooks
};

export const command = single({
  options: { json: field.flag('Print the address as JSON.', { optional: true }) },
  example: '',
  run: (_, { json = false }) => serveUntilStopped(json),
});
