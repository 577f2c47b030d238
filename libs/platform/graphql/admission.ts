import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Refused } from '@baton/kernel';
import {
  getNamedType,
  getNullableType,
  GraphQLError,
  isListType,
  isObjectType,
  isInterfaceType,
  Kind,
  parse,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  type ConstDirectiveNode,
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type OperationTypeNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { assumedSizes, checkVariables, limits, assertWithinLimit } from './limits';

/** The body of a GraphQL request. */
export interface GraphqlRequest {
  readonly query?: unknown;
  readonly variables?: unknown;
  readonly operationName?: unknown;
  readonly extensions?: unknown;
}
export interface AdmittedRequest {
  readonly document: DocumentNode;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly operationName: string | undefined;
  /** Whether it queries the schema itself (introspection). */
  readonly introspects: boolean;
  readonly operations: readonly OperationTypeNode[];
}

/**
 * Reads the list of trusted documents.
 * @returns their hashes; undefined when no file is named: then every document may run
 * @throws Refused `config/bad-manifest`
 */
export const readManifest = (path: string): ReadonlySet<string> | undefined => {
  if (!path) return undefined;
  try {
    const hashes = JSON.parse(readFileSync(path, 'utf8')) as unknown;
    if (Array.isArray(hashes) && hashes.every((hash) => typeof hash === 'string' && /^[0-9a-f]{64}$/.test(hash)))
      return new Set(hashes as string[]);
  } catch {
    // told below
  }
  throw new Refused(
    'config/bad-manifest',
    'BATON_TRUSTED_DOCUMENTS must name a file with a JSON list of SHA-256 hashes in hex.',
    'BATON_TRUSTED_DOCUMENTS',
  );
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isAbsent = (value: unknown): boolean => value === undefined || value === null;

/** Checks the size, form and cost of a request before the GraphQL server sees it, each in time linear in its limit. */
export class Admission {
  private readonly parsed = new LRUCache<string, DocumentNode>({
    maxSize: 4 * 2 ** 20,
    sizeCalculation: (_, source) => source.length,
  });

  constructor(
    private readonly schema: () => GraphQLSchema,
    private readonly trusted: ReadonlySet<string> | undefined,
  ) {}

  /** @throws Refused with the codes of `limits` and `graphql/…` */
  admit(asked: unknown): AdmittedRequest {
    if (Array.isArray(asked)) throw new Refused('graphql/no-batches', 'Send one operation per request, not a list.');
    if (!isRecord(asked)) throw new Refused('graphql/bad-request', 'The body must be a JSON object with query.');
    const { query, variables, operationName, extensions }: GraphqlRequest = asked;
    if (isAbsent(query) && isRecord(extensions) && 'persistedQuery' in extensions)
      throw new Refused(
        'graphql/unknown-document',
        'query must contain the whole document; persisted queries are not supported.',
        'query',
      );
    if (typeof query !== 'string' || query.trim() === '')
      throw new Refused('graphql/no-document', 'query must be a GraphQL document as a string.', 'query');
    if (!isAbsent(operationName) && typeof operationName !== 'string')
      throw new Refused('graphql/bad-request', 'operationName must be a string.', 'operationName');
    if (!isAbsent(extensions) && !isRecord(extensions))
      throw new Refused('graphql/bad-request', 'extensions must be an object.', 'extensions');
    if (!isAbsent(variables) && !isRecord(variables))
      throw new Refused('graphql/bad-variables', 'variables must be an object, not a string or a list.', 'variables');
    assertWithinLimit('documentLength', query.length);
    if (this.trusted && !this.trusted.has(createHash('sha256').update(query).digest('hex')))
      throw new Refused(
        'graphql/document-not-trusted',
        'This document is not in the list of trusted documents of this server.',
        'query',
      );
    checkVariables(variables);
    const given = isRecord(variables) ? variables : {};
    const document = this.parsed.get(query) ?? this.parse(query);
    const { introspects } = new QueryCost(this.schema(), document, given).measure();
    this.parsed.set(query, document);
    const operations = operationsOf(document).map(({ operation }) => operation);
    return {
      document,
      variables: given,
      operationName: typeof operationName === 'string' ? operationName : undefined,
      introspects,
      operations,
    };
  }

  private parse(query: string): DocumentNode {
    let document: DocumentNode;
    try {
      document = parse(query, { maxTokens: limits.tokens.max });
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error;
      // graphql-js says this with no code of its own.
      if (error.message.endsWith('tokens. Parsing aborted.')) assertWithinLimit('tokens', limits.tokens.max + 1);
      const { line = 0, column = 0 } = error.locations?.[0] ?? {};
      throw new Refused(
        'graphql/not-parsed',
        `${error.message.slice(0, 200)} (line ${line}, column ${column})`,
        'query',
      );
    }
    countNodes(document);
    return document;
  }
}

const operationsOf = ({ definitions }: DocumentNode): OperationDefinitionNode[] =>
  definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);

/** Counts nodes in one pass. Recursion is as deep as the token limit allows. */
const countNodes = ({ definitions }: DocumentNode): void => {
  const counts = { aliases: 0, directives: 0, operations: 0, fragments: 0 };
  const count = (what: keyof typeof counts, more = 1) => assertWithinLimit(what, (counts[what] += more));
  const given = (value: ValueNode, depth: number): void => {
    if (value.kind !== Kind.LIST && value.kind !== Kind.OBJECT) return;
    assertWithinLimit('valueDepth', depth);
    const inner = value.kind === Kind.LIST ? value.values : value.fields.map((field) => field.value);
    assertWithinLimit('listItems', inner.length);
    for (const one of inner) given(one, depth + 1);
  };
  const decorated = (directives: readonly ConstDirectiveNode[] | readonly DirectiveNode[] = []): void => {
    count('directives', directives.length);
    for (const directive of directives) for (const { value } of directive.arguments ?? []) given(value, 1);
  };
  const selected = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      decorated(selection.directives);
      if (selection.kind === Kind.FIELD) {
        if (selection.alias) count('aliases');
        for (const { value } of selection.arguments ?? []) given(value, 1);
      }
      if (selection.kind !== Kind.FRAGMENT_SPREAD && selection.selectionSet) selected(selection.selectionSet);
    }
  };
  for (const definition of definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION && definition.kind !== Kind.FRAGMENT_DEFINITION)
      throw new Refused('graphql/not-valid', 'The document must contain only operations and fragments.', 'query');
    count(definition.kind === Kind.OPERATION_DEFINITION ? 'operations' : 'fragments');
    assertWithinLimit('variables', definition.variableDefinitions?.length ?? 0);
    decorated(definition.directives);
    for (const { defaultValue, directives } of definition.variableDefinitions ?? []) {
      decorated(directives);
      if (defaultValue) given(defaultValue, 1);
    }
    selected(definition.selectionSet);
  }
};

/** A field of the answer: how often it is selected, and the fields in it. */
interface AnswerField {
  requests: number;
  readonly inner: Map<string, AnswerField>;
}
interface SelectionContext {
  readonly type: GraphQLNamedType | undefined;
  readonly answerField: AnswerField;
  readonly depth: number;
  /** How many objects of this type the answer can have. */
  readonly objects: number;
  readonly introspectionLists: number;
  readonly introspection: boolean;
}
const newAnswerField = (): AnswerField => ({ requests: 0, inner: new Map() });

/**
 * Walks operations and fragments as they will be executed, every fragment written out, and stops at the first limit.
 * graphql-js's own check of overlapping fields compares each pair of selections of one place of the answer, and a
 * fragment can double what it spreads: so both are bounded here, before.
 */
class QueryCost {
  private selections = 0;
  private cost = 0;
  private commands = 0;
  private introspects = false;
  private readonly fragments = new Map<string, FragmentDefinitionNode>();
  private readonly openFragments = new Set<string>();
  /** By variable: of a whole number its value, of a list its length; of several operations the greatest. */
  private readonly defaults = new Map<string, number>();

  constructor(
    private readonly schema: GraphQLSchema,
    private readonly document: DocumentNode,
    private readonly variables: Readonly<Record<string, unknown>>,
  ) {}

  /** @returns whether the schema itself is asked for, and how many fields the answer may have */
  measure(): { readonly introspects: boolean; readonly cost: number } {
    for (const definition of this.document.definitions)
      if (definition.kind === Kind.FRAGMENT_DEFINITION) this.fragments.set(definition.name.value, definition);
    // Each fragment also by itself: one that is not used is validated all the same.
    for (const { name, typeCondition, selectionSet } of this.fragments.values()) {
      this.openFragments.add(name.value);
      this.commands = 0;
      this.select(selectionSet, this.rootContext(this.schema.getType(typeCondition.name.value)));
      this.openFragments.delete(name.value);
    }
    for (const { variableDefinitions = [] } of operationsOf(this.document))
      for (const { variable, defaultValue } of variableDefinitions)
        if (defaultValue?.kind === Kind.INT || defaultValue?.kind === Kind.LIST) {
          const before = this.defaults.get(variable.name.value) ?? 0;
          const value = defaultValue.kind === Kind.INT ? Number(defaultValue.value) : defaultValue.values.length;
          this.defaults.set(variable.name.value, Math.max(before, value));
        }
    this.cost = 0; // a fragment costs where it is used
    for (const { operation, selectionSet } of operationsOf(this.document)) {
      const root = this.rootContext(this.schema.getRootType(operation) ?? undefined);
      this.commands = 0;
      this.select(selectionSet, root);
      assertWithinLimit(
        'rootFields',
        [...root.answerField.inner.values()].reduce((sum, { requests }) => sum + requests, 0),
      );
    }
    return { introspects: this.introspects, cost: this.cost };
  }

  private rootContext(type: GraphQLNamedType | undefined): SelectionContext {
    return { type, answerField: newAnswerField(), depth: 0, objects: 1, introspectionLists: 0, introspection: false };
  }

  private select({ selections }: SelectionSetNode, at: SelectionContext): void {
    for (const selection of selections) {
      assertWithinLimit('selections', ++this.selections);
      if (selection.kind === Kind.FIELD) this.selectField(selection, at);
      else if (selection.kind === Kind.INLINE_FRAGMENT) {
        const name = selection.typeCondition?.name.value;
        this.select(selection.selectionSet, { ...at, type: name ? this.schema.getType(name) : at.type });
      } else this.selectFragment(selection.name.value, at);
    }
  }

  private selectFragment(name: string, at: SelectionContext): void {
    const fragment = this.fragments.get(name);
    if (!fragment) return; // validation tells that there is none
    if (this.openFragments.has(name))
      throw new Refused('graphql/fragment-cycle', `The fragment ${name} must not spread itself.`, 'query');
    this.openFragments.add(name);
    this.select(fragment.selectionSet, { ...at, type: this.schema.getType(fragment.typeCondition.name.value) });
    this.openFragments.delete(name);
  }

  private selectField(node: FieldNode, at: SelectionContext): void {
    const name = node.name.value;
    const key = node.alias?.value ?? name;
    let place = at.answerField.inner.get(key);
    if (!place) at.answerField.inner.set(key, (place = newAnswerField()));
    assertWithinLimit('repeats', ++place.requests);
    const depth = at.depth + 1;
    assertWithinLimit('depth', depth);
    if (name === '__schema' || name === '__type') this.introspects = true;
    const field = fieldOf(at.type, name);
    const commands = field && at.type === this.schema.getMutationType() ? this.commandsOf(node, field) : 0;
    assertWithinLimit('commands', (this.commands += commands));
    this.cost += at.objects * (commands || 1);
    assertWithinLimit('cost', this.cost);
    if (!node.selectionSet) return;
    const list = !!field && isListType(getNullableType(field.type));
    const introspection = at.introspection || name === '__schema' || name === '__type';
    const introspectionLists = at.introspectionLists + (introspection && list ? 1 : 0);
    assertWithinLimit('introspectionLists', introspectionLists);
    const size = introspection ? 1 : commands || this.pageSize(node, field, list);
    const type = field && getNamedType(field.type);
    this.select(node.selectionSet, {
      type,
      answerField: place,
      depth,
      objects: at.objects * size,
      introspectionLists,
      introspection,
    });
  }

  /** How many commands a mutation sends: one, or as many as the list has that it takes them from. */
  private commandsOf(node: FieldNode, { extensions }: GraphQLField<unknown, unknown>): number {
    const list = extensions['commandsIn'];
    const value = node.arguments?.find(({ name }) => name.value === list)?.value;
    if (value?.kind === Kind.LIST) return value.values.length;
    if (value?.kind !== Kind.VARIABLE) return 1;
    const given = this.variables[value.name.value];
    return Array.isArray(given) ? given.length : (this.defaults.get(value.name.value) ?? 1);
  }

  /** How many objects the field can return: the value of `first` or `last`, or the assumed size of a list. */
  private pageSize(node: FieldNode, field: GraphQLField<unknown, unknown> | undefined, list: boolean): number {
    if (!field?.args.some(({ name }) => name === 'first')) {
      const own = field && (field.extensions['listItems'] ?? getNamedType(field.type).extensions['listItems']);
      return list ? (typeof own === 'number' ? own : assumedSizes.listItems) : 1;
    }
    const sizes = ['first', 'last'].flatMap((size) => {
      const value = node.arguments?.find(({ name }) => name.value === size)?.value;
      if (value?.kind === Kind.INT) return [Number(value.value)];
      if (value?.kind !== Kind.VARIABLE) return [];
      const given = this.variables[value.name.value] ?? this.defaults.get(value.name.value);
      return typeof given === 'number' ? [given] : [];
    });
    return Math.max(1, ...(sizes.length > 0 ? sizes : [assumedSizes.page]));
  }
}

/** How many fields the answer to an admitted document may have, full pages assumed. */
export const costOf = (
  schema: GraphQLSchema,
  document: DocumentNode,
  variables: Readonly<Record<string, unknown>>,
): number => new QueryCost(schema, document, variables).measure().cost;

const fieldOf = (type: GraphQLNamedType | undefined, name: string): GraphQLField<unknown, unknown> | undefined => {
  if (name === '__schema') return SchemaMetaFieldDef;
  if (name === '__type') return TypeMetaFieldDef;
  return isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined;
};
