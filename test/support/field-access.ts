import { roles, type Role } from '@baton/kernel';
import {
  getNamedType,
  isEnumType,
  isLeafType,
  isObjectType,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLOutputType,
  type GraphQLSchema,
} from 'graphql';
import { isOptional } from './sample-operations';

/** What a role gets from a field: nothing but `access/denied`, null in place of the value, less than others, or the value. */
export type Outcome = 'denied' | 'null' | 'less' | 'value';
/** By `Type.field`, what each role gets from it; null where there is no value, so that nothing can be said. */
export type FieldAccess = Map<string, Map<Role, Outcome | null>>;

export interface Answer {
  readonly data?: Readonly<Record<string, unknown>> | null | undefined;
  readonly errors?:
    | readonly {
        readonly path?: readonly (string | number)[] | undefined;
        readonly extensions?: { readonly code?: unknown };
      }[]
    | undefined;
}
/** A question: the field at the root of its answer, `Query.leads`, and the type of that. */
export interface RootField {
  readonly name: string;
  readonly type: GraphQLOutputType;
  /** @param selection the fields below it @returns the answer, as `it` */
  readonly ask: (selection: string, as: Role) => Promise<Answer>;
}

const PAGE = 5;
const DENIED = 'access/denied';
const nameOf = (type: GraphQLNamedType, field: string): string => `${type.name}.${field}`;

/** Arguments within an answer: short pages, and for facets all fields. */
const argumentsWithin = (args: readonly GraphQLArgument[]): string => {
  const given = args.flatMap(({ name, type, defaultValue }) => {
    if (name === 'first') return [`first: ${PAGE}`];
    if (isOptional({ type }) || defaultValue !== undefined) return [];
    const of = getNamedType(type);
    if (!isEnumType(of)) throw new Error(`${name} needs a sample here.`);
    return [
      `${name}: [${of
        .getValues()
        .map((value) => value.name)
        .join(', ')}]`,
    ];
  });
  return given.length > 0 ? `(${given.join(', ')})` : '';
};

/** Every field below a type; of a node within a node only the id, as lists have the rest of it. */
export const selectionOf = (type: GraphQLOutputType, without: ReadonlySet<string>, within = false): string => {
  const of = getNamedType(type);
  if (isLeafType(of)) return '';
  if (!isObjectType(of)) return '{ __typename id }';
  const fields = of.getFields();
  const isNode = of.getInterfaces().some(({ name }) => name === 'Node');
  const asked = Object.values(fields).filter(({ name }) => {
    if (within && isNode) return name === 'id';
    return !without.has(nameOf(of, name)) && !(name === 'edges' && 'nodes' in fields); // edges hold the same nodes
  });
  const texts = asked.map(
    (field: GraphQLField<unknown, unknown>) =>
      `${field.name}${argumentsWithin(field.args)} ${selectionOf(field.type, without, within || isNode)}`,
  );
  return `{ __typename ${texts.join(' ')} }`;
};

/** What an answer holds of each field, in the order in which it occurs. */
export const valuesIn = (schema: GraphQLSchema, type: GraphQLOutputType, answer: unknown) => {
  const values = new Map<string, unknown[]>();
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(walk);
    if (typeof value !== 'object' || value === null) return;
    const { __typename: name, ...fields } = value as Readonly<Record<string, unknown>>;
    const of = schema.getType(name as string);
    if (!isObjectType(of)) throw new Error(`${String(name)} is no object type.`);
    for (const [field, inner] of Object.entries(fields)) {
      const isLeaf = isLeafType(getNamedType(of.getFields()[field]!.type));
      const held = isLeaf ? inner : Array.isArray(inner) ? inner.map(() => 'one') : inner && 'one';
      values.set(nameOf(of, field), [...(values.get(nameOf(of, field)) ?? []), held]);
      if (!isLeaf) walk(inner);
    }
  };
  if (!isLeafType(getNamedType(type))) walk(answer);
  return values;
};

/** The field that an error is about, by the path of the answer. */
const fieldAt = (type: GraphQLOutputType, path: readonly (string | number)[]): string | undefined => {
  let [of, name] = [getNamedType(type), undefined as string | undefined];
  for (const step of path.slice(1)) {
    if (typeof step === 'number' || !isObjectType(of)) continue;
    name = nameOf(of, step);
    of = getNamedType(of.getFields()[step]!.type);
  }
  return name;
};

interface Seen {
  readonly values: ReadonlyMap<string, readonly unknown[]>;
  readonly denied: ReadonlySet<string>;
}
/** Asks for all of an answer, and again without what is denied, until an answer comes. */
const seenBy = async (schema: GraphQLSchema, { name, type, ask }: RootField, role: Role): Promise<Seen> => {
  const denied = new Set<string>();
  for (;;) {
    const { data, errors = [] } = await ask(selectionOf(type, denied), role);
    const before = denied.size;
    for (const { path = [], extensions } of errors) {
      if (extensions?.code !== DENIED) throw new Error(`${name} as ${role}: ${JSON.stringify(errors)}`);
      denied.add(fieldAt(type, path) ?? name);
    }
    if (denied.has(name)) return { values: new Map(), denied };
    if (errors.length === 0) {
      const values = valuesIn(schema, type, data?.['it']);
      return { values: values.set(name, [isLeafType(getNamedType(type)) ? data!['it'] : 'one']), denied };
    }
    if (denied.size === before) throw new Error(`${name} as ${role}: ${JSON.stringify(errors)}`);
  }
};

const isNull = (value: unknown): boolean => value === null || value === undefined;
/** @param all what the field holds for an admin, who may read everything */
const outcomeOf = (held: readonly unknown[], all: readonly unknown[]): Outcome => {
  if (JSON.stringify(held) === JSON.stringify(all)) return 'value';
  return held.every(isNull) ? 'null' : 'less';
};
const rank: readonly (Outcome | null)[] = [null, 'denied', 'null', 'less', 'value'];
const best = (a: Outcome | null, b: Outcome | null): Outcome | null => (rank.indexOf(a) > rank.indexOf(b) ? a : b);

/**
 * Asks for every field of every answer as every role. Where several answers hold a type, what counts is the one that
 * gives a role the most.
 */
export const fieldAccessOf = async (schema: GraphQLSchema, fields: readonly RootField[]): Promise<FieldAccess> => {
  const access: FieldAccess = new Map();
  const note = (field: string, role: Role, outcome: Outcome | null) => {
    const known = access.get(field) ?? new Map<Role, Outcome | null>();
    access.set(field, known.set(role, best(known.get(role) ?? null, outcome)));
  };
  for (const field of fields) {
    const whole = await seenBy(schema, field, 'admin');
    const { values: all } = whole;
    for (const role of roles) {
      const { values, denied } = role === 'admin' ? whole : await seenBy(schema, field, role);
      for (const [name, held] of all) {
        const own = values.get(name);
        if (denied.has(name)) note(name, role, 'denied');
        else if (held.every(isNull)) note(name, role, null);
        else note(name, role, own ? outcomeOf(own, held) : 'denied');
      }
    }
  }
  return access;
};

/** In words: `value; null: analyst, auditor`, or `value` if each role gets it. */
export const accessText = (byRole: ReadonlyMap<Role, Outcome | null>): string => {
  const [first = 'no value here'] = [...byRole.values()].filter((outcome) => outcome === 'value');
  const others = (['less', 'null', 'denied'] as const).flatMap((outcome) => {
    const some = [...byRole].filter(([, got]) => got === outcome).map(([role]) => role);
    return some.length > 0 ? [`${outcome}: ${some.join(', ')}`] : [];
  });
  return [first, ...others].join('; ');
};
