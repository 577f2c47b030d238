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

/** What both teams agree on. More kinds come with more contexts: a kind is its schema. */
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
const version = integer('The version, from 1.', { min: 1 });
const reason = text('Why, for whoever reads the history.', { min: 1 });

export const definitionEvents = events({
  DefinitionProposed: {
    version: 1,
    description: 'A draft of a new version; nothing is decided by it yet.',
    sentence: 'Version {number} of {definitionId} was proposed: {reason}',
    definitionId,
    number: version,
    body: json('The definition itself, by the schema of its kind.'),
    reason,
    inForceFrom: optional(instant('From when it shall hold, at the earliest the second approval.')),
    reviewBy: day('When both teams look at it again.'),
  },
  DefinitionApproved: {
    version: 1,
    description: 'One of the two teams agreed to a draft.',
    sentence: '{approver} approved version {number} of {definitionId} for {team}',
    definitionId,
    number: version,
    team: oneOf(teams),
    approver: text('Who agreed for the team; the other team’s approval is another person’s.', { min: 1, max: 300 }),
  },
  DefinitionPutInForce: {
    version: 1,
    description: 'Both teams agreed: this version decides from that instant on.',
    sentence: 'Version {number} of {definitionId} decides from {from} on',
    definitionId,
    number: version,
    from: instant(),
  },
  DefinitionRetired: {
    version: 1,
    description: 'The version decides no more, and none takes its place.',
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
    body: json('The definition itself, by the schema of its kind.'),
    reason,
    inForceFrom: optional(instant('From when it shall hold; by default the second approval.')),
    reviewBy: optional(day('When both teams look at it again; by default in three months.')),
  },
  ApproveDefinition: {
    description: 'Agree to a proposed version for your team; with the second team it comes into force.',
    allow: ['marketing', 'sales'],
    definitionId,
    number: version,
    team: oneOf(teams, 'The team you speak for.'),
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

/** A command on its way to a definition; the id is the kind. */
export class ToDefinition extends To<DefinitionCommand> {}
