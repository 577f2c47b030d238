import { field } from '@baton/kernel';

interface ShownValue {
  readonly value: string | null;
  readonly amount: { readonly currency: string } | null;
  readonly numerator: string | null;
  readonly denominator: string | null;
  readonly support: number;
  readonly tooThin: boolean;
  readonly open: number;
  readonly missing: number;
  readonly compared: string | null;
  readonly change: string | null;
}
/** The part of an answer of `figures` that makes rows. */
export interface ShownFigures {
  readonly figures: readonly {
    readonly code: string;
    readonly unit: string;
    readonly definitions: readonly string[];
    readonly complete: boolean;
    readonly erased: number;
    readonly total: readonly ShownValue[];
    readonly groups: readonly {
      readonly key: string | null;
      readonly isOther: boolean;
      readonly erased: number;
      readonly values: readonly ShownValue[];
    }[];
  }[];
}
const nullable = { nullable: true } as const;

/** One row per value: the totals of each figure, then its groups. */
export const figuresTable = {
  columns: {
    figure: field.text('The code of the figure.'),
    grouped: field.flag('False: of all rows.'),
    group: field.text(
      'What the rows of a group have in common; null for rows without a value, and for the others.',
      nullable,
    ),
    isOther: field.flag('The group of all rows whose values are not among the most frequent ones.'),
    unit: field.text('What it is measured in.'),
    currency: field.text('Of an amount.', nullable),
    value: field.text('The decimal number, exactly.', nullable),
    numerator: field.text('What is divided.', nullable),
    denominator: field.text('What it is divided by.', nullable),
    support: field.integer('The rows that it is made of.'),
    tooThin: field.flag('Made of too few rows to say much.'),
    open: field.integer('Rows that may still change it.'),
    missing: field.integer('Rows without a value.'),
    erased: field.integer('Erased people among those whom its rows are about.'),
    compared: field.text('The value that it is compared with.', nullable),
    change: field.text('The difference.', nullable),
    definitions: field.text('The versions of definitions that decided its rows.', { list: true }),
    complete: field.flag('Nothing that has begun may still change it.'),
  },
  rows: ({ figures }: ShownFigures): readonly object[] =>
    figures.flatMap(({ code, unit, definitions, complete, erased, total, groups }) => {
      const row = (
        of: { readonly group?: string | null; readonly isOther?: boolean; readonly erased: number },
        one: ShownValue,
      ) => ({
        ...{
          figure: code,
          grouped: of.group !== undefined,
          group: of.group ?? null,
          isOther: of.isOther ?? false,
          unit,
        },
        ...{ currency: one.amount?.currency ?? null, value: one.value },
        ...{ numerator: one.numerator, denominator: one.denominator, support: one.support, tooThin: one.tooThin },
        ...{ open: one.open, missing: one.missing, erased: of.erased, compared: one.compared, change: one.change },
        ...{ definitions, complete },
      });
      return [
        ...total.map((one) => row({ erased }, one)),
        ...groups.flatMap(({ key, isOther, erased: its, values }) =>
          values.map((one) => row({ group: key, isOther, erased: its }, one)),
        ),
      ];
    }),
};
