import { projection, type Instant } from '@baton/kernel';
import type { AccessMatrixEvent } from '../../write/access-matrix/access-matrix.events';
import { withChange, type AccessGrant } from '../../write/access-matrix/access-matrix.rules';

/** The access matrix in force; one document of some 40 kB. */
export interface AccessMatrixDocument {
  readonly grants: readonly AccessGrant[];
  readonly digest: string;
  readonly release: string;
  readonly recordedAt: Instant;
  readonly firstRecordedAt: Instant;
}

export const accessMatrix = projection<AccessMatrixDocument, AccessMatrixEvent>({
  name: 'access-matrix',
  version: 1,
  keys: ({ data }) => [data.matrixId],
  initial: () => ({ grants: [], digest: '', release: '', recordedAt: '', firstRecordedAt: '' }),
  on: {
    AccessMatrixChanged: ({ grants, firstRecordedAt }, { data, occurredAt }) => ({
      ...{ digest: data.digest, release: data.release, recordedAt: occurredAt },
      firstRecordedAt: firstRecordedAt || occurredAt,
      grants: withChange(grants, data),
    }),
  },
});
