import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Role } from '@baton/kernel';
import { repetitions } from '@baton/kernel/testing';
import { startingPolicy } from '@baton/sla-clocks';
import { batonJson, root, Served, temporaryFolder } from './support/baton';
import { eventsIn, faultsOf, seeded, unsoundModels } from './support/crash';
import { freePort } from './support/free-port';

const SEED = Number(process.env['CRASH_SEED'] ?? 1);
const KILLS = repetitions(3, 200);
/** Callers work until the last kill, and at least this long. */
const LEADS = repetitions(20, 200);

/** Starts a server of a folder in a process of its own. */
const startServer = async (folder: string, port: number) => {
  const env = { ...process.env, BATON_DATA_DIR: folder, BATON_PORT: String(port), BATON_LOG_LEVEL: 'silent' };
  const child = spawn(process.execPath, [join(root, 'dist', 'apps', 'cli', 'main.js'), 'start', '--json'], { env });
  const ended = once(child, 'exit');
  await Promise.race([once(child.stdout, 'data'), ended]);
  return { child, ended };
};

const mutationOf = (command: string): string =>
  `mutation ($id: ID!, $input: ${command.charAt(0).toUpperCase()}${command.slice(1)}Input!) {
    it: ${command}(commandId: $id, input: $input) { __typename ... on Accepted { position } ... on Refused { code } } }`;
interface Answered {
  readonly __typename: string;
  readonly position: string;
}

describe('a server that is killed while callers send mutations', () => {
  const folder = temporaryFolder();
  let token: string;
  beforeAll(async () => {
    const served = await Served.start(folder);
    let sent = 0;
    const tell = async (command: string, input: object, as: Role[] = ['revops']) => {
      const { data } = await served.ask<{ it: Answered }>(mutationOf(command), as, { id: `agree-${sent++}`, input });
      expect({ command, it: data.it.__typename }).toEqual({ command, it: 'Accepted' });
    };
    const visits = { touches: { action: 'page-view', page: '/product*' }, gte: 2, within: 'P30D' };
    const bodies = {
      mql: { statement: 'Has visited our product pages twice in the past month.', criteria: { all: [visits] } },
      'sla-policy': startingPolicy([]),
      routing: { handoffOwner: 'hanna', rules: [], otherwise: 'all' },
    };
    for (const [definitionId, body] of Object.entries(bodies)) {
      await tell('proposeDefinition', { definitionId, body, reason: 'agreed' });
      for (const team of ['marketing', 'sales'] as const)
        await tell('approveDefinition', { definitionId, number: 1, team: team.toUpperCase() }, [team]);
    }
    await tell('joinQueue', { routingId: 'all', rep: 'rita', weight: 1 });
    token = await served.token('admin');
    await served.stop();
    const next = await Served.start(folder);
    await next.agreed(Object.keys(bodies));
    await next.stop();
  });

  it('has each acknowledged mutation once, read models equal to a new fold, and hands off each lead once', async () => {
    const port = await freePort();
    const start = () => startServer(folder, port);
    const acknowledged = new Map<string, string>();
    let [kills, repeats] = [0, 0];
    /** Sends a mutation until it gets a response, under one id. */
    const send = async (id: string, command: string, input: object) => {
      const body = JSON.stringify({ query: mutationOf(command), variables: { id, input } });
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
      for (; ; repeats++) {
        // No response, or half of one: the server was killed meanwhile.
        const answer = await fetch(`http://127.0.0.1:${port}/graphql`, { method: 'POST', headers, body })
          .then((response) => response.json() as Promise<{ data?: { it: Answered } }>)
          .catch(() => undefined);
        if (answer?.data) {
          const { __typename, position } = answer.data.it;
          expect({ id, __typename }).toEqual({ id, __typename: 'Accepted' });
          acknowledged.set(id, position);
          return;
        }
        await delay(50);
      }
    };
    let leads = 0;
    const call = async () => {
      while (leads < LEADS || kills < KILLS) {
        const leadId = `l${leads++}`;
        await send(`capture-${leadId}`, 'captureLead', { leadId, email: `${leadId}@example.com` });
        for (const visit of [1, 2]) {
          const touch = { leadId, action: 'page-view', page: '/product', team: 'MARKETING' };
          await send(`visit-${visit}-${leadId}`, 'recordTouch', touch);
        }
      }
    };
    const random = seeded(SEED);
    const calling = Promise.all([call(), call(), call(), call()]);
    for (; kills < KILLS; kills++) {
      const { child, ended } = await start();
      await delay(random() * 800);
      child.kill('SIGKILL');
      await ended;
    }
    const last = await start();
    await calling;
    last.child.kill('SIGTERM');
    await last.ended;
    const served = await Served.start(folder);
    await served.settle();
    await served.stop();

    const events = await eventsIn(join(folder, 'log.db'));
    const wrong: object[] = [];
    for (const [id, position] of acknowledged) {
      const written = events.filter(({ meta, stream }) => meta.commandId === id && stream.startsWith('lead-'));
      const types = new Set(written.map(({ type }) => type));
      if (types.size !== written.length || written.at(-1)?.position !== position) wrong.push({ id, position, written });
    }
    const handedOff = events.filter(({ type }) => type === 'LeadHandedOff').map(({ stream }) => stream);
    expect(wrong).toEqual([]);
    expect(acknowledged.size).toBe(3 * leads);
    expect(new Set(handedOff).size).toBe(handedOff.length);
    expect(handedOff).toHaveLength(leads);
    expect({ faults: faultsOf(events), ...(await unsoundModels(folder)) }).toEqual({
      ...{ faults: [], incomplete: [], differing: [] },
    });
    process.stderr.write(`server: ${kills} kills, ${acknowledged.size} mutations, ${repeats} sent again; 0 lost\n`);
  });
});

describe('a server that is killed after it has shown somebody', () => {
  const folder = temporaryFolder();

  it('has recorded it once, for a command line beside it too', async () => {
    const served = await Served.start(folder);
    await served.ask('mutation { captureLead(commandId: "a", input: { leadId: "ada", name: "Ada" }) { __typename } }', [
      'admin',
    ]);
    const token = await served.token('sales');
    await served.settle();
    await served.stop();
    const port = await freePort();
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    const look = async () => {
      const body = JSON.stringify({ query: '{ leads { nodes { name } } }' });
      const response = await fetch(`http://127.0.0.1:${port}/graphql`, { method: 'POST', headers, body });
      expect(await response.json()).toEqual({ data: { leads: { nodes: [{ name: 'Ada' }] } } });
    };
    const sightings = async () => (await batonJson<{ caller: string }[]>(folder, 'who-saw', 'ada')).length;

    const first = await startServer(folder, port);
    await look();
    first.child.kill('SIGKILL');
    await first.ended;
    expect(await sightings()).toBe(1);

    const second = await startServer(folder, port);
    await look();
    expect(await sightings()).toBe(2);
    await look();
    second.child.kill('SIGKILL');
    await second.ended;
    const third = await startServer(folder, port);
    third.child.kill('SIGTERM');
    await third.ended;
    expect(await sightings()).toBe(3);
  });
});
