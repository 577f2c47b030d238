export { deals, type Deal, type DealStatus } from './read/deals/deals.read-model';
export {
  dealOutcomes,
  ToOpportunity,
  opportunityCommands,
  opportunityEvents,
  type DealOutcome,
  type OpportunityCommand,
  type OpportunityEvent,
} from './write/opportunity/opportunity.events';
export { opportunityDecider } from './write/opportunity/opportunity.decider';
export { amountsFrom, foldDeal, factsAt, currentClose, type DealFacts } from './write/opportunity/deal.model';
export { currentRoles, rolesAfter } from './write/opportunity/roles.rules';
export { notes, type NoteDocument } from './read/notes/notes.read-model';
export { noteCommands, noteEvents, ToNote, type NoteCommand, type NoteEvent } from './write/note/note.events';
export {
  supportRequests,
  type SupportRequestDocument,
  type SupportStatus,
} from './read/support-requests/support-requests.read-model';
export { servedDeals, type ServedDeals } from './read/support-requests/support-requests.query';
export {
  supportKinds,
  supportRequestCommands,
  supportRequestEvents,
  ToSupport,
  type SupportKind,
  type SupportRequestCommand,
  type SupportRequestEvent,
} from './write/support-request/support-request.events';
export { type Touch, touches } from './read/touches/touches.read-model';
export { dealStageStays, type DealStageStay } from './read/stage-stays/deal-stage-stays.read-model';
export {
  dealChanges,
  daysMovedOf,
  previousAmountOf,
  type DealChange,
} from './read/deal-changes/deal-changes.read-model';
