import { policy, send, toMs, type Instant, type Look, type StoredEvent } from '@baton/kernel';
import { calendarFor, lookUpDefinition, findQueue, type CalendarFields, type RoutingFields } from '@baton/definitions';
import { compileCalendar } from '@baton/sla-clocks';
import { dueOf, COMMAND_LATENCY_MS } from '@baton/sla-clocks';
import { leadDecider } from '@baton/leads';
import { ToLead, type LeadEvent } from '@baton/leads';
import { profileOf, routableFacts } from '@baton/leads';
import { ToRouting, type RoutingEvent } from '../write/routing/routing.events';

/**
 * A qualified lead goes to a rep by itself as soon as routing rules are in force: the rules name the queue, the queue
 * chooses the rep, and the lead is handed off with the instant by which sales answers. What another system decided in
 * the past is left alone.
 */
export const handoff = policy<LeadEvent | RoutingEvent>({
  name: 'hand-off-qualified-leads',
  version: 1,
  from: 'start',
  answers: ['routing/no-definition'],
  on: {
    LeadQualified: async (qualified, look) => {
      const { leadId, external } = qualified.data;
      if (external) return [];
      const occurredAt = handoffAt(qualified);
      const now = occurredAt === qualified.occurredAt ? {} : { occurredAt };
      const agreed = (await lookUpDefinition(look, 'routing', occurredAt))?.body;
      if (!agreed) return [];
      const lead = routableOf(await look(leadDecider, leadId));
      const { queue, rule, accountOwner } = findQueue(agreed, lead);
      const data = {
        routingId: queue,
        leadId,
        rule,
        ...(accountOwner && typeof lead.owner === 'string' && { owner: lead.owner }),
      };
      return [send(ToRouting, queue, { type: 'ChooseRep', data }, now)];
    },
    RepChosen: async ({ id, data: { routingId, leadId, rep }, occurredAt }, look) => {
      const { country, region } = routableOf(await look(leadDecider, leadId));
      const respondBy = await responseDue(occurredAt, look, { country, region, queue: routingId });
      const data = { leadId, rep, queue: routingId, choice: id, ...(respondBy && { respondBy }) };
      return [send(ToLead, leadId, { type: 'HandOffRoutedLead', data })];
    },
  },
});

/**
 * When the handoff and its clocks start: where late news qualified the lead, sales hears of it now; in a history, then.
 */
const handoffAt = ({ occurredAt, recordedAt, meta }: StoredEvent): Instant =>
  meta.mode === 'live' && toMs(recordedAt) - toMs(occurredAt) > COMMAND_LATENCY_MS ? recordedAt : occurredAt;

/** By when sales answers a lead that is handed off now; undefined without an agreement on first responses. */
const responseDue = async (at: Instant, look: Look, place: CalendarFields): Promise<Instant | null | undefined> => {
  const sla = (await lookUpDefinition(look, 'sla-policy', at))?.body;
  const obligation = sla?.obligations.find(({ kind }) => kind === 'first-response');
  if (!obligation) return undefined;
  const calendar = (await lookUpDefinition(look, 'business-calendar', at))?.body;
  return dueOf(obligation, calendar && compileCalendar(calendarFor(calendar, place).time), at).dueAt;
};

/** What is known of the lead, the latest word on each fact. */
const routableOf = (history: readonly StoredEvent<LeadEvent>[]): RoutingFields => routableFacts(profileOf(history));
