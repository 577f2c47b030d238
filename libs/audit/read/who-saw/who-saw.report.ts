import { field } from '@baton/kernel';
import { pageOfFound } from '@baton/platform/documents';
import { report } from '@baton/platform/report';
import { leadsSeen, placeOfSighting, sighting, sightingsOf } from './who-saw.query';

const optional = { optional: true } as const;

export const whoSawReport = report({
  name: 'whoSaw',
  description:
    'Who was shown personal values of a person, the newest first: by name, by which operation, and why. Merged leads appear as one.',
  ...{ allow: ['auditor'], flushes: true, asOf: false, page: true },
  arguments: {
    leadId: field.id('The lead’s id.'),
    caller: field.text('Only this caller.', { ...optional, max: 220 }),
    operation: field.text('Only this operation: `Query.leads`, `case-file`.', { ...optional, max: 200 }),
    from: field.day('The first day, in UTC.', optional),
    to: field.day('The last day, in UTC.', optional),
  },
  answer: field.object(sighting, 'The answers that showed them.'),
  ask: async ({ leadId, ...question }, { live: models, page, sources: { log, journal } }) => {
    const sources = { models, log, journal };
    const leads = await leadsSeen(sources, leadId);
    return pageOfFound((below) => sightingsOf(sources, leads, question, below), page, placeOfSighting);
  },
});
