import {
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
const word = (description: string) => text(description, { min: 1, max: 300 });
const facts = {
  name: state('opportunity.name', optional(word('What the team calls the deal.'))),
  account: state('opportunity.account', optional(word('The company we deal with.'))),
  product: state('opportunity.product', optional(word('What is sold.'))),
  owner: state('opportunity.owner', optional(word('The rep who owns the deal.'))),
  source: state('opportunity.source', optional(word('Where the deal came from.'))),
  amount: state('opportunity.amount', optional(money('What the deal is worth.'))),
  expectedCloseOn: state('opportunity.expected-close', optional(day('When it is expected to close.'))),
};
const stageName = word('The stage of the pipeline, as the team names it.');
const stage = state('opportunity.stage', stageName);
const lossReason = word('Why it was lost: price, timing, competitor, no-decision …');
const { name, account, product, source } = facts;
/** What can be cleared of a deal: every deal has a stage, and what is worth nothing an amount. */
const opportunityFacts = enumeration('OpportunityFact', 'A fact of a deal that may be not known.', {
  name: 'What the team calls it.',
  account: 'The company we deal with.',
  product: 'What is sold.',
  owner: 'The rep who owns it.',
  source: 'Where it came from.',
  'expected-close': 'When it is expected to close.',
});
export type OpportunityFact = EnumerationValue<typeof opportunityFacts>;
const clearedStates = Object.fromEntries(opportunityFacts.values.map((fact) => [fact, `opportunity.${fact}`]));
const role = optional(text('The person’s role in the deal: decision-maker, champion, user …', { max: 100 }));
/** What was known of a deal when its close was told; what is told later of the time before is not in it. */
const stamps = {
  amount: optional(money('What the deal was worth.')),
  leadIds: list(ref('lead'), 'The people on the deal.'),
  product: optional(word('What was sold.')),
  owner: optional(word('The rep who owned it.')),
  source: optional(word('Where it came from.')),
};

export const opportunityEvents = events({
  OpportunityOpened: {
    version: 1,
    description: 'A deal began.',
    sentence:
      'Deal {opportunityId} was opened at stage {stage}[, worth {amount}][, owned by {owner}][, expected to close on {expectedCloseOn}]',
    opportunityId,
    stage,
    ...facts,
  },
  OpportunityStageMoved: {
    version: 1,
    description: 'An open deal moved to another stage, forward or back.',
    sentence: 'The deal moved to {to}',
    opportunityId,
    from: stageName,
    to: stage,
  },
  OpportunityAmountChanged: {
    version: 1,
    description: 'What the deal is worth changed.',
    sentence: 'The deal is worth {to}',
    opportunityId,
    from: optional(money()),
    to: state('opportunity.amount', money()),
  },
  OpportunityCloseDateChanged: {
    version: 1,
    description: 'The expected close moved.',
    sentence: 'The deal is expected to close on {to}',
    opportunityId,
    from: optional(day()),
    to: state('opportunity.expected-close', day()),
  },
  OpportunityOwnerChanged: {
    version: 1,
    description: 'Another rep owns the deal.',
    sentence: '{to} owns the deal',
    opportunityId,
    from: optional(word('The rep who owned it.')),
    to: state('opportunity.owner', word('The new owner.')),
  },
  OpportunityUpdated: {
    version: 1,
    description: 'Name, company, product or source of the deal changed; only the changed ones are named.',
    sentence:
      'Facts of the deal changed[; its name: {name}][; its company: {account}][; its product: {product}][; its source: {source}]',
    opportunityId,
    ...{ name, account, product, source },
  },
  OpportunityFactsCleared: {
    version: 1,
    description: 'Facts of the deal are not known any more.',
    sentence: 'It is not known any more of the deal: {facts:words}',
    opportunityId,
    facts: clears(clearedStates, list(oneOf(opportunityFacts), 'Which.')),
  },
  ContactRoleAdded: {
    version: 1,
    description: 'A person got a role in the deal.',
    sentence: 'Lead {leadId} has a role in the deal[: {role:words}]',
    opportunityId,
    leadId: ref('lead'),
    role,
  },
  ContactRoleRemoved: {
    version: 1,
    description: 'A person has no role in the deal any more.',
    sentence: 'Lead {leadId} has no role in the deal any more',
    opportunityId,
    leadId: ref('lead'),
  },
  ProposalSent: {
    version: 1,
    description: 'We made an offer.',
    sentence: 'Sales sent a proposal[ over {amount}]',
    opportunityId,
    amount: optional(money('The amount it was made with.')),
  },
  OpportunityWon: {
    version: 1,
    description: 'The customer signed.',
    sentence: 'The deal was won[, worth {amount}]',
    opportunityId,
    signedAmount: state('opportunity.amount', optional(money('The amount, where the win itself named it.'))),
    ...stamps,
  },
  OpportunityLost: {
    version: 1,
    description: 'The deal will not happen.',
    sentence: 'The deal was lost: {reason:words}[, to {competitor}][, worth {amount}]',
    opportunityId,
    reason: lossReason,
    competitor: optional(word('Who won it.')),
    definition: optional(ref('definition', 'The loss reasons that held, `loss-reasons@2`; absent when none did.')),
    ...stamps,
  },
  OpportunityReopened: {
    version: 1,
    description: 'A closed deal is open again; its close counts no more.',
    sentence: 'The deal is open again[ at stage {stage}]: {reason:words}',
    opportunityId,
    stage: optional(stage),
    reason: word('Why.'),
  },
});
export type OpportunityEvent = EventOf<typeof opportunityEvents>;

const sellers = ['sales', 'revops'] as const;
export const opportunityCommands = commands(
  'opportunity',
  {
    OpenOpportunity: {
      description: 'Open a deal.',
      creates: true,
      allow: sellers,
      opportunityId,
      stage: optional(stage),
      ...facts,
    },
    MoveOpportunityStage: {
      about: 'state',
      description: 'Move an open deal to another stage.',
      allow: sellers,
      opportunityId,
      to: stage,
    },
    ChangeOpportunityAmount: {
      about: 'state',
      description: 'Say what the deal is worth; after the win this is a correction.',
      allow: sellers,
      opportunityId,
      to: money('The new amount.'),
    },
    ChangeOpportunityCloseDate: {
      about: 'state',
      description: 'Move the expected close.',
      allow: sellers,
      opportunityId,
      to: day('The new day.'),
    },
    AssignOpportunity: {
      about: 'state',
      description: 'Give the deal to another rep.',
      allow: sellers,
      opportunityId,
      to: word('The new owner.'),
    },
    UpdateOpportunity: {
      about: 'state',
      description: 'Change name, company, product or source of an open deal.',
      allow: sellers,
      opportunityId,
      ...{ name, account, product, source },
    },
    ClearOpportunityFact: {
      about: 'state',
      description: 'Say that facts of an open deal are not known any more.',
      allow: sellers,
      opportunityId,
      facts: list(oneOf(opportunityFacts), 'Which facts.'),
    },
    AddContactRole: {
      about: 'state',
      description: 'Name a person who takes part in the deal.',
      allow: ['sales', 'marketing', 'revops'],
      opportunityId,
      leadId: ref('lead', 'The person.'),
      role,
    },
    RemoveContactRole: {
      about: 'state',
      description: 'A person takes no part any more.',
      allow: ['sales', 'marketing', 'revops'],
      opportunityId,
      leadId: ref('lead', 'The person.'),
    },
    SendProposal: {
      description: 'Record that an offer was made.',
      allow: sellers,
      opportunityId,
      amount: optional(money('The amount it was made with; by default what the deal is worth.')),
    },
    WinOpportunity: {
      about: 'state',
      description: 'Close the deal as won.',
      allow: sellers,
      opportunityId,
      amount: facts.amount,
    },
    LoseOpportunity: {
      about: 'state',
      description: 'Close the deal as lost and say why.',
      allow: sellers,
      opportunityId,
      reason: lossReason,
      competitor: optional(word('Who won it.')),
    },
    ReopenOpportunity: {
      about: 'state',
      description: 'Open a closed deal again.',
      allow: sellers,
      opportunityId,
      stage: optional(stage),
      reason: word('Why.'),
    },
  },
  { datable: true },
);
export type OpportunityCommand = CommandOf<typeof opportunityCommands>;

/** A command on its way to a deal. */
export class ToOpportunity extends To<OpportunityCommand> {}
