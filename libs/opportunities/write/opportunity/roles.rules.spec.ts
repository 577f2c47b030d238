import fc from 'fast-check';
import { recorded } from '@baton/kernel/testing';
import { currentRoles, rolesAfter } from './roles.rules';

const said = (leadId: string, day: number, role: string | null | undefined) => {
  const data = { opportunityId: 'deal', leadId };
  const occurredAt = `2024-01-${String(day).padStart(2, '0')}T00:00:00.000Z`;
  return role === null
    ? recorded({ type: 'ContactRoleRemoved' as const, data }, { occurredAt })
    : recorded({ type: 'ContactRoleAdded' as const, data: { ...data, ...(role && { role }) } }, { occurredAt });
};
const people = (...events: readonly ReturnType<typeof said>[]) => currentRoles(rolesAfter(events));

describe('the people of a deal', () => {
  it('have the last role given, and keep it when they are added without one', () =>
    expect(
      people(said('ann', 1, 'user'), said('bob', 1, undefined), said('ann', 2, 'champion'), said('ann', 3, undefined)),
    ).toEqual([{ leadId: 'ann', role: 'champion' }, { leadId: 'bob' }]));
  it('are in the order in which they were added, whatever their ids', () =>
    expect(people(...['zoe', '10', 'constructor', '9'].map((leadId, n) => said(leadId, n + 1, 'user')))).toEqual(
      ['zoe', '10', 'constructor', '9'].map((leadId) => ({ leadId, role: 'user' })),
    ));
  it('leave, and return without their earlier role', () => {
    const left = [said('ann', 1, 'user'), said('ann', 2, null)];
    expect(people(...left)).toEqual([]);
    expect(people(...left, said('ann', 3, undefined))).toEqual([{ leadId: 'ann' }]);
  });
  it('follow the latest event about each, in any order of recording', () => {
    const words = fc.uniqueArray(
      fc.tuple(
        fc.constantFrom('ann', 'bob'),
        fc.integer({ min: 1, max: 28 }),
        fc.constantFrom('user', 'champion', undefined, null),
      ),
      { selector: ([leadId, day]) => `${leadId} ${day}`, maxLength: 8 },
    );
    fc.assert(
      fc.property(
        words.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
        ([all, told]) => {
          const byId = (list: ReturnType<typeof people>) => new Map(list.map(({ leadId, role }) => [leadId, role]));
          const inTime = [...all].sort(([, a], [, b]) => a - b);
          expect(byId(people(...told.map((one) => said(...one))))).toEqual(
            byId(people(...inTime.map((one) => said(...one)))),
          );
        },
      ),
    );
  });
});
