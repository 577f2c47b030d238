import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EventLog, Journal, KeyStore, type Role } from '@baton/kernel';
import { Access } from '@baton/platform/access';
import { Runner } from '@baton/platform/runner';
import { Served, temporaryFolder } from './support/baton';

/** Planted values, one of each kind of personal data that Baton accepts; none of them may be on disk. */
const planted = {
  name: 'Zephyrine Quillfeather',
  email: 'zephyrine@quillfeather.example',
  phone: '+49 170 9182736',
  interests: 'interested in marbled vellum',
  problems: 'ink that smudges on parchment',
  laterName: 'Zephyrine Vandersloot',
  laterEmail: 'zv@vandersloot.example',
  laterPhone: '+49 151 5647382',
  statement: 'met her sister at the regatta',
  budget: 'forty thousand from her inheritance',
  authority: 'her uncle Bartholomew decides',
  need: 'she wants to sleep at night',
  timeline: 'before her wedding in June',
  rejection: 'her mother answered the phone',
  feedback: 'she cried when she heard the price',
  correction: 'she laughed when she heard the price',
  request: 'a flyer for her aunt Wilhelmina',
  otherName: 'Ignatius Featherstonehaugh',
  otherEmail: 'ignatius@featherstonehaugh.example',
  otherPhone: '+49 160 1029384',
};

describe('personal data', () => {
  const folder = temporaryFolder();
  let served: Served;
  /** From the connector of another system, about its decision. */
  let headers: Record<string, string>;
  beforeAll(async () => {
    served = await Served.start(folder);
    const key = await served.app.get(Access).issue('crm', ['admin'], 'tester', { origin: 'connector' });
    headers = { 'content-type': 'application/json', authorization: `Bearer ${key.token}` };
  });
  afterAll(() => served.stop());

  let sent = 0;
  const tell = async (name: string, input: object, commandId = `planted-${++sent}`) => {
    const type = `${name[0]!.toUpperCase()}${name.slice(1)}Input`;
    const query = `mutation($id: ID!, $input: ${type}!) { answer: ${name}(commandId: $id, input: $input) {
      __typename ... on Refused { code message path } } }`;
    const body = JSON.stringify({ query, variables: { id: commandId, input } });
    const { data, errors } = await served.post<{ answer: { __typename: string; code?: string } }>(body, headers);
    expect(errors).toBeUndefined();
    return data.answer;
  };
  const accepted = async (...said: Parameters<typeof tell>) =>
    expect({ [said[0]]: await tell(...said) }).toEqual({ [said[0]]: { __typename: 'Accepted' } });
  const ask = async <T>(query: string, as: readonly Role[] = ['sales'], variables: object = {}): Promise<T> => {
    const { data, errors } = await served.ask<T>(query, as, variables);
    expect(errors).toBeUndefined();
    return data;
  };
  const person = '{ leadId email name phone interests problems history { note } }';
  const found = async (filter: string): Promise<string[]> => {
    const { leads } = await ask<{ leads: { edges: { node: { leadId: string } }[] } }>(
      `{ leads(filter: { ${filter} }) { totalCount edges { node { leadId } } } }`,
    );
    return leads.edges.map(({ node }) => node.leadId).sort();
  };

  beforeAll(async () => {
    const { name, email, phone, interests, problems } = planted;
    const leadId = 'planted';
    await accepted(
      'captureLead',
      { leadId, name, email, phone, interests, problems, company: 'Quillfeather' },
      'first',
    );
    const { laterName, laterEmail, laterPhone } = planted;
    await accepted('updateLead', { leadId, name: laterName, email: laterEmail, phone: laterPhone });
    const external = 'crm';
    await accepted('qualifyLead', { leadId, evidence: { said: planted.statement }, external });
    await accepted('handOffLead', { leadId, rep: 'rita' });
    await accepted('acceptLead', { leadId, external });
    const { budget, authority, need, timeline } = planted;
    await accepted('salesQualifyLead', { leadId, budget, authority, need, timeline, external });
    await accepted('convertLead', { leadId, opportunityId: 'planted-deal', external });
    await served.settle();
    const about = { opportunityId: 'planted-deal', leadId };
    await accepted('requestSupport', { supportId: 'planted-s', ...about, kind: 'ASSET', need: planted.request });
    await accepted('giveFeedback', { feedbackId: 'planted-f', leadId, note: planted.feedback });
    await accepted('correctFeedback', { feedbackId: 'planted-f', leadId, note: planted.correction });
    const other = {
      leadId: 'planted-2',
      name: planted.otherName,
      email: planted.otherEmail,
      phone: planted.otherPhone,
    };
    await accepted('captureLead', other);
    await accepted('qualifyLead', { leadId: other.leadId, external });
    await accepted('handOffLead', { leadId: other.leadId, rep: 'rita' });
    await accepted('rejectLead', { leadId: other.leadId, reason: 'other', note: planted.rejection, external });
    for (let n = 0; n < 50; n++)
      await accepted('captureLead', { leadId: `more-${n}`, name: `More ${n}`, email: `more-${n}@example.org` });
    await served.settle();
  });

  it('is shown to roles that work with people by name, and to nobody else', async () => {
    const query = `{ lead(leadId: "planted") ${person} other: lead(leadId: "planted-2") ${person}
      handoffPackage(leadId: "planted") { contact { name phone } evidence complete }
      feedback(filter: { leadId: { in: ["planted"] } }, first: 1) { edges { node { note } } }
      supportRequests(filter: { opportunityId: { in: ["planted-deal"] } }) { edges { node { leadId need } } } }`;
    expect(await ask(query)).toMatchObject({
      lead: {
        name: planted.laterName,
        email: planted.laterEmail,
        phone: planted.laterPhone.replaceAll(' ', ''),
        problems: planted.problems,
      },
      other: { name: planted.otherName, history: [{}, {}, {}, { note: planted.rejection }] },
      handoffPackage: { contact: { name: planted.laterName }, evidence: { said: planted.statement } },
      feedback: { edges: [{ node: { note: planted.correction } }] },
      supportRequests: { edges: [{ node: { leadId: 'planted', need: planted.request } }] },
    });
    const without = query.replace(/handoffPackage.*\n/, '');
    const sealed = JSON.stringify(await ask(without, ['analyst']));
    expect(sealed).toContain('"name":null');
    for (const value of [...Object.values(planted), 'sealed']) expect(sealed).not.toContain(value);
  });

  it('is sealed in every file of the data folder, in every form that could be read', () => {
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(files.map(({ name }) => name)).toEqual(expect.arrayContaining(['log.db', 'documents.db', 'keys.db']));
    const forms = Object.values(planted).flatMap((value) => [
      value,
      value.toLowerCase(),
      value.replace(/\D/g, '') || value,
      Buffer.from(value).toString('base64').slice(0, -4),
    ]);
    expect(Object.keys(planted)).toHaveLength(20);
    for (const { parentPath, name } of files) {
      const bytes = readFileSync(join(parentPath, name));
      expect({ [name]: forms.filter((form) => bytes.includes(form)) }).toEqual({ [name]: [] });
    }
    // The scan can find something: non-personal data is there in clear.
    const clear = ['log.db', 'log.db-wal', 'documents.db', 'documents.db-wal'].filter((name) =>
      readFileSync(join(folder, name)).includes('Quillfeather'),
    );
    expect(clear.some((name) => name.startsWith('log'))).toBe(true);
    expect(clear.some((name) => name.startsWith('documents'))).toBe(true);
  });

  it('is found completely or by words, whatever the spelling, by permitted roles', async () => {
    expect(await found('email: " ZV@Vandersloot.example "')).toEqual(['planted']);
    for (const phone of ['+49 (151) 56-47-382', '0049/151/5647382', 'tel:+491515647382'])
      expect({ [phone]: await found(`phone: "${phone}"`) }).toEqual({ [phone]: ['planted'] });
    expect(await found('email: "mailto:ZV@vandersloot.example"')).toEqual(['planted']);
    expect(await found('phone: "0151 5647382"')).toEqual([]);
    expect(await found('name: "vandersloot"')).toEqual(['planted']);
    expect(await found('name: "VANDERSLOOT, Zephyrine", stage: { in: [OPPORTUNITY] }')).toEqual(['planted']);
    for (const no of ['name: "Quillfeather"', 'name: "vander"', 'name: "Zephyrine Ignatius"', 'email: "zv"'])
      expect({ [no]: await found(no) }).toEqual({ [no]: [] });
    const search = '{ leads(filter: { email: "zv@vandersloot.example" }) { totalCount } }';
    const refusal = async (query: string, as: Role) =>
      (await served.ask(query, [as])).errors?.map(({ extensions: { code, field } }) => `${code} ${field}`);
    expect(await refusal(search, 'analyst')).toEqual(['access/denied filter.email']);
    expect(await refusal('{ leads(filter: { name: " - " }) { totalCount } }', 'sales')).toEqual([
      'read/nothing-to-find filter.name',
    ]);
  });

  it('of a page of fifty people is decrypted with one call of the key store', async () => {
    const query = `{ leads(first: 50) { edges { node ${person} } } }`;
    await ask(query); // whatever a first call creates
    const spies = (['find', 'make', 'secret', 'secrets'] as const).map((method) =>
      jest.spyOn(served.app.get(KeyStore), method),
    );
    const { leads } = await ask<{ leads: { edges: { node: { email: string } }[] } }>(query);
    expect(leads.edges.filter(({ node }) => node.email.includes('@'))).toHaveLength(50);
    expect(spies.map((spy) => spy.mock.calls.length)).toEqual([1, 0, 0, 0]);
    expect(new Set(spies[0]!.mock.calls[0]![0]).size).toBe(50);
    await ask(query, ['analyst']);
    expect(spies[0]!.mock.calls).toHaveLength(1);
    for (const spy of spies) spy.mockRestore();
  });

  it('is searched for together with deals and campaigns, by those who may read it', async () => {
    const zoe = { name: 'Zoë Müller-Łoś', email: 'zoe@nordwind.example', phone: '+49 151 22334455' };
    await accepted('captureLead', { leadId: 'zoe', ...zoe, company: 'Nordwind GmbH', externalId: 'crm:00Q5e' });
    await accepted('captureLead', { leadId: 'zoe-again', name: 'Zoe Muller', company: 'Nordwind GmbH' });
    await accepted('captureLead', { leadId: 'nora', name: 'Nora Nordwind', company: 'Nordwind Studios' });
    await accepted('mergeLead', { leadId: 'zoe', mergedLeadId: 'zoe-again' });
    await accepted('openOpportunity', {
      opportunityId: 'd-1',
      stage: 'demo',
      name: 'Nordwind fleet',
      account: 'Südwind',
    });
    await accepted('createCampaign', { campaignId: 'c-1', name: 'NORDWIND spring' });
    await served.settle();

    type Results = { search: { node: Record<string, string>; matched: string[] }[] };
    const search = async (text: string, as: Role = 'sales', first = 20): Promise<string[]> => {
      const node =
        '__typename ... on Lead { leadId } ... on Opportunity { opportunityId } ... on Campaign { campaignId }';
      const query = `query($text: String!, $first: Int) { search(text: $text, first: $first) { matched node { ${node} } } }`;
      const { search } = await ask<Results>(query, [as], { text, first });
      return search.map(
        ({ node, matched }) => `${node['leadId'] ?? node['opportunityId'] ?? node['campaignId']}: ${matched.join(' ')}`,
      );
    };
    for (const words of ['Zoë Müller', 'muller ZOE', ' los, zoe ', 'MÜLLER'])
      expect({ [words]: await search(words) }).toEqual({ [words]: ['zoe: NAME'] });
    for (const part of ['Zo', 'mull', 'zoe@nord', '+49 151', 'windows', '00Q5e', 'crm:00q'])
      expect({ [part]: await search(part) }).toEqual({ [part]: [] });
    expect(await search('ZOE@nordwind.example')).toEqual(['zoe: EMAIL']);
    expect(await search('0049 (151) 22 33 44 55')).toEqual(['zoe: PHONE']);
    expect(await search('crm:00')).toEqual(['zoe: EXTERNAL_ID']);
    expect(await search(' südW')).toEqual(['d-1: ACCOUNT']);
    const others = ['d-1: DEAL_NAME', 'c-1: CAMPAIGN_NAME'];
    expect(await search('nordWIND')).toEqual(['nora: NAME COMPANY', 'zoe: COMPANY', ...others]);
    // Also what she is not among the first by is said.
    expect(await search('nordwind', 'marketing', 1)).toEqual(['nora: NAME COMPANY']);
    expect(await search('nordwind', 'marketing', 2)).toEqual(['nora: NAME COMPANY', 'zoe: COMPANY']);

    const tokens = jest.spyOn(served.app.get(Journal), 'tokens');
    for (const text of [zoe.name, zoe.email, zoe.phone]) expect(await search(text, 'analyst')).toEqual([]);
    expect(await search('nordwind', 'analyst')).toEqual(['zoe: COMPANY', 'nora: COMPANY', ...others]);
    expect(await search('crm:00Q5e', 'auditor')).toEqual(['zoe: EXTERNAL_ID']);
    expect(tokens).not.toHaveBeenCalled();
    await search('zoe');
    expect(tokens).toHaveBeenCalled();
    tokens.mockRestore();

    const refusal = async (given: string) =>
      (await served.ask(`{ search(${given}) { nodeId } }`, ['sales'])).errors?.map(({ extensions }) => [
        extensions.code,
        extensions['field'],
      ]);
    expect(await refusal('text: ""')).toEqual([['graphql/invalid-argument', 'text']]);
    for (const blank of [' ', '\u200b', ' - '])
      expect(await refusal(`text: "${blank}"`)).toEqual([['read/nothing-to-find', 'text']]);
    for (const first of [0, 101])
      expect(await refusal(`text: "a", first: ${first}`)).toEqual([['graphql/invalid-argument', 'first']]);

    const spelled =
      '{ leads(filter: { company: { in: ["NORDWIND  gmbh"] } }) { totalCount facets(fields: [COMPANY]) { values { value } } } }';
    expect(await ask(spelled)).toEqual({
      leads: {
        totalCount: 1,
        facets: [
          { values: expect.arrayContaining([{ value: 'Nordwind GmbH' }, { value: 'Quillfeather' }]) as unknown },
        ],
      },
    });
  });

  it('is forgotten with the person: nothing is shown, found or repeated any more', async () => {
    await accepted('eraseLead', { leadId: 'planted', reason: 'REQUEST' });
    await served.settle();
    const nothing = { email: null, name: null, phone: null, interests: null, problems: null };
    const { lead, handoffPackage, feedback, supportRequests } = await ask<Record<string, unknown>>(
      `{ lead(leadId: "planted") ${person} handoffPackage(leadId: "planted") { contact { name } evidence }
        feedback(filter: { leadId: { in: ["planted"] } }, first: 1) { edges { node { note } } }
        supportRequests(filter: { opportunityId: { in: ["planted-deal"] } }) { edges { node { need } } } }`,
    );
    expect(lead).toMatchObject({ leadId: 'planted', ...nothing });
    expect(handoffPackage).toEqual({ contact: { name: null }, evidence: null });
    expect(feedback).toEqual({ edges: [{ node: { note: null } }] });
    expect(supportRequests).toEqual({ edges: [{ node: { need: null } }] });
    expect(await found('email: "zv@vandersloot.example"')).toEqual([]);
    expect(await found('name: "Vandersloot"')).toEqual([]);
    const { name, email, phone, interests, problems } = planted;
    const again = { leadId: 'planted', name, email, phone, interests, problems, company: 'Quillfeather' };
    expect(await tell('captureLead', again, 'first')).toMatchObject({ __typename: 'Refused', code: 'lead/erased' });
    expect(await found('name: "Featherstonehaugh"')).toEqual(['planted-2']);
  });

  it('is forgotten by a rebuild as well', async () => {
    const { totalCount } = (await ask<{ leads: { totalCount: number } }>('{ leads { totalCount } }')).leads;
    await served.app.get(Runner).rebuild('leads');
    await served.settle();
    expect(await found('name: "Vandersloot"')).toEqual([]);
    expect(await found('name: "Featherstonehaugh"')).toEqual(['planted-2']);
    expect((await ask<{ leads: { totalCount: number } }>('{ leads { totalCount } }')).leads.totalCount).toBe(
      totalCount,
    );
    expect(await served.app.get(EventLog).read('privacy-planted')).toHaveLength(2);
  });
});
