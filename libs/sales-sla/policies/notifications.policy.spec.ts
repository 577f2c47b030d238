import {
  checkData,
  messageCommands,
  messageIdOf,
  ToMessage,
  type Json,
  type StoredEvent,
  lookThrough,
} from '@baton/kernel';
import { recorded } from '@baton/kernel/testing';
import type { LeadEvent } from '@baton/leads';
import { notifications } from './notifications.policy';

const leadId = 'ada';
const rep = 'rita';
const dueAt = '2024-01-02T10:00:00.000Z';
const routing = { handoffOwner: 'hanna', rules: [], otherwise: 'all' };
const agreed: readonly StoredEvent[] = [
  recorded({
    type: 'DefinitionProposed',
    data: { definitionId: 'routing', number: 1, body: routing as Json, reason: 'agreed', reviewBy: '2024-04-01' },
  }),
  ...(['marketing', 'sales'] as const).map((team) =>
    recorded({ type: 'DefinitionApproved', data: { definitionId: 'routing', number: 1, team, approver: team } }),
  ),
  recorded({
    type: 'DefinitionPutInForce',
    data: { definitionId: 'routing', number: 1, from: '2023-01-01T00:00:00.000Z' },
  }),
];

type Streams = Readonly<Record<string, readonly StoredEvent[]>>;
const reactTo = async (event: StoredEvent<LeadEvent>, rules = agreed, people: Streams = {}) => {
  const streams: Streams = { 'definition-routing': rules, ...people };
  const sent = await notifications.react(
    event,
    lookThrough((stream) => Promise.resolve(streams[stream] ?? [])),
  );
  for (const reaction of sent) {
    expect(checkData(messageCommands, reaction)).toBeUndefined();
    expect(reaction).toMatchObject({ to: ToMessage, data: { messageId: reaction.id } });
  }
  return sent.map(({ id, type, data }) => ({ id, type, ...(data as { to?: string; template?: string }) }));
};
const said = (event: LeadEvent, mode: 'live' | 'backfill' = 'live') => recorded(event, { meta: { mode } });

const handedOff = {
  type: 'LeadHandedOff',
  data: { leadId, rep, definition: 'mql@1', count: 1, respondBy: dueAt },
} as const;
const clock = { leadId, kind: 'first-response', startedBy: 'handoff-1', rep };
const started = {
  type: 'ObligationStarted',
  data: {
    ...{ ...clock, definition: 'sla-policy@1', budgetMs: 3_600_000, dueAt },
    ...{ clock: 'wall-clock' as const, moments: [] },
  },
} as const;
const answer = { by: 'touch-1', at: dueAt, countedMs: 3_600_000, late: false };
const met = { type: 'ObligationMet', data: { ...clock, ...answer } } as const;
const cancelled = { type: 'ObligationCancelled', data: { ...clock, by: 'reject-1' } } as const;
const breached = { type: 'ObligationBreached', data: { ...clock, dueAt, cause: 'time' } } as const;
const escalated = (notify: string, more: object = {}) =>
  ({
    type: 'ObligationEscalated',
    data: { ...clock, step: 0, notify, definition: 'sla-policy@1', ...more },
  }) as LeadEvent;
const hot = (more: object = {}) =>
  ({
    type: 'LeadBecameHot',
    data: { leadId, grade: 'A1', definition: 'scoring-model@1', touch: 'touch-1', ...more },
  }) as LeadEvent;

describe('a handoff', () => {
  it('notifies the rep and the CRM', async () => {
    const event = said(handedOff);
    const data = { leadId, rep, definition: 'mql@1', respondBy: dueAt, count: 1 };
    expect(await reactTo(event)).toMatchObject([
      { id: messageIdOf(event.id, 'lead-handed-off', rep), target: 'messaging', kind: 'notification', to: rep, data },
      { id: messageIdOf(event.id, 'lead-record', rep), target: 'crm', kind: 'record', leadId, to: rep, data },
    ]);
  });
  it('of another system notifies nobody', async () =>
    expect(await reactTo(said({ ...handedOff, data: { ...handedOff.data, external: true } }))).toEqual([]));
});

describe('an obligation of a rep', () => {
  const task = messageIdOf('handoff-1', 'sales-owes:first-response', rep);
  it('is a task until it is due', async () =>
    expect(await reactTo(said(started))).toMatchObject([
      {
        id: task,
        type: 'QueueMessage',
        target: 'tasks',
        kind: 'task',
        to: rep,
        dueAt,
        data: { kind: 'first-response' },
      },
    ]));
  it('is done or dropped at the end of its clock', async () => {
    expect(await reactTo(said(met))).toMatchObject([{ id: task, type: 'CompleteTask', outcome: 'done' }]);
    expect(await reactTo(said(cancelled))).toMatchObject([{ id: task, type: 'CompleteTask', outcome: 'dropped' }]);
  });
  it('is nobody’s task without a rep', async () => {
    const { rep: _, ...nobody } = started.data;
    expect(await reactTo(said({ ...started, data: nobody }))).toEqual([]);
  });
});

describe('the recipient of an escalation', () => {
  const to = async (event: LeadEvent, rules = agreed, people: Streams = {}) =>
    (await reactTo(said(event), rules, people)).map((each) => each.to);
  const entry = (personId: string, more: object) =>
    recorded(
      { type: 'DirectoryEntrySet', data: { personId, team: 'sales', ...more } },
      { occurredAt: '2023-01-01T00:00:00.000Z' },
    );
  const left = { activeTo: '2023-06-30' };
  it('is the rep, the handoff owner by name, or another role', async () => {
    expect(await to(escalated('rep'))).toEqual([rep]);
    expect(await to(escalated('manager'))).toEqual(['manager']);
    expect(await to(escalated('handoff-owner'))).toEqual(['hanna']);
  });
  it('is the handoff owner without a rep, and the role without routing rules', async () => {
    expect(await to(escalated('rep', { rep: undefined }))).toEqual(['hanna']);
    expect(await to(escalated('handoff-owner'), [])).toEqual(['handoff-owner']);
  });
  it('is the manager whom the directory knows', async () => {
    const people = { [`person-${rep}`]: [entry(rep, { manager: 'mona' })] };
    expect(await to(escalated('manager'), agreed, people)).toEqual(['mona']);
    expect(await to(escalated('manager', { rep: undefined }), agreed, people)).toEqual(['manager']);
  });
  it('is the manager of a rep or a handoff owner who has left', async () => {
    const people = {
      [`person-${rep}`]: [entry(rep, { manager: 'mona', ...left })],
      'person-hanna': [entry('hanna', { manager: 'nora', ...left })],
    };
    expect(await to(escalated('rep'), agreed, people)).toEqual(['mona']);
    expect(await to(escalated('handoff-owner'), agreed, people)).toEqual(['nora']);
    expect(await to(handedOff, agreed, people)).toEqual(['mona', rep]); // the record of the CRM stays that of the rep
  });
  it('is the handoff owner where nobody above a rep who has left is at work', async () =>
    expect(await to(escalated('rep'), agreed, { [`person-${rep}`]: [entry(rep, left)] })).toEqual(['hanna']));
  it('is the rep, for a breach', async () => expect(await to(breached)).toEqual([rep]));
});

describe('a hot lead', () => {
  it('alerts its rep', async () =>
    expect(await reactTo(said(hot({ rep })))).toMatchObject([
      { target: 'messaging', kind: 'alert', to: rep, template: 'lead-hot', data: { touch: 'touch-1', grade: 'A1' } },
    ]));
  it('alerts the handoff owner if it has no rep', async () =>
    expect(await reactTo(said(hot()))).toMatchObject([{ kind: 'alert', to: 'hanna' }]));
});

it('an imported history notifies nobody', async () => {
  for (const event of [handedOff, started, met, cancelled, breached, escalated('rep'), hot()])
    expect(await reactTo(said(event, 'backfill'))).toEqual([]);
});
