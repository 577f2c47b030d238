import { Refused, type ClosedJournal, type Projection, type Where } from '@baton/kernel';

/** The refusal of a text without any term, blank or of punctuation only. */
export const nothingToFind = (field: string): Refused =>
  new Refused('read/nothing-to-find', 'The search text must contain at least one letter or digit.', field);

/**
 * The condition under which sealed fields say what is looked for: all terms of each text are there.
 * @param wanted by field of `projection.search`; absent ones are not looked for
 * @throws Refused `read/nothing-to-find` for a text without any term, blank or of punctuation only
 */
export const searchWhere = async (
  journal: ClosedJournal,
  { search }: Pick<Projection, 'search'>,
  wanted: Readonly<Record<string, string | null | undefined>>,
): Promise<Where> => {
  const where: Record<string, Where[string]> = {};
  for (const [field, text] of Object.entries(wanted)) {
    if (text === undefined || text === null) continue;
    const terms = search[field]!(text);
    if (terms.length === 0) throw nothingToFind(`filter.${field}`);
    where[field] = { has: await journal.tokens(field, terms) };
  }
  return where;
};
