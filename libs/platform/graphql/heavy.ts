import { getHeapStatistics } from 'node:v8';
import type { ServerResponse } from 'node:http';
import { HeaderMap, type ApolloServerPlugin, type GraphQLRequestListener, type GraphQLResponse } from '@apollo/server';
import { Plugin } from '@nestjs/apollo';
import { Inject, type INestApplicationContext, type OnModuleDestroy, type Provider } from '@nestjs/common';
import { Extensions, GraphQLSchemaHost } from '@nestjs/graphql';
import { Clock, codeOf, EventLog, Journal } from '@baton/kernel';
import {
  execute,
  getArgumentValues,
  getNamedType,
  getVariableValues,
  GraphQLError,
  Kind,
  parse,
  type ArgumentNode,
  type DocumentNode,
  type ExecutionResult,
  type FieldNode,
  type GraphQLFormattedError,
  type GraphQLObjectType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import { AccessLog, notRecorded, type AccessEntry, type CallerIdentity } from '../access';
import type { Config } from '../config';
import { ReadModels } from '../documents';
import { RETRY_AFTER_SECONDS } from '../health/serving';
import { LOGGER } from '../platform.module';
import { Runner } from '../runner';
import { Metrics } from '../telemetry';
import { HeavyWork, type WorkQuestion } from '../heavy-work';
import { QueryProcesses, type QuestionMessage, type StartMessage, type ProcessMessage } from '../query-processes';
import { costOf } from './admission';
import { formatterOf } from './errors';
import { NodeLoader } from './nodes';
import { RequestReads, withWithheld } from './request-reads';

/**
 * A query that reads as many documents as a period or the whole company has: it is answered in a process of its own,
 * with a budget. So is every query with `asOf`, which is folded from the log, every list by what contexts contribute to it,
 * which is computed for all its rows, and one whose answer may be large.
 * @param options `ofLog`: it has no answer without the log; while that is away, this process says so at once
 */
export const Heavy = ({ ofLog = false }: { readonly ofLog?: boolean } = {}) =>
  Extensions({ heavy: true, ...(ofLog && { ofLog }) });

type Variables = Readonly<Record<string, unknown>>;

/** Fields of an answer, full pages assumed, from which on it takes the event loop long to make it. */
export const LARGE_ANSWER_FIELDS = 2_000;

/** Is there such a field among those of a selection: by default at the root of an operation? */
const hasField = (
  { definitions }: DocumentNode,
  { selectionSet }: { readonly selectionSet?: SelectionSetNode | undefined },
  wanted: (field: FieldNode) => boolean,
): boolean => {
  const among = ({ selections }: SelectionSetNode): boolean =>
    selections.some((selection) => {
      if (selection.kind === Kind.INLINE_FRAGMENT) return among(selection.selectionSet);
      if (selection.kind === Kind.FIELD) return wanted(selection);
      const fragment = definitions.find(
        (one) => one.kind === Kind.FRAGMENT_DEFINITION && one.name.value === selection.name.value,
      );
      return !!fragment && 'selectionSet' in fragment && !!fragment.selectionSet && among(fragment.selectionSet);
    });
  return !!selectionSet && among(selectionSet);
};
const isMarked = (schema: GraphQLSchema, { name }: FieldNode, mark: 'heavy' | 'ofLog' | 'flushes'): boolean =>
  schema.getQueryType()?.getFields()[name.value]?.extensions[mark] === true;

interface ListArguments {
  readonly filter?: Readonly<Record<string, unknown>> | null;
  readonly orderBy?: { readonly field: string } | null;
}
/** Is a list filtered, ordered or counted by what contexts contribute to it? */
const asksContributed = (schema: GraphQLSchema, document: DocumentNode, node: FieldNode, variables: Variables) => {
  const field = schema.getQueryType()?.getFields()[node.name.value];
  const contributed = field?.extensions['contributed'] as readonly string[] | undefined;
  if (!field || !contributed) return false;
  const { filter, orderBy } = getArgumentValues(field, node, variables) as ListArguments;
  if (contributed.some((name) => (filter?.[name] ?? null) !== null || orderBy?.field === name)) return true;
  const facets = (getNamedType(field.type) as GraphQLObjectType).getFields()['facets'];
  return hasField(document, node, (inner) => {
    if (!facets || inner.name.value !== facets.name) return false;
    const { fields } = getArgumentValues(facets, inner, variables) as { readonly fields: readonly string[] };
    return fields.some((name) => contributed.includes(name));
  });
};

/** What is known of operations of documents that are asked again and again, without variables. */
const knownHeavy = new WeakMap<OperationDefinitionNode, boolean>();

/** Does the operation ask for something heavy, or for a large answer? What stands beside it is answered with it. */
export const isHeavy = (
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Variables,
): boolean => {
  if (Object.keys(variables).length > 0) return looksHeavy(schema, document, operation, variables);
  const known = knownHeavy.get(operation) ?? looksHeavy(schema, document, operation, variables);
  knownHeavy.set(operation, known);
  return known;
};

const looksHeavy = (
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Variables,
): boolean => {
  const { coerced, errors } = getVariableValues(schema, operation.variableDefinitions ?? [], variables, {
    maxErrors: 1,
  });
  if (errors) return false; // reported by the server itself, before any work
  const given = ({ name, value }: ArgumentNode) =>
    name.value === 'asOf' &&
    value.kind !== Kind.NULL &&
    !(value.kind === Kind.VARIABLE && (coerced[value.name.value] ?? null) === null);
  const isCostly = (field: FieldNode) =>
    isMarked(schema, field, 'heavy') ||
    !!field.arguments?.some(given) ||
    asksContributed(schema, document, field, coerced);
  return (
    operation.operation === 'query' &&
    (hasField(document, operation, isCostly) || costOf(schema, document, variables) >= LARGE_ANSWER_FIELDS)
  );
};

interface GraphqlQuestion {
  readonly query: string;
  readonly variables: Variables;
  readonly operationName: string | undefined;
  readonly caller: CallerIdentity;
  /** The log takes no events: what is shown of people could not be recorded. */
  readonly sealed: boolean;
}
type Question = GraphqlQuestion | WorkQuestion;
interface Answer {
  /** The whole answer as JSON. */
  readonly text: string;
  /** Of its errors, for the metrics. */
  readonly codes: readonly string[];
  /** Whose personal values it shows: recorded by who asked, before the answer leaves. */
  readonly shows: readonly AccessEntry[];
}

/** An answer that another process has written out already: parsing it again would hold up the event loop. */
class SerializedAnswer {
  constructor(readonly text: string) {}
}
/** Writes an answer out, unless another process has. */
export const stringifyResult = (result: { readonly data?: unknown }): string =>
  `${result.data instanceof SerializedAnswer ? result.data.text : JSON.stringify(result)}\n`;

/** How long an answer is given again: what runs, such as the time of an open deal, grows by no more than this. */
const KEPT_MS = 1_000;
const KEPT_CHARACTERS = 16 * 2 ** 20;

/**
 * Answers that were just given. Whoever sends the same query again, as a dashboard does, gets the same answer while no
 * read model has changed, for a second.
 */
class KeptAnswers {
  private readonly answers = new LRUCache<string, { readonly answer: Answer; readonly changes: number }>({
    maxSize: KEPT_CHARACTERS,
    maxEntrySize: KEPT_CHARACTERS / 16,
    sizeCalculation: ({ answer }, key) => answer.text.length + key.length,
    ttl: KEPT_MS,
    ttlResolution: 0,
  });

  /**
   * @param key what was asked, and by whom
   * @param changes tells whether read models may have changed since; undefined if that is not known
   */
  async get(key: string, changes: () => number | undefined, ask: () => Promise<Answer>): Promise<Answer> {
    const before = changes();
    const kept = this.answers.get(key);
    if (kept && kept.changes === before) return kept.answer;
    const answer = await ask();
    // One that shows people is recorded each time that it is given.
    const isKept = before !== undefined && before === changes() && answer.shows.length + answer.codes.length === 0;
    if (isKept) this.answers.set(key, { answer, changes: before });
    return answer;
  }
}

interface HttpContext {
  readonly caller?: CallerIdentity;
  readonly reply?: { readonly raw: ServerResponse };
}

/** Aborts when the caller goes before the answer is sent. */
const disconnectSignalOf = ({ raw }: { readonly raw: ServerResponse }): AbortSignal => {
  const left = new AbortController();
  if (raw.destroyed) left.abort();
  raw.once('close', () => {
    if (!raw.writableFinished) left.abort();
  });
  return left.signal;
};

/** Has heavy operations answered, and heavy work of commands done, in processes of their own. */
@Plugin()
export class HeavyQueries implements ApolloServerPlugin, OnModuleDestroy {
  private readonly kept = new KeptAnswers();

  constructor(
    @Inject(QueryProcesses) private readonly processes: QueryProcesses<Question, Answer> | undefined,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly metrics: Metrics,
    work: HeavyWork,
    private readonly log: EventLog,
    private readonly accessLog: AccessLog,
    private readonly runner: Runner,
  ) {
    if (processes) work.runRemotely = (question, caller) => this.ask(question, caller).then(({ text }) => text);
  }

  /** @param file what such a process runs, compiled: it calls `answerQuestions` */
  static providers(
    { queryProcesses: size, querySeconds: seconds, queryMemory: megabytes, ...config }: Config,
    file: string,
  ): Provider[] {
    const data = { ...config, queryProcesses: 0, querySeconds: seconds, queryMemory: megabytes } satisfies Config;
    return [
      { provide: QueryProcesses, useFactory: () => QueryProcesses.of({ file, data, size, seconds, megabytes }) },
      HeavyQueries,
    ];
  }

  async requestDidStart(): Promise<GraphQLRequestListener<HttpContext>> {
    return {
      responseForOperation: async ({ schema, document, operationName, source, request, contextValue, ...asks }) => {
        const { caller, reply } = contextValue;
        const variables = request.variables ?? {};
        // Absent, against its type, where no operation has the name that is asked for: the server itself refuses that.
        const operation = asks.operation as OperationDefinitionNode | undefined;
        if (!this.processes || !caller || !reply || !operation) return null;
        if (!isHeavy(schema, document, operation, variables)) return null;
        // Another process would have to find out by itself that the log is away.
        const isAway = this.log.availability().state === 'unavailable';
        if (isAway && hasField(document, operation, (field) => isMarked(schema, field, 'ofLog'))) return null;
        const asked = { query: source, variables, operationName: operationName ?? undefined, caller, sealed: isAway };
        const ask = () => this.ask(asked, caller.actor, disconnectSignalOf(reply));
        const answer = async () => {
          // Another process cannot append what this one has deferred.
          if (hasField(document, operation, (field) => isMarked(schema, field, 'flushes')))
            await this.runner.waitForAll();
          else await this.runner.saveChanges();
          return this.kept.get(JSON.stringify(asked), () => this.runner.readModelChanges(), ask);
        };
        return answer().then(responseOf, (error) => this.refusalResponse(error));
      },
    };
  }

  /** Nobody waits for a heavy question when the process stops. */
  onModuleDestroy(): Promise<void> | undefined {
    return this.processes?.close();
  }

  private async ask(question: Question, caller: string, leaves?: AbortSignal): Promise<Answer> {
    try {
      const answer = await this.processes!.ask(question, caller, leaves);
      await this.accessLog.record(answer.shows);
      this.metrics.heavyQuestion('answered');
      return answer;
    } catch (error) {
      this.metrics.heavyQuestion(codeOf(error));
      throw error;
    }
  }

  private refusalResponse(error: unknown): GraphQLResponse {
    const reported = formatterOf(this.logger)(new GraphQLError('').toJSON(), error);
    const isBusy = codeOf(error) === 'overload/busy';
    return {
      http: {
        status: isBusy ? 429 : undefined,
        headers: new HeaderMap(isBusy ? [['retry-after', String(RETRY_AFTER_SECONDS)]] : []),
      },
      body: { kind: 'single', singleResult: { errors: [reported], ...(!isBusy && { data: null }) } },
    };
  }
}

const responseOf = ({ text, codes }: Answer): GraphQLResponse => ({
  http: { status: undefined, headers: new HeaderMap() },
  body: {
    kind: 'single',
    singleResult: {
      data: new SerializedAnswer(text) as never,
      ...(codes.length > 0 && { errors: codes.map((code) => ({ message: code, extensions: { code } })) }),
    },
  },
});

/** So often a process tells what it holds beside V8’s heap, which V8’s own limit does not count. */
const MEMORY_REPORT_MS = 50;

/**
 * The other side, a process of its own: answers what it is asked with the resolvers of an application that does not
 * listen. It ends with who asks, and not by a signal, which a terminal sends to both.
 * @param begin makes that application
 */
export const answerQuestions = (begin: (config: Config) => Promise<INestApplicationContext>): void => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
  process.once('disconnect', () => process.exit());
  process.once('message', ({ begin: config }: StartMessage) => void begin(config as Config).then(answerWith));
};

const answerWith = (app: INestApplicationContext): void => {
  const say = (said: ProcessMessage<Answer>) => process.send!(said);
  const { schema } = app.get(GraphQLSchemaHost);
  const [journal, models, clock] = [app.get(Journal), app.get(ReadModels), app.get<Clock>(Clock)];
  const format = formatterOf(app.get<Logger>(LOGGER));
  const reported = (error: GraphQLError): GraphQLFormattedError => format(error.toJSON(), error.originalError ?? error);
  const work = app.get(HeavyWork);
  const execution = async ({ query, variables, operationName, caller, sealed }: GraphqlQuestion): Promise<Answer> => {
    const document = parse(query);
    const shows: AccessEntry[] = [];
    const keep = async (entries: readonly AccessEntry[]) => {
      if (sealed) throw notRecorded('log/unavailable');
      shows.push(...entries);
    };
    const reads = new RequestReads(journal, keep, caller);
    const contextValue = { caller, reads, nodes: new NodeLoader(models, clock) };
    const asked = { schema, document, variableValues: variables, operationName, contextValue };
    const { data, errors }: ExecutionResult = withWithheld(await execute(asked), reads);
    const faults = errors?.map(reported);
    return {
      text: JSON.stringify({ errors: faults, data }),
      codes: faults?.map(({ extensions }) => String(extensions?.['code'])) ?? [],
      shows,
    };
  };
  const answer = async (question: Question): Promise<Answer> =>
    'work' in question ? { text: await work.answer(question), codes: [], shows: [] } : execution(question);
  process.on('message', ({ question }: QuestionMessage<Question>) => {
    answer(question).then(
      (given) => say({ answer: given }),
      (error: unknown) => say({ fault: String(error) }),
    );
  });
  setInterval(() => say({ externalBytes: getHeapStatistics().external_memory }), MEMORY_REPORT_MS);
  say({ ready: true });
};
