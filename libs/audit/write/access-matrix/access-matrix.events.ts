import {
  commands,
  events,
  flag,
  integer,
  list,
  object,
  oneOf,
  ref,
  roles,
  text,
  To,
  type CommandOf,
  type EventOf,
} from '@baton/kernel';

/** Some thousand names of 25 letters: far below the 1 MiB that an append can have. */
const NAMES = 20_000;
const matrixId = ref('matrix', 'The access matrix; there is one.');
const release = text('The version of the code that it is declared by.', { min: 1, max: 100 });
const name = text('`Query.leads`, `Mutation.captureLead`, `Export.log`, or a field: `Lead.email`.', {
  pattern: '^[A-Za-z]+\\.[A-Za-z0-9/-]{1,150}$',
  requirement: 'the name of a type and of its field, such as Lead.email',
});
const grants = (description: string) =>
  list(
    object({
      roles: list(oneOf(roles), 'The roles that may read or call it.', { max: roles.length }),
      personal: flag('Whether its values are personal: other roles are answered null.'),
      names: list(name, 'What they may read or call.', { max: NAMES }),
    }),
    description,
  );

// The event has what changed, and not the whole: a release changes a few of some thousand rows, the log keeps them for
// ever, and whoever reads it is shown the change itself. The first event has them all. The digest of the whole tells
// whether the matrix that follows from the events is the one that the code declared.
export const accessMatrixEvents = events({
  AccessMatrixChanged: {
    version: 1,
    description: 'A server started with another access matrix: who may read which field, and call which operation.',
    sentence: 'With release {release}, {changes} rules of who may read or call what changed',
    matrixId,
    release,
    digest: text('SHA-256 of the canonical JSON (RFC 8785) of the whole matrix, in hex.', {
      pattern: '^[0-9a-f]{64}$',
      requirement: 'a SHA-256 in hex',
    }),
    changes: integer('How many fields and operations changed.', { min: 1 }),
    granted: grants('What is new, or granted to other roles than before.'),
    removed: list(name, 'What there is no more.', { max: NAMES }),
  },
});
export type AccessMatrixEvent = EventOf<typeof accessMatrixEvents>;

export const accessMatrixCommands = commands('matrix', {
  RecordAccessMatrix: {
    description: 'Record the access matrix that a server starts with.',
    matrixId,
    release,
    grants: grants('The whole matrix.'),
  },
});
export type AccessMatrixCommand = CommandOf<typeof accessMatrixCommands>;
export class ToAccessMatrix extends To<AccessMatrixCommand> {}
/** The one stream: `matrix-access`. Not one of `access-<day>`, of which nothing follows that a question must wait for. */
export const MATRIX_ID = 'access';
