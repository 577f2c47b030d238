import {
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
  type CommandOf,
  type EventOf,
  type EnumerationValue,
} from '@baton/kernel';
import { touchFields } from '@baton/campaigns';
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
const closedAt = optional(instant('When the deal closed, where the person came to it later.'));
const external = optional(
  text('The other system that decided this past move.', {
    min: 1,
    max: 100,
    pattern: '^[A-Za-z0-9._-]+$',
    says: 'the name of a system: 1 to 100 letters, digits and . _ -',
  }),
);
const flagged = optional(flag('Another system decided this; left out of back-tests.'));

/** What is known of the person. Name, e-mail and phone are personal: encrypted, and gone after an erasure. */
const profile = {
  email: state('lead.email', optional(personal(email('E-mail address.')))),
  name: state('lead.name', optional(personal(text('Full name.', { max: 300 })))),
  phone: state('lead.phone', optional(personal(phone('Phone number, best with its country.')))),
  title: state('lead.title', optional(text('Job title.', { max: 200 }))),
  company: state('lead.company', optional(text('Company the person works for.', { max: 300 }))),
  industry: state('lead.industry', optional(text('Industry of the company.', { max: 200 }))),
  employees: state('lead.employees', optional(integer('Number of employees of the company.', { min: 0 }))),
  country: state('lead.country', optional(country('Country, by its name or its code of ISO 3166.'))),
  region: state('lead.region', optional(text('Region or state.', { max: 100 }))),
  interests: state(
    'lead.interests',
    optional(personal(text('What the person says to be interested in.', { max: 1000 }))),
  ),
  problems: state(
    'lead.problems',
    optional(personal(text('What the person wants solved, in the person’s words.', { max: 1000 }))),
  ),
};
/** The facts that are encrypted: an event says which of them it names, so that decisions know without reading them. */
export const personalFacts = ['email', 'name', 'phone', 'interests', 'problems'] as const;
/** What can be known of a person, and cleared again. */
const leadFacts = enumeration('LeadFact', 'A fact of a person that may be not known.', {
  email: 'E-mail address.',
  name: 'Full name.',
  phone: 'Phone number.',
  title: 'Job title.',
  company: 'The company the person works for.',
  industry: 'Industry of the company.',
  employees: 'Number of employees of the company.',
  country: 'Country.',
  region: 'Region or state.',
  interests: 'What the person says to be interested in.',
  problems: 'What the person wants solved.',
} satisfies Record<keyof typeof profile, string>);
export type LeadFact = EnumerationValue<typeof leadFacts>;
const clearedStates = Object.fromEntries(leadFacts.values.map((fact) => [fact, `lead.${fact}`]));
const named = optional(list(oneOf(personalFacts), 'Which of the encrypted facts it names.'));

/** The answers that qualify a lead for sales: who pays, who decides, what for, by when. In free words: personal. */
const bant = {
  budget: optional(personal(text('What money there is.'))),
  authority: optional(personal(text('Who decides.'))),
  need: optional(personal(text('What problem it solves.'))),
  timeline: optional(personal(text('By when.'))),
};
const externalId = optional(
  text('The id in the system the lead comes from, with that system: `crm:00Q5e`. Unique.', {
    max: 300,
    pattern: '^[A-Za-z0-9._-]+:.+$',
    says: 'an id behind the name of its system and a colon, such as crm:00Q5e',
  }),
);
const source = state(
  'lead.source',
  optional(text('Where the lead came from, as the capturing system says.', { max: 300 })),
);
const owner = state('lead.owner', optional(text('Who looks after the lead.', { max: 200 })));
const recycleReason = text('Why it goes back: no-budget, no-timing, no-answer, deal-lost …', { min: 1, max: 200 });
const routingId = ref('routing', 'The queue that chose the rep.');
const choiceId = text('The choice of that queue, by the id of its event.', { min: 1, max: 100 });
const [queue, choice] = [optional(routingId), optional(choiceId)];
const reengageAt = optional(instant('When marketing takes it up again without a new touch.'));
const obligation = {
  leadId,
  kind: text('What sales owes: first-response, disposition, attempts …', { min: 1, max: 100 }),
  startedBy: text('Id of the event that started the clock.', { min: 1, max: 100 }),
  rep: optional(salesperson),
};
const by = text('Id of the event that caused it.', { min: 1, max: 100 });
const moments = list(
  object({
    at: instant('When it happens, if nothing else happens before.'),
    what: oneOf(['escalation', 'breach']),
    notify: optional(text('Whom an escalation tells: rep, manager, handoff-owner.', { max: 100 })),
    step: optional(integer('Which step of the escalation it is, from 0.', { min: 0 })),
  }),
  'What time alone will say of the clock, in order.',
);
const clock = ['kind', 'startedBy'];
const dueAt = state('lead.due', instant('The last instant at which an answer is in time.'), clock);
const slaRule = { definition: 'definition', per: clock, cause: 'by' };
const recordedLate = optional(
  flag('It happened in time and was told after its breach was recorded; both verdicts stand.'),
);
const mergeNumber = integer('Which of all merges it is; a later one has a higher number.', { min: 0 });
const role = optional(text('The person’s role in the deal: decision-maker, champion, user …', { max: 100 }));
const tookPart = optional(flag('It was on the deal when that closed: the end still counts for the person.'));

export const leadEvents = events({
  LeadCaptured: {
    version: 1,
    description: 'A person became known to us.',
    sentence: 'The lead was captured[ from {source}][, with {company}][, looked after by {owner}]',
    leadId,
    ...profile,
    personalFacts: named,
    externalId,
    source,
    owner,
  },
  LeadProfileChanged: {
    version: 1,
    description: 'Facts about the person changed; only the changed ones are named.',
    sentence: 'Facts about the person changed[: {personalFacts}]',
    leadId,
    survivorId,
    ...profile,
    personalFacts: named,
  },
  LeadFactsCleared: {
    version: 1,
    description: 'Facts about the person are not known any more.',
    sentence: 'It is not known any more of the person: {facts:words}',
    leadId,
    survivorId,
    facts: clears(clearedStates, list(oneOf(leadFacts), 'Which.')),
  },
  TouchRecorded: {
    version: 1,
    description: 'One contact with the person.',
    sentence:
      'Touch by {team}: {action:words}[, {direction}][ on {page}][, about {content}][, from {source}][ / {medium}][, campaign {campaign}][, {minutes}]',
    leadId,
    survivorId,
    opportunityIds: optional(list(opportunityId, 'Deals the person was on.')),
    ...touchFields,
  },
  LeadVisitsJoined: {
    version: 1,
    description: 'Visits of a visitor turned out to be this person’s: each is a touch as any other.',
    sentence: 'Visits of {visitorId} turned out to be this person’s: {visits:count}',
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
    evidence: optional(json('What met it: the value seen and the touches counted, by leaf; or the score, by rule.')),
    statement: optional(personal(json('What met it, in the words of whoever qualified it; no criteria were agreed.'))),
    external: flagged,
  },
  QualificationScheduled: {
    version: 1,
    description: 'When time alone will qualify the lead, as things stand; without an instant: not any more.',
    sentence:
      '{at?Time alone will qualify the lead at:Time alone will not qualify the lead any more}[ {at}], under {definitions}',
    decidedBy: { definition: 'definitions' },
    leadId,
    at: optional(instant('When the definitions then in force judge the lead again.')),
    definitions: list(definition, 'The versions under which it is foreseen.'),
  },
  LeadHandedOff: {
    version: 1,
    description: 'Marketing handed the lead to a rep.',
    sentence: 'Marketing handed the lead to {rep}[, who answers by {respondBy}] (handoff {count})',
    leadId,
    rep,
    definition,
    respondBy: optional(instant('By when sales answers.')),
    count: integer('Which handoff of this lead it is, from 1.', { min: 1 }),
    queue,
    choice,
    package: optional(json('Everything sales needs to know of the lead, built by the system. No personal data.')),
    external: flagged,
  },
  LeadBecameHot: {
    version: 1,
    description: 'A lead of the best grade that waits for sales, or is with sales, did something; said once a day.',
    sentence: 'The lead is hot: grade {grade} under {definition}[, with {rep}]',
    decidedBy: { definition: 'definition', cause: 'touch' },
    leadId,
    grade: text('The best grade of the scoring model, A1.', { min: 1, max: 10 }),
    definition: ref('definition', 'The scoring model, `scoring-model@2`.'),
    touch: text('What the lead did, by the id of its event.', { min: 1, max: 100 }),
    rep: optional(salesperson),
  },
  LeadRoutingCancelled: {
    version: 1,
    description:
      'A queue chose a rep, but by then the lead was not to be handed off any more; the choice does not count.',
    sentence: 'The choice of queue {queue} does not count: the lead was not to be handed off any more',
    leadId,
    queue: routingId,
    choice: choiceId,
  },
  LeadAccepted: {
    version: 1,
    description: 'The rep takes the lead.',
    sentence: 'Sales accepted the lead: {rep} takes it',
    leadId,
    handoffOf,
    rep,
    definition,
    external: flagged,
  },
  LeadRejected: {
    version: 1,
    description: 'The rep refuses the lead and says why.',
    sentence: 'Sales rejected the lead: {reason:words}[ (“{note}”)]',
    leadId,
    handoffOf,
    definition,
    reason: text('Code of the taxonomy in force.', { min: 1, max: 100 }),
    note: optional(personal(text('In the rep’s words.'))),
    external: flagged,
  },
  LeadRecycled: {
    version: 1,
    description: 'The lead goes back to marketing for nurture.',
    sentence: 'The lead went back to marketing: {reason:words}[, to be taken up again at {reengageAt}]',
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
    evidence: optional(json('What met it, by leaf.')),
    external: flagged,
  },
  LeadConverted: {
    version: 1,
    description: 'The lead became a deal.',
    sentence: 'The lead became deal {opportunityId}',
    leadId,
    handoffOf,
    opportunityId,
    definition: optional(definition),
    external: flagged,
  },
  LeadOpportunityLost: {
    version: 1,
    description: 'A deal the lead was on is lost.',
    sentence: 'Deal {opportunityId} of the lead is lost[, since {closedAt}]',
    leadId,
    opportunityId,
    closedAt,
  },
  LeadOpportunityWon: {
    version: 1,
    description: 'A deal the lead is on is won, and that moves it no further.',
    sentence: 'Deal {opportunityId} of the lead is won[, since {closedAt}]',
    leadId,
    opportunityId,
    closedAt,
  },
  LeadOpportunityReopened: {
    version: 1,
    description: 'A deal the lead was on is open again: its close counts no more.',
    sentence: 'Deal {opportunityId} of the lead is open again',
    leadId,
    opportunityId,
  },
  LeadReturnedToOpportunity: {
    version: 1,
    description: 'The person, a chance of sales before, is on an open deal again.',
    sentence: 'The person is on an open deal again: {opportunityId}',
    decidedBy: {},
    leadId,
    survivorId,
    opportunityId,
  },
  LeadBecameCustomer: {
    version: 1,
    description: 'A deal of the lead is won.',
    sentence: 'The lead became a customer: deal {opportunityId} is won',
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
    description: 'Never to be sold to.',
    sentence: 'The lead is never to be sold to: {reason:words}',
    leadId,
    handoffOf,
    reason: text('competitor, spam, student …', { min: 1, max: 200 }),
    external: flagged,
  },
  LeadMerged: {
    version: 1,
    description: 'Another lead turned out to be the same person; this one survives.',
    sentence: 'Lead {mergedLeadId} was merged into lead {leadId}: they are the same person',
    leadId,
    mergedLeadId: ref('lead'),
    mergeNumber,
  },
  LeadMergedInto: {
    version: 1,
    description: 'This lead turned out to be the same person as the survivor.',
    sentence: 'Lead {leadId} was merged into lead {survivorId}, which goes on for both',
    leadId,
    survivorId: ref('lead'),
    mergeNumber,
  },
  LeadUnmerged: {
    version: 1,
    description: 'The merge was wrong; both histories stand again.',
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
    description: 'This lead stands on its own again.',
    sentence: 'Lead {leadId} was separated from lead {survivorId}: it is another person',
    leadId,
    survivorId: ref('lead'),
    mergeNumber,
  },
  LeadJoinedOpportunity: {
    version: 1,
    description: 'The person has a role in a deal.',
    sentence: 'The person has a role in deal {opportunityId}[: {role:words}]',
    leadId,
    survivorId,
    opportunityId,
    role,
  },
  LeadLeftOpportunity: {
    version: 1,
    description: 'The person has no role in the deal any more.',
    sentence: 'The person has no role in deal {opportunityId} any more',
    leadId,
    survivorId,
    opportunityId,
    tookPart,
  },
  LeadNamed: {
    version: 1,
    description: 'A deal or a visitor named this lead before it was captured. It joins them when it is captured.',
    sentence: 'The lead was named before it was captured[, by deal {opportunityId}][, by visitor {visitorId}]',
    leadId,
    opportunityId: optional(opportunityId),
    visitorId: optional(ref('visitor')),
  },
  LeadVisitorLinked: {
    version: 1,
    description: 'The visits of an anonymous visitor belong to this person.',
    sentence: 'The visits of {visitorId} belong to this person',
    leadId,
    survivorId,
    visitorId: ref('visitor'),
  },
  ObligationStarted: {
    version: 1,
    description: 'Sales owes the lead something from now on.',
    sentence: 'Sales owes a {kind:words} by {dueAt}: {budgetMs} on the {clock}[, for {rep}]',
    decidedBy: { ...slaRule, cause: 'startedBy' },
    ...obligation,
    queue,
    definition: ref('definition', 'The policy that sets the terms, `sla-policy@2`.'),
    calendar: optional(ref('definition', 'The calendar whose hours count, `business-calendar@1`.')),
    calendarCode: optional(text('Which calendar of it, by its code; absent: its own hours.', { max: 50 })),
    times: optional(integer('How many answers it takes; by default one.', { min: 1 })),
    kinds: optional(integer('Of how many kinds they are.', { min: 1 })),
    last: optional(flag('The last answer counts, not the first.')),
    budgetMs: integer('How much time there is, in milliseconds.', { min: 1, max: Number.MAX_SAFE_INTEGER, unit: 'ms' }),
    dueAt,
    clock: oneOf(
      ['business-calendar', 'wall-clock', 'always-closed'],
      'What it runs on; always-closed: on the wall clock, because the calendar has no open hour.',
    ),
    moments,
  },
  ObligationProgressed: {
    version: 1,
    description: 'An answer counts, and more are owed.',
    sentence: 'An answer counts towards the {kind:words}: {value}; more are owed',
    decidedBy: slaRule,
    ...obligation,
    by,
    at: instant('When the answer happened.'),
    value: text('What answers are a mix of: call, e-mail …', { max: 300 }),
  },
  ObligationPaused: {
    version: 1,
    description: 'The clock stands still.',
    sentence: 'The clock of the {kind:words} stands still',
    decidedBy: slaRule,
    ...obligation,
    by,
  },
  ObligationResumed: {
    version: 1,
    description: 'The clock goes on.',
    sentence: 'The clock of the {kind:words} goes on, due by {dueAt}',
    decidedBy: slaRule,
    ...obligation,
    by,
    dueAt,
    moments,
  },
  ObligationMet: {
    version: 1,
    description: 'Sales did what it owed.',
    sentence: 'The {kind:words} was done {late?late:in time}',
    decidedBy: slaRule,
    ...obligation,
    by,
    at: instant('When it was fulfilled.'),
    countedMs: integer('How much time of its clock had counted by then, in milliseconds.', {
      ...{ min: 0, max: Number.MAX_SAFE_INTEGER, unit: 'ms' },
    }),
    late: flag('After the due instant.'),
    recordedLate,
    value: optional(text('What answers are a mix of.', { max: 300 })),
  },
  ObligationBreached: {
    version: 1,
    description: 'What sales owed was not done in time.',
    sentence: 'The {kind:words}, due by {dueAt}, was not done in time[, by {rep}]',
    decidedBy: slaRule,
    ...obligation,
    dueAt: instant('The last instant at which an answer was in time.'),
    cause: oneOf(['time', 'given-up'], 'The time ran out, or the lead was given up before enough was done.'),
    by: optional(by),
    moments: optional(moments),
  },
  ObligationEscalated: {
    version: 1,
    description: 'Somebody is to be told how an obligation stands.',
    sentence: 'The {notify:words} is told how the {kind:words} stands',
    decidedBy: { definition: 'definition' },
    ...obligation,
    step: integer('Which step of the policy’s escalation it is, from 0.', { min: 0 }),
    notify: text('Whom: rep, manager, handoff-owner.', { min: 1, max: 100 }),
    definition: ref('definition', 'The policy under which the clock started, `sla-policy@2`.'),
  },
  ObligationCancelled: {
    version: 1,
    description: 'What sales owed is owed no more; a breach before stands.',
    sentence: 'The {kind:words} is owed no more',
    decidedBy: slaRule,
    ...obligation,
    by,
    recordedLate,
  },
  LeadIdReleased: {
    version: 1,
    description: 'The id was reserved for a capture that never finished; it is not used.',
    sentence: 'The id {leadId}, reserved for a lead that was never captured, was given up for good',
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
        'A person becomes known. E-mail and external id are unique: a known one is refused with its lead’s id.',
      allow: ['marketing', 'sales', 'revops'],
      leadId,
      ...profile,
      externalId,
      source,
      owner,
    },
    UpdateLead: {
      about: 'state',
      description: 'Correct or add facts about the person.',
      allow: ['marketing', 'sales', 'revops'],
      leadId,
      ...profile,
    },
    ClearLeadFact: {
      about: 'state',
      description: 'Say that facts about the person are not known any more.',
      allow: ['marketing', 'sales', 'revops'],
      leadId,
      facts: list(oneOf(leadFacts), 'Which facts.'),
    },
    RecordTouch: {
      about: 'occurrence',
      description: 'Record a contact with the person, by either team.',
      allow: ['marketing', 'sales', 'success', 'revops'],
      leadId,
      ...touchFields,
    },
    QualifyLead: {
      description:
        'The lead meets the definition of a marketing-qualified lead. Where criteria are agreed they decide, not the caller.',
      allow: ['marketing', 'revops'],
      leadId,
      evidence: optional(personal(json('What met it, in your words, where no criteria are agreed.'))),
      external,
    },
    ReevaluateLead: {
      description: 'Look again whether the lead meets the definitions in force.',
      leadId,
      from: optional(instant('Judge at each touch from this instant on; by default as of the latest that is known.')),
    },
    HandOffLead: {
      description: 'Hand a qualified lead to a rep.',
      allow: ['marketing', 'revops'],
      leadId,
      rep,
      respondBy: optional(instant('By when sales answers.')),
      external,
    },
    HandOffRoutedLead: {
      description: 'A queue chose the rep: hand the lead off, if it still waits for that.',
      leadId,
      rep,
      respondBy: optional(instant('By when sales answers.')),
      queue: routingId,
      choice: choiceId,
    },
    AcceptLead: { description: 'Sales takes a handed-off lead.', allow: ['sales', 'revops'], leadId, external },
    RejectLead: {
      description: 'Sales refuses a lead and says why.',
      allow: ['sales', 'revops'],
      leadId,
      reason: text('Code of the rejection reasons in force; `other` needs a note.', { min: 1, max: 100 }),
      note: optional(personal(text('In your words.'))),
      external,
    },
    RecycleLead: {
      description: 'Give a lead back to marketing for nurture.',
      allow: ['sales', 'revops'],
      leadId,
      reason: recycleReason,
      reengageAt,
      external,
    },
    SalesQualifyLead: {
      description: 'The lead meets the definition of a sales-qualified lead.',
      allow: ['sales', 'revops'],
      leadId,
      ...bant,
      external,
    },
    ConvertLead: {
      description: 'The lead becomes a deal: opens or joins the opportunity.',
      allow: ['sales', 'revops'],
      leadId,
      opportunityId,
      external,
    },
    DisqualifyLead: {
      description: 'Never sell to this lead.',
      allow: ['marketing', 'sales', 'revops'],
      leadId,
      reason: text('competitor, spam, student …', { min: 1, max: 200 }),
      external,
    },
    MergeLead: {
      about: 'state',
      description: 'Another lead is the same person; this one survives.',
      allow: ['revops', 'marketing', 'sales'],
      leadId,
      mergedLeadId: ref('lead', 'The lead that is the same person.'),
    },
    UnmergeLead: {
      about: 'state',
      description: 'The merge was wrong.',
      allow: ['revops', 'marketing', 'sales'],
      leadId,
      mergedLeadId: ref('lead', 'The lead that is another person.'),
    },
    AdvanceClock: { description: 'Time has passed: what fell due happens.', leadId },
    ...mergedFactsCommands,
    RecordMerge: { description: 'A merge is reserved: record it.', leadId, mergedLeadId: ref('lead'), mergeNumber },
    FollowMerge: { description: 'This lead was merged into a survivor.', leadId, survivorId: ref('lead'), mergeNumber },
    FollowUnmerge: {
      description: 'This lead was separated from its survivor.',
      leadId,
      survivorId: ref('lead'),
      mergeNumber,
    },
    JoinOpportunity: { description: 'The person got a role in a deal.', leadId, opportunityId, role },
    LeaveOpportunity: { description: 'The person lost the role in a deal.', leadId, opportunityId, tookPart },
    NoteOpportunityWon: { description: 'A deal of the lead is won.', leadId, opportunityId, closedAt },
    NoteOpportunityLost: { description: 'A deal of the lead is lost.', leadId, opportunityId, closedAt },
    NoteOpportunityReopened: { description: 'A deal of the lead is open again.', leadId, opportunityId },
    LinkVisitor: { description: 'A visitor was identified as this person.', leadId, visitorId: ref('visitor') },
    JoinVisits: {
      description: 'Visits of a visitor are this person’s.',
      leadId,
      visitorId: ref('visitor'),
      visits: list(leadTouch, 'In any order.'),
    },
    ReleaseLeadId: { description: 'The capture that reserved this id will not finish.', leadId },
  },
  { datable: true },
);
export type LeadCommand = CommandOf<typeof leadCommands>;

/** A command on its way to a lead. */
export class ToLead extends To<LeadCommand> {}
