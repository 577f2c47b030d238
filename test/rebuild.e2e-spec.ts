import { join } from 'node:path';
import { EmbeddedDocuments } from '@baton/platform/documents';
import { deals } from '@baton/opportunities';
import { Runner } from '@baton/platform/runner';
import { baton, Served, temporaryFolder } from './support/baton';

describe('a read model of another version', () => {
  const folder = temporaryFolder();
  const current = `${deals.name}-v${deals.version}`;
  /** As an earlier build left it: its generation is in use, and that of this version does not exist. */
  const asEarlierBuild = async (number: number) => {
    const documents = await EmbeddedDocuments.open(join(folder, 'documents.db'));
    const earlier = { name: `${deals.name}-v0-${number}`, columns: {} };
    await documents.prepare(earlier);
    await documents.activate(deals.name, earlier.name);
    for (const name of await documents.generations()) if (name.startsWith(current)) await documents.drop(name);
    await documents.activate('departed', `departed-v${number}`);
    await documents.prepare({ name: `departed-v${number}`, columns: {} });
    await documents.close();
  };
  const generations = async () => {
    const documents = await EmbeddedDocuments.open(join(folder, 'documents.db'));
    const [known, active] = [await documents.generations(), await documents.active(deals.name)];
    await documents.close();
    return { known, active };
  };

  beforeAll(async () => {
    const served = await Served.start(folder);
    for (const id of ['d1', 'd2'])
      await served.ask(
        `mutation { openOpportunity(commandId: "${id}", input: { opportunityId: "${id}", product: "P" }) { __typename } }`,
        ['admin'],
      );
    await served.settle();
    await served.stop();
  });

  it('is rebuilt by a command, which waits for it and says so', async () => {
    await asEarlierBuild(1);
    const { status, stdout, stderr } = await baton(folder, 'figures', 'open-deals', '--json');
    const { figures } = JSON.parse(stdout) as { figures: { total: { value: string }[] }[] };
    expect([status, figures[0]!.total[0]!.value]).toEqual([0, '2']);
    expect(stderr).toContain('The read model deals is rebuilt for this version of Baton; this command waits for it.');
    const { known, active } = await generations();
    expect(active).toBe(`${current}-2`);
    expect(known.filter((name) => /^(deals|departed)-v/.test(name))).toEqual([`${current}-2`]);
    expect((await baton(folder, 'figures', 'open-deals')).stderr).not.toContain('rebuilt');
  });

  it('is not read by a server until it is complete; other read models are', async () => {
    await asEarlierBuild(2);
    const rebuild = jest.spyOn(Runner.prototype, 'rebuild').mockImplementation(() => new Promise(() => undefined));
    const served = await Served.start(folder);
    const ask = async (query: string) => (await served.ask<object>(query, ['admin'])).errors?.[0]?.extensions;
    const refused = { code: 'read/rebuilding', field: deals.name };
    for (const query of [
      '{ opportunities { nodes { opportunityId } } }',
      '{ opportunity(opportunityId: "d1") { opportunityId } }',
      '{ figures(codes: [OPEN_DEALS]) { to } }',
      `{ node(id: "${Buffer.from('Opportunity:d1').toString('base64url')}") { id } }`,
    ])
      expect([query, await ask(query)]).toEqual([query, refused]);
    expect(await ask('{ leads { totalCount } }')).toBeUndefined();
    const { data } = await served.ask<{ status: { name: string; atTip: boolean }[] }>('{ status { name atTip } }', [
      'admin',
    ]);
    expect(data.status).toContainEqual({ name: current, atTip: false });
    rebuild.mockRestore();
    void served.app.get(Runner).rebuild(deals.name);
    await served.settle();
    expect(await ask('{ opportunities { nodes { opportunityId } } }')).toBeUndefined();
    await served.stop();
  });
});
