import type { DecisionContext, Journal, KeyStore, Outcome, ToAggregate } from '@baton/kernel';
import { ToMessage } from '@baton/kernel';
import { ToJourney } from '@baton/attribution';
import { JourneyHandler } from '@baton/attribution/write/journey/journey.handler';
import { ToVisitor } from '@baton/campaigns';
import { VisitorHandler } from '@baton/campaigns/write/visitor/visitor.handler';
import { ToFeedback, ToLead, ToMerges, ToRouting } from '@baton/leads';
import { FeedbackHandler } from '@baton/leads/write/feedback/feedback.handler';
import { LeadHandler } from '@baton/leads/write/lead/lead.handler';
import { MergesHandler } from '@baton/leads/write/merges/merges.handler';
import { RoutingHandler } from '@baton/leads/write/routing/routing.handler';
import { ToOpportunity } from '@baton/opportunities';
import { OpportunityHandler } from '@baton/opportunities/write/opportunity/opportunity.handler';
import { MessageHandler } from '@baton/platform/outbox/message.handler';

/** Who handles the commands that people, connectors and policies send to people, deals and their journeys. */
export const handlersOf = (journal: Journal, context: DecisionContext, keys: KeyStore) =>
  new Map<ToAggregate, { execute: (command: never) => Promise<Outcome> }>([
    [ToLead, new LeadHandler(journal, context, keys)],
    [ToMerges, new MergesHandler(journal, context)],
    [ToRouting, new RoutingHandler(journal, context)],
    [ToFeedback, new FeedbackHandler(journal, context)],
    [ToVisitor, new VisitorHandler(journal, context)],
    [ToOpportunity, new OpportunityHandler(journal, context)],
    [ToJourney, new JourneyHandler(journal, context)],
    [ToMessage, new MessageHandler(journal, context)],
  ]);
