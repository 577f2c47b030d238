import { DAY_MS, dayAt, decimalOf, refuse, toMs, type Context, type Instant, type Refused } from '@baton/kernel';
import {
  evaluateDealCriterion,
  missingCriteria,
  pipelineOf,
  placeOfStage,
  type DealCriteriaFacts,
  type DealCriterion,
  type DealPipeline,
  type DefinitionBodies,
  type DefinitionOf,
  type Pipelines,
  type PipelineStage,
} from '@baton/definitions';
import { factsAt, stageSince, type Deal, type DealFacts } from './deal.model';
import { currentRoles } from './roles.rules';

/** The first stage of a deal that was opened without one, where no pipeline is agreed. */
const FIRST_STAGE = 'open';

const unknownPipeline = ({ pipelines }: Pipelines): Refused => {
  const codes = pipelines.map(({ code }) => code);
  return refuse(
    'opportunity/unknown-pipeline',
    `pipeline must be one of the agreed pipelines: ${codes.join(', ')}.`,
    'pipeline',
    { codes },
  );
};
const unknownStage = ({ code: pipeline, stages }: DealPipeline, path: string): Refused => {
  const codes = stages.map(({ code }) => code);
  return refuse(
    'opportunity/unknown-stage',
    `${path} must be one of the stages of the pipeline ${pipeline}: ${codes.join(', ')}.`,
    path,
    { pipeline, codes },
  );
};

/** Where a deal comes to: with a version in force, a stage of one of its pipelines. */
interface Place {
  readonly stage: string;
  readonly pipeline?: string;
  /** The version in force, with the pipeline that it is in. */
  readonly agreed?: { readonly definition: string; readonly pipeline: DealPipeline; readonly stage: PipelineStage };
}
/**
 * The stage that a command names, or the first one.
 * @param path of the stage in the command
 * @returns the refusal `opportunity/unknown-pipeline` or `opportunity/unknown-stage`
 */
export const placeOf = (
  { pipeline, stage }: Pick<DealFacts, 'pipeline' | 'stage'>,
  { definition }: Context<DefinitionBodies>,
  path: string,
): Place | Refused => {
  const inForce: DefinitionOf<'pipeline'> | undefined = definition('pipeline');
  if (!inForce) return { stage: stage ?? FIRST_STAGE, ...(pipeline !== undefined && { pipeline }) };
  const found = pipelineOf(inForce.body, pipeline);
  if (!found) return unknownPipeline(inForce.body);
  const place = stage === undefined ? 0 : placeOfStage(found, stage);
  const named = found.stages[place];
  if (!named) return unknownStage(found, path);
  const agreed = { definition: inForce.ref, pipeline: found, stage: named };
  return { stage: named.code, pipeline: found.code, agreed };
};

/** The pipeline of a deal in a version; undefined for one that is not in it. */
export const pipelineIn = ({ body }: DefinitionOf<'pipeline'>, { pipeline }: DealFacts): DealPipeline | undefined =>
  pipelineOf(body, pipeline);

const countsTouches = (tree: DealCriterion): boolean => {
  if ('not' in tree) return countsTouches(tree.not);
  if ('all' in tree) return tree.all.some(countsTouches);
  return 'any' in tree ? tree.any.some(countsTouches) : 'touches' in tree;
};

/** The fields of a deal as criteria compare them. */
export const criteriaFieldsOf = (facts: DealFacts): DealCriteriaFacts['fields'] => {
  const { name, account, product, owner, source, amount, expectedCloseOn } = facts;
  return Object.fromEntries(
    Object.entries({
      ...{ name, account, product, owner, source, 'expected-close': expectedCloseOn },
      ...(amount && { amount: Number(decimalOf(amount)), currency: amount.currency }),
    }).filter(([, value]) => value !== undefined),
  );
};
/** The numbers of days of a deal as criteria compare them. */
export const criteriaDaysOf = (
  { openedAt, since, expectedCloseOn }: { openedAt: Instant; since: Instant; expectedCloseOn?: string | undefined },
  now: Instant,
): DealCriteriaFacts['days'] => ({
  open: (toMs(now) - toMs(openedAt)) / DAY_MS,
  'in-stage': (toMs(now) - toMs(since)) / DAY_MS,
  ...(expectedCloseOn !== undefined && {
    'to-close': Math.round((Date.parse(expectedCloseOn) - Date.parse(dayAt(now))) / DAY_MS),
  }),
});
const criteriaFactsOf = (deal: Deal, facts: DealFacts, now: Instant): DealCriteriaFacts => ({
  fields: criteriaFieldsOf(facts),
  roles: currentRoles(deal.roles).map(({ role = '' }) => role),
  days: criteriaDaysOf(
    { openedAt: deal.openedAt, since: stageSince(deal, now), expectedCloseOn: facts.expectedCloseOn },
    now,
  ),
  touches: [],
});

/**
 * What is missing for a deal to leave its stage: the exit criteria of the stages that it passes on its way to a later one, or
 * to the win. Skipped stages that are not forecast do not count. Criteria that count touches are left to reports: the deal
 * does not know the touches of its people.
 * @param to the stage that it moves to; undefined for the win
 * @returns what is missing in words, undefined for nothing; or the refusal `opportunity/exit-criteria-not-met`
 */
export const missingForExit = (
  deal: Deal,
  pipeline: DealPipeline | undefined,
  to: string | undefined,
  now: Instant,
): string | undefined | Refused => {
  const facts = factsAt(deal, now);
  if (!pipeline) return undefined;
  const first = placeOfStage(pipeline, facts.stage);
  const end = to === undefined ? pipeline.stages.length : placeOfStage(pipeline, to);
  if (first < 0) return undefined;
  const missing: string[] = [];
  for (const [index, { code, category, exit }] of pipeline.stages.slice(first, end).entries()) {
    if (!exit || (index > 0 && category === 'omitted') || countsTouches(exit.criteria)) continue;
    const result = evaluateDealCriterion(exit.criteria, criteriaFactsOf(deal, facts, now), now);
    if (result.met) continue;
    const lacks = `${code}: ${missingCriteria(exit.criteria, result)}`;
    if (exit.enforced)
      return refuse(
        'opportunity/exit-criteria-not-met',
        `The deal cannot leave the stage ${code}; it lacks ${missingCriteria(exit.criteria, result)}.`,
        to === undefined ? 'opportunityId' : 'to',
        { stage: code, because: result.because },
      );
    missing.push(lacks);
  }
  return missing.length > 0 ? missing.join('; ') : undefined;
};
