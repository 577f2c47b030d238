import {
  durationMs,
  laterOf,
  refuse,
  toMs,
  type Definition,
  type Instant,
  type Json,
  type Refused,
} from '@baton/kernel';
import {
  evaluateCriterion,
  missingCriteria,
  forecastCriterion,
  type Agreement,
  type CriteriaFacts,
  type Criterion,
  type FindDefinition,
  type ForecastResult,
  type ScoreAxis,
  type ScoringModel,
  type CriteriaResult,
} from '@baton/definitions';
import { scoreAt, scoreRange, type Score } from './score.model';

/** The result of evaluating a lead under the definitions in force at an instant. */
export interface Qualification {
  readonly met: boolean;
  /** The version that is met; criteria take precedence over the score. */
  readonly definition?: string;
  /** The result of the agreed criteria; absent if none are in force. */
  readonly criteria?: CriteriaResult & { readonly definition: string };
  /** The result of the agreed scoring model; absent if none is in force. */
  readonly score?: Score & { readonly definition: string; readonly threshold?: number; readonly met: boolean };
}

/** The criteria of a definition, if it has some. */
export const criteriaOf = (definition: Definition<Agreement> | undefined): Criterion | undefined =>
  definition?.body.criteria;

/** The facts with the score under the model in force, computed on first use. */
export const withScore = (
  facts: CriteriaFacts,
  model: Definition<ScoringModel> | undefined,
  at: Instant,
): { readonly facts: CriteriaFacts; readonly score: () => Score | undefined } => {
  let known: Score | undefined;
  const score = () => (model ? (known ??= scoreAt(model.body, facts, at)) : undefined);
  const points = (axis: ScoreAxis) => {
    const found = score();
    return found && (axis === 'total' ? found.hundredths : found[axis]) / 100;
  };
  return { facts: { ...facts, score: points }, score };
};

/** Evaluates a definition that has criteria; undefined if it has none, so that people decide. */
export const evaluateAgreement = (
  agreement: Definition<Agreement> | undefined,
  facts: CriteriaFacts,
  at: Instant,
  definition: FindDefinition,
): CriteriaResult | undefined => {
  const criteria = criteriaOf(agreement);
  return criteria && evaluateCriterion(criteria, withScore(facts, definition('scoring-model'), at).facts, at);
};

/**
 * Whether a lead is marketing-qualified: it meets the agreed criteria, or its score reaches the threshold of the agreed
 * model.
 * @returns undefined if neither criteria nor a threshold are in force: people decide
 */
export const qualification = (
  facts: CriteriaFacts,
  at: Instant,
  definition: FindDefinition,
): Qualification | undefined => {
  const [agreement, model] = [definition('mql'), definition('scoring-model')];
  const threshold = model?.body.threshold;
  const tree = criteriaOf(agreement);
  if (!tree && threshold === undefined) return undefined;
  const scored = withScore(facts, model, at);
  const criteria = tree && { definition: agreement!.ref, ...evaluateCriterion(tree, scored.facts, at) };
  const found = scored.score();
  const reached = found !== undefined && threshold !== undefined && found.hundredths >= Math.round(threshold * 100);
  const by = criteria?.met ? criteria.definition : reached ? model!.ref : undefined;
  return {
    met: by !== undefined,
    ...(by !== undefined && { definition: by }),
    ...(criteria && { criteria }),
    ...(found && {
      score: { definition: model!.ref, met: reached, ...(threshold !== undefined && { threshold }), ...found },
    }),
  };
};

/**
 * Whether a lead is marketing-qualified throughout [from, to], in epoch milliseconds, if no event occurs. For a single
 * instant the result is exact and equal to that of `qualification`, without the evidence.
 */
export const qualifiedOver = (
  facts: CriteriaFacts,
  from: number,
  to: number,
  definition: FindDefinition,
): ForecastResult => {
  const [tree, model] = [criteriaOf(definition('mql')), definition('scoring-model')?.body];
  let known: ReturnType<typeof scoreRange> | undefined;
  const score = () => (known ??= scoreRange(model!, facts, from, to));
  const points = (axis: ScoreAxis) => {
    const [low, high] = score()[axis];
    return [low / 100, high / 100] as const;
  };
  const { profile, touches, answers } = facts;
  const inputs = { profile, touches, ...(answers && { answers }), ...(model && { score: points }) };
  const byCriteria = tree ? forecastCriterion(tree, inputs, from, to) : -1;
  if (byCriteria > 0 || model?.threshold === undefined) return byCriteria;
  const wanted = Math.round(model.threshold * 100);
  const [low, high] = score().total;
  return Math.max(byCriteria, low >= wanted ? 1 : high >= wanted ? 0 : -1) as ForecastResult;
};

/** The look-back of a criterion in milliseconds; Infinity if it has no period. */
const lookBackOf = (node: Criterion, model: ScoringModel | undefined): number => {
  const longest = (nodes: readonly Criterion[]): number => Math.max(0, ...nodes.map((each) => lookBackOf(each, model)));
  if ('all' in node) return longest(node.all);
  if ('any' in node) return longest(node.any);
  if ('not' in node) return lookBackOf(node.not, model);
  if ('score' in node) return modelLookBack(model);
  if (!('touches' in node)) return 0;
  return node.within === undefined ? Infinity : durationMs(node.within);
};
const modelLookBack = (model: ScoringModel | undefined): number =>
  Math.max(
    0,
    ...(model?.engagement.rules ?? []).map(({ within }) => (within === undefined ? Infinity : durationMs(within))),
  );

/** Maximum number of later touches at which late news is evaluated. */
const MAX_EVALUATION_INSTANTS = 256;
/**
 * The instants at which an event recorded late is evaluated: its own, that of each later touch within the longest look-back
 * of the definitions, and that of the lead’s latest event. Ascending; at most 256 and the latest.
 * @param from      time of the event
 * @param notBefore time from which the lead is evaluated at all
 */
export const evaluationInstants = (
  { touches, latest }: { readonly touches: CriteriaFacts['touches']; readonly latest: Instant },
  [from, notBefore]: readonly [from: Instant, notBefore: Instant],
  definition: FindDefinition,
): readonly Instant[] => {
  const last = laterOf(laterOf(from, latest), notBefore);
  if (from >= last) return [last];
  const model = definition('scoring-model')?.body;
  const tree = criteriaOf(definition('mql'));
  const window = Math.max(
    tree ? lookBackOf(tree, model) : 0,
    model?.threshold === undefined ? 0 : modelLookBack(model),
  );
  const until = toMs(from) + window;
  const found = new Set<Instant>([from]);
  for (let place = 0; place < touches.length; place++) {
    const { at } = touches.at(place)!;
    if (at > from && at < last && toMs(at) <= until) found.add(at);
  }
  const sorted = [...found].filter((at) => at >= notBefore).sort();
  return [...sorted.slice(0, MAX_EVALUATION_INSTANTS), last];
};

/** True if the lead qualifies at this instant. */
export const isQualified = (facts: CriteriaFacts, at: Instant, definition: FindDefinition): boolean =>
  qualifiedOver(facts, toMs(at), toMs(at), definition) > 0;

/** The evidence of an evaluation, as events store it. */
export const evidenceOf = ({ because, leaves }: CriteriaResult): Json => ({ because, leaves }) as unknown as Json;

const MAX_TOUCHES_PER_LINE = 20;
/** The evidence of a score, as events store it: one line per rule or cap with its last touches; the lines sum to the score. */
export const scoreEvidence = ({
  hundredths,
  fit,
  engagement,
  grade,
  threshold,
  entries,
}: NonNullable<Qualification['score']>): Json => {
  const lines = new Map<string, { cause: string; code: string; hundredths: number; hits: number; touches: string[] }>();
  for (const { cause, code, touchId, hundredths: part } of entries) {
    const key = `${cause} ${code}`;
    const line = lines.get(key) ?? { cause, code, hundredths: 0, hits: 0, touches: [] };
    line.hundredths += part;
    if (cause === 'hit') line.hits++;
    if (touchId !== undefined) line.touches.push(touchId);
    lines.set(key, line);
  }
  const kept = [...lines.values()].map((line) => ({ ...line, touches: line.touches.slice(-MAX_TOUCHES_PER_LINE) }));
  return { hundredths, fit, engagement, ...(grade && { grade }), threshold: threshold ?? null, lines: kept };
};

/** The evidence of the definition that is met. */
export const evidenceOfMet = ({ definition, criteria, score }: Qualification): Json =>
  criteria && criteria.definition === definition ? evidenceOf(criteria) : scoreEvidence(score!);

/** Refused `lead/criteria-not-met`, with the failed leaves and what is missing. */
export const criteriaNotMet = (agreement: Definition<Agreement>, verdict: CriteriaResult): Refused => {
  const { ref: definition } = agreement;
  const { because, leaves } = verdict;
  const message = `${definition} is not met. It needs ${missingCriteria(criteriaOf(agreement)!, verdict)}.`;
  return refuse('lead/criteria-not-met', message.slice(0, 2000), '', { definition, because, leaves });
};
