import {
  addressFree,
  clears,
  commands,
  country,
  email,
  enumeration,
  events,
  flag,
  instant,
  integer,
  json,
  list,
  object,
  oneOf,
  optional,
  personal,
  phone,
  ref,
  state,
  text,
  To,
  unique,
  type CommandOf,
  type EventOf,
  type EnumerationValue,
} from '@baton/kernel';
import { touchFields, touchOutcomes } from '@baton/campaigns';
import { slaHours } from '@baton/sla-clocks';
import {
  becomes,
  handoffOf,
  leadTouch,
  survivorId,
  takenBack,
  mergedFactsCommands,
  mergedFactsEvents,
} from './merged-facts.events';

const leadId = ref('lead', 'The lead: a person we may sell to.');
const definition = ref('definition', 'The definition and version that decided, `mql@3`, or `external:<source>`.');
const salesperson = text('The salesperson.', { min: 1, max: 200 });
const rep = state('lead.rep', salesperson);
const opportunityId = ref('opportunity');
const closedAt = optional(instant('When the deal closed; given if the person joined it after it closed.'));
const external = optional(
  text('The other system that made this decision in the past, such as hubspot.', {
    min: 1,
    max: 100,
    pattern: '^[A-Za-z0-9._-]+$',
    requirement: 'the name of a system: 1 to 100 letters, digits, dots, underscores and hyphens',
  }),
);
const flagged = optional(flag('True if another system made this decision; back-tests leave it out.'));

/** The profile of the person. Name, e-mail and phone are personal: encrypted, and unreadable after an erasure. */
const profile = {
  email: unique(state('lead.email', optional(personal(email('E-mail address.'))))),
  name: state('lead.name', optional(personal(text('Full name.', { max: 300 })))),
  phone: state('lead.phone', optional(personal(phone('Phone number, preferably with its country code.')))),
  title: state('lead.title', optional(addressFree('Job title.', { max: 200 }))),
  company: state('lead.company', optional(addressFree('Company the person works for.', { max: 300 }))),
  industry: state('lead.industry', optional(addressFree('Industry of the company.', { max: 200 }))),
  employees: state('lead.employees', optional(integer('Number of employees of the company.', { min: 0 }))),
  country: state('lead.country', optional(country('Country, by name or ISO 3166 code.'))),
  region: state('lead.region', optional(addressFree('Region or state.', { max: 100 }))),
  interests: state(
    'lead.interests',
    optional(personal(text('What the person is interested in, in their own words.', { max: 1000 }))),
  ),
  problems: state(
    'lead.problems',
    optional(personal(text('The problems the person wants to solve, in their own words.', { max: 1000 }))),
  ),
};
/** The encrypted facts. An event lists which of them it contains, because deciders never decrypt personal data. */
export const personalFacts = ['email', 'name', 'phone', 'interests', 'problems'] as const;
/** The facts of a profile, each of which can be set and cleared. */
const leadFacts = enumeration('LeadFact', 'A fact about a person that can be cleared.', {
  email: 'E-mail address.',
  name: 'Full name.',
  phone: 'Phone number.',
  title: 'Job title.',
  company: 'The company the person works for.',
  industry: 'Industry of the company.',
  employees: 'Number of employees of the company.',
  country: 'Country.',
  region: 'Region or state.',
  interests: 'What the person is interested in, in their own words.',
  problems: 'The problems the person wants to solve.',
} satisfies Record<keyof typeof profile, string>);
export type LeadFact = EnumerationValue<typeof leadFacts>;
const clearedStates = Object.fromEntries(leadFacts.values.map((fact) => [fact, `lead.${fact}`]));
const named = optional(list(oneOf(personalFacts), 'The encrypted facts that this event contains.'));

/** The BANT answers that qualify a lead for sales. Free text, therefore personal data. */
const bant = {
  budget: optional(personal(text('The budget available.'))),
  authority: optional(personal(text('Who makes the decision.'))),
  need: optional(personal(text('The problem to solve.'))),
  timeline: optional(personal(text('When the customer wants to decide or start.'))),
};
const externalId = unique(
  optional(
    text('The id of the lead in another system, prefixed with the name of that system: `crm:00Q5e`. Unique.', {
      max: 300,
      pattern: '^[A-Za-z0-9._-]+:(?!.*[^\\s@]@[^\\s@]+\\.).+$',
      requirement: 'the name of a system, a colon and an id that is no e-mail address, such as crm:00Q5e',
    }),
  ),
);
const source = state(
  'lead.source',
  optional(addressFree('Where the lead came from, as the capturing system reported it.', { max: 300 })),
);
const owner = state('lead.owner', optional(text('The owner of the lead.', { max: 200 })));
const recycleReason = addressFree('Why the lead is recycled: no-budget, no-timing, no-answer, deal-lost …', {
  min: 1,
  max: 200,
});
const routingId = ref('routing', 'The queue that chose the rep.');
const choiceId = text('Id of the event in which the queue chose the rep.', { min: 1, max: 100 });
const [queue, choice] = [optional(routingId), optional(choiceId)];
const reengageAt = optional(instant('When marketing re-engages the lead if there is no new touch before.'));
const obligation = {
  leadId,
  kind: text('The kind of obligation: first-response, disposition, attempts …', { min: 1, max: 100 }),
  startedBy: text('Id of the event that started the clock.', { min: 1, max: 100 }),
  rep: optional(salesperson),
};
const by = text('Id of the event that caused it.', { min: 1, max: 100 });
const transitions = list(
  object({
    at: instant('When it takes place unless another event prevents it.'),
    what: oneOf(['escalation', 'breach']),
    notify: optional(text('Who is notified by the escalation: rep, manager or handoff-owner.', { max: 100 })),
    step: optional(integer('The step of the escalation, counted from 0.', { min: 0 })),
  }),
  'The escalations and the breach that will follow if nothing else happens, in order.',
);
const clock = ['kind', 'startedBy'];
const dueAt = state('lead.due', instant('The last instant at which an answer is on time.'), clock);
const slaRule = { definition: 'definition', per: clock, cause: 'by' };
const recordedLate = optional(
  flag('True if the answer was on time but recorded after the breach; both events stay in the log.'),
);
const mergeNumber = integer('The number of the merge; later merges have higher numbers.', { min: 0 });
const role = optional(addressFree('The person’s role in the deal: decision-maker, champion, user …', { max: 100 }));
const tookPart = optional(
  flag('True if the person was on the deal when it closed; the outcome still counts for the person.'),
);

const touchOutcome = optional(oneOf(touchOutcomes, 'How an attempt of the team to reach the person ended.'));

export const leadEvents = events({
  LeadCaptured: {
    version: 1,
    description: 'A person was captured as a lead.',
    sentence: 'The lead was captured[ from {source}][, with {company}][, owned by {owner}]',
    leadId,
    ...profile,
    personalFacts: named,
    externalId,
    source,
    owner,
  },
  LeadProfileChanged: {
    version: 1,
    description: 'Facts about the person changed; the event contains only the changed ones.',
    sentence: 'Facts about the person changed[: {personalFacts}]',
    leadId,
    survivorId,
    ...profile,
    personalFacts: named,
  },
  LeadFactsCleared: {
    version: 1,
    description: 'Facts about the person were cleared; they are unknown now.',
    sentence: 'Facts about the person were cleared: {facts:words}',
    leadId,
    survivorId,
    facts: clears(clearedStates, list(oneOf(leadFacts), 'The cleared facts.')),
  },
  TouchRecorded: {
    version: 1,
    description: 'One contact with the person.',
    sentence:
      'Touch by {team}: {action:words}[, {direction}][ on {page}][, about {content}][, from {source}][ / {medium}][, campaign {campaign}][, {outcome:words}][, {minutes}]',
    leadId,
    survivorId,
    opportunityIds: optional(list(opportunityId, 'The deals the person had a role in at that time.')),
    ...touchFields,
    outcome: touchOutcome,
  },
  LeadVisitsJoined: {
    version: 1,
    description: 'Visits of an anonymous visitor were added to the lead; each one counts as a touch.',
    sentence: 'Visits of visitor {visitorId} were added to the lead: {visits:count}',
    leadId,
    survivorId,
    visitorId: ref('visitor'),
    visits: list(leadTouch, 'Oldest first.'),
  },
  LeadQualified: {
    version: 1,
    description: 'The lead met the definition of a marketing-qualified lead.',
    sentence: 'The lead became marketing-qualified under {definition}',
    decidedBy: { definition: 'definition', when: 'evidence' },
    leadId,
    definition,
    evidence: optional(json('The evidence: the values and touches by criterion, or the score by rule.')),
    statement: optional(
      personal(
        json('The evidence in the words of the person who qualified the lead; used if no criteria are in force.'),
      ),
    ),
    external: flagged,
  },
  QualificationScheduled: {
    version: 1,
    description:
      'The time at which the lead will qualify without another event, for example because negative points decay. Without `at` the lead will no longer qualify that way.',
    sentence:
      '{at?The lead will qualify without another event at:The lead will no longer qualify without another event}[ {at}], under {definitions}',
    decidedBy: { definition: 'definitions' },
    leadId,
    at: optional(instant('When the lead is evaluated again, under the definitions in force by then.')),
    definitions: list(definition, 'The versions that the forecast is based on.'),
  },
  LeadHandedOff: {
    version: 1,
    description: 'Marketing handed the lead to a rep.',
    sentence: 'Marketing handed the lead to {rep}[, to be answered by {respondBy}] (handoff {count})',
    leadId,
    rep,
    definition,
    respondBy: optional(instant('The time by which sales must respond.')),
    count: integer('The number of the handoff of this lead, counted from 1.', { min: 1 }),
    queue,
    choice,
    package: optional(json('The handoff package for sales, built by the system. Contains no personal data.')),
    external: flagged,
  },
  LeadBecameHot: {
    version: 1,
    description:
      'A lead with the best grade that is qualified or with sales was active; recorded at most once in 24 hours.',
    sentence: 'The lead is hot: grade {grade} under {definition}[, with {rep}]',
    decidedBy: { definition: 'definition', cause: 'touch' },
    leadId,
    grade: text('The grade, always the best one: A1.', { min: 1, max: 10 }),
    definition: ref('definition', 'The scoring model, `scoring-model@2`.'),
    touch: text('Id of the event that recorded the activity.', { min: 1, max: 100 }),
    rep: optional(salesperson),
  },
  LeadRoutingCancelled: {
    version: 1,
    description: 'A queue chose a rep, but the lead could no longer be handed off; the choice does not count.',
    sentence: 'The choice of queue {queue} was cancelled: the lead could no longer be handed off',
    leadId,
    queue: routingId,
    choice: choiceId,
  },
  LeadAccepted: {
    version: 1,
    description: 'The rep accepted the lead.',
    sentence: 'Sales accepted the lead: {rep} works on it',
    leadId,
    handoffOf,
    rep,
    definition,
    external: flagged,
  },
  LeadRejected: {
    version: 1,
    description: 'The rep rejected the lead with a reason.',
    sentence: 'Sales rejected the lead: {reason:words}[ (“{note}”)]',
    leadId,
    handoffOf,
    definition,
    reason: text('Code of a rejection reason in force.', { min: 1, max: 100 }),
    note: optional(personal(text('The comment of the rep.'))),
    external: flagged,
  },
  LeadRecycled: {
    version: 1,
    description: 'The lead went back to marketing for nurturing.',
    sentence: 'The lead went back to marketing: {reason:words}[, to be re-engaged at {reengageAt}]',
    leadId,
    handoffOf,
    survivorId,
    reason: recycleReason,
    reengageAt,
    external: flagged,
  },
  LeadSalesQualified: {
    version: 1,
    description: 'The lead met the definition of a sales-qualified lead.',
    sentence:
      'Sales qualified the lead under {definition}[; budget: {budget}][; authority: {authority}][; need: {need}][; timeline: {timeline}]',
    leadId,
    handoffOf,
    definition,
    ...bant,
    evidence: optional(json('The evidence by criterion.')),
    external: flagged,
  },
  LeadConverted: {
    version: 1,
    description: 'The lead was converted to an opportunity.',
    sentence: 'The lead was converted to deal {opportunityId}',
    leadId,
    handoffOf,
    opportunityId,
    definition: optional(definition),
    external: flagged,
  },
  LeadOpportunityLost: {
    version: 1,
    description: 'A deal of the lead was lost.',
    sentence: 'Deal {opportunityId} of the lead was lost[ at {closedAt}]',
    leadId,
    opportunityId,
    closedAt,
  },
  LeadOpportunityWon: {
    version: 1,
    description: 'A deal of the lead was won; the lead stays at its stage.',
    sentence: 'Deal {opportunityId} of the lead was won[ at {closedAt}]',
    leadId,
    opportunityId,
    closedAt,
  },
  LeadOpportunityReopened: {
    version: 1,
    description: 'A closed deal of the lead was reopened; its outcome no longer counts.',
    sentence: 'Deal {opportunityId} of the lead was reopened',
    leadId,
    opportunityId,
  },
  LeadReturnedToOpportunity: {
    version: 1,
    description: 'The lead, which had been at stage opportunity before, is on an open deal again.',
    sentence: 'The lead is on an open deal again: {opportunityId}',
    decidedBy: {},
    leadId,
    survivorId,
    opportunityId,
  },
  LeadBecameCustomer: {
    version: 1,
    description: 'A deal of the lead was won and the lead became a customer.',
    sentence: 'The lead became a customer: deal {opportunityId} was won',
    leadId,
    survivorId,
    opportunityId,
  },
  LeadReengaged: {
    version: 1,
    description: 'A recycled or rejected lead is active again.',
    sentence: 'The lead is active again after a {cause}',
    decidedBy: {},
    leadId,
    survivorId,
    cause: oneOf(['touch', 'date', 'merge']),
  },
  LeadDisqualified: {
    version: 1,
    description: 'The lead was disqualified for good.',
    sentence: 'The lead was disqualified for good: {reason:words}',
    leadId,
    handoffOf,
    reason: addressFree('competitor, spam, student …', { min: 1, max: 200 }),
    external: flagged,
  },
  LeadMerged: {
    version: 1,
    description: 'Another lead was merged into this one, because both are the same person.',
    sentence: 'Lead {mergedLeadId} was merged into lead {leadId}: they are the same person',
    leadId,
    mergedLeadId: ref('lead'),
    mergeNumber,
  },
  LeadMergedInto: {
    version: 1,
    description: 'This lead was merged into another one, the survivor.',
    sentence: 'Lead {leadId} was merged into lead {survivorId}, which continues for both',
    leadId,
    survivorId: ref('lead'),
    mergeNumber,
  },
  LeadUnmerged: {
    version: 1,
    description: 'A merge was undone; the two leads are separate again.',
    sentence: 'The merge of lead {mergedLeadId} into lead {leadId} was undone: they are two people',
    leadId,
    becomes,
    takenBack,
    survivorId,
    mergedLeadId: ref('lead'),
    mergeNumber,
  },
  ...mergedFactsEvents,
  LeadUnmergedFrom: {
    version: 1,
    description: 'The merge of this lead into a survivor was undone; it is a separate lead again.',
    sentence: 'Lead {leadId} was separated from lead {survivorId}: they are two people',
    leadId,
    survivorId: ref('lead'),
    mergeNumber,
  },
  LeadJoinedOpportunity: {
    version: 1,
    description: 'The lead got a role in a deal.',
    sentence: 'The lead got a role in deal {opportunityId}[: {role:words}]',
    leadId,
    survivorId,
    opportunityId,
    role,
  },
  LeadLeftOpportunity: {
    version: 1,
    description: 'The lead lost its role in a deal.',
    sentence: 'The lead lost its role in deal {opportunityId}',
    leadId,
    survivorId,
    opportunityId,
    tookPart,
  },
  LeadNamed: {
    version: 1,
    description:
      'A deal or a visitor referred to this lead before it was captured; they are linked when it is captured.',
    sentence: 'The lead was referred to before it was captured[, by deal {opportunityId}][, by visitor {visitorId}]',
    leadId,
    opportunityId: optional(opportunityId),
    visitorId: optional(ref('visitor')),
  },
  LeadVisitorLinked: {
    version: 1,
    description: 'An anonymous visitor was identified as this lead.',
    sentence: 'Visitor {visitorId} was identified as this lead',
    leadId,
    survivorId,
    visitorId: ref('visitor'),
  },
  ObligationStarted: {
    version: 1,
    description: 'An obligation of sales to the lead started.',
    sentence: 'A {kind:words} is due by {dueAt}: {budgetMs} on the {clock}[, assigned to {rep}]',
    decidedBy: { ...slaRule, cause: 'startedBy' },
    ...obligation,
    queue,
    definition: ref('definition', 'The policy in force, `sla-policy@2`.'),
    calendar: optional(ref('definition', 'The calendar whose hours count, `business-calendar@1`.')),
    calendarCode: optional(
      text('Code of the calendar within that version; absent for its default hours.', { max: 50 }),
    ),
    times: optional(integer('The number of answers required; 1 by default.', { min: 1 })),
    kinds: optional(integer('The number of different kinds of answers required.', { min: 1 })),
    last: optional(flag('True if the last answer counts instead of the first.')),
    budgetMs: integer('The time allowed, in milliseconds.', { min: 1, max: Number.MAX_SAFE_INTEGER, unit: 'ms' }),
    dueAt,
    clock: oneOf(
      slaHours,
      'What the clock runs on. always-closed means the wall clock, because the calendar has no open hours.',
    ),
    moments: transitions,
  },
  ObligationProgressed: {
    version: 1,
    description: 'An answer was counted; more are required.',
    sentence: 'An answer was counted towards the {kind:words}: {value}; more are required',
    decidedBy: slaRule,
    ...obligation,
    by,
    at: instant('When the answer was given.'),
    value: text('The kind of answer: call, e-mail …', { max: 300 }),
  },
  ObligationPaused: {
    version: 1,
    description: 'The clock was paused.',
    sentence: 'The clock of the {kind:words} was paused',
    decidedBy: slaRule,
    ...obligation,
    by,
  },
  ObligationResumed: {
    version: 1,
    description: 'The clock was resumed.',
    sentence: 'The clock of the {kind:words} was resumed, due by {dueAt}',
    decidedBy: slaRule,
    ...obligation,
    by,
    dueAt,
    moments: transitions,
  },
  ObligationMet: {
    version: 1,
    description: 'The obligation was fulfilled, on time or late.',
    sentence: 'The {kind:words} was done {late?late:on time}',
    decidedBy: slaRule,
    ...obligation,
    by,
    at: instant('When it was fulfilled.'),
    countedMs: integer('The time counted on its clock until then, in milliseconds.', {
      ...{ min: 0, max: Number.MAX_SAFE_INTEGER, unit: 'ms' },
    }),
    late: flag('True if fulfilled after the due time.'),
    recordedLate,
    value: optional(text('The kind of answer.', { max: 300 })),
  },
  ObligationBreached: {
    version: 1,
    description: 'The obligation was not fulfilled on time.',
    sentence: 'The {kind:words}, due by {dueAt}, was not done on time[, by {rep}]',
    decidedBy: slaRule,
    ...obligation,
    dueAt: instant('The last instant at which an answer was on time.'),
    cause: oneOf(
      ['time', 'given-up'],
      'time: the time ran out. given-up: the lead was given up before enough was done.',
    ),
    by: optional(by),
    moments: optional(transitions),
  },
  ObligationEscalated: {
    version: 1,
    description: 'An obligation was escalated to somebody.',
    sentence: 'The {kind:words} was escalated to the {notify:words}',
    decidedBy: { definition: 'definition' },
    ...obligation,
    step: integer('The step of the escalation in the policy, counted from 0.', { min: 0 }),
    notify: text('Who is notified: rep, manager or handoff-owner.', { min: 1, max: 100 }),
    definition: ref('definition', 'The policy under which the clock started, `sla-policy@2`.'),
  },
  ObligationCancelled: {
    version: 1,
    description: 'The obligation was cancelled; an earlier breach stays a breach.',
    sentence: 'The {kind:words} is no longer required',
    decidedBy: slaRule,
    ...obligation,
    by,
    recordedLate,
  },
  LeadIdReleased: {
    version: 1,
    description: 'The id was reserved by a capture that never finished; it can no longer be used.',
    sentence: 'The id {leadId}, reserved for a lead that was never captured, was released for good',
    leadId,
  },
});
export type LeadEvent = EventOf<typeof leadEvents>;

export const leadCommands = commands(
  'lead',
  {
    CaptureLead: {
      creates: true,
      description:
        'Capture a person as a lead. email and externalId are unique: if another lead has one of them, the command is refused and `details.leadId` names that lead.',
      allow: ['marketing', 'sales', 'revops'],
      leadId,
      ...profile,
      externalId,
      source,
      owner,
    },
    UpdateLead: {
      about: 'state',
      description: 'Change or add facts about the person.',
      allow: ['marketing', 'sales', 'revops'],
      leadId,
      ...profile,
    },
    ClearLeadFact: {
      about: 'state',
      description: 'Clear facts about the person.',
      allow: ['marketing', 'sales', 'revops'],
      leadId,
      facts: list(oneOf(leadFacts), 'The facts to clear.'),
    },
    RecordTouch: {
      about: 'occurrence',
      description: 'Record a touch: a contact with the person by either team.',
      allow: ['marketing', 'sales', 'success', 'revops'],
      leadId,
      ...touchFields,
      outcome: touchOutcome,
    },
    QualifyLead: {
      description: 'Qualify the lead as an MQL. If criteria are in force, the lead must meet them.',
      allow: ['marketing', 'revops'],
      leadId,
      evidence: optional(personal(json('Why the lead qualifies, in your words; used if no criteria are in force.'))),
      external,
    },
    ReevaluateLead: {
      description: 'Evaluate the lead again under the definitions in force.',
      leadId,
      from: optional(instant('Evaluate at each touch from this instant on; by default only as of the latest event.')),
    },
    HandOffLead: {
      description: 'Hand a qualified lead to a rep.',
      allow: ['marketing', 'revops'],
      leadId,
      rep,
      respondBy: optional(instant('The time by which sales must respond.')),
      external,
    },
    HandOffRoutedLead: {
      description: 'Hand the lead to the rep that a queue chose, if it is still at stage mql.',
      leadId,
      rep,
      respondBy: optional(instant('The time by which sales must respond.')),
      queue: routingId,
      choice: choiceId,
    },
    AcceptLead: { description: 'Accept a handed-off lead.', allow: ['sales', 'revops'], leadId, external },
    RejectLead: {
      description: 'Reject a handed-off or accepted lead with a reason.',
      allow: ['sales', 'revops'],
      leadId,
      reason: text('Code of a rejection reason in force; `other` requires a note.', { min: 1, max: 100 }),
      note: optional(personal(text('Your comment.'))),
      external,
    },
    RecycleLead: {
      description: 'Return a lead to marketing for nurturing.',
      allow: ['sales', 'revops'],
      leadId,
      reason: recycleReason,
      reengageAt,
      external,
    },
    SalesQualifyLead: {
      description: 'Qualify the lead as an SQL. If criteria are in force, the lead must meet them.',
      allow: ['sales', 'revops'],
      leadId,
      ...bant,
      external,
    },
    ConvertLead: {
      description: 'Convert the lead to an opportunity, which is opened if it does not exist.',
      allow: ['sales', 'revops'],
      leadId,
      opportunityId,
      external,
    },
    DisqualifyLead: {
      description: 'Disqualify the lead for good.',
      allow: ['marketing', 'sales', 'revops'],
      leadId,
      reason: addressFree('competitor, spam, student …', { min: 1, max: 200 }),
      external,
    },
    MergeLead: {
      about: 'state',
      description: 'Merge another lead of the same person into this one.',
      allow: ['revops', 'marketing', 'sales'],
      leadId,
      mergedLeadId: ref('lead', 'The lead to merge into this one.'),
    },
    UnmergeLead: {
      about: 'state',
      description: 'Undo a merge.',
      allow: ['revops', 'marketing', 'sales'],
      leadId,
      mergedLeadId: ref('lead', 'The lead to separate from this one.'),
    },
    AdvanceClock: { description: 'Apply everything that has fallen due by now.', leadId },
    ...mergedFactsCommands,
    RecordMerge: { description: 'Record a merge that was reserved.', leadId, mergedLeadId: ref('lead'), mergeNumber },
    FollowMerge: {
      description: 'Record on the merged lead that it was merged into a survivor.',
      leadId,
      survivorId: ref('lead'),
      mergeNumber,
    },
    FollowUnmerge: {
      description: 'Record on the merged lead that its merge was undone.',
      leadId,
      survivorId: ref('lead'),
      mergeNumber,
    },
    JoinOpportunity: { description: 'Give the lead a role in a deal.', leadId, opportunityId, role },
    LeaveOpportunity: { description: 'Remove the role of the lead in a deal.', leadId, opportunityId, tookPart },
    NoteOpportunityWon: { description: 'Record that a deal of the lead was won.', leadId, opportunityId, closedAt },
    NoteOpportunityLost: { description: 'Record that a deal of the lead was lost.', leadId, opportunityId, closedAt },
    NoteOpportunityReopened: { description: 'Record that a deal of the lead was reopened.', leadId, opportunityId },
    LinkVisitor: {
      description: 'Link an anonymous visitor that was identified as this lead.',
      leadId,
      visitorId: ref('visitor'),
    },
    JoinVisits: {
      description: 'Add visits of a linked visitor to the lead.',
      leadId,
      visitorId: ref('visitor'),
      visits: list(leadTouch, 'In any order.'),
    },
    ReleaseLeadId: { description: 'Release an id that an unfinished capture reserved.', leadId },
  },
  { datable: true },
);
export type LeadCommand = CommandOf<typeof leadCommands>;

/** Sends a command to a lead. */
export class ToLead extends To<LeadCommand> {}
