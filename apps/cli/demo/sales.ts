import type { Routing } from '@baton/definitions';
import type { Company } from './people';
import type { Random } from './random';
import { HOUR } from './story';

/**
 * The salespeople: their queue and their weight in it, their response time (median of working hours), how often they
 * make the agreed number of attempts before they give up, and how well they close.
 */
export const reps = [
  { id: 'rep-ada', queue: 'americas', share: 16, hours: 0.35, persists: 0.9, skill: 1.3 },
  { id: 'rep-bo', queue: 'americas', share: 15, hours: 0.6, persists: 0.7, skill: 1.05 },
  { id: 'rep-cyrus', queue: 'americas', share: 14, hours: 0.7, persists: 0.6, skill: 0.95 },
  { id: 'rep-flynn', queue: 'americas', share: 11, hours: 3, persists: 0.2, skill: 0.7 },
  { id: 'rep-delphine', queue: 'overseas', share: 13, hours: 0.4, persists: 0.8, skill: 1.15 },
  { id: 'rep-edda', queue: 'overseas', share: 13, hours: 1, persists: 0.5, skill: 0.9 },
  { id: 'rep-gwen', queue: 'overseas', share: 10, hours: 0.5, persists: 0.85, skill: 1.2 },
  { id: 'rep-hal', queue: 'overseas', share: 8, hours: 1.5, persists: 0.4, skill: 0.85 },
] as const;
/** Has the leads that nobody else is available for. */
const handoffOwner = { id: 'vp-sales-otto', hours: 8, persists: 0.5, skill: 1 } as const;
export type Rep = (typeof reps)[number] | typeof handoffOwner;

export const repFor = (random: Random): Rep => random.weighted(reps, ({ share }) => share);
export const repNamed = (id: string): Rep => reps.find((rep) => rep.id === id) ?? handoffOwner;
/** Response time of the rep, in milliseconds of elapsed time. */
export const answerTime = (random: Random, { hours }: Rep): number => random.skewed(hours, 0.9) * HOUR;

/** Routing rules: the country chooses one of two teams, the queue chooses the rep. */
export const routingRules: Routing = {
  handoffOwner: handoffOwner.id,
  rules: [{ name: 'the Americas', when: [{ field: 'country', in: ['United States', 'Canada'] }], queue: 'americas' }],
  otherwise: 'overseas',
  signals: [
    { code: 'pricing-view', touches: [{ page: '/pricing' }], within: 'P30D' },
    { code: 'call-me', label: 'Asks to be called', touches: [{ action: 'form', page: '/demo' }], within: 'P30D' },
    {
      code: 'compares',
      touches: ['buyers-checklist', 'roi-calculator'].map((content) => ({ action: 'download', content })),
    },
    { code: 'repeated-visits', touches: [{ action: 'page-view' }], times: 3, within: 'P7D' },
  ],
};

/** Products of the company: buyers, price (US cents, median), and sales cycle (days, median). */
export const products = [
  { name: 'Insight Starter', upTo: 49, cents: 540_000, days: 18, odds: 0.34 },
  { name: 'Insight Team', upTo: 499, cents: 2_600_000, days: 38, odds: 0.32 },
  { name: 'Insight Enterprise', upTo: Infinity, cents: 11_500_000, days: 72, odds: 0.27 },
] as const;
export type Product = (typeof products)[number];

/** The product for a company of that size; sometimes the next larger one. */
export const productFor = (random: Random, { employees }: Company): Product => {
  const index = products.findIndex(({ upTo }) => employees <= upTo);
  return products[Math.min(index + (random.chance(0.15) ? 1 : 0), products.length - 1)]!;
};

/** Stages of an open deal, in order. */
export const dealStages = ['Discovery', 'Demo', 'Proposal', 'Negotiation'] as const;

export const competitors = ['Contoso Analytics', 'Tailspin BI', 'Litware Metrics', 'Spreadsheets'];
export const contactRoles = ['champion', 'user', 'finance', 'it', 'influencer'];
export const needs = [
  'Closing the month takes nine days.',
  'Three teams report three different numbers.',
  'The forecast is a spreadsheet that one person understands.',
  'Stock is counted by hand in two warehouses.',
];
export const budgets = ['Planned for this year.', 'Needs a business case.', 'From the team’s own budget.'];
export const authorities = ['Decides alone.', 'Decides with finance.', 'Recommends; the board decides.'];
export const timelines = ['This quarter.', 'Before the new fiscal year.', 'Within six months.'];

/** Feedback of reps: objections, questions, what convinces, what helped. */
export const conversations = {
  objections: ['price', 'no-time-to-switch', 'missing-integration', 'security-review', 'happy-as-it-is'],
  questions: ['How long does it take to set up?', 'Where is the data kept?', 'Can finance keep its spreadsheets?'],
  messages: ['One number for both teams.', 'The month closes in a day.', 'No migration project.'],
  content: ['pricing-guide', 'buyers-checklist', 'forecast-handbook', 'roi-calculator'],
  notes: ['Was burnt by a migration once.', 'Reports to a new finance chief.', 'Prefers mornings, dislikes slides.'],
};
/** What reps request from marketing for a deal, and what marketing delivers. */
export const support = [
  { kind: 'asset', need: 'A case from the same industry.', delivered: 'case-study-month-end' },
  { kind: 'asset', need: 'What it brings, in numbers for finance.', delivered: 'roi-calculator' },
  { kind: 'asset', need: 'Answers to a security questionnaire.', delivered: 'security-answers' },
  { kind: 'air-cover', need: 'A reference who takes a call.', delivered: 'reference-call' },
  { kind: 'air-cover', need: 'Ads to everybody at the company.', delivered: 'account-ads' },
] as const;
