import { Documents, EventLog, KeyStore } from '@baton/kernel';
import type { Served } from './baton';

/** The calls that read; those of followers and leases are others. */
const reads = [
  [Documents, ['getMany', 'find', 'count', 'aggregate']],
  [EventLog, ['read', 'readAll', 'revisionOf']],
  [KeyStore, ['find', 'secret', 'secrets']],
] as const;

/** Counts the calls of the stores of a server during some work: `Documents.find deals-v3`, `EventLog.read` … */
export const storeCallsOf = async (served: Served, work: () => Promise<unknown>): Promise<readonly string[]> => {
  const calls: string[] = [];
  const spies = reads.flatMap(([port, methods]) => {
    const store = served.app.get<Record<string, (...given: unknown[]) => unknown>>(port);
    return methods.map((method) => {
      const call = store[method]!.bind(store) as (...given: unknown[]) => unknown;
      return jest.spyOn(store, method).mockImplementation((...given: unknown[]) => {
        const { name } = given[0] as { readonly name?: string };
        calls.push(name === undefined ? `${port.name}.${method}` : `${port.name}.${method} ${name}`);
        return call(...given);
      });
    });
  });
  try {
    await work();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return calls;
};
