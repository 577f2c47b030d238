import type { Exact } from './exact.rules';
import type { Fact } from './fact.rules';

/** The value of a column that rows must have: one of these texts, or none, or a number within bounds. */
export type Wanted =
  | string
  | boolean
  | null
  | readonly string[]
  | { readonly known: boolean }
  | { readonly atLeast?: number; readonly atMost?: number; readonly above?: number };
/** What must hold for a row, by column. */
export type RowCondition = Readonly<Record<string, Wanted>>;

/** The rows of a fact that lie in a period: by one instant, or those that are there at its end. */
export interface RowSet {
  readonly fact: Fact;
  readonly where?: RowCondition;
  readonly time:
    | { readonly at: string }
    /** From one instant on, and without, another; without the other the row stays. */
    | { readonly from: string; readonly until: string }
    /** Of made rows: the instant at which one was taken, just before the end of a period, and since when it is there. */
    | { readonly takenAt: string; readonly since: string };
}
/** The column of the instant that is shown of a row. */
export const instantOfRows = ({ time }: Pick<RowSet, 'time'>): string =>
  'at' in time ? time.at : 'since' in time ? time.since : time.from;

export type Counted = { readonly kind: 'count'; readonly where?: RowCondition };
type Summed = { readonly kind: 'sum'; readonly column: string; readonly where?: RowCondition };
interface Takes {
  readonly from: string;
  readonly to: string;
}
/** How a number is made of rows. */
export type Value =
  | Counted
  | Summed
  | { readonly kind: 'mean'; readonly column: string; readonly where?: RowCondition }
  | { readonly kind: 'quantile'; readonly column: string; readonly share: number; readonly where?: RowCondition }
  | {
      readonly kind: 'ratio';
      readonly numerator: Counted | Summed;
      readonly denominator: Counted | Summed;
      /** Rows of the denominator that may still join the numerator. */
      readonly open?: RowCondition;
      /** From one instant to another that makes a row part of the numerator: a window limits how long it may take. */
      readonly takes?: Takes;
    }
  | {
      readonly kind: 'derived';
      readonly parts: readonly Figure[];
      /** @returns undefined where a part makes it meaningless, such as a divisor of zero */
      readonly of: (parts: readonly Exact[]) => Exact | undefined;
    };
export const count = (where?: RowCondition): Counted => ({ kind: 'count', ...(where && { where }) });
export const sum = (column: string, where?: RowCondition): Summed => ({
  ...{ kind: 'sum', column },
  ...(where && { where }),
});
export const mean = (column: string, where?: RowCondition): Value => ({
  ...{ kind: 'mean', column },
  ...(where && { where }),
});
/** @param share 0…1; between two rows it is interpolated (type 7) */
export const quantile = (share: number, column: string, where?: RowCondition): Value => ({
  ...{ kind: 'quantile', share, column },
  ...(where && { where }),
});
export const median = (column: string, where?: RowCondition): Value => quantile(0.5, column, where);
export const ratio = (
  numerator: Counted | Summed,
  denominator: Counted | Summed,
  more: { readonly open?: RowCondition; readonly takes?: Takes } = {},
): Value => ({ ...{ kind: 'ratio', numerator, denominator }, ...more });
export const derived = (parts: readonly Figure[], of: (parts: readonly Exact[]) => Exact | undefined): Value => ({
  ...{ kind: 'derived', parts, of },
});

/** `days` are of 24 hours, of columns in milliseconds; `money` and `money-per-day` have a currency. */
export const units = ['count', 'ratio', 'money', 'money-per-day', 'days', 'hours'] as const;
export type Unit = (typeof units)[number];

/** A number, declared once: over rows, or made of other figures. */
export interface Figure {
  readonly code: string;
  readonly title: string;
  readonly unit: Unit;
  /** How it is computed, for people. */
  readonly formula: string;
  /** Who defines it so. */
  readonly source?: string;
  /** Of a derived figure those of its first part. */
  readonly rows: RowSet;
  readonly value: Value;
  /** What to know of a group of this dimension; undefined where there is nothing. */
  readonly warns?: {
    readonly by: string;
    readonly of: (
      key: string,
      shown: { readonly value: Exact | undefined; readonly support: number },
    ) => string | undefined;
  };
}
/** Declares a figure. @throws Error if it names a column that its fact does not have */
export const figure = (declared: Omit<Figure, 'rows'> & { readonly rows?: RowSet }): Figure => {
  const { value } = declared;
  const rows = declared.rows ?? (value.kind === 'derived' ? value.parts[0]?.rows : undefined);
  if (!rows) throw new Error(`The figure ${declared.code} has no rows.`);
  const made: Figure = { ...declared, rows };
  for (const column of columnsUsed(made))
    if (!(column in rows.fact.columnKinds))
      throw new Error(`The figure ${made.code} uses ${column}, which ${rows.fact.name} does not have.`);
  return made;
};

const columnsUsed = ({ rows, value }: Figure): readonly string[] => {
  const inside = (one: Value): readonly string[] => {
    if (one.kind === 'ratio')
      return [
        ...inside(one.numerator),
        ...inside(one.denominator),
        ...Object.keys(one.open ?? {}),
        ...Object.values(one.takes ?? {}),
      ];
    if (one.kind === 'derived') return [];
    return ['column' in one ? one.column : [], Object.keys(one.where ?? {})].flat();
  };
  return [...Object.values(rows.time), ...Object.keys(rows.where ?? {}), ...inside(value)];
};

/**
 * True if the values of the groups add up to that of all rows.
 * @param overTime the groups are parts of the calendar: what is there at the end of each does not add up
 */
export const isAdditive = ({ value, rows: { time } }: Figure, overTime = false): boolean =>
  (value.kind === 'count' || value.kind === 'sum') && (!overTime || 'at' in time);
/** True if each currency has a value of its own. */
export const hasCurrency = ({ unit }: Pick<Figure, 'unit'>): boolean => unit === 'money' || unit === 'money-per-day';

/** Whether a window of time can limit what a figure, or a part of it, counts. */
export const takesWindow = ({ value }: Figure): boolean =>
  value.kind === 'derived' ? value.parts.some(takesWindow) : value.kind === 'ratio' && value.takes !== undefined;

/** The dimensions that a figure can be asked by: those that the facts of all its parts have. */
export const dimensionsOf = ({ rows, value }: Figure): readonly string[] => {
  const own = Object.keys(rows.fact.dimensions);
  if (value.kind !== 'derived') return own;
  return value.parts.reduce<readonly string[]>(
    (common, part) => common.filter((name) => dimensionsOf(part).includes(name)),
    own,
  );
};
