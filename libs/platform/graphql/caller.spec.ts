import type { ExecutionContext } from '@nestjs/common';
import { GraphQLObjectType, GraphQLString } from 'graphql';
import { ReadYourWrites } from './caller';

/** A field at the root of an operation, as Nest asks an interceptor about it. */
const field = (operation: string, isGone: boolean, asked: object = {}) => {
  const context = { caller: { actor: 'ann' }, reply: { raw: { destroyed: isGone } } };
  const parentType = new GraphQLObjectType({ name: 'Root', fields: { it: { type: GraphQLString } } });
  const info = { operation: { operation }, fieldName: 'it', parentType };
  const args = [undefined, asked, context, info];
  return {
    getType: () => 'graphql',
    getArgs: () => args,
    getClass: () => Object,
    getHandler: () => () => undefined,
  } as unknown as ExecutionContext;
};

describe('a field at the root', () => {
  const next = { handle: jest.fn() };
  const interceptor = new ReadYourWrites(
    { waitFor: () => Promise.resolve() } as never,
    {
      recordedAt: () => Promise.resolve('2024-03-02T00:00:00.000Z'),
    } as never,
  );
  beforeEach(() => next.handle.mockClear());

  it('of a query begins in a turn of its own', async () => {
    const answered = interceptor.intercept(field('query', false), next);
    await Promise.resolve();
    expect(next.handle).not.toHaveBeenCalled();
    await answered;
    expect(next.handle).toHaveBeenCalledTimes(1);
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
    const args = { asOf: shared, timeZone };
    await interceptor.intercept(field('query', false, args), next);
    expect([args.asOf, shared]).toEqual([cut, asOf]);
  });

  it('of a query in an unknown zone is refused', async () => {
    const asked = field('query', false, { asOf: { happenedBy: '2024-01-17', timeZone: 'Mars/Base' } });
    await expect(interceptor.intercept(asked, next)).rejects.toMatchObject({ code: 'time/unknown-zone' });
  });

  it('of a query does not begin when its caller has left', async () => {
    const left = interceptor.intercept(field('query', true), next);
    await expect(left).rejects.toMatchObject({ code: 'query/cancelled' });
    expect(next.handle).not.toHaveBeenCalled();
  });

  it('of a mutation is done all the same', async () => {
    await interceptor.intercept(field('mutation', true), next);
    expect(next.handle).toHaveBeenCalledTimes(1);
  });
});
