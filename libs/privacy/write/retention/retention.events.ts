import { commands, events, integer, list, oneOf, ref, text, To, type CommandOf, type EventOf } from '@baton/kernel';
import { leadStages } from '@baton/leads';

const retentionId = ref('retention', 'The purpose that people are kept for.');
const named = text('The purpose, by a code of your own: prospecting, contract.', {
  min: 1,
  max: 50,
  pattern: '^[a-z][a-z0-9-]*$',
  requirement: 'a code of lower case letters, digits and -, such as prospecting',
});
const terms = {
  stages: list(oneOf(leadStages), 'People in these stages are kept for it; at least one.', {
    max: leadStages.values.length,
  }),
  days: integer('Days of 24 hours that they are kept for after they last did, or were in, anything.', {
    min: 1,
    max: 36_525,
  }),
};

export const retentionEvents = events({
  RetentionRuleSet: {
    version: 1,
    description: 'How long people are kept for a purpose was set, or changed.',
    sentence: 'People are kept for {retentionId} {days} days after they were last active',
    retentionId,
    ...terms,
  },
  RetentionRuleEnded: {
    version: 1,
    description: 'A purpose ends nobody’s data any more.',
    sentence: 'The retention rule of {retentionId} ended',
    retentionId,
  },
});
export type RetentionEvent = EventOf<typeof retentionEvents>;

export const retentionCommands = commands(
  'retention',
  {
    SetRetentionRule: {
      description:
        'Set how long people in some stages are kept for a purpose. Who is kept for no purpose any more is erased, unless a legal hold stops it: within the hour, but not within a day after the rule was set. `dueErasures` shows whom it concerns, and when.',
      allow: ['admin'],
      retentionId: named,
      ...terms,
    },
    EndRetentionRule: {
      description: 'End the rule of a purpose. People whom no other rule concerns are kept without end.',
      allow: ['admin'],
      retentionId: named,
    },
  },
  { idField: 'retentionId' },
);
export type RetentionCommand = CommandOf<typeof retentionCommands>;
/** Sends a command about the retention for a purpose. */
export class ToRetention extends To<RetentionCommand> {}
