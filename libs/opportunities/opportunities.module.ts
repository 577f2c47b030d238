import { aggregate, DecisionContext, Journal, type ContextParts } from '@baton/kernel';
import { conversionPolicy } from './policies/conversion.policy';
import { contactRolesPolicy } from './policies/people.policy';
import { dealChanges } from './read/deal-changes/deal-changes.read-model';
import { deals } from './read/deals/deals.read-model';
import { dealStageStays } from './read/stage-stays/deal-stage-stays.read-model';
import { notesOfDeals, notesOfLeads } from './read/notes/notes.contribution';
import { notes } from './read/notes/notes.read-model';
import { staysOfDeals } from './read/stage-stays/stage-stays.contribution';
import { supportRequests } from './read/support-requests/support-requests.read-model';
import { servedDealsReport } from './read/support-requests/support-requests.report';
import { touches } from './read/touches/touches.read-model';
import { noteDecider } from './write/note/note.decider';
import { ToNote } from './write/note/note.events';
import { NoteHandler } from './write/note/note.handler';
import { opportunityDecider } from './write/opportunity/opportunity.decider';
import { ToOpportunity } from './write/opportunity/opportunity.events';
import { supportRequestDecider } from './write/support-request/support-request.decider';
import { ToSupport } from './write/support-request/support-request.events';
import { SupportRequestHandler } from './write/support-request/support-request.handler';

export const opportunitiesParts: ContextParts = {
  name: 'opportunities',
  aggregates: [
    aggregate(ToOpportunity, opportunityDecider),
    aggregate(ToNote, noteDecider, { handler: (get) => new NoteHandler(get(Journal), get(DecisionContext)) }),
    aggregate(ToSupport, supportRequestDecider, {
      handler: (get) => new SupportRequestHandler(get(Journal), get(DecisionContext)),
    }),
  ],
  projections: [deals, dealStageStays, dealChanges, supportRequests, touches, notes],
  policies: [conversionPolicy, contactRolesPolicy],
  reports: [servedDealsReport],
  contributions: [staysOfDeals, notesOfDeals, notesOfLeads],
};
