import { addressFree, enumeration, integer, oneOf, optional, teams } from '@baton/kernel';

export const directions = enumeration('TouchDirection', 'Who started a touch.', {
  inbound: 'The person started it.',
  outbound: 'The team started it.',
});

export const touchOutcomes = enumeration('TouchOutcome', 'How an attempt to reach a person ended.', {
  connected: 'The person was reached.',
  replied: 'The person replied.',
  met: 'Both met.',
  'no-answer': 'Nobody answered.',
  voicemail: 'A message was left.',
  'no-show': 'The person did not come.',
});
/** Outcomes with which a person was reached. */
export const contactOutcomes = ['connected', 'replied', 'met'] as const;

const rawText = (description: string) => optional(addressFree(description, { max: 500 }));

/** The fields of a touch, as its source reported them; the channel rules assign its channel. */
export const touchFields = {
  action: addressFree('What the person or the team did: page-view, download, form, e-mail-click, call, meeting …', {
    min: 1,
    max: 100,
  }),
  team: oneOf(teams, 'Team of the touch.'),
  direction: optional(oneOf(directions, 'Who started it: the person (inbound) or the team (outbound).')),
  channel: rawText('Channel as the source states it; the channel rules may assign another one.'),
  source: rawText('utm_source, or its equivalent: google, newsletter, partner …'),
  medium: rawText('utm_medium, or its equivalent: cpc, organic, email …'),
  campaign: rawText('utm_campaign, or the id of a campaign.'),
  content: rawText(
    'Content that was read, seen or downloaded, as registered with `RegisterAsset`; otherwise utm_content, the advertisement.',
  ),
  page: rawText('Page of a visit.'),
  landingPage: rawText('First page of the visit.'),
  referrer: rawText('URL or domain that the person came from.'),
  minutes: optional(integer('Minutes that the touch took.', { min: 0, max: 100_000, unit: 'min' })),
};
