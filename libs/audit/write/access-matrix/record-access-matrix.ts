import { randomUUID } from 'node:crypto';
import type { CommandBus } from '@nestjs/cqrs';
import { Refused, type Outcome } from '@baton/kernel';
import { MATRIX_ID, ToAccessMatrix } from './access-matrix.events';
import { grantsOf, type AccessRule } from './access-matrix.rules';

/**
 * Records the access matrix that a server is about to answer by, unless it is the one recorded last: who may read what is
 * then a fact of the log like any other. Servers that start at the same time record one after the other.
 * @param release the version of the code that declares the rules
 * @throws errors of the log: the server must not answer by a matrix that nobody could look up later
 */
export const recordAccessMatrix = async (
  bus: CommandBus,
  { release, rules }: { readonly release: string; readonly rules: readonly AccessRule[] },
): Promise<void> => {
  // A new id each time: a matrix that comes back after another one is a change, and no repetition.
  const meta = { commandId: randomUUID(), actor: 'policy:access-matrix', origin: 'system' } as const;
  const data = { matrixId: MATRIX_ID, release, grants: grantsOf(rules) };
  const command = new ToAccessMatrix(MATRIX_ID, { type: 'RecordAccessMatrix', data, meta });
  const outcome = await bus.execute<ToAccessMatrix, Outcome>(command);
  if (outcome instanceof Refused) throw outcome;
};
