import { once } from 'node:events';
import {
  boundOf,
  dayOf,
  field,
  filterableFields,
  isCurrency,
  isPersonalField,
  moneyOf,
  Refused,
  shownFields,
  shownOf,
  sortableFields,
  unknownCurrency,
  withContributions,
  type Contribution,
  type Field,
  type FieldKind,
  type Fields,
  type FindOptions,
  type Instant,
  type ListFilter,
  type ObjectFields,
  type Scalar,
} from '@baton/kernel';
import { referenceInstantOf, type AsOf, type ReadModels } from '@baton/platform/documents';
import { someContributed } from '@baton/platform/contribution';
import { contributedModels, listZoneArgument, openList, type ListQuestion } from '@baton/platform/lists';
import { cellOf, declaredValue } from './answer';
import { parseListOf, parseOneOf } from './arguments';
import { action, type Action, type ActionGroup } from './command';
import { declared, loadList, type DeclaredList } from './declared';
import { cutOptions, namesEnumeration, type FilterReader } from './options';
import { count, formatField, print as printLine, printCsv, printJson, printTable, warn, type Format } from './output';
import { answerFrom, cutOf } from './sources';
import type { Sources } from './view';
import { terminal } from './terminal';

const bad = (name: string, what: string) => new Refused('cli/bad-argument', `--filter ${name} ${what}.`, name);
/** `2024-01-01..2024-02-01`; either end may be left out. */
const endsOf = (name: string, text: string, example: string): readonly [string, string] => {
  const [from, to, ...more] = text.split('..').map((end) => end.trim());
  if (to === undefined || more.length > 0 || (from === '' && to === ''))
    throw bad(name, `must be a range, such as ${name}=${example}`);
  return [from!, to];
};
const rangeOf = (keys: readonly [string, string], [from, to]: readonly [unknown, unknown]): ListFilter[string] => ({
  ...(from !== '' && { [keys[0]]: from }),
  ...(to !== '' && { [keys[1]]: to }),
});
const numbers = (name: string, text: string, read: (end: string) => number): ListFilter[string] => {
  const ends = text.includes('..') ? endsOf(name, text, '10..20') : [text, text];
  return rangeOf(['min', 'max'], ends.map((end) => (end === '' ? '' : read(end))) as [unknown, unknown]);
};
const numberOf = (name: string, text: string): number => {
  if (!/^-?\d{1,15}(\.\d{1,10})?$/.test(text)) throw bad(name, `must be a number or a range, such as ${name}=10..20`);
  return Number(text);
};

type ReadFilter = (name: string, text: string, field: Field) => ListFilter[string];
const moment =
  (check: (end: string, name: string) => unknown): ReadFilter =>
  (name, text) => {
    const ends = endsOf(name, text, '2024-01-01..2024-02-01');
    for (const end of ends) if (end !== '') check(end, name);
    return rangeOf(['from', 'to'], ends);
  };
const number: ReadFilter = (name, text) => numbers(name, text, (end) => numberOf(name, end));
/** The filter of a field in the form of its kind, as GraphQL takes it. */
const filterForms: Readonly<Partial<Record<FieldKind, ReadFilter>>> = {
  enum: (name, text, { enumeration: words }) => ({ in: parseListOf(text, words!.values, name) }),
  flag: (name, text) => parseOneOf(text, ['true', 'false'], name) === 'true',
  instant: moment((end, name) => boundOf(end, 'UTC', name)),
  day: moment((end, name) => dayOf(end, name)),
  integer: number,
  largeInteger: number,
  number,
  money: (name, text) => {
    const [, range = '', currency = ''] = /^(\S*?)\s*([A-Za-z]*)$/.exec(text.trim()) ?? [];
    if (!isCurrency(currency)) throw unknownCurrency(currency, name);
    if (range === '') return { currency };
    return { ...(numbers(name, range, (end) => moneyOf(end, currency, name).minor) as object), currency };
  },
};
const readerOf = (name: string, field: Field): FilterReader => {
  const { list } = field.options;
  const read: ReadFilter = list
    ? (_, text) => ({ any: text.split(',') })
    : (filterForms[field.kind] ?? ((_, text) => ({ in: text.split(',') })));
  return { read: (text) => read(name, text, field), mayLack: !list && field.kind !== 'flag' };
};

const isAmount = ({ kind, options }: Field): boolean => kind === 'money' && !options.list;
/** An amount has two columns: minor units and currency. */
const csvHead = (columns: Fields): readonly string[] =>
  Object.entries(columns).flatMap(([name, field]) => (isAmount(field) ? [`${name}Minor`, `${name}Currency`] : [name]));
const csvCells = (columns: Fields, row: Row): readonly unknown[] =>
  Object.entries(columns).flatMap(([name, field]) => {
    const value = row[name] as { readonly minor?: unknown; readonly currency?: unknown } | null | undefined;
    return isAmount(field) ? [value?.minor, value?.currency] : [value];
  });

type Row = Readonly<Record<string, unknown>>;
const PAGE = 1_000;
/** What contexts contribute to the documents of a page, in their order. */
const contributedTo = async (
  contributions: readonly Contribution[],
  models: ReadModels,
  at: Instant,
  page: readonly { readonly id: string; readonly doc: unknown }[],
): Promise<readonly object[]> => {
  const documents = new Map(page.map(({ id, doc }) => [id, doc as object]));
  const found = await Promise.all(contributions.map((one) => someContributed(one, models, documents, at)));
  return page.map(({ id }) => {
    const values = found.map((some) => some.get(id));
    const fault = values.find((one) => one instanceof Error);
    if (fault) throw fault;
    return Object.assign({}, ...values) as object;
  });
};

/** The rows as they are asked for, at most `limit`. */
async function* rowsOf(
  sources: Sources,
  { model, list, contributions }: DeclaredList,
  { question, columns, limit, cut }: { question: ListQuestion; columns: Fields; limit: number; cut: AsOf | undefined },
): AsyncIterable<Row> {
  const [models, at] = [sources.live.asOf(cut), referenceInstantOf(cut, sources.clock)];
  const whole = withContributions(model, contributions);
  const { whereWithout, orderBy } = await openList(whole, list, question, {
    ...{ models, journal: () => sources.journal, at, readsPersonal: false },
  });
  const where = await whereWithout();
  const thoseOf = (names: readonly string[]) =>
    contributions.filter(({ fields }) => names.some((name) => name in fields));
  const isJoined = thoseOf([...Object.keys(where), question.orderBy?.field ?? '']).length > 0;
  const source = isJoined ? await contributedModels(models, contributions, at) : models;
  const shown = thoseOf(Object.keys(columns));
  const row: ObjectFields = { name: model.shown.node, description: model.shown.description, fields: columns };
  let after: FindOptions['after'];
  for (let left = limit; ;) {
    const size = Math.min(left + 1, PAGE);
    const page = await source.find(model, { where, orderBy, limit: size, ...(after && { after }) });
    const answered = page.slice(0, left);
    const contributed = await contributedTo(shown, models, at, answered);
    for (const [place, { doc }] of answered.entries()) {
      const value = { ...shownOf(model, doc as object, at), ...contributed[place] };
      yield (await declaredValue({ kind: 'object', description: '', options: {}, object: row }, value)) as Row;
    }
    if (page.length > left) {
      const all = await source.count(model, where);
      return warn(`${count(limit)} of ${count(all)} rows; raise --limit to see more.`);
    }
    if (page.length < size) return;
    left -= answered.length;
    const last = page.at(-1)!;
    const values = { ...(last.doc as Row), ...('contributed' in last ? last.contributed : {}), id: last.id } as Row;
    after = { values: orderBy.map(({ column }) => (values[column] ?? null) as Scalar), id: last.id };
  }
}
const print = async (rows: AsyncIterable<Row>, columns: Fields, format: Format): Promise<void> => {
  const gathered: Row[] = [];
  if (format === 'csv') printCsv(csvHead(columns));
  for await (const row of rows)
    if (format === 'table' || format === 'json') gathered.push(row);
    else {
      const fits = format === 'csv' ? printCsv(csvCells(columns, row)) : printLine(`${JSON.stringify(row)}\n`);
      if (!fits) await once(terminal().stdout, 'drain');
    }
  if (format === 'json') printJson(gathered);
  else if (format === 'table') {
    const names = Object.keys(columns);
    printTable(
      names,
      gathered.map((row) => names.map((name) => (row[name] === null ? '' : cellOf(name, columns[name]!, row[name])))),
    );
  }
};

/** An action that prints a list; filters, orders and columns are those of its read model. */
const listAction = (declaredList: DeclaredList): Action => {
  const { model: own, list, contributions } = declaredList;
  const model = withContributions(own, contributions);
  const fields = shownFields(model);
  const names = Object.keys(fields);
  const usual = names.filter((name) => !isPersonalField(fields[name]!));
  const sortable = sortableFields(model).flatMap((name) => [name, `-${name}`]);
  const filterable = filterableFields(model).filter((name) => !model.shown.fields[name]!.options.search);
  const words = (what: string, known: readonly string[]) => namesEnumeration(what, what, known);
  return action({
    description: list.description,
    options: {
      ...list.arguments,
      ...(sortable.length > 0 && {
        order: field.enum(words('Order', sortable), 'Order, with - before it the largest first:', { optional: true }),
      }),
      columns: field.enum(words('Column', names), 'Columns; by default all without personal data:', {
        ...{ optional: true, list: true },
      }),
      limit: field.integer('Number of rows.', { default: 100, min: 1, max: 10_000_000 }),
      ...formatField,
      ...listZoneArgument,
      ...Object.fromEntries(Object.entries(cutOptions).filter(([name]) => name !== 'timeZone')),
    } as Fields,
    filters: Object.fromEntries(filterable.map((name) => [name, readerOf(name, model.shown.fields[name]!)])),
    example: `--limit 10${sortable.length > 0 ? ` --order -${sortable[0]}` : ''} --format csv`,
    run: async (_, options) => {
      const given = options as unknown as ListOptions;
      const { order, columns: chosen = usual, limit, format, json, filter, timeZone } = given;
      const columns = Object.fromEntries(chosen.map((name) => [name, fields[name]!]));
      const sealed = chosen.filter((name) => isPersonalField(fields[name]!));
      if (sealed.length > 0) warn(`Personal data is not shown: ${sealed.join(', ')}.`);
      const own = Object.keys(list.arguments ?? {}).map((name) => [name, options[name]]);
      const question = {
        ...{ ...Object.fromEntries(own), filter },
        ...(order && { orderBy: { field: order.replace('-', ''), direction: order.startsWith('-') ? 'DESC' : 'ASC' } }),
        ...(timeZone && { timeZone }),
      } as ListQuestion;
      await answerFrom((sources) =>
        print(
          rowsOf(sources, declaredList, { question, columns, limit, cut: cutOf(given) }),
          columns,
          json ? 'json' : format,
        ),
      );
    },
  });
};
interface ListOptions {
  readonly order?: string;
  readonly columns?: readonly string[];
  readonly limit: number;
  readonly format: Format;
  readonly json?: boolean;
  readonly filter: ListFilter;
  readonly timeZone?: string;
  readonly happenedBy?: string;
  readonly knownBy?: string;
  readonly knownAt?: string;
}

export const command: ActionGroup = {
  get actions() {
    return Object.fromEntries(
      Object.entries(declared().lists).map(([name, { description }]) => [
        name,
        { description, load: async () => listAction(await loadList(name)) },
      ]),
    );
  },
};
