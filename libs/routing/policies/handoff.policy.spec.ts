import { checkData, type Instant, type Json, type StoredEvent, lookThrough } from '@baton/kernel';
import { recorded, specFor } from '@baton/kernel/testing';
import type { Routing } from '@baton/definitions';
import { startingPolicy } from '@baton/sla-clocks';
import { leadDecider } from '@baton/leads';
import { leadCommands, ToLead } from '@baton/leads';
import { routingCommands, ToRouting } from '../write/routing/routing.events';
import { handoff } from './handoff.policy';

const occurredAt = '2024-01-19T16:30:00.000Z'; // a Friday
const routing: Routing = {
  handoffOwner: 'hanna',
  rules: [
    { name: 'own accounts', when: [{ field: 'owner', in: ['rita'] }], queue: 'enterprise', accountOwner: true },
    { name: 'large', when: [{ field: 'employees', atLeast: 500 }], queue: 'enterprise' },
  ],
  otherwise: 'all',
};
const agreedOn = (kind: string, body: unknown, from = '2024-01-01T00:00:00.000Z'): readonly StoredEvent[] => [
  recorded({
    type: 'DefinitionProposed',
    data: { definitionId: kind, number: 1, body: body as Json, reason: 'agreed', reviewBy: '2024-04-01' },
  }),
  recorded({ type: 'DefinitionApproved', data: { definitionId: kind, number: 1, team: 'marketing', approver: 'm' } }),
  recorded({ type: 'DefinitionApproved', data: { definitionId: kind, number: 1, team: 'sales', approver: 's' } }),
  recorded({ type: 'DefinitionPutInForce', data: { definitionId: kind, number: 1, from } }),
];
const captured = (facts: object) => recorded({ type: 'LeadCaptured', data: { leadId: 'ada', ...facts } });
const reactTo = async (type: string, data: object, streams: Record<string, readonly StoredEvent[]>) => {
  const event = recorded({ type, data: { leadId: 'ada', ...data } }, { occurredAt });
  const sent = await handoff.react(
    event,
    lookThrough((stream) => Promise.resolve(streams[stream] ?? [])),
  );
  for (const reaction of sent)
    expect(checkData(reaction.to === ToLead ? leadCommands : routingCommands, reaction)).toBeUndefined();
  return sent;
};

describe('a qualified lead', () => {
  const asked = (lead: readonly StoredEvent[], rules = agreedOn('routing', routing), data: object = {}) =>
    reactTo('LeadQualified', { definition: 'mql@1', ...data }, { 'definition-routing': rules, 'lead-ada': lead });
  const choose = (routingId: string, rule: string, more: object = {}) => [
    { to: ToRouting, id: routingId, type: 'ChooseRep', data: { routingId, leadId: 'ada', rule, ...more } },
  ];

  it('goes to the queue of the rules, by its latest facts', async () => {
    const grown = recorded({ type: 'LeadProfileChanged', data: { leadId: 'ada', employees: 500 } });
    expect(await asked([captured({ employees: 3 }), grown])).toEqual(choose('enterprise', 'large'));
    expect(await asked([captured({ employees: 3 })])).toEqual(choose('all', 'otherwise'));
  });
  it('is handed off now if a late event qualified it, and at its move in a backfill', async () => {
    const recordedAt = '2024-01-20T08:00:00.000Z';
    const sent = async (mode: 'live' | 'backfill') => {
      const event = recorded({ type: 'LeadQualified', data: { leadId: 'ada', definition: 'mql@1' } }, { occurredAt });
      const late = { ...event, recordedAt, meta: { ...event.meta, mode } };
      const look = async (stream: string) =>
        ({ 'definition-routing': agreedOn('routing', routing), 'lead-ada': [captured({})] })[stream] ?? [];
      return (await handoff.react(late, lookThrough(look))).map((reaction) => [reaction.type, reaction.occurredAt]);
    };
    expect(await sent('live')).toEqual([['ChooseRep', recordedAt]]);
    expect(await sent('backfill')).toEqual([['ChooseRep', undefined]]); // at the instant of the event
  });
  it('goes to the owner of its account first', async () =>
    expect(await asked([captured({ owner: 'rita' })])).toEqual(
      choose('enterprise', 'own accounts', { owner: 'rita' }),
    ));
  it('leaves out reps who are not at work, and has a stand-in for the handoff owner', async () => {
    const entry = (personId: string, more: object) =>
      recorded({ type: 'DirectoryEntrySet', data: { personId, team: 'sales', ...more } });
    const joined = (rep: string) => recorded({ type: 'RepJoined', data: { routingId: 'all', rep, weight: 1 } });
    const streams = {
      ...{ 'definition-routing': agreedOn('routing', routing), 'lead-ada': [captured({})] },
      'routing-all': [joined('rita'), joined('rob'), joined('unknown')],
      'person-rita': [entry('rita', { activeTo: '2024-01-18' })],
      'person-rob': [entry('rob', { activeTo: '2024-01-19' })],
      'person-hanna': [entry('hanna', { manager: 'mona', activeFrom: '2024-02-01' })],
    };
    expect(await reactTo('LeadQualified', { definition: 'mql@1' }, streams)).toEqual(
      choose('all', 'otherwise', { notAtWork: ['rita'], standIn: 'mona' }),
    );
  });
  it('waits for people if no routing rules are in force', async () => {
    expect(await asked([captured({})], [])).toEqual([]);
    expect(await asked([captured({})], agreedOn('routing', routing, '2024-02-01T00:00:00.000Z'))).toEqual([]);
  });
  it('of another system is ignored', async () =>
    expect(await asked([captured({})], undefined, { external: true })).toEqual([]));
});

describe('a chosen rep', () => {
  const handed = (streams: Record<string, readonly StoredEvent[]>) =>
    reactTo('RepChosen', { routingId: 'all', rep: 'rita', definition: 'routing@1', rule: 'x', by: 'turn' }, streams);
  const sla = { 'definition-sla-policy': agreedOn('sla-policy', startingPolicy([])) };
  const office = { timeZone: 'UTC', hours: [{ days: ['mon', 'fri'], from: '09:00', to: '17:00' }] };
  const choice = expect.stringMatching(/^event-\d+$/) as string;
  const handOff = (more: object) => [
    {
      to: ToLead,
      id: 'ada',
      type: 'HandOffRoutedLead',
      data: { leadId: 'ada', rep: 'rita', queue: 'all', choice, ...more },
    },
  ];

  it('gets the lead with the deadline for the first response, in business hours', async () =>
    expect(await handed({ ...sla, 'definition-business-calendar': agreedOn('business-calendar', office) })).toEqual(
      handOff({ respondBy: '2024-01-22T09:30:00.000Z' }),
    ));
  it('has the deadline by the calendar of the lead’s region, or of the queue', async () => {
    const night = { code: 'night', timeZone: 'UTC', hours: [{ days: ['fri'], from: '16:00', to: '22:00' }] };
    const respondBy = async (holdsFor: object) => {
      const calendars = [{ ...night, for: [holdsFor] }];
      const agreed = agreedOn('business-calendar', { ...office, calendars });
      const streams = { ...sla, 'definition-business-calendar': agreed, 'lead-ada': [captured({ region: 'Apac' })] };
      return ((await handed(streams))[0]!.data as { respondBy: Instant }).respondBy;
    };
    expect(await respondBy({ field: 'region', in: ['APAC'] })).toBe('2024-01-19T17:30:00.000Z');
    expect(await respondBy({ field: 'queue', in: ['all'] })).toBe('2024-01-19T17:30:00.000Z');
    expect(await respondBy({ field: 'region', in: ['EMEA'] })).toBe('2024-01-22T09:30:00.000Z');
  });
  it('has the deadline by the wall clock if no calendar is agreed', async () =>
    expect(await handed(sla)).toEqual(handOff({ respondBy: '2024-01-19T17:30:00.000Z' })));
  it('has the deadline at which the clock of the handoff runs out', async () => {
    const [sent] = await handed({ ...sla, 'definition-business-calendar': agreedOn('business-calendar', office) });
    const { respondBy, ...data } = sent!.data as { leadId: string; rep: string; respondBy: Instant };
    const inForce = [
      { kind: 'sla-policy', version: 1, ref: 'sla-policy@1', body: startingPolicy([]) as unknown as Json },
      { kind: 'business-calendar', version: 1, ref: 'business-calendar@1', body: office },
    ];
    const facts = specFor(leadDecider)(
      { type: 'LeadCaptured', data: { leadId: 'ada' } },
      { type: 'LeadQualified', data: { leadId: 'ada', definition: 'mql@1' } },
    )
      .at(occurredAt)
      .under(...inForce)
      .when({ type: 'HandOffLead', data: { leadId: 'ada', rep: data.rep } })
      .decided();
    expect(facts).toContainEqual(
      expect.objectContaining({
        type: 'ObligationStarted',
        data: expect.objectContaining({ kind: 'first-response', dueAt: respondBy }) as object,
      }),
    );
  });
  it('has no deadline if no first response is agreed', async () => expect(await handed({})).toEqual(handOff({})));
});
