export type { BreachChange, BreachCounts, Judged } from './read/counterfactual/breach-changes.rules';
export {
  counterfactual,
  type Counterfactual,
  type CounterfactualQuestion,
} from './read/counterfactual/counterfactual.query';
export { contentUses, type ContentUse } from './read/content/content-uses.projection';
export { deliveries, type Delivery, type DeliveryKind } from './read/deliveries/deliveries.projection';
export { feedbackList, type FeedbackDocument } from './read/feedback/feedback.projection';
export { feedbackBehind, feedbackTopics, type FeedbackTopics } from './read/feedback/feedback.query';
export { handoffs, type HandoffsDocument } from './read/handoffs/handoffs.projection';
export { leads, type LeadDocument, type StageMove } from './read/leads/leads.projection';
export { leadById, peopleOf, whereOf as whereLeads, type LeadFilters } from './read/leads/leads.query';
export {
  feedbackCommands,
  feedbackEvents,
  ToFeedback,
  type FeedbackCommand,
  type FeedbackEvent,
} from './write/feedback/feedback.events';
export { namedBefore } from './policies/named.rules';
export { findLead, isCaptured } from './write/identity/identity';
export { identityEvents, type IdentityEvent } from './write/identity/identity.events';
export { leadCommands, leadEvents, ToLead, type LeadCommand, type LeadEvent } from './write/lead/lead.events';
export { mergesEvents, ToMerges, type MergesEvent } from './write/merges/merges.events';
export { lift, type OutcomeCounts, type Lift, type LiftQuestion, type LiftRow } from './read/lift/lift.query';
export { leadProbability, type Probability } from './read/lift/probability.query';
export { leadQualification, leadScore, type Judging } from './read/qualification/qualification.query';
export {
  handoffReport,
  handoffsBehind,
  type HandoffReport,
  type HandoffRow,
} from './read/rejections/handoff-report.query';
export { slaBoard, slaClock, slaCounts } from './read/sla-board/sla-board.query';
export { slaClocks } from './read/sla-board/sla-clocks.projection';
export { reportBreakdowns, type ReportBreakdown } from './read/sla-report/grouping.rules';
export { slaReport, type SlaReport } from './read/sla-report/sla-report.query';
export {
  dispositions,
  handoffCounts,
  handoffEvents,
  handoffsAfter,
  type Disposition,
  type Handoff,
} from './write/lead/handoffs.rules';
export { type HandoffPackage } from './write/lead/package.rules';
export { stageNames, type StageName } from './write/lead/lead.model';
export { profileOf } from './write/lead/profile.model';
export { qualification, type Qualification } from './write/lead/qualification.rules';
export { probabilityToWin, type Counts, type Past } from './score/naive-bayes.model';
export { leadDecider } from './write/lead/lead.decider';
export { TouchLog } from './write/lead/touch-log.model';
export { scoreAt, type Score, type ScoreEntry } from './write/lead/score.model';
export { routingQueues, type RoutingQueue } from './read/routing/routing.projection';
export { compileCalendar, wallClock, type Calendar } from './sla/calendar.rules';
export { deadline, type Deadline, type Interval, type Pause } from './sla/deadline.rules';
export {
  clocksAfter,
  dueOf,
  clockTransitionsOf,
  nextClockTransitions,
  obligations,
  clockInputOf,
  clockStatus,
  workingOf,
  type ClockTransition,
  type ClockInput,
  type SlaClock,
  type SlaState,
  type ClockStatus,
} from './sla/obligations.rules';
export { attempts, disposition, firstResponse, resolution, startingPolicy } from './sla/ready-made.rules';
export { routingDecider } from './write/routing/routing.decider';
export {
  routingCommands,
  routingEvents,
  ToRouting,
  type RoutingCommand,
  type RoutingEvent,
} from './write/routing/routing.events';
