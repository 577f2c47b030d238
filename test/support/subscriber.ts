import type { AddressInfo } from 'node:net';
import { createClient, type Client } from 'graphql-ws';
import type { ExecutionResult } from 'graphql';
import { WebSocket } from 'ws';
import type { Served } from './baton';

/** The messages of a subscription. */
export interface Heard {
  readonly answers: Record<string, unknown>[];
  readonly codes: string[];
  /** Waits for that many answers. */
  readonly until: (count: number) => Promise<Record<string, unknown>[]>;
  readonly over: Promise<void>;
  readonly stop: () => void;
}

/** Where a server listens for subscribers. */
export const socketOf = ({ app }: Served): string =>
  `ws://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}/graphql`;

/** A connection that is opened with the first subscription; the caller disposes of it. */
export const subscriber = (
  url: string,
  authorization: string | undefined,
  closed?: (code: number, reason: string) => void,
  more: Readonly<Record<string, string>> = {},
): Client =>
  createClient({
    url,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    lazy: true,
    connectionParams: { ...(authorization && { authorization }), ...more },
    on: {
      closed: (event) => {
        const { code, reason } = event as { code: number; reason: string };
        closed?.(code, reason);
      },
    },
  });

/** Subscribes, and keeps the first field of each message and the code of each error. */
export const listen = (client: Client, query: string, variables: Record<string, unknown> = {}): Heard => {
  const answers: Record<string, unknown>[] = [];
  const codes: string[] = [];
  const waiting: { count: number; tell: () => void }[] = [];
  let stop = () => {};
  const over = new Promise<void>((resolve) => {
    stop = client.subscribe<Record<string, unknown>>(
      { query, variables },
      {
        next: ({ data, errors }) => {
          for (const { extensions } of errors ?? []) codes.push(String(extensions?.['code']));
          if (data) answers.push(Object.values(data)[0] as Record<string, unknown>);
          for (const { count, tell } of waiting) if (answers.length >= count) tell();
        },
        error: (error) => {
          if (Array.isArray(error))
            codes.push(...error.map(({ extensions }: { extensions?: { code?: string } }) => String(extensions?.code)));
          resolve();
        },
        complete: resolve,
      },
    );
  });
  const until = (count: number) =>
    new Promise<Record<string, unknown>[]>((resolve) => {
      const tell = () => resolve(answers.slice(0, count));
      if (answers.length >= count) tell();
      else waiting.push({ count, tell });
    });
  return { answers, codes, until, over, stop };
};

/** The first message of a subscription, or the errors with which it ends. */
export const firstOf = (client: Client, query: string): Promise<ExecutionResult<Record<string, unknown>>> =>
  new Promise((resolve, reject) => {
    const stop = client.subscribe<Record<string, unknown>>(
      { query },
      {
        next: (result) => {
          resolve(result as ExecutionResult<Record<string, unknown>>);
          stop();
        },
        error: (error) => (Array.isArray(error) ? resolve({ errors: error }) : reject(error as Error)),
        complete: () => reject(new Error('There was no message.')),
      },
    );
  });
