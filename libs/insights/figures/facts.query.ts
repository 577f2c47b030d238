import type { Projection } from '@baton/kernel';
import type { ReadModels } from '@baton/platform/documents';
import type { Fact, PackedRows } from './fact.rules';
import type { RowsOfFact } from './slice.rules';

/** The facts, and those that they are made of. */
const withSources = (facts: readonly Fact[]): readonly Fact[] =>
  facts.flatMap((fact) => ('facts' in fact.source ? [...withSources(fact.source.facts), fact] : [fact]));

/** The read models that the rows of facts come from. */
export const projectionsOf = (facts: readonly Fact[]): readonly Projection[] =>
  withSources(facts).flatMap(({ source }) => ('of' in source ? [source.of] : []));

interface MadeRows {
  readonly sources: readonly PackedRows[];
  readonly versions: readonly number[];
  readonly rows: PackedRows;
}
/** The rows that were made of others, kept as long as their first source is. */
const made = new WeakMap<PackedRows, Map<Fact, MadeRows>>();
const isSame = <T>(a: readonly T[], b: readonly T[]): boolean => a.every((one, place) => one === b[place]);

/** The packed rows of facts. What follows must not wait: the rows are those of one moment. */
export const rowsOfFacts = async (models: ReadModels, facts: readonly Fact[]): Promise<RowsOfFact> => {
  const packed = new Map<Fact, PackedRows>();
  for (const fact of new Set(withSources(facts)))
    if ('of' in fact.source) packed.set(fact, await models.columns(fact.source));
  const rowsOf: RowsOfFact = (fact) => {
    if ('of' in fact.source) return packed.get(fact)!;
    const sources = fact.source.facts.map(rowsOf);
    const versions = sources.map(({ version }) => version);
    const kept = made.get(sources[0]!) ?? new Map<Fact, MadeRows>();
    made.set(sources[0]!, kept);
    const known = kept.get(fact);
    if (known && isSame(known.sources, sources) && isSame(known.versions, versions)) return known.rows;
    const rows = fact.source.rows(sources);
    kept.set(fact, { sources, versions, rows });
    return rows;
  };
  return rowsOf;
};
