import { setImmediate } from 'node:timers/promises';
import { field, fromMs, toMs, type Definition, type Instant, type ObjectOf } from '@baton/kernel';
import { definitionInForce, definitionOf, type ScoringModel } from '@baton/definitions';
import { grades, leads, scoreAt } from '@baton/leads';
import { contribute } from '@baton/platform/contribution';
import type { ColumnsOf, ContributedValues, ReadModels } from '@baton/platform/documents';
import { ScoreColumns } from './score-columns.model';
import { scoreFacts, scoreFactsAt, type ScoredLead } from './score-facts.projection';

const HOUR_MS = 3_600_000;
/** The instant for which lists show scores: the start of the hour. */
const hourOf = (at: Instant): Instant => fromMs(Math.floor(toMs(at) / HOUR_MS) * HOUR_MS);

const fields = {
  score: field.number(
    'The score in points at `scoredAt`; null for a lead captured later, and if no scoring model was in force. Its components are in the query `score`.',
    { nullable: true, filter: true, sort: true },
  ),
  grade: field.enum(grades, 'The grade at `scoredAt`; null without a score, and if the model has no cut-offs.', {
    ...{ nullable: true, filter: true, sort: true },
  }),
  scoredAt: field.instant(
    'The time of the score and the grade: the start of the hour of the question, or of the first page of the list.',
  ),
} as const;

/** The scoring model in force. */
const modelAt = async (models: ReadModels, at: Instant): Promise<Definition<ScoringModel> | undefined> => {
  const found = await definitionInForce(models, { kind: 'scoring-model', at });
  return found && (definitionOf('scoring-model', found.number, found.body) as Definition<ScoringModel>);
};

const columns: ColumnsOf<ScoredLead, ScoreColumns> = { of: scoreFacts, empty: () => new ScoreColumns() };
/** Leads that are scored before others get their turn: some milliseconds. */
const LEADS_PER_TURN = 500;

/** Score and grade of leads in lists. They decay, so no fold makes them: they are computed for the hour of the question. */
export const leadScores = contribute(leads, {
  fields,
  some: async (models, found, at) => {
    const leadIds = [...found.keys()];
    const scoredAt = hourOf(at);
    const model = await modelAt(models, scoredAt);
    const docs = model ? await models.getMany(scoreFacts, leadIds) : undefined;
    return new Map(
      leadIds.map((leadId): [string, ObjectOf<typeof fields>] => {
        const lead = docs?.get(leadId);
        const facts = lead && scoreFactsAt(lead, scoredAt);
        if (!model || !facts) return [leadId, { score: null, grade: null, scoredAt }];
        const { hundredths, grade = null } = scoreAt(model.body, facts, scoredAt);
        return [leadId, { score: hundredths / 100, grade, scoredAt }];
      }),
    );
  },
  all: async (models, at): Promise<ContributedValues> => {
    const scoredAt = hourOf(at);
    const model = await modelAt(models, scoredAt);
    const packed = await models.columns(columns);
    const scores = packed.scores(model, scoredAt);
    let found = scores.advance(LEADS_PER_TURN);
    while (!found) {
      await setImmediate();
      found = scores.advance(LEADS_PER_TURN);
    }
    const { ids, count, score, grade } = found;
    return { ids, count, placeOf: packed.placeOf, columns: { score, grade }, constants: { scoredAt } };
  },
});
