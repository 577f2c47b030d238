import type { ErasedLeads } from '@baton/leads';
import { deals, type Deal } from '@baton/opportunities';
import { isBehind, visitRows, type Limits, type Ranges } from './evaluate.rules';
import type { Fact } from './fact.rules';
import type { Figure } from './figure.rules';
import type { Slice } from './slice.rules';

/** Bytes of an entry with some ids. */
const ENTRY_BYTES = 200;

/** Who ever had a role in a deal. */
class DealPeople {
  private readonly people = new Map<string, readonly string[]>();

  get bytes(): number {
    return this.people.size * ENTRY_BYTES;
  }
  put(id: string, { roles }: Deal): void {
    this.people.set(
      id,
      roles.map(({ leadId }) => leadId),
    );
  }
  retain(): void {
    // a deal is never removed
  }
  of(opportunityId: string): readonly string[] {
    return this.people.get(opportunityId) ?? [];
  }
}
export const dealPeople = { of: deals, empty: () => new DealPeople() };

/** The erased people whom a row of a fact is about, each as the lead that the person is counted as. */
export type ErasedPeopleOf = (fact: Fact, entityId: string) => readonly string[];
export const nobodyErased: ErasedPeopleOf = () => [];
/** @param people those of deals; of other rows the entity is the person */
export const erasedPeopleBy =
  (erased: ErasedLeads, people: DealPeople): ErasedPeopleOf =>
  ({ entity }, entityId) =>
    (entity === 'Lead' ? [entityId] : people.of(entityId)).flatMap((leadId) => erased.personOf(leadId) ?? []);

/** The rows that a figure is made of: of a ratio those of either side, of one that is made of others those of each. */
const visitBehind = (
  figure: Figure,
  sliceOfFigure: (figure: Figure) => Slice,
  ranges: Ranges,
  limits: Limits,
  visitorOf: (fact: Fact, slice: Slice) => ((row: number, group: number) => void) | undefined,
): void => {
  const { value, rows } = figure;
  if (value.kind === 'derived') {
    for (const part of value.parts) visitBehind(part, sliceOfFigure, ranges, limits, visitorOf);
    return;
  }
  const slice = sliceOfFigure(figure);
  const sides = value.kind === 'ratio' ? (['denominator', 'numerator'] as const) : (['denominator'] as const);
  const tests = sides.map((side) => isBehind(value, side, slice, limits));
  const visit = visitorOf(rows.fact, slice);
  if (!visit) return;
  visitRows(rows, slice, ranges, (row, group) => {
    if (tests.some((test) => test(row))) visit(row, group);
  });
};

/** How many erased people each group of a figure contains; a group without one is absent. */
export const erasedByGroup = (
  figure: Figure,
  sliceOfFigure: (figure: Figure) => Slice,
  ranges: Ranges,
  limits: Limits,
  erasedPeopleOf: ErasedPeopleOf,
): ReadonlyMap<number, number> => {
  if (erasedPeopleOf === nobodyErased) return new Map();
  const found = new Map<number, Set<string>>();
  visitBehind(figure, sliceOfFigure, ranges, limits, (fact, { rows }) => (row, group) => {
    for (const person of erasedPeopleOf(fact, rows.entities[row]!))
      found.set(group, (found.get(group) ?? new Set()).add(person));
  });
  return new Map([...found].map(([group, people]) => [group, people.size]));
};

/** The versions of definitions that decided the rows of a figure, where its facts name them; in order. */
export const definitionsBehind = (
  figure: Figure,
  sliceOfFigure: (figure: Figure) => Slice,
  ranges: Ranges,
  limits: Limits,
): readonly string[] => {
  const found = new Set<string>();
  visitBehind(figure, sliceOfFigure, ranges, limits, (_, { rows }) => {
    const column = rows.texts['definition'];
    if (!column) return undefined;
    const { codes, words } = column;
    return (row) => {
      if (codes[row]! >= 0) found.add(words[codes[row]!]!);
    };
  });
  return [...found].sort();
};
