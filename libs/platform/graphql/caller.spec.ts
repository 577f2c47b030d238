import type { ExecutionContext } from '@nestjs/common';
import { ReadYourWrites } from './caller';

/** A field at the root of an operation, as Nest asks an interceptor about it. */
const field = (operation: string, isGone: boolean) => {
  const context = { caller: { actor: 'ann' }, reply: { raw: { destroyed: isGone } } };
  const args = [undefined, {}, context, { operation: { operation } }];
  return {
    getType: () => 'graphql',
    getArgs: () => args,
    getClass: () => Object,
    getHandler: () => () => undefined,
  } as unknown as ExecutionContext;
};

describe('a field at the root', () => {
  const next = { handle: jest.fn() };
  const interceptor = new ReadYourWrites({ waitFor: () => Promise.resolve() } as never);
  beforeEach(() => next.handle.mockClear());

  it('of a query begins in a turn of its own', async () => {
    const answered = interceptor.intercept(field('query', false), next);
    await Promise.resolve();
    expect(next.handle).not.toHaveBeenCalled();
    await answered;
    expect(next.handle).toHaveBeenCalledTimes(1);
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
