import type { Field, Fields } from './fields';
import type { ReadModel } from './read-model';

/**
 * Fields that a context adds to the nodes of a read model, its own or that of an earlier context, with filters, orders and
 * facets in its lists. No fold makes them: they are computed for the instant of the question. Declared by `contribute` of
 * the platform.
 */
export interface Contribution {
  readonly to: ReadModel;
  readonly fields: Fields;
  /** The values of some documents, and for filters and orders the columns of all; see `contribute`. */
  readonly some: (models: never, documents: never, at: string) => unknown;
  readonly all?: (models: never, at: string) => unknown;
}

/** Kinds whose values fit a column of numbers. */
const numeric: ReadonlySet<Field['kind']> = new Set(['integer', 'largeInteger', 'number', 'enum']);

/**
 * The read model as its lists show it: with the fields that are contributed to it.
 * @throws Error when two fields have one name, or for a filter or an order by what is no number and no enumeration, or
 *   whose columns are not given
 */
export const withContributions = (model: ReadModel, contributions: readonly Contribution[]): ReadModel => {
  const { shown } = model;
  const fields: Record<string, Field> = { ...shown.fields };
  for (const contribution of contributions)
    for (const [name, field] of Object.entries(contribution.fields)) {
      if (name in fields || name in (shown.computed ?? {}))
        throw new Error(`Two fields of ${shown.node} are called ${name}; contribute one under another name.`);
      const { filter, sort, list } = field.options;
      if ((filter || sort) && (list || !numeric.has(field.kind) || !contribution.all))
        throw new Error(`Lists of ${shown.node} cannot be filtered or ordered by ${name} of kind ${field.kind}.`);
      fields[name] = field;
    }
  return { ...model, shown: { ...shown, fields } };
};
