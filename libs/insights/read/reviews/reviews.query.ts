import {
  fromMs,
  monthOf,
  periodOfDays,
  startOfMonth,
  toMs,
  type Instant,
  type Json,
  type Period,
  type Position,
} from '@baton/kernel';
import { builtInOfFigures, type Scope } from '../../figures/figures.query';
import { definitionKinds, inForceAt, listDefinitions, overdueReviews } from '@baton/definitions';
import { feedbackTopics } from '@baton/leads';
import { servedDeals } from '@baton/opportunities';
import type { ReadModels } from '@baton/platform/documents';
import type { ReviewInputCommand, ReviewFacts, ReviewKind } from '../../write/review/review.events';
import { contentReport } from '../content/content.query';
import { marketingSla } from '../marketing-sla/marketing-sla.query';
import { pipeline } from '../pipeline/pipeline.query';
import { weeklyReviewOf } from '../weekly-review/weekly-review.query';
import { shownFigures, velocityFigures } from '../../figures/shown-figures.query';

interface ReviewQuestion extends Period {
  /** When the review is held. */
  readonly at: Instant;
}
/** One report of a review, by the same query as GraphQL and the command line. */
type Figures = (models: ReadModels, resolved: ReviewQuestion) => Promise<unknown>;

const versionsInForce = async (models: ReadModels, at: Instant) => {
  const all = await listDefinitions(models);
  return definitionKinds.flatMap(
    (kind) =>
      inForceAt(
        all.filter((version) => version.kind === kind),
        at,
      ) ?? [],
  );
};

/** Figures of the period, as `figures` answers them; dimensions of journeys by the built-in method. */
const figuresOf =
  (codes: readonly string[], by?: string, filters: Scope['filters'] = {}): Figures =>
  (models, { from, to, timeZone, at }) =>
    shownFigures(models, codes, { from, to, timeZone, by, filters }, at, builtInOfFigures);
/** How sales kept its obligations that were due in a period. */
const slaFigures = [
  ...['sla-due', 'sla-kept-rate', 'sla-met-late', 'sla-breaches', 'sla-missed-as-known', 'sla-recorded-late'],
  ...['sla-cancelled', 'sla-response-time', 'p90-sla-response-time', 'sla-counted-time', 'p90-sla-counted-time'],
];
const handoffFigures = [
  ...['handoffs', 'acceptance-rate', 'rejection-rate', 'given-back-handoffs'],
  ...['attempts-before-return', 'limbo-handoffs'],
];
const salesCycleFigures = [
  ...['sales-cycle', 'median-sales-cycle', 'p90-sales-cycle', 'wins-without-contact', 'wins-before-contact'],
];

/** Twelve calendar months up to the end of a period. */
const trendFigures = ['velocity', 'rejection-rate'];
const trendBefore = (to: Instant, timeZone: string) => {
  const [year, month] = monthOf(fromMs(toMs(to) - 1), timeZone)
    .split('-')
    .map(Number) as [number, number];
  return { from: startOfMonth(year, month - 11, timeZone), to, timeZone };
};

/** Number of pieces of content kept in a review, those with the most deals first. */
const MOST_CONTENT = 100;

/** The reports in a review. To add one, add a line here. */
export const reviewFigures: Readonly<Record<ReviewKind, Readonly<Record<string, Figures>>>> = {
  'weekly-pipeline': {
    pipeline: (models, { at }) => pipeline(models, at),
    week: (models, { at, ...period }) => weeklyReviewOf(models, period, at, builtInOfFigures),
    salesCycle: figuresOf(salesCycleFigures),
    servedDeals,
  },
  'monthly-sla': {
    marketingSla: (models, { from, to, timeZone, at }) =>
      marketingSla(models, { period: monthOf(from, timeZone), timeZone, at: at < to ? at : to }),
    sla: figuresOf(slaFigures, 'kind'),
    slaByRep: figuresOf(slaFigures, 'rep'),
    handoffs: figuresOf(handoffFigures, 'rep'),
    pipeline: (models, { at }) => pipeline(models, at),
    trend: (models, { to, timeZone, at }) =>
      shownFigures(models, trendFigures, { ...trendBefore(to, timeZone), by: 'month' }, at, builtInOfFigures),
    objections: (models, { from, to }) => feedbackTopics(models, { topic: 'objections', from, to, top: 10 }),
  },
  'quarterly-definition': {
    definitions: async (models, { at }) =>
      (await versionsInForce(models, at)).map(({ kind, number, from, reviewBy, reason }) => ({
        kind,
        number,
        from,
        reviewBy,
        reason,
      })),
    rejections: figuresOf(handoffFigures, 'definition'),
    rejectionReasons: figuresOf(['handoffs'], 'reason', { disposition: { in: ['rejected'] } }),
    overdue: async (models, { at, timeZone }) =>
      (await overdueReviews(models, { at, timeZone })).map(({ kind, number, reviewBy }) => ({
        kind,
        number,
        reviewBy,
      })),
    velocityBySource: figuresOf(velocityFigures, 'recordSource'),
    objections: (models, { from, to }) => feedbackTopics(models, { topic: 'objections', from, to, top: 10 }),
    content: async (models, resolved) => {
      const report = await contentReport(models, resolved);
      return { ...report, rows: report.rows.slice(0, MOST_CONTENT) }; // the size of an append is limited
    },
  },
};

/**
 * The reports of a review as of a position of the log.
 * @param at when it is held: the instant whose definitions are in force
 * @throws Refused as `periodOfDays`
 */
export const reviewFacts = async (
  models: ReadModels,
  question: Extract<ReviewInputCommand, { type: 'HoldReview' }>['data'],
  position: Position,
  at: Instant,
): Promise<ReviewFacts> => {
  const resolved: ReviewQuestion = { ...periodOfDays(question), at };
  const past = models.asOf({ knownAt: position });
  const figures: Record<string, unknown> = {};
  for (const [name, figure] of Object.entries(reviewFigures[question.kind]))
    figures[name] = await figure(past, resolved);
  return {
    ...question,
    startsAt: resolved.from,
    endsAt: resolved.to,
    figures: JSON.parse(JSON.stringify(figures)) as Json, // as it will be read back: without undefined fields
    position,
    definitions: (await versionsInForce(past, at)).map(({ kind: one, number }) => `${one}@${number}`),
  };
};
