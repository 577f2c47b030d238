import { Refused, type ValueFilter } from '@baton/kernel';

interface FilterOptions {
  /** Values by field. */
  readonly filter?: Readonly<Record<string, readonly string[]>>;
  readonly none?: readonly string[];
}

/** `owner=ann,bob` @throws Refused `cli/bad-argument` */
export const filterOf = (text: string): Record<string, readonly string[]> => {
  const at = text.indexOf('=');
  if (at < 1)
    throw new Refused('cli/bad-argument', '--filter must be a field and its values, such as owner=ann,bob.', 'filter');
  return { [text.slice(0, at)]: text.slice(at + 1).split(',') };
};

/**
 * The filters of a report, as GraphQL's `TextFilter`: `--filter owner=ann,bob`, `--none owner` for those without one.
 * @throws Refused `cli/unknown-filter` for a field that the report cannot be filtered by
 */
export const filtersOf = <K extends string>(
  { filter = {}, none = [] }: FilterOptions,
  fields: readonly K[],
): { readonly [field in K]?: ValueFilter } => {
  const strange = [...Object.keys(filter), ...none].find((name) => !fields.some((field) => field === name));
  if (strange !== undefined) {
    const known = fields.length === 0 ? 'none' : fields.join(', ');
    throw new Refused(
      'cli/unknown-filter',
      `This report cannot be filtered by ${strange}; its filters are: ${known}.`,
      strange,
    );
  }
  const wanted = fields.flatMap((field) => {
    const values = filter[field];
    const without = none.includes(field);
    return values || without ? [[field, { ...(values && { in: values }), none: without }]] : [];
  });
  return Object.fromEntries(wanted) as { readonly [field in K]?: ValueFilter };
};
