export { earlyReferences } from './policies/early-references.rules';
export { type ContentUse, contentUses } from './read/content/content-uses.read-model';
export { type Delivery, type DeliveryKind, deliveries } from './read/deliveries/deliveries.projection';
export { type FeedbackDocument, feedbackList } from './read/feedback/feedback.read-model';
export { type FeedbackTopics, feedbackTopics } from './read/feedback/feedback.query';
export { ErasedCount, type ErasedLeads, erasedLeads } from './read/leads/erased-leads';
export { type LeadDocument, type StageMove, leads, leadStages } from './read/leads/leads.read-model';
export { type LeadFilters, leadById, whereOf as whereLeads } from './read/leads/leads.query';
export { mergedLeadsOf } from './read/leads/merged-leads.rules';
export {
  type FeedbackCommand,
  type FeedbackEvent,
  ToFeedback,
  feedbackCommands,
  feedbackEvents,
} from './write/feedback/feedback.events';
export { type IdentityEvent, identityEvents } from './write/identity/identity.events';
export { findLead, isCaptured, releaseIdentities } from './write/identity/identity';
export {
  type Disposition,
  type Handoff,
  type HandoffMove,
  dispositions,
  handoffCounts,
  handoffEvents,
  handoffsAfter,
  handoffsAfterLateMove,
} from './write/lead/handoffs.rules';
export { isLateMove, movedAtOf } from './write/lead/late-moves.rules';
export { leadDecider } from './write/lead/lead.decider';
export { type LeadCommand, type LeadEvent, ToLead, leadCommands, leadEvents } from './write/lead/lead.events';
export {
  type FirstTouch,
  type CapturedLead,
  type LeadClock,
  type StageName,
  convertedFrom,
  isCapturedLead,
  stageNames,
} from './write/lead/lead.model';
export { type ClockEvent, clocksAfterEvent, onClockEvents } from './write/lead/obligations.rules';
export {
  type ContentUsage,
  type EarlierHandoff,
  type HandoffPackage,
  type PackagePart,
  type SignalOccurrences,
  packageParts,
} from './write/lead/package.rules';
export { type OwnFacts, factsAfter, profileNow, profileOf, routableFacts } from './write/lead/profile.model';
export { type Qualification, qualification } from './write/lead/qualification.rules';
export {
  type Grade,
  type Score,
  type ScoreEntry,
  gradeOf,
  grades,
  scoreAt,
  scoreCauses,
  scoreRange,
} from './write/lead/score.model';
export { TouchLog } from './write/lead/touch-log.model';
export { type MergesEvent, ToMerges, mergesEvents } from './write/merges/merges.events';
export { type SamePerson, samePersonAs } from './write/merges/same-person';
export { leadStageStays, type LeadStageStay } from './read/stage-stays/lead-stage-stays.read-model';
