import type { Type } from '@nestjs/common';
import { Field as GraphqlField, Float, ID, InputType, Int, InterfaceType, ObjectType } from '@nestjs/graphql';
import {
  entityNameOf,
  fieldReadersOf,
  isPersonalField,
  nodeIdOf,
  withContributions,
  type Contribution,
  type Field,
  type FieldKind,
  type Fields,
  type Instant,
  type ObjectFields,
  type ReadModel,
} from '@baton/kernel';
import { GraphQLBoolean, GraphQLString } from 'graphql';
import type { AsOf, Connection, ContributedFields } from '../documents';
import { accessRefusal, openPersonal, type GraphqlContext } from './caller';
import { checkArguments } from '../arguments';
import { connectionOf, declareArguments, pageArguments, type QueryArgument } from './connection';
import { enumOf, wordOf } from './enums';
import { ValueFilterInput } from './filters';
import { ResolvedBy } from './resolved-by';
import {
  DayOrInstantScalar,
  DayScalar,
  InstantScalar,
  JsonScalar,
  MoneyInput,
  MoneyType,
  PerCurrency,
  SafeIntScalar,
} from './scalars';

/** A class without properties, under a name of its own for error messages. */
export const classNamed = (name: string): Type<object> => {
  const type = class {};
  Object.defineProperty(type, 'name', { value: name });
  return type;
};

const NODE = Symbol('node');
const CUT = Symbol('cut');
const DOCUMENT = Symbol('document');
const CONTRIBUTED = Symbol('contributed');
/** What a document shows, with the document, the type of its node and the cut at which it was read. */
export type ShownNode = Readonly<Record<string, unknown>> & {
  readonly id: string;
  readonly [NODE]?: string;
  readonly [DOCUMENT]?: unknown;
  readonly [CUT]?: AsOf;
  readonly [CONTRIBUTED]?: ContributedFields;
};

/** The cut at which a node was read: what belongs to it is answered as of the same. */
export const cutOf = (node: object): AsOf | undefined => (node as ShownNode)[CUT];
/** A parent for nodes that are asked for at a cut. */
export const withCut = (cut: AsOf | undefined): object => (cut ? { [CUT]: cut } : {});
/** An answer, or each object of a list, that belongs to a cut: the nodes that its ids lead to are read at the same. */
export const atCut = <V>(value: V, cut: AsOf | undefined): V => {
  if (!cut || typeof value !== 'object' || value === null) return value;
  return (Array.isArray(value) ? value.map((one: unknown) => atCut(one, cut)) : { ...value, [CUT]: cut }) as V;
};

/** The same for the nodes of a page. */
export const pageAtCut = <N>({ edges, ...place }: Connection<N>, cut: AsOf | undefined): Connection<N> => {
  const found = edges.map(({ cursor, node }) => ({ cursor, node: atCut(node, cut) }));
  return { ...place, edges: found, nodes: found.map(({ node }) => node) };
};

const AT = Symbol('at');
const KEY = Symbol('key');
interface NodeParts<D> {
  readonly id: string;
  readonly doc: D;
  readonly at: Instant;
  readonly cut: AsOf | undefined;
  readonly contributed: ContributedFields | undefined;
}
type NodeClass<D> = new (parts: NodeParts<D>) => ShownNode;
const nodeClasses = new WeakMap<ReadModel, NodeClass<never>>();
/** A class whose objects read a field of their document when it is asked for: few of them are. */
const nodeClassOf = <D>(model: ReadModel<D>): NodeClass<D> => {
  const known = nodeClasses.get(model as ReadModel);
  if (known) return known as NodeClass<D>;
  class OneNode {
    readonly [NODE] = model.shown.node;
    readonly [DOCUMENT]: D;
    readonly [AT]: Instant;
    readonly [CUT]: AsOf | undefined;
    readonly [CONTRIBUTED]: ContributedFields | undefined;
    readonly [KEY]: string;

    constructor({ id, doc, at, cut, contributed }: NodeParts<D>) {
      this[KEY] = id;
      this[DOCUMENT] = doc;
      this[AT] = at;
      this[CUT] = cut;
      this[CONTRIBUTED] = contributed;
    }
  }
  const show = (name: string, get: (this: OneNode) => unknown) =>
    Object.defineProperty(OneNode.prototype, name, { get });
  for (const [name, read] of fieldReadersOf(model))
    if (name === model.shown.key)
      show(name, function () {
        return this[KEY];
      });
    else if (name !== 'id')
      show(name, function () {
        return read(this[DOCUMENT], this[AT]);
      });
  show('id', function () {
    return nodeIdOf(model, this[KEY]);
  });
  nodeClasses.set(model as ReadModel, OneNode as unknown as NodeClass<never>);
  return OneNode as unknown as NodeClass<D>;
};

/**
 * The node of a document.
 * @param contributed the values that its list is filtered and ordered by; others are loaded when they are asked for
 */
export const nodeOf = <D>(
  model: ReadModel<D>,
  id: string,
  doc: D,
  at: Instant,
  cut?: AsOf,
  contributed?: ContributedFields,
): ShownNode => new (nodeClassOf(model))({ id, doc, at, cut, contributed });

/** The document of a node of a read model, for fields that contexts add to the node. */
export const documentOf = <D>(_: ReadModel<D>, node: object): D => (node as ShownNode)[DOCUMENT] as D;

@InterfaceType('Node', {
  description: 'An object that can be fetched again by its id.',
  resolveType: (node: ShownNode) => node[NODE],
})
export class NodeInterface {
  @GraphqlField(() => ID, { description: 'Its id among all nodes; pass it to `node`.' })
  id!: string;
}
/** What an id among all nodes leads to. */
export const ANY_NODE = 'Node';

const types: Readonly<Partial<Record<FieldKind, unknown>>> = {
  ...{ id: ID, text: GraphQLString, integer: Int, largeInteger: SafeIntScalar, number: Float, flag: GraphQLBoolean },
  ...{ dayOrInstant: DayOrInstantScalar, currency: GraphQLString, filter: ValueFilterInput },
  ...{ instant: InstantScalar, day: DayScalar, money: MoneyType, json: JsonScalar, personal: GraphQLString },
};

/** The GraphQL type of one value of a field. */
export const valueTypeOf = ({ kind, enumeration, object }: Field): unknown => {
  if (enumeration) return enumOf(enumeration);
  return object ? objectTypeOf(object) : types[kind];
};

const made = new Map<string, { readonly of: ObjectFields; readonly type: Type<object> }>();
/** The GraphQL type of an object, made once. @throws Error when two objects have one name */
export const objectTypeOf = (of: ObjectFields): Type<object> => {
  const known = made.get(of.name);
  if (known && known.of !== of) throw new Error(`two objects are called ${of.name}`);
  if (known) return known.type;
  const type = classNamed(of.name);
  made.set(of.name, { of, type });
  addFields(type, of.fields);
  ObjectType(of.name, { description: of.description })(type);
  if (of.perCurrency) PerCurrency()(type);
  return type;
};

/** The connection type of an object. */
export const pageTypeOf = (of: ObjectFields): Type<Connection<object>> => connectionOf(of.name, objectTypeOf(of));

const inputs = new Map<string, { readonly fields: Fields; readonly type: Type<object> }>();
/** The GraphQL type of one value of an argument. */
export const argumentTypeOf = (field: Field): unknown => {
  if (field.object) return inputTypeOf(field.object);
  return field.kind === 'money' ? MoneyInput : valueTypeOf(field);
};
/** The GraphQL input type of an object, made once. */
export const inputTypeOf = ({ name, description, fields }: ObjectFields): Type<object> => {
  const known = inputs.get(name);
  if (known && known.fields !== fields) throw new Error(`two objects of arguments are called ${name}`);
  if (known) return known.type;
  const type = classNamed(name);
  inputs.set(name, { fields, type });
  for (const [field, one] of Object.entries(fields)) {
    const { list, nullable, optional, default: value } = one.options;
    const of = argumentTypeOf(one) as typeof String;
    GraphqlField(() => (list ? [of] : of), {
      nullable: nullable || optional || false,
      description: one.description,
      ...(value !== undefined && { defaultValue: value as never }),
    })(type.prototype as object, field);
  }
  InputType(name, { description })(type);
  return type;
};

/** Declared arguments, as a query has them. */
export const argumentsOfFields = (fields: Fields): readonly QueryArgument[] =>
  Object.entries(fields).map(([name, field]) => {
    const { list, optional, nullable, default: value } = field.options;
    const type = argumentTypeOf(field);
    const hint =
      value === undefined ? '' : ` Defaults to ${field.enumeration ? wordOf(String(value)) : String(value)}.`;
    return [name, list ? [type] : type, `${field.description}${hint}`, !optional && !nullable && value === undefined];
  });

const leadsToNodes = ({ fields }: ObjectFields): boolean =>
  Object.values(fields).some(
    ({ options, object }) => options.entity !== undefined || (object !== undefined && leadsToNodes(object)),
  );

const PERSONAL = 'Null after an erasure, and for roles without access to personal data.';

/** Gives the value of a field of a node. */
type ReadField = (node: ShownNode, name: string, context: GraphqlContext) => unknown;
const readStored: ReadField = (node, name) => node[name];

/** Adds the fields that are not hidden, and beside each id of a node the node; a hidden id is known by its node alone. */
export const addFields = (type: Type<object>, fields: Fields, read: ReadField = readStored): void => {
  for (const [name, field] of Object.entries(fields)) {
    const { options } = field;
    if (options.page) addPages(type, name, field);
    else if (!options.hidden) addField(type, name, field, read);
    if (options.entity) addEntity(type, name, field, read);
  }
};

/** A value is changed at once where it is there: a promise for each field of a page costs as much as the field. */
const after = (value: unknown, change: (value: unknown) => unknown): unknown =>
  value instanceof Promise ? value.then(change) : change(value);

const addField = (type: Type<object>, name: string, field: Field, read: ReadField): void => {
  const { description, options } = field;
  const of = valueTypeOf(field) as never;
  const isPersonal = isPersonalField(field);
  const target = type.prototype as object;
  GraphqlField(() => (options.list ? [of] : of), {
    nullable: options.nullable || options.optional || isPersonal,
    description: isPersonal ? `${description} ${PERSONAL}` : description,
  })(target, name);
  const resolvedBy = (resolve: Parameters<typeof ResolvedBy<ShownNode, GraphqlContext>>[0]) =>
    ResolvedBy<ShownNode, GraphqlContext>(resolve)(target, name);
  if (isPersonal)
    resolvedBy((source, context, _, info) =>
      after(read(source, name, context), (value) => openPersonal(value, context, info)),
    );
  else if (field.object && leadsToNodes(field.object))
    resolvedBy((source, context) => after(read(source, name, context), (value) => atCut(value, cutOf(source))));
  else if (read !== readStored) resolvedBy((source, context) => read(source, name, context));
};

/** Adds what a context contributes: values that came with the list, or that are loaded for all nodes of a level at once. */
const addContributed = (type: Type<object>, contribution: Contribution): void =>
  addFields(type, contribution.fields, async (node, name, { nodes }) => {
    const values = node[CONTRIBUTED] ?? {};
    const found = name in values ? values : await nodes.contributed(contribution, node);
    return found?.[name] ?? (contribution.fields[name]!.options.list ? [] : null);
  });

/** A connection within an answer, with the arguments of a page and its own. */
const addPages = (type: Type<object>, name: string, { description, object, options }: Field): void => {
  const { page = {}, allow } = options;
  const [target, Page] = [type.prototype as object, pageTypeOf(object!)];
  type Answer = Readonly<Record<string, (page: unknown) => Promise<Connection<unknown>>>>;
  declareArguments(type, name, [...pageArguments, ...argumentsOfFields(page)]);
  GraphqlField(() => Page, { description })(target, name);
  ResolvedBy<Answer, GraphqlContext>(async (source, { caller }, args) => {
    const denied = allow && accessRefusal(caller ?? { roles: [] }, allow);
    if (denied) throw denied;
    checkArguments(page, args);
    return pageAtCut(await source[name]!(args), cutOf(source));
  })(target, name);
};

const addEntity = (type: Type<object>, name: string, field: Field, read: ReadField): void => {
  const { list, entity: node = '', hidden } = field.options;
  const [target, own] = [type.prototype as object, entityNameOf(name, field)];
  const beside = list
    ? `The same as nodes; those that do not exist are left out.`
    : `The ${node} with this id; null if there is none.`;
  GraphqlField(() => (list ? [nodeTypes.typeOf(node)] : nodeTypes.typeOf(node)), {
    nullable: !list,
    description: hidden ? field.description : beside,
  })(target, own);
  ResolvedBy<ShownNode, GraphqlContext>((source, context) =>
    after(read(source, name, context), (found) => {
      const ids = found as string | readonly string[] | null | undefined;
      if (ids === null || ids === undefined) return null;
      const { nodes, caller } = context;
      if (typeof ids === 'string') return nodes.load(node, ids, source, caller);
      return Promise.all(ids.map((id) => nodes.load(node, id, source, caller))).then((loaded) =>
        loaded.filter((one) => one !== null),
      );
    }),
  )(target, own);
};

/** The read models whose documents are nodes, by the name of the type. */
class NodeTypes {
  private readonly models = new Map<string, ReadModel>();
  private readonly types = new Map<string, Type<object>>();
  private readonly contributions = new Map<ReadModel, readonly Contribution[]>();
  private readonly listed = new Set<ReadModel>();

  /**
   * Adds what contexts contribute, each once, before the lists are made.
   * @throws Error when two fields have one name, or the lists are made already
   */
  contribute(contributions: readonly Contribution[]): void {
    for (const contribution of contributions) {
      const { to } = contribution;
      const known = this.contributions.get(to) ?? [];
      if (known.includes(contribution)) continue;
      if (this.listed.has(to)) throw new Error(`The lists of ${to.shown.node} are made already.`);
      withContributions(to, [...known, contribution]);
      addContributed(this.of(to), contribution);
      this.contributions.set(to, [...known, contribution]);
    }
  }
  /** For the lists of a read model: from here on, nothing more is contributed to it. */
  contributionsTo(model: ReadModel): readonly Contribution[] {
    this.listed.add(model);
    return this.contributions.get(model) ?? [];
  }

  /** The GraphQL type of a read model's documents, made once. @throws Error when two read models have one node */
  of(model: ReadModel): Type<object> {
    const { node, description, fields, computed = {} } = model.shown;
    const known = this.models.get(node);
    if (known && known !== model) throw new Error(`two read models show the node ${node}`);
    if (known) return this.types.get(node)!;
    const type = classNamed(node);
    this.models.set(node, model);
    this.types.set(node, type);
    addFields(type, fields);
    addFields(type, Object.fromEntries(Object.entries(computed).map(([name, { field }]) => [name, field])));
    ObjectType(node, { description, implements: () => [NodeInterface] })(type);
    return type;
  }
  /** @throws Error for a name that no read model shows */
  modelOf(node: string): ReadModel {
    const model = this.models.get(node);
    if (!model) throw new Error(`No read model shows the node ${node}; name one that does in the option entity.`);
    return model;
  }
  typeOf(node: string): Type<object> {
    if (node === ANY_NODE) return NodeInterface;
    return this.of(this.modelOf(node));
  }
  has(node: string): boolean {
    return this.models.has(node);
  }
}
export const nodeTypes = new NodeTypes();
