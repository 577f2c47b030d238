import {
  GraphQLError,
  isEnumType,
  type GraphQLEnumType,
  type GraphQLSchema,
  type Token,
  type ValueNode,
} from 'graphql';

/** The argument or field that a value in a document is given for: the name before the colon before it. */
const fieldOf = (node: ValueNode): string => {
  let token: Token | null | undefined = node.loc?.startToken.prev;
  while (token && token.kind !== ':') token = token.prev;
  return token?.prev?.value ?? '';
};

const unknownValue = (type: GraphQLEnumType, given: string, field: string, nodes?: ValueNode) => {
  const words = type.getValues().map(({ name }) => name);
  const message = `${field || 'This value'} must be one of ${words.join(', ')}, not ${given}.`;
  const extensions = { code: 'graphql/bad-value', ...(field && { field }) };
  return new GraphQLError(message, { ...(nodes && { nodes }), extensions });
};

/**
 * Makes every enum refuse an unknown word by naming the words there are, and the field where the document holds the
 * value; of a variable, GraphQL itself puts the path of the field in front.
 */
export const withListedEnumValues = (schema: GraphQLSchema): GraphQLSchema => {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isEnumType(type) || type.name.startsWith('__')) continue;
    const words = new Map(type.getValues().map(({ name, value }) => [name, value as unknown]));
    type.parseValue = (given) => {
      if (typeof given === 'string' && words.has(given)) return words.get(given);
      throw unknownValue(type, JSON.stringify(given), '');
    };
    type.parseLiteral = (node) => {
      if (node.kind === 'EnumValue' && words.has(node.value)) return words.get(node.value);
      const given = 'value' in node ? String(node.value) : node.kind;
      throw unknownValue(type, node.kind === 'StringValue' ? JSON.stringify(given) : given, fieldOf(node), node);
    };
  }
  return schema;
};
