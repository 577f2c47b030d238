import {
  field,
  enumeration,
  nodeIdOf,
  objectFields,
  wordKey,
  wordTerms,
  type EnumerationValue,
  type ClosedJournal,
  type ObjectOf,
  type Order,
  type ReadModel,
  type Role,
  type Where,
} from '@baton/kernel';
import { campaigns } from '@baton/campaigns';
import { leads, whereLeads } from '@baton/leads';
import { deals } from '@baton/opportunities';
import { readsPersonal, type CallerIdentity, type PersonalReads } from '@baton/platform/access';
import { nothingToFind, searchWhere, type ReadModels } from '@baton/platform/documents';

export const searchMatches = enumeration('SearchMatch', 'What of a node matches a text that is searched for.', {
  email: 'The e-mail address of a lead, as a whole.',
  phone: 'The phone number of a lead, as a whole.',
  name: 'The name of a lead: all words of the text are in it, in any order, with or without diacritics.',
  'external-id': 'The id of a lead in another system begins with the text.',
  company: 'The company of a lead begins with the text, in any spelling.',
  'deal-name': 'The name of a deal begins with the text, in any spelling.',
  account: 'The company of a deal begins with the text, in any spelling.',
  'campaign-name': 'The name of a campaign begins with the text, in any spelling.',
});
export type SearchMatch = EnumerationValue<typeof searchMatches>;

export const searchResult = objectFields('SearchResult', 'A lead, deal or campaign that a text finds.', {
  nodeId: field.id('Its id among all nodes.', { entity: 'Node' }),
  matched: field.enum(searchMatches, 'What matches, the best match first.', { list: true }),
});
export type SearchResult = ObjectOf<typeof searchResult.fields>;

interface Look {
  readonly match: SearchMatch;
  readonly model: ReadModel<object>;
  readonly where: Where;
  readonly orderBy: readonly Order[];
}
/** Those of one person that have a search token: they are found as a whole, never by their beginning. */
const personal = ['email', 'phone', 'name'] as const;
const isPersonal = (match: SearchMatch): boolean => personal.some((one) => one === match);
const latest: readonly Order[] = [{ column: 'capturedAt', descending: true }];

/** Where to look for people by personal data; what the text holds no term of, as words no phone number, is left out. */
const personalLooks = async (journal: ClosedJournal, text: string): Promise<readonly Look[]> =>
  Promise.all(
    personal
      .filter((field) => leads.search[field]!(text).length > 0)
      .map(async (field) => ({
        ...{ match: field, model: leads as ReadModel<object>, orderBy: latest },
        where: { ...whereLeads(), ...(await searchWhere(journal, leads, { [field]: text })) },
      })),
  );
const prefixLooks = (text: string): readonly Look[] => {
  const by = <D extends object>(
    match: SearchMatch,
    of: ReadModel<D>,
    column: string,
    prefix: string,
    base: Where = {},
  ) => ({
    ...{ match, model: of as unknown as ReadModel<object>, orderBy: [{ column }] },
    where: { ...base, [column]: { prefix } },
  });
  const key = wordKey(text);
  return [
    by('external-id', leads, 'externalId', text.trim(), whereLeads()),
    by('company', leads, 'companyKey', key, whereLeads()),
    by('deal-name', deals, 'nameKey', key),
    by('account', deals, 'accountKey', key),
    by('campaign-name', campaigns, 'nameKey', key),
  ];
};
const mayRead = (roles: readonly Role[], { shown: { allow } }: ReadModel<object>): boolean =>
  roles.some((role) => role === 'admin' || allow.includes(role));

/**
 * What a text finds, each node once: the best matches first, in the order of `searchMatches`. People are found by personal
 * data only for callers who may read it, and whom they find is recorded; for others no token is made of the text.
 * @throws Refused `read/nothing-to-find` for a text without a letter or digit
 * @throws Conflict `access/not-recorded`
 */
export const search = async (
  models: ReadModels,
  {
    journal,
    caller,
    reads,
  }: {
    readonly journal: ClosedJournal;
    readonly caller: Pick<CallerIdentity, 'roles'>;
    readonly reads: Pick<PersonalReads, 'recordShown'>;
  },
  { text, first }: { readonly text: string; readonly first: number },
): Promise<readonly SearchResult[]> => {
  if (wordTerms(text).length === 0) throw nothingToFind('text');
  const looks = [...(readsPersonal(caller) ? await personalLooks(journal, text) : []), ...prefixLooks(text)].filter(
    ({ model }) => mayRead(caller.roles, model),
  );
  const found = await Promise.all(
    looks.map(({ model, where, orderBy }) => models.find(model, { where, orderBy, limit: first })),
  );
  const nodes = new Map<string, { readonly model: ReadModel<object>; readonly id: string }>();
  looks.forEach(({ model }, place) => {
    for (const { id } of found[place]!) if (nodes.size < first) nodes.set(nodeIdOf(model, id), { model, id });
  });
  const matched = new Map<string, SearchMatch[]>([...nodes.keys()].map((nodeId) => [nodeId, []]));
  for (const [place, { match, model, where }] of looks.entries()) {
    // A full page may have left out a node that another page found.
    const ids = [...nodes.values()].filter((node) => node.model === model).map(({ id }) => id);
    const isFull = found[place]!.length === first;
    const all = isFull
      ? await models.find(model, { where: { ...where, id: { in: ids } }, limit: first })
      : found[place]!;
    for (const { id } of all) matched.get(nodeIdOf(model, id))?.push(match);
  }
  const byPersonal = [...nodes].filter(([nodeId]) => matched.get(nodeId)!.some(isPersonal));
  await reads.recordShown(byPersonal.map(([, { id }]) => id));
  return [...matched].map(([nodeId, matches]) => ({ nodeId, matched: matches }));
};
