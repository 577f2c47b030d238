import {
  isCurrency,
  Refused,
  unknownCurrency,
  type Field,
  type Fields,
  type ItemsFilter,
  type ValueFilter,
} from '@baton/kernel';

/** Limits of the values of one filter. */
export const MAX_FILTER_VALUES = 100;
export const MAX_FILTER_LENGTH = 500;

type Given = Readonly<Record<string, unknown>>;
const MAX_LENGTH: Readonly<Partial<Record<Field['kind'], number>>> = {
  ...{ id: 128, text: MAX_FILTER_LENGTH, dayOrInstant: 50 },
};
const refusal = (name: string, path: string, what: string): Refused =>
  new Refused('graphql/invalid-argument', `${name} ${what}.`, path);

/** @throws Refused `graphql/invalid-argument`, `money/unknown-currency`, as `check` of a field, with the path of the argument at fault */
export const checkArguments = (fields: Fields, given: Given, parent = ''): void => {
  for (const [name, field] of Object.entries(fields)) {
    const value = given[name];
    if (value === undefined || value === null) continue;
    const [values, path] = [field.options.list ? (value as readonly unknown[]) : [value], `${parent}${name}`];
    if (values.length > MAX_FILTER_VALUES) throw refusal(name, path, `takes at most ${MAX_FILTER_VALUES} items`);
    for (const one of values) checkValue(field, one, name, path);
  }
};

const checkValue = ({ kind, options, object }: Field, value: unknown, name: string, path: string): void => {
  const { min = -Infinity, max = MAX_LENGTH[kind] ?? Infinity } = options;
  if (object) checkArguments(object.fields, value as Given, `${path}.`);
  if (kind === 'currency' && !isCurrency(value as string)) throw unknownCurrency(value as string, path);
  if (kind === 'filter') checkFilter(value as ValueFilter, name, path);
  if (kind === 'id' && value === '') throw refusal(name, path, 'must not be empty');
  if (typeof value === 'string' && value.length > max) throw refusal(name, path, `must have at most ${max} characters`);
  if (typeof value === 'string') options.check?.(value, path);
  if (typeof value === 'number' && (value < min || value > max)) throw refusal(name, path, rangeText(min, max));
};
const rangeText = (min: number, max: number): string => {
  if (min === -Infinity) return `must be at most ${max}`;
  return max === Infinity ? `must be at least ${min}` : `must be from ${min} to ${max}`;
};

/** @throws Refused `graphql/invalid-argument` for too many values, or one that is too long */
export const checkFilter = (wanted: ValueFilter & ItemsFilter, name: string, path: string): void => {
  const { in: among = [], notIn = [], any = [], all = [], startsWith = '' } = wanted;
  if ([among, notIn, any, all].some(({ length }) => length > MAX_FILTER_VALUES))
    throw refusal(name, path, `takes at most ${MAX_FILTER_VALUES} values in a list`);
  if ([...among, ...notIn, ...any, ...all, startsWith].some(({ length }) => length > MAX_FILTER_LENGTH))
    throw refusal(name, path, `takes values of at most ${MAX_FILTER_LENGTH} characters`);
};

/** The values of arguments where none are given. */
export const defaultsOf = (fields: Fields): Given =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, { options }]) =>
      options.default === undefined ? [] : [[name, options.default]],
    ),
  );

/** Without the arguments that were not given. */
export const withoutAbsent = (given: Given): Given =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined && value !== null));
