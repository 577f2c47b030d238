import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import {
  accessStreamOf,
  Clock,
  EventLog,
  isReadModel,
  roles,
  type Fields,
  type RawEvent,
  type ReadModel,
  type Role,
} from '@baton/kernel';
import { LogHeads } from '@baton/audit/audit.module';
import { RecordingOutbound } from '@baton/kernel/testing';
import { Access, accessParts, readsPersonal } from '@baton/platform/access';
import { getNamedType, isObjectType, type GraphQLSchema } from 'graphql';
import { Runner } from '@baton/platform/runner';
import { contextParts } from '../apps/contexts';
import { Served, temporaryFolder } from './support/baton';
import { copyDemo, DEMO_DAY } from './support/demo';
import { storeCallsOf } from './support/calls';
import { accessText, fieldAccessOf, selectionOf, valuesIn, type RootField } from './support/field-access';
import { neededBy } from './support/sample-operations';
import { firstOf, socketOf, subscriber } from './support/subscriber';

/** Who may ask and send is in `access-matrix.json`; what a command is answered is the same for all who may send it. */
const unasked = ['Query', 'Mutation', 'Accepted', 'Refused', 'Failed'];
/** The nodes of a page, and the most levels of nodes below one of its fields. */
const [NODES, LEVELS] = [12, 3];
/** Folded from the stream of each lead, which no read model holds. */
const EACH_FROM_LOG = 'Lead.score';
/** Answers that differ from caller to caller: the caller itself, and texts of which parts are personal. */
const ofCaller = [
  ...['Me.actor', 'Me.roles', 'Me.origin', 'Me.can', 'Me.colleague', 'Permissions.mutations', 'Permissions.queries'],
  ...['Permissions.personal', 'SearchResult.matched', 'SearchResult.node', 'SearchResult.nodeId'],
  ...['CaseFileEntry.data', 'CaseFileEntry.personal', 'CaseFileEntry.facts', 'CaseFileEntry.sentence'],
  ...['FieldChange.after', 'FieldChange.before', 'FieldChange.text', 'CaseFileFact.text'],
];
/** The position of an answer moves on with the record of who saw the one before. */
const movesOn =
  /^(Figures|Funnel|JourneyLegs|PipelineHealth|ProcessView|SpeedToLead|StageConversions|TimeInStage|Waterfall|WinLoss)\.position$/;

/** What the declarations say of each field: that it is personal, and which node it leads to. */
const declared = () => {
  const [personal, entities] = [new Set<string>(), new Map<string, string>()];
  const add = (type: string, fields: Fields): void => {
    for (const [name, { kind, options, object }] of Object.entries(fields)) {
      const field = `${type}.${name}`;
      if (options.hidden) continue;
      if (kind === 'personal' || options.personal) personal.add(field);
      if (options.entity)
        entities.set(`${type}.${options.entityName ?? name.replace(/Id(s?)$/, '$1')}`, options.entity);
      if (object) add(object.name, object.fields);
    }
  };
  const parts = [accessParts, ...contextParts];
  const models = new Map<string, ReadModel>();
  for (const model of parts.flatMap(({ projections }) => projections.filter(isReadModel))) {
    const { node, fields, computed = {} } = model.shown;
    models.set(node, model);
    add(node, fields);
    add(node, Object.fromEntries(Object.entries(computed).map(([name, { field }]) => [name, field])));
  }
  for (const { to, fields } of parts.flatMap(({ contributions = [] }) => contributions)) add(to.shown.node, fields);
  for (const { answer } of parts.flatMap(({ reports = [] }) => reports))
    if (answer.object) add(answer.object.name, answer.object.fields);
  const mayFollow = (field: string, role: Role): boolean => {
    const model = models.get(entities.get(field) ?? '');
    return !model || role === 'admin' || model.shown.allow.includes(role);
  };
  return { personal, mayFollow };
};

const NOON = `${DEMO_DAY}T12:00:00.000Z`;
class StoppedClock extends Clock {
  now() {
    return NOON;
  }
}

/** A question that a role asked, the personal values in its answer, by field, and what was recorded of it. */
interface Showing {
  readonly question: string;
  readonly role: Role;
  readonly shown: readonly string[];
  readonly recorded: readonly RawEvent[];
}
/** Personal by its declaration, though an answer may hold another value: evidence of a rule names no value of a person. */
const MAY_BE_CLEAR = 'HandoffPackage.evidence';
/** What of a person a text finds: the answer says whose it is. */
const byPersonal = new Set<unknown>(['EMAIL', 'NAME', 'PHONE']);

/** Arguments with which a question has the most to say; others are asked with samples of what they require. */
const asked: Readonly<Record<string, readonly string[]>> = {
  attribution: ['by: AD', 'by: CHANNEL, model: MARKOV, bootstrap: 3, from: "2024-06-01"'],
  campaign: ['campaignId: "ada"'],
  caseFile: ['subject: "lead-ada", newestFirst: true', 'subject: "opportunity-ada"'],
  consistencyProof: ['from: 1, to: 9'],
  colleague: ['personId: "ada"'],
  compareModels: ['models: [LINEAR, FIRST_TOUCH]'],
  credit: ['journeyId: "ada"'],
  dealsWithContent: ['content: "guide", outcome: WON'],
  definitionDifference: ['kind: MQL, before: 1, after: 2'],
  deliveries: ['kind: QUALIFIED, period: "2024-06"'],
  events: ['stream: "lead-ada"'],
  feedbackTopics: ['topic: OBJECTIONS, by: MONTH'],
  funnel: ['steps: ["lead", "mql"], by: SOURCE'],
  funnelRows: ['step: 1, steps: ["lead", "mql"]'],
  handoffPackage: ['leadId: "ada"', 'leadId: "$routed"'],
  inclusionProof: ['position: "$position", size: $size'],
  keys: ['first: 50'],
  lead: ['leadId: "ada"', 'leadId: "bob"'],
  journeyLegs: ['by: OWNER'],
  marketingSla: ['period: "2024-06"'],
  paths: ['top: 1'],
  processView: ['over: ACTIVITIES, by: SOURCE'],
  roas: ['by: CAMPAIGN, salesTime: ALL, from: "2024-06-01", ratePerMinute: { minor: 100, currency: "EUR" }'],
  search: ['text: "ada"'],
  slaCounterfactual: [
    'input: { policy: "sla-policy@1", calendar: "business-calendar@1", routing: "routing@1" }, asOf: { knownAt: "$position" }',
  ],
  stageConversions: ['by: SOURCE'],
  timeInStage: ['measure: EACH, inside: true, by: SOURCE'],
  timeInStageRows: ['inStage: "lead", inside: true'],
  touches: ['filter: { leadId: { in: ["ada"] } }'],
  whoSaw: ['leadId: "ada", caller: "marketing", last: 2'], // who asks this shows itself more of her
};

describe('every field of every answer', () => {
  const folder = temporaryFolder();
  let served: Served;
  let schema: GraphQLSchema;
  /** A lead that came to its rep through a queue. */
  let routed: string;
  let position: string;
  /** Sends a command as the connector of another system, which may report decisions made there. */
  const tell = async (command: string, token: string) => {
    const query = `mutation { it: ${command.replace('(', `(commandId: "${randomUUID()}", `)} {
      __typename ... on Refused { code message path } } }`;
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    const { data, errors } = await served.post<object>(JSON.stringify({ query }), headers);
    expect({ command, errors, ...data }).toEqual({ command, it: { __typename: 'Accepted' } });
  };

  beforeAll(async () => {
    await copyDemo(folder);
    served = await Served.start(
      folder,
      [{ target: 'messaging', outbound: new RecordingOutbound() }],
      new StoppedClock(),
    );
    ({ schema } = served.app.get(GraphQLSchemaHost));
    const { token } = await served.app.get(Access).issue('crm', ['admin'], 'tester', { origin: 'connector' });
    const at = (day: number) => `occurredAt: "2024-06-0${day}T10:00:00Z"`;
    const lead = 'leadId: "ada"';
    const deal = 'opportunityId: "ada"';
    const external = 'external: "crm"';
    for (const command of [
      `createCampaign(input: { campaignId: "ada", name: "Ada", startsOn: "2024-05-01", endsOn: "2024-07-01", channel: "email" })`,
      `recordSpend(input: { campaignId: "ada", day: "2024-06-02", channel: "email", source: "newsletter", medium: "email", amount: { minor: 500, currency: "EUR" } })`,
      `recordSpendWithoutCampaign(input: { spendId: "ada", day: "2024-07-01", channel: "fair", source: "fair", medium: "event", amount: { minor: 500, currency: "EUR" } })`,
      `registerAsset(input: { assetId: "ada", content: "guide", kind: "guide" })`,
      `captureLead(${at(1)}, input: { ${lead}, email: "ada@example.org", name: "Ada Lovelace", phone: "+49 170 9182736", company: "Engines", country: "DE", employees: 12, externalId: "crm:1", industry: "Computing", interests: "engines", owner: "ann", problems: "steam", region: "Berlin", source: "fair", title: "Countess" })`,
      `setDirectoryEntry(${at(1)}, input: { personId: "ada", name: "Ada", email: "ada@example.com", slackId: "U1", team: "sales", manager: "bob", timeZone: "UTC", activeFrom: "2020-01-01", activeTo: "2040-01-01" })`,
      `captureLead(${at(1)}, input: { leadId: "bob", email: "bob@example.org", name: "Bob" })`,
      `recordTouch(${at(2)}, input: { ${lead}, action: "download", team: MARKETING, campaign: "ada", content: "guide", source: "newsletter", medium: "email", page: "/guide", landingPage: "/", referrer: "https://example.org/" })`,
      `recordTouch(${at(2)}, input: { ${lead}, action: "call", team: SALES, minutes: 12, direction: OUTBOUND, content: "guide" })`,
      `qualifyLead(${at(3)}, input: { ${lead}, evidence: { said: "met at the fair" }, ${external} })`,
      `handOffLead(${at(3)}, input: { ${lead}, rep: "rita" })`,
      `rejectLead(${at(3)}, input: { ${lead}, reason: "other", note: "no answer", ${external} })`,
      `qualifyLead(${at(4)}, input: { ${lead}, ${external} })`,
      `handOffLead(${at(4)}, input: { ${lead}, rep: "rita" })`,
      `acceptLead(${at(4)}, input: { ${lead}, ${external} })`,
      `salesQualifyLead(${at(5)}, input: { ${lead}, budget: "some", authority: "she", need: "much", timeline: "soon", ${external} })`,
      `openOpportunity(${at(5)}, input: { ${deal}, account: "Engines", amount: { minor: 5000, currency: "EUR" }, expectedCloseOn: "2024-07-01", name: "Ada", owner: "rita", product: "loom", source: "fair", stage: "Demo" })`,
      `addContactRole(${at(5)}, input: { ${deal}, ${lead}, role: "primary" })`,
      `addNote(${at(5)}, input: { noteId: "n1", ${deal}, ${lead}, text: "prefers mornings" })`,
      `winOpportunity(${at(6)}, input: { ${deal} })`,
      `openOpportunity(${at(5)}, input: { opportunityId: "bob", product: "loom" })`,
      // The latest stays are the first of their list: one of them has the words of a rep.
      `qualifyLead(input: { leadId: "bob", ${external} })`,
      `handOffLead(input: { leadId: "bob", rep: "rita" })`,
      `rejectLead(input: { leadId: "bob", reason: "other", note: "wrong person", ${external} })`,
      `loseOpportunity(${at(6)}, input: { opportunityId: "bob", reason: "price", competitor: "acme" })`,
      `openOpportunity(${at(5)}, input: { opportunityId: "cid", product: "loom", stage: "Demo" })`,
      `freezePeriod(input: { periodId: "ada", name: "June", from: "2024-06-01", to: "2024-06-30", timeZone: "UTC", currency: "EUR" })`,
      `requestSupport(input: { supportId: "ada", ${lead}, ${deal}, kind: ASSET, need: "a leaflet", neededBy: "2024-07-03" })`,
      `takeSupportRequest(input: { supportId: "ada", taker: "mia" })`,
      `deliverSupport(input: { supportId: "ada", delivered: "leaflet" })`,
      `holdReview(input: { reviewId: "ada", kind: WEEKLY_PIPELINE, from: "2024-06-24", to: "2024-06-30", timeZone: "UTC", notes: "fine" })`,
      `agreeReviewAction(input: { reviewId: "ada", what: "call", owner: "rita", dueOn: "2024-06-30" })`,
      `agreeReviewAction(input: { reviewId: "ada", what: "write", owner: "rita", dueOn: "2024-06-30" })`,
      `completeReviewAction(input: { reviewId: "ada", number: 2, outcome: "written" })`,
      `proposeDefinition(input: { definitionId: "mql", body: { criteria: { field: "title", exists: true } }, reason: "titles", inForceFrom: "2024-08-01T00:00:00Z" })`,
      `mergeLead(input: { ${lead}, mergedLeadId: "bob" })`,
    ])
      await tell(command, token);
    const touch = (await served.app.get(EventLog).read('lead-ada')).find(({ type }) => type === 'TouchRecorded')!;
    for (const command of [
      `giveFeedback(input: { feedbackId: "ada", ${lead}, ${deal}, note: "too dear", touchId: "${touch.id}", objections: ["price"], competitors: ["acme"], questions: ["when"], messages: ["fast"], content: ["guide"] })`,
      `correctFeedback(input: { feedbackId: "ada", ${lead}, note: "too dear by far" })`,
    ])
      await tell(command, token);
    await served.app
      .get(Access)
      .revoke((await served.app.get(Access).issue('old', ['sales'], 'tester')).keyId, 'tester');
    await served.settle();
    const { data } = await served.ask<{ handoffs: { nodes: { leadId: string }[] } }>(
      '{ handoffs(first: 1, queue: { none: false }) { nodes { leadId } } }',
      ['admin'],
    );
    routed = data.handoffs.nodes[0]!.leadId;
    position = touch.position;
  });
  afterAll(() => served.stop());

  /** Each question of the schema, with samples of what it requires or with what `asked` says. */
  const questions = (): RootField[] =>
    Object.values(schema.getQueryType()!.getFields()).flatMap((field) => {
      // What they lead to is asked of the lists; `access.e2e` opens values for a role that sees them sealed.
      if (field.name === 'node' || field.name === 'openPersonal') return [];
      const given = neededBy(field);
      const args = field.args.filter(({ name }) => name in given);
      const sampled = args.map(({ name }) => `${name}: $${name}`).join(', ');
      return (asked[field.name] ?? [sampled]).map((own): RootField => {
        const page = field.args.some(({ name }) => name === 'first') && !/first:|last:/.test(own) ? ['first: 5'] : [];
        const passed = [
          ...(own
            ? [
                own
                  .replace('$routed', routed)
                  .replace('$position', position)
                  .replace('$size', `${Number(position)}`),
              ]
            : []),
          ...page,
        ].join(', ');
        const variables = own === sampled ? args.map(({ name, type }) => `$${name}: ${String(type)}`).join(', ') : '';
        const query = (selection: string) =>
          `query${variables && `(${variables})`} { it: ${field.name}${passed && `(${passed})`} ${selection} }`;
        return {
          ...{ name: `Query.${field.name}`, type: field.type },
          ask: (selection, role) => served.ask(query(selection), [role], variables ? given : {}),
        };
      });
    });
  /** Each subscription, for its first answer. */
  const subscriptions = (after: string): RootField[] =>
    Object.values(schema.getSubscriptionType()!.getFields()).map((field) => ({
      ...{ name: `Subscription.${field.name}`, type: field.type },
      ask: async (selection, role) => {
        const args = field.name === 'caseFileEvents' ? `(subject: "lead-ada", after: "${after}")` : '';
        const client = subscriber(socketOf(served), `Bearer ${await served.token(role)}`);
        const first = await firstOf(client, `subscription { it: ${field.name}${args} ${selection} }`);
        await client.dispose();
        return first;
      },
    }));

  const accesses: Showing[] = [];
  /** The question, with what is recorded of each answer. */
  const watched = (of: RootField): RootField => ({
    ...of,
    ask: async (selection, role) => {
      const [log, stream] = [served.app.get(EventLog), accessStreamOf(NOON)];
      await served.token(role);
      const before = (await log.revisionOf(stream)) ?? -1;
      const answer = await of.ask(selection, role);
      const values = valuesIn(schema, of.type, answer.data?.['it']);
      const shown = [...values].flatMap(([field, held]) => {
        const isOpen = field === 'CaseFileEntry.personal' && held.includes('OPEN');
        const isFound = field === 'SearchResult.matched' && held.flat().some((match) => byPersonal.has(match));
        const isShown = personal.has(field) && held.some((value) => value !== null && value !== undefined);
        return isOpen || isFound || isShown ? [field] : [];
      });
      const recorded = (await log.read(stream, before + 1)).filter(({ type }) => type.startsWith('PersonalData'));
      accesses.push({ question: of.name, role, shown, recorded });
      return answer;
    },
  });
  const { personal, mayFollow } = declared();

  it('gives each role what the table and the declarations say', async () => {
    const [captured] = await served.app.get(EventLog).read('lead-ada');
    const before = String(Number(captured!.position) - 1).padStart(captured!.position.length, '0');
    const fields = [...questions(), ...subscriptions(before)];
    const access = await fieldAccessOf(schema, fields.map(watched));
    expect(personal.size).toBeGreaterThan(10);
    for (const [field, byRole] of access) {
      const ofType = [...access].filter(([name]) => name.startsWith(`${field.split('.')[0]}.`));
      for (const role of roles) {
        const got = byRole.get(role)!;
        if (/^(Query|Subscription)\./.test(field) || got === null) continue; // roots: the tables say who may ask
        const isReached = ofType.some(([, others]) => !['denied', null].includes(others.get(role)!));
        const allowed = !isReached || !mayFollow(field, role) ? 'denied' : 'value';
        const expected = personal.has(field) && isReached && !readsPersonal({ roles: [role] }) ? 'null' : allowed;
        const isLess = got === 'less' && (ofCaller.includes(field) || movesOn.test(field));
        expect({ field, role, got: isLess ? expected : got }).toEqual({ field, role, got: expected });
      }
    }

    const table: Record<string, Record<string, string>> = {};
    for (const type of Object.values(schema.getTypeMap())) {
      if (!isObjectType(type) || type.name.startsWith('__') || unasked.includes(type.name)) continue;
      if (type.name.endsWith('Edge')) continue; // the same nodes, with their cursors
      for (const name of Object.keys(type.getFields()).filter((field) => field !== 'edges')) {
        const seen = access.get(`${type.name}.${name}`);
        // Whose position moved on is a matter of time, and not of who asked.
        const isMoving = movesOn.test(`${type.name}.${name}`);
        const byRole =
          seen && isMoving ? new Map([...seen].map(([role, got]) => [role, got && 'value'] as const)) : seen;
        (table[type.name] ??= {})[name] = byRole ? accessText(byRole) : 'not asked';
      }
    }
    const file = join(__dirname, 'field-access.json');
    if (process.env['UPDATE_SCHEMA'] === '1') writeFileSync(file, `${JSON.stringify(table, null, 2)}\n`);
    expect(table).toEqual(JSON.parse(readFileSync(file, 'utf8')));
  });

  it('is recorded for the day where it shows personal values, and nowhere else', () => {
    for (const { question, role, shown, recorded } of accesses) {
      const said = shown.filter((field) => field !== MAY_BE_CLEAR || recorded.length > 0).length > 0;
      const told = recorded.map(({ type, data, meta: { actor } }) => [
        type,
        (data as { operation: string }).operation,
        actor,
      ]);
      const expected = said ? told.map(() => ['PersonalDataRead', question, role]) : [];
      expect({ question, role, shown, told, isRecorded: told.length > 0 }).toEqual({
        ...{ question, role, shown },
        ...{ told: expected, isRecorded: said },
      });
    }
    const showing = accesses.filter(({ shown }) => shown.length > 0).map(({ question }) => question);
    for (const one of ['Query.caseFile', 'Query.leads', 'Query.handoffPackage', 'Subscription.caseFileEvents'])
      expect(showing).toContain(one);
    // Every value of a person that any role may see was seen.
    const seen = new Set(accesses.flatMap(({ shown }) => shown));
    expect([...personal].filter((field) => !seen.has(field))).toEqual([]);
  });

  it('is given by id to the roles that are given it by a list', async () => {
    const nodes = new Map<string, string>();
    for (const { name, args, type } of Object.values(schema.getQueryType()!.getFields())) {
      if (!args.some((one) => one.name === 'orderBy') || name === 'caseFile') continue;
      const first = (role: Role) =>
        served.ask<{ it: { nodes: { id: string }[] } }>(`{ it: ${name}(first: 1) { nodes { id } } }`, [role]);
      const id = (await first('admin')).data.it.nodes[0]?.id;
      if (id === undefined) continue;
      nodes.set(String(type), id);
      for (const role of roles) {
        const byList = (await first(role)).errors?.map(({ extensions }) => extensions.code);
        const byId = (await served.ask(`{ node(id: "${id}") { id } }`, [role])).errors;
        const codes = byId?.map(({ extensions }) => extensions.code);
        expect({ name, role, codes }).toEqual({ name, role, codes: byList });
      }
    }
    expect(nodes.size).toBeGreaterThan(14);
    expect([...nodes.keys()]).toContain('MessageConnection!');
  });

  it('is read for a page of nodes with one call of a store for each level', async () => {
    await served.app.get(LogHeads).stop(); // once a minute it looks for the newest
    await served.app.get(Runner).stop(); // its clock reads what is due
    const asked = new Set<string>();
    for (const { name, args, type } of Object.values(schema.getQueryType()!.getFields())) {
      const page = getNamedType(type);
      const node = isObjectType(page) && 'nodes' in page.getFields() && getNamedType(page.getFields()['nodes']!.type);
      if (!isObjectType(node) || node.getInterfaces().length === 0 || !args.some((one) => one.name === 'orderBy'))
        continue;
      for (const field of Object.values(node.getFields())) {
        const fieldName = `${node.name}.${field.name}`;
        if (asked.has(fieldName) || fieldName === EACH_FROM_LOG) continue;
        asked.add(fieldName);
        const below = selectionOf(field.type, new Set([EACH_FROM_LOG]));
        const query = `{ ${name}(first: ${NODES}) { nodes { ${field.name} ${below} } } }`;
        const calls = await storeCallsOf(served, async () =>
          expect((await served.ask(query, ['admin'])).errors).toBeUndefined(),
        );
        const often = calls.filter((call) => calls.filter((other) => other === call).length > LEVELS);
        expect({ [fieldName]: often }).toEqual({ [fieldName]: [] });
      }
    }
    expect(asked.size).toBeGreaterThan(200);
    for (const field of ['Campaign.spend', 'Lead.clocks', 'SlaClock.working']) expect(asked).toContain(field);
  });

  it('finds nobody by personal data for a role that may not read it, before anything is read or computed', async () => {
    await served.app.get(LogHeads).stop(); // once a minute it looks for the newest
    await served.app.get(Runner).stop(); // its clock reads what is due
    const [strangers, readers] = [false, true].map((reads) =>
      roles.filter((role) => readsPersonal({ roles: [role] }) === reads),
    );
    const asked = async (query: string, role: Role) => {
      await served.token(role);
      await served.ask('{ me { actor } }', [role]); // from here on the key is known
      let answer: Awaited<ReturnType<typeof served.ask<Record<string, unknown>>>> | undefined;
      const calls = await storeCallsOf(served, async () => void (answer = await served.ask(query, [role])));
      return { calls, ...answer! };
    };
    const models = [accessParts, ...contextParts].flatMap(({ projections }) => projections.filter(isReadModel));
    let filters = 0;
    for (const { shown } of models)
      for (const [field, { options }] of Object.entries(shown.fields))
        for (const list of options.search ? Object.keys(shown.lists) : [])
          for (const text of ['ada@example.org', 'nobody@example.org', 'Ada', '+49 170 9182736', '!'])
            for (const more of ['', ', leadId: { in: ["ada"] }']) {
              filters++;
              const query = `{ ${list}(filter: { ${field}: "${text}"${more} }) { totalCount nodes { id } } }`;
              for (const role of strangers!) {
                const { calls, errors } = await asked(query, role);
                const refusal = { code: 'access/denied', field: `filter.${field}` };
                expect([query, role, calls, errors![0]!.extensions]).toEqual([query, role, [], refusal]);
              }
            }
    expect(filters).toBe(30);
    const found = await asked('{ leads(filter: { email: "ada@example.org" }) { totalCount } }', readers![0]!);
    expect(found.data).toEqual({ leads: { totalCount: 1 } });
    expect(found.calls).toContain('KeyStore.secrets');

    const textOf = (text: string) => `{ search(text: "${text}") { nodeId matched } }`;
    const personOf = `{ node(id: "${Buffer.from('Lead:ada').toString('base64url')}") { ... on Lead { email name phone } } }`;
    for (const role of strangers!) {
      const [known, unknown] = [
        await asked(textOf('ada@example.org'), role),
        await asked(textOf('zoe@example.org'), role),
      ];
      expect([known.data, known.calls]).toEqual([unknown.data, unknown.calls]);
      const person = await asked(personOf, role);
      expect(person.data).toEqual({ node: { email: null, name: null, phone: null } });
      for (const { calls } of [known, unknown, person])
        expect(calls.filter((call) => call.startsWith('KeyStore.'))).toEqual([]);
    }
    const ours = await asked(textOf('ada@example.org'), readers![0]!);
    expect(ours.data).toMatchObject({ search: [{ matched: ['EMAIL'] }] });
    expect((await asked(personOf, readers![0]!)).calls).toContain('KeyStore.find');
  });
});
