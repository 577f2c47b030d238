import { directory, stretchesOf, type Colleague } from '@baton/directory';
import { fact, instantOf, textOf, type DatedDimension } from '../fact.rules';

/** A time in which the entry of one of our own people did not change. */
export const colleagueFact = fact<Colleague, { readonly personId: string } & ReturnType<typeof stretchesOf>[number]>({
  name: 'colleagues',
  description: 'Our own people over time, as the directory knows them.',
  entity: 'Colleague',
  of: directory,
  rows: ({ personId, entries }) =>
    stretchesOf(entries).map((stretch, index) => ({
      id: `${personId}/${index}`,
      entity: personId,
      row: { personId, ...stretch },
    })),
  columns: {
    personId: textOf(({ personId }) => personId),
    from: instantOf(({ from }) => from),
    team: textOf(({ entry }) => entry.team),
    manager: textOf(({ entry }) => entry.manager),
  },
  dimensions: {},
});

/**
 * A dimension that the directory knows of whoever a column names, on the day of the row: the first of these instants that
 * is known. Without one it is as it stands.
 */
export const ofColleague = (through: string, at: readonly string[], column: 'team' | 'manager'): DatedDimension => ({
  ...{ through, at, column, fact: () => colleagueFact, key: 'personId', from: 'from' },
});
