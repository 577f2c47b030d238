import { Refused } from '@baton/kernel';
import {
  creditPaths,
  dataDrivenModel,
  dataDrivenModels,
  dataDrivenReport,
  pathModels,
  PathTable,
  type DataDrivenRow,
  type PathCredit,
  type RepeatHandling,
} from '@baton/attribution';
import { builtInAttribution } from '@baton/definitions';
import { fixed, line, printCsv, printJson, printTable, warn, type Format } from '../output';
import { readPaths, type PathFileOptions } from './path-file';

export interface PathReportOptions extends PathFileOptions {
  readonly model: string;
  readonly order?: number;
  readonly seed?: number;
  readonly bootstrap?: number;
  readonly nulls?: boolean;
  readonly repeats?: RepeatHandling;
}

export interface PathReport {
  readonly model: string;
  /** The conversion rate that the Markov chain reproduces. */
  readonly base?: number;
  readonly rows: readonly (PathCredit & Partial<DataDrivenRow>)[];
  readonly warnings: readonly string[];
}

const modelAliases: Readonly<Record<string, string>> = { first: 'first-touch', last: 'last-touch' };
export const pathModelCodes = [...pathModels, ...dataDrivenModels].map(({ code }) => code);

/**
 * Credits the conversions of a path table.
 * @throws Refused `attribution/unknown-model`, and as `readPaths` and `dataDrivenReport`
 */
export const pathReport = async (file: string, options: PathReportOptions): Promise<PathReport> => {
  const { model: modelName, nulls = true, order, seed, bootstrap, repeats } = options;
  const code = modelAliases[modelName] ?? modelName;
  const rules = pathModels.find((one) => one.code === code);
  const dataDriven = dataDrivenModel(code);
  if (!rules && !dataDriven) {
    const codes = [...Object.keys(modelAliases), ...pathModelCodes].join(', ');
    throw new Refused(
      'attribution/unknown-model',
      `--model must be one of ${codes}; a path table has no dates for other models.`,
      'model',
    );
  }
  const table = new PathTable({ ignoreNulls: !nulls });
  const { warnings } = await readPaths(file, options, (steps, counts) => table.add(steps, counts));
  if (dataDriven) {
    const report = dataDrivenReport(dataDriven, table, {
      ...(order !== undefined && { order }),
      ...(seed !== undefined && { seed }),
      ...(bootstrap !== undefined && { bootstrap }),
      ...(repeats !== undefined && { repeats }),
    });
    return { ...report, warnings: [...warnings, ...report.warnings] };
  }
  const parameters = {
    excludedChannels: builtInAttribution.excludedChannels ?? [],
    weights: { first: 0.4, last: 0.4, mid: 0.2 },
    halfLifeMs: 1, // no model of a path table asks for it
  };
  return { model: code, rows: creditPaths(rules!, table, parameters), warnings };
};

type Column =
  | 'key'
  | 'conversions'
  | 'value'
  | 'removalEffect'
  | 'standardError'
  | 'low'
  | 'high'
  | 'journeys'
  | 'converted'
  | 'tooThin';
type Cell = string | number | boolean;
type Cells = Readonly<Partial<Record<Column, Cell>>>;

const decimalPlaces = (digits: number) => (cell: Cell) => fixed(cell as number, digits);
const unchanged = (cell: Cell) => cell as string | number;
/** How each column is printed: its head with the unit, and its cells. */
const columnFormats: Readonly<Record<Column, readonly [string, (cell: Cell) => string | number]>> = {
  key: ['channel', unchanged],
  conversions: ['credited (conversions)', decimalPlaces(2)],
  value: ['credited (value of the file)', decimalPlaces(2)],
  removalEffect: ['removal effect (0–1)', decimalPlaces(4)],
  standardError: ['standard error (conversions)', decimalPlaces(2)],
  low: ['95 % from (conversions)', decimalPlaces(2)],
  high: ['to (conversions)', decimalPlaces(2)],
  journeys: ['with it (journeys)', unchanged],
  converted: ['of these converted (journeys)', unchanged],
  tooThin: ['too few to judge', (cell) => (cell === true ? 'yes' : '')],
};
/** The printed fields of a row; in the ordered form the position is part of the key. */
const cellsOf = (row: PathReport['rows'][number], support: boolean): Cells => ({
  key: row.position === undefined ? row.key : `${row.key} @ ${row.position}`,
  conversions: row.conversions,
  value: row.value,
  ...(row.removalEffect !== undefined && { removalEffect: row.removalEffect }),
  ...(row.standardError !== undefined && { standardError: row.standardError }),
  ...(row.interval && { low: row.interval.low, high: row.interval.high }),
  ...(support && row.support && { ...row.support, tooThin: row.tooThin! }),
});

/** @param support adds the number of journeys behind each row */
export const printPathReport = (report: PathReport, format: Format, support = false): void => {
  for (const warning of report.warnings) warn(warning);
  const { model, base } = report;
  const rows = report.rows.map((row) => cellsOf(row, support || format === 'table'));
  const head = Object.keys(rows[0] ?? {}) as Column[];
  const cells = rows.map((row) => head.map((name) => row[name]!));
  if (format === 'json') printJson({ model, rows, ...(base !== undefined && { base }) });
  else if (format === 'ndjson') rows.forEach(printJson);
  else if (format === 'csv') [head, ...cells].forEach(printCsv);
  else {
    line(`${model}${base === undefined ? '' : `; the chance of a journey to convert is ${fixed(base, 4)} (0–1)`}`);
    printTable(
      head.map((name) => columnFormats[name][0]),
      cells.map((row) => row.map((cell, at) => columnFormats[head[at]!][1](cell))),
    );
  }
};
