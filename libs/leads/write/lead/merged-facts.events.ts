import { instant, integer, list, object, oneOf, optional, ref, text, type Static } from '@baton/kernel';
import { touchFields, touchOutcome } from '@baton/campaigns';

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
const mergedLeadId = ref('lead', 'The lead merged into this one that the facts come from.');
const through = optional(
  list(
    ref('lead'),
    'In a chain of merges: the leads from mergedLeadId on to the lead on which the facts were recorded.',
    { max: 50 },
  ),
);
const stage = (description: string) =>
  optional(
    object(
      {
        stage: oneOf(stageNames),
        definition: optional(ref('definition', 'The version that qualified it.')),
        rep: optional(text('The salesperson.', { min: 1, max: 200 })),
        since: optional(instant('When it was rejected or recycled.')),
        reengageAt: optional(instant('When marketing re-engages the lead if there is no new touch before.')),
        from: optional(instant('When it reached that stage.')),
      },
      description,
    ),
  );
const optionalText = (description: string) => optional(text(description));
/** A touch that was recorded on another stream: on a merged lead, or on the anonymous visitor that became this lead. */
export const leadTouch = object({
  id: text('Id of the event that recorded the touch.', { min: 1, max: 100 }),
  at: instant('When the touch took place.'),
  ...touchFields,
  outcome: touchOutcome,
});
export type LeadTouch = Static<typeof leadTouch>;
/** The facts of a merged lead. */
const mergedFacts = {
  leadId,
  mergedLeadId,
  through,
  touches: list(leadTouch, 'Its touches, in the order in which they were recorded.'),
  profile: optional(
    object(
      {
        ...{
          title: optionalText('Job title.'),
          company: optionalText('Company.'),
          industry: optionalText('Industry of the company.'),
        },
        employees: optional(integer('Number of employees of the company.', { min: 0 })),
        ...{ country: optionalText('Country.'), region: optionalText('Region or state.') },
        ...{ source: optionalText('Where the lead came from.'), owner: optionalText('The owner of the lead.') },
      },
      'Facts about the person; they fill those that are unknown on the survivor.',
    ),
  ),
  cleared: optional(
    list(text('', { max: 100 }), 'Facts that were cleared on the merged lead, by their names in the profile.'),
  ),
  stage: stage('The stage of the merged lead.'),
  opportunityIds: optional(list(ref('opportunity'), 'All deals that the merged lead has a role in.')),
  visitorIds: optional(list(ref('visitor'), 'All visitors that were identified as the merged lead.')),
};
/** On an event of a merged lead: the survivor that the policy copies it to. */
export const survivorId = optional(ref('lead', 'The lead that this lead is merged into.'));
/** On an event that adds or removes merged facts. */
export const becomes = stage('The new stage of the lead, if the event changes it.');
/** On an event that undoes a merge: the qualification that only the merged facts had met. */
export const takenBack = optional(
  text('Id of the qualification event that no longer counts, because only the merged facts had met the definition.', {
    min: 1,
    max: 100,
  }),
);
/** On a disposition of a handoff that was made on a merged lead. */
export const handoffOf = optional(ref('lead', 'The lead that was handed off, if it is one merged into this lead.'));

/** Events about facts of merged leads. */
export const mergedFactsEvents = {
  MergedFactsAdded: {
    version: 1,
    description: 'Facts of a merged lead were added to the survivor: touches, profile, deals, visitors and stage.',
    sentence:
      'The merge added the facts of lead {mergedLeadId}: touches ({touches:count})[, profile ({profile})][, cleared facts ({cleared})][, deals ({opportunityIds})][, stage ({stage})]',
    ...{ ...mergedFacts, becomes, survivorId },
  },
  MergedFactsRemoved: {
    version: 1,
    description: 'A merge further down the chain was undone; the facts that came through it were removed.',
    sentence: 'The facts of lead {mergedLeadId} were removed: they belong to another person',
    ...{ leadId, mergedLeadId, through, becomes, survivorId, takenBack },
  },
} as const;

/** Commands from the policy to the survivor of a merge. */
export const mergedFactsCommands = {
  AddMergedFacts: { description: 'Add facts of a merged lead to its survivor.', ...mergedFacts },
  RemoveMergedFacts: {
    description: 'Remove the facts that came through these merged leads.',
    ...{ leadId, mergedLeadId, through },
  },
} as const;
