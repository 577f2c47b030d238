import { monthOf, periodOfDays, type Instant, type Json, type Period, type Position } from '@baton/kernel';
import { definitionKinds, inForceAt, listDefinitions, overdueReviews } from '@baton/definitions';
import { feedbackTopics } from '@baton/leads';
import { handoffReport, slaReport } from '@baton/sales-sla';
import { servedDeals } from '@baton/opportunities';
import type { ReadModels } from '@baton/platform/documents';
import type { ReviewInputCommand, ReviewFacts, ReviewKind } from '../../write/review/review.events';
import { contentReport } from '../content/content.query';
import { marketingSla } from '../marketing-sla/marketing-sla.query';
import { pipeline } from '../pipeline/pipeline.query';
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
  (codes: readonly string[], by?: string): Figures =>
  (models, { from, to, timeZone, at }) =>
    shownFigures(models, codes, { from, to, timeZone, by }, at);
const salesCycleFigures = [
  ...['sales-cycle', 'median-sales-cycle', 'p90-sales-cycle', 'wins-without-contact', 'wins-before-contact'],
];

/** Number of pieces of content kept in a review, those with the most deals first. */
const MOST_CONTENT = 100;

/** The reports in a review. To add one, add a line here. */
export const reviewFigures: Readonly<Record<ReviewKind, Readonly<Record<string, Figures>>>> = {
  'weekly-pipeline': {
    pipeline: (models, { at }) => pipeline(models, at),
    velocity: figuresOf(velocityFigures),
    salesCycle: figuresOf(salesCycleFigures),
    servedDeals,
  },
  'monthly-sla': {
    marketingSla: (models, { from, to, timeZone, at }) =>
      marketingSla(models, { period: monthOf(from, timeZone), timeZone, at: at < to ? at : to }),
    sla: (models, { from, to, timeZone, at }) => slaReport(models, { from, to, timeZone, at, by: ['rep'] }),
    pipeline: (models, { at }) => pipeline(models, at),
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
    rejections: (models, { from, to, at }) => handoffReport(models, { from, to, at, by: ['definition'] }),
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
