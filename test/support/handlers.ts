import {
  handle,
  type DecisionContext,
  type Journal,
  type KeyStore,
  type Outcome,
  type ToAggregate,
} from '@baton/kernel';
import { ToFeedback, ToLead } from '@baton/leads';
import { FeedbackHandler } from '@baton/leads/write/feedback/feedback.handler';
import { LeadHandler } from '@baton/leads/write/lead/lead.handler';
import { contextParts } from '../../apps/contexts';

interface Handler {
  readonly execute: (command: never) => Promise<Outcome>;
}

/** The handlers of the commands that people, connectors and policies send to people, deals and journeys. */
export const handlersOf = (journal: Journal, context: DecisionContext, keys: KeyStore) => {
  const own = new Map<ToAggregate, Handler>([
    [ToLead, new LeadHandler(journal, context, keys)],
    [ToFeedback, new FeedbackHandler(journal, context)],
  ]);
  const deciding = contextParts
    .flatMap(({ aggregates }) => aggregates)
    .filter(({ handler }) => handler === undefined)
    .map(({ to, decider }): [ToAggregate, Handler] => [
      to,
      { execute: ({ id, command }: InstanceType<ToAggregate>) => handle(journal, decider, id, command, context) },
    ]);
  return new Map<ToAggregate, Handler>([...deciding, ...own]);
};
