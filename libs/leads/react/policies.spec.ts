import { checkData } from '@baton/kernel';
import { recorded } from '@baton/kernel/testing';
import { leadCommands, ToLead } from '../write/lead/lead.events';
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
  const told = { to: ToLead, id: 'bea', data: { leadId: 'bea', survivorId: 'ada' } };
  it('that it was merged', async () =>
    expect(await reactions(merges, 'LeadMerged', ids)).toEqual([{ ...told, type: 'FollowMerge' }]));
  it('that it was separated again', async () =>
    expect(await reactions(merges, 'LeadUnmerged', ids)).toEqual([{ ...told, type: 'FollowUnmerge' }]));
  it('that a visitor turned out to be the person', async () =>
    expect(await reactions(visitors, 'VisitorIdentified', { visitorId: 'v1', leadId: 'ada' })).toEqual([
      { to: ToLead, id: 'ada', type: 'LinkVisitor', data: { leadId: 'ada', visitorId: 'v1' } },
    ]));
});
