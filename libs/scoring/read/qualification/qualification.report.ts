import { field, objectFields, roles, type ObjectOf } from '@baton/kernel';
import { scoreAxes } from '@baton/definitions';
import { grades, scoreCauses, type Score } from '@baton/leads';
import { report, type ReportContext } from '@baton/platform/report';
import { leadQualification, leadScore, type EvaluationQuestion } from './qualification.query';

const optional = { optional: true } as const;
const leafEvidence = objectFields('LeafEvidence', 'The evidence for one leaf of the criteria.', {
  path: field.text('Path of the leaf in the tree, `all.2`; empty if the criteria have one leaf.'),
  asks: field.text('The condition, `employees gte 50`.'),
  met: field.flag('True if the condition is met.'),
  value: field.json('The value compared, or the number of touches.', { nullable: true }),
  touches: field.id('Ids of the events that recorded the touches counted; at most the last 100.', {
    ...{ list: true, optional: true },
  }),
});
const scoreEntry = objectFields('ScoreEntry', 'One component of a score; all components sum to it exactly.', {
  axis: field.enum(scoreAxes, 'The part of the score it counts for.'),
  cause: field.enum(scoreCauses, 'Where the points come from.'),
  code: field.text('Code of the rule or the group.'),
  touchId: field.id('Id of the event that recorded the touch.', optional),
  at: field.instant('When the touch took place.', optional),
  ageMs: field.largeInteger('Age of the touch in milliseconds.', optional),
  hundredths: field.integer('Hundredths of a point after decay, rounded half to even.'),
});
const scoreFields = {
  definition: field.text('The version of the scoring model, `scoring-model@3`.'),
  points: field.number('Total points.'),
  fit: field.number('Fit: points for the profile.'),
  engagement: field.number('Engagement: points for touches.'),
  grade: field.enum(grades, 'The grade; null if the model has no cut-offs.', optional),
  entries: field.object(scoreEntry, 'The components of the score.', { list: true }),
} as const;
/** The score of a lead as GraphQL shows it. */
export const leadScoreFields = objectFields(
  'LeadScore',
  'The score of a lead at one time under one version of the scoring model.',
  scoreFields,
);
/** A score in points. */
export const scoreInPoints = ({
  hundredths,
  fit,
  engagement,
  ...score
}: Score & { readonly definition: string }): ObjectOf<typeof scoreFields> => ({
  ...score,
  points: hundredths / 100,
  fit: fit / 100,
  engagement: engagement / 100,
});

const evaluationArguments = {
  leadId: field.id('The lead’s id.'),
  at: field.instant('The time of the evaluation; by default now, or the time of `asOf`.', optional),
  definition: field.text(
    'The version to evaluate under, `scoring-model@2`; by default the versions in force at that time.',
    { ...optional, max: 100 },
  ),
} as const;
const evaluationOf = (
  question: ObjectOf<typeof evaluationArguments>,
  { at, cut }: ReportContext,
): EvaluationQuestion => ({ at, ...question, ...(cut && { cut }) });

export const qualificationReport = report({
  name: 'qualification',
  description:
    'Whether a lead meets the definition of an MQL, with the evidence. Null if the lead is unknown, or if neither criteria nor a score threshold are in force. Read-only: the query never qualifies a lead.',
  allow: roles,
  arguments: evaluationArguments,
  answer: field.object(
    objectFields('LeadQualification', 'Whether a lead meets the agreed definition of an MQL.', {
      met: field.flag('True if the criteria are met or the score reaches the threshold.'),
      definition: field.text('The version that is met; null if none is.', optional),
      criteria: field.text('The version of the criteria, `mql@3`; null if none are in force.', optional),
      criteriaMet: field.flag('True if the criteria are met; null if none are in force.', optional),
      because: field.text('The leaves that decided the result: those that are met, or those that failed.', {
        list: true,
      }),
      leaves: field.object(leafEvidence, 'The evidence of every leaf.', { list: true }),
      threshold: field.number('The threshold in points from which the score qualifies the lead.', optional),
      score: field.object(leadScoreFields, 'The score; null if no scoring model is in force.', optional),
    }),
    'The evaluation.',
    { nullable: true },
  ),
  ask: async (question, context) => {
    const { models, sources } = context;
    const found = await leadQualification(models, sources.journal, evaluationOf(question, context));
    if (!found) return null;
    const { met, definition, criteria, score } = found;
    return {
      met,
      ...(definition !== undefined && { definition }),
      because: criteria?.because ?? [],
      leaves: criteria?.leaves ?? [],
      ...(criteria && { criteria: criteria.definition, criteriaMet: criteria.met }),
      ...(score && { threshold: score.threshold, score: scoreInPoints(score) }),
    };
  },
});

export const scoreReport = report({
  name: 'score',
  description: 'The score of a lead with its components. Null if the lead is unknown or no scoring model is in force.',
  allow: roles,
  arguments: evaluationArguments,
  answer: field.object(leadScoreFields, 'The score.', { nullable: true }),
  ask: async (question, context) => {
    const found = await leadScore(context.models, context.sources.journal, evaluationOf(question, context));
    return found ? scoreInPoints(found) : null;
  },
});
