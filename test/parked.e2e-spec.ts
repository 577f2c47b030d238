import { join } from 'node:path';
import type { ParkedSequence, RawEvent } from '@baton/kernel';
import { EmbeddedEventLog } from '@baton/platform/event-log';
import { baton, batonJson, batonProcess, root, Served, temporaryFolder } from './support/baton';

const folder = temporaryFolder();
const laterBuild = join(root, 'test/support/later-build.js');

/** An event written by a newer version: this one does not know the type. */
const teleport = async (lead: string) => {
  const log = EmbeddedEventLog.open(join(folder, 'log.db'), { now: () => new Date().toISOString() });
  const [{ meta }] = (await log.read(`lead-${lead}`)) as [RawEvent];
  const event = {
    id: `teleported-${lead}`,
    type: 'LeadTeleported',
    data: { leadId: lead },
    meta: { ...meta, schema: 1 },
  };
  await log.append(`lead-${lead}`, [event], 'any');
  await log.close();
};
const waiting = async () =>
  (await batonJson<ParkedSequence[]>(folder, 'parked', 'list')).map(({ follower, sequence, code, eventId }) => ({
    ...{ follower, sequence, code, eventId },
  }));
const caseFile = (lead: string) => ({
  follower: expect.stringMatching(/^case-file-v\d+$/) as unknown,
  sequence: `stream:lead-${lead}`,
  code: 'event/unknown-type',
  eventId: `teleported-${lead}`,
});
const deciding = (action: 'retry' | 'discard', lead: string) =>
  ['parked', action, follower, `stream:lead-${lead}`, '--json'] as const;
const decide = (...decision: Parameters<typeof deciding>) => baton(folder, ...deciding(...decision));
let follower = '';

describe('an event of an unknown type', () => {
  beforeAll(async () => {
    const served = await Served.start(folder);
    for (const lead of ['ada', 'bob', 'cyd']) {
      const { data } = await served.ask<{ captureLead: { __typename: string } }>(
        `mutation { captureLead(commandId: "c-${lead}", input: { leadId: "${lead}", source: "web" }) { __typename } }`,
        ['admin'],
      );
      expect(data.captureLead.__typename).toBe('Accepted');
    }
    await served.settle();
    await served.stop();
    await teleport('ada');
    await teleport('bob');
  });

  it('is parked and reported: a log line, and an entry in the list', async () => {
    // The alarm is a line of the process.
    const { status, stdout, stderr } = batonProcess(folder, 'parked', 'list');
    expect(status).toBe(0);
    expect(stdout).toContain('stream:lead-ada');
    const alarms = stderr
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as { msg: string });
    expect(alarms).toMatchObject([
      { msg: 'a sequence of events waits for a decision', ...caseFile('ada') },
      { msg: 'a sequence of events waits for a decision', ...caseFile('bob') },
    ]);
    expect(await waiting()).toEqual([caseFile('ada'), caseFile('bob')]);
    follower = (await batonJson<ParkedSequence[]>(folder, 'parked', 'list'))[0]!.follower;
  });

  it('is reported by the server: status, a warning of health, a metric; everything else continues', async () => {
    await teleport('cyd');
    const served = await Served.start(folder);
    try {
      await served.settle();
      const { data } = await served.ask<{ status: { name: string; parked: { sequence: string; code: string }[] }[] }>(
        '{ status { name parked { sequence code } } }',
        ['admin'],
      );
      const parked = data.status.flatMap(({ name, parked }) => parked.map((one) => ({ name, ...one })));
      const code = 'event/unknown-type';
      expect(parked).toEqual(
        ['ada', 'bob', 'cyd'].map((lead) => ({ name: follower, sequence: `stream:lead-${lead}`, code })),
      );
      const listed = await served.ask<object>(
        `{ parkedSequences(first: 1, sequence: { notIn: ["stream:lead-ada"] }) { totalCount nodes { follower sequence code } } }`,
        ['analyst'],
      );
      const nodes = [{ follower, sequence: 'stream:lead-bob', code }];
      expect(listed.data).toEqual({ parkedSequences: { totalCount: 2, nodes } });
      const ready = await fetch(`${served.url}/health/ready`);
      expect([ready.status, await ready.json()]).toMatchObject([200, { codes: [], warnings: ['health/parked'] }]);
      const figures = await (await fetch(`${served.url}/metrics`)).text();
      expect(figures).toContain(`baton_parked_sequences{follower="${follower}"} 3`);
      // This process parked one of them; the others were parked before.
      expect(figures).toContain(`baton_sequences_parked_total{follower="${follower}",code="${code}"} 1`);
      const answer = await served.ask<{ leads: { totalCount: number } }>('{ leads { totalCount } }', ['admin']);
      expect(answer.data.leads.totalCount).toBe(3);
    } finally {
      await served.stop();
    }
  });

  it('stays parked when it is retried by the same version', async () => {
    const { status, stdout } = await decide('retry', 'ada');
    expect([status, JSON.parse(stdout)]).toMatchObject([1, { waits: caseFile('ada') }]);
    expect(await waiting()).toHaveLength(3);
  });

  it('is handled when a version that knows it retries, with nothing missing', async () => {
    process.env['NODE_OPTIONS'] = `--require ${laterBuild}`;
    try {
      const { status, stdout } = batonProcess(folder, ...deciding('retry', 'ada'));
      expect(status).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ sequence: 'stream:lead-ada', waits: null });
      const text = batonProcess(folder, 'case-file', 'lead', 'ada', '--json');
      expect(text.status).toBe(0);
      expect(text.stdout).toContain('LeadTeleported');
    } finally {
      delete process.env['NODE_OPTIONS'];
    }
    expect(await waiting()).toEqual([caseFile('bob'), caseFile('cyd')]);
  });

  it('is discarded by decision, also in every rebuild of that version', async () => {
    expect(JSON.parse((await decide('discard', 'bob')).stdout)).toMatchObject({ waits: null });
    expect(JSON.parse((await decide('discard', 'cyd')).stdout)).toMatchObject({ waits: null });
    expect(await waiting()).toEqual([]);
    // This version cannot verify what only the later one can read.
    const verified = await baton(folder, 'status', '--verify', '--json');
    const { completeness } = JSON.parse(verified.stdout) as { completeness: { complete: boolean; code?: string }[] };
    expect(completeness.flatMap(({ complete, code }) => (complete ? [] : [code]))).toEqual(['read/unreadable-events']);
  });

  it('leaves the decisions in the log, with their actor', async () => {
    const decided = (await baton(folder, 'events', '--stream', `follower-${follower}`)).stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as RawEvent)
      .map(({ type, data, meta }) => [type, (data as { sequence: string }).sequence, meta.actor]);
    const actor = expect.stringMatching(/^local:/) as unknown;
    expect(decided).toEqual([
      ['ParkedRetried', 'stream:lead-ada', actor],
      ['ParkedRetried', 'stream:lead-ada', actor],
      ['ParkedDiscarded', 'stream:lead-bob', actor],
      ['ParkedDiscarded', 'stream:lead-cyd', actor],
    ]);
  });

  it.each([
    [['parked', 'forget'], 'cli/unknown-action'],
    [['parked', 'retry', 'leads-v1'], 'cli/argument-missing'],
    [['parked', 'discard', 'leads-v1', 'lead-ada'], 'read/not-parked'],
  ])('%s is refused', async (args, code) => {
    const { status, stderr } = await baton(folder, ...args);
    expect([status, stderr]).toEqual([1, expect.stringContaining(code)]);
  });
});
