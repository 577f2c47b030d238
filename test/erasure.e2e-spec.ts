import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  catalogueOf,
  emailTerms,
  events,
  optional,
  personal,
  phoneTerms,
  ref,
  text,
  wordTerms,
  type ParkedSequence,
  type RawEvent,
} from '@baton/kernel';
import { eventually } from '@baton/kernel/testing';
import { EmbeddedEventLog, SealedJournal } from '@baton/platform/event-log';
import { EmbeddedKeyStore, erasedIn, masterKey } from '@baton/platform/keys';
import { baton, batonJson, batonProcess, root, temporaryFolder } from './support/baton';
import { startIssuer } from './support/issuer';
import { ask, clock, started } from './support/server';

/** Planted values of one person, one of each kind that Baton accepts. */
const planted = {
  name: 'Zephyrine Quillfeather',
  email: 'zephyrine@quillfeather.example',
  phone: '+49 170 9182736',
  interests: 'interested in "marbled" vellum',
  problems: 'ink that smudges on pärchment',
  laterName: 'Zephyrine Vandersloot',
  laterEmail: 'zv@vandersloot.example',
  laterPhone: '+49 151 5647382',
  statement: 'met her sister at the regatta',
  budget: 'forty thousand from her inheritance',
  authority: 'her uncle Bartholomew decides',
  need: 'she wants to sleep at night',
  timeline: 'before her wedding in June',
  feedback: 'she cried when she heard the price',
  correction: 'she laughed when she heard the price',
  request: 'a flyer for her aunt Wilhelmina',
  otherName: 'Z. Quillfeather-Vandersloot',
  otherEmail: 'zq@featherstonehaugh.example',
  otherPhone: '+49 160 1029384',
  rejection: 'her mother answered the phone',
};
/** What she could not be handed: in an event that waits for a later build, about the deal, and who signs in as her. */
const plantedBeside = {
  parked: 'her passport is in the teal drawer',
  discarded: 'her locker has the number of her cat',
  dealNote: 'her brother Ignatius signs for the firm',
  signIn: 'zephyrine.q@ravenscourt.example',
};
/** How a text can stand in a file: as it is, in lower case, as digits, in UTF-16, in base64 at any offset, escaped. */
const formsOf = (value: string): readonly Buffer[] => {
  const texts = [value, value.toLowerCase(), JSON.stringify(value).slice(1, -1), value.replace(/\D/g, '') || value];
  const base64 = [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), Buffer.from(value)]).toString('base64');
    return text.slice(4, text.length - 4);
  });
  const escaped = [...value].map((sign) =>
    sign > '~' ? `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}` : sign,
  );
  return [
    ...[...texts, ...base64, escaped.join(''), encodeURIComponent(value)].map((text) => Buffer.from(text)),
    Buffer.from(value, 'utf16le'),
    Buffer.from(value, 'utf16le').swap16(),
    Buffer.from(value, 'latin1'),
  ];
};
const formsOfAll = Object.fromEntries(
  Object.entries({ ...planted, ...plantedBeside }).map(([name, value]) => [name, formsOf(value)]),
);
const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
const namesOf = (found: Readonly<Record<string, readonly Buffer[]>>, bytes: Buffer) =>
  Object.keys(found).filter((name) => found[name]!.some((form) => bytes.includes(form)));

/** What `support/later-build` knows, too. */
const laterEvents = events({
  SupportTeleported: {
    version: 1,
    sentence: 'The request is elsewhere[: {note}]',
    description: 'Elsewhere at once.',
    supportId: ref('support'),
    leadId: ref('lead'),
    note: optional(personal(text('Why.'))),
  },
});

const [folder, kept, target] = [temporaryFolder(), temporaryFolder(), temporaryFolder()];
const list = join(kept, 'erasures');

/** The keyed hashes by which the person is found. */
const tokensOf = async (): Promise<Record<string, Buffer[]>> => {
  const keys = EmbeddedKeyStore.open(join(folder, 'keys.db'), masterKey(folder), { readOnly: true });
  const log = EmbeddedEventLog.open(join(folder, 'log.db'), clock, { readOnly: true });
  const journal = new SealedJournal(log, new Map(), keys);
  const { name, laterName, otherName, email, laterEmail, otherEmail, phone, laterPhone, otherPhone } = planted;
  const terms = {
    name: [name, laterName, otherName].flatMap(wordTerms),
    email: [email, laterEmail, otherEmail].flatMap(emailTerms),
    phone: [phone, laterPhone, otherPhone].flatMap(phoneTerms),
  };
  const tokens: Record<string, Buffer[]> = {};
  for (const [field, own] of Object.entries(terms))
    for (const [index, [token]] of (await journal.tokens(field, own)).entries())
      tokens[`${field} ${own[index]}`] = [Buffer.from(token!)];
  await Promise.all([keys.close(), log.close()]);
  return tokens;
};

describe('a person', () => {
  let server: Awaited<ReturnType<typeof started>>;
  let issuer: Awaited<ReturnType<typeof startIssuer>>;
  let connector: string;
  const printed: string[] = [];
  let sent = 0;
  const tell = async (name: string, input: object, commandId = `planted-${++sent}`) => {
    const query = `mutation($id: ID!, $input: ${name[0]!.toUpperCase()}${name.slice(1)}Input!) {
      answer: ${name}(commandId: $id, input: $input) { __typename ... on Refused { code } } }`;
    const { body } = await ask(server.url, connector, query, {}, { id: commandId, input });
    return (body.data?.['answer'] ?? body) as { __typename: string; code?: string };
  };
  const accepted = async (...said: Parameters<typeof tell>) =>
    expect({ [said[0]]: await tell(...said) }).toEqual({ [said[0]]: { __typename: 'Accepted' } });
  const cli = async (...args: string[]) => {
    const { status, stdout, stderr } = await baton(folder, ...args);
    printed.push(stdout, stderr);
    expect({ args, status, stderr: status === 0 ? '' : stderr }).toEqual({ args, status: 0, stderr: '' });
    return stdout;
  };
  const totals = async () => {
    const query = `{ leads { totalCount facets(fields: [STAGE]) { values { value count } } }
      figures(codes: [OPEN_DEALS, WON_DEALS, LOST_DEALS]) { figures { total { value } } } feedbackTopics(topic: COMPETITORS) { feedback rows { code feedback } } }`;
    const { body } = await ask(server.url, connector, query);
    expect(body.errors).toBeUndefined();
    return body.data;
  };
  const settled = () => cli('status');
  const parked = () => batonJson<ParkedSequence[]>(folder, 'parked', 'list');

  beforeAll(async () => {
    mkdirSync(target, { recursive: true });
    issuer = await startIssuer();
    const oidc = { BATON_OIDC_ISSUER: issuer.url, BATON_OIDC_AUDIENCE: 'baton-api' };
    server = await started(folder, { BATON_LOG_LEVEL: 'trace', BATON_ERASURES: list, ...oidc });
    const made = ['keys', 'create', '--label', 'crm', '--origin', 'connector', '--roles', 'admin'];
    connector = (await batonJson<{ token: string }>(folder, ...made)).token;
    const { name, email, phone, interests, problems, laterName, laterEmail, laterPhone } = planted;
    const [leadId, external] = ['planted', 'crm'];
    await accepted('captureLead', { leadId, name, email, phone, interests, problems, company: 'Acme' }, 'first');
    await accepted('updateLead', { leadId, name: laterName, email: laterEmail, phone: laterPhone });
    await accepted('qualifyLead', { leadId, evidence: { said: planted.statement }, external });
    await accepted('handOffLead', { leadId, rep: 'rita' }); // queues messages
    await accepted('acceptLead', { leadId, external });
    const { budget, authority, need, timeline } = planted;
    await accepted('salesQualifyLead', { leadId, budget, authority, need, timeline, external });
    await accepted('convertLead', { leadId, opportunityId: 'deal', external });
    await settled();
    const about = { opportunityId: 'deal', leadId };
    await accepted('requestSupport', { supportId: 's', ...about, kind: 'ASSET', need: planted.request });
    await accepted('giveFeedback', { feedbackId: 'f', leadId, note: planted.feedback });
    await accepted('correctFeedback', { feedbackId: 'f', leadId, note: planted.correction });
    const { otherName, otherEmail, otherPhone } = planted;
    await accepted('captureLead', { leadId: 'planted-2', name: otherName, email: otherEmail, phone: otherPhone });
    await accepted('qualifyLead', { leadId: 'planted-2', external });
    await accepted('handOffLead', { leadId: 'planted-2', rep: 'rita' });
    await accepted('rejectLead', { leadId: 'planted-2', reason: 'other', note: planted.rejection, external });
    await accepted('mergeLead', { leadId, mergedLeadId: 'planted-2' });
    // Through a page that names the person by her address.
    const forPersons = [
      'keys',
      'create',
      '--label',
      'portal',
      '--origin',
      'system',
      '--acts-for-persons',
      '--roles',
      'admin',
    ];
    const { token: portal } = await batonJson<{ token: string }>(folder, ...forPersons);
    const touch =
      'mutation { recordTouch(commandId: "portal", input: { leadId: "planted", action: "form", team: MARKETING, page: "/thanks?email=zephyrine@quillfeather.example" }) { __typename } }';
    const { body: acted } = await ask(server.url, portal, touch, { 'baton-acts-for': planted.email });
    expect(acted).toEqual({ data: { recordTouch: { __typename: 'Accepted' } } });
    // And signs in herself, at an issuer whose subjects are addresses.
    const token = await issuer.token({ sub: plantedBeside.signIn, roles: ['marketing'] });
    const own = touch.replace('"portal"', '"own"');
    const { body: signedIn } = await ask(server.url, token, own);
    expect(signedIn).toEqual({ data: { recordTouch: { __typename: 'Accepted' } } });
    await accepted('captureLead', { leadId: 'bob', name: 'Bob Vandersloot', email: 'bob@example.org' });
    await settled();
    await accepted('addNote', { noteId: 'n', opportunityId: 'deal', text: plantedBeside.dealNote });
    // Events of a newer build, with values of hers, which park what concerns the requests.
    await accepted('requestSupport', { supportId: 't', ...about, kind: 'ASSET', need: 'a leaflet' });
    const log = EmbeddedEventLog.open(join(folder, 'log.db'), { now: () => new Date().toISOString() });
    const keys = EmbeddedKeyStore.open(join(folder, 'keys.db'), masterKey(folder));
    const journal = new SealedJournal(log, catalogueOf([laterEvents]), keys);
    const sealed = { s: plantedBeside.parked, t: plantedBeside.discarded };
    for (const [supportId, note] of Object.entries(sealed)) {
      const [{ meta }] = (await log.read(`support-${supportId}`)) as [RawEvent];
      const data = { supportId, leadId: 'planted', note };
      const event = { id: `teleported-${supportId}`, type: 'SupportTeleported', data, meta };
      await journal.append(`support-${supportId}`, [event], 0);
    }
    await Promise.all([keys.close(), log.close()]);
    await settled();
    expect((await parked()).map(({ sequence }) => sequence)).toEqual(['stream:support-s', 'stream:support-t']);
    writeFileSync(join(kept, 'head.txt'), await cli('proof', 'sign'));
    await cli('export', 'log', '--out', join(folder, 'before.ndjson'));
    await cli('export', 'leads', '--format', 'csv', '--out', join(folder, 'leads.csv'));
    await cli('backup', join(kept, 'monday'), '--with-secrets');
  });
  afterAll(() => {
    server.child.kill('SIGKILL');
    issuer.stop();
  });

  it('is found by tokens, which the scan below finds as well', async () => {
    expect(Object.keys(planted)).toHaveLength(20);
    const bytes = Buffer.concat(filesIn(folder).map((path) => readFileSync(path)));
    const tokens = await tokensOf();
    expect(namesOf(tokens, bytes)).toEqual(expect.arrayContaining(['name vandersloot', `email ${planted.laterEmail}`]));
  });

  it('is readable while and after the master key is replaced, by the server that runs', async () => {
    const master = readFileSync(join(folder, 'master.key'), 'utf8');
    await cli('keys', 'rotate-master');
    expect(readFileSync(join(folder, 'master.key'), 'utf8')).not.toBe(master);
    await accepted('captureLead', { leadId: 'cyd', name: 'Cyd' });
    const { body } = await ask(server.url, connector, '{ lead(leadId: "planted") { name email } }');
    expect(body.data).toEqual({ lead: { name: planted.laterName, email: planted.laterEmail } });
  });

  it('gets all data about her, merged leads and free texts too, and nobody else’s; that is recorded', async () => {
    await accepted('giveConsent', {
      ...{ leadId: 'planted-2', purpose: 'newsletter', channel: 'EMAIL', source: 'form', textVersion: '1' },
    });
    const out = join(kept, 'answer');
    await cli('subject-access', 'planted-2', '--out', out, '--reference', 'DSR-2');
    const [json, html] = ['json', 'html'].map((end) => readFileSync(`${out}.${end}`, 'utf8')) as [string, string];
    const data = JSON.parse(json) as { leadIds: string[]; consents: object[]; events: { data: object }[] };
    expect(data).toMatchObject({
      leadIds: ['planted-2', 'planted'],
      consents: [{ purpose: 'newsletter', given: true, recordedBy: 'connector:crm' }],
    });
    const texts = JSON.stringify(data.events.map((event) => event.data));
    const inJson = (value: string) => texts.includes(JSON.stringify(value).slice(1, -1));
    const phones = (value: string) => (value.startsWith('+') ? value.replaceAll(' ', '') : value);
    expect(
      Object.values(planted)
        .map(phones)
        .filter((value) => !inJson(value)),
    ).toEqual([]);
    expect(json + html).not.toMatch(/Bob|sealed/);
    expect(html).toContain('ink that smudges on pärchment');
    expect(html).toContain('interested in &quot;marbled&quot; vellum');
    expect(html).not.toMatch(/<script|https?:/);
    expect(statSync(`${out}.json`).mode & 0o777).toBe(0o600);
    expect((await baton(folder, 'subject-access', 'planted', '--out', out)).stderr).toContain('cli/file-exists');
    expect((await baton(folder, 'subject-access', 'nobody', '--out', `${out}-2`)).stderr).toContain('lead/unknown');
    const events = await cli('events', '--types', 'SubjectAccessGiven');
    expect(JSON.parse(events)).toMatchObject({ data: { leadId: 'planted-2', reference: 'DSR-2' } });
  });

  let before: unknown;
  it('can be erased as a dry run, which says what would be affected', async () => {
    before = await totals();
    const preview = await batonJson<{ leadIds: string[]; personal: { values: number }[]; erased: boolean }>(
      ...[folder, 'erase', 'planted-2', '--reason', 'request', '--dry-run'],
    );
    expect(preview).toMatchObject({ leadIds: ['planted-2', 'planted'], holds: [], erased: false });
    // Both captures with five and three values, three changes, an evidence, four answers, three notes, two requests.
    expect(preview.personal.reduce((sum, { values }) => sum + values, 0)).toBe(21);
  });

  it('is kept by a legal hold until that is released', async () => {
    await accepted('placeLegalHold', { leadId: 'planted-2', hold: 'case-7', reason: 'LITIGATION' });
    expect(await tell('eraseLead', { leadId: 'planted', reason: 'REQUEST' })).toMatchObject({
      code: 'privacy/on-hold',
    });
    await accepted('releaseLegalHold', { leadId: 'planted-2', hold: 'case-7' });
  });

  it('is erased: no planted value, and nothing to find the person by, is in any file or line any more', async () => {
    await accepted('eraseLead', { leadId: 'planted', reason: 'REQUEST', reference: 'DSR-1' });
    // The free texts of a deal follow those of the people who have a role in it, by a policy.
    expect(erasedIn(list).filter((key) => !key.includes('/'))).toEqual(['planted', 'planted-2']);
    await settled();
    // The notes about the deal that name nobody go with its last person, by a policy.
    await eventually(() => erasedIn(list).length === 3);
    expect([...erasedIn(list)].sort()).toEqual(['opportunity/deal', 'planted', 'planted-2']);
    await cli('export', 'log', '--out', join(folder, 'after.ndjson'));
    await cli('case-file', 'lead', 'planted', '--personal');
    const tokens = await tokensOf();
    const files = filesIn(folder);
    expect(files.map((path) => path.slice(folder.length + 1))).toEqual(
      expect.arrayContaining(['log.db', 'documents.db', 'keys.db', 'before.ndjson', 'after.ndjson', 'leads.csv']),
    );
    const { ['name vandersloot']: _, ...others } = tokens; // Bob is found by that too
    for (const path of files)
      expect({ [path]: namesOf({ ...formsOfAll, ...others }, readFileSync(path)) }).toEqual({ [path]: [] });
    expect(server.output().split('\n').length).toBeGreaterThan(20);
    expect(namesOf(formsOfAll, Buffer.from(server.output() + printed.join('\n')))).toEqual([]);
  });

  it('is neither shown nor found, and a repeated command is refused; the namesake is untouched', async () => {
    const { body } = await ask(
      ...[server.url, connector],
      '{ lead(leadId: "planted") { name email phone } bob: leads(filter: { name: "Vandersloot" }) { nodes { leadId } } }',
    );
    expect(body.data).toEqual({
      lead: { name: null, email: null, phone: null },
      bob: { nodes: [{ leadId: 'bob' }] },
    });
    const { body: said } = await ask(
      ...[server.url, connector],
      `{ all: leads { totalCount } erased: leads(filter: { erasedAt: { from: "2000-01-01T00:00:00Z" } }) { totalCount }
        privacyRecord(leadId: "planted-2") { erasure reason reference } erasurePreview(leadId: "planted") { erasedLeadIds } }`,
    );
    expect(said).toEqual({
      data: {
        all: { totalCount: 3 },
        erased: { totalCount: 1 }, // merged leads are not counted
        privacyRecord: { erasure: 'DONE', reason: 'REQUEST', reference: 'DSR-1' },
        erasurePreview: { erasedLeadIds: ['planted', 'planted-2'] },
      },
    });
    expect((await baton(folder, 'subject-access', 'planted', '--out', join(kept, 'gone'))).stderr).toContain(
      'lead/erased',
    );
    const { name, email, phone, interests, problems } = planted;
    const again = { leadId: 'planted', name, email, phone, interests, problems, company: 'Acme' };
    expect(await tell('captureLead', again, 'first')).toEqual({ __typename: 'Refused', code: 'lead/erased' });
    expect(await tell('updateLead', { leadId: 'planted-2', name })).toEqual({
      __typename: 'Refused',
      code: 'lead/erased',
    });
  });

  it('is counted as erased by every report that counts people', async () => {
    const { body } = await ask(
      ...[server.url, connector],
      `{ stages: figures(codes: [CAPTURED_LEADS], by: STAGE) { figures { groups { key erased values { value } } } }
        handoffs: figures(codes: [HANDOFFS, SLA_DUE], by: REP) { figures { erased total { value } groups { erased } } }
        marketingSla { qualified { soFar erased } salesQualified { soFar erased } }
        figures(codes: [CAPTURED_LEADS, OPENED_DEALS, TOUCHES], by: SOURCE) { figures { erased groups { key erased } } } }`,
    );
    expect(body.errors).toBeUndefined();
    expect(body.data).toMatchObject({
      stages: {
        figures: [
          {
            groups: [
              { key: 'lead', erased: 0, values: [{ value: '2' }] },
              { key: 'opportunity', erased: 1, values: [{ value: '1' }] },
            ],
          },
        ],
      },
      // Two handoffs, of two leads that are one person.
      handoffs: { figures: [{ erased: 1, total: [{ value: '2' }], groups: [{ erased: 1 }] }, {}] },
      marketingSla: { qualified: { soFar: 1, erased: 1 }, salesQualified: { soFar: 1, erased: 1 } },
      figures: { figures: [{ erased: 1 }, { erased: 1 }, { erased: 1 }] },
    });
  });

  it('leaves every total, every proof and every read model as they were', async () => {
    expect(await totals()).toEqual(before);
    const key = (await cli('proof', 'key')).trim();
    await cli('verify', join(folder, 'after.ndjson'), '--key', key, '--head', join(kept, 'head.txt'));
    await cli('verify', join(folder, 'before.ndjson'), '--key', key);
    await cli('rebuild', 'leads');
    const { completeness } = JSON.parse((await baton(folder, 'status', '--verify', '--json')).stdout) as {
      completeness: { name: string; complete: boolean; parked?: unknown[] }[];
    };
    expect(completeness.filter(({ complete }) => !complete)).toEqual([]);
    expect(await totals()).toEqual(before);
  });

  it('stays forgotten when the events that were parked are retried and discarded afterwards', async () => {
    server.child.kill('SIGTERM');
    await server.ended;
    const before = await parked();
    const [follower] = before.map((one) => one.follower);
    const retry = ['parked', 'retry', follower!, 'stream:support-s', '--json'];
    // This build does not know it before nor after.
    expect((await baton(folder, ...retry)).status).toBe(1);
    expect(await parked()).toEqual(before);
    process.env['NODE_OPTIONS'] = `--require ${join(root, 'test/support/later-build.js')}`;
    const [retried, shown] = [
      batonProcess(folder, ...retry),
      batonProcess(folder, 'case-file', 'support', 's', '--personal', '--json'),
    ];
    delete process.env['NODE_OPTIONS'];
    expect([retried.status, JSON.parse(retried.stdout)]).toMatchObject([0, { waits: null }]);
    const entries = JSON.parse(shown.stdout) as { type: string; data: object; sentence: string }[];
    expect(entries.find(({ type }) => type === 'SupportTeleported')).toMatchObject({
      data: { note: { personal: 'forgotten' } },
      sentence: 'The request is elsewhere',
    });
    await cli('parked', 'discard', follower!, 'stream:support-t');
    expect(await parked()).toEqual([]);
    const said = [retried, shown].map(({ stdout, stderr }) => stdout + stderr).join('\n');
    expect(namesOf(formsOfAll, Buffer.from(said + printed.join('\n')))).toEqual([]);
    for (const path of filesIn(folder))
      expect({ [path]: namesOf(formsOfAll, readFileSync(path)) }).toEqual({ [path]: [] });
  });

  it('is forgotten again by a restore of an older backup', async () => {
    expect((await baton(target, 'restore', join(kept, 'monday'))).stderr).toContain('backup/no-erasures');
    const restored = await batonJson<{ erased: number }>(
      ...[target, 'restore', join(kept, 'monday'), '--erasures', list],
    );
    expect(restored.erased).toBe(erasedIn(list).length);
    const keys = EmbeddedKeyStore.open(join(target, 'keys.db'), masterKey(target), { readOnly: true });
    expect(await keys.find(['planted', 'planted-2'])).toEqual(
      new Map([
        ['planted', null],
        ['planted-2', null],
      ]),
    );
    await keys.close();
    const found = await batonJson<{ leadId: string; reason: string }[]>(target, 'erasures', 'list');
    expect(found.map(({ leadId, reason }) => `${leadId} ${reason}`).sort()).toEqual([
      'planted restored',
      'planted-2 restored',
    ]);
    const tokens = await tokensOf();
    expect(
      filesIn(target).flatMap((path) => namesOf({ email: tokens[`email ${planted.laterEmail}`]! }, readFileSync(path))),
    ).toEqual([]);
  });
});
