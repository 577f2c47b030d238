import { boundsOf, field, objectFields, roles } from '@baton/kernel';
import { report } from '@baton/platform/report';
import { lift } from './lift.query';
import { predictors } from './outcomes.rules';
import { leadProbability } from './probability.query';

const optional = { optional: true } as const;
const outcomeCounts = objectFields('OutcomeCounts', 'A number of leads and how many of them were successful.', {
  leads: field.integer('Number of leads.', { unit: 'leads' }),
  sql: field.integer('Leads that became SQL, including those converted directly to a deal.', { unit: 'leads' }),
  customers: field.integer('Leads that became customers.', { unit: 'leads' }),
});
const liftRow = objectFields(
  'LiftRow',
  'The outcomes of the leads that match a rule or band, compared with all other leads.',
  {
    code: field.text('Code of the rule; or the grade, or the lower bound of the band in points.'),
    with: field.object(outcomeCounts, 'Leads that match.'),
    without: field.object(outcomeCounts, 'All other leads.'),
    sqlLift: field.number(
      'SQL rate of the matching leads divided by that of the others; null if the others have none.',
      { unit: 'times', nullable: true },
    ),
    customerLift: field.number(
      'Customer rate of the matching leads divided by that of the others; null if the others have none.',
      { unit: 'times', nullable: true },
    ),
  },
);

export const liftReport = report({
  name: 'lift',
  description:
    'For each rule and band of a scoring model, how often matching leads became SQL and customer compared with all others. Leads that became SQL are scored at that time, the others at the median age of those that did. Null if no model is in force.',
  ...{ allow: ['marketing', 'sales', 'revops', 'analyst', 'auditor'], heavy: 'period' },
  arguments: {
    from: field.dayOrInstant('Only leads captured on or after this day or instant.', optional),
    to: field.dayOrInstant('Only leads captured before this day or instant.', optional),
    timeZone: field.zone('IANA time zone of days and months; UTC by default.'),
    definition: field.version('The version to test, `scoring-model@2`; by default the one in force.'),
  },
  answer: field.object(
    objectFields('Lift', 'How the rules and bands of a scoring model relate to SQLs and customers.', {
      definition: field.text('The version that was tested, `scoring-model@3`.'),
      total: field.object(outcomeCounts, 'All leads captured in the period that are old enough to be compared.'),
      external: field.integer('How many of them another system qualified as SQL.', { unit: 'leads' }),
      erased: field.integer('How many of them are erased people.', { unit: 'people' }),
      ageMs: field.number(
        'The age in milliseconds at which leads that did not become SQL are scored: the median age at which the others became SQL; null if none did.',
        { nullable: true },
      ),
      immature: field.integer(
        'Leads captured in the period that are left out, because they are younger than `ageMs`.',
        {
          unit: 'leads',
        },
      ),
      rules: field.object(liftRow, 'One row per rule, in the order of the model.', { list: true }),
      bands: field.object(liftRow, 'One row per band of the score.', { list: true }),
      warnings: field.text('Warnings about the reliability of the figures.', { list: true }),
    }),
    'The report.',
    { nullable: true },
  ),
  ask: async ({ definition, ...period }, { models, cut, at, sources }) => {
    const found = await lift(models, sources.journal, {
      ...boundsOf(period),
      ...(definition !== undefined && { definition }),
      ...(cut && { cut }),
      at,
    });
    return found ?? null;
  },
});

const pastOutcomes = objectFields('PastOutcomes', 'Outcomes of leads that are closed: won, or lost.', {
  won: field.integer('Leads that became customers.', { unit: 'leads' }),
  lost: field.integer('Leads that were rejected, recycled or disqualified.', { unit: 'leads' }),
});
export const probabilityReport = report({
  name: 'probability',
  description:
    'The probability that a lead becomes a customer, by naive Bayes over industry, country, region, source and company size. Independent of the score. Null if the lead is unknown.',
  allow: roles,
  arguments: { leadId: field.id('The lead’s id.') },
  answer: field.object(
    objectFields('Probability', 'The estimated probability that a lead becomes a customer.', {
      probability: field.number('The probability, 0.0001 … 0.9999.', { unit: '0–1' }),
      past: field.object(pastOutcomes, 'Outcomes of all closed leads.'),
      because: field.object(
        objectFields('ProbabilityReason', 'What one fact contributes to a probability.', {
          field: field.enum(predictors, 'The fact.'),
          value: field.text('The value of the field.'),
          past: field.object(pastOutcomes, 'Outcomes of earlier leads with the same value.'),
        }),
        'The facts that the estimate is based on.',
        { list: true },
      ),
    }),
    'The estimate.',
    { nullable: true },
  ),
  ask: async ({ leadId }, { models }) => (await leadProbability(models, { leadId })) ?? null,
});
