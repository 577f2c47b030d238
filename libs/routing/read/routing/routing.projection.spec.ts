import { foldAll, recorded } from '@baton/kernel/testing';
import type { RoutingEvent } from '../../write/routing/routing.events';
import { membersOf, routingQueues } from './routing.projection';

const routingId = 'emea';
const choice = { routingId, definition: 'routing@1', rule: 'otherwise', standings: [] };
const at = (event: RoutingEvent, day: number) => recorded(event, { occurredAt: `2024-01-0${day}T00:00:00.000Z` });
const history = [
  at({ type: 'RepJoined', data: { routingId, rep: 'sam', weight: 2 } }, 1),
  at({ type: 'RepJoined', data: { routingId, rep: 'rita', weight: 1 } }, 1),
  at({ type: 'RepJoined', data: { routingId, rep: 'tom', weight: 1 } }, 1),
  at({ type: 'RepJoined', data: { routingId, rep: 'una', weight: 1 } }, 1),
  at({ type: 'RepChosen', data: { ...choice, leadId: 'a', rep: 'rita', by: 'turn' } }, 2),
  at({ type: 'RepChosen', data: { ...choice, leadId: 'b', rep: 'sam', by: 'account-owner' } }, 4),
  at({ type: 'LeadUnassigned', data: { routingId, leadId: 'a', rep: 'rita' } }, 5),
  at({ type: 'RepBaselineSet', data: { routingId, rep: 'rita', base: 0.75 } }, 5),
  at({ type: 'RepMarkedAbsent', data: { routingId, rep: 'tom' } }, 5),
  at({ type: 'RepLeft', data: { routingId, rep: 'una' } }, 5),
  at({ type: 'RepChosen', data: { ...choice, leadId: 'c', rep: 'hanna', by: 'handoff-owner' } }, 3),
];

describe('the balance of a queue', () => {
  const queue = foldAll(routingQueues, history).get(routingId)!;
  it('counts the assigned leads, whatever became of them', () =>
    expect(queue).toMatchObject({ routed: 3, toHandoffOwner: 1, lastRoutedAt: '2024-01-04T00:00:00.000Z' }));
  it('shows its members in the order of their turns, then absent ones', () =>
    expect(
      membersOf(queue).map(({ rep, assigned, returned, base, away }) => [rep, assigned, returned, base, away]),
    ).toEqual([
      ['sam', 1, 0, 0, false],
      ['rita', 1, 1, 0.75, false],
      ['tom', 0, 0, 0, true],
    ]));
});
