import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { Clock, Documents, EventLog, START, type RawEvent } from '@baton/kernel';
import { eventually } from '@baton/kernel/testing';
import { Runner } from '@baton/platform/runner';
import { firstResponse } from '../libs/sla-clocks/ready-made.rules';
import { baton, batonJson, batonRunning, Served, temporaryFolder } from './support/baton';

/**
 * A year-old history with an SLA for first responses. Answers on time are at the end of the file: until then, each of
 * these clocks seems to have run out.
 */
const PEOPLE = 120;
const UNANSWERED = 5;
const instant = { column: 'at', date: 'iso', zone: 'UTC' };
const lead = { leadId: { template: 'p-{person}' } };
const when = (equals: string) => ({ column: 'what', equals });
const policy = {
  obligations: [
    firstResponse({
      ...{ budget: 'PT1H', clock: 'wall-clock', immediate: [] },
      escalation: [{ afterBreach: 'PT0S', notify: 'manager' }],
    }),
  ],
};
const bodies = { mql: { statement: 'As marketing sees it.' }, 'sla-policy': policy };
/** Two people approve: each has a mapping of its own. */
const agreementOf = (team: 'marketing' | 'sales') => ({
  name: team,
  commands: Object.entries(bodies)
    .flatMap(([definitionId, body]) => [
      ...(team === 'marketing'
        ? [{ command: 'ProposeDefinition', data: { definitionId, body: { constant: body }, reason: 'agreed' } }]
        : []),
      { command: 'ApproveDefinition', data: { definitionId, number: 1, team } },
    ])
    .map((command) => ({ ...command, to: 'definition', occurredAt: instant })),
});
const history = {
  name: 'history',
  commands: [
    { command: 'CaptureLead', when: when('captured'), data: lead },
    { command: 'QualifyLead', when: when('qualified'), data: lead },
    { command: 'HandOffLead', when: when('handed off'), data: { ...lead, rep: 'rita' } },
    {
      ...{ command: 'RecordTouch', when: when('called') },
      data: { ...lead, action: 'call', team: 'sales', direction: 'outbound' },
    },
  ].map((command) => ({ ...command, to: 'lead', occurredAt: instant })),
};
const rows = ['captured', 'qualified', 'handed off', 'called'].flatMap((what, hour) =>
  Array.from({ length: PEOPLE - (what === 'called' ? UNANSWERED : 0) }, (_, person) => {
    const minute = what === 'called' ? 30 : 0;
    return `2025-03-01T${10 + hour - (minute && 1)}:${String(minute).padStart(2, '0')}:00Z,${what},${person}`;
  }),
);

const folderOf = async (): Promise<string> => {
  const folder = temporaryFolders.pop()!;
  writeFileSync(join(folder, 'agreement.csv'), 'at\n2025-01-01T00:00:00Z\n');
  for (const team of ['marketing', 'sales'] as const) {
    writeFileSync(join(folder, `${team}.json`), JSON.stringify(agreementOf(team)));
    expect(await batonJson(folder, 'import', `${team}.json`, 'agreement.csv')).toMatchObject({ accepted: 1 });
  }
  writeFileSync(join(folder, 'history.json'), JSON.stringify(history));
  writeFileSync(join(folder, 'history.csv'), ['at,what,person', ...rows, ''].join('\n'));
  return folder;
};
const temporaryFolders: string[] = [];

/** The recorded clocks and messages, without what differs between two logs. */
const toldIn = async (log: EventLog): Promise<readonly string[]> => {
  const told = ['ObligationStarted', 'ObligationMet', 'ObligationBreached', 'ObligationEscalated', 'MessageQueued'];
  const { events } = await log.readAll(START, { types: told }, 10_000);
  const line = ({ type, stream, meta }: RawEvent) => `${type} ${stream} ${meta.occurredAt} ${meta.mode}`;
  return events.map(line).sort();
};
const importHistory = (folder: string) => baton(folder, 'import', 'history.json', 'history.csv', '--json');

describe('an imported history', () => {
  for (let count = 0; count < 3; count++) temporaryFolders.push(temporaryFolder());
  let alone: readonly string[];

  it('breaches clocks without an answer, each at its own instant, and notifies nobody, even when a server starts then', async () => {
    const folder = await folderOf();
    expect(JSON.parse((await importHistory(folder)).stdout)).toMatchObject({ rows: rows.length, rejected: 0 });
    const served = await Served.start(folder);
    await served.app.get(Runner).advanceClock(served.app.get(Clock).now());
    await served.settle();
    alone = await toldIn(served.app.get(EventLog));
    await served.stop();
    const count = (type: string) => alone.filter((each) => each.startsWith(`${type} `)).length;
    expect([count('ObligationStarted'), count('ObligationMet'), count('ObligationBreached')]).toEqual([
      PEOPLE,
      PEOPLE - UNANSWERED,
      UNANSWERED,
    ]);
    expect(count('MessageQueued')).toBe(0);
    expect(alone.filter((each) => !each.endsWith(' backfill'))).toEqual([]);
  });

  it('has the same result beside a server whose clock is running', async () => {
    const folder = await folderOf();
    const served = await Served.start(folder);
    const runner = served.app.get(Runner);
    let going = true;
    const ticking = (async () => {
      for (; going; await setImmediate()) await runner.advanceClock(served.app.get(Clock).now());
    })();
    await importHistory(folder);
    going = false;
    await ticking;
    await served.settle();
    expect(await toldIn(served.app.get(EventLog))).toEqual(alone);
    await served.stop();
  });

  it('has the same result when it is killed, and a server runs until it is started again', async () => {
    const folder = await folderOf();
    const served = await Served.start(folder);
    const [log, runner] = [served.app.get(EventLog), served.app.get(Runner)];
    const handedOff = async () => (await log.readAll(START, { types: ['LeadHandedOff'] }, 1)).events.length > 0;
    const importing = batonRunning(folder, 'import', 'history.json', 'history.csv', '--json');
    const ended = once(importing, 'exit');
    await eventually(handedOff);
    importing.kill('SIGKILL');
    await ended;
    const documents = served.app.get(Documents);
    await eventually(async () =>
      [...(await documents.leases()).keys()].every((lease) => !lease.startsWith('history-')),
    );
    await served.settle();
    await runner.advanceClock(served.app.get(Clock).now());
    expect((await toldIn(log)).filter((each) => each.startsWith('ObligationBreached'))).toEqual([]);
    const { stdout } = await baton(folder, 'status');
    expect(stdout).toMatch(
      /Run 1 of the import history, started .* has not finished; if it was stopped, start it again/,
    );
    const open = await served.ask<{ imports: { edges: { node: object }[] } }>(
      '{ imports(first: 9) { edges { node { importId run rows } } } }',
      ['revops'],
    );
    expect(open.data.imports.edges.map(({ node }) => node)).toEqual([
      { importId: 'history', run: 1, rows: null },
      { importId: 'marketing', run: 1, rows: 1 },
      { importId: 'sales', run: 1, rows: 1 },
    ]);
    expect(JSON.parse((await importHistory(folder)).stdout)).toMatchObject({ rows: rows.length, rejected: 0 });
    await runner.advanceClock(served.app.get(Clock).now());
    await served.settle();
    expect(await toldIn(log)).toEqual(alone);
    expect((await baton(folder, 'status')).stdout).not.toContain('has not ended');
    await served.stop();
  });
});
