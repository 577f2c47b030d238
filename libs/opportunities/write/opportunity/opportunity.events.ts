import {
  addressFree,
  To,
  clears,
  commands,
  day,
  enumeration,
  events,
  list,
  money,
  oneOf,
  optional,
  ref,
  state,
  text,
  type CommandOf,
  type EventOf,
  type EnumerationValue,
} from '@baton/kernel';

const opportunityId = ref('opportunity', 'The deal.');
/** Our own people may be named by their addresses. */
const repName = (description: string) => text(description, { min: 1, max: 300 });
const shortText = (description: string) => addressFree(description, { min: 1, max: 300 });
const facts = {
  name: state('opportunity.name', optional(shortText('Name of the deal.'))),
  account: state('opportunity.account', optional(shortText('Company of the deal.'))),
  product: state('opportunity.product', optional(shortText('Product sold.'))),
  owner: state('opportunity.owner', optional(repName('Rep who owns the deal.'))),
  source: state('opportunity.source', optional(shortText('Source of the deal.'))),
  amount: state('opportunity.amount', optional(money('Amount of the deal.'))),
  expectedCloseOn: state('opportunity.expected-close', optional(day('Expected close date.'))),
};
const stageName = shortText('Pipeline stage, as the team names it.');
const stage = state('opportunity.stage', stageName);
const pipeline = state(
  'opportunity.pipeline',
  optional(shortText('Pipeline that it is in, as the definition names it.')),
);
const pipelines = optional(ref('definition', 'Version of the pipelines in force, `pipeline@2`; absent when none was.'));
const missing = optional(text('Exit criteria of the stages left that were not met.', { max: 20_000 }));
const lossReason = shortText('Loss reason: price, timing, competitor, no-decision …');
const { name, account, product, source } = facts;
/** The fields of a deal that can be cleared; a deal always has a stage, and an amount is set to 0 instead. */
export const dealOutcomes = enumeration('DealOutcome', 'How a deal closed.', {
  won: 'The customer signed.',
  lost: 'The deal was lost.',
});
export type DealOutcome = EnumerationValue<typeof dealOutcomes>;

const opportunityFacts = enumeration('OpportunityFact', 'Field of a deal that can be cleared.', {
  name: 'Name of the deal.',
  account: 'Company of the deal.',
  product: 'Product sold.',
  owner: 'Rep who owns the deal.',
  source: 'Source of the deal.',
  'expected-close': 'Expected close date.',
});
export type OpportunityFact = EnumerationValue<typeof opportunityFacts>;
const clearableStates = Object.fromEntries(opportunityFacts.values.map((fact) => [fact, `opportunity.${fact}`]));
const role = optional(addressFree('Role of the person in the deal: decision-maker, champion, user …', { max: 100 }));
/** The deal as known when its close was recorded; facts recorded later, even of an earlier time, are not included. */
const closeSnapshot = {
  amount: optional(money('Amount of the deal at the close.')),
  leadIds: list(ref('lead'), 'People with a role in the deal.'),
  product: optional(shortText('Product sold.')),
  owner: optional(repName('Rep who owned it.')),
  source: optional(shortText('Source of the deal.')),
};

export const opportunityEvents = events({
  OpportunityOpened: {
    version: 1,
    description: 'A deal was opened.',
    sentence:
      'Deal {opportunityId} was opened[ in the pipeline {pipeline}] at stage {stage}[, amount {amount}][, owned by {owner}][, expected to close on {expectedCloseOn}]',
    opportunityId,
    pipeline,
    stage,
    ...facts,
    definition: pipelines,
  },
  OpportunityStageMoved: {
    version: 1,
    description: 'An open deal moved to another stage, forward or back.',
    sentence:
      'The deal moved to stage {to}[ of the pipeline {pipeline}][, although not all criteria were met ({missing})]',
    opportunityId,
    from: stageName,
    to: stage,
    pipeline,
    definition: pipelines,
    missing,
  },
  OpportunityAmountChanged: {
    version: 1,
    description: 'The amount of the deal changed.',
    sentence: 'The amount of the deal changed to {to}',
    opportunityId,
    from: optional(money()),
    to: state('opportunity.amount', money()),
  },
  OpportunityCloseDateChanged: {
    version: 1,
    description: 'The expected close date changed.',
    sentence: 'The deal is expected to close on {to}',
    opportunityId,
    from: optional(day()),
    to: state('opportunity.expected-close', day()),
  },
  OpportunityOwnerChanged: {
    version: 1,
    description: 'The owner of the deal changed.',
    sentence: '{to} owns the deal',
    opportunityId,
    from: optional(repName('Rep who owned it.')),
    to: state('opportunity.owner', repName('New owner.')),
  },
  OpportunityUpdated: {
    version: 1,
    description: 'The name, company, product or source of the deal changed; only the changed fields are present.',
    sentence: 'The deal was updated[; name: {name}][; company: {account}][; product: {product}][; source: {source}]',
    opportunityId,
    ...{ name, account, product, source },
  },
  OpportunityFactsCleared: {
    version: 1,
    description: 'Fields of the deal were cleared.',
    sentence: 'Fields of the deal were cleared: {facts:words}',
    opportunityId,
    facts: clears(clearableStates, list(oneOf(opportunityFacts), 'Fields that were cleared.')),
  },
  ContactRoleAdded: {
    version: 1,
    description: 'A person was given a role in the deal.',
    sentence: 'Lead {leadId} has a role in the deal[: {role:words}]',
    opportunityId,
    leadId: ref('lead'),
    role,
  },
  ContactRoleRemoved: {
    version: 1,
    description: 'A person no longer has a role in the deal.',
    sentence: 'Lead {leadId} no longer has a role in the deal',
    opportunityId,
    leadId: ref('lead'),
  },
  ProposalSent: {
    version: 1,
    description: 'A proposal was sent.',
    sentence: 'Sales sent a proposal[ for {amount}]',
    opportunityId,
    amount: optional(money('Amount of the proposal.')),
    definition: optional(
      ref('definition', 'Version of the pipelines in which the stage that the deal came to stands for a proposal.'),
    ),
  },
  OpportunityWon: {
    version: 1,
    description: 'The customer signed.',
    sentence: 'The deal was won[, amount {amount}][, although not all criteria were met ({missing})]',
    opportunityId,
    definition: pipelines,
    missing,
    signedAmount: state('opportunity.amount', optional(money('Amount given with the win.'))),
    ...closeSnapshot,
  },
  OpportunityLost: {
    version: 1,
    description: 'The deal was lost.',
    sentence: 'The deal was lost: {reason:words}[, to {competitor}][, amount {amount}]',
    opportunityId,
    reason: lossReason,
    competitor: optional(shortText('Competitor that won it.')),
    definition: optional(
      ref('definition', 'Version of the loss reasons in force, `loss-reasons@2`; absent when none was.'),
    ),
    ...closeSnapshot,
  },
  OpportunityReopened: {
    version: 1,
    description: 'A closed deal was reopened; its earlier close no longer counts.',
    sentence: 'The deal was reopened[ at stage {stage}]: {reason:words}',
    opportunityId,
    stage: optional(stage),
    definition: pipelines,
    reason: shortText('Reason for reopening.'),
  },
});
export type OpportunityEvent = EventOf<typeof opportunityEvents>;

const salesRoles = ['sales', 'revops'] as const;
export const opportunityCommands = commands(
  'opportunity',
  {
    OpenOpportunity: {
      description: 'Open a deal.',
      creates: true,
      allow: salesRoles,
      opportunityId,
      pipeline,
      stage: optional(stage),
      ...facts,
    },
    MoveOpportunityStage: {
      about: 'state',
      description: 'Move an open deal to another stage, or to a stage of another pipeline.',
      allow: salesRoles,
      opportunityId,
      to: stage,
      pipeline,
    },
    ChangeOpportunityAmount: {
      about: 'state',
      description: 'Change the amount of a deal; after the win, correct it.',
      allow: salesRoles,
      opportunityId,
      to: money('New amount.'),
    },
    ChangeOpportunityCloseDate: {
      about: 'state',
      description: 'Change the expected close date of an open deal.',
      allow: salesRoles,
      opportunityId,
      to: day('New expected close date.'),
    },
    AssignOpportunity: {
      about: 'state',
      description: 'Assign an open deal to another rep.',
      allow: salesRoles,
      opportunityId,
      to: repName('New owner.'),
    },
    UpdateOpportunity: {
      about: 'state',
      description: 'Change the name, company, product or source of an open deal.',
      allow: salesRoles,
      opportunityId,
      ...{ name, account, product, source },
    },
    ClearOpportunityFact: {
      about: 'state',
      description: 'Clear fields of an open deal.',
      allow: salesRoles,
      opportunityId,
      facts: list(oneOf(opportunityFacts), 'Fields to clear.'),
    },
    AddContactRole: {
      about: 'state',
      description: 'Give a person a role in a deal.',
      allow: ['sales', 'marketing', 'revops'],
      opportunityId,
      leadId: ref('lead', 'The person.'),
      role,
    },
    RemoveContactRole: {
      about: 'state',
      description: 'Remove a person from a deal.',
      allow: ['sales', 'marketing', 'revops'],
      opportunityId,
      leadId: ref('lead', 'The person.'),
    },
    SendProposal: {
      description: 'Record that a proposal was sent.',
      allow: salesRoles,
      opportunityId,
      amount: optional(money('Amount of the proposal; by default the amount of the deal.')),
    },
    WinOpportunity: {
      about: 'state',
      description: 'Close a deal as won.',
      allow: salesRoles,
      opportunityId,
      amount: facts.amount,
    },
    LoseOpportunity: {
      about: 'state',
      description: 'Close a deal as lost, with the reason.',
      allow: salesRoles,
      opportunityId,
      reason: lossReason,
      competitor: optional(shortText('Competitor that won it.')),
    },
    ReopenOpportunity: {
      about: 'state',
      description: 'Reopen a closed deal.',
      allow: salesRoles,
      opportunityId,
      stage: optional(stage),
      reason: shortText('Reason for reopening.'),
    },
  },
  { datable: true },
);
export type OpportunityCommand = CommandOf<typeof opportunityCommands>;

/** Sends a command to a deal. */
export class ToOpportunity extends To<OpportunityCommand> {}
