import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { root, Served, temporaryFolder } from './support/baton';

describe('the examples', () => {
  const folder = temporaryFolder();
  let served: Served;
  let commands = 0;
  const tell = async (mutation: string) => {
    const { data, errors } = await served.ask<{ it: { code?: string } }>(
      `mutation { it: ${mutation.replace('(', `(commandId: "e${commands++}", `)} { __typename ... on Refused { code } } }`,
      ['revops'],
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

  it('say what is wrong', async () => {
    const { status, stderr } = await run('revenue-by-source.mjs', '2024-02-30');
    expect([status, stderr]).toEqual([1, expect.stringMatching(/^[a-z]+\/[a-z-]+: ./)]);
    expect((await run('case-file.mjs')).stderr).toContain('Name a lead and a day');
  });
});
