import {
  bothWhere,
  conditionsOfFilter,
  filterableFields,
  isReadModel,
  orderByField,
  sortableFields,
  spellingKeyOf,
  withContributions,
  wordKey,
  type Collection,
  type Contribution,
  type Documents,
  type Field,
  type Fields,
  type ListFilter,
  type ReadModel,
  type Sealed,
  type Where,
} from '@baton/kernel';
import { repetitions } from '@baton/kernel/testing';
import {
  ContributedModels,
  joined,
  ReadModels,
  readPage,
  type Connection,
  type ContributedValues,
  type PageQuestion,
} from '@baton/platform/documents';
import { contextParts } from '../../apps/contexts';

type Row = Readonly<Record<string, unknown>>;
interface Filter {
  readonly filter: ListFilter;
  /** The tokens of a personal text; those of several are all in it. */
  readonly tokens?: Readonly<Record<string, readonly string[]>>;
  readonly matches: (row: Row) => boolean;
}
/** Read models that have lists; the contexts declare them. */
export const listed: readonly ReadModel[] = contextParts.flatMap(({ projections }) => projections.filter(isReadModel));

/** Contributions, by the read model. */
const contributionsTo = (model: ReadModel): readonly Contribution[] =>
  contextParts.flatMap(({ contributions = [] }) => contributions.filter(({ to, all }) => to === model && all));

const ROWS = 61; // a prime, so that all ids differ
const DAYS = ['2024-01-01', '2024-01-02', '2024-02-29', '2024-12-31'];
/** The values that rows of a kind can have: few, so that many are equal. */
const valuesOf = ({ kind, enumeration }: Field): readonly unknown[] => {
  if (enumeration) return enumeration.values.slice(0, 3);
  if (kind === 'instant') return DAYS.map((day) => `${day}T12:00:00.000Z`);
  if (kind === 'day') return DAYS;
  if (kind === 'flag') return [true, false];
  if (kind === 'integer' || kind === 'largeInteger' || kind === 'money') return [-5, 0, 7, 70];
  return kind === 'number' ? [-0.5, 0, 1.25, 3] : TEXTS;
};
/**
 * Their order is that of their code points: no language sorts them so, and UTF-16, as `<` of JavaScript compares it, puts
 * the last before the one above.
 */
const TEXTS = ['ann', 'Anna', 'bob', 'zoe', 'Änne', '\u{ff5a}oe', '\u{1f600}'];
/** Search tokens of personal texts; each row has some. */
const TOKENS = ['ada', 'lovelace', 'byron'];

/** Writes the rows of a read model into a store. */
export const store = async (
  documents: Documents,
  collection: Collection,
  { shown: { key } }: ReadModel,
  rows: readonly Row[],
) => {
  await documents.prepare(collection);
  await documents.commit({
    writes: { collection, documents: rows.map((doc) => ({ id: String(doc[key]), doc, position: '1' })) },
    follower: collection.name,
    checkpoint: { position: '1', count: rows.length, digest: '' },
    fence: { lease: collection.name, token: 1 },
  });
};

/** Documents with each field's values in turns of their own, so that all pairs of two fields occur. */
export const rowsOf = ({ shown: { key, fields } }: ReadModel, count = ROWS): readonly Row[] =>
  Array.from({ length: count }, (_, row) => {
    const doc: Record<string, unknown> = {};
    Object.entries(fields).forEach(([name, field], place) => {
      const { nullable, optional, list, anySpelling } = field.options;
      const values = [...valuesOf(field), ...(nullable || optional ? [null] : [])];
      const value = values[Math.floor((row * (2 * place + 1)) / (1 + (place % 5))) % values.length];
      if (field.options.search) {
        const tokens = TOKENS.filter((_token, index) => (row >> index) % 2 === 1);
        doc[name] = row % 5 === 0 ? null : { $sealed: '', subject: 'lead', tokens };
      }
      if (['object', 'personal', 'json'].includes(field.kind)) return;
      if (name in doc) return; // a column by which another field is filtered
      if (list) {
        const values = valuesOf(field).filter((_value, index) => (row >> index) % 2 === 1) as string[];
        doc[name] = values;
        if (anySpelling) doc[spellingKeyOf(name)] = values.map(wordKey);
        return;
      }
      if (field.kind === 'money') {
        doc[`${name}Minor`] = value;
        doc['currency'] = value === null ? null : ['EUR', 'USD'][row % 2];
      } else doc[name] = value;
      if (anySpelling) doc[spellingKeyOf(name)] = value === null ? null : wordKey(value as string);
    });
    return { ...doc, [key]: `row-${String((row * 37) % count).padStart(2, '0')}` };
  });

/** Contributed fields of rows, in an order of their own: of more documents than the store has, and an id that came later. */
const valuesOfFields = (
  rows: readonly Row[],
  key: string,
  fields: Fields,
  names: readonly string[],
  turned = false,
): ContributedValues => {
  const strangers = rows.map((row): Row => ({ ...row, [key]: `stranger-${String(row[key])}` }));
  const known = turned ? [...strangers, ...rows] : [...rows.toReversed(), ...strangers];
  const ids = [...known.map((row) => String(row[key])), 'later'];
  const numberOf = (name: string, value: unknown): number => {
    if (nullOf(value) === null) return NaN;
    return fields[name]!.enumeration?.values.indexOf(value as string) ?? Number(value);
  };
  return {
    ...{ ids, count: known.length, constants: {} },
    columns: Object.fromEntries(
      names.map((name) => [name, Float64Array.from(known, (row) => numberOf(name, row[name]))]),
    ),
    placeOf: (id) => (ids.includes(id) ? ids.indexOf(id) : undefined),
  };
};
/** Few ids for each call of the store, so that lists are answered in many parts. */
const FEW_IDS = { perCall: 7, held: 20 };

const nullOf = (value: unknown): unknown => value ?? null;
/** What filters of a field ask, and which rows they find, said once more and plainly. */
const filtersOf = (model: ReadModel, name: string): readonly Filter[] => {
  const field = model.shown.fields[name]!;
  const { kind, options } = field;
  const valueOf = (row: Row): unknown => nullOf(kind === 'money' ? row[`${name}Minor`] : row[name]);
  const spelled = (text: unknown) => (options.anySpelling ? (text as string).toLowerCase() : text);
  const when = (filter: ListFilter[string], matches: (value: never, row: Row) => boolean, ofNull = false): Filter => ({
    filter: { [name]: filter },
    matches: (row) => (valueOf(row) === null ? ofNull : matches(valueOf(row) as never, row)),
  });
  const [first, second, third = first] = (
    name === model.shown.key ? ['row-03', 'row-04', 'row-40'] : valuesOf(field)
  ) as never[];
  const nullability = [
    when({ none: true }, () => false, true),
    when({ none: false }, () => true),
    when({}, () => true, true),
  ];
  if (options.search)
    return [['ada'], ['ada', 'byron'], ['nobody']].map((tokens) => ({
      filter: {},
      tokens: { [name]: tokens },
      matches: (row) => tokens.every((token) => (row[name] as Sealed | null)?.tokens?.includes(token)),
    }));
  if (options.list) {
    const holds = (value: unknown, text: unknown) =>
      (value as string[]).some((one) => wordKey(one) === wordKey(text as string));
    return [
      when({}, () => true, true),
      when({ any: [first!, second!] }, (value) => holds(value, first) || holds(value, second)),
      when({ any: [] }, () => false),
      when({ all: [first!, second!] }, (value) => holds(value, first) && holds(value, second)),
      when({ any: [third!], all: [first!] }, (value) => holds(value, third) && holds(value, first)),
    ];
  }
  if (kind === 'flag') return [true, false].map((wanted) => when(wanted, (value) => value === wanted));
  if (['id', 'text', 'enum'].includes(kind))
    return [
      ...nullability,
      when({ in: [first!, third!] }, (value) => [first, third].map(spelled).includes(spelled(value) as never)),
      when({ in: [] }, () => false),
      when({ in: [second!], none: true }, (value) => spelled(value) === spelled(second), true),
      when(
        { notIn: [first!, second!] },
        (value) => ![first, second].map(spelled).includes(spelled(value) as never),
        true,
      ),
      when({ notIn: [first!], none: false }, (value) => spelled(value) !== spelled(first)),
      ...(kind === 'text'
        ? [when({ startsWith: 'an' }, (value: string) => (spelled(value) as string).startsWith('an'))]
        : []),
    ];
  if (kind === 'instant' || kind === 'day') {
    const at = (day: string) => (kind === 'day' ? day : `${day}T00:00:00.000Z`);
    return [
      ...nullability,
      when({ from: '2024-01-02' }, (value: string) => value >= at('2024-01-02')),
      when({ to: '2024-02-29' }, (value: string) => value < at('2024-02-29')),
      when(
        { from: '2024-01-02', to: '2024-03-01', none: true },
        (value: string) => value >= at('2024-01-02') && value < at('2024-03-01'),
        true,
      ),
    ];
  }
  const currency = kind === 'money' ? { currency: 'EUR' } : {};
  const inCurrency = (row: Row) => kind !== 'money' || row['currency'] === 'EUR';
  return [
    ...nullability.slice(0, kind === 'money' ? 2 : 3),
    when({ ...currency, min: second! }, (value: number, row) => value >= second! && inCurrency(row)),
    when({ ...currency, max: third! }, (value: number, row) => value <= third! && inCurrency(row)),
    when(
      { ...currency, min: second!, max: third! },
      (value: number, row) => value >= second! && value <= third! && inCurrency(row),
    ),
  ];
};

const compare = (a: unknown, b: unknown): number => {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? -1 : 1;
  if (typeof a === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b as string));
  return Number(a) - Number(b);
};
/** The ids of the rows in an order. */
const sorted = (model: ReadModel, rows: readonly Row[], field: string, descending: boolean): string[] => {
  const { key, fields, computed = {} } = model.shown;
  const column = computed[field]?.sortBy ?? field;
  const valuesOfRow = (row: Row) => [
    ...(fields[field]?.kind === 'money'
      ? [nullOf(row['currency']), nullOf(row[`${field}Minor`])]
      : [nullOf(row[column])]),
    row[key],
  ];
  return [...rows]
    .sort((x, y) => {
      const [a, b] = [valuesOfRow(x), valuesOfRow(y)];
      const place = a.findIndex((value, index) => compare(value, b[index]) !== 0);
      return place < 0 ? 0 : compare(a[place], b[place]) * (descending ? -1 : 1);
    })
    .map((row) => String(row[key]));
};

/** All pages of a list, from its beginning or from its end, as one list in its order. */
const walk = async (read: (page: PageQuestion) => Promise<Connection<string>>, size: number, backwards: boolean) => {
  const pages: (readonly string[])[] = [];
  for (let page: PageQuestion = backwards ? { last: size } : { first: size }; ;) {
    const { nodes, pageInfo } = await read(page);
    pages.push(nodes);
    const { hasNextPage, hasPreviousPage, startCursor, endCursor } = pageInfo;
    if (!(backwards ? hasPreviousPage : hasNextPage)) break;
    page = backwards ? { last: size, before: startCursor! } : { first: size, after: endCursor! };
  }
  return (backwards ? pages.reverse() : pages).flat();
};

/**
 * Every list answers every filter in every order, by pages of several sizes from either end, as a plain scan of its rows
 * does. Filters and orders are those that the read models declare: a new one is tested without a line.
 * @param every one in so many pairs of a filter and an order is asked
 */
export const listsContract = (name: string, open: () => Promise<Documents>, every = repetitions(4, 1)): void =>
  describe(`lists in ${name}`, () => {
    let documents: Documents;
    beforeAll(async () => void (documents = await open()));
    afterAll(() => documents.close());

    it.each(listed.map((model) => [model.name, model] as const))('%s', async (_, listedModel) => {
      const fields: Fields = Object.assign({}, ...contributionsTo(listedModel).map((one) => one.fields));
      const model = withContributions(listedModel, contributionsTo(listedModel));
      const stored = new ReadModels(documents);
      const rows = rowsOf(model);
      const own = rows.map((row) => Object.fromEntries(Object.entries(row).filter(([name]) => !(name in fields))));
      await store(documents, await stored.collection(model), model, own);
      const columns = Object.keys(fields).filter((name) => fields[name]!.options.filter || fields[name]!.options.sort);
      const valuesOf = (names: readonly string[], turned?: boolean) =>
        valuesOfFields(rows, model.shown.key, fields, names, turned);
      // Contributed by one context, and each field by a context of its own.
      const sources = [valuesOf(columns), joined(columns.map((name, place) => valuesOf([name], place % 2 === 1)))];
      const contributed = sources.map((values) => new ContributedModels(stored, fields, values, FEW_IDS));
      const all: Filter = { filter: {}, matches: () => true };
      const single = filterableFields(model).flatMap((field) => filtersOf(model, field));
      const pairs = single.map((one, place): Filter => {
        const other = single[(place * 7 + 3) % single.length]!;
        const [a, b] = [one, other].map(({ filter, tokens }) => Object.keys({ ...filter, ...tokens })[0]);
        if (a === b) return one;
        return {
          filter: { ...one.filter, ...other.filter },
          tokens: { ...one.tokens, ...other.tokens },
          matches: (row) => one.matches(row) && other.matches(row),
        };
      });
      let [turn, place] = [0, 0];
      for (const { filter, tokens = {}, matches } of [all, ...single, ...pairs]) {
        const found = Object.entries(tokens).map(([field, all]): Where => ({
          [field]: { has: all.map((one) => [one]) },
        }));
        const where = found.reduce(bothWhere, conditionsOfFilter(model, filter, 'UTC').where);
        const expected = rows.filter(matches);
        const before = turn;
        for (const field of [model.shown.key, ...sortableFields(model)]) {
          if (place++ % every !== 0) continue;
          const [descending, backwards] = [turn % 2 === 1, turn % 4 > 1];
          const size = turn % 29 === 0 ? 1 : turn % 5 === 0 ? 7 : 500;
          turn++;
          const orderBy = orderByField(model, { field, descending });
          const models = columns.length > 0 ? contributed[turn % 2]! : stored;
          const read = (page: PageQuestion) =>
            readPage<Row, string>(models, model, { ...page, where, orderBy }, (_doc, id) => id);
          const found = await walk(read, size, backwards);
          const asked = { filter, tokens, field, descending, backwards, size };
          expect({ ...asked, found }).toEqual({ ...asked, found: sorted(model, expected, field, descending) });
        }
        if (turn === before) continue;
        const models = columns.length > 0 ? contributed[turn % 2]! : stored;
        expect({ filter, count: await models.count(model, where) }).toEqual({ filter, count: expected.length });
        for (const by of columns.length > 0 && turn % 3 === 0 ? ['stage', 'grade'] : []) {
          const groups = await models.aggregate(model, { where, by: [by], measures: { count: 'count' } });
          const counted = groups.map(({ keys: [key], values }) => [String(key), values['count']]);
          const keys = expected.map((row) => String(nullOf(row[by])));
          const wanted = [...new Set(keys)].map((key) => [key, keys.filter((one) => one === key).length]);
          expect({ filter, by, counted: counted.sort() }).toEqual({ filter, by, counted: wanted.sort() });
        }
      }
      expect(turn).toBeGreaterThan(0);
    });
  });
