import { csvCell, Refused, type Role } from '@baton/kernel';
import type { LogLeaf, LogPlace } from '../proof/log-tree.projection';

export const exportFormats = ['ndjson', 'csv', 'cloudevents', 'parquet'] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** Who may export over HTTP what its role may read; personal values are sealed. */
export const exportRoles: readonly Role[] = ['analyst', 'auditor'];
/** Who may export a read model with personal values, with a reason. */
export const grantRoles: readonly Role[] = ['revops'];

/** A column of an export; `json` is the text of a JSON value. */
export interface ExportColumn {
  readonly name: string;
  readonly type: 'text' | 'integer' | 'real' | 'flag' | 'json';
}
/** One row, in each of the forms in which it can be written. */
export interface ExportRow {
  /** Where to go on behind it. */
  readonly cursor: string;
  /** By column; null where there is no value. */
  readonly values: Readonly<Record<string, unknown>>;
  /** The line of an NDJSON export. */
  readonly line: object;
  readonly cloudEvent: object;
}

/** Which events of the log; those without a filter are all. */
export interface LogFilter {
  readonly types?: readonly string[];
  readonly stream?: string;
  /** The kind of the stream: `lead`, `opportunity`. */
  readonly category?: string;
  /** Occurred at this instant or later. */
  readonly from?: string;
  /** Occurred before this instant. */
  readonly to?: string;
  /** Behind this position of the log. */
  readonly after?: string;
  /** Up to this position. */
  readonly until?: string;
}
export const isUnfiltered = (filter: LogFilter): boolean => Object.keys(filter).length === 0;

/** Whether an event is one that a filter asks for. */
export const passesLogFilter = (
  { types, stream, category, from, to, after, until }: LogFilter,
  { type, stream: own, meta }: LogLeaf,
  { position }: LogPlace,
): boolean =>
  (!types || types.includes(type)) &&
  (stream === undefined || own === stream) &&
  (category === undefined || own.startsWith(`${category}-`)) &&
  (from === undefined || meta.occurredAt >= from) &&
  (to === undefined || meta.occurredAt < to) &&
  (after === undefined || position > after) &&
  (until === undefined || position <= until);

/** The first line of an export of the log. */
export interface LogExportHeader {
  readonly export: 'log';
  readonly version: 1;
  /** The name of the log. */
  readonly log: string;
  /** How many events the log has; those of the export are among them. */
  readonly size: number;
  /** Absent: all events are there. */
  readonly filter?: LogFilter;
  readonly verifierKeys: readonly string[];
  /** Signed heads, oldest first; the last one is of this size. With a filter only that one. */
  readonly heads: readonly string[];
}
/** A line of an export of the log. */
export interface LogExportLine extends LogPlace {
  readonly index: number;
  readonly event: LogLeaf;
  /** With a filter: the proofs of the event and of its place, in base64. */
  readonly proof?: readonly string[];
  readonly placeProof?: readonly string[];
}
/** The last line: how many rows there are, and the SHA-256 (hex) of all lines before, against accidents. */
export interface ExportEnd {
  readonly rows: number;
  readonly sha256: string;
}

export const logColumns: readonly ExportColumn[] = [
  { name: 'index', type: 'integer' },
  ...(['position', 'recordedAt', 'stream'] as const).map((name) => ({ name, type: 'text' as const })),
  { name: 'revision', type: 'integer' },
  ...(['id', 'type', 'occurredAt'] as const).map((name) => ({ name, type: 'text' as const })),
  { name: 'data', type: 'json' },
  ...(['actor', 'origin', 'mode'] as const).map((name) => ({ name, type: 'text' as const })),
  { name: 'schema', type: 'integer' },
  { name: 'sequence', type: 'integer' },
  ...(['commandId', 'commandHash', 'correlation', 'causation'] as const).map((name) => ({
    name,
    type: 'text' as const,
  })),
];

/** @param log its name */
export const logRow = (log: string, line: LogExportLine): ExportRow => {
  const { index, position, recordedAt, event } = line;
  const { stream, revision, id, type, data, meta } = event;
  const { occurredAt, correlation, causation, commandId, commandHash, schema, sequence, ...rest } = meta;
  return {
    cursor: String(index),
    line,
    values: { index, position, recordedAt, stream, revision, id, type, data, sequence: null, ...meta },
    // Names of extension attributes are lower case without hyphens (CloudEvents 1.0.2, 3.1).
    cloudEvent: {
      ...{
        specversion: '1.0',
        id,
        source: `/logs/${encodeURIComponent(log)}`,
        type,
        subject: stream,
        time: occurredAt,
      },
      ...{ datacontenttype: 'application/json', data, partitionkey: stream, revision, ...rest },
      ...{ schemaversion: schema, commandid: commandId, commandhash: commandHash, correlationid: correlation },
      ...{ causationid: causation, ...(sequence !== undefined && { sourcesequence: sequence }) },
      ...{ logindex: String(index), logposition: position, recordedat: recordedAt },
    },
  };
};

export const csvLine = (cells: readonly unknown[]): string => `${cells.map(csvCell).join(',')}\r\n`;

/** Checks a filter from outside. @throws Refused `export/bad-filter` with the field at fault */
export const checkLogFilter = (filter: LogFilter, types: { readonly has: (type: string) => boolean }): LogFilter => {
  const refused = (field: string, must: string) => new Refused('export/bad-filter', `${field} must be ${must}.`, field);
  const unknown = filter.types?.find((type) => !types.has(type));
  if (unknown !== undefined) throw refused('types', `types of events; there is no "${unknown}"`);
  if (filter.category !== undefined && !/^[a-z]+(-[a-z]+)*$/.test(filter.category))
    throw refused('category', 'the kind of a stream, such as lead');
  if (filter.from !== undefined && filter.to !== undefined && filter.from >= filter.to)
    throw refused('to', 'later than from; it is exclusive');
  if (filter.after !== undefined && filter.until !== undefined && filter.after >= filter.until)
    throw refused('until', 'a later position than after');
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined)) as LogFilter;
};

/**
 * Whether personal values may be in an export in clear: of a read model, with a reason.
 * @throws Refused `export/log-is-sealed`, `export/no-reason`, `export/not-open`
 */
export const checkGrant = (of: string, openPersonal: boolean, reason: string | undefined): void => {
  if (!openPersonal && reason !== undefined)
    throw new Refused('export/not-open', 'A reason is for personal values; ask for openPersonal, too.', 'reason');
  if (openPersonal && of === 'log')
    throw new Refused(
      'export/log-is-sealed',
      'The log is exported as it is stored, or it could not be verified; export a read model.',
      'openPersonal',
    );
  if (openPersonal && (reason ?? '').trim() === '')
    throw new Refused('export/no-reason', 'Give the reason for which personal values are needed.', 'reason');
};
