import { EventLog, type CallerOrigin, type Role } from '@baton/kernel';
import { Access } from '@baton/platform/access';
import { baton, batonJson, Served, temporaryFolder } from './support/baton';

interface Answer {
  readonly code?: string;
  readonly path?: string;
  readonly repeated?: boolean;
}

describe('the sender of a command', () => {
  const folder = temporaryFolder();
  let served: Served;
  beforeAll(async () => {
    served = await Served.start(folder);
  });
  afterAll(() => served.stop());

  const keyOf = async (label: string, kind: { origin?: CallerOrigin; actsForPersons?: boolean } = {}) =>
    (await served.app.get(Access).issue(label, ['marketing', 'sales'] as Role[], 'tester', kind)).token;
  const send = async (key: string, commandId: string, mutation: string, headers: Record<string, string> = {}) => {
    const query = `mutation { ${mutation.replace('(', `(commandId: "${commandId}", `)} {
      ... on Accepted { repeated } ... on Refused { code path } } }`;
    const all = { 'content-type': 'application/json', authorization: `Bearer ${key}`, ...headers };
    const { data, errors } = await served.post<Record<string, Answer> | null>(JSON.stringify({ query }), all);
    return errors ? { code: errors[0]!.extensions.code } : Object.values(data!)[0]!;
  };
  const capture = (id: string) => `captureLead(input: { leadId: "${id}", source: "web" })`;
  const touch = (id: string) => `recordTouch(input: { leadId: "${id}", action: "call", team: SALES })`;
  const qualify = (id: string, system: string) => `qualifyLead(input: { leadId: "${id}", external: "${system}" })`;
  const metas = async (id: string) => (await served.app.get(EventLog).read(`lead-${id}`)).map(({ meta }) => meta);

  it('is a person, whose new key repeats nothing', async () => {
    const [old, rotated] = [await keyOf('rita'), await keyOf('rita')];
    expect(await send(old, 'c', capture('ada'))).toEqual({ repeated: false });
    expect(await send(rotated, 'c', capture('ada'))).toEqual({ repeated: true });
    expect(await metas('ada')).toMatchObject([{ actor: 'rita', origin: 'person' }]);
  });
  it('has ids of its own: nobody can answer another’s, or act as the clock', async () => {
    await send(await keyOf('rita'), 'own', capture('own'));
    expect(await send(await keyOf('rita'), 'same', touch('own'))).toEqual({ repeated: false });
    expect(await send(await keyOf('raj'), 'same', touch('own'))).toEqual({ repeated: false });
    expect((await metas('own')).map(({ actor }) => actor)).toEqual(['rita', 'rita', 'raj']);
    await expect(keyOf('clock')).rejects.toMatchObject({ code: 'key/reserved-label' });
    await expect(keyOf('policy:follow-merges')).rejects.toMatchObject({ code: 'command/invalid', path: 'label' });
  });
  it('may report decisions of another system only as its connector', async () => {
    const [person, page] = [await keyOf('rita'), await keyOf('page', { origin: 'system' })];
    const connector = await keyOf('crm', { origin: 'connector' });
    await send(person, 'bea', capture('bea'));
    const refused = { code: 'lead/external-not-yours', path: 'external' };
    for (const key of [person, page]) expect(await send(key, 'q', qualify('bea', 'crm'))).toEqual(refused);
    expect(await send(connector, 'q', qualify('bea', 'erp'))).toEqual(refused);
    expect(await send(connector, 'q', qualify('bea', 'crm'))).toEqual({ repeated: false });
    expect((await metas('bea')).at(-1)).toMatchObject({ actor: 'connector:crm', origin: 'connector' });
  });
  it('may be a page that acts for a named person', async () => {
    const page = await keyOf('page', { origin: 'system', actsForPersons: true });
    const acts = { 'baton-acts-for': 'rita@example.com' };
    expect(await send(page, 'p1', capture('cyd'))).toEqual({ repeated: false });
    expect(await send(page, 'p2', touch('cyd'), acts)).toEqual({ repeated: false });
    expect(await send(await keyOf('rita@example.com'), 'p2', touch('cyd'))).toEqual({ repeated: true });
    const together =
      'sendCommands(commands: [{ recordTouch: { input: { leadId: "cyd", action: "call", team: SALES } } }])';
    expect(await send(page, 'p4', together, acts)).toEqual([{ repeated: false }]);
    expect(await send(await keyOf('rita@example.com'), 'p4-1', touch('cyd'))).toEqual({ repeated: true });
    expect(await metas('cyd')).toMatchObject([
      { actor: 'system:page', origin: 'system' },
      { actor: expect.stringMatching(/^person-[\w-]{22}$/) as string, origin: 'person' }, // no address in the log
      { actor: expect.stringMatching(/^person-[\w-]{22}$/) as string, origin: 'person' },
    ]);
    expect(await send(page, 'p3', qualify('cyd', 'crm'), acts)).toMatchObject({ code: 'lead/external-not-yours' });
  });
  it('is refused if it may not act for others, or for an invalid person', async () => {
    const page = await keyOf('page', { origin: 'system', actsForPersons: true });
    for (const name of ['clock', 'policy:follow-merges', 'connector:crm', 'a b', ''])
      expect(await send(page, 'n', capture('dan'), { 'baton-acts-for': name })).toEqual({ code: 'access/bad-person' });
    for (const key of [await keyOf('rita'), await keyOf('other', { origin: 'system' })])
      expect(await send(key, 'n', capture('dan'), { 'baton-acts-for': 'raj' })).toEqual({
        code: 'access/acts-for-nobody',
      });
    expect(await metas('dan')).toEqual([]);
  });
});

describe('baton keys', () => {
  const folder = temporaryFolder();
  it('creates keys of each origin, and lists them', async () => {
    await (await Served.start(folder)).stop(); // a start creates the store
    const create = (...more: string[]) => batonJson(folder, 'keys', 'create', '--roles', 'sales', ...more);
    await create('--label', 'rita');
    await create('--label', 'crm', '--origin', 'connector');
    await create('--label', 'page', '--origin', 'system', '--acts-for-persons');
    const listed = await batonJson<object[]>(folder, 'keys', 'list');
    expect(listed).toMatchObject([
      { label: 'rita', origin: 'person', actsForPersons: false },
      { label: 'crm', origin: 'connector', actsForPersons: false },
      { label: 'page', origin: 'system', actsForPersons: true },
    ]);
    expect((await baton(folder, 'keys', 'list')).stdout).toContain('system, acts for persons');
    for (const [wrong, code] of [
      [['--origin', 'connector', '--acts-for-persons'], 'key/not-a-system'],
      [['--origin', 'robot'], ''],
    ] as const) {
      const { status, stderr } = await baton(folder, 'keys', 'create', '--label', 'x', '--roles', 'sales', ...wrong);
      expect([status === 0, stderr]).toEqual([false, expect.stringContaining(code)]);
    }
  });
});
