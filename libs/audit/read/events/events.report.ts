import { field, objectFields, Refused, withoutSecrets, type Json } from '@baton/kernel';
import { report } from '@baton/platform/report';
import { eventsAfter } from './events.query';

const event = objectFields('Event', 'A fact, as the log keeps it.', {
  eventId: field.id('The event.'),
  type: field.text('What happened.'),
  stream: field.text('The stream that it stands in.'),
  revision: field.integer('Its place in the stream, from 0.'),
  position: field.text('Its place in the log; give it as `after` to go on behind it.'),
  occurredAt: field.instant('When it happened.'),
  recordedAt: field.instant('When it was recorded.'),
  actor: field.text('Who caused it.'),
  schema: field.integer('Version of its schema.'),
  data: field.json('What it says; personal fields are ciphertext, `$sealed`, and the hashes of keys are left out.'),
});

export const eventsReport = report({
  name: 'events',
  description: 'The log itself, page by page, for analysts and auditors.',
  allow: ['analyst', 'auditor', 'revops'],
  asOf: false, // the log is read directly; a page ends where the caller says
  arguments: {
    first: field.integer('How many at most, up to 2000.', { default: 100, min: 1, max: 2000 }),
    after: field.text('The position after which to go on; from the start without it.', { optional: true, max: 100 }),
    types: field.text('Only events of these types.', { optional: true, list: true }),
    stream: field.text('Only events of this stream, `lead-7f3c`.', { optional: true, max: 200 }),
  },
  answer: field.object(
    objectFields('EventPage', 'A page of the log.', {
      events: field.object(event, 'In the order of the log.', { list: true }),
      position: field.text('Give it as `after` to go on; everything up to here was looked at.'),
      atTip: field.flag('The log had no more at that moment.'),
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
