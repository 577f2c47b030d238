import {
  bothWhere,
  conditionsOfFilter,
  defaultOrderOf,
  orderByField,
  Refused,
  field,
  zoneOf,
  type Contribution,
  type Instant,
  type ClosedJournal,
  type ListFilter,
  type ListShape,
  type Order,
  type ReadModel,
  type ValueFilter,
  type Where,
} from '@baton/kernel';
import { allContributed } from './contribution';
import { checkArguments, checkFilter, withoutAbsent } from './arguments';
import { ContributedModels, joined, searchWhere, type PageSource, type ReadModels } from './documents';

/** What is asked of a list beside the page: filter, order, and the arguments of the list itself. */
export interface ListQuestion {
  readonly filter?: ListFilter;
  readonly orderBy?: { readonly field: string; readonly direction?: 'ASC' | 'DESC' };
  readonly timeZone?: string;
}
/** What a list is answered from. */
export interface ListSources {
  /** As of the cut. */
  readonly models: ReadModels;
  /** For the keys of personal texts; asked only by a filter on one. */
  readonly journal: () => ClosedJournal;
  /** The instant for which it is answered. */
  readonly at: Instant;
  readonly readsPersonal: boolean;
}

export const listZoneArgument = {
  timeZone: field.zone('IANA time zone of the days of filters; UTC by default.'),
} as const;

/** @throws Refused as `checkFilter`, with the path of the field */
const checkFilters = (filter: ListFilter): void => {
  for (const [name, wanted] of Object.entries(filter)) {
    // Personal text is bounded as the values of other filters are.
    const values = typeof wanted === 'string' ? { in: [wanted] } : typeof wanted === 'object' ? wanted : {};
    checkFilter(values, name, `filter.${name}`);
  }
};

/** The field of a filter by a personal text, if there is one. */
const personalIn = (model: Pick<ReadModel, 'shown'>, filter: ListFilter): string | undefined =>
  Object.keys(filter).find((name) => filter[name] !== undefined && model.shown.fields[name]?.options.search);

/** The filter with the ids that its ids stand for too. */
const withAlsoIds = async (model: ReadModel, filter: ListFilter, models: ReadModels): Promise<ListFilter> => {
  const widened: Record<string, ListFilter[string]> = { ...filter };
  for (const [name, wanted] of Object.entries(filter)) {
    const alsoIds = model.shown.fields[name]?.options.alsoIds;
    if (!alsoIds || wanted === undefined) continue;
    const { in: among, notIn, ...rest } = wanted as ValueFilter;
    widened[name] = {
      ...rest,
      ...(among && { in: [...among, ...(await alsoIds(models, among))] }),
      ...(notIn && { notIn: [...notIn, ...(await alsoIds(models, notIn))] }),
    };
  }
  return widened;
};

/**
 * The conditions and the order of a question to a list. A filter on a personal field would reveal its value to roles that
 * may not read it: they are refused before anything is read or computed of it, so that neither answer nor time differs with
 * what is stored.
 * @returns `whereWithout`: the conditions, or those without the filter of one field; `findsPeople`: whether a personal text
 *   is among them
 * @throws Refused `access/denied` for a filter by personal text; as `checkArguments` and `conditionsOfFilter`
 */
export const openList = async (
  model: ReadModel,
  list: ListShape,
  { filter = {}, orderBy, timeZone, ...own }: ListQuestion,
  { models, journal, at, readsPersonal }: ListSources,
): Promise<{
  readonly whereWithout: (field?: string) => Promise<Where>;
  readonly orderBy: readonly Order[];
  readonly findsPeople: boolean;
}> => {
  const personal = personalIn(model, filter);
  if (personal !== undefined && !readsPersonal)
    throw new Refused(
      'access/denied',
      'Your role may not search by personal data; leave this filter out.',
      `filter.${personal}`,
    );
  const given = withoutAbsent(own);
  checkFilters(filter);
  checkArguments({ ...list.arguments, ...listZoneArgument }, { ...given, timeZone });
  const zone = zoneOf(timeZone);
  const widened = await withAlsoIds(model, filter, models);
  const base = typeof list.where === 'function' ? await list.where(at, given, models) : (list.where ?? {});
  const whereOf = async (wanted: ListFilter): Promise<Where> => {
    const { where, search } = conditionsOfFilter(model, wanted, zone);
    return Object.keys(search).length === 0 ? where : bothWhere(where, await searchWhere(journal(), model, search));
  };
  return {
    whereWithout: async (field) => bothWhere(base, await whereOf(field ? { ...widened, [field]: undefined } : widened)),
    orderBy: orderBy
      ? orderByField(model, { field: orderBy.field, descending: orderBy.direction === 'DESC' })
      : defaultOrderOf(model, list, given),
    findsPeople: personal !== undefined,
  };
};

/** What lists are read from: read models, or these with what contexts contribute to one of them. */
export type ListSource = PageSource & Pick<ReadModels, 'aggregate'>;
/** The read models with all that contexts contribute to one of them, for an instant. */
export const contributedModels = async (
  models: ReadModels,
  contributions: readonly Contribution[],
  at: Instant,
): Promise<ListSource> => {
  const fields = contributions.filter(({ all }) => all).map((one) => one.fields);
  const values = await allContributed(contributions, models, at);
  return new ContributedModels(models, Object.assign({}, ...fields), joined(values));
};
