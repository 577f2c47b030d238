import {
  flagField,
  idField,
  instantField,
  integerField,
  jsonField,
  objectField,
  objectFields,
  Refused,
  textField,
  withoutSecrets,
  type Json,
} from '@baton/kernel';
import { report } from '@baton/platform/report';
import { eventsAfter } from './events.query';

const event = objectFields('Event', 'A fact, as the log keeps it.', {
  eventId: idField('The event.'),
  type: textField('What happened.'),
  stream: textField('The stream that it stands in.'),
  revision: integerField('Its place in the stream, from 0.'),
  position: textField('Its place in the log; give it as `after` to go on behind it.'),
  occurredAt: instantField('When it happened.'),
  recordedAt: instantField('When it was recorded.'),
  actor: textField('Who caused it.'),
  schema: integerField('Version of its schema.'),
  data: jsonField('What it says; personal fields are ciphertext, `$sealed`, and the hashes of keys are left out.'),
});

export const eventsReport = report({
  name: 'events',
  description: 'The log itself, page by page, for analysts and auditors.',
  allow: ['analyst', 'auditor', 'revops'],
  asOf: false, // the log is read directly; a page ends where the caller says
  arguments: {
    first: integerField('How many at most, up to 2000.', { default: 100, min: 1, max: 2000 }),
    after: textField('The position after which to go on; from the start without it.', { optional: true, max: 100 }),
    types: textField('Only events of these types.', { optional: true, list: true }),
    stream: textField('Only events of this stream, `lead-7f3c`.', { optional: true, max: 200 }),
  },
  answer: objectField(
    objectFields('EventPage', 'A page of the log.', {
      events: objectField(event, 'In the order of the log.', { list: true }),
      position: textField('Give it as `after` to go on; everything up to here was looked at.'),
      atTip: flagField('The log had no more at that moment.'),
    }),
    'The page.',
  ),
  ask: async (question, { sources: { log, catalogue } }) => {
    const unknown = question.types?.find((type) => !catalogue.has(type));
    if (unknown !== undefined) throw new Refused('event/unknown-type', `There is no event type "${unknown}".`, 'types');
    const { events, ...place } = await eventsAfter(log, question);
    return {
      ...place,
      events: events.map(({ id, meta: { occurredAt, actor, schema }, ...event }) => ({
        ...{ ...event, eventId: id, occurredAt, actor, schema },
        data: withoutSecrets(catalogue, event) as Json,
      })),
    };
  },
});
