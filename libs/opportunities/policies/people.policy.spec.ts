import { lookThrough, type StoredEvent } from '@baton/kernel';
import { recorded } from '@baton/kernel/testing';
import { ToLead } from '@baton/leads';
import type { OpportunityEvent } from '../write/opportunity/opportunity.events';
import { contactRolesPolicy } from './people.policy';

const opportunityId = 'deal-1';
const deal = (event: OpportunityEvent): StoredEvent => recorded(event, { stream: 'opportunity-deal-1' });
const opened = deal({ type: 'OpportunityOpened', data: { opportunityId, stage: 'open' } });
const added = deal({ type: 'ContactRoleAdded', data: { opportunityId, leadId: 'ann', role: 'champion' } });
const won = deal({ type: 'OpportunityWon', data: { opportunityId, leadIds: ['ann', 'bob'] } });
const lost = deal({ type: 'OpportunityLost', data: { opportunityId, reason: 'price', leadIds: ['ann'] } });
const reopened = deal({ type: 'OpportunityReopened', data: { opportunityId, stage: 'open', reason: 'again' } });
const react = async (event: StoredEvent, ...before: StoredEvent[]) =>
  (
    await contactRolesPolicy.react(
      event,
      lookThrough(async (stream) => (stream === 'opportunity-deal-1' ? [...before, event] : [])),
    )
  ).map(({ to, id, type, data }) => {
    expect(to).toBe(ToLead);
    expect(data).toMatchObject({ leadId: id, opportunityId });
    return { id, type, role: (data as { role?: string }).role };
  });

describe('the people of a deal', () => {
  it('join with their role', async () =>
    expect(await react(added, opened)).toEqual([{ id: 'ann', type: 'JoinOpportunity', role: 'champion' }]));
  it('leave', async () =>
    expect(await react(deal({ type: 'ContactRoleRemoved', data: { opportunityId, leadId: 'ann' } }))).toEqual([
      { id: 'ann', type: 'LeaveOpportunity' },
    ]));
  it('all record the win', async () =>
    expect(await react(won, opened)).toEqual([
      { id: 'ann', type: 'NoteOpportunityWon' },
      { id: 'bob', type: 'NoteOpportunityWon' },
    ]));
  it('all record the loss', async () =>
    expect(await react(lost, opened)).toEqual([{ id: 'ann', type: 'NoteOpportunityLost' }]));
  it('record the close when they are added after it', async () => {
    expect((await react(added, opened, won)).map(({ type }) => type)).toEqual([
      'JoinOpportunity',
      'NoteOpportunityWon',
    ]);
    expect((await react(added, opened, lost)).map(({ type }) => type)).toEqual([
      'JoinOpportunity',
      'NoteOpportunityLost',
    ]);
  });
  it('record the reopening', async () =>
    expect(await react(reopened, opened, added, won)).toEqual([{ id: 'ann', type: 'NoteOpportunityReopened' }]));
  it('who have left record the close at which they had a role, and leave with it', async () => {
    const on = (event: StoredEvent, day: number): StoredEvent => ({
      ...event,
      occurredAt: `2024-01-0${day}T00:00:00.000Z`,
    });
    const removed = deal({ type: 'ContactRoleRemoved', data: { opportunityId, leadId: 'ann' } });
    const nobody = deal({ type: 'OpportunityWon', data: { opportunityId, leadIds: [] } });
    const [came, closed, left] = [on(added, 1), on(nobody, 2), on(removed, 3)];
    expect(await react(closed, opened, came, left)).toEqual([{ id: 'ann', type: 'NoteOpportunityWon' }]);
    expect(await react(on(nobody, 4), opened, came, left)).toEqual([]);
    const data = async (...events: StoredEvent[]) =>
      (
        await contactRolesPolicy.react(
          events.at(-1)!,
          lookThrough(async () => events),
        )
      ).map((reaction) => [reaction.type, reaction.data]);
    const leave = { leadId: 'ann', opportunityId };
    expect(await data(opened, came, closed, left)).toEqual([['LeaveOpportunity', { ...leave, tookPart: true }]]);
    expect(await data(opened, came, on(nobody, 4), left)).toEqual([['LeaveOpportunity', leave]]);
    // A role recorded after the person had left.
    expect(await data(opened, left, came)).toEqual([
      ['JoinOpportunity', { ...leave, role: 'champion' }],
      ['LeaveOpportunity', leave],
    ]);
  });
  it('record no close that was undone', async () =>
    expect((await react(added, opened, won, reopened)).map(({ type }) => type)).toEqual(['JoinOpportunity']));
  it('referred to before their capture join at the capture, with the current state of the deal', async () => {
    const at = (day: number) => `2024-01-0${day}T00:00:00.000Z`;
    const inLead = (type: string, day: number, revision: number): StoredEvent =>
      recorded({ type, data: { leadId: 'ann', opportunityId } }, { stream: 'lead-ann', occurredAt: at(day), revision });
    const named = inLead('LeadNamed', 4, 0);
    const captured = async (day: number, revision: number, ...history: StoredEvent[]) => {
      const event = inLead('LeadCaptured', day, revision);
      const look = async (stream: string) => (stream === 'lead-ann' ? [named, event] : history);
      return (await contactRolesPolicy.react(event, lookThrough(look))).map(({ type, occurredAt }) => [
        type,
        occurredAt,
      ]);
    };
    const closing = { ...won, occurredAt: at(6) };
    expect(await captured(1, 1, opened, added)).toEqual([['JoinOpportunity', at(4)]]);
    expect(await captured(5, 1, opened, added, closing)).toEqual([
      ['JoinOpportunity', at(5)],
      ['NoteOpportunityWon', at(6)],
    ]);
    const removed = deal({ type: 'ContactRoleRemoved', data: { opportunityId, leadId: 'ann' } });
    expect(await captured(5, 1, opened, added, removed)).toEqual([]);
    // A person who left after the close was on the deal.
    const [came, left] = [
      { ...added, occurredAt: at(3) },
      { ...removed, occurredAt: at(7) },
    ];
    expect(await captured(8, 1, opened, came, closing, left)).toEqual([
      ['JoinOpportunity', at(8)],
      ['NoteOpportunityWon', at(8)],
      ['LeaveOpportunity', at(7)],
    ]);
    expect(await captured(5, 0, opened, added)).toEqual([]); // nothing came before the capture
  });
});
