import {
  getNamedType,
  getNullableType,
  isEnumType,
  isInterfaceType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLOutputType,
} from 'graphql';

export type Values = Readonly<Record<string, unknown>>;
export const isOptional = ({ type }: { readonly type: GraphQLInputType }): boolean => !isNonNullType(type);

/** Sample values by type of argument; enough for a response, even a refusal. */
const samples: Readonly<Record<string, unknown>> = {
  String: 'x',
  ID: 'ada',
  Int: 1,
  SafeInt: 1,
  Float: 0.5,
  Boolean: true,
  Instant: '2024-01-17T10:00:00Z',
  Day: '2024-01-17',
  DayOrInstant: '2024-01-17',
  Json: {},
};
const named: Readonly<Record<string, unknown>> = {
  subject: 'lead-ada',
  stream: 'lead-ada',
  kind: 'mql',
  timeZone: 'UTC',
};
export const sample = (type: GraphQLInputType, name = ''): unknown => {
  const plain = getNullableType(type);
  if (isListType(plain)) return [sample(plain.ofType as GraphQLInputType)];
  if (isEnumType(plain)) return plain.getValues()[0]!.name;
  if (!isInputObjectType(plain)) return named[name] ?? samples[plain.name];
  const all = Object.values(plain.getFields());
  const fields = plain.isOneOf ? all.slice(0, 1) : all.filter(({ type: of }) => isNonNullType(of));
  return Object.fromEntries(fields.map((field) => [field.name, sample(field.type, field.name)]));
};

/** Values that depend on the time, or are unique per command. */
const moving = /^(at|passed|ageHours|projected|neededByNow|onPace|position|revision|repeated|id|events|lag|tip)$/;
/** Every leaf that needs no arguments, a few objects deep; of a node within a node only its id. */
const selection = (type: GraphQLOutputType, depth = 4, within = false): string => {
  const of = getNamedType(type);
  if (isLeafType(of)) return '';
  if (isInterfaceType(of)) return '{ __typename }';
  if (!isObjectType(of)) return '{ __typename ... on Refused { code path } }';
  const isNode = of.getInterfaces().some(({ name }) => name === 'Node');
  if (isNode && within) return '{ __typename id }';
  const inner = Object.values(of.getFields()).flatMap((field) => {
    if (moving.test(field.name) || field.args.some(({ type: needed }) => isNonNullType(needed))) return [];
    if (isLeafType(getNamedType(field.type))) return field.args.length > 0 ? [] : [field.name];
    if (field.name === 'nodes' && 'edges' in of.getFields()) return ['nodes { __typename }'];
    return depth > 1 && field.args.length === 0
      ? [`${field.name} ${selection(field.type, depth - 1, within || isNode)}`]
      : [];
  });
  return `{ ${['__typename', ...inner].join(' ')} }`;
};

/** Values of required arguments. */
export const neededBy = ({ args }: GraphQLField<unknown, unknown>): Values =>
  Object.fromEntries(
    args
      .filter((arg) => !isOptional(arg) && arg.defaultValue === undefined)
      .map((arg) => [arg.name, sample(arg.type, arg.name)]),
  );

/** One field as `it`, with all its leaves; the given arguments are variables. */
export const documentOf = (
  kind: 'query' | 'mutation' | 'subscription',
  field: string,
  args: readonly GraphQLArgument[],
  given: Values,
  type: GraphQLOutputType,
): string => {
  const used = args.filter(({ name }) => name in given);
  const declared = used.map(({ name, type: of }) => `$${name}: ${String(of)}`).join(', ');
  const passed = used.map(({ name }) => `${name}: $${name}`).join(', ');
  return `${kind}${declared && `(${declared})`} { it: ${field}${passed && `(${passed})`} ${selection(type)} }`;
};
