import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Served, temporaryFolder } from './support/baton';

interface Note {
  readonly noteId: string;
  readonly text: string | null;
}
const words = {
  ofLead: 'prefers purple envelopes',
  ofBoth: 'asked twice about the guarantee',
  ofDeal: 'the board meets under the lime tree',
};

describe('a note', () => {
  const folder = temporaryFolder();
  let served: Served;
  let sent = 0;
  beforeAll(async () => {
    served = await Served.start(folder);
    for (const leadId of ['ada', 'bob']) await accepted('captureLead', { leadId, email: `${leadId}@example.org` });
    for (const opportunityId of ['deal', 'other']) await accepted('openOpportunity', { opportunityId });
    for (const leadId of ['ada', 'bob']) await accepted('addContactRole', { opportunityId: 'deal', leadId });
    await served.settle();
  });
  afterAll(() => served.stop());

  const tell = async (name: string, input: object, role: 'sales' | 'marketing' | 'revops' = 'revops') => {
    const type = `${name[0]!.toUpperCase()}${name.slice(1)}Input`;
    const query = `mutation($id: ID!, $input: ${type}!) { it: ${name}(commandId: $id, input: $input) {
      __typename ... on Refused { code path } } }`;
    const { data, errors } = await served.ask<{ it: object }>(query, [role], { id: `note-${sent++}`, input });
    expect(errors).toBeUndefined();
    return data.it;
  };
  const accepted = async (name: string, input: object, role?: 'sales' | 'marketing' | 'revops') =>
    expect([name, await tell(name, input, role)]).toEqual([name, { __typename: 'Accepted' }]);
  const texts = async (role: 'sales' | 'analyst' = 'sales') => {
    await served.settle();
    const query = '{ notes(orderBy: { field: BY }) { nodes { noteId text } } }';
    const { data } = await served.ask<{ notes: { nodes: Note[] } }>(query, [role]);
    return Object.fromEntries(data.notes.nodes.map(({ noteId, text }) => [noteId, text]));
  };
  const sentences = async (subject: string) => {
    const query = `{ caseFile(subject: "${subject}") { nodes { type personal sentence } } }`;
    const { data, errors } = await served.ask<{
      caseFile: { nodes: { type: string; personal: string | null; sentence: string }[] };
    }>(query, ['sales']);
    expect(errors).toBeUndefined();
    return data.caseFile.nodes.filter(({ type }) => type === 'NoteAdded').map(({ sentence }) => sentence);
  };

  it('is written by either team, about a person, a deal, or a person of a deal', async () => {
    await accepted('addNote', { noteId: 'n1', leadId: 'ada', text: words.ofLead }, 'marketing');
    await accepted('addNote', { noteId: 'n2', leadId: 'ada', opportunityId: 'deal', text: words.ofBoth }, 'sales');
    await accepted('addNote', { noteId: 'n3', opportunityId: 'deal', text: words.ofDeal }, 'sales');
    expect(await texts()).toEqual({ n1: words.ofLead, n2: words.ofBoth, n3: words.ofDeal });
    expect(await texts('analyst')).toEqual({ n1: null, n2: null, n3: null });
    const { data } = await served.ask<object>(
      '{ lead(leadId: "ada") { notes { noteId } } opportunity(opportunityId: "deal") { notes { text } } }',
      ['sales'],
    );
    expect(data).toEqual({
      lead: { notes: [{ noteId: 'n1' }, { noteId: 'n2' }] },
      opportunity: { notes: [{ text: words.ofBoth }, { text: words.ofDeal }] },
    });
    expect(await sentences('lead-ada')).toEqual([
      `A note was written: “${words.ofLead}”`,
      `A note was written about deal deal: “${words.ofBoth}”`,
    ]);
    expect(await sentences('opportunity-deal')).toEqual([
      `A note was written about deal deal: “${words.ofBoth}”`,
      `A note was written about deal deal: “${words.ofDeal}”`,
    ]);
  });

  it('is refused about somebody who is not there, and about a person who was never on the deal', async () => {
    const refused = (input: object) => tell('addNote', { text: 'x', ...input });
    expect(await refused({})).toMatchObject({ code: 'note/about-nobody', path: 'leadId' });
    expect(await refused({ leadId: 'nobody' })).toMatchObject({ code: 'lead/unknown', path: 'leadId' });
    expect(await refused({ opportunityId: 'none' })).toMatchObject({ code: 'opportunity/unknown' });
    expect(await refused({ opportunityId: 'other', leadId: 'ada' })).toMatchObject({ code: 'note/not-on-deal' });
  });

  it('is in no file in clear', () => {
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(files.length).toBeGreaterThan(2);
    for (const { parentPath, name } of files) {
      const bytes = readFileSync(join(parentPath, name));
      for (const text of Object.values(words)) expect([name, bytes.includes(text)]).toEqual([name, false]);
    }
  });

  it('goes with the person, and one of the deal with its last person', async () => {
    await accepted('eraseLead', { leadId: 'ada', reason: 'REQUEST' });
    expect(await texts()).toEqual({ n1: null, n2: null, n3: words.ofDeal });
    await accepted('eraseLead', { leadId: 'bob', reason: 'REQUEST' });
    expect(await texts()).toEqual({ n1: null, n2: null, n3: null });
    expect(await sentences('opportunity-deal')).toEqual(expect.arrayContaining([expect.not.stringContaining('lime')]));
    expect(await tell('addNote', { opportunityId: 'deal', text: 'again' })).toMatchObject({ code: 'keys/erased' });
    await accepted('addNote', { noteId: 'n4', opportunityId: 'other', text: 'still fine' });
  });
});
