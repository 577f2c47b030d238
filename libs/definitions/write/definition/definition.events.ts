import {
  commands,
  day,
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
  type EventOf,
} from '@baton/kernel';

/** The kinds of definitions that both teams agree on; each kind has a schema for its body (`kinds.rules.ts`). */
export const definitionKinds = [
  'mql',
  'sal',
  'sql',
  'scoring-model',
  'sla-policy',
  'icp',
  'channel-rules',
  'rejection-reasons',
  'loss-reasons',
  'stage-map',
  'routing',
  'attribution',
  'business-calendar',
] as const;
export type DefinitionKind = (typeof definitionKinds)[number];

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
