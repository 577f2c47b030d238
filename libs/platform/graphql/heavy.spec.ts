import { EventEmitter } from 'node:events';
import { join } from 'node:path';
import type { EventLog } from '@baton/kernel';
import { buildSchema, Kind, parse, type GraphQLEnumType, type OperationDefinitionNode } from 'graphql';
import { pino } from 'pino';
import { notRecorded, type AccessEntry, type AccessLog, type CallerIdentity } from '../access';
import type { Runner } from '../runner';
import { Metrics } from '../telemetry';
import { HeavyWork } from '../heavy-work';
import { QueryProcesses } from '../query-processes';
import { HeavyQueries, isHeavy, stringifyResult } from './heavy';

const schema = buildSchema(`
  input Cut { knownAt: String }
  type Page { id: String, other: String }
  enum Field { SCORE, NAME }
  input Filter { score: Int, name: String }
  input Order { field: Field! }
  type People { facets(fields: [Field!]!): [String] }
  type Query { report(act: String): String, history(act: String): String, whoSaw: String, list(asOf: Cut): String, one: String, pages(first: Int = 50): Page,
    people(filter: Filter, orderBy: Order): People }
  type Mutation { report: String }`);
schema.getQueryType()!.getFields()['report']!.extensions = { heavy: true };
schema.getQueryType()!.getFields()['history']!.extensions = { heavy: true, ofLog: true };
schema.getQueryType()!.getFields()['whoSaw']!.extensions = { flushes: true };
schema.getMutationType()!.getFields()['report']!.extensions = { heavy: true };
schema.getQueryType()!.getFields()['people']!.extensions = { contributed: ['score'] };
// As the values of an enum of fields are.
Object.assign((schema.getType('Field') as GraphQLEnumType).getValue('SCORE')!, { value: 'score' });
const operationOf = (document: ReturnType<typeof parse>) =>
  document.definitions.find((one): one is OperationDefinitionNode => one.kind === Kind.OPERATION_DEFINITION)!;
const heavy = (query: string, variables = {}) => isHeavy(schema, parse(query), operationOf(parse(query)), variables);

describe('a heavy operation', () => {
  it('asks for a field that is declared heavy, or for a cut, wherever in its selection', () => {
    expect(heavy('{ report }')).toBe(true);
    expect(heavy('{ one a: report }')).toBe(true);
    expect(heavy('{ ... { report } }')).toBe(true);
    expect(heavy('{ ...It } fragment It on Query { report }')).toBe(true);
    expect(heavy('{ list(asOf: { knownAt: "1" }) }')).toBe(true);
    expect(heavy('query ($cut: Cut) { list(asOf: $cut) }', { cut: {} })).toBe(true);
    expect(heavy('query ($cut: Cut = { knownAt: "1" }) { list(asOf: $cut) }')).toBe(true);
    expect(heavy('query ($cut: Cut = { knownAt: "1" }, $other: Int) { list(asOf: $cut) }', { other: 1 })).toBe(true);
  });

  it('asks for a list by what contexts contribute to it', () => {
    expect(heavy('{ people(filter: { score: 1 }) { facets(fields: [NAME]) } }')).toBe(true);
    expect(heavy('{ people(orderBy: { field: SCORE }) { facets(fields: [NAME]) } }')).toBe(true);
    expect(heavy('{ people { ...It } } fragment It on People { facets(fields: [NAME, SCORE]) }')).toBe(true);
    const list =
      'query ($f: Filter, $o: Order, $c: [Field!]!) { people(filter: $f, orderBy: $o) { facets(fields: $c) } }';
    expect(heavy(list, { f: { score: 1 }, c: [] })).toBe(true);
    expect(heavy(list, { o: { field: 'SCORE' }, c: [] })).toBe(true);
    expect(heavy(list, { c: ['SCORE'] })).toBe(true);
    expect(heavy(list, { f: { score: null, name: 'x' }, o: { field: 'NAME' }, c: ['NAME'] })).toBe(false);
    expect(heavy('{ people { facets(fields: [NAME]) } }')).toBe(false);
  });

  it('may have a large answer, by its pages and how often it asks for them', () => {
    expect(heavy('{ pages(first: 500) { id other } }')).toBe(false);
    expect(heavy('{ pages(first: 500) { id other } again: pages(first: 500) { id other } }')).toBe(true);
    expect(heavy('query ($n: Int) { pages(first: $n) { id } }', { n: 2_000 })).toBe(true);
    expect(heavy('query ($n: Int) { pages(first: $n) { id } }', { n: 1_000 })).toBe(false);
  });

  it('is no other, and no mutation', () => {
    expect(heavy('{ one list }')).toBe(false);
    expect(heavy('{ list(asOf: null) }')).toBe(false);
    expect(heavy('query ($cut: Cut) { list(asOf: $cut) }')).toBe(false);
    expect(heavy('query ($cut: Cut = { knownAt: "1" }) { list(asOf: $cut) }', { cut: null })).toBe(false);
    expect(heavy('mutation { report }')).toBe(false);
  });
});

const caller: CallerIdentity = { actor: 'ann', origin: 'person', roles: ['marketing'] };
const file = join(__dirname, '..', '..', '..', 'test', 'support', 'question-process.js');

describe('heavy queries', () => {
  const opened: HeavyQueries[] = [];
  const present = { availability: () => ({ state: 'available' }) as const };
  let changes: number | undefined;
  let recorded: readonly AccessEntry[] = [];
  let waitForAll = async (): Promise<void> => undefined;
  let saveChanges = async (): Promise<void> => undefined;
  const accessLog = { record: async (entries: readonly AccessEntry[]) => void (recorded = entries) };
  const made = (
    size = 1,
    work = new HeavyWork(),
    log: Pick<EventLog, 'availability'> = present,
    access: Pick<AccessLog, 'record'> = accessLog,
  ) => {
    const processes = { file, size, seconds: 20, megabytes: 32 };
    const [logger, metrics] = [pino({ level: 'silent' }), new Metrics()];
    const runner = {
      readModelChanges: () => changes,
      waitForAll: () => waitForAll(),
      saveChanges: () => saveChanges(),
    } as Runner;
    const stores = [log as EventLog, access as AccessLog, runner] as const;
    const queries = new HeavyQueries(QueryProcesses.of(processes), logger, metrics, work, ...stores);
    opened.push(queries);
    return queries;
  };
  afterEach(() => Promise.all(opened.splice(0).map((one) => one.onModuleDestroy())));

  /** Asks as the server does, once it has validated a document. */
  const ask = async (
    queries: HeavyQueries,
    act: string,
    context: object = { caller, reply: { raw: request() } },
    field = 'report',
  ) => {
    const source = `query ($act: String) { ${field}(act: $act) }`;
    const document = parse(source);
    const asked = { schema, document, operation: operationOf(document), operationName: null, source };
    const { responseForOperation } = await queries.requestDidStart();
    return responseForOperation!({ ...asked, request: { variables: { act } }, contextValue: context } as never);
  };
  const request = (sent = false) => Object.assign(new EventEmitter(), { writableFinished: sent });
  const codes = (answer: Awaited<ReturnType<typeof ask>>) =>
    answer?.body.kind === 'single' && answer.body.singleResult.errors?.map(({ extensions }) => extensions?.['code']);

  it('pass on what a process has written, with its codes for the metrics', async () => {
    const answer = await ask(made(), 'write');
    expect(codes(answer)).toEqual(['some/code']);
    expect(answer?.body.kind === 'single' && stringifyResult(answer.body.singleResult)).toBe('{"data":{}}\n');
    expect(stringifyResult({ data: { one: 1 } })).toBe('{"data":{"one":1}}\n');
  });

  it('are answered once it is recorded whom they show, and refused where it cannot be', async () => {
    await ask(made(), 'write');
    expect(recorded).toEqual([{ type: 'PersonalDataRead' }]);
    const record = () => Promise.reject(notRecorded('log/unavailable'));
    const answer = await ask(made(1, new HeavyWork(), present, { record }), 'write');
    expect(answer?.body.kind === 'single' && answer.body.singleResult.data).toBeNull();
    expect(codes(answer)).toEqual(['access/not-recorded']);
  });

  describe('asked again', () => {
    const written = async (queries: HeavyQueries, who = caller, field = 'report') => {
      const answer = await ask(queries, 'count', { caller: who, reply: { raw: request() } }, field);
      return answer?.body.kind === 'single' && stringifyResult(answer.body.singleResult);
    };
    const [first, second, third] = [1, 2, 3].map((n) => `{"data":${n}}\n`);
    afterEach(() => {
      changes = undefined;
      jest.restoreAllMocks();
    });

    it('get the same answer while no read model has changed', async () => {
      const queries = made();
      changes = 7;
      expect([await written(queries), await written(queries)]).toEqual([first, first]);
      changes = 8;
      expect([await written(queries), await written(queries)]).toEqual([second, second]);
    });

    it('get a new answer where changes are not noticed', async () => {
      const queries = made();
      expect([await written(queries), await written(queries)]).toEqual([first, second]);
    });

    it('get a new answer after a second', async () => {
      const queries = made();
      changes = 7;
      const now = jest.spyOn(performance, 'now').mockReturnValue(10_000);
      expect([await written(queries), await written(queries)]).toEqual([first, first]);
      now.mockReturnValue(11_001);
      expect(await written(queries)).toBe(second);
    });

    it('get a new answer when something changed before the first one was there', async () => {
      const queries = made();
      changes = 7;
      const early = written(queries);
      await new Promise(setImmediate);
      changes = 8;
      expect([await early, await written(queries)]).toEqual([first, second]);
    });

    it('get no answer of another caller, or with other roles, or to another query', async () => {
      const queries = made();
      changes = 7;
      await written(queries);
      expect(await written(queries, { ...caller, actor: 'bob' })).toBe(second);
      expect(await written(queries, { ...caller, roles: ['sales'] })).toBe(third);
      expect(await written(queries, caller, 'history')).toBe('{"data":4}\n');
    });

    it('get a new answer where something was deferred that it must not miss', async () => {
      const queries = made();
      changes = 7;
      waitForAll = async () => void (changes! += 1);
      const both = 'whoSaw report';
      expect([await written(queries, caller, both), await written(queries, caller, both)]).toEqual([first, second]);
      waitForAll = () => Promise.reject(notRecorded('log/unavailable'));
      expect(codes(await ask(queries, 'count', undefined, both))).toEqual(['access/not-recorded']);
      expect(await written(queries)).toBe(third);
    });

    it('get a new answer where something is folded that was not saved yet', async () => {
      const queries = made();
      changes = 7;
      const before = await written(queries);
      saveChanges = async () => void (changes! += 1);
      expect(await written(queries)).not.toBe(before);
      saveChanges = async () => undefined;
      expect(await written(queries)).not.toBe(before);
    });

    it('are recorded again if they show people', async () => {
      const queries = made();
      changes = 7;
      await ask(queries, 'write');
      recorded = [];
      await ask(queries, 'write');
      expect(recorded).toEqual([{ type: 'PersonalDataRead' }]);
    });
  });

  it('are left to the event loop without processes, and where nobody has said who asks', async () => {
    expect(await ask(made(0), 'write')).toBeNull();
    expect(await ask(made(), 'write', { reply: { raw: request() } })).toBeNull();
  });

  it('are left to the event loop while the log is away, where there is no answer without it', async () => {
    const away = { availability: () => ({ state: 'unavailable', since: '2024-01-01T00:00:00.000Z' }) as const };
    const context = () => ({ caller, reply: { raw: request() } });
    const queries = made(1, new HeavyWork(), away);
    expect(await ask(queries, 'write', context(), 'history')).toBeNull();
    expect(codes(await ask(queries, 'write', context()))).toEqual(['some/code']);
    expect(codes(await ask(made(), 'write', context(), 'history'))).toEqual(['some/code']);
  });

  it('have heavy work of commands done beside them, and without processes here', async () => {
    const here = async (data: number) => -data;
    const [elsewhere, alone] = [new HeavyWork(), new HeavyWork()];
    made(1, elsewhere);
    made(0, alone);
    expect(await elsewhere.register('done', here)(1, 'ann')).toBe(1);
    expect(await alone.register('done', here)(1, 'ann')).toBe(-1);
  });

  it('end when the caller leaves before the answer', async () => {
    const queries = made();
    const raw = request();
    const answer = ask(queries, 'spin', { caller, reply: { raw } });
    const next = ask(queries, 'write', { caller: { ...caller, actor: 'bob' }, reply: { raw: request(true) } });
    await new Promise(setImmediate);
    raw.emit('close');
    expect(codes(await answer)).toEqual(['query/cancelled']);
    expect(codes(await next)).toEqual(['some/code']);
  });

  it('tell what costs too much, and what to do', async () => {
    const answer = await ask(made(), 'arrays');
    expect(answer).toMatchObject({
      http: { status: undefined },
      body: { singleResult: { data: null, errors: [{ extensions: { code: 'query/too-costly' } }] } },
    });
  });

  it('tell a caller who has too many waiting when to come again', async () => {
    const queries = made();
    const waiting = [1, 2, 3, 4].map(() => ask(queries, 'wait'));
    await new Promise(setImmediate);
    const answer = await ask(queries, 'write');
    expect(codes(answer)).toEqual(['overload/busy']);
    expect(answer?.http.status).toBe(429);
    expect(answer?.http.headers.get('retry-after')).toBe('2');
    await queries.onModuleDestroy();
    expect((await Promise.all(waiting)).map(codes)).toEqual(Array(4).fill(['query/cancelled']));
  });
});
