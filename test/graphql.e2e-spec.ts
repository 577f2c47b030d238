import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandBus } from '@nestjs/cqrs';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import { Conflict, EventLog, roles, type Role, type To } from '@baton/kernel';
import { costOf, limits } from '@baton/platform/graphql';
import {
  getNamedType,
  getNullableType,
  isInputObjectType,
  isLeafType,
  isListType,
  isObjectType,
  lexicographicSortSchema,
  parse,
  printSchema,
  type GraphQLInputObjectType,
  type GraphQLSchema,
} from 'graphql';
import { root, Served, temporaryFolder } from './support/baton';
import { sample } from './support/sample-operations';

interface Outcome {
  __typename: 'Accepted' | 'Refused' | 'Failed';
  id: string;
  position: string;
  revision: number;
  events: number;
  repeated: boolean;
  code: string;
  message: string;
  path: string;
  details: Record<string, unknown>;
}
const outcome = `{ __typename ... on Accepted { id position revision events repeated }
  ... on Refused { code message path details } }`;

describe('GraphQL', () => {
  const folder = temporaryFolder();
  let served: Served;
  let schema: GraphQLSchema;
  beforeAll(async () => {
    served = await Served.start(folder);
    schema = lexicographicSortSchema(served.app.get(GraphQLSchemaHost).schema);
  });
  afterAll(() => served.stop());

  const tell = async (mutation: string, as: Parameters<Served['ask']>[1] = ['revops']): Promise<Outcome> => {
    const { data, errors } = await served.ask<Record<string, Outcome>>(`mutation { it: ${mutation} ${outcome} }`, as);
    if (errors) throw new Error(JSON.stringify(errors));
    return data['it']!;
  };

  it('has the committed schema', () => {
    const file = join(root, 'apps', 'api', 'schema.graphql');
    const printed = `${printSchema(schema)}\n`;
    if (process.env['UPDATE_SCHEMA'] === '1') writeFileSync(file, printed);
    expect(printed).toBe(readFileSync(file, 'utf8'));
  });

  it('pages every list that grows with the data, at most 500 per page', () => {
    const fields = Object.values(schema.getQueryType()!.getFields());
    const whole = fields.filter(({ type }) => isListType(getNullableType(type))).map(({ name }) => name);
    // One row per model, place in a body, figure, target, state or follower; a search answers at most a hundred.
    expect(whole).toEqual([
      'attributionModels',
      'definitionDifference',
      'figureCatalogue',
      'outbox',
      'search',
      'slaCounts',
      'status',
    ]);
    const paged = fields.filter(({ type }) => String(getNamedType(type)).endsWith('Connection'));
    expect(paged.length).toBeGreaterThan(20);
    for (const { name, args } of paged)
      expect({ [name]: args.map((argument) => argument.name) }).toEqual({
        [name]: expect.arrayContaining(['after', 'first']) as unknown,
      });
  });

  it('refuses a page of more than 500, and pages definitions', async () => {
    interface Page {
      edges: { node: { kind: string } }[];
      pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string; endCursor: string };
      totalCount: number;
    }
    const asked = (args: string) =>
      served.ask<{ definitions: Page }>(
        `{ definitions(${args}) { edges { node { kind } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount } }`,
        ['admin'],
      );
    expect((await asked('first: 501')).errors?.[0]?.extensions.field).toBe('first');
    const body = '{ criteria: { field: "title", exists: true } }';
    for (const kind of ['mql', 'sql'])
      await tell(
        `proposeDefinition(commandId: "page-${kind}", input: { definitionId: "${kind}", body: ${body}, reason: "pages" })`,
      );
    await served.settle();
    const first = (await asked('first: 1')).data.definitions;
    expect(first).toMatchObject({
      ...{ edges: [{ node: { kind: 'MQL' } }], totalCount: 2 },
      pageInfo: { hasNextPage: true, hasPreviousPage: false, startCursor: first.pageInfo.endCursor },
    });
    const { data } = await asked(`first: 500, after: "${first.pageInfo.endCursor}"`);
    expect(data.definitions).toMatchObject({ edges: [{ node: { kind: 'SQL' } }], pageInfo: { hasNextPage: false } });
    const one = (args: string) =>
      served.ask<object>(`{ definition(kind: SQL, ${args}) { version status } }`, ['admin']);
    expect((await one('number: 1')).data).toEqual({ definition: { version: 'sql@1', status: 'DRAFT' } });
    expect((await one('number: 2')).data).toEqual({ definition: null });
    const both = await one('number: 1, at: "2024-01-01T00:00:00Z"');
    expect(both.errors?.[0]?.extensions).toMatchObject({ code: 'definition/number-and-at', field: 'at' });
  });

  describe('access', () => {
    const operations = () =>
      (['Query', 'Mutation'] as const).flatMap((kind) => {
        const type = schema.getType(kind);
        return isObjectType(type) ? Object.values(type.getFields()).map((field) => ({ kind, field })) : [];
      });
    /** Calls an operation with the minimum of arguments. */
    const call = ({ kind, field }: ReturnType<typeof operations>[0]): string => {
      const value = (type: string): string => {
        const named = schema.getType(type.replace(/[![\]]/g, ''));
        if (type.startsWith('[')) return `[${value(type.slice(1, type.lastIndexOf(']')))}]`;
        if (named && 'getValues' in named) return named.getValues()[0]!.name;
        if (isInputObjectType(named))
          return `{ ${Object.values(named.getFields())
            .filter((input, index) => String(input.type).endsWith('!') || (named.isOneOf && index === 0))
            .map((input) => `${input.name}: ${value(String(input.type))}`)
            .join(', ')} }`;
        const samples: Record<string, string> = {
          Instant: '"2024-01-01T00:00:00Z"',
          Day: '"2024-01-01"',
          DayOrInstant: '"2024-01-01"',
          Int: '1',
          SafeInt: '1',
          Float: '1',
          Boolean: 'true',
          Json: '{}',
        };
        return samples[named!.name] ?? '"x"';
      };
      const given = field.args
        .filter(({ type, defaultValue }) => String(type).endsWith('!') && defaultValue === undefined)
        .map(({ name, type }) => `${name}: ${value(String(type))}`);
      const answer = isLeafType(getNamedType(field.type)) ? '' : '{ __typename }';
      return `${kind.toLowerCase()} { ${field.name}${given.length ? `(${given.join(', ')})` : ''} ${answer} }`;
    };

    it('is denied without a key', async () => {
      expect(operations().length).toBeGreaterThan(40);
      for (const operation of operations()) {
        const { errors } = await served.ask(call(operation), undefined);
        expect({ [operation.field.name]: errors?.[0]?.extensions.code }).toEqual({
          [operation.field.name]: 'access/unauthenticated',
        });
      }
    });

    it('is denied with an invalid key', async () => {
      for (const key of ['Bearer x', 'Basic eDp5', `Bearer baton_${'0'.repeat(12)}_${'A'.repeat(43)}`]) {
        const headers = { 'content-type': 'application/json', authorization: key };
        const { errors } = await served.post('{"query":"{ status { name } }"}', headers);
        expect(errors?.[0]?.extensions.code).toBe('access/bad-key');
      }
    });

    it('matches the matrix, for every operation and role', async () => {
      const matrix: Record<string, string[]> = {};
      for (const operation of operations()) {
        const allowed: string[] = [];
        for (const role of roles) {
          const { errors } = await served.ask(call(operation), [role]);
          if (!errors?.some(({ extensions }) => extensions.code === 'access/denied')) allowed.push(role);
        }
        matrix[operation.field.name] = allowed;
      }
      const file = join(__dirname, 'access-matrix.json');
      if (process.env['UPDATE_SCHEMA'] === '1') writeFileSync(file, `${JSON.stringify(matrix, null, 2)}\n`);
      expect(matrix).toEqual(JSON.parse(readFileSync(file, 'utf8')));
      // A few rows by hand, so that the file cannot change unnoticed.
      expect(matrix['rejectLead']).toEqual(['sales', 'revops', 'admin']);
      expect(matrix['createCampaign']).toEqual(['marketing', 'revops', 'admin']);
      expect(matrix['figures']).toEqual([...roles]);
      expect(matrix['captureLead']).not.toContain('analyst');
      expect(matrix['captureLead']).not.toContain('auditor');
    });
  });

  describe('commands', () => {
    const capture = (commandId: string, input: string) => `captureLead(commandId: "${commandId}", input: { ${input} })`;
    const ada = 'leadId: "ada", email: "Ada@Example.org", name: "Ada Lovelace", company: "Analytical Engines"';

    it('return the first result when they are sent again', async () => {
      const first = await tell(capture('c1', ada));
      expect(first).toMatchObject({ __typename: 'Accepted', id: 'ada', repeated: false });
      expect(await tell(capture('c1', ada))).toEqual({ ...first, repeated: true });
    });

    it('refuse an id that was used for another body', async () =>
      expect(await tell(capture('c1', 'leadId: "ada", company: "Other"'))).toMatchObject({
        code: 'command/id-reused',
      }));

    it('refuse an e-mail that another lead has, and name the lead', async () =>
      expect(await tell(capture('c2', 'leadId: "bob", email: " ADA@example.org "'))).toMatchObject({
        code: 'lead/already-captured',
        details: { leadId: 'ada' },
      }));

    it('derive an id from the command id if none is given', async () => {
      const one = await tell(capture('c3', 'company: "Difference Engines"'));
      expect(one.id).toMatch(/^[0-9a-f-]{36}$/);
      expect((await tell(capture('c3', 'company: "Difference Engines"'))).id).toBe(one.id);
    });

    it('are read back with atLeast', async () => {
      const { position } = await tell(
        'recordTouch(commandId: "t1", input: { leadId: "ada", action: "demo-request", team: MARKETING, source: "google", medium: "cpc" })',
      );
      const { data } = await served.ask<{ lead: Record<string, unknown> }>(
        `{ lead(leadId: "ada", atLeast: "${position}") { leadId stage email name company } }`,
        ['sales'],
      );
      expect(data.lead).toEqual({
        leadId: 'ada',
        stage: 'LEAD',
        email: 'ada@example.org',
        name: 'Ada Lovelace',
        company: 'Analytical Engines',
      });
    });

    it.each(['nonsense', '1', '../etc'])('refuse at once to wait for an invalid position: %s', async (position) => {
      const { errors } = await served.ask(`{ lead(leadId: "ada", atLeast: "${position}") { leadId } }`, ['sales']);
      expect(errors!.map(({ extensions: { code } }) => code)).toEqual(['log/not-a-position']);
    });

    it('hide the person from roles that do not work with leads by name', async () => {
      const { data } = await served.ask<{ lead: Record<string, unknown> }>(
        '{ lead(leadId: "ada") { email name company } }',
        ['analyst'],
      );
      expect(data.lead).toEqual({ email: null, name: null, company: 'Analytical Engines' });
    });

    it('refuse what the stage does not allow, with a stable code', async () =>
      expect(await tell('acceptLead(commandId: "a1", input: { leadId: "ada" })')).toMatchObject({
        __typename: 'Refused',
        code: 'lead/not-handed-off',
      }));

    it('refuse another revision than the one expected', async () =>
      expect(
        await tell('disqualifyLead(commandId: "d1", expectedRevision: 99, input: { leadId: "ada", reason: "spam" })'),
      ).toMatchObject({ code: 'command/revision-passed', path: 'expectedRevision' }));

    it('refuse malformed data with its path', async () => {
      expect(
        await tell(
          'recordSpend(commandId: "s1", input: { campaignId: "c", day: "2024-01-01", channel: "email", amount: { minor: 1, currency: "EURO" } })',
        ),
      ).toMatchObject({ code: 'command/invalid', path: 'amount.currency' });
      expect(await tell('captureLead(commandId: "bad id", input: {})')).toMatchObject({ code: 'command/bad-id' });
      expect(await tell('captureLead(commandId: "e1", input: { leadId: "../etc" })')).toMatchObject({
        code: 'command/invalid',
        path: 'leadId',
      });
    });

    it('refuse to capture a lead without any facts', async () => {
      for (const [n, input] of ['leadId: "nil"', 'leadId: "nil", owner: "mia", name: " "'].entries())
        expect(await tell(capture(`nil${n}`, input))).toMatchObject({ code: 'lead/nothing-known', path: 'input' });
    });

    it('accept words as enums, and name the field and the known words', async () => {
      const touch = (team: string) =>
        served.ask(
          `mutation { recordTouch(commandId: "w1", input: { leadId: "ada", action: "x", team: ${team} }) { __typename } }`,
          ['sales'],
        );
      for (const team of ['"sales"', 'sales', 'BOTH'])
        expect((await touch(team)).errors).toMatchObject([
          { message: `team must be one of MARKETING, SALES, not ${team}.`, extensions: { field: 'team' } },
        ]);
    });

    it.each(['captureLead', 'openOpportunity'])('refuse an empty %s', async (name) =>
      expect(await tell(`${name}(commandId: "empty-${name}", input: {})`)).toMatchObject({
        code: 'command/empty',
        path: 'input',
      }),
    );

    it.each([
      ['2199-01-01T00:00:00Z', 'command/in-the-future'],
      ['1970-01-01T00:00:00Z', 'command/empty-date'],
      ['1989-12-31T23:59:59Z', 'command/too-early'],
    ])('refuse an occurredAt of %s', async (at, code) =>
      expect(
        await tell(
          `recordTouch(commandId: "t9", occurredAt: "${at}", input: { leadId: "ada", action: "call", team: SALES })`,
        ),
      ).toMatchObject({ code, path: 'occurredAt' }),
    );

    it('accept one of twenty callers in a race', async () => {
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, n) =>
          tell(capture(`race-${n}`, `leadId: "race-${n}", email: "race@example.org"`)),
        ),
      );
      const accepted = answers.filter(({ __typename }) => __typename === 'Accepted');
      expect(accepted).toHaveLength(1);
      for (const { __typename, details } of answers)
        if (__typename === 'Refused') expect(details['leadId']).toBe(accepted[0]!.id);
    });
  });

  describe('a deal from first touch to win', () => {
    it('can be followed by journey, attribution and case file', async () => {
      const steps = [
        'createCampaign(commandId: "g1", input: { campaignId: "spring", name: "Spring" })',
        'recordVisit(commandId: "g2", occurredAt: "2024-03-01T10:00:00Z", input: { visitorId: "v1", action: "page-view", team: MARKETING, source: "google", medium: "organic" })',
        'captureLead(commandId: "g3", input: { leadId: "eve", email: "eve@example.org" })',
        'identifyVisitor(commandId: "g4", input: { visitorId: "v1", leadId: "eve" })',
        'recordTouch(commandId: "g5", occurredAt: "2024-03-05T10:00:00Z", input: { leadId: "eve", action: "click", team: MARKETING, source: "newsletter", medium: "email", campaign: "spring" })',
        'openOpportunity(commandId: "g6", input: { opportunityId: "deal", product: "Loom", amount: { minor: 10000, currency: "EUR" } })',
        'addContactRole(commandId: "g7", input: { opportunityId: "deal", leadId: "eve", role: "champion" })',
        'winOpportunity(commandId: "g8", input: { opportunityId: "deal" })',
      ];
      let position = '';
      for (const step of steps) {
        const answer = await tell(step);
        expect(answer).toMatchObject({ __typename: 'Accepted' });
        position = answer.position;
        await served.settle(); // the rest is done by policies
      }
      const { data, errors } = await served.ask<{
        attribution: {
          rows: { key: string; conversions: number; revenue: { minor: number }[] }[];
          total: { revenue: { minor: number }[] };
        };
        caseFile: { edges: { node: { type: string; actor: string; changes: { field: string }[] } }[] };
        opportunity: { status: string };
        events: { events: { type: string }[] };
        figures: { figures: { groups: { key: string; values: { value: string }[] }[] }[] };
      }>(
        `{ attribution(model: LINEAR, lookback: "none", atLeast: "${position}") { rows { key conversions revenue { minor } } total { revenue { minor } } }
           caseFile(subject: "opportunity-deal") { edges { node { type actor changes { field } } } }
           opportunity(opportunityId: "deal") { status }
           events(types: ["JourneyClosed"]) { events { type data } }
           figures(codes: [CAPTURED_LEADS], by: STAGE) { figures { groups { key values { value } } } } }`,
        ['revops', 'auditor'],
      );
      expect(errors).toBeUndefined();
      expect(data.attribution.rows).toEqual([
        { key: 'email', conversions: 0.5, revenue: [{ minor: 5000 }] },
        { key: 'organic search', conversions: 0.5, revenue: [{ minor: 5000 }] },
      ]);
      expect(data.opportunity.status).toBe('WON');
      expect(data.caseFile.edges.map(({ node }) => node.type)).toEqual(
        expect.arrayContaining([
          'OpportunityOpened',
          'ContactRoleAdded',
          'LeadJoinedOpportunity',
          'OpportunityWon',
          'JourneyClosed',
        ]),
      );
      expect(data.caseFile.edges.every(({ node }) => node.actor.length > 0)).toBe(true);
      expect(data.events.events).toHaveLength(1);
      // Ada, the difference engines, the winner of the race and Eve.
      expect(data.figures.figures).toEqual([{ groups: [{ key: 'lead', values: [{ value: '4' }] }] }]);
    });
  });

  it('is available as of any day: by when events occurred, and by when they were recorded', async () => {
    const { position } = await tell(
      'openOpportunity(commandId: "p1", input: { opportunityId: "past", product: "Loom" })',
    );
    await tell('winOpportunity(commandId: "p2", input: { opportunityId: "past" })');
    const late = await tell(
      'recordTouch(commandId: "p3", occurredAt: "2024-02-01T00:00:00Z", input: { leadId: "ada", action: "call", team: SALES })',
    );
    const { data, errors } = await served.ask<
      Record<string, { status?: string; lastTouchAt?: string; totalCount?: number } | null>
    >(
      `{ now: opportunity(opportunityId: "past", atLeast: "${late.position}") { status }
         then: opportunity(opportunityId: "past", asOf: { knownAt: "${position}" }) { status }
         before: opportunity(opportunityId: "past", asOf: { happenedBy: "2020-01-01T00:00:00Z" }) { status }
         unknown: leads(asOf: { knownBy: "2020-01-01T00:00:00Z" }) { totalCount } }`,
      ['auditor'],
    );
    expect(errors).toBeUndefined();
    expect(data).toEqual({
      now: { status: 'WON' },
      then: { status: 'OPEN' },
      before: null,
      unknown: { totalCount: 0 },
    });
  });

  describe('commands that are sent together', () => {
    type Commands = readonly Readonly<
      Record<string, { input: object; occurredAt?: string; expectedRevision?: number }>
    >[];
    const batchOutcome = outcome.replace(/}$/, '... on Failed { code message } }');
    const batch = `mutation($commandId: ID!, $commands: [CommandInput!]!) {
      it: sendCommands(commandId: $commandId, commands: $commands) ${batchOutcome} }`;
    const single = (name: string) => {
      const field = schema.getMutationType()!.getFields()[name]!;
      const declared = field.args.map(({ name: argument, type }) => `$${argument}: ${String(type)}`).join(', ');
      const passed = field.args.map(({ name: argument }) => `${argument}: $${argument}`).join(', ');
      return `mutation(${declared}) { it: ${name}(${passed}) ${outcome} }`;
    };
    const ask = (commandId: string, commands: unknown, as: readonly Role[] = ['revops']) =>
      served.ask<{ it: Outcome[] }>(batch, as, { commandId, commands });
    const send = async (commandId: string, commands: Commands, as?: readonly Role[]) => {
      const { data, errors } = await ask(commandId, commands, as);
      if (errors) throw new Error(JSON.stringify(errors));
      return data.it;
    };
    const sendAlone = async (commandId: string, one: Commands[0], as: readonly Role[] = ['revops']) => {
      const [[name, given]] = Object.entries(one) as [[string, Commands[0][string]]];
      const { data, errors } = await served.ask<{ it: Outcome }>(single(name), as, { commandId, ...given });
      return errors ? errors[0]! : data.it;
    };
    const eventsOf = (leadId: string) => served.app.get(EventLog).read(`lead-${leadId}`);
    const capture = (leadId: string) => ({ captureLead: { input: { leadId, source: 'web' } } });
    const touch = (leadId: string) => ({ recordTouch: { input: { leadId, action: 'call', team: 'SALES' } } });

    beforeAll(() => sendAlone('rival', { captureLead: { input: { leadId: 'rival', email: 'rival@example.org' } } }));

    /** One of each kind: accepted, refused by a rule, by the shape of the data, by the time and by the revision. */
    const mixed = (leadId: string): Commands => [
      { captureLead: { input: { leadId, email: `${leadId}@example.org`, owner: null } } },
      { acceptLead: { input: { leadId } } },
      {
        recordTouch: {
          occurredAt: '2024-03-01T10:00:00Z',
          input: { leadId, action: 'call', team: 'SALES', source: 'phone' },
        },
      },
      { captureLead: { input: { leadId: `${leadId}-2`, email: 'rival@example.org' } } },
      { captureLead: { input: { leadId: '../etc' } } },
      { openOpportunity: { input: {} } },
      { recordTouch: { occurredAt: '2199-01-01T00:00:00Z', input: { leadId, action: 'call', team: 'SALES' } } },
      { updateLead: { expectedRevision: 99, input: { leadId, title: 'CTO' } } },
      { updateLead: { expectedRevision: 1, input: { leadId, title: 'CTO' } } },
      { openOpportunity: { input: { product: 'Loom', amount: { minor: 10_000, currency: 'EUR' } } } },
      { openOpportunity: { input: { amount: { minor: 10_000, currency: 'EURO' } } } },
    ];

    it('are answered in their order, each as alone', async () => {
      const together = await send('mixed', mixed('gwen'));
      expect(together.map(({ __typename, code }) => code ?? __typename)).toEqual([
        ...['Accepted', 'lead/not-handed-off', 'Accepted', 'lead/already-captured', 'command/invalid', 'command/empty'],
        ...['command/in-the-future', 'command/revision-passed', 'Accepted', 'Accepted', 'command/invalid'],
      ]);
      const alone: Outcome[] = [];
      for (const [n, one] of mixed('hugh').entries()) alone.push((await sendAlone(`alone-${n}`, one)) as Outcome);
      const comparable = (outcomes: Outcome[]) =>
        outcomes.map(({ id, position, ...rest }) => ({ ...rest, hasId: !!id, hasPosition: !!position }));
      expect(comparable(together)).toEqual(comparable(alone));
    });

    it('have ids of their own under that of the batch, by which each is found when it comes alone', async () => {
      const first = await send('mixed', mixed('gwen'));
      for (const [n, one] of mixed('gwen').entries()) expect(await sendAlone(`mixed-${n + 1}`, one)).toEqual(first[n]);
      const events = await eventsOf('gwen');
      expect(events.map(({ type, meta }) => [type, meta])).toMatchObject([
        ['LeadCaptured', { commandId: 'mixed-1', actor: 'revops', origin: 'person', $correlationId: 'mixed-1' }],
        ['TouchRecorded', { commandId: 'mixed-3', occurredAt: '2024-03-01T10:00:00.000Z' }],
        ['LeadProfileChanged', { commandId: 'mixed-9' }],
      ]);
    });

    it('write nothing when the batch is sent again', async () => {
      const commands: Commands = [capture('iris'), touch('nobody'), touch('iris')];
      const first = await send('again', commands);
      expect(first).toMatchObject([{ repeated: false }, { code: 'lead/unknown' }, { repeated: false }]);
      const again = await send('again', commands);
      expect(again).toEqual([{ ...first[0], repeated: true }, first[1], { ...first[2], repeated: true }]);
      expect(await eventsOf('iris')).toHaveLength(2);
    });

    it('are refused at their place with access/denied where the roles do not allow them, as the matrix says', async () => {
      const matrix = JSON.parse(readFileSync(join(__dirname, 'access-matrix.json'), 'utf8')) as Record<string, Role[]>;
      const fields = Object.values((schema.getType('CommandInput') as GraphQLInputObjectType).getFields());
      const all = fields.map(({ name, type }) => ({ [name]: sample(type) })) as Commands;
      for (const role of matrix['sendCommands']!) {
        const outcomes = await send(`by-${role}`, all, [role]);
        const denied = fields.map(({ name }) => name).filter((_, n) => outcomes[n]!.code === 'access/denied');
        expect(denied).toEqual(fields.map(({ name }) => name).filter((name) => !matrix[name]!.includes(role)));
      }
      const [accepted, refused, last] = await send(
        'denied',
        [capture('jade'), { createCampaign: { input: { campaignId: 'x', name: 'X' } } }, touch('jade')],
        ['sales'],
      );
      expect([accepted, last]).toMatchObject([{ __typename: 'Accepted' }, { __typename: 'Accepted' }]);
      const alone = await sendAlone('denied', { createCampaign: { input: { campaignId: 'x', name: 'X' } } }, ['sales']);
      expect(refused).toMatchObject({ __typename: 'Refused', code: 'access/denied', message: alone.message });
    });

    it('are not sent after one that failed, and all at the second time', async () => {
      const bus = served.app.get(CommandBus);
      const execute = bus.execute.bind(bus);
      for (const [fault, code] of [
        [new Conflict('log/unavailable', 'The log does not answer.'), 'log/unavailable'],
        [new Error('secret'), 'internal/fault'],
      ] as const) {
        const lead = code.replace('/', '-');
        const commands: Commands = [capture(lead), touch(lead), touch('nobody'), touch(lead)];
        const spy = jest
          .spyOn(bus, 'execute')
          .mockImplementation((sent) =>
            (sent as To).command.meta.commandId === `${code}-2` ? Promise.reject(fault) : execute(sent),
          );
        const failed = await send(code, commands);
        spy.mockRestore();
        expect(failed).toMatchObject([
          { __typename: 'Accepted', id: lead },
          { __typename: 'Failed', code, message: expect.not.stringContaining('secret') as string },
          { __typename: 'Failed', code: 'command/not-sent' },
          { __typename: 'Failed', code: 'command/not-sent' },
        ]);
        expect(await send(code, commands)).toMatchObject([
          { ...failed[0], repeated: true },
          { __typename: 'Accepted', repeated: false },
          { __typename: 'Refused', code: 'lead/unknown' },
          { __typename: 'Accepted', repeated: false },
        ]);
      }
    });

    it('are a hundred at most, and count as so many', async () => {
      const hundred: Commands = Array.from({ length: 50 }, (_, n) => [capture(`many-${n}`), touch(`many-${n}`)]).flat();
      const answers = await send('x'.repeat(96), hundred);
      expect(answers.map(({ id, revision }) => [id, revision])).toEqual(
        Array.from({ length: 50 }, (_, n) => [
          [`many-${n}`, 0],
          [`many-${n}`, 1],
        ]).flat(),
      );
      const positions = answers.map(({ position }) => position);
      expect(positions).toEqual([...new Set(positions)].sort());

      const cost = (query: string, variables = {}) => costOf(schema, parse(query), variables);
      const alone = cost(single('acceptLead'), { commandId: 'a', input: { leadId: 'a' } });
      expect(alone).toBeGreaterThan(1);
      expect(cost(batch, { commandId: 'a', commands: hundred })).toBe(100 * alone);
      const operation = (name: string) =>
        `mutation ${name}($commands: [CommandInput!]!) { ${name}: sendCommands(commandId: "a", commands: $commands) { __typename } }`;
      expect(cost(`${operation('one')} ${operation('other')}`, { commands: hundred })).toBe(400);
    });

    it('are refused as a whole when there are too many, none, or their id is too long; nothing is written', async () => {
      const literal = (times: number) => `[${`{ captureLead: { input: { leadId: "n" } } } `.repeat(times)}]`;
      const field = (times: number, commandId = 'n') =>
        `sendCommands(commandId: "${commandId}", commands: ${literal(times)}) { __typename }`;
      const all = (length: number) => Array.from({ length }, () => capture('n'));
      const large = all(100).map(({ captureLead: { input } }) => ({
        captureLead: { input: { ...input, company: 'x'.repeat(limits.bodyBytes.max / 100) } },
      }));
      const cases: [ReturnType<typeof ask>, string, string?][] = [
        [ask('n', []), 'command/empty-batch', 'commands'],
        [ask('n', all(101)), 'graphql/too-many-commands'],
        [served.ask<{ it: Outcome[] }>(`mutation { ${field(101)} }`, ['admin']), 'graphql/too-many-commands'],
        [
          served.ask<{ it: Outcome[] }>(`mutation { a: ${field(60, 'a')} b: ${field(41, 'b')} }`, ['admin']),
          'graphql/too-many-commands',
        ],
        [
          served.ask<{ it: Outcome[] }>(
            `mutation($c: [CommandInput!]! = ${literal(101)}) { sendCommands(commandId: "n", commands: $c) { __typename } }`,
            ['admin'],
          ),
          'graphql/too-many-commands',
        ],
        [ask('n', large), 'http/too-large'],
        [ask('x'.repeat(97), all(1)), 'command/bad-id', 'commandId'],
        [ask('a b', all(1)), 'command/bad-id', 'commandId'],
        [ask('', all(1)), 'command/bad-id', 'commandId'],
        [ask('n', [capture('n'), null]), 'graphql/bad-value'],
        [ask('n', [capture('n'), {}]), 'graphql/bad-value'],
        [ask('n', [{ captureLead: null }]), 'graphql/bad-value'],
        [ask('n', [{ ...capture('n'), ...touch('n') }]), 'graphql/bad-value'],
        [ask('n', [capture('n'), { flyLead: { input: {} } }]), 'graphql/bad-value'],
        [
          ask('n', [capture('n'), { joinQueue: { ...capture('n').captureLead, occurredAt: '2024-01-01T00:00:00Z' } }]),
          'graphql/bad-value',
        ],
      ];
      for (const [asked, code, at] of cases) {
        const { data, errors } = await asked;
        expect([data?.it, errors?.[0]?.extensions]).toEqual([undefined, { code, ...(at && { field: at }) }]);
      }
      expect(await eventsOf('n')).toEqual([]);
    });
  });

  describe('an error', () => {
    const cursorOf = (id: string) =>
      Buffer.from(JSON.stringify({ of: 'campaigns,-createdAt', values: ['2024-01-01T00:00:00.000Z'], id })).toString(
        'base64url',
      );
    it('has a stable code and no stack', async () => {
      const cases: [string, string][] = [
        ['{ nothing }', 'graphql/not-valid'],
        ['{ campaigns', 'graphql/not-parsed'],
        ['{ campaigns(first: 0) { totalCount } }', 'graphql/invalid-argument'],
        ['{ campaigns(after: "x") { totalCount } }', 'graphql/bad-cursor'],
        [`{ campaigns(after: "${cursorOf('x'.repeat(9_000))}") { totalCount } }`, 'graphql/bad-cursor'],
        [`{ campaigns(timeZone: "${'x'.repeat(101)}") { totalCount } }`, 'graphql/invalid-argument'],
        [`{ lead(leadId: "${'x'.repeat(129)}") { leadId } }`, 'graphql/invalid-argument'],
        ['{ figures(codes: [WON_DEALS], from: "yesterday") { to } }', 'graphql/not-valid'],
        ['{ attribution(from: "2024-02-30") { model } }', 'graphql/not-valid'],
        ['{ attribution(from: "2024-01-01T00:00:00") { model } }', 'graphql/not-valid'],
        ['{ attribution(from: "2024-01-01", timeZone: "Mars/Base") { model } }', 'time/unknown-zone'],
        ['{ attribution(from: "2024-01-01", to: "2024-01-01") { model } }', 'time/empty-period'],
        ['{ figures(codes: [WON_DEALS], timeZone: "Mars/Base") { to } }', 'time/unknown-zone'],
        ['{ attribution(lookback: "P1M") { model } }', 'time/not-a-duration'],
      ];
      for (const [query, code] of cases) {
        const answer = await served.ask(query, ['admin']);
        expect([query, answer.errors?.[0]?.extensions.code]).toEqual([query, code]);
        expect(JSON.stringify(answer)).not.toMatch(/stacktrace|node_modules|\.ts:/);
      }
    });

    it('is a body that is too large or no JSON', async () => {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${await served.token('admin')}` };
      for (const body of [JSON.stringify({ query: `{ status { name } } #${'x'.repeat(300_000)}` }), '{ not json']) {
        const response = await fetch(`${served.url}/graphql`, { method: 'POST', headers, body });
        expect(response.status).toBeGreaterThanOrEqual(400);
        expect(response.status).toBeLessThan(500);
        expect(await response.text()).not.toMatch(/node_modules|\.ts:/);
      }
    });
  });

  it('serves GraphiQL and health without resources of other hosts', async () => {
    const page = await (await fetch(`${served.url}/graphiql`)).text();
    expect(page).not.toMatch(/https?:\/\//);
    expect(page).toContain('<link rel="icon" href="data:,">'); // otherwise the browser requests one, and logs an error
    for (const [, path] of page.matchAll(/(?:src|href)="(\/[^"]+)"/g)) {
      const asset = await fetch(served.url + path);
      expect([path, asset.status]).toEqual([path, 200]);
      expect((await asset.text()).length).toBeGreaterThan(1000);
    }
    expect((await fetch(`${served.url}/graphiql/../main.js`)).status).toBe(404);
    expect((await fetch(`${served.url}/health/live`)).status).toBe(200);
    expect(await (await fetch(`${served.url}/health/ready`)).json()).toMatchObject({ status: 'ready' });
  });

  describe('reading', () => {
    let knownAt: string;
    beforeAll(async () => {
      const at = (day: number) => `occurredAt: "2024-01-0${day}T00:00:00Z"`;
      const accepted = async (said: string) =>
        expect({ said, ...(await tell(said)) }).toMatchObject({ said, __typename: 'Accepted' });
      const winning = [
        `captureLead(commandId: "r0", ${at(1)}, input: { leadId: "read-ada", company: "Example" })`,
        `captureLead(commandId: "r1", ${at(2)}, input: { leadId: "read-bob", company: "Acme" })`,
        `openOpportunity(commandId: "r2", ${at(3)}, input: { opportunityId: "eur", product: "Reading", name: "first", amount: { minor: 5000, currency: "EUR" } })`,
        `openOpportunity(commandId: "r3", ${at(3)}, input: { opportunityId: "none", product: "Reading" })`,
        `openOpportunity(commandId: "r4", ${at(3)}, input: { opportunityId: "usd", product: "Reading", amount: { minor: 7000, currency: "USD" } })`,
        `addContactRole(commandId: "r5", input: { opportunityId: "eur", leadId: "read-ada" })`,
        `winOpportunity(commandId: "r6", ${at(5)}, input: { opportunityId: "eur" })`,
      ];
      for (const said of winning) {
        await accepted(said);
        knownAt = await served.settle();
      }
      await served.settle();
    });
    const ask = async (query: string) => {
      const { data, errors } = await served.ask<Record<string, never>>(query, ['revops']);
      return { data, failed: errors?.map(({ extensions: { code, field } }) => [code, field]) };
    };

    it('refuses the cursor of another order', async () => {
      const ours = 'filter: { leadId: { in: ["read-ada", "read-bob"] } }';
      const page = 'pageInfo { endCursor } nodes { leadId }';
      const first = await ask(`{ it: leads(first: 1, ${ours}) { ${page} } }`);
      const { pageInfo, nodes } = first.data['it']! as { pageInfo: { endCursor: string }; nodes: object[] };
      expect(nodes).toEqual([{ leadId: 'read-bob' }]);
      const after = `after: "${pageInfo.endCursor}"`;
      expect((await ask(`{ leads(first: 1, ${ours}, ${after}) { nodes { leadId } } }`)).data).toEqual({
        leads: { nodes: [{ leadId: 'read-ada' }] },
      });
      for (const orderBy of ['{ field: COMPANY }', '{ field: CAPTURED_AT }'])
        expect((await ask(`{ leads(${after}, orderBy: ${orderBy}) { totalCount } }`)).failed).toEqual([
          ['graphql/bad-cursor', 'after'],
        ]);
    });

    it('finds amounts in a currency, also with those of no amount', async () => {
      const deals = async (amount: string) => {
        const { data, failed } = await ask(
          `{ opportunities(orderBy: { field: NAME }, filter: { product: { in: ["Reading"] }, amount: ${amount} }) { nodes { opportunityId } } }`,
        );
        const { nodes } = (data?.['opportunities'] ?? {}) as { nodes?: { opportunityId: string }[] };
        return failed ?? nodes!.map(({ opportunityId }) => opportunityId);
      };
      expect(await deals('{ currency: "EUR" }')).toEqual(['eur']);
      expect(await deals('{ currency: "EUR", none: true }')).toEqual(['none', 'eur']);
      expect(await deals('{ currency: "EUR", min: 6000, none: true }')).toEqual(['none']);
      expect(await deals('{ currency: "eur" }')).toEqual([['money/unknown-currency', 'filter.amount.currency']]);
      expect((await ask('{ attribution(currency: "eur") { warnings } }')).failed).toEqual([
        ['money/unknown-currency', 'currency'],
      ]);
    });

    it('refuses an empty id', async () => {
      expect((await ask('{ feedbackTopics(topic: OBJECTIONS, leadId: "") { feedback } }')).failed).toEqual([
        ['graphql/invalid-argument', 'leadId'],
      ]);
    });

    it('counts values in the words of filters, each field once', async () => {
      const facets = 'facets(fields: [STATUS, STATUS]) { field distinct values { value count } }';
      const values = [
        { value: 'OPEN', count: 2 },
        { value: 'WON', count: 1 },
      ];
      expect((await ask(`{ opportunities(filter: { product: { in: ["Reading"] } }) { ${facets} } }`)).data).toEqual({
        opportunities: { facets: [{ field: 'STATUS', distinct: 2, values }] },
      });
    });

    it('reads the nodes of a page within an answer at the same cut', async () => {
      await tell('reopenOpportunity(commandId: "r7", input: { opportunityId: "eur", reason: "mistake" })');
      await served.settle();
      expect((await ask('{ opportunity(opportunityId: "eur") { status } }')).data).toEqual({
        opportunity: { status: 'OPEN' },
      });
      const deals = 'deals { nodes { opportunity { status } } }';
      expect(
        (
          await ask(
            `{ compareModels(models: [LINEAR], from: "2024-01-05", to: "2024-01-06", asOf: { knownAt: "${knownAt}" }) { ${deals} } }`,
          )
        ).data,
      ).toEqual({
        compareModels: { deals: { nodes: [{ opportunity: { status: 'WON' } }] } },
      });
    });
  });
});
