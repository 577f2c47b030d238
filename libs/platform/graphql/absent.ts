import {
  defaultFieldResolver,
  getNullableType,
  isInputObjectType,
  isListType,
  isObjectType,
  type GraphQLFieldResolver,
  type GraphQLInputType,
  type GraphQLSchema,
} from 'graphql';

type Arguments = Readonly<Record<string, unknown>>;
/** The inputs that there are, by name. */
type InputDefinitions = Readonly<Record<string, { readonly type: GraphQLInputType }>>;

/** The same arguments without those that are null, also within inputs and lists of them. JSON values stay as they are. */
const withoutNullFields = (inputs: InputDefinitions, given: Arguments): Arguments => {
  const kept: Record<string, unknown> = {};
  for (const name of Object.keys(given)) {
    const value = given[name];
    if (value !== null && value !== undefined) kept[name] = withoutNulls(inputs[name]!.type, value);
  }
  return kept;
};
const withoutNulls = (type: GraphQLInputType, value: unknown): unknown => {
  const plain = getNullableType(type);
  if (value === null) return value;
  if (isListType(plain))
    return (value as readonly unknown[]).map((one) => withoutNulls(plain.ofType as GraphQLInputType, one));
  return isInputObjectType(plain) ? withoutNullFields(plain.getFields(), value as Arguments) : value;
};

/**
 * Makes null mean absent in every optional argument, and in every field of an input: clients send null for what a form
 * leaves empty. Resolvers never see it.
 */
export const withNullAsAbsent = (schema: GraphQLSchema): GraphQLSchema => {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) {
      if (field.args.length === 0) continue;
      const inputs = Object.fromEntries(field.args.map((argument) => [argument.name, argument]));
      const around =
        (resolve: GraphQLFieldResolver<unknown, unknown, Arguments>): typeof resolve =>
        (source, given, context, info) =>
          resolve(source, withoutNullFields(inputs, given), context, info);
      if (field.subscribe) field.subscribe = around(field.subscribe);
      else field.resolve = around(field.resolve ?? defaultFieldResolver);
    }
  }
  return schema;
};
