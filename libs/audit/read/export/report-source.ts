import { isPersonalField, Refused, type Field, type Fields, type Instant, type Json, type Report } from '@baton/kernel';
import type { AsOf, Connection, PageQuestion } from '@baton/platform/documents';
import { checkArguments, defaultsOf } from '@baton/platform/arguments';
import type { ExportSource } from './export-sources';
import type { ExportColumn, ExportRow } from './export.rules';

type Values = Readonly<Record<string, unknown>>;
/** The answer of a report as rows; plain JSON. */
export interface ReportTable {
  readonly columns: readonly ExportColumn[];
  readonly rows: readonly Values[];
}
/** What a report is asked. */
export interface ReportQuestion {
  readonly report: string;
  readonly arguments: Readonly<Record<string, Json>>;
  /** At least a position: that of a signed head, so that the same question has the same answer for ever. */
  readonly asOf: AsOf;
  /** The instant for which it is answered. */
  readonly at: Instant;
}
/** What an answer stands on: enough to compute it again from an export of the log. */
export interface ReportOrigin extends ReportQuestion {
  /** The name of the log. */
  readonly log: string;
  /** The events that the answer is made of: the first so many of the log. */
  readonly size: number;
  /** The root of the Merkle log of these events, in base64. */
  readonly root: string;
  /** The signed head that says so, and the keys by which it is verified. */
  readonly head: string;
  readonly verifierKeys: readonly string[];
  /** The versions of the definitions in force at that instant. */
  readonly definitions: readonly string[];
  /** The version of the code. */
  readonly code: string;
}
/** The first line of the export of a report. */
export interface ReportExportHeader {
  readonly export: 'report';
  readonly version: 1;
  readonly columns: readonly string[];
  readonly origin: ReportOrigin;
}

/** The reports that can be exported, by name: those that can be asked as of a past point. */
export const exportableReports = (reports: readonly Report[]): ReadonlyMap<string, Report> =>
  new Map(reports.filter(({ asOf }) => asOf !== false).map((report) => [report.name, report]));

const refused = (path: string, what: string) => new Refused('export/bad-arguments', `${path} ${what}.`, path);
const jsonTypes: Readonly<Partial<Record<Field['kind'], string>>> = {
  ...{ integer: 'number', largeInteger: 'number', number: 'number', flag: 'boolean' },
  ...{ json: 'any', object: 'object', money: 'object', filter: 'object' },
};
const filterLists = ['in', 'notIn'];
const checkJson = ({ kind, options, enumeration, object }: Field, value: unknown, path: string): void => {
  if (options.list) {
    if (!Array.isArray(value)) throw refused(path, 'must be a list');
    const { list: _, ...one } = options;
    value.forEach((each, place) =>
      checkJson({ kind, options: one, enumeration, object } as Field, each, `${path}.${place}`),
    );
    return;
  }
  const type = jsonTypes[kind] ?? 'string';
  if (type !== 'any' && (typeof value !== type || value === null || Array.isArray(value)))
    throw refused(path, `must be a ${type}`);
  if (kind === 'integer' && !Number.isSafeInteger(value)) throw refused(path, 'must be a whole number');
  if (enumeration && !(enumeration.values as readonly unknown[]).includes(value))
    throw refused(path, `must be one of ${enumeration.values.join(', ')}`);
  if (object) checkFields(object.fields, value as Values, `${path}.`);
  if (kind === 'filter')
    for (const [name, part] of Object.entries(value as Values)) {
      const isRight = filterLists.includes(name)
        ? Array.isArray(part) && part.every((one) => typeof one === 'string')
        : typeof part === ({ startsWith: 'string', none: 'boolean' } as Values)[name];
      if (!isRight) throw refused(`${path}.${name}`, 'must be in or notIn with texts, startsWith with a text, or none');
    }
};
const checkFields = (fields: Fields, given: Values, parent: string): void => {
  for (const [name, value] of Object.entries(given)) {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (!field)
      throw refused(`${parent}${name}`, `is not known; there are ${Object.keys(fields).join(', ') || 'none'}`);
    checkJson(field, value, `${parent}${name}`);
  }
  for (const [name, { options }] of Object.entries(fields))
    if (!options.optional && !options.nullable && options.default === undefined && given[name] === undefined)
      throw refused(`${parent}${name}`, 'must be given');
};
/**
 * The arguments of a report from JSON, with its defaults.
 * @throws Refused `export/bad-arguments` with the path of the one at fault; as `checkArguments`
 */
export const argumentsOf = (report: Report, given: unknown): Readonly<Record<string, Json>> => {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw refused('arguments', 'must be a JSON object');
  checkFields(report.arguments, given as Values, '');
  const question = { ...defaultsOf(report.arguments), ...given };
  checkArguments(report.arguments, question);
  return question as Readonly<Record<string, Json>>;
};

const columnTypes: Partial<Record<Field['kind'], ExportColumn['type']>> = {
  ...{ integer: 'integer', largeInteger: 'integer', number: 'real', flag: 'flag', json: 'json', object: 'json' },
};
const joined = (prefix: string, name: string): string =>
  prefix === '' ? name : `${prefix}${name[0]!.toUpperCase()}${name.slice(1)}`;

/** Everything of an answer that JSON can hold, as it is declared; personal values are sealed. */
const plain = async (field: Field, value: unknown): Promise<unknown> => {
  const { options, object } = field;
  if (value === undefined || value === null) return null;
  if (isPersonalField(field)) return 'sealed';
  if (options.page) return plain({ ...field, options: { list: true } }, await allNodes(value as never));
  if (options.list)
    return Promise.all((value as readonly unknown[]).map((one) => plain({ ...field, options: {} }, one)));
  if (!object) return value;
  const held: [string, unknown][] = [];
  for (const [name, inner] of Object.entries(object.fields))
    if (!inner.options.hidden) held.push([name, await plain(inner, (value as Values)[name])]);
  return Object.fromEntries(held);
};
const PAGE_SIZE = 500;
const allNodes = async (
  page: (question: PageQuestion) => Connection<unknown> | Promise<Connection<unknown>>,
): Promise<readonly unknown[]> => {
  const nodes: unknown[] = [];
  for (let after: string | null | undefined = undefined; ;) {
    const found: Connection<unknown> = await page({ first: PAGE_SIZE, ...(after && { after }) });
    nodes.push(...found.nodes);
    after = found.pageInfo.endCursor;
    if (!found.pageInfo.hasNextPage) return nodes;
  }
};

const isRows = ({ object, options }: Field): boolean => object !== undefined && (!!options.list || !!options.page);
const hasRows = ({ object }: Field): boolean =>
  object !== undefined && Object.values(object.fields).some((field) => isRows(field) || hasRows(field));

/** Gathers rows, and the columns that they have together. */
class Gathered {
  private readonly types = new Map<string, ExportColumn['type']>([
    ['table', 'text'],
    ['row', 'integer'],
  ]);
  private readonly rows: Values[] = [];

  /** The table of an answer: its columns, in which every row has a value or null. */
  get table(): ReportTable {
    const columns = [...this.types].map(([name, type]) => ({ name, type }));
    return { columns, rows: this.rows };
  }

  /** @param value as `plain` gives it */
  add(table: string, row: number, fields: Fields, value: Values): void {
    this.rows.push({ table, row, ...this.cells('', fields, value) });
  }

  private cells(prefix: string, fields: Fields, value: Values): Values {
    const cells: Record<string, unknown> = {};
    const put = (name: string, type: ExportColumn['type'], cell: unknown) => {
      const known = this.types.get(name);
      this.types.set(name, known === undefined || known === type ? type : 'json');
      cells[name] = cell ?? null;
    };
    for (const [own, field] of Object.entries(fields)) {
      const [name, cell, { kind, options, object }] = [joined(prefix, own), value[own], field];
      if (options.hidden) continue;
      if (options.list || options.page) put(name, 'json', cell);
      else if (kind === 'money') {
        const { minor = null, currency = null } = (cell ?? {}) as Values;
        put(`${name}Minor`, 'integer', minor);
        put(`${name}Currency`, 'text', currency);
      } else if (object) Object.assign(cells, this.cells(name, object.fields, (cell ?? {}) as Values));
      else put(name, columnTypes[kind] ?? 'text', cell);
    }
    return cells;
  }

  /** The single values of an object as a row of its own, then the rows within it as tables named after their fields. */
  walk(path: string, fields: Fields, value: Values): void {
    const own = Object.entries(fields).filter(([, field]) => !field.object);
    if (own.some(([, { options }]) => !options.hidden))
      this.add(path === '' ? 'answer' : path, 0, Object.fromEntries(own), value);
    for (const [name, field] of Object.entries(fields)) {
      const inner = value[name];
      if (!field.object || field.options.hidden || inner === null || inner === undefined) continue;
      const table = path === '' ? name : `${path}.${name}`;
      const within = field.object.fields;
      if (isRows(field)) (inner as readonly Values[]).forEach((one, row) => this.add(table, row, within, one));
      else if (hasRows(field)) this.walk(table, within, inner as Values);
      else this.add(table, 0, within, inner as Values);
    }
  }
}

/**
 * The answer of a report as rows of one table, in which `table` says what of the answer a row is, and `row` which of them.
 * Amounts have two columns, objects within a row a column for each of their fields; lists within a row are JSON.
 * @param ask with a page, if the report has pages
 */
export const tableOfReport = async (report: Report, ask: (page: PageQuestion) => unknown): Promise<ReportTable> => {
  const { answer, page, table } = report;
  const gathered = new Gathered();
  const value = page
    ? await allNodes((question) => ask(question) as Connection<unknown>)
    : ((await ask({})) as unknown);
  if (table) {
    const rows = table.rows(value as never);
    rows.forEach((one, row) => gathered.add('rows', row, table.columns, one as Values));
    return gathered.table;
  }
  const field: Field = page ? { ...answer, options: { list: true } } : answer;
  const shown = await plain(field, value);
  if (shown === null) return gathered.table;
  if (!field.object) gathered.add('answer', 0, { value: field }, { value: shown });
  else if (isRows(field))
    (shown as readonly Values[]).forEach((one, row) => gathered.add('rows', row, field.object!.fields, one));
  else gathered.walk('', field.object.fields, shown as Values);
  return gathered.table;
};

/** The rows of a report as an export, which begins with its origin. */
export const reportSource = ({ columns, rows }: ReportTable, origin: ReportOrigin): ExportSource => {
  const { report, at } = origin;
  const names = columns.map(({ name }) => name);
  const header: ReportExportHeader = { export: 'report', version: 1, columns: names, origin };
  const rowOf = (line: Values, place: number): ExportRow => {
    const id = `${String(line['table'])}/${String(line['row'])}`;
    return {
      ...{ cursor: String(place), line },
      values: Object.fromEntries(names.map((name) => [name, line[name] ?? null])),
      cloudEvent: {
        ...{ specversion: '1.0', id, source: `/reports/${report}`, type: 'ReportRow', subject: id, time: at },
        ...{ datacontenttype: 'application/json', data: line as Json },
      },
    };
  };
  return {
    ...{ name: report, columns, header, total: rows.length },
    async *pages(after) {
      const first = after === undefined ? 0 : Number(after) + 1;
      yield { rows: rows.slice(first).map((line, place) => rowOf(line, first + place)), looked: rows.length };
    },
  };
};
