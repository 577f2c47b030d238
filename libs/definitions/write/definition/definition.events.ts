import {
  commands,
  day,
  enumeration,
  events,
  instant,
  integer,
  json,
  oneOf,
  optional,
  ref,
  teams,
  text,
  To,
  type CommandOf,
  type EnumerationValue,
  type EventOf,
} from '@baton/kernel';

/** The kinds of definitions that both teams agree on; each kind has a schema for its body (`kinds.rules.ts`). */
export const definitionKindNames = enumeration('DefinitionKind', 'Kind of definition.', {
  mql: 'When a lead is qualified by marketing.',
  sal: 'When sales accepts a lead (SAL).',
  sql: 'When a lead is qualified by sales.',
  'scoring-model': 'Points for fit and engagement.',
  'sla-policy': 'Obligations of both teams, with deadlines.',
  icp: 'Ideal customer profile.',
  'channel-rules': 'Which channel a touch is assigned to.',
  'rejection-reasons': 'Reasons for which sales may reject a lead.',
  'loss-reasons': 'Reasons for which deals are lost.',
  'stage-map': 'What the stages of other systems mean.',
  pipeline: 'The pipelines of deals, and their stages.',
  routing: 'Which rep gets which lead.',
  attribution: 'How the revenue of a deal is credited to touches.',
  'business-calendar': 'Business hours and holidays.',
});
export type DefinitionKind = EnumerationValue<typeof definitionKindNames>;
export const definitionKinds = definitionKindNames.values;

const definitionId = ref('definition', `The kind of definition: ${definitionKinds.join(', ')}.`);
const version = integer('Version number, from 1.', { min: 1 });
const reason = text('Reason, kept in the history.', { min: 1 });

export const definitionEvents = events({
  DefinitionProposed: {
    version: 1,
    description: 'A new version was proposed; it decides nothing until both teams approve it.',
    sentence: 'Version {number} of {definitionId} was proposed: {reason}',
    definitionId,
    number: version,
    body: json('Body of the definition; its schema depends on the kind.'),
    reason,
    inForceFrom: optional(instant('When the version should come into force; not before the second approval.')),
    reviewBy: day('Day by which both teams review the version.'),
  },
  DefinitionApproved: {
    version: 1,
    description: 'One of the two teams approved the proposed version.',
    sentence: '{approver} approved version {number} of {definitionId} for {team}',
    definitionId,
    number: version,
    team: oneOf(teams),
    approver: text('Person who approved for the team; the two teams need two different people.', { min: 1, max: 300 }),
  },
  DefinitionPutInForce: {
    version: 1,
    description: 'Both teams approved: the version is in force from that instant on.',
    sentence: 'Version {number} of {definitionId} is in force from {from} on',
    definitionId,
    number: version,
    from: instant(),
  },
  DefinitionRetired: {
    version: 1,
    description: 'The version is no longer in force; no other version replaces it.',
    sentence: 'Version {number} of {definitionId} was retired: {reason}',
    definitionId,
    number: version,
    reason,
  },
});
export type DefinitionEvent = EventOf<typeof definitionEvents>;

export const definitionCommands = commands('definition', {
  ProposeDefinition: {
    description: 'Propose a new version of a definition.',
    allow: ['marketing', 'sales', 'revops'],
    definitionId,
    body: json('Body of the definition; its schema depends on the kind.'),
    reason,
    inForceFrom: optional(instant('When the version should come into force; by default at the second approval.')),
    reviewBy: optional(day('Day by which both teams review the version; by default in three months.')),
  },
  ApproveDefinition: {
    description: 'Approve a proposed version for your team; it comes into force when both teams have approved it.',
    allow: ['marketing', 'sales'],
    definitionId,
    number: version,
    team: oneOf(teams, 'Team that you approve for.'),
  },
  RetireDefinition: {
    description: 'Take the version in force out of force.',
    allow: ['revops', 'marketing', 'sales'],
    definitionId,
    number: version,
    reason,
  },
});
export type DefinitionCommand = CommandOf<typeof definitionCommands>;

/** Sends a command to a definition; the id is the kind. */
export class ToDefinition extends To<DefinitionCommand> {}
