import { laterOf, DAY_MS, Refused, toMs, type Decider, type Instant } from '@baton/kernel';
import type { ScoringModel } from '@baton/definitions';
import type { LeadCommand, LeadEvent } from './lead.events';
import { isCapturedLead, type Lead, type StageName } from './lead.model';
import { gradeOf, scoreRange } from './score.model';

/** Stages at which a lead is qualified or with sales. */
const alertStages: ReadonlySet<StageName> = new Set(['mql', 'handed-off', 'sal', 'sql']);
const BEST_GRADE = 'A1';
/** Minimum time between two alerts; touches recorded later than this are no current activity. */
const ALERT_INTERVAL_MS = DAY_MS;

/** True for a current touch with marketing that the lead made itself; old visits of a linked visitor do not count. */
const isActive = (command: LeadCommand, now: Instant): boolean => {
  const contacts =
    command.type === 'RecordTouch'
      ? [command.data]
      : command.type === 'JoinVisits'
        ? command.data.visits.filter((visit) => toMs(now) - toMs(visit.at) <= ALERT_INTERVAL_MS)
        : [];
  return contacts.some(({ team, direction }) => team === 'marketing' && direction !== 'outbound');
};

/**
 * Adds `LeadBecameHot`, in the append of the touch, when a lead with the best grade under the scoring model in force is
 * active while it is qualified or with sales.
 */
export const withHotLeadAlert = (
  inner: Decider<Lead, LeadCommand, LeadEvent>,
): Decider<Lead, LeadCommand, LeadEvent> => ({
  ...inner,
  decide: (state, command, context) => {
    const facts = inner.decide(state, command, context);
    if (facts instanceof Refused || !isActive(command, context.now)) return facts;
    if (!isCapturedLead(state) || !alertStages.has(state.stage) || state.person.mergedInto !== undefined) return facts;
    const { hotAlertAt, latest } = state.person;
    const now = toMs(context.now);
    if (toMs(latest) - now > ALERT_INTERVAL_MS) return facts;
    if (hotAlertAt !== undefined && Math.abs(now - toMs(hotAlertAt)) < ALERT_INTERVAL_MS) return facts;
    const model = context.definition('scoring-model');
    const scoring = model?.body as ScoringModel | undefined;
    if (!scoring?.fit.cutOffs || !scoring.engagement.cutOffs) return facts;

    const touch = facts.findIndex(({ type }) => type === 'TouchRecorded' || type === 'LeadVisitsJoined');
    if (touch < 0) return facts;
    const after = inner.evolve(state, { occurredAt: context.now, ...facts[touch]!, id: context.idOf(touch) });
    if (!isCapturedLead(after)) return facts;
    const at = toMs(laterOf(context.now, after.person.latest));
    const { fit, engagement } = scoreRange(scoring, after.person, at, at);
    if (gradeOf(scoring, fit[0], engagement[0]) !== BEST_GRADE) return facts;
    const rep = 'rep' in state && state.rep !== undefined && { rep: state.rep };
    const data = {
      leadId: command.data.leadId,
      grade: BEST_GRADE,
      definition: model!.ref,
      touch: context.idOf(touch),
      ...rep,
    };
    return [...facts, { type: 'LeadBecameHot', data }];
  },
});
