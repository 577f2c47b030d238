import type {
  AggregateGroup,
  Aggregation,
  ColumnType,
  Condition,
  Field,
  Fields,
  FindOptions,
  Order,
  Projection,
  Scalar,
  Where,
} from '@baton/kernel';
import { compareScalars } from './columns';
import type { ContributedFields, PageSource } from './pages';
import { matchesClause, planWhere } from './query';
import type { ReadModels } from './read-models';

/**
 * What a context contributes to the documents of a read model at one instant. It does not change any more, however long
 * a question takes; `ids` may grow beyond `count`.
 */
export interface ContributedValues {
  readonly ids: readonly string[];
  /** So many of the ids have values. */
  readonly count: number;
  /** The place of an id; it may lie beyond `count`. */
  readonly placeOf: (id: string) => number | undefined;
  /** Of fields that lists are filtered or ordered by: numbers, NaN for none; of an enumeration the places of its words. */
  readonly columns: Readonly<Record<string, Float64Array>>;
  /** Fields whose value is the same for all. */
  readonly constants: ContributedFields;
}

interface IdLimits {
  /** Ids that one call of the store is asked about. */
  readonly perCall: number;
  /** Ids that a question holds at most, of those that match in the store. */
  readonly held: number;
}
const ID_LIMITS: IdLimits = { perCall: 8_192, held: 50_000 };

/** The values of several contexts side by side. */
export const joined = (all: readonly ContributedValues[]): ContributedValues => {
  if (all.length === 1) return all[0]!;
  const ids = [...new Set(all.flatMap((one) => one.ids.slice(0, one.count)))];
  const places = new Map(ids.map((id, place) => [id, place]));
  const columns: Record<string, Float64Array> = {};
  for (const one of all)
    for (const [name, values] of Object.entries(one.columns)) {
      const column = new Float64Array(ids.length).fill(NaN);
      for (let place = 0; place < one.count; place++) column[places.get(one.ids[place]!)!] = values[place]!;
      columns[name] = column;
    }
  return {
    ...{ ids, columns, count: ids.length },
    placeOf: (id) => places.get(id),
    constants: Object.assign({}, ...all.map(({ constants }) => constants)) as ContributedFields,
  };
};

/** Places in the order of their ids, kept for lists of ids that grow. */
const idOrders = new WeakMap<readonly string[], number[]>();
const idOrderOf = ({ ids, count }: ContributedValues): readonly number[] => {
  const known = idOrders.get(ids) ?? [];
  if (known.length < count) {
    for (let place = known.length; place < count; place++) known.push(place);
    known.sort((a, b) => compareScalars(ids[a]!, ids[b]!));
    idOrders.set(ids, known);
  }
  return known.length === count ? known : known.filter((place) => place < count);
};

const orders = new WeakMap<Float64Array, Uint32Array>();
/** Places in the order of their values, then of their ids; those without a value come first. Made once. */
const orderOf = (values: ContributedValues, column: Float64Array): Uint32Array => {
  const known = orders.get(column);
  if (known) return known;
  const sorted = column.slice(0, values.count).sort(); // NaN comes last
  let distinct = 0;
  for (const value of sorted)
    if (!Number.isNaN(value) && (distinct === 0 || sorted[distinct - 1] !== value)) sorted[distinct++] = value;
  const rankOf = (value: number): number => {
    if (Number.isNaN(value)) return 0;
    let [low, high] = [0, distinct];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (sorted[middle]! < value) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  };
  const ranks = new Uint32Array(values.count);
  const next = new Uint32Array(distinct + 2);
  for (let place = 0; place < values.count; place++) next[(ranks[place] = rankOf(column[place]!)) + 1]!++;
  for (let rank = 1; rank < next.length; rank++) next[rank]! += next[rank - 1]!;
  const order = new Uint32Array(values.count);
  for (const place of idOrderOf(values)) order[next[ranks[place]!]!++] = place;
  orders.set(column, order);
  return order;
};

/** Of an enumeration: its words in the order of the stores, and the place of each among them. */
const ranksOf = ({ enumeration }: Field): Float64Array | undefined => {
  if (!enumeration) return undefined;
  const words = [...enumeration.values].sort(compareScalars);
  return Float64Array.from(enumeration.values, (word) => words.indexOf(word));
};
const rankedColumns = new WeakMap<Float64Array, Float64Array>();
const rankedColumn = (field: Field, column: Float64Array): Float64Array => {
  const ranks = ranksOf(field);
  if (!ranks || ranks.every((rank, place) => rank === place)) return column;
  let ranked = rankedColumns.get(column);
  if (!ranked) rankedColumns.set(column, (ranked = column.map((value) => (Number.isNaN(value) ? NaN : ranks[value]!))));
  return ranked;
};

const columnTypeOf = ({ kind }: Field): ColumnType =>
  kind === 'enum' ? 'text' : kind === 'number' ? 'real' : 'integer';

/** Whether a place counts; undefined where all do. */
type Mask = Uint8Array | undefined;

/**
 * Read models with what contexts contribute to one of them: its conditions, orders and groups may name contributed fields
 * as if they were columns. What the store holds is answered there, joined by ids alone, a bounded number at a time; no
 * document is read that is not answered. A document that has no values yet is not found.
 */
export class ContributedModels implements PageSource {
  /** @param fields those that are contributed, by name */
  constructor(
    private readonly models: Pick<ReadModels, 'find' | 'count' | 'aggregate'>,
    private readonly fields: Fields,
    private readonly values: ContributedValues,
    private readonly idLimits = ID_LIMITS,
  ) {}

  async find<D>(of: Projection<D>, { where = {}, orderBy = [], after, limit = 100 }: FindOptions = {}) {
    const { own, mask } = this.split(where);
    const [first] = orderBy;
    if (first && first.column in this.fields) return this.walk(of, own, this.places(first, mask, after), limit);
    let found: { id: string; doc: D }[] = [];
    const inOrder = comparisonOf(orderBy);
    // Each part is read in the order, and as far as it can be answered.
    for (const ids of mask ? this.idsOf(mask) : [undefined]) {
      const where = ids ? withIds(own, ids) : own;
      const part = await this.models.find(of, { where, orderBy, limit, ...(after && { after }) });
      found = [...found, ...part].sort(inOrder).slice(0, limit);
    }
    return found.map((one) => ({ ...one, contributed: this.fieldsAt(this.values.placeOf(one.id)) }));
  }

  async count(of: Projection, where: Where = {}): Promise<number> {
    const { own, mask } = this.split(where);
    if (!mask) return this.models.count(of, own);
    let count = 0;
    for (const ids of this.idsOf(mask)) count += await this.models.count(of, withIds(own, ids));
    return count;
  }

  /** By one column, with the measures `count` and `min`. */
  async aggregate(of: Projection, { where, by, measures }: Aggregation): Promise<readonly AggregateGroup[]> {
    const { own, mask } = this.split(where ?? {});
    const [key] = by as readonly string[];
    if (key! in this.fields) return this.groupsOf(of, own, mask, key!);
    if (!mask) return this.models.aggregate(of, { where: own, by, measures });
    const groups = new Map<Scalar, AggregateGroup>();
    for (const ids of this.idsOf(mask))
      for (const group of await this.models.aggregate(of, { where: withIds(own, ids), by, measures })) {
        const known = groups.get(group.keys[0]!);
        groups.set(group.keys[0]!, known ? { ...group, values: valuesOfBoth(measures, known, group) } : group);
      }
    return [...groups.values()];
  }

  /** The conditions on columns of the store, and the places that the others leave. */
  private split(where: Where): { readonly own: Where; readonly mask: Mask } {
    const own: Record<string, Where[string]> = {};
    const contributed: Record<string, Where[string]> = {};
    for (const [name, conditions] of Object.entries(where))
      (name in this.fields ? contributed : own)[name] = conditions;
    const columns = Object.fromEntries(
      Object.keys(contributed).map((name) => [name, columnTypeOf(this.fields[name]!)]),
    );
    const clause = planWhere({ name: 'contributed', columns }, contributed);
    if ('all' in clause && clause.all.length === 0) return { own, mask: undefined };
    const mask = new Uint8Array(this.values.count);
    for (let place = 0; place < mask.length; place++)
      mask[place] = Number(matchesClause(clause, (name) => this.valueAt(name, place)));
    return { own, mask };
  }

  private valueAt(name: string, place: number): Scalar {
    const value = this.values.columns[name]![place]!;
    if (Number.isNaN(value)) return null;
    return this.fields[name]!.enumeration?.values[value] ?? value;
  }
  private fieldsAt(place: number | undefined): ContributedFields {
    const fields: Record<string, Scalar> = { ...this.values.constants };
    for (const name of Object.keys(this.values.columns))
      fields[name] = place === undefined || place >= this.values.count ? null : this.valueAt(name, place);
    return fields;
  }

  /** The ids of the places that count, in parts. */
  private *idsOf(mask: Uint8Array): Iterable<readonly string[]> {
    let ids: string[] = [];
    for (let place = 0; place < this.values.count; place++) {
      if (!mask[place]) continue;
      ids.push(this.values.ids[place]!);
      if (ids.length < this.idLimits.perCall) continue;
      yield ids;
      ids = [];
    }
    if (ids.length > 0) yield ids;
  }

  /** The places that count, in the order of a contributed field, after a place of a cursor. */
  private *places({ column: name, descending = false }: Order, mask: Mask, after: FindOptions['after']) {
    const { columns, ids } = this.values;
    const order = orderOf(this.values, rankedColumn(this.fields[name]!, columns[name]!));
    const compare = (place: number): number =>
      compareScalars(this.valueAt(name, place), after!.values[0] ?? null) || compareScalars(ids[place]!, after!.id);
    /** How many come before the cursor, or also at it. */
    const before = (orAt: boolean): number => {
      let [low, high] = [0, order.length];
      while (low < high) {
        const middle = (low + high) >>> 1;
        const compared = compare(order[middle]!);
        if (compared < 0 || (orAt && compared === 0)) low = middle + 1;
        else high = middle;
      }
      return low;
    };
    const step = descending ? -1 : 1;
    const first = descending ? (after ? before(false) : order.length) - 1 : after ? before(true) : 0;
    for (let at = first; at >= 0 && at < order.length; at += step) if (!mask || mask[order[at]!]) yield order[at]!;
  }

  /** The first documents of these places that match in the store. */
  private async walk<D>(of: Projection<D>, own: Where, places: Iterable<number>, limit: number) {
    const found: number[] = [];
    for await (const part of this.matching(of, own, places, 2 * limit)) {
      found.push(...part);
      if (found.length >= limit) break;
    }
    const ids = found.slice(0, limit).map((place) => this.values.ids[place]!);
    const docs = await this.models.find(of, { where: { id: { in: ids } }, limit: ids.length });
    const byId = new Map(docs.map(({ id, doc }) => [id, doc]));
    return found.slice(0, limit).flatMap((place) => {
      const id = this.values.ids[place]!;
      const doc = byId.get(id);
      return doc === undefined ? [] : [{ id, doc, contributed: this.fieldsAt(place) }];
    });
  }

  /**
   * Those of the places whose documents match in the store, in their order, in growing parts. Few that match are asked for
   * at once, instead of many that might.
   */
  private async *matching(of: Projection, own: Where, places: Iterable<number>, size: number) {
    const { ids } = this.values;
    const { perCall, held } = this.idLimits;
    let all: ReadonlySet<Scalar> | undefined;
    let [asked, isCounted] = [0, false];
    const matched = async (where: Where): Promise<ReadonlySet<Scalar>> => {
      const groups = await this.models.aggregate(of, { where, by: ['id'], measures: {} });
      return new Set(groups.map(({ keys: [id] }) => id!));
    };
    for (const part of partsOf(places, size, perCall)) {
      if (!isCounted && asked >= perCall) {
        isCounted = true;
        if ((await this.models.count(of, own)) <= held) all = await matched(own);
      }
      asked += part.length;
      const hits =
        all ??
        (await matched(
          withIds(
            own,
            part.map((place) => ids[place]!),
          ),
        ));
      yield part.filter((place) => hits.has(ids[place]!));
    }
  }

  /** How many documents have each value of a contributed field. */
  private async groupsOf(of: Projection, own: Where, mask: Mask, name: string): Promise<readonly AggregateGroup[]> {
    const counts = new Map<Scalar, number>();
    const { count } = this.values;
    const places = function* () {
      for (let place = 0; place < count; place++) if (!mask || mask[place]) yield place;
    };
    for await (const part of this.matching(of, own, places(), this.idLimits.perCall))
      for (const place of part) {
        const value = this.valueAt(name, place);
        counts.set(value, (counts.get(value) ?? 0) + 1);
      }
    return [...counts].map(([key, found]) => ({ keys: [key], values: { count: found } }));
  }
}

const withIds = (where: Where, ids: readonly string[]): Where => ({
  ...where,
  id: [...[where['id'] ?? []].flat(), { in: ids }] as readonly Condition[],
});

function* partsOf(places: Iterable<number>, size: number, most: number): Iterable<number[]> {
  let part: number[] = [];
  let wanted = Math.min(size, most);
  for (const place of places) {
    part.push(place);
    if (part.length < wanted) continue;
    yield part;
    part = [];
    wanted = Math.min(4 * wanted, most);
  }
  if (part.length > 0) yield part;
}

const comparisonOf = (orderBy: readonly Order[]) => {
  const order = [...orderBy, { column: 'id', descending: orderBy.at(-1)?.descending ?? false }];
  const valueOf = ({ id, doc }: { readonly id: string; readonly doc: unknown }, column: string): Scalar =>
    column === 'id' ? id : ((doc as Readonly<Record<string, Scalar>>)[column] ?? null);
  return (a: { readonly id: string; readonly doc: unknown }, b: typeof a): number => {
    for (const { column, descending } of order) {
      const compared = compareScalars(valueOf(a, column), valueOf(b, column));
      if (compared !== 0) return descending ? -compared : compared;
    }
    return 0;
  };
};

/** The measures of one group that was counted in two parts. */
const valuesOfBoth = (
  measures: Aggregation['measures'],
  { values: a }: AggregateGroup,
  { values: b }: AggregateGroup,
): AggregateGroup['values'] =>
  Object.fromEntries(
    Object.entries(measures).map(([name, measure]) => {
      const [one, other] = [a[name] ?? null, b[name] ?? null];
      if (measure === 'count') return [name, Number(one) + Number(other)];
      if (!('min' in measure)) throw new Error(`Contributed lists measure count and min, not ${name}.`);
      if (one === null || other === null) return [name, one ?? other];
      return [name, compareScalars(one, other) <= 0 ? one : other];
    }),
  );
