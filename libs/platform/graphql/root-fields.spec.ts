import { Refused, type Role } from '@baton/kernel';
import { trace } from '@opentelemetry/api';
import { GraphQLObjectType, GraphQLSchema, GraphQLString, type GraphQLFieldResolver } from 'graphql';
import { RootFields } from './root-fields';

const answer = jest.fn((_source: unknown, _args: unknown) => 'the answer');
const roots = new RootFields(
  { waitFor: () => Promise.resolve(), saveChanges: () => Promise.resolve() } as never,
  { recordedAt: () => Promise.resolve('2024-03-02T00:00:00.000Z') } as never,
  {
    assertPosition: (position, path) => {
      if (!/^\d*$/.test(position)) throw new Refused('log/not-a-position', 'It is none.', path);
    },
  },
);
const schemaOf = (extensions: Readonly<Record<string, unknown>>) => {
  const fields = { it: { type: GraphQLString, extensions, resolve: answer, subscribe: answer as never } };
  const root = (name: string) => new GraphQLObjectType({ name, fields });
  return roots.before(
    new GraphQLSchema({
      query: root('Query'),
      mutation: root('Mutation'),
      subscription: root('Subscription'),
    }),
  );
};
const schema = schemaOf({ allowed: ['analyst'] });

type Operation = 'query' | 'mutation' | 'subscription';
interface Situation {
  readonly isGone?: boolean;
  readonly context?: object;
  readonly of?: GraphQLSchema;
}
/** Asks the field at the root of an operation, as GraphQL does. */
const ask = (
  operation: Operation,
  args: object = {},
  { isGone = false, context = { caller: { actor: 'ann', roles: ['analyst'] } }, of = schema }: Situation = {},
): Promise<unknown> => {
  const parentType = of.getRootType(operation as never)!;
  const { resolve, subscribe } = parentType.getFields()['it']!;
  const field = (operation === 'subscription' ? subscribe : resolve) as GraphQLFieldResolver<unknown, unknown>;
  const info = { operation: { operation }, parentType } as never;
  return field(undefined, args, { ...context, reply: { raw: { destroyed: isGone } } }, info) as Promise<unknown>;
};
beforeEach(() => answer.mockClear());

describe('a field at the root', () => {
  it.each<[Operation]>([['query'], ['mutation'], ['subscription']])('of a %s is answered', async (operation) => {
    expect(await ask(operation)).toBe('the answer');
    expect(answer).toHaveBeenCalledTimes(1);
  });

  it.each<[Operation]>([['query'], ['mutation'], ['subscription']])(
    'of a %s is for callers with one of its roles',
    async (operation) => {
      const as = (...roles: readonly Role[]) => ask(operation, {}, { context: { caller: { actor: 'bob', roles } } });
      await expect(as('sales')).rejects.toMatchObject({ code: 'access/denied' });
      await expect(as()).rejects.toMatchObject({ code: 'access/denied' });
      await expect(ask(operation, {}, { context: {} })).rejects.toMatchObject({ code: 'access/unauthenticated' });
      const refusal = new Error('the key is not taken');
      await expect(ask(operation, {}, { context: { refusal } })).rejects.toBe(refusal);
      expect(answer).not.toHaveBeenCalled();
      expect(await as('sales', 'admin')).toBe('the answer');
    },
  );

  it('that does not say who may use it is denied', async () => {
    for (const operation of ['query', 'mutation', 'subscription'] as const)
      await expect(ask(operation, {}, { of: schemaOf({}) })).rejects.toMatchObject({ code: 'access/denied' });
    expect(answer).not.toHaveBeenCalled();
  });

  it('is answered in a span with its name, and refused without', async () => {
    const names: string[] = [];
    const span = { end: () => names.push('end'), setStatus: () => undefined };
    const startActiveSpan = (name: string, _: unknown, run: (one: unknown) => unknown) => {
      names.push(name);
      return run(span);
    };
    trace.setGlobalTracerProvider({ getTracer: () => ({ startActiveSpan }) as never });
    try {
      await ask('mutation');
      await expect(ask('query', {}, { context: {} })).rejects.toMatchObject({ code: 'access/unauthenticated' });
      expect(names).toEqual(['graphql Mutation.it', 'end']);
    } finally {
      trace.disable();
    }
  });

  it('of a query begins in a turn of its own', async () => {
    const answered = [ask('query'), ask('query')];
    const seen: number[] = [];
    while (answer.mock.calls.length < 2) {
      await new Promise(setImmediate);
      seen.push(answer.mock.calls.length);
    }
    await Promise.all(answered);
    expect(seen).toEqual([1, 2]);
  });

  it.each([
    [{ happenedBy: '2024-03-31' }, 'Europe/Berlin', { happenedBy: '2024-03-31T21:59:59.999Z' }], // a day of 23 hours
    [{ knownBy: '2024-01-17' }, undefined, { knownBy: '2024-01-17T23:59:59.999Z' }],
    [{ knownBy: '2024-01-17', timeZone: 'Asia/Tokyo' }, 'UTC', { knownBy: '2024-01-17T14:59:59.999Z' }],
    [{ happenedBy: '2024-01-17T10:00:00.000Z' }, 'UTC', { happenedBy: '2024-01-17T10:00:00.000Z' }],
    [{ knownAt: '7' }, undefined, { knownAt: '7', now: '2024-03-02T00:00:00.000Z' }],
    [{ knownAt: '7', happenedBy: '2024-01-17' }, 'UTC', { knownAt: '7', happenedBy: '2024-01-17T23:59:59.999Z' }],
  ])('of a query with the cut %j, asked in %s, is answered as of %j', async (asOf, timeZone, cut) => {
    const shared = { ...asOf };
    await ask('query', { asOf: shared, timeZone });
    expect([(answer.mock.calls[0]![1] as { asOf: object }).asOf, shared]).toEqual([cut, asOf]);
  });

  it('of a query in an unknown zone is refused', async () => {
    const asked = ask('query', { asOf: { happenedBy: '2024-01-17', timeZone: 'Mars/Base' } });
    await expect(asked).rejects.toMatchObject({ code: 'time/unknown-zone' });
  });

  it.each<[Operation, object, string]>([
    ['query', { atLeast: 'x' }, 'atLeast'],
    ['query', { asOf: { knownAt: 'x' } }, 'asOf.knownAt'],
    ['query', { asOf: { knownAt: 'x', happenedBy: '2024-01-17' } }, 'asOf.knownAt'],
    ['subscription', { after: 'x' }, 'after'],
  ])('of a %s with the position %j is refused, with the place of the argument', async (operation, args, path) => {
    await expect(ask(operation, args)).rejects.toMatchObject({ code: 'log/not-a-position', path });
    expect(answer).not.toHaveBeenCalled();
  });

  it('takes what is no position where there are cursors, and where the log begins', async () => {
    expect(await ask('query', { after: 'x' })).toBe('the answer');
    expect(await ask('subscription', { after: '' })).toBe('the answer');
  });

  it('of a query does not begin when its caller has left', async () => {
    await expect(ask('query', {}, { isGone: true })).rejects.toMatchObject({ code: 'query/cancelled' });
    expect(answer).not.toHaveBeenCalled();
  });

  it('of a mutation is done all the same', async () => {
    expect(await ask('mutation', {}, { isGone: true })).toBe('the answer');
  });
});
