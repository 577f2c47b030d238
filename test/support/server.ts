import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Clock } from '@baton/kernel';
import { EmbeddedEventLog } from '@baton/platform/event-log';
import { root } from './baton';

/** A server that only reads a log needs no time. */
export const clock: Clock = { now: () => '2030-01-01T00:00:00.000Z' };
export const capture = (lead: string) =>
  `mutation { captureLead(commandId: "c-${lead}", input: { leadId: "${lead}", email: "${lead}@example.org" }) { __typename } }`;

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: {
    data?: Record<string, { __typename: string } | null> | null;
    errors?: { extensions: { code: string } }[];
  };
}
/**
 * Sends one GraphQL request, and returns the response with its status and headers.
 * @param more headers; `connection: close` prevents the use of a pooled connection, which may have been refused and is
 *   then not read for a while
 */
export const ask = async (
  url: string,
  token: string,
  query: string,
  more: Record<string, string> = {},
  variables: Readonly<Record<string, unknown>> = {},
): Promise<Answer> => {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...more };
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ query, variables }),
  });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Answer['body'] };
};

/** A request that the server has accepted and whose body does not end: it is in flight until its socket is closed. */
export const slowRequest = async (url: string): Promise<Socket> => {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(
    'POST /graphql HTTP/1.1\r\nhost: baton\r\ncontent-type: application/json\r\n' +
      'expect: 100-continue\r\ncontent-length: 99\r\n\r\n{',
  );
  const [answer] = (await once(socket, 'data')) as [Buffer]; // sent when the request is accepted
  if (!answer.toString().startsWith('HTTP/1.1 100 ')) throw new Error(answer.toString());
  return socket;
};

/** A server in a process of its own, and its output. */
export const started = async (dataDir: string, settings: Record<string, string> = {}) => {
  const child: ChildProcess = spawn(process.execPath, [join(root, 'apps/cli/baton.js'), 'start', '--json'], {
    cwd: dataDir,
    env: {
      ...process.env,
      BATON_EVENTSTORE_URL: '',
      BATON_MONGODB_URL: '',
      BATON_DATA_DIR: dataDir,
      BATON_PORT: '0',
      ...settings,
    },
  });
  let printed = '';
  let output = '';
  child.stderr!.on('data', (chunk: Buffer) => (output += chunk.toString()));
  // When it has ended and all that it printed has arrived.
  const ended = once(child, 'close') as Promise<[number | null, string | null]>;
  while (!printed.includes('\n')) {
    const chunk = await Promise.race([once(child.stdout!, 'data') as Promise<[Buffer]>, ended]);
    if (!(chunk[0] instanceof Buffer)) throw new Error(`it did not start: ${output}`);
    printed += chunk[0].toString();
  }
  const { url, token = '' } = JSON.parse(printed) as { url: string; token?: string };
  return { child, ended, url: url.replace('/graphql', ''), token, output: () => output };
};
/** Sends commands from several callers until the server is gone; acknowledged ones are kept. */
export const load = (url: string, token: string, acknowledged: Set<string>, callers = 16) =>
  Promise.all(
    Array.from({ length: callers }, async (_, caller) => {
      for (let n = 0; ; n++) {
        const lead = `lead${caller}x${n}`;
        try {
          const { body } = await ask(url, token, capture(lead));
          if (body.data?.['captureLead']?.__typename === 'Accepted') acknowledged.add(lead);
        } catch {
          return; // the connection is closed or refused: the server is gone
        }
      }
    }),
  );
export const openLog = (folder: string) => EmbeddedEventLog.open(join(folder, 'log.db'), clock);
