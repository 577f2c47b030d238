import { Client, fetchExchange, subscriptionExchange, type ClientOptions } from '@urql/core';
import { createClient as createSocket, type ClientOptions as SocketOptions } from 'graphql-ws';

export interface Connection {
  readonly client: Client;
  /** Closes the connection of the subscriptions. */
  readonly close: () => void;
}

/**
 * Connects to Baton: queries and mutations by POST, subscriptions over one WebSocket. Without a cache, so that each
 * answer is as new as its `atLeast` asks for.
 * @param url   where the server listens, `https://baton.example.com`
 * @param key   a bearer key made by `baton keys create`, or a token of the issuer
 * @param socket for Node before version 22, which has no WebSocket of its own: `{ webSocketImpl: WebSocket }` of `ws`
 */
export const connect = (url: string, key: string, socket: Pick<SocketOptions, 'webSocketImpl'> = {}): Connection => {
  const authorization = `Bearer ${key}`;
  const subscriptions = createSocket({
    ...socket,
    url: `${url.replace(/^http/, 'ws')}/graphql`,
    connectionParams: { authorization },
  });
  const exchanges: ClientOptions['exchanges'] = [
    fetchExchange,
    subscriptionExchange({
      forwardSubscription: ({ query = '', variables }) => ({
        subscribe: (sink) => ({ unsubscribe: subscriptions.subscribe({ query, variables }, sink) }),
      }),
    }),
  ];
  const client = new Client({
    url: `${url}/graphql`,
    preferGetMethod: false, // Baton takes no GET
    fetchOptions: { headers: { authorization } },
    exchanges,
  });
  return { client, close: () => void subscriptions.dispose() };
};
