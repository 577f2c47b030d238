import {
  enumField,
  flagField,
  idField,
  instantField,
  integerField,
  jsonField,
  objectField,
  objectFields,
  personalField,
  textField,
  type ObjectOf,
} from '@baton/kernel';
import { dispositions, leads, packageParts, type LeadDocument } from '@baton/leads';
import { report } from '@baton/platform/report';
import { handoffPackages, type HandoffPackageDocument } from './handoff-packages.projection';

const maybe = { optional: true } as const;
const list = { list: true } as const;
const contact = objectFields('HandoffContact', 'The contact details as known now; unknown ones are null.', {
  name: personalField('Full name.', maybe),
  email: personalField('E-mail address.', maybe),
  phone: personalField('Phone number.', maybe),
  interests: personalField('What the person is interested in, in their own words.', maybe),
  problems: personalField('The problems the person wants to solve, in their own words.', maybe),
});
const firmographics = objectFields('Firmographics', 'Job and company of the lead, as known at the handoff.', {
  title: textField('Job title.', maybe),
  company: textField('Company.', maybe),
  industry: textField('Industry of the company.', maybe),
  employees: integerField('Number of employees of the company.', maybe),
  country: textField('Country.', maybe),
  region: textField('Region or state.', maybe),
});
const firstTouch = objectFields('FirstTouch', 'The first touch, as its source reported it.', {
  id: idField('Id of the event that recorded it.'),
  at: instantField('When it took place.'),
  action: textField('The action: form-submit, page-view …'),
  channel: textField('The channel as reported.', maybe),
  source: textField('The source, utm_source.', maybe),
  medium: textField('The medium, utm_medium.', maybe),
  campaign: textField('The campaign, utm_campaign.', maybe),
  content: textField('The content that was viewed or downloaded.', maybe),
  page: textField('The page that was visited.', maybe),
  referrer: textField('The referring page.', maybe),
});
const consumed = objectFields('ConsumedContent', 'Content or a page that the lead used.', {
  name: textField('Name of the content or address of the page, cut at 200 characters.'),
  count: integerField('Number of touches with it.'),
  lastAt: instantField('The latest of these touches.'),
});
const signal = objectFields('BuyingSignal', 'Activity that indicates an intention to buy.', {
  code: textField('Code of the signal, such as pricing-view.'),
  count: integerField('How often the signal occurred.'),
  times: instantField('When it occurred; latest first, at most 20.', list),
});
const earlierHandoff = objectFields('EarlierHandoff', 'A handoff of the same lead before this one.', {
  count: integerField('The number of the handoff of this lead, counted from 1.'),
  rep: textField('The salesperson.'),
  at: instantField('When the lead was handed off.'),
  outcome: enumField(dispositions, 'The latest disposition.'),
  reason: textField('The reason.', maybe),
  outcomeAt: instantField('When it got that outcome.', maybe),
});
const answer = objectFields('HandoffPackage', 'The information that sales got with the latest handoff of a lead.', {
  leadId: idField('The lead’s id.', { entity: 'Lead' }),
  rep: textField('The salesperson.'),
  handedOffAt: instantField('When the lead was handed off.'),
  count: integerField('The number of the handoff of this lead, counted from 1.'),
  respondBy: instantField('The time by which sales must respond.', maybe),
  queue: textField('The queue that chose the rep.', maybe),
  complete: flagField('True if the package has a contact, firmographics, a source, a first touch and evidence.'),
  missing: enumField(packageParts, 'The parts that are missing.', list),
  contact: objectField(contact, 'Contact details of the lead.'),
  firmographics: objectField(firmographics, 'Job and company of the lead.'),
  source: textField('Where the lead came from.', { nullable: true }),
  owner: textField('The owner of the lead.', { nullable: true }),
  firstTouch: objectField(firstTouch, 'The first touch.', { nullable: true }),
  touches: integerField('Number of touches.'),
  content: objectField(consumed, 'Content the lead used, latest first, at most 50.', list),
  pages: objectField(consumed, 'Pages the lead visited, latest first, at most 50.', list),
  signals: objectField(signal, 'Buying signals.', list),
  signalsBy: textField('The version that defines the signals, `routing@2`; routing@0 is the built-in one.'),
  score: jsonField('The score by rule, in hundredths of a point; the lines sum to the score.', { nullable: true }),
  definition: textField('The definition that was met, `mql@3`.'),
  qualifiedBy: idField('Id of the event that qualified the lead.'),
  qualifiedAt: instantField('When the lead was qualified.'),
  evidence: jsonField('The evidence for the qualification; null if it is too long, in which case the event has it.', {
    personal: true,
  }),
  earlierHandoffs: objectField(earlierHandoff, 'Earlier handoffs of the lead, latest first, at most 20.', list),
  openOpportunityIds: idField('Deals the lead had a role in that were not lost.', {
    list: true,
    entity: 'Opportunity',
  }),
  account: jsonField('Reserved for facts about the company; always null.', { nullable: true }),
  shortened: flagField('True if lists were shortened further to keep the package small.'),
});

const answerOf = ({ package: pack, ...handoff }: HandoffPackageDocument, lead: LeadDocument | undefined) => {
  if (!pack) return null;
  const { known: _, qualification, ...fields } = pack;
  const { name, email, phone, interests, problems, statement } = lead ?? {};
  // The statement of the qualification that this package is about, not of a later one.
  const stated = statement?.context.startsWith(`${qualification.eventId} `) ? statement : null;
  return {
    ...handoff,
    ...fields,
    firmographics: fields.firmographics as ObjectOf<typeof firmographics.fields>,
    contact: { name, email, phone, interests, problems },
    definition: qualification.definition,
    qualifiedBy: qualification.eventId,
    qualifiedAt: qualification.at,
    evidence: qualification.evidence ?? stated,
  };
};

export const handoffPackageReport = report({
  name: 'handoffPackage',
  description:
    'The information that sales got with the latest handoff of a lead, with the contact details as known now. Null if the lead was never handed off, or only by another system.',
  allow: ['sales', 'revops', 'marketing'],
  arguments: { leadId: idField('The lead’s id.') },
  answer: objectField(answer, 'The package.', { nullable: true }),
  ask: async ({ leadId }, { models }) => {
    const [handoff, lead] = await Promise.all([models.get(handoffPackages, leadId), models.get(leads, leadId)]);
    return handoff ? answerOf(handoff, lead) : null;
  },
});
