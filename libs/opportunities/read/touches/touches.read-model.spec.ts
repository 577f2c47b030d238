import { bothWhere, conditionsOfFilter, type StoredEvent } from '@baton/kernel';
import { foldAll, recorded } from '@baton/kernel/testing';
import { leads, type LeadEvent } from '@baton/leads';
import { modelsOf } from '../../../../test/support/read-models';
import type { OpportunityEvent } from '../../write/opportunity/opportunity.events';
import { deals } from '../deals/deals.read-model';
import { touches } from './touches.read-model';

const at = (day: number) => `2024-01-${String(day).padStart(2, '0')}T10:00:00.000Z`;
const event = (id: string, day: number, type: string, data: object): StoredEvent =>
  recorded({ type, data } as LeadEvent | OpportunityEvent, { id, occurredAt: at(day) });
const events: readonly StoredEvent[] = [
  event('c1', 1, 'LeadCaptured', { leadId: 'ada' }),
  event('c2', 1, 'LeadCaptured', { leadId: 'ada2' }),
  event('call', 5, 'TouchRecorded', {
    leadId: 'ada',
    action: 'call',
    team: 'sales',
    direction: 'outbound',
    minutes: 7,
  }),
  event('joined', 6, 'LeadVisitsJoined', {
    leadId: 'ada2',
    visitorId: 'v1',
    visits: [
      { id: 'visit-1', at: at(2), action: 'page-view', team: 'marketing', page: '/pricing', campaign: 'spring' },
      { id: 'visit-2', at: at(3), action: 'download', team: 'marketing' },
    ],
  }),
  event('merged', 7, 'LeadMerged', { leadId: 'ada', mergedLeadId: 'ada2', mergeNumber: 0 }),
  event('into', 7, 'LeadMergedInto', { leadId: 'ada2', survivorId: 'ada', mergeNumber: 0 }),
  event('mail', 8, 'TouchRecorded', { leadId: 'bob', action: 'email', team: 'sales' }),
  event('opened', 9, 'OpportunityOpened', { opportunityId: 'deal', stage: 'demo' }),
  event('role', 9, 'ContactRoleAdded', { opportunityId: 'deal', leadId: 'ada', role: 'champion' }),
];

describe('the timeline of touches', () => {
  const folded = (read: typeof touches | typeof leads | typeof deals) =>
    events.filter(({ type }) => read.types!.includes(type));
  const find = async (filter: object, given: Readonly<Record<string, unknown>> = {}) => {
    const models = await modelsOf([leads], folded(leads));
    await modelsOf([deals], folded(deals), models.documents);
    await modelsOf([touches], folded(touches), models.documents);
    const { where } = conditionsOfFilter(touches, filter as never, 'UTC');
    const list = touches.shown.lists['touches']!;
    const base = typeof list.where === 'function' ? await list.where(at(31), given, models) : {};
    const found = await models.find(touches, {
      where: bothWhere(base, where),
      orderBy: [{ column: 'at', descending: true }],
    });
    return found.map(({ id }) => id);
  };

  it('has one row for each touch and each visit, the latest first', async () =>
    expect(await find({})).toEqual(['mail', 'call', 'visit-2', 'visit-1']));
  it('tells a visit from what was recorded for the person', () => {
    const rows = foldAll(touches, folded(touches));
    expect(rows.get('visit-1')).toMatchObject({
      ...{ leadId: 'ada2', visitorId: 'v1', at: at(2), isVisit: true, page: '/pricing', campaign: 'spring' },
      ...{ team: 'marketing', direction: null, minutes: null },
    });
    expect(rows.get('call')).toMatchObject({ leadId: 'ada', visitorId: null, isVisit: false, minutes: 7 });
  });
  it('of a deal has the touches of its people and of who was merged into them', async () => {
    expect(await find({}, { opportunityId: 'deal' })).toEqual(['call', 'visit-2', 'visit-1']);
    expect(await find({ team: { in: ['sales'] } }, { opportunityId: 'deal' })).toEqual(['call']);
    expect(await find({}, { opportunityId: 'no such deal' })).toEqual([]);
  });
});
