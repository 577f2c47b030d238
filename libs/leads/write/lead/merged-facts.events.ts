import { instant, integer, list, object, oneOf, optional, ref, text, type Static } from '@baton/kernel';
import { touchFields } from '@baton/campaigns';

/** The stages of a lead. */
export const stageNames = [
  'lead',
  'mql',
  'handed-off',
  'sal',
  'sql',
  'opportunity',
  'customer',
  'rejected',
  'recycled',
  'disqualified',
] as const;

const leadId = ref('lead', 'The lead: a person we may sell to.');
const mergedLeadId = ref('lead', 'The lead merged into this one by which it came.');
const through = optional(
  list(ref('lead'), 'From there on to the lead on which it was recorded, where merges stand in a chain.', { max: 50 }),
);
const stage = (description: string) =>
  optional(
    object(
      {
        stage: oneOf(stageNames),
        definition: optional(ref('definition', 'The version that qualified it.')),
        rep: optional(text('The salesperson.', { min: 1, max: 200 })),
        since: optional(instant('When it was given back.')),
        reengageAt: optional(instant('When marketing takes it up again without a new touch.')),
        from: optional(instant('When it came to that stage.')),
      },
      description,
    ),
  );
const short = (of: string) => optional(text(of));
/** A contact that was recorded elsewhere: on another lead of the person, or on the visitor that the person was. */
export const leadTouch = object({
  id: text('Of the event that recorded it.', { min: 1, max: 100 }),
  at: instant('When it was.'),
  ...touchFields,
});
export type LeadTouch = Static<typeof leadTouch>;
/** What another lead of the person brings. */
const brought = {
  leadId,
  mergedLeadId,
  through,
  touches: list(leadTouch, 'Its touches, in the order in which they were told.'),
  profile: optional(
    object(
      {
        ...{ title: short('Job title.'), company: short('Company.'), industry: short('Industry of the company.') },
        employees: optional(integer('Number of employees of the company.', { min: 0 })),
        ...{ country: short('Country.'), region: short('Region or state.') },
        ...{ source: short('Where the lead came from.'), owner: short('Who looks after the lead.') },
      },
      'Facts about the person; they fill what the survivor does not know.',
    ),
  ),
  cleared: optional(
    list(text('', { max: 100 }), 'Facts that it knows no more, by the names that they have in the profile.'),
  ),
  stage: stage('Where that lead stands.'),
  opportunityIds: optional(list(ref('opportunity'), 'The deals that it is on, all of them.')),
  visitorIds: optional(list(ref('visitor'), 'The visitors that it was, all of them.')),
};
/** On an event of a lead that was merged away: whom it has to reach. */
export const survivorId = optional(ref('lead', 'The lead that this one is merged into.'));
/** On an event that changes what a lead is together with others. */
export const becomes = stage('Where the lead stands from here on, when that changes.');
/** On an event that takes apart what was one person: the qualification that followed from the union alone. */
export const takenBack = optional(
  text('The qualification that goes with the merge, by the id of its event: it counts no more.', { min: 1, max: 100 }),
);
/** On a disposition of a handoff that was made on another lead of the person. */
export const handoffOf = optional(ref('lead', 'The lead that was handed off, where it is another one of the person.'));

/** Events about leads that are one person. */
export const mergedFactsEvents = {
  MergedFactsAdded: {
    version: 1,
    description: 'What another lead of the same person brings: touches, facts, deals, visitors and how far it came.',
    sentence:
      'The merge added what lead {mergedLeadId} had: touches ({touches:count})[, facts ({profile})][, facts known no more ({cleared})][, deals ({opportunityIds})][, its stage ({stage})]',
    ...{ ...brought, becomes, survivorId },
  },
  MergedFactsRemoved: {
    version: 1,
    description: 'A merge further down the chain was wrong: what came by it is taken back.',
    sentence: 'What a merge added from lead {mergedLeadId} was removed: it belongs to another person',
    ...{ leadId, mergedLeadId, through, becomes, survivorId, takenBack },
  },
} as const;

/** What the survivor of a merge is told. */
export const mergedFactsCommands = {
  AddMergedFacts: { description: 'Another lead of the same person brings this.', ...brought },
  RemoveMergedFacts: {
    description: 'What came by these leads is another person’s.',
    ...{ leadId, mergedLeadId, through },
  },
} as const;
