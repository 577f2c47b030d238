import type { Company } from './people';
import type { Random } from './random';
import { HOUR } from './story';

/** The salespeople: how much of the work they get, how fast they answer (median hours) and how well they close. */
export const reps = [
  { id: 'rep-ada', share: 16, hours: 2, skill: 1.3 },
  { id: 'rep-bo', share: 15, hours: 5, skill: 1.05 },
  { id: 'rep-cyrus', share: 14, hours: 9, skill: 0.95 },
  { id: 'rep-delphine', share: 13, hours: 3, skill: 1.15 },
  { id: 'rep-edda', share: 13, hours: 14, skill: 0.9 },
  { id: 'rep-flynn', share: 11, hours: 30, skill: 0.7 },
  { id: 'rep-gwen', share: 10, hours: 4, skill: 1.2 },
  { id: 'rep-hal', share: 8, hours: 20, skill: 0.85 },
] as const;
export type Rep = (typeof reps)[number];

export const repFor = (random: Random): Rep => random.weighted(reps, ({ share }) => share);
/** How long the rep takes to answer, in milliseconds. */
export const answerTime = (random: Random, { hours }: Rep): number => random.skewed(hours, 0.9) * HOUR;

/** What the company sells: to whom, for how much (US cents, median), and how long a deal takes (days, median). */
export const products = [
  { name: 'Insight Starter', upTo: 49, cents: 540_000, days: 18, odds: 0.34 },
  { name: 'Insight Team', upTo: 499, cents: 2_600_000, days: 38, odds: 0.32 },
  { name: 'Insight Enterprise', upTo: Infinity, cents: 11_500_000, days: 72, odds: 0.27 },
] as const;
export type Product = (typeof products)[number];

/** The product for a company of that size; now and then the next one. */
export const productFor = (random: Random, { employees }: Company): Product => {
  const index = products.findIndex(({ upTo }) => employees <= upTo);
  return products[Math.min(index + (random.chance(0.15) ? 1 : 0), products.length - 1)]!;
};

/** The stages of an open deal, in order. */
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
