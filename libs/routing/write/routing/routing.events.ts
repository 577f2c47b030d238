import {
  commands,
  enumeration,
  events,
  integer,
  list,
  object,
  oneOf,
  optional,
  real,
  ref,
  state,
  text,
  To,
  type CommandOf,
  type EventOf,
} from '@baton/kernel';

export const routingChoices = enumeration('RoutingChoice', 'Why a rep gets a lead.', {
  turn: 'The rep has the lowest load per weight in the queue.',
  'account-owner': 'The rep owns the account.',
  'handoff-owner': 'Everybody in the queue is absent.',
});
/** The most reps in one queue, because each choice is recorded with the state of all of them. */
export const MAX_REPS = 200;

const routingId = ref('routing', 'The queue of reps, as the routing rules name it.');
const leadId = ref('lead', 'The lead: a person we may sell to.');
const rep = text('The salesperson.', { min: 1, max: 200 });
const weight = integer('The weight of the rep; leads are shared in proportion to the weights of the queue.', {
  min: 1,
  max: 10_000,
});
const weightOfRep = state('routing.weight', weight, ['rep']);
const choice = optional(
  text('Id of the RepChosen event; by default the last one for that lead.', { min: 1, max: 100 }),
);
const notAtWork = optional(
  list(rep, 'Members who are not at work, as the directory says; they get no leads.', { max: MAX_REPS }),
);
const rule = text('The routing rule that chose the queue.', { min: 1, max: 200 });

export const routingEvents = events({
  RepJoined: {
    version: 1,
    description: 'A rep joined a queue, or their weight changed.',
    sentence: '{rep} is a member of queue {routingId} with weight {weight}',
    routingId,
    rep,
    weight: weightOfRep,
  },
  RepLeft: {
    version: 1,
    description: 'A rep left the queue.',
    sentence: '{rep} left queue {routingId}',
    routingId,
    rep,
  },
  RepMarkedAbsent: {
    version: 1,
    description: 'A rep was marked absent and gets no leads.',
    sentence: '{rep} is absent and gets no leads from queue {routingId}',
    routingId,
    rep,
  },
  RepMarkedAvailable: {
    version: 1,
    description: 'A rep was marked available again.',
    sentence: '{rep} is available again in queue {routingId}',
    routingId,
    rep,
  },
  RepBaselineSet: {
    version: 1,
    description:
      'The baseline of a rep was set, so that a rep who joins or returns is not given extra leads to catch up.',
    sentence: 'The baseline of {rep} was set to {base} leads, so that missed leads are not caught up',
    decidedBy: {},
    routingId,
    rep,
    base: real('The number of leads counted in addition to those assigned.'),
  },
  RepChosen: {
    version: 1,
    description: 'A queue chose the rep for a qualified lead.',
    sentence: 'Queue {routingId} chose {rep} for the lead by rule {rule} ({by})',
    decidedBy: { definition: 'definition' },
    routingId,
    leadId,
    rep,
    definition: ref('definition', 'The routing rules that decided, `routing@2`.'),
    rule,
    by: oneOf(
      routingChoices,
      'turn: the rep with the lowest load per weight. account-owner: the owner of the account. handoff-owner: everybody in the queue was absent.',
    ),
    notAtWork,
    standings: list(
      object({ rep, load: real('base + assigned − returned, before this lead.'), weight }),
      'The available reps, in the order of their turns.',
      { max: MAX_REPS },
    ),
  },
  LeadUnassigned: {
    version: 1,
    description: 'A lead was taken back from its rep and no longer counts towards the rep’s turn.',
    sentence: 'The lead was taken back from {rep} and no longer counts towards the turn in queue {routingId}',
    routingId,
    leadId,
    rep,
    choice,
  },
});
export type RoutingEvent = EventOf<typeof routingEvents>;

export const routingCommands = commands('routing', {
  JoinQueue: {
    about: 'state',
    description: 'Add a rep to a queue, or change the weight of a member.',
    allow: ['revops'],
    routingId,
    rep,
    weight,
  },
  LeaveQueue: {
    about: 'state',
    description: 'Remove a rep from a queue.',
    allow: ['revops'],
    routingId,
    rep,
  },
  MarkRepAbsent: {
    about: 'state',
    description: 'Mark a rep absent; the rep gets no leads until marked available.',
    allow: ['sales', 'revops'],
    routingId,
    rep,
  },
  MarkRepAvailable: {
    about: 'state',
    description: 'Mark a rep available again; missed leads are not caught up.',
    allow: ['sales', 'revops'],
    routingId,
    rep,
  },
  UnassignLead: {
    description:
      'Take a lead back from its rep, so that it no longer counts towards the rep’s turn. Works for the last 1,000 leads of a queue.',
    allow: ['revops'],
    routingId,
    leadId,
    choice,
  },
  ChooseRep: {
    description: 'Choose the rep for a qualified lead.',
    routingId,
    leadId,
    rule,
    owner: optional(text('The owner of the account, who is chosen first if available.', { min: 1, max: 200 })),
    notAtWork,
    standIn: optional(text('The manager who stands in for a handoff owner who is not at work.', { min: 1, max: 200 })),
  },
});
export type RoutingCommand = CommandOf<typeof routingCommands>;

/** Sends a command to a queue. */
export class ToRouting extends To<RoutingCommand> {}
