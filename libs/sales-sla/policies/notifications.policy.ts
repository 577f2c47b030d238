import {
  messageIdOf,
  policy,
  queueMessage,
  send,
  ToMessage,
  type Instant,
  type Json,
  type Look,
  type Message,
  type Reaction,
  type StoredEvent,
} from '@baton/kernel';
import { lookUpDefinition } from '@baton/definitions';
import { availableFor, managerOf } from '@baton/directory';
import type { LeadEvent } from '@baton/leads';

/** The targets of messages: messages to people, tasks of people, and the CRM. */
export const targets = { messaging: 'messaging', tasks: 'tasks', crm: 'crm' } as const;

type LeadEventOf<T extends LeadEvent['type']> = StoredEvent<Extract<LeadEvent, { type: T }>>;
type Content = Pick<Message, 'to' | 'template' | 'data'>;

/** Imported and demo events are history: nobody is notified. */
const isLive = ({ meta }: StoredEvent): boolean => meta.mode === 'live';
const notify = ({ id, data: { leadId } }: StoredEvent<LeadEvent>, content: Content): Reaction =>
  queueMessage(id, { target: targets.messaging, kind: 'notification', leadId, ...content });
/** Without undefined fields. */
const definedValues = (given: Readonly<Record<string, string | number | undefined>>): Json =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Json;

/** Who is responsible for leads without an owner, by the routing rules in force; otherwise the role. */
const handoffOwner = async (at: Instant, look: Look): Promise<string> => {
  const owner = (await lookUpDefinition(look, 'routing', at))?.body.handoffOwner;
  return owner === undefined ? 'handoff-owner' : ((await availableFor(owner, at, look)) ?? owner);
};
/**
 * The person if known, otherwise the role as the SLA policy names it. Instead of somebody who has left, the nearest manager
 * above who is at work, as the directory says.
 */
const addressee = async (role: string, rep: string | undefined, at: Instant, look: Look): Promise<string> => {
  if (role === 'rep' && rep !== undefined) return (await availableFor(rep, at, look)) ?? handoffOwner(at, look);
  if (role === 'rep' || role === 'handoff-owner') return handoffOwner(at, look);
  const asked = role === 'manager' ? rep && (await managerOf(rep, at, look)) : await availableFor(role, at, look);
  return asked ?? role;
};

/** An obligation of a rep is one task, from the event that started the clock to its end. */
const taskOf = (kind: string): string => `sales-owes:${kind}`;
const completeTask = (
  event: LeadEventOf<'ObligationMet' | 'ObligationCancelled'>,
  outcome: 'done' | 'dropped',
): readonly Reaction[] => {
  const { startedBy, kind, rep } = event.data;
  if (!isLive(event) || rep === undefined) return [];
  const messageId = messageIdOf(startedBy, taskOf(kind), rep);
  return [send(ToMessage, messageId, { type: 'CompleteTask', data: { messageId, outcome } })];
};

/**
 * Notifies people about a lead: the rep of a handoff, with a record in the CRM and a task per obligation; the person
 * named by an escalation; the rep of a breach; and, at once, the owner of a hot lead. Starts with the events from now
 * on, so that a new installation sends nothing about old handoffs.
 */
export const notifications = policy<LeadEvent>({
  name: 'notifications',
  version: 1,
  from: 'now',
  answers: ['message/unknown'], // a task from before this policy started
  on: {
    LeadHandedOff: async (event, look) => {
      const { leadId, rep, definition, respondBy, count, queue, external } = event.data;
      if (!isLive(event) || external) return [];
      const to = await addressee('rep', rep, event.occurredAt, look);
      const data = definedValues({ leadId, rep, definition, respondBy, count, queue });
      return [
        notify(event, { to, template: 'lead-handed-off', data }),
        queueMessage(event.id, { target: targets.crm, kind: 'record', to: rep, leadId, template: 'lead-record', data }),
      ];
    },
    ObligationStarted: (event) => {
      const { leadId, kind, startedBy, rep, definition, dueAt, times } = event.data;
      if (!isLive(event) || rep === undefined) return [];
      const data = definedValues({ leadId, kind, definition, times });
      const task = {
        target: targets.tasks,
        kind: 'task',
        to: rep,
        leadId,
        template: taskOf(kind),
        data,
        dueAt,
      } as const;
      return [queueMessage(startedBy, task)];
    },
    ObligationMet: (event) => completeTask(event, 'done'),
    ObligationCancelled: (event) => completeTask(event, 'dropped'),
    ObligationEscalated: async (event, look) => {
      const { leadId, kind, step, notify: role, rep, definition } = event.data;
      if (!isLive(event)) return [];
      const to = await addressee(role, rep, event.occurredAt, look);
      const data = definedValues({ leadId, kind, step, role, rep, definition });
      return [notify(event, { to, template: 'obligation-escalated', data })];
    },
    ObligationBreached: async (event, look) => {
      const { leadId, kind, dueAt, cause, rep } = event.data;
      if (!isLive(event)) return [];
      const to = await addressee('rep', rep, event.occurredAt, look);
      return [
        notify(event, {
          to,
          template: 'obligation-breached',
          data: definedValues({ leadId, kind, dueAt, cause, rep }),
        }),
      ];
    },
    LeadBecameHot: async (event, look) => {
      const { leadId, grade, definition, touch, rep } = event.data;
      if (!isLive(event)) return [];
      const to = await addressee('rep', rep, event.occurredAt, look);
      const data = definedValues({ leadId, grade, definition, touch });
      return [
        queueMessage(event.id, { target: targets.messaging, kind: 'alert', to, leadId, template: 'lead-hot', data }),
      ];
    },
  },
});
