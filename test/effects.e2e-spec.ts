import { randomUUID } from 'node:crypto';
import { CommandBus } from '@nestjs/cqrs';
import { EventLog, type Outcome, type Role, type RawEvent } from '@baton/kernel';
import { eventually, RecordingOutbound, repetitions } from '@baton/kernel/testing';
import { startingPolicy } from '@baton/sla-clocks';
import { ToLead, type LeadCommand } from '@baton/leads';
import { Runner } from '@baton/platform/runner';
import { Served, temporaryFolder } from './support/baton';

interface Told {
  readonly messageId: string;
  readonly kind: string;
  readonly to: string;
  readonly leadId: string;
  readonly template: string;
  readonly status: string;
  readonly task: string | null;
  readonly doBy: string | null;
}
const messageFields = 'messageId kind to leadId template status task doBy';

describe('messages to other systems', () => {
  const folder = temporaryFolder();
  const [messaging, tasks, crm] = [new RecordingOutbound(), new RecordingOutbound(), new RecordingOutbound()];
  const senders = Object.entries({ messaging, tasks, crm }).map(([target, outbound]) => ({ target, outbound }));
  let served: Served;
  beforeAll(async () => {
    served = await Served.start(folder, senders);
    await begun();
  });
  afterAll(() => served.stop());

  /** The sender starts with new events: from here on messages are sent. */
  const begun = async () => {
    await tell('joinQueue', { routingId: 'all', rep: 'rita', weight: 1 });
    await served.settle();
    const effects = async () => (await served.app.get(Runner).status()).filter(({ kind }) => kind === 'effect');
    await eventually(async () => (await effects()).every(({ position }) => position !== ''));
  };
  const tell = async (command: string, input: object, as: readonly Role[] = ['revops']): Promise<void> => {
    const type = `${command.charAt(0).toUpperCase()}${command.slice(1)}Input!`;
    const { data, errors } = await served.ask<{ it: { code?: string; message?: string } }>(
      `mutation ($id: ID!, $input: ${type}) { it: ${command}(commandId: $id, input: $input) {
        __typename ... on Refused { code message } } }`,
      as,
      { id: randomUUID(), input },
    );
    if (errors) throw new Error(JSON.stringify(errors));
    if (data.it.code) throw new Error(`${command}: ${data.it.code} ${data.it.message}`);
  };
  const agree = async (definitionId: string, body: object) => {
    await tell('proposeDefinition', { definitionId, body, reason: 'agreed' });
    for (const team of ['marketing', 'sales'] as const)
      await tell('approveDefinition', { definitionId, number: 1, team: team.toUpperCase() }, [team]);
  };
  const inbox = async (query: 'notifications' | 'tasks' | 'messages', args: string): Promise<readonly Told[]> => {
    await served.settle();
    const { data, errors } = await served.ask<Record<string, { edges: { node: Told }[] }>>(
      `{ ${query}(filter: { ${args} }, first: 500) { edges { node { ${messageFields} } } } }`,
      ['revops'],
    );
    if (errors) throw new Error(JSON.stringify(errors));
    return data[query]!.edges.map(({ node }) => node);
  };
  const sentAll = (leadId: string, count: number) =>
    eventually(async () => {
      const sent = await inbox('messages', `leadId: { in: ["${leadId}"] }`);
      return sent.length === count && sent.every(({ status }) => status === 'SENT');
    });
  const events = async (): Promise<readonly RawEvent[]> => {
    const found: RawEvent[] = [];
    for (let after = '', atTip = false; !atTip;) {
      const page = await served.app.get(EventLog).readAll(after);
      found.push(...page.events);
      ({ position: after, atTip } = page);
    }
    return found;
  };
  const capture = (leadId: string) =>
    tell('captureLead', {
      ...{ leadId, employees: 900, source: 'web', email: `${leadId}@example.org`, name: `Zoe Zander ${leadId}` },
      ...{ phone: '+4912345', problems: 'Too many spreadsheets' },
    });
  const visit = (leadId: string) =>
    tell('recordTouch', { leadId, action: 'page-view', page: '/product', team: 'MARKETING' });
  const handedOff = async (leadId: string) => {
    await capture(leadId);
    await visit(leadId);
  };

  it('a handoff notifies the rep and the CRM, and its obligations are tasks by their due instants', async () => {
    await agree('mql', { statement: 'A visit.', criteria: { touches: { page: '/product*' }, gte: 1, within: 'P30D' } });
    await agree('sla-policy', startingPolicy(['wrong-person']));
    await agree('routing', { handoffOwner: 'hanna', rules: [], otherwise: 'all' });
    const { data: due } = await served.ask<object>(
      `{ dueReviews(days: 366, first: 1) { totalCount nodes { kind definition { status approvals { team } } } }
         unapprovedDefinitions { totalCount } }`,
      ['sales'],
    );
    const approvals = [{ team: 'MARKETING' }, { team: 'SALES' }];
    expect(due).toEqual({
      dueReviews: { totalCount: 3, nodes: [{ kind: 'MQL', definition: { status: 'IN_FORCE', approvals } }] },
      unapprovedDefinitions: { totalCount: 0 },
    });
    await handedOff('ada');
    await sentAll('ada', 4);
    expect(await inbox('notifications', 'to: { in: ["rita"] }')).toMatchObject([
      { kind: 'NOTIFICATION', leadId: 'ada', template: 'lead-handed-off', status: 'SENT', task: null },
    ]);
    const owed = await inbox('tasks', 'to: { in: ["rita"] }, task: { in: [OPEN] }');
    expect(owed.map(({ template }) => template)).toEqual(['sales-owes:first-response', 'sales-owes:disposition']);
    const started = (await events()).filter(({ type }) => type === 'ObligationStarted');
    expect(owed.map(({ doBy }) => doBy)).toEqual(started.map(({ data }) => (data as { dueAt: string }).dueAt));
    for (const [outbound, templates] of [
      [messaging, ['lead-handed-off']],
      [crm, ['lead-record']],
      [tasks, ['sales-owes:disposition', 'sales-owes:first-response']],
    ] as const)
      expect(outbound.calls.map(({ template }) => template).sort()).toEqual(templates);
  });

  it('a task is done when its obligation is fulfilled, or by a command, and dropped when it is no longer required', async () => {
    await tell('recordTouch', { leadId: 'ada', action: 'call', team: 'SALES', direction: 'OUTBOUND' }, ['sales']);
    const of = async (leadId: string) =>
      Object.fromEntries(
        (await inbox('tasks', `leadId: { in: ["${leadId}"] }`)).map(({ template, task }) => [template, task]),
      );
    expect(await of('ada')).toEqual({ 'sales-owes:first-response': 'DONE', 'sales-owes:disposition': 'OPEN' });
    const [open] = await inbox('tasks', 'leadId: { in: ["ada"] }, task: { in: [OPEN] }');
    await tell('completeTask', { messageId: open!.messageId }, ['sales']);
    await handedOff('bea');
    await sentAll('bea', 4);
    await tell('rejectLead', { leadId: 'bea', reason: 'wrong-person' }, ['sales']);
    expect(await of('ada')).toEqual({ 'sales-owes:first-response': 'DONE', 'sales-owes:disposition': 'DONE' });
    expect(await of('bea')).toEqual({ 'sales-owes:first-response': 'DROPPED', 'sales-owes:disposition': 'DONE' });
  });

  it('an active lead with the best grade alerts its rep, once a day', async () => {
    await agree('scoring-model', {
      fit: {
        rules: [{ code: 'large', when: { field: 'employees', gte: 500 }, points: 20 }],
        cutOffs: { high: 20, middle: 10 },
      },
      engagement: {
        rules: [{ code: 'visit', touches: { page: '/product*' }, points: 5 }],
        cutOffs: { high: 10, middle: 5 },
      },
    });
    for (let visits = 0; visits < 3; visits++) await visit('ada');
    const alerts = async () =>
      (await inbox('notifications', 'leadId: { in: ["ada"] }')).filter(({ kind }) => kind === 'ALERT');
    expect(await alerts()).toMatchObject([{ to: 'rita', template: 'lead-hot' }]);
    await eventually(async () => (await alerts())[0]!.status === 'SENT');
    expect([...messaging.arrived.values()].filter(({ kind }) => kind === 'alert')).toHaveLength(1);
  });

  it('an unavailable target delays no other, and its messages are retried', async () => {
    crm.fault = () => {
      throw new Error('away');
    };
    await handedOff('cleo');
    await eventually(async () => {
      const sent = await inbox('messages', 'leadId: { in: ["cleo"] }');
      return sent.filter(({ status }) => status === 'SENT').length === 3;
    });
    const { data } = await served.ask<{ outbox: readonly object[] }>(
      '{ outbox { target connected queued waiting sent failed dropped } }',
      ['sales'],
    );
    expect(data.outbox).toEqual([
      { target: 'crm', connected: true, queued: 0, waiting: 1, sent: 2, failed: 0, dropped: 0 },
      { target: 'messaging', connected: true, queued: 0, waiting: 0, sent: 4, failed: 0, dropped: 0 },
      { target: 'tasks', connected: true, queued: 0, waiting: 0, sent: 6, failed: 0, dropped: 0 },
    ]);
    crm.fault = () => undefined;
    const [late] = await inbox('messages', 'leadId: { in: ["cleo"] }, status: { in: [WAITING] }');
    await tell('retryMessage', { messageId: late!.messageId });
    await sentAll('cleo', 4);
  });

  it('restarts send every message, each under one id, and record it once', async () => {
    const restart = async () => {
      await served.stop();
      served = await Served.start(folder, senders);
    };
    await restart();
    await served.agreed(['mql', 'sla-policy', 'routing', 'scoring-model']);
    const leads: string[] = [];
    for (let round = 0; round < repetitions(5, 20); round++) {
      leads.push(`restart-${round}`);
      await handedOff(leads.at(-1)!);
      await restart();
    }
    for (const leadId of leads) await sentAll(leadId, 4);
    const sent = (await events()).filter(({ type }) => type === 'MessageSent').map(({ stream }) => stream);
    expect(new Set(sent).size).toBe(sent.length);
    const arrived = [messaging, tasks, crm].flatMap((outbound) => [...outbound.arrived.keys()]);
    expect(arrived.map((id) => `message-${id}`).sort()).toEqual([...sent].sort());
    for (const leadId of leads)
      for (const [outbound, count] of [
        [messaging, 1],
        [tasks, 2],
        [crm, 1],
      ] as const)
        expect([...outbound.arrived.values()].filter((message) => message.leadId === leadId)).toHaveLength(count);
  });

  it('an imported history sends nothing, nor does a rebuild', async () => {
    const before = (await events()).filter(({ stream }) => stream.startsWith('message-')).length;
    const calls = () => [messaging, tasks, crm].map((outbound) => outbound.calls.length);
    const called = calls();
    const occurredAt = new Date().toISOString();
    for (const [type, data] of [
      ['CaptureLead', {}],
      ['RecordTouch', { action: 'page-view', page: '/product', team: 'marketing' }],
    ] as const) {
      const meta = { commandId: randomUUID(), actor: 'import', origin: 'connector', mode: 'backfill', occurredAt };
      const command = { type, data: { leadId: 'past', ...data }, meta } as LeadCommand;
      await served.app.get(CommandBus).execute<ToLead, Outcome>(new ToLead('past', command));
    }
    await served.settle();
    const past = (await events()).filter(({ stream }) => stream === 'lead-past').map(({ type }) => type);
    expect(past).toEqual(expect.arrayContaining(['LeadHandedOff', 'ObligationStarted']));
    const runner = served.app.get(Runner);
    for (const name of ['messages', 'leads', 'leads-due']) await runner.rebuild(name);
    await served.settle();
    expect((await events()).filter(({ stream }) => stream.startsWith('message-'))).toHaveLength(before);
    expect(calls()).toEqual(called);
  });

  it('no message names a person', async () => {
    const said = JSON.stringify((await events()).filter(({ stream }) => stream.startsWith('message-')));
    expect(said).toContain('"ada"');
    for (const personal of ['@example.org', 'Zander', '+4912345', 'spreadsheets']) expect(said).not.toContain(personal);
    const known = await served.ask<{ lead: { email: string } }>('{ lead(leadId: "ada") { email } }', ['sales']);
    expect(known.data.lead.email).toBe('ada@example.org');
  });

  it('only roles that work with leads can read them', async () => {
    const { errors } = await served.ask('{ notifications { totalCount } }', ['analyst']);
    expect(errors).toMatchObject([{ extensions: { code: 'access/denied' } }]);
  });
});
