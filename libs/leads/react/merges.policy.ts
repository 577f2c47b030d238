import { policy } from '@baton/kernel';
import { ToLead, type LeadEvent } from '../write/lead/lead.events';

/** What the survivor recorded is told to the other lead. */
export const merges = policy<LeadEvent>({
  name: 'follow-merges',
  version: 1,
  from: 'start',
  on: {
    LeadMerged: ({ data: { leadId, mergedLeadId } }) => [
      { to: ToLead, id: mergedLeadId, type: 'FollowMerge', data: { leadId: mergedLeadId, survivorId: leadId } },
    ],
    LeadUnmerged: ({ data: { leadId, mergedLeadId } }) => [
      { to: ToLead, id: mergedLeadId, type: 'FollowUnmerge', data: { leadId: mergedLeadId, survivorId: leadId } },
    ],
  },
});
