import {
  commands,
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

/** The most reps of one queue: the explanation of a choice names them all. */
export const MOST_REPS = 200;

const routingId = ref('routing', 'The queue of reps, as the routing rules name it.');
const leadId = ref('lead', 'The lead: a person we may sell to.');
const rep = text('The salesperson.', { min: 1, max: 200 });
const weight = integer('The share of leads, in proportion to the other reps of the queue.', { min: 1, max: 10_000 });
const weightOfRep = state('routing.weight', weight, ['rep']);
const choice = optional(
  text('The choice, by the id of its event; by default the last of that lead.', { min: 1, max: 100 }),
);
const rule = text('The routing rule that chose the queue.', { min: 1, max: 200 });

export const routingEvents = events({
  RepJoined: {
    version: 1,
    description: 'A rep takes part in a queue, or with another weight.',
    sentence: '{rep} takes part in queue {routingId} with weight {weight}',
    routingId,
    rep,
    weight: weightOfRep,
  },
  RepLeft: {
    version: 1,
    description: 'A rep takes no part in the queue any more.',
    sentence: '{rep} left queue {routingId}',
    routingId,
    rep,
  },
  RepMarkedAbsent: {
    version: 1,
    description: 'A rep is away and gets no leads.',
    sentence: '{rep} is away and gets no leads from {routingId}',
    routingId,
    rep,
  },
  RepMarkedAvailable: {
    version: 1,
    description: 'A rep is back.',
    sentence: '{rep} is back in queue {routingId}',
    routingId,
    rep,
  },
  RepBaselineSet: {
    version: 1,
    description: 'What a rep missed before joining or while away is not caught up: the count begins from here.',
    sentence: '{rep} counts from {base} leads on: what was missed is not caught up',
    decidedBy: {},
    routingId,
    rep,
    base: real('Leads that the rep counts as having had, besides those assigned.'),
  },
  RepChosen: {
    version: 1,
    description: 'Who gets a qualified lead, and why.',
    sentence: 'Queue {routingId} chose {rep} for the lead by rule {rule} ({by})',
    decidedBy: { definition: 'definition' },
    routingId,
    leadId,
    rep,
    definition: ref('definition', 'The routing rules that decided, `routing@2`.'),
    rule,
    by: oneOf(
      ['turn', 'account-owner', 'handoff-owner'],
      'The lowest load for its weight; or the owner of the account; or, with everybody away, the handoff owner.',
    ),
    standings: list(
      object({ rep, load: real('base + assigned − returned, before this lead.'), weight }),
      'Those present, whose turn is nearest first.',
      { max: MOST_REPS },
    ),
  },
  LeadUnassigned: {
    version: 1,
    description: 'A lead came back from its rep and no longer counts for the rep’s turn.',
    sentence: 'The lead came back from {rep} and counts no more for the turn in queue {routingId}',
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
    description: 'A rep takes part in a queue; or, already there, has another weight from now on.',
    allow: ['revops'],
    routingId,
    rep,
    weight,
  },
  LeaveQueue: {
    about: 'state',
    description: 'A rep takes no part in a queue any more.',
    allow: ['revops'],
    routingId,
    rep,
  },
  MarkRepAbsent: {
    about: 'state',
    description: 'A rep is away: no leads until the return.',
    allow: ['sales', 'revops'],
    routingId,
    rep,
  },
  MarkRepAvailable: {
    about: 'state',
    description: 'A rep is back; nothing is caught up.',
    allow: ['sales', 'revops'],
    routingId,
    rep,
  },
  UnassignLead: {
    description: 'A lead came back from its rep, who is due another one sooner. Only the last 1,000 of a queue.',
    allow: ['revops'],
    routingId,
    leadId,
    choice,
  },
  ChooseRep: {
    description: 'A lead is qualified: who gets it?',
    routingId,
    leadId,
    rule,
    owner: optional(text('Who owns the account and goes first, if present.', { min: 1, max: 200 })),
  },
});
export type RoutingCommand = CommandOf<typeof routingCommands>;

/** A command on its way to a queue. */
export class ToRouting extends To<RoutingCommand> {}
