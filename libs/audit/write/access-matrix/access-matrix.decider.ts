import { contentHash, decider } from '@baton/kernel';
import {
  accessMatrixCommands,
  accessMatrixEvents,
  type AccessMatrixCommand,
  type AccessMatrixEvent,
} from './access-matrix.events';
import { changeOf, withChange, type AccessGrant } from './access-matrix.rules';

/** The access matrix in force. */
interface Matrix {
  readonly grants: readonly AccessGrant[];
}

/** The change of the access matrix from one start to the next; the same matrix, from however many servers, is no change. */
export const accessMatrixDecider = decider<Matrix, AccessMatrixCommand, AccessMatrixEvent>({
  commands: accessMatrixCommands,
  events: accessMatrixEvents,
  initialState: () => ({ grants: [] }),
  decide: {
    RecordAccessMatrix: ({ grants: before }, { data: { grants, ...data } }) => {
      const { granted, removed } = changeOf(before, grants);
      const changes = removed.length + granted.reduce((sum, { names }) => sum + names.length, 0);
      if (changes === 0) return [];
      const digest = contentHash(withChange(before, { granted, removed }));
      return [
        {
          type: 'AccessMatrixChanged',
          data: { ...data, digest, changes, granted, removed },
        },
      ];
    },
  },
  evolve: {
    AccessMatrixChanged: ({ grants }, { data }) => ({ grants: withChange(grants, data) }),
  },
});
