import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Refused } from '@baton/kernel';
import {
  getNamedType,
  getNullableType,
  GraphQLError,
  isIntrospectionType,
  isListType,
  Kind,
  MaxIntrospectionDepthRule,
  parse,
  TypeInfo,
  validate,
  ValidationContext,
  type ConstDirectiveNode,
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLSchema,
  type OperationDefinitionNode,
  OperationTypeNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';
import { createComplexityRule, type ComplexityEstimator } from 'graphql-query-complexity';
import { LRUCache } from 'lru-cache';
import { assumedSizes, checkVariables, limits, assertWithinLimit } from './limits';
import { bytesOfDocument, documentCacheBounds } from './parsed-documents';

/** The body of a GraphQL request. */
export interface GraphqlRequest {
  readonly query?: unknown;
  readonly variables?: unknown;
  readonly operationName?: unknown;
  readonly extensions?: unknown;
}
interface CheckedDocument {
  readonly document: DocumentNode;
  /** Whether it queries the schema itself (introspection). */
  readonly introspects: boolean;
  readonly operations: readonly OperationTypeNode[];
  /** What it costs without variables, once that was asked. */
  plainCost?: number;
}
export interface AdmittedRequest extends CheckedDocument {
  readonly variables: Readonly<Record<string, unknown>>;
  readonly operationName: string | undefined;
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
  private readonly checked = new LRUCache<string, CheckedDocument>({
    ...documentCacheBounds(),
    sizeCalculation: (_, source) => bytesOfDocument(source),
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
    const known = this.checked.get(query);
    const checked = known ?? this.check(query);
    const cost =
      Object.keys(given).length > 0
        ? costOf(this.schema(), checked.document, given)
        : (checked.plainCost ??= costOf(this.schema(), checked.document, given));
    assertWithinLimit('cost', cost);
    if (!known) this.checked.set(query, checked);
    return {
      ...checked,
      variables: given,
      operationName: typeof operationName === 'string' ? operationName : undefined,
    };
  }

  /** All that is the same whatever the variables are. */
  private check(query: string): CheckedDocument {
    const document = this.parse(query);
    countNodes(document);
    const introspects = checkExpansion(document);
    if (introspects && validate(this.schema(), document, [MaxIntrospectionDepthRule]).length > 0)
      assertWithinLimit('introspectionLists', limits.introspectionLists.max + 1);
    return { document, introspects, operations: operationsOf(document).map(({ operation }) => operation) };
  }

  private parse(query: string): DocumentNode {
    try {
      return parse(query, { maxTokens: limits.tokens.max });
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
const newAnswerField = (): AnswerField => ({ requests: 0, inner: new Map() });

/**
 * Walks operations and fragments as they will be executed, every fragment written out, and stops at the first limit.
 * graphql-js's own check of overlapping fields compares each pair of selections of one place of the answer, and a
 * fragment can double what it spreads: so both are bounded here, before.
 * @returns whether the schema itself is asked for
 */
const checkExpansion = (document: DocumentNode): boolean => {
  const fragments = new Map<string, FragmentDefinitionNode>();
  const openFragments = new Set<string>();
  let selections = 0;
  let introspects = false;
  const select = (selectionSet: SelectionSetNode, at: AnswerField, depth: number): void => {
    for (const selection of selectionSet.selections) {
      assertWithinLimit('selections', ++selections);
      if (selection.kind === Kind.FIELD) selectField(selection, at, depth + 1);
      else if (selection.kind === Kind.INLINE_FRAGMENT) select(selection.selectionSet, at, depth);
      else selectFragment(selection.name.value, at, depth);
    }
  };
  const selectFragment = (name: string, at: AnswerField, depth: number): void => {
    const fragment = fragments.get(name);
    if (!fragment) return; // validation tells that there is none
    if (openFragments.has(name))
      throw new Refused('graphql/fragment-cycle', `The fragment ${name} must not spread itself.`, 'query');
    openFragments.add(name);
    select(fragment.selectionSet, at, depth);
    openFragments.delete(name);
  };
  const selectField = ({ name, alias, selectionSet }: FieldNode, at: AnswerField, depth: number): void => {
    const key = (alias ?? name).value;
    let place = at.inner.get(key);
    if (!place) at.inner.set(key, (place = newAnswerField()));
    assertWithinLimit('repeats', ++place.requests);
    assertWithinLimit('depth', depth);
    introspects ||= name.value === '__schema' || name.value === '__type';
    if (selectionSet) select(selectionSet, place, depth);
  };
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  // Each fragment also by itself: one that is not used is validated all the same.
  for (const name of fragments.keys()) selectFragment(name, newAnswerField(), 0);
  for (const { selectionSet } of operationsOf(document)) {
    const root = newAnswerField();
    select(selectionSet, root, 0);
    assertWithinLimit(
      'rootFields',
      [...root.inner.values()].reduce((sum, { requests }) => sum + requests, 0),
    );
  }
  return introspects;
};

/** How many commands a batch holds; undefined for a field that is no batch. */
const commandsIn = ({ extensions }: GraphQLField<unknown, unknown>, args: Readonly<Record<string, unknown>>) => {
  const commands = args[String(extensions['commandsIn'])];
  return Array.isArray(commands) ? commands.length : undefined;
};

/** A field, and what is asked of each of its objects: as many as its page, its list or its commands may have. */
const fieldCost: ComplexityEstimator = ({ type, field, args, childComplexity }) => {
  const own = getNamedType(field.type);
  if (isIntrospectionType(type) || isIntrospectionType(own)) return 1 + childComplexity;
  const commands = commandsIn(field, args);
  if (commands !== undefined) return commands * (1 + childComplexity);
  const isPage = field.args.some(({ name }) => name === 'first');
  const listItems = Number(field.extensions['listItems'] ?? own.extensions['listItems'] ?? assumedSizes.listItems);
  const page = () => (args['first'] ?? args['last'] ?? assumedSizes.page) as number;
  const objects = isPage ? page() : isListType(getNullableType(field.type)) ? listItems : 1;
  return 1 + Math.max(1, objects) * childComplexity;
};
/** The commands of a mutation: each field is one, a batch as many as it holds. */
const fieldCommands: ComplexityEstimator = ({ field, args }) => commandsIn(field, args) ?? 1;

/**
 * How many fields the answer to a document may have, full pages assumed. What cannot be executed costs nothing: its
 * variables or arguments are not valid, and the server says so.
 * @throws Refused `graphql/not-valid`, `graphql/too-many-commands`
 */
export const costOf = (
  schema: GraphQLSchema,
  document: DocumentNode,
  variables: Readonly<Record<string, unknown>>,
): number => {
  const context = new ValidationContext(schema, document, new TypeInfo(schema), () => undefined);
  const count = (estimator: ComplexityEstimator, operations: readonly OperationDefinitionNode[]): number => {
    const rule = createComplexityRule({ maximumComplexity: Infinity, variables, estimators: [estimator] })(context);
    for (const operation of operations) rule.onOperationDefinitionEnter(operation);
    return rule.complexity;
  };
  try {
    const operations = operationsOf(document);
    for (const operation of operations)
      if (operation.operation === OperationTypeNode.MUTATION)
        assertWithinLimit('commands', count(fieldCommands, [operation]));
    return count(fieldCost, operations);
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    throw new Refused('graphql/not-valid', error.message, 'query'); // arguments of @skip or @include
  }
};
