import type { AddressInfo } from 'node:net';
import { ApolloServer } from '@apollo/server';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import { fastify, type RouteHandlerMethod } from 'fastify';
import {
  GraphQLBoolean,
  GraphQLFloat,
  GraphQLInt,
  GraphQLList,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
  type GraphQLOutputType,
} from 'graphql';

/**
 * A process with Fastify and Apollo as their own pages start them, and nothing else: it answers with the data of an
 * answer that its parent has sent, from memory, field by field.
 */
type Data = Readonly<Record<string, unknown>>;

const typeOf = (name: string, samples: readonly unknown[]): GraphQLOutputType => {
  const stated = samples.filter((one) => one !== null && one !== undefined);
  const [first] = stated;
  if (Array.isArray(first)) return new GraphQLList(typeOf(name, stated.flat() as unknown[]));
  if (typeof first === 'object') return objectOf(name, stated as Data[]);
  if (typeof first === 'number')
    return stated.every(Number.isInteger) && Math.abs(first) < 2 ** 31 ? GraphQLInt : GraphQLFloat;
  return typeof first === 'boolean' ? GraphQLBoolean : GraphQLString;
};
const objectOf = (name: string, samples: readonly Data[]): GraphQLObjectType => {
  const keys = [...new Set(samples.flatMap((one) => Object.keys(one)))];
  const fields = keys.map(
    (key) =>
      [
        key,
        {
          type: typeOf(
            `${name}_${key}`,
            samples.map((one) => one[key]),
          ),
        },
      ] as const,
  );
  return new GraphQLObjectType({ name, fields: Object.fromEntries(fields) });
};

const begin = async (): Promise<void> => {
  const app = fastify();
  let handle: RouteHandlerMethod | undefined;
  app.route({ url: '/graphql', method: 'POST', handler: (request, reply) => handle!.call(app, request, reply) });
  await app.listen({ port: 0, host: '127.0.0.1' });
  process.on('message', (text: string) => {
    const { data } = JSON.parse(text) as { readonly data: Data };
    const server = new ApolloServer({
      schema: new GraphQLSchema({ query: objectOf('Query', [data]) }),
      rootValue: data,
    });
    void server.start().then(() => {
      handle = fastifyApolloHandler(server) as RouteHandlerMethod;
      process.send!('ready');
    });
  });
  process.on('disconnect', () => process.exit());
  process.send!((app.server.address() as AddressInfo).port);
};
void begin();
