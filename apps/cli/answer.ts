import { isPersonalField, type Field, type Fields, type MoneySum, type ObjectFields } from '@baton/kernel';
import { PAGE, type Connection } from '@baton/platform/documents';
import { duration, fixed, keyText, line, money, printTable, time } from './output';

type Doc = Readonly<Record<string, unknown>>;
type Cell = string | number | null;
type NodePage = Connection<unknown>;

/** Every node of a connection, or the first ones. */
export const nodesOf = async (
  page: (question: { readonly first: number; readonly after?: string }) => NodePage | Promise<NodePage>,
  limit = Infinity,
): Promise<{ readonly nodes: readonly unknown[]; readonly more: boolean }> => {
  const nodes: unknown[] = [];
  for (let after: string | undefined; ;) {
    const found = await page({
      first: Math.min(PAGE.max, limit - nodes.length),
      ...(after !== undefined && { after }),
    });
    nodes.push(...found.nodes);
    after = found.pageInfo.endCursor ?? undefined;
    if (!found.pageInfo.hasNextPage || nodes.length >= limit) return { nodes, more: found.pageInfo.hasNextPage };
  }
};

/** What is declared of a value, and nothing else: pages as lists; personal texts are null. */
export const declaredValue = async (field: Field, value: unknown): Promise<unknown> => {
  const { options, object } = field;
  if (value === undefined || value === null) return value;
  if (isPersonalField(field)) return null;
  if (options.page) {
    const { nodes } = await nodesOf(value as never);
    return declaredValue({ ...field, options: { list: true } }, nodes);
  }
  if (options.list) {
    const one: Field = { ...field, options: {} };
    return Promise.all((value as readonly unknown[]).map((each) => declaredValue(one, each)));
  }
  if (!object) return value;
  const held: [string, unknown][] = [];
  for (const [name, each] of Object.entries(object.fields))
    if (name in (value as object)) held.push([name, await declaredValue(each, (value as Doc)[name])]);
  return Object.fromEntries(held);
};

const figures: readonly string[] = ['integer', 'largeInteger', 'number', 'money'];
const isFigure = ({ kind }: Field): boolean => figures.includes(kind);
/** `winRate` is "win rate". */
const inWords = (name: string): string => name.replaceAll(/([A-Z])/g, ' $1').toLowerCase();
/** Units that names end with. */
const unitInName = /(Ms|Days|Minutes)$/;
const headOf = (name: string, field: Field): string => {
  const [ending] = isFigure(field) ? (unitInName.exec(name) ?? []) : [];
  const unit = field.options.unit ?? (ending === 'Days' ? 'days' : undefined);
  const words = inWords(ending ? name.slice(0, -ending.length) : name);
  return unit === undefined || unit === words ? words : `${words} (${unit})`;
};
const MINUTE_MS = 60_000;
const numberText = (name: string, { kind, options }: Field, value: number): Cell => {
  const [ending] = unitInName.exec(name) ?? [];
  if (ending === 'Ms') return duration(value);
  if (ending === 'Minutes') return duration(value * MINUTE_MS);
  if (kind !== 'number') return value;
  return fixed(value, options.unit === '0–1' ? 4 : ending === 'Days' ? 3 : 2);
};

/** One cell of a table. */
export const cellOf = (name: string, field: Field, value: unknown): Cell => {
  const { kind, options } = field;
  if (value === undefined) return '';
  if (value === null) return isFigure(field) || kind === 'instant' || kind === 'flag' ? '' : keyText(null);
  if (options.list && kind === 'money') return money(value as readonly MoneySum[]);
  if (options.list)
    return (value as readonly unknown[]).map((one) => cellOf(name, { ...field, options: {} }, one)).join(', ');
  if (kind === 'money') return money([value as MoneySum]);
  if (kind === 'flag') return value ? 'yes' : 'no';
  if (kind === 'instant') return time(value as string);
  if (typeof value === 'number') return numberText(name, field, value);
  return typeof value === 'object' ? JSON.stringify(value) : keyText(value as string);
};

interface Column {
  readonly head: string;
  readonly names: boolean;
  readonly cell: (row: Doc) => Cell;
}
const isRowList = ({ object, options }: Field): boolean =>
  object !== undefined && (options.list === true || options.page !== undefined);
/** Has tables of its own. */
const holdsRows = ({ fields }: ObjectFields): boolean =>
  Object.values(fields).some((field) => isRowList(field) || (field.object !== undefined && holdsRows(field.object)));

/** The columns of rows; those of an object within a row follow its name. */
const columnsOf = (fields: Fields, keyHead: string): readonly Column[] =>
  Object.entries(fields).flatMap(([name, field]): readonly Column[] => {
    if (isRowList(field) || field.options.hidden) return [];
    if (field.object)
      return columnsOf(field.object.fields, keyHead).map(({ head, cell }) => ({
        ...{ head: `${inWords(name)} ${head}`, names: false },
        cell: (row) => (row[name] ? cell(row[name] as Doc) : ''),
      }));
    const head = name === 'key' ? keyHead : headOf(name, field);
    return [{ head, names: !isFigure(field) && !field.options.list, cell: (row) => cellOf(name, field, row[name]) }];
  });

const UNNAMED = ['', keyText(null)];
/** A table of rows, and one for each list within them; the total has no name of its own. */
const printRows = (
  heading: string,
  { fields }: ObjectFields,
  rows: readonly Doc[],
  totals: readonly Doc[],
  keyHead: string,
) => {
  const columns = columnsOf(fields, keyHead);
  const cellsOf = (row: Doc): Cell[] => {
    const cells = columns.map(({ cell }) => cell(row));
    // Without rows, a column that the total has no value for is left out.
    const named = columns[0]?.names && UNNAMED.includes(String(cells[0])) && (rows.length > 0 || cells[0] !== '');
    if (totals.includes(row) && named) cells[0] = 'total';
    return cells.map((cell, at) => (totals.includes(row) && at > 0 && cell === keyText(null) ? '' : cell));
  };
  const all = [...rows, ...totals];
  if (heading) line(heading);
  printTable(
    columns.map(({ head }) => head),
    all.map(cellsOf),
  );
  for (const [name, { object, ...field }] of Object.entries(fields)) {
    if (!isRowList({ object, ...field } as Field)) continue;
    const own = columnsOf(object!.fields, keyHead);
    const naming = columns.flatMap(({ names }, at) => (names ? [at] : []));
    const lines = all.flatMap((row) =>
      ((row[name] ?? []) as readonly Doc[]).map((one) => [
        ...naming.map((at) => cellsOf(row)[at]!),
        ...own.map(({ cell }) => cell(one)),
      ]),
    );
    if (lines.length === 0) continue;
    line(inWords(name));
    printTable([...naming.map((at) => columns[at]!.head), ...own.map(({ head }) => head)], lines);
  }
};

/**
 * Prints an answer by its declaration: single values as lines, rows with their total as a table, warnings last.
 * @param keyHead the head of the column `key`: what the rows were asked by
 */
export const printAnswer = (of: ObjectFields, answer: Doc, keyHead: string): void => {
  const present = Object.entries(of.fields).filter(
    ([name, { options }]) => !options.hidden && answer[name] !== undefined,
  );
  const done = new Set<string>();
  for (const [name, field] of present) {
    const value = answer[name];
    if (field.object || field.options.list || value === null) continue;
    line(`${headOf(name, field)}: ${cellOf(name, field, value)}`);
  }
  for (const [name, { object, options }] of present) {
    if (!object || done.has(name)) continue;
    if (answer[name] === null) continue;
    const isList = options.list === true || options.page !== undefined;
    if (!isList && holdsRows(object) && name !== 'total') {
      line(inWords(name));
      printAnswer(object, answer[name] as Doc, keyHead);
      continue;
    }
    const same = present.filter(([other, { object: its }]) => its?.name === object.name && answer[other] !== null);
    const { rows, total } = Object.fromEntries(same.map(([other]) => [other, answer[other]])) as {
      rows?: Doc[];
      total?: Doc | Doc[];
    };
    if (rows && total && (name === 'rows' || name === 'total')) {
      for (const other of ['rows', 'total']) done.add(other);
      printRows('', object, rows, [total].flat(), keyHead);
    } else if (isList)
      printRows(name === 'rows' ? '' : inWords(name), object, answer[name] as readonly Doc[], [], keyHead);
    else {
      const singles = same.filter(([, { options: its }]) => !its.list && !its.page);
      for (const [other] of singles) done.add(other);
      const columns = columnsOf(object.fields, 'key');
      printTable(
        ['', ...columns.map(({ head }) => head)],
        singles.map(([other]) => [inWords(other), ...columns.map(({ cell }) => cell(answer[other] as Doc))]),
      );
    }
  }
  for (const [name, field] of present)
    if (!field.object && field.options.list)
      for (const one of (answer[name] ?? []) as readonly unknown[])
        line(String(cellOf(name, { ...field, options: {} }, one)));
};

/** Prints the rows of a list of objects. */
export const printList = (of: ObjectFields, rows: readonly Doc[]): void => printRows('', of, rows, [], 'key');
