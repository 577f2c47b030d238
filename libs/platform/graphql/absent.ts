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
type InputDefinitions = readonly { readonly name: string; readonly type: GraphQLInputType }[];

/** The same arguments without those that are null, also within inputs and lists of them. JSON values stay as they are. */
const withoutNullFields = (inputs: InputDefinitions, given: Arguments): Arguments =>
  Object.fromEntries(
    inputs.flatMap(({ name, type }) => {
      const value = given[name];
      return value === null || value === undefined ? [] : [[name, withoutNulls(type, value)]];
    }),
  );
const withoutNulls = (type: GraphQLInputType, value: unknown): unknown => {
  const plain = getNullableType(type);
  if (value === null) return value;
  if (isListType(plain))
    return (value as readonly unknown[]).map((one) => withoutNulls(plain.ofType as GraphQLInputType, one));
  return isInputObjectType(plain) ? withoutNullFields(Object.values(plain.getFields()), value as Arguments) : value;
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
      const around =
        (resolve: GraphQLFieldResolver<unknown, unknown, Arguments>): typeof resolve =>
        (source, given, context, info) =>
          resolve(source, withoutNullFields(field.args, given), context, info);
      if (field.subscribe) field.subscribe = around(field.subscribe);
      else field.resolve = around(field.resolve ?? defaultFieldResolver);
    }
  }
  return schema;
};
