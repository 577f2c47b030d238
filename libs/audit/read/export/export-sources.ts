import {
  isReadModel,
  isSealed,
  NotFound,
  shownFields,
  shownOf,
  START,
  type EventLog,
  type Instant,
  type Json,
  type Projection,
  type RawEvent,
  type ReadModel,
  type Sealed,
  UnknownType,
} from '@baton/kernel';
import type { PersonalReads } from '@baton/platform/access';
import type { ReadModels } from '@baton/platform/documents';
import { logHeads, type HeadDocument } from '../proof/log-heads.read-model';
import { leafOf, placeOf } from '../proof/log-tree.projection';
import { LogTree } from '../proof/log-tree.query';
import {
  isUnfiltered,
  logColumns,
  logRow,
  passesLogFilter,
  type ExportColumn,
  type ExportRow,
  type LogExportHeader,
  type LogFilter,
} from './export.rules';

/** What is exported. The same source gives the same rows, from any cursor on. */
export interface ExportSource {
  readonly name: string;
  readonly columns: readonly ExportColumn[];
  /** What stands before the rows, in a format that has room for it. */
  readonly header: object;
  /** How many rows are looked at. */
  readonly total: number;
  /** Pages of rows behind a cursor; `looked` counts those that a filter left out too. */
  readonly pages: (
    after: string | undefined,
  ) => AsyncIterable<{ readonly rows: readonly ExportRow[]; readonly looked: number }>;
}

const PAGE = 1000;

/**
 * The events of the log that a signed head covers, with what proves them.
 * @param head the newest one
 * @param verifierKeys in text form
 */
export const logSource = async (
  { models, log }: { readonly models: ReadModels; readonly log: EventLog },
  head: HeadDocument,
  verifierKeys: readonly string[],
  filter: LogFilter,
): Promise<ExportSource> => {
  const { size } = head;
  const name = head.verifierKey.split('+')[0]!;
  const whole = isUnfiltered(filter);
  const heads: string[] = [];
  if (whole)
    for await (const page of models.pages(logHeads, { size: { lt: size } }, [{ column: 'size' }]))
      heads.push(...page.map(({ doc }) => doc.note));
  const header: LogExportHeader = {
    ...{ export: 'log', version: 1, log: name, size, ...(!whole && { filter }) },
    ...{ verifierKeys, heads: [...heads, head.note] },
  };
  const tree = await LogTree.open(models);
  const base64 = async (index: number, of: 'events' | 'places') =>
    (await tree.inclusion(index, size, of)).map((hash) => hash.toString('base64'));
  const rowOf = async (index: number, event: RawEvent): Promise<ExportRow[]> => {
    const [leaf, place] = [leafOf(event), placeOf(event)];
    if (!passesLogFilter(filter, leaf, place)) return [];
    const line = { index, ...place, event: leaf };
    if (whole) return [logRow(name, line)];
    const proofs = { proof: await base64(index, 'events'), placeProof: await base64(index, 'places') };
    return [logRow(name, { ...line, ...proofs })];
  };
  const first = filter.after === undefined ? 0 : await tree.sizeAt(filter.after);
  return {
    ...{ name: 'log', columns: logColumns, header, total: Math.max(0, size - first) },
    async *pages(after) {
      let index = Math.max(first, after === undefined ? 0 : Number(after) + 1);
      let position = index === 0 ? START : (await tree.placeAt(index - 1)).position;
      while (index < size) {
        const { events, position: reached } = await log.readAll(position, {}, Math.min(PAGE, size - index));
        const rows: ExportRow[] = [];
        for (const [at, event] of events.entries()) rows.push(...(await rowOf(index + at, event)));
        yield { rows, looked: index + events.length - first };
        if (events.length === 0 || (filter.until !== undefined && reached > filter.until)) return;
        index += events.length;
        position = reached;
      }
    },
  };
};

const columnTypes: Partial<Record<string, ExportColumn['type']>> = {
  ...{ integer: 'integer', largeInteger: 'integer', number: 'real', flag: 'flag', json: 'json', object: 'json' },
};
/** Read models that can be exported, by name. */
export const exportable = (projections: readonly Projection[]): ReadonlyMap<string, ReadModel> =>
  new Map(projections.filter(isReadModel).map((model) => [model.name, model]));

/** The read model with a name. @throws NotFound `export/unknown-read-model` */
export const readModelNamed = (known: ReadonlyMap<string, ReadModel>, name: string): ReadModel => {
  const model = known.get(name);
  if (model) return model;
  const names = [...known.keys()].sort().join(', ');
  throw new NotFound('export/unknown-read-model', `There is no read model ${name}; there are log, ${names}.`, 'of');
};

/** A value with another in the place of each that is personal. */
const withPersonal = (value: unknown, of: (sealed: Sealed) => unknown): unknown => {
  if (isSealed(value)) return of(value);
  if (Array.isArray(value)) return value.map((one) => withPersonal(one, of));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withPersonal(inner, of)]));
};

/**
 * What stands for the personal values of some nodes: `sealed`, or where they are granted the values themselves, null after
 * an erasure.
 */
const personalOf = async (
  nodes: readonly object[],
  reads: Pick<PersonalReads, 'open'> | undefined,
): Promise<(sealed: Sealed) => unknown> => {
  if (!reads) return () => 'sealed';
  const found: Sealed[] = [];
  withPersonal(nodes, (sealed) => found.push(sealed));
  const opened = found.length > 0 ? await reads.open(found) : [];
  const values = new Map(found.map((sealed, at) => [sealed, opened[at] ?? null]));
  return (sealed) => {
    const value = values.get(sealed) ?? null;
    return value instanceof UnknownType ? 'sealed' : value; // its key is lost
  };
};

/**
 * The documents of a read model as its node shows them, by id. Amounts of money have two columns; a personal value is
 * `sealed`, unless it was granted.
 * @param at the instant for which computed fields are answered
 * @param reads opens personal values, and records whose: a page before it is given
 */
export const readModelSource = async (
  models: ReadModels,
  model: ReadModel,
  at: Instant,
  reads?: Pick<PersonalReads, 'open'>,
): Promise<ExportSource> => {
  const { key } = model.shown;
  const shown = Object.entries(shownFields(model));
  const columns = shown.flatMap(([name, { kind, options }]): ExportColumn[] => {
    if (kind === 'money' && !options.list)
      return [
        { name: `${name}Minor`, type: 'integer' },
        { name: `${name}Currency`, type: 'text' },
      ];
    return [{ name, type: options.list ? 'json' : (columnTypes[kind] ?? 'text') }];
  });
  type Node = Readonly<Record<string, unknown>>;
  const valuesOf = (node: Node, personal: (sealed: Sealed) => unknown): Record<string, unknown> =>
    Object.fromEntries(
      shown.flatMap(([name, { kind, options }]) => {
        const value = withPersonal(node[name] ?? null, personal);
        if (kind !== 'money' || options.list) return [[name, value]];
        const { minor = null, currency = null } = (value ?? {}) as {
          readonly minor?: number;
          readonly currency?: string;
        };
        return [
          [`${name}Minor`, minor],
          [`${name}Currency`, currency],
        ];
      }),
    );
  const rowOf = (id: string, node: Node, personal: (sealed: Sealed) => unknown): ExportRow => {
    const values = { ...valuesOf(node, personal), [key]: id };
    const type = `${model.shown.node}Snapshot`;
    const cloudEvent = {
      ...{ specversion: '1.0', id, source: `/read-models/${model.name}`, type, subject: id, time: at },
      ...{ datacontenttype: 'application/json', data: values as Json },
    };
    return { cursor: id, values, line: values, cloudEvent };
  };
  return {
    ...{ name: model.name, columns, total: await models.count(model) },
    header: {
      ...{ export: model.name, version: 1, at, ...(reads && { personal: 'open' }) },
      columns: columns.map(({ name }) => name),
    },
    async *pages(after) {
      let looked = 0;
      for await (const page of models.pages(model, after === undefined ? {} : { id: { gt: after } })) {
        looked += page.length;
        const nodes = page.map(({ doc }) => shownOf(model, doc as never, at));
        const personal = await personalOf(nodes, reads);
        yield { rows: page.map(({ id }, place) => rowOf(id, nodes[place]!, personal)), looked };
      }
    },
  };
};
