import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Role } from '@baton/kernel';
import { eventually } from '@baton/kernel/testing';
import { WebSocket } from 'ws';
import { connect } from '../examples/front-end/client';
import {
  accept,
  findLead,
  followQueue,
  makeDeal,
  revisionOf,
  timelineOf,
  win,
  type Queue,
} from '../examples/front-end/sales-desk';
import { baton, root, Served, temporaryFolder } from './support/baton';

describe('the examples', () => {
  const folder = temporaryFolder();
  let served: Served;
  let commands = 0;
  const tell = async (mutation: string, as: Role = 'revops') => {
    const { data, errors } = await served.ask<{ it: { code?: string } }>(
      `mutation { it: ${mutation.replace('(', `(commandId: "e${commands++}", `)} { __typename ... on Refused { code } } }`,
      [as],
    );
    expect([mutation, errors, data.it.code]).toEqual([mutation, undefined, undefined]);
  };
  beforeAll(async () => {
    served = await Served.start(folder);
    const deal = (id: string, source: string, euros: number) =>
      `openOpportunity(input: { opportunityId: "${id}", source: "${source}", stage: "Demo", owner: "ann", amount: { minor: ${euros}00, currency: "EUR" } })`;
    await tell('captureLead(input: { leadId: "ada", source: "web" })');
    await tell('recordTouch(input: { leadId: "ada", action: "page-view", team: MARKETING, source: "fair, spring" })');
    await tell(deal('d1', 'fair, spring', 120));
    await tell('addContactRole(input: { opportunityId: "d1", leadId: "ada", role: "primary" })');
    await served.settle();
    await tell('winOpportunity(input: { opportunityId: "d1", amount: { minor: 12000, currency: "EUR" } })');
    await served.settle();
  });
  afterAll(() => served.stop());

  const run = async (script: string, ...args: string[]) => {
    const env = { ...process.env, BATON_URL: served.url, KEY: await served.token('analyst', 'auditor') };
    const child = spawn(process.execPath, [join(root, 'examples', script), ...args], { env });
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    return { status: child.exitCode, stdout, stderr };
  };

  it('give an analyst the revenue by source as CSV', async () => {
    const { status, stdout, stderr } = await run('revenue-by-source.mjs');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toBe('source,won,revenue,currency\n"fair, spring",1,120.00,EUR\n');
  });

  it('give an auditor the case file of a lead as of a day', async () => {
    const dayAfter = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
    const known = async (day: string) => {
      const { status, stdout, stderr } = await run('case-file.mjs', 'ada', day);
      expect([status, stderr]).toEqual([0, '']);
      return (JSON.parse(stdout) as { entries: { type: string }[] }).entries.map(({ type }) => type);
    };
    expect((await known(dayAfter(0))).slice(0, 2)).toEqual(['LeadCaptured', 'TouchRecorded']);
    const before = await run('case-file.mjs', 'ada', dayAfter(-1)); // nothing was recorded of the lead then
    expect([before.status, before.stderr]).toEqual([1, expect.stringContaining('lead-ada')]);
  });

  it('give an auditor the log, verified offline by the key, one event proven, and one changed bit refused', async () => {
    const { stdout } = await baton(folder, 'events', '--types', 'OpportunityWon');
    const { id } = JSON.parse(stdout) as { id: string };
    const [fetched, key] = [await run('audit.mjs', folder, id), (await baton(folder, 'proof', 'key')).stdout.trim()];
    expect([fetched.status, fetched.stderr]).toEqual([0, '']);
    const verify = (file: string, ...more: string[]) =>
      run('verify-export.mjs', join(folder, file), '--key', key, ...more);
    const whole = await verify('log.ndjson', '--head', join(folder, 'head.txt'));
    expect([whole.status, whole.stdout]).toEqual([0, expect.stringContaining('"kind":"log"')]);
    const one = await verify('event.json');
    expect([one.status, one.stdout]).toEqual([0, expect.stringContaining('"kind":"event"')]);
    const bytes = readFileSync(join(folder, 'log.ndjson'));
    bytes[bytes.indexOf('"OpportunityWon"') + 1]! ^= 1;
    writeFileSync(join(folder, 'log.ndjson'), bytes);
    const changed = await verify('log.ndjson');
    expect([changed.status, changed.stderr]).toEqual([1, expect.stringMatching(/^NOT VERIFIED, step root: /)]);
    const other = await run(
      'verify-export.mjs',
      join(folder, 'event.json'),
      '--key',
      key.replace(/\+[0-9a-f]{8}\+/, '+00000000+'),
    );
    expect([other.status, other.stderr]).toEqual([1, expect.stringContaining('step key')]);
  });

  it('give a front end of sales a lead from its e-mail address to the win, and the queue live', async () => {
    await tell('captureLead(input: { leadId: "eve", email: "eve@example.org", name: "Eve", company: "Loom" })');
    for (const kind of ['mql', 'sql']) {
      await tell(
        `proposeDefinition(input: { definitionId: "${kind}", body: { statement: "Said." }, reason: "agreed" })`,
      );
      for (const team of ['marketing', 'sales'] as const)
        await tell(
          `approveDefinition(input: { definitionId: "${kind}", number: 1, team: ${team.toUpperCase()} })`,
          team,
        );
    }
    await tell('qualifyLead(input: { leadId: "eve" })');
    await tell('handOffLead(input: { leadId: "eve", rep: "rita" })');
    await served.settle();
    const { client, close } = connect(served.url, await served.token('sales'), { webSocketImpl: WebSocket });
    const shown: Queue[] = [];
    const end = followQueue(client, 'rita', (queue) => shown.push(queue));
    try {
      await eventually(() => shown.length === 1);
      expect(shown[0]).toMatchObject({ waiting: 1, leads: [{ leadId: 'eve', lead: { name: 'Eve' } }] });

      const found = await findLead(client, ' Eve@Example.org');
      expect(found).toMatchObject({ leadId: 'eve', stage: 'HANDED_OFF', name: 'Eve', rep: 'rita' });
      expect(await findLead(client, 'nobody@example.org')).toBeUndefined();
      const revision = (await revisionOf(client, 'lead-eve'))!;
      await expect(accept(client, 'eve', revision - 1)).rejects.toMatchObject({ code: 'command/revision-passed' });
      const accepted = await accept(client, 'eve', revision);
      expect(accepted.lead).toMatchObject({ stage: 'SAL' });
      await eventually(() => shown.at(-1)?.waiting === 0);

      const deal = { product: 'Loom', amount: { minor: 123_450, currency: 'EUR' } };
      const dealId = await makeDeal(client, 'eve', accepted.revision, deal);
      await served.settle();
      expect(await win(client, dealId, await revisionOf(client, `opportunity-${dealId}`))).toMatchObject({
        ...{ status: 'WON', amount: { minor: 123_450, currency: 'EUR', decimal: '1234.50' } },
      });
      await served.settle();
      expect(await findLead(client, 'eve@example.org')).toMatchObject({ stage: 'CUSTOMER' });
      const sentences: string[] = [];
      for await (const { sentence } of timelineOf(client, 'eve')) sentences.push(sentence);
      expect(sentences.join('\n')).toMatch(/captured[^]+handed[^]+accepted[^]+customer/);
    } finally {
      end();
      close();
    }
  });

  it('say what is wrong', async () => {
    const { status, stderr } = await run('revenue-by-source.mjs', '2024-02-30');
    expect([status, stderr]).toEqual([1, expect.stringMatching(/^[a-z]+\/[a-z-]+: ./)]);
    expect((await run('case-file.mjs')).stderr).toContain('Name a lead and a day');
  });
});
