import { type Field, type Fields, type Report } from '@baton/kernel';
import { cellOf, declaredValue } from './answer';
import { parseListOf } from './arguments';
import { single, type SingleCommand } from './command';
import { loadReport } from './declared';
import { cutOptions } from './options';
import { print, formatField, line, printCsv, printJson, printTable, time, type Format } from './output';
import { answerFrom, contextFor, cutOf } from './sources';
import type { Sources } from './view';

interface Value {
  readonly value: string | null;
  readonly amount: { readonly currency: string } | null;
  readonly numerator: string | null;
  readonly denominator: string | null;
  readonly support: number;
  readonly tooThin: boolean;
  readonly compared: string | null;
  readonly change: string | null;
}
interface Answer {
  readonly from: string;
  readonly to: string;
  readonly complete: boolean;
  readonly comparedFrom: string | null;
  readonly comparedTo: string | null;
  readonly figures: readonly {
    readonly code: string;
    readonly unit: string;
    readonly warnings: readonly string[];
    readonly total: readonly Value[];
    readonly erased: number;
    readonly groups: readonly {
      readonly key: string | null;
      readonly isOther: boolean;
      readonly erased: number;
      readonly values: readonly Value[];
    }[];
  }[];
}

const columns = [
  'figure',
  'group',
  'value',
  'unit',
  'numerator',
  'denominator',
  'rows',
  'erased',
  'compared',
  'change',
] as const;
type Row = Readonly<Record<(typeof columns)[number], string | number | null>>;
/** One row per value: the totals, then the groups. */
const rowsOf = ({ figures }: Answer): readonly Row[] =>
  figures.flatMap(({ code, unit, total, erased, groups }) => {
    const row = (
      group: string,
      erased: number,
      { value, amount, numerator, denominator, support, compared, change }: Value,
    ): Row => ({
      ...{
        figure: code,
        group,
        value,
        unit: amount === null ? unit : `${amount.currency}${unit === 'money' ? '' : ' a day'}`,
      },
      ...{ numerator, denominator, rows: support, erased: erased === 0 ? null : erased, compared, change },
    });
    return [
      ...total.map((value) => row('', erased, value)),
      ...groups.flatMap(({ key, isOther, erased: its, values }) =>
        values.map((value) => row(isOther ? '(others)' : (key ?? '(without)'), its, value)),
      ),
    ];
  });

const printFigures = (answer: Answer, format: Format): void => {
  if (format === 'json') return printJson(answer);
  const rows = rowsOf(answer);
  if (format === 'csv') {
    printCsv(columns);
    for (const row of rows) printCsv(columns.map((column) => row[column]));
    return;
  }
  if (format === 'ndjson') {
    for (const row of rows) print(`${JSON.stringify(row)}\n`);
    return;
  }
  line(`${time(answer.from)} to ${time(answer.to)}${answer.complete ? '' : ' (not over yet)'}`);
  if (answer.comparedFrom) line(`compared with ${time(answer.comparedFrom)} to ${time(answer.comparedTo)}`);
  const shown = columns.filter((column) => rows.some((row) => row[column] !== null && row[column] !== ''));
  printTable(
    shown,
    rows.map((row) => shown.map((column) => row[column] ?? '')),
  );
  for (const { code, warnings } of answer.figures) for (const warning of warnings) line(`${code}: ${warning}`);
};

/** Prints what can be asked for. */
const printCatalogue = async (catalogue: Report, format: Format): Promise<void> => {
  const found = (await declaredValue(
    catalogue.answer,
    await catalogue.ask({} as never, {} as never),
  )) as readonly Record<string, unknown>[];
  if (format === 'json') return printJson(found);
  const fields: Fields = catalogue.answer.object!.fields;
  const names = ['code', 'unit', 'formula', 'dimensions'];
  const cells = (one: Record<string, unknown>) => names.map((name) => cellOf(name, fields[name]!, one[name]));
  if (format === 'csv') {
    printCsv(names);
    for (const one of found) printCsv(cells(one));
  } else if (format === 'ndjson') for (const one of found) print(`${JSON.stringify(one)}\n`);
  else printTable(names, found.map(cells));
};

/** Prints figures as a table, or as JSON. @param question the arguments of the query */
export const printFiguresOf = async (
  codes: readonly string[],
  question: Readonly<Record<string, unknown>>,
  sources: Sources,
): Promise<void> => {
  const report = await loadReport('figures');
  const found = await report.ask({ ...question, codes } as never, contextFor(sources, cutOf({})) as never);
  printFigures((await declaredValue(report.answer, found)) as Answer, 'table');
};

/** `baton figures [codes]`, whose options are the arguments of the query. */
export const loadCommand = async (): Promise<SingleCommand> => {
  const [report, catalogue] = await Promise.all([loadReport('figures'), loadReport('figure-catalogue')]);
  const { codes, ...scope } = report.arguments;
  const known = (codes as Field).enumeration!.values;
  return single({
    words: { 'codes?': 'Codes of figures, separated by commas; without them the catalogue is printed.' },
    options: { ...scope, ...formatField, ...cutOptions } as Fields,
    example: 'win-rate,velocity --by owner --period last-quarter --compare previous-period',
    run: async ([words], given) => {
      const { format, json, ...options } = given as { readonly format: Format; readonly json?: boolean };
      if (words === undefined) return printCatalogue(catalogue, json ? 'json' : format);
      const question = Object.fromEntries(Object.entries(options).filter(([name]) => name in scope));
      const asked = { ...question, codes: parseListOf(words, known, 'codes') };
      await answerFrom(async (sources) => {
        const found = await report.ask(asked as never, contextFor(sources, cutOf(options)) as never);
        printFigures((await declaredValue(report.answer, found)) as Answer, json ? 'json' : format);
      });
    },
  });
};
