import { enumeration, integer, oneOf, optional, teams, text } from '@baton/kernel';

const directions = enumeration('TouchDirection', 'Who began a contact.', {
  inbound: 'The person.',
  outbound: 'The team.',
});

const raw = (description: string) => optional(text(description, { max: 500 }));

/** What is known of one contact with a person, as its source reported it; the channel rules decide what it counts as. */
export const touchFields = {
  action: text('What the person or the team did: page-view, download, form, e-mail-click, call, meeting …', {
    min: 1,
    max: 100,
  }),
  team: oneOf(teams, 'Which team made the contact.'),
  direction: optional(oneOf(directions, 'Who began: the person (inbound) or the team (outbound).')),
  channel: raw('The channel as the source states it; the channel rules in force may say otherwise.'),
  source: raw('utm_source or its like: google, newsletter, partner …'),
  medium: raw('utm_medium or its like: cpc, organic, email …'),
  campaign: raw('utm_campaign, or the id of a campaign.'),
  content: raw(
    'What was read, seen or downloaded, as it is registered (`RegisterAsset`); else utm_content: which advertisement it was.',
  ),
  page: raw('The page of a visit.'),
  landingPage: raw('The page at which the visit began.'),
  referrer: raw('The address or domain the person came from.'),
  minutes: optional(integer('Minutes the contact took, where time was spent.', { min: 0, max: 100_000, unit: 'min' })),
};
