import { aggregate, DecisionContext, Journal, KeyStore, type ContextParts } from '@baton/kernel';
import { attributeFeedback } from './policies/feedback.policy';
import { followMerges, copyMergedFacts } from './policies/merges.policy';
import { followVisitors } from './policies/visitors.policy';
import { contentUses } from './read/content/content-uses.read-model';
import { deliveries } from './read/deliveries/deliveries.projection';
import { feedbackNote } from './read/feedback/feedback-note.contribution';
import { feedbackList } from './read/feedback/feedback.read-model';
import { feedbackTopicsReport } from './read/feedback/feedback.report';
import { leadsDue } from './read/leads-due/leads-due.projection';
import { leads } from './read/leads/leads.read-model';
import { leadStageStays } from './read/stage-stays/lead-stage-stays.read-model';
import { staysOfLeads } from './read/stage-stays/stage-stays.contribution';
import { feedbackDecider } from './write/feedback/feedback.decider';
import { ToFeedback } from './write/feedback/feedback.events';
import { FeedbackHandler } from './write/feedback/feedback.handler';
import { identityEvents } from './write/identity/identity.events';
import { leadDecider } from './write/lead/lead.decider';
import { ToLead } from './write/lead/lead.events';
import { LeadHandler } from './write/lead/lead.handler';
import { mergesDecider } from './write/merges/merges.decider';
import { ToMerges } from './write/merges/merges.events';

export const leadsParts: ContextParts = {
  name: 'leads',
  aggregates: [
    aggregate(ToLead, leadDecider, {
      handler: (get) => new LeadHandler(get(Journal), get(DecisionContext), get(KeyStore)),
      due: leadsDue,
    }),
    aggregate(ToMerges, mergesDecider),
    aggregate(ToFeedback, feedbackDecider, {
      handler: (get) => new FeedbackHandler(get(Journal), get(DecisionContext)),
    }),
  ],
  events: [identityEvents],
  projections: [leads, leadStageStays, leadsDue, feedbackList, contentUses, deliveries],
  policies: [followMerges, copyMergedFacts, followVisitors, attributeFeedback],
  reports: [feedbackTopicsReport],
  contributions: [feedbackNote, staysOfLeads],
};
