import { field, roles } from '@baton/kernel';
import { report } from '@baton/platform/report';
import { search, searchResult } from './search.query';

export const searchReport = report({
  name: 'search',
  description:
    'People, deals and campaigns that a text finds, with what matched, the best matches first: a whole e-mail address or phone number, the words of a name in any order, or the beginning of a company, an external id, a deal or a campaign. Roles without access to personal data find nobody by it. Merged leads are left out.',
  allow: roles,
  arguments: {
    text: field.text('What to look for.', { max: 200 }),
    first: field.integer('At most this many, from 1 to 100.', { default: 20, min: 1, max: 100 }),
  },
  answer: field.object(searchResult, 'What was found.', { list: true }),
  ask: ({ text, first }, { models, caller, reads, sources: { journal } }) =>
    search(models, { journal, caller, reads }, { text, first }),
});
