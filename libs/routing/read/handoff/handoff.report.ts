import { field, objectFields, type ObjectOf } from '@baton/kernel';
import { dispositions, leads, packageParts, type LeadDocument } from '@baton/leads';
import { report } from '@baton/platform/report';
import { handoffPackages, type HandoffPackageDocument } from './handoff-packages.projection';

const maybe = { optional: true } as const;
const list = { list: true } as const;
const contact = objectFields('HandoffContact', 'The contact details as known now; unknown ones are null.', {
  name: field.personal('Full name.', maybe),
  email: field.personal('E-mail address.', maybe),
  phone: field.personal('Phone number.', maybe),
  interests: field.personal('What the person is interested in, in their own words.', maybe),
  problems: field.personal('The problems the person wants to solve, in their own words.', maybe),
});
const firmographics = objectFields('Firmographics', 'Job and company of the lead, as known at the handoff.', {
  title: field.text('Job title.', maybe),
  company: field.text('Company.', maybe),
  industry: field.text('Industry of the company.', maybe),
  employees: field.integer('Number of employees of the company.', maybe),
  country: field.text('Country.', maybe),
  region: field.text('Region or state.', maybe),
});
const firstTouch = objectFields('FirstTouch', 'The first touch, as its source reported it.', {
  id: field.id('Id of the event that recorded it.'),
  at: field.instant('When it took place.'),
  action: field.text('The action: form-submit, page-view …'),
  channel: field.text('The channel as reported.', maybe),
  source: field.text('The source, utm_source.', maybe),
  medium: field.text('The medium, utm_medium.', maybe),
  campaign: field.text('The campaign, utm_campaign.', maybe),
  content: field.text('The content that was viewed or downloaded.', maybe),
  page: field.text('The page that was visited.', maybe),
  referrer: field.text('The referring page.', maybe),
});
const consumed = objectFields('ConsumedContent', 'Content or a page that the lead used.', {
  name: field.text('Name of the content or address of the page, cut at 200 characters.'),
  count: field.integer('Number of touches with it.'),
  lastAt: field.instant('The latest of these touches.'),
});
const signal = objectFields('BuyingSignal', 'Activity that indicates an intention to buy.', {
  code: field.text('Code of the signal, such as pricing-view.'),
  count: field.integer('How often the signal occurred.'),
  times: field.instant('When it occurred; latest first, at most 20.', list),
});
const earlierHandoff = objectFields('EarlierHandoff', 'A handoff of the same lead before this one.', {
  count: field.integer('The number of the handoff of this lead, counted from 1.'),
  rep: field.text('The salesperson.'),
  at: field.instant('When the lead was handed off.'),
  outcome: field.enum(dispositions, 'The latest disposition.'),
  reason: field.text('The reason.', maybe),
  outcomeAt: field.instant('When it got that outcome.', maybe),
});
const answer = objectFields('HandoffPackage', 'The information that sales got with the latest handoff of a lead.', {
  leadId: field.id('The lead’s id.', { entity: 'Lead' }),
  rep: field.text('The salesperson.'),
  handedOffAt: field.instant('When the lead was handed off.'),
  count: field.integer('The number of the handoff of this lead, counted from 1.'),
  respondBy: field.instant('The time by which sales must respond.', maybe),
  queue: field.text('The queue that chose the rep.', maybe),
  complete: field.flag('True if the package has a contact, firmographics, a source, a first touch and evidence.'),
  missing: field.enum(packageParts, 'The parts that are missing.', list),
  contact: field.object(contact, 'Contact details of the lead.'),
  firmographics: field.object(firmographics, 'Job and company of the lead.'),
  source: field.text('Where the lead came from.', { nullable: true }),
  owner: field.text('The owner of the lead.', { nullable: true }),
  firstTouch: field.object(firstTouch, 'The first touch.', { nullable: true }),
  touches: field.integer('Number of touches.'),
  content: field.object(consumed, 'Content the lead used, latest first, at most 50.', list),
  pages: field.object(consumed, 'Pages the lead visited, latest first, at most 50.', list),
  signals: field.object(signal, 'Buying signals.', list),
  signalsBy: field.text('The version that defines the signals, `routing@2`; routing@0 is the built-in one.'),
  score: field.json('The score by rule, in hundredths of a point; the lines sum to the score.', { nullable: true }),
  definition: field.text('The definition that was met, `mql@3`.'),
  qualifiedBy: field.id('Id of the event that qualified the lead.'),
  qualifiedAt: field.instant('When the lead was qualified.'),
  evidence: field.json('The evidence for the qualification; null if it is too long, in which case the event has it.', {
    personal: true,
  }),
  earlierHandoffs: field.object(earlierHandoff, 'Earlier handoffs of the lead, latest first, at most 20.', list),
  openOpportunityIds: field.id('Deals the lead had a role in that were not lost.', {
    list: true,
    entity: 'Opportunity',
  }),
  account: field.json('Reserved for facts about the company; always null.', { nullable: true }),
  shortened: field.flag('True if lists were shortened further to keep the package small.'),
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
  arguments: { leadId: field.id('The lead’s id.') },
  answer: field.object(answer, 'The package.', { nullable: true }),
  ask: async ({ leadId }, { models }) => {
    const [handoff, lead] = await Promise.all([models.get(handoffPackages, leadId), models.get(leads, leadId)]);
    return handoff ? answerOf(handoff, lead) : null;
  },
});
