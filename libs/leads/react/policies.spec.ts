import { checkData } from '@baton/kernel';
import { recorded } from '@baton/kernel/testing';
import { leadCommands, ToLead } from '../write/lead/lead.events';
import { ToMerges } from '../write/merges/merges.events';
import { merges } from './merges.policy';
import { visitors } from './visitors.policy';

const look = () => Promise.resolve([]);
const reactions = async (policy: typeof merges, type: string, data: object) => {
  const sent = await policy.react(recorded({ type, data }), look);
  for (const reaction of sent) {
    expect(checkData(leadCommands, reaction)).toBeUndefined();
    expect((reaction.data as { leadId: string }).leadId).toBe(reaction.id);
  }
  return sent;
};

describe('what a lead hears from others', () => {
  const ids = { leadId: 'ada', mergedLeadId: 'bea' };
  const merge = { ...ids, mergeNumber: 7 };
  const told = { to: ToLead, id: 'bea', data: { leadId: 'bea', survivorId: 'ada', mergeNumber: 7 } };
  it('that a merge is reserved, by its place among all merges', async () =>
    expect(await merges.react(recorded({ type: 'MergeReserved', data: ids }, { revision: 7 }), look)).toEqual([
      { to: ToLead, id: 'ada', type: 'RecordMerge', data: merge },
    ]));
  it('that it was merged', async () =>
    expect(await reactions(merges, 'LeadMerged', merge)).toEqual([{ ...told, type: 'FollowMerge' }]));
  it('that it was separated again', async () =>
    expect(await reactions(merges, 'LeadUnmerged', merge)).toEqual([{ ...told, type: 'FollowUnmerge' }]));
  it('nothing more when it stands alone again: the merge is released', async () => {
    const event = recorded({ type: 'LeadUnmergedFrom', data: told.data });
    expect(await merges.react(event, look)).toEqual([
      { to: ToMerges, id: 'all', type: 'ReleaseMerge', data: { mergedLeadId: 'bea', mergeNumber: 7 } },
    ]);
  });
  it('that a visitor turned out to be the person', async () =>
    expect(await reactions(visitors, 'VisitorIdentified', { visitorId: 'v1', leadId: 'ada' })).toEqual([
      { to: ToLead, id: 'ada', type: 'LinkVisitor', data: { leadId: 'ada', visitorId: 'v1' } },
    ]));
  it('that a visitor was identified before it was captured', async () => {
    const at = (day: number) => `2024-01-0${day}T00:00:00.000Z`;
    const named = recorded({ type: 'LeadNamed', data: { leadId: 'ada', visitorId: 'v1' } }, { occurredAt: at(4) });
    const captured = recorded({ type: 'LeadCaptured', data: { leadId: 'ada' } }, { occurredAt: at(2), revision: 1 });
    expect(await visitors.react(captured, async () => [named, captured])).toEqual([
      { to: ToLead, id: 'ada', type: 'LinkVisitor', data: { leadId: 'ada', visitorId: 'v1' }, occurredAt: at(4) },
    ]);
  });
});
