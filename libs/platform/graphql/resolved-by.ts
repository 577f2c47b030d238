import { Extensions } from '@nestjs/graphql';
import { isObjectType, type GraphQLSchema } from 'graphql';

/** The value of a field of an object, or a promise of it. */
type Resolve<S, C> = (source: S, context: C, args: Readonly<Record<string, unknown>>) => unknown;

const RESOLVED_BY = 'resolvedBy';

/**
 * Says how a field is resolved. What is there already is given at once: the middleware of Nest makes several promises for
 * each value of each node of a page.
 */
export const ResolvedBy = <S, C = unknown>(resolve: Resolve<S, C>) => Extensions({ [RESOLVED_BY]: resolve });

/** Takes the fields that say so to be resolved as they say. */
export const withResolvedBy = (schema: GraphQLSchema): GraphQLSchema => {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      const resolve = field.extensions[RESOLVED_BY] as Resolve<unknown, unknown> | undefined;
      if (resolve) field.resolve = (source, args, context) => resolve(source, context, args as never);
    }
  }
  return schema;
};
