import { firstTouches, type Method } from '@baton/attribution';
import {
  definitionOf,
  definitions,
  inForceAt,
  listDefinitions,
  type DefinitionKind,
  type DefinitionOf,
} from '@baton/definitions';
import { fromMs, toMs, type Instant, type Projection } from '@baton/kernel';
import type { ReadModels } from '@baton/platform/documents';
import type { AnyFact, Fact, MadeFrom, PackedRows } from './fact.rules';
import { firstTouchFact } from './facts/first-touches.fact';
import type { RowsOfFact } from './slice.rules';

/** The facts whose columns are kept for others: those of a made fact are its sources. */
const packedFacts = (facts: readonly Fact[]): readonly Fact[] => [
  ...new Set(facts.flatMap((fact): readonly Fact[] => (fact.made ? packedFacts(fact.made.from) : [fact]))),
];
/** The kinds of definitions that facts depend on. */
const kindsOf = (facts: readonly Fact[]): readonly DefinitionKind[] => [
  ...new Set(facts.flatMap(({ made }) => (made ? [...made.definitions, ...kindsOf(made.from)] : []))),
];
/** The read models that the rows of facts come from. */
export const projectionsOf = (facts: readonly Fact[]): readonly Projection[] => [
  ...packedFacts(facts).map(({ columns }) => columns.of),
  ...(kindsOf(facts).length > 0 ? [definitions] : []),
];

const definitionsOfFacts = async (models: ReadModels, facts: readonly Fact[]): Promise<MadeFrom['definitionAt']> => {
  const versions = new Map<DefinitionKind, Awaited<ReturnType<typeof listDefinitions>>>();
  for (const kind of kindsOf(facts)) versions.set(kind, await listDefinitions(models, { kind }));
  const made = new Map<object, unknown>();
  return <K extends DefinitionKind>(kind: K, at: number) => {
    const version = inForceAt(versions.get(kind)!, fromMs(at));
    if (version && !made.has(version)) made.set(version, definitionOf(kind, version.number, version.body));
    return version && (made.get(version) as DefinitionOf<K>);
  };
};

/** When a question is asked, and whose days it counts. */
export interface Moment {
  readonly at: Instant;
  readonly timeZone: string;
}
/** The rows of facts for periods with these ends, in milliseconds. */
export type RowsAtEnds = (ends: readonly number[]) => RowsOfFact;
/** The rows of facts, and what those of made facts are made from, for reports that show more of them. */
export interface ReadFacts {
  readonly rowsAt: RowsAtEnds;
  readonly madeAt: (ends: readonly number[]) => MadeFrom;
}
/**
 * The rows of facts. What follows must not wait: they are of one moment.
 * @param method how touches are weighed and classified; needed for `firstTouchFact` only
 */
export const rowsOfFacts = async (
  models: ReadModels,
  facts: readonly Fact[],
  method: Method | undefined,
  { at, timeZone }: Moment,
): Promise<ReadFacts> => {
  const definitionAt = await definitionsOfFacts(models, facts);
  const rows = new Map<AnyFact, PackedRows>();
  if (method) rows.set(firstTouchFact, firstTouchFact.pack(await firstTouches(models, method, at)));
  for (const fact of packedFacts(facts)) rows.set(fact, await models.columns(fact.columns));
  const known = new Map<string, MadeFrom>();
  const madeAt = (ends: readonly number[]): MadeFrom => {
    const before = known.get(ends.join());
    if (before) return before;
    const made = new Map<AnyFact, PackedRows>();
    const rowsOf: RowsOfFact = (fact) => {
      const found = rows.get(fact) ?? made.get(fact);
      if (found) return found;
      const its = (fact as Fact).made!.rows(from);
      made.set(fact, its);
      return its;
    };
    const from: MadeFrom = { rowsOf, ends, at: toMs(at), timeZone, definitionAt };
    known.set(ends.join(), from);
    return from;
  };
  return { madeAt, rowsAt: (ends) => madeAt(ends).rowsOf };
};
