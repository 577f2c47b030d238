import {
  boundsOf,
  dayOrInstantField,
  enumField,
  idField,
  integerField,
  numberField,
  objectField,
  objectFields,
  roles,
  textField,
  versionField,
  zoneField,
} from '@baton/kernel';
import { report } from '@baton/platform/report';
import { lift } from './lift.query';
import { predictors } from './outcomes.projection';
import { leadProbability } from './probability.query';

const optional = { optional: true } as const;
const outcomeCounts = objectFields('OutcomeCounts', 'A number of leads and how many of them were successful.', {
  leads: integerField('Number of leads.', { unit: 'leads' }),
  sql: integerField('Leads that became SQL, including those converted directly to a deal.', { unit: 'leads' }),
  customers: integerField('Leads that became customers.', { unit: 'leads' }),
});
const liftRow = objectFields(
  'LiftRow',
  'The outcomes of the leads that match a rule or band, compared with all other leads.',
  {
    code: textField('Code of the rule; or the grade, or the lower bound of the band in points.'),
    with: objectField(outcomeCounts, 'Leads that match.'),
    without: objectField(outcomeCounts, 'All other leads.'),
    sqlLift: numberField(
      'SQL rate of the matching leads divided by that of the others; null if the others have none.',
      { unit: 'times', nullable: true },
    ),
    customerLift: numberField(
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
    from: dayOrInstantField('Only leads captured on or after this day or instant.', optional),
    to: dayOrInstantField('Only leads captured before this day or instant.', optional),
    timeZone: zoneField('IANA time zone of days and months; UTC by default.'),
    definition: versionField('The version to test, `scoring-model@2`; by default the one in force.'),
  },
  answer: objectField(
    objectFields('Lift', 'How the rules and bands of a scoring model relate to SQLs and customers.', {
      definition: textField('The version that was tested, `scoring-model@3`.'),
      total: objectField(outcomeCounts, 'All leads captured in the period that are old enough to be compared.'),
      external: integerField('How many of them another system qualified as SQL.', { unit: 'leads' }),
      ageMs: numberField(
        'The age in milliseconds at which leads that did not become SQL are scored: the median age at which the others became SQL; null if none did.',
        { nullable: true },
      ),
      immature: integerField('Leads captured in the period that are left out, because they are younger than `ageMs`.', {
        unit: 'leads',
      }),
      rules: objectField(liftRow, 'One row per rule, in the order of the model.', { list: true }),
      bands: objectField(liftRow, 'One row per band of the score.', { list: true }),
      warnings: textField('Warnings about the reliability of the figures.', { list: true }),
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
  won: integerField('Leads that became customers.', { unit: 'leads' }),
  lost: integerField('Leads that were rejected, recycled or disqualified.', { unit: 'leads' }),
});
export const probabilityReport = report({
  name: 'probability',
  description:
    'The probability that a lead becomes a customer, by naive Bayes over industry, country, region, source and company size. Independent of the score. Null if the lead is unknown.',
  allow: roles,
  arguments: { leadId: idField('The lead’s id.') },
  answer: objectField(
    objectFields('Probability', 'The estimated probability that a lead becomes a customer.', {
      probability: numberField('The probability, 0.0001 … 0.9999.', { unit: '0–1' }),
      past: objectField(pastOutcomes, 'Outcomes of all closed leads.'),
      because: objectField(
        objectFields('ProbabilityReason', 'What one fact contributes to a probability.', {
          field: enumField(predictors, 'The fact.'),
          value: textField('The value of the field.'),
          past: objectField(pastOutcomes, 'Outcomes of earlier leads with the same value.'),
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
