import { EventLog } from '@baton/kernel';
import { eventually, FixedClock } from '@baton/kernel/testing';
import { baton, onServers, Served, temporaryFolder } from './support/baton';
import { EventStoreServer } from './support/eventstore-server';
import { FaultProxy } from './support/proxy';

const captureOn = (served: Served, leadId: string) =>
  served.ask<{ it: { __typename: string } | null }>(
    `mutation { it: captureLead(commandId: "c-${leadId}", input: { leadId: "${leadId}", source: "web" }) { __typename } }`,
    ['admin'],
  );

describe('while the log is unavailable', () => {
  const folder = temporaryFolder();
  // Ahead of the machine, so that the log's own time is never later than now; the test advances it by an hour.
  const clock = new FixedClock('2031-01-01T00:00:00.000Z');
  let server: EventStoreServer;
  let proxy: FaultProxy;
  let served: Served;
  let position: string;
  beforeAll(async () => {
    const [started, port] = await EventStoreServer.start();
    server = started;
    proxy = await FaultProxy.to(port);
    onServers(folder, { BATON_EVENTSTORE_URL: `esdb://127.0.0.1:${proxy.port}?tls=false` });
    served = await Served.start(folder, [], clock);
    await capture('ada');
    position = await served.settle();
    await served.token('analyst');
    await served.settle();
    proxy.become({ refuses: true });
    proxy.cut();
    await eventually(() => served.app.get(EventLog).availability().state === 'unavailable');
  });
  afterAll(async () => {
    await served.stop();
    await proxy.close();
    server.stop();
  });
  const capture = (leadId: string) => captureOn(served, leadId);
  /** A caller from before: only the log knows whether its key was revoked. */
  const query = (text: string) => served.ask<Record<string, unknown>>(`{ ${text} }`, ['admin']);

  it.each([
    ['a lead', 'lead(leadId: "ada") { leadId stage }'],
    ['a list', 'leads(first: 1) { totalCount edges { node { leadId } } }'],
    ['a figure', 'figures(codes: [OPEN_DEALS]) { figures { total { value } } }'],
    ['what depends on definitions', 'attribution(model: LINEAR) { rows { key } total { conversions } }'],
    ['the status', 'status { name position atTip }'],
  ])('%s is served from the read models, with their position', async (_, text) => {
    const { data, errors, extensions } = await query(text);
    expect(errors).toBeUndefined();
    expect(Object.values(data)[0]).not.toBeNull();
    expect(extensions?.warnings).toEqual([
      {
        code: 'log/unavailable',
        message: expect.stringContaining('read models') as string,
        since: expect.stringMatching(/Z$/) as string,
        position: expect.any(String) as string,
      },
    ]);
    expect(extensions!.warnings![0]!.position >= position).toBe(true);
  });

  it('a read model that has reached the position answers `atLeast`', async () => {
    const { data, errors } = await query(`lead(leadId: "ada", atLeast: "${position}") { leadId }`);
    expect([errors, data['lead']]).toEqual([undefined, { leadId: 'ada' }]);
  });

  it('a known key is accepted for an hour, and no longer', async () => {
    const before = clock.instant;
    clock.instant = '2031-01-01T00:59:59.000Z';
    expect((await query('leads(first: 1) { totalCount }')).errors).toBeUndefined();
    clock.instant = '2031-01-01T01:00:01.000Z';
    expect((await query('leads(first: 1) { totalCount }')).errors![0]!.extensions.code).toBe('log/unavailable');
    clock.instant = before;
  });

  it('an unknown key cannot be checked without the log', async () => {
    const headers = {
      'content-type': 'application/json',
      authorization: `Bearer baton_${'0'.repeat(12)}_${'a'.repeat(43)}`,
    };
    const { errors } = await served.post('{"query":"{ leads(first: 1) { totalCount } }"}', headers);
    expect(errors![0]!.extensions.code).toBe('log/unavailable');
  });

  it('a mutation, and what is read from the log itself, reports the outage', async () => {
    const mutation = await capture('bob');
    expect(mutation.errors![0]!.extensions.code).toBe('log/unavailable');
    expect(mutation.extensions?.warnings).toBeUndefined();
    const input = '{ captureLead: { input: { leadId: "bob", source: "web" } } }';
    const together = await served.ask<{ it: { code: string }[] }>(
      `mutation { it: sendCommands(commandId: "b", commands: [${input}, ${input}]) { ... on Failed { code } } }`,
      ['admin'],
    );
    expect([together.errors, together.data.it.map(({ code }) => code)]).toEqual([
      undefined,
      ['log/unavailable', 'command/not-sent'],
    ]);
    expect((await query('events { events { type } }')).errors![0]!.extensions.code).toBe('log/unavailable');
    for (const file of [
      'caseFile(subject: "lead-ada") { totalCount }',
      'caseFile(subject: "lead-ada", orderBy: RECORDED, newestFirst: true) { edges { node { sentence } } }',
      'caseFile(subject: "lead-nobody") { totalCount }', // only the log knows whether anything is recorded
    ])
      expect((await query(file)).errors![0]!.extensions.code).toBe('log/unavailable');
  });

  it.each(['attribution', 'roas'])('the report %s is served from the read models, with a warning', async (name) => {
    const { status, stdout, stderr } = await baton(folder, 'report', name, '--json');
    expect([status, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ total: expect.anything() as object })]);
    expect(stderr).toMatch(/log\/unavailable: .* up to position \d+-\d+\./);
  });

  it('and once it is back, no response has a warning', async () => {
    proxy.become({});
    await eventually(async () => (await capture('cy')).data?.it?.__typename === 'Accepted');
    await eventually(() => served.app.get(EventLog).availability().state === 'available');
    expect((await query('leads(first: 1) { totalCount }')).extensions?.warnings).toBeUndefined();
  });
});

describe('while the clock of the machine is ahead by hours', () => {
  const folder = temporaryFolder();
  const HOURS_MS = 5 * 3_600_000;

  it('nothing is written, and the error states why, until it is right again', async () => {
    const served = await Served.start(folder);
    const capture = async (leadId: string) => {
      const { data, errors } = await captureOn(served, leadId);
      return errors?.[0]?.extensions?.['code'] ?? data.it?.__typename;
    };
    const right = Date.now.bind(Date);
    expect(await capture('ada')).toBe('Accepted');
    const ahead = jest.spyOn(Date, 'now').mockImplementation(() => right() + HOURS_MS);
    expect(await capture('bob')).toBe('log/clock-jumped');
    ahead.mockRestore();
    expect(await capture('bob')).toBe('Accepted');
    await served.stop();
  });
});
