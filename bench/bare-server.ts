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
  Kind,
  parse,
  type GraphQLOutputType,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';

/**
 * A process with Fastify and Apollo as their own pages start them, and nothing else: it answers with the data of an
 * answer that its parent has sent, from memory, field by field.
 */
type Data = Readonly<Record<string, unknown>>;

/** @param selection what is asked of it, for lists that are empty */
const typeOf = (
  name: string,
  samples: readonly unknown[],
  { selectionSet }: { readonly selectionSet?: SelectionSetNode | undefined },
): GraphQLOutputType => {
  const stated = samples.filter((one) => one !== null && one !== undefined);
  const [first] = stated;
  if (Array.isArray(first)) return new GraphQLList(typeOf(name, stated.flat() as unknown[], { selectionSet }));
  if (selectionSet) return objectOf(name, stated as Data[], selectionSet);
  if (typeof first === 'number')
    return stated.every(Number.isInteger) && Math.abs(first) < 2 ** 31 ? GraphQLInt : GraphQLFloat;
  return typeof first === 'boolean' ? GraphQLBoolean : GraphQLString;
};
const objectOf = (name: string, samples: readonly Data[], { selections }: SelectionSetNode): GraphQLObjectType => {
  const fields = selections.flatMap((field) => {
    if (field.kind !== Kind.FIELD) throw new Error(`${field.kind} is asked of ${name}; ask for fields.`);
    const key = (field.alias ?? field.name).value;
    const its = samples.map((one) => one[key]);
    return [[key, { type: typeOf(`${name}_${key}`, its, field) }] as const];
  });
  return new GraphQLObjectType({ name, fields: Object.fromEntries(fields) });
};

const begin = async (): Promise<void> => {
  const app = fastify();
  let handle: RouteHandlerMethod | undefined;
  app.route({ url: '/graphql', method: 'POST', handler: (request, reply) => handle!.call(app, request, reply) });
  await app.listen({ port: 0, host: '127.0.0.1' });
  process.on('message', ({ query, answer }: { readonly query: string; readonly answer: string }) => {
    const { data } = JSON.parse(answer) as { readonly data: Data };
    const [operation] = parse(query).definitions as [OperationDefinitionNode];
    const server = new ApolloServer({
      schema: new GraphQLSchema({ query: objectOf('Query', [data], operation.selectionSet) }),
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
