import type { Where } from '@baton/kernel';
import type { ReadModels } from '@baton/platform/documents';
import { probabilityToWin, type WonLostCounts, type OutcomeHistory } from './naive-bayes.model';
import { leadById } from '@baton/leads';
import { scoreFacts } from '../list-scores/score-facts.projection';
import { predictors, sizeOf, type Predictor } from './outcomes.rules';

/** A probability and the counts behind it. */
export interface Probability {
  /** 0.0001 … 0.9999. */
  readonly probability: number;
  /** All earlier people with an outcome. */
  readonly past: WonLostCounts;
  readonly because: readonly { readonly field: Predictor; readonly value: string; readonly past: WonLostCounts }[];
}

const NOBODY: WonLostCounts = { won: 0, lost: 0 };
/** Outcomes of earlier people, by the value of one field; null for those without a value. */
const countsBy = async (models: ReadModels, field: Predictor | undefined) => {
  const where: Where = { mergedInto: { eq: null }, outcome: { in: ['won', 'lost'] } };
  const by = [...(field ? [field] : []), 'outcome'];
  const groups = await models.aggregate(scoreFacts, { where, by, measures: { people: 'count' } });
  const counts = new Map<string | null, WonLostCounts>();
  for (const { keys, values } of groups) {
    const value = field ? (keys[0] as string | null) : null;
    const outcome = keys[keys.length - 1] as keyof WonLostCounts;
    counts.set(value, { ...(counts.get(value) ?? NOBODY), [outcome]: Number(values['people']) });
  }
  return counts;
};

/**
 * The probability that a person becomes a customer, from the outcomes of earlier people: naive Bayes over industry,
 * country, region, source and company size. Shown beside the score; no decision uses it.
 * @returns undefined for an unknown lead
 */
export const leadProbability = async (
  models: ReadModels,
  { leadId }: { readonly leadId: string },
): Promise<Probability | undefined> => {
  const lead = await leadById(models, { leadId });
  if (!lead) return undefined;
  const { industry, country, region, source, employees } = lead;
  const facts = { industry, country, region, source, size: employees === undefined ? undefined : sizeOf(employees) };
  const all = (await countsBy(models, undefined)).get(null) ?? NOBODY;
  const fields: Record<string, ReadonlyMap<string, WonLostCounts>> = {};
  const because: { field: Predictor; value: string; past: WonLostCounts }[] = [];
  const values: Record<string, readonly string[]> = {};
  for (const field of predictors.values) {
    const value = facts[field];
    if (value === undefined) continue;
    const counts = await countsBy(models, field);
    counts.delete(null);
    fields[field] = counts as ReadonlyMap<string, WonLostCounts>;
    values[field] = [value];
    because.push({ field, value, past: counts.get(value) ?? NOBODY });
  }
  const past: OutcomeHistory = { all, fields };
  return { probability: probabilityToWin(past, values), past: all, because };
};
