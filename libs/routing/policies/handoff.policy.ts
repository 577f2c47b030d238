import { policy, send, toMs, type Instant, type Look, type StoredEvent } from '@baton/kernel';
import { calendarFor, lookUpDefinition, findQueue, type CalendarFields, type RoutingFields } from '@baton/definitions';
import { compileCalendar } from '@baton/sla-clocks';
import { dueOf, COMMAND_LATENCY_MS } from '@baton/sla-clocks';
import { isAvailable, managerOf } from '@baton/directory';
import { leadDecider } from '@baton/leads';
import { ToLead, type LeadEvent } from '@baton/leads';
import { profileOf, routableFacts } from '@baton/leads';
import { routingDecider } from '../write/routing/routing.decider';
import { ToRouting, type RoutingEvent } from '../write/routing/routing.events';
import { isPresent } from '../write/routing/routing.model';

/**
 * Hands off a qualified lead as soon as routing rules are in force: the rules choose the queue, the queue chooses the
 * rep, and the lead is handed off with the deadline for the first response. Qualifications that another system reported
 * for the past are ignored.
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
        ...(await absences(queue, agreed.handoffOwner, occurredAt, look)),
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

/** Who of a queue is not at work, and who stands in for the handoff owner, as the directory says. */
const absences = async (queue: string, handoffOwner: string, at: Instant, look: Look) => {
  const { reps } = (await look(routingDecider, queue)).reduce(
    (state, event) => routingDecider.evolve(state, event),
    routingDecider.initialState(),
  );
  const notAtWork: string[] = [];
  for (const { rep } of Object.values(reps).filter(isPresent))
    if (!(await isAvailable(rep, at, look))) notAtWork.push(rep);
  const standIn = (await isAvailable(handoffOwner, at, look)) ? undefined : await managerOf(handoffOwner, at, look);
  return { ...(notAtWork.length > 0 && { notAtWork }), ...(standIn !== undefined && { standIn }) };
};

/**
 * When the handoff and its clocks start: when the qualification was recorded, if that is later than it occurred; in a
 * backfill, when it occurred.
 */
const handoffAt = ({ occurredAt, recordedAt, meta }: StoredEvent): Instant =>
  meta.mode === 'live' && toMs(recordedAt) - toMs(occurredAt) > COMMAND_LATENCY_MS ? recordedAt : occurredAt;

/** Deadline for the first response to a handoff now; undefined if the SLA policy has no such obligation. */
const responseDue = async (at: Instant, look: Look, place: CalendarFields): Promise<Instant | null | undefined> => {
  const sla = (await lookUpDefinition(look, 'sla-policy', at))?.body;
  const obligation = sla?.obligations.find(({ kind }) => kind === 'first-response');
  if (!obligation) return undefined;
  const calendar = (await lookUpDefinition(look, 'business-calendar', at))?.body;
  return dueOf(obligation, calendar && compileCalendar(calendarFor(calendar, place).time), at).dueAt;
};

/** The latest known value of each field of the lead. */
const routableOf = (history: readonly StoredEvent<LeadEvent>[]): RoutingFields => routableFacts(profileOf(history));
