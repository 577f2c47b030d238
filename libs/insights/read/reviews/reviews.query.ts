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
import { salesCycle } from '../sales-cycle/sales-cycle.query';
import { velocity } from '../velocity/velocity.query';

interface ReviewQuestion extends Period {
  /** When the review is held. */
  readonly at: Instant;
}
/** One report of a review: the same function that answers GraphQL and the command line. */
type Figures = (models: ReadModels, asked: ReviewQuestion) => Promise<unknown>;

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

/** How much content a review keeps, of what deals had met most. */
const MOST_CONTENT = 100;

/** What each review looks at. A further report of a review is one line here. */
export const reviewFigures: Readonly<Record<ReviewKind, Readonly<Record<string, Figures>>>> = {
  'weekly-pipeline': {
    pipeline: (models) => pipeline(models),
    velocity,
    salesCycle,
    servedDeals,
  },
  'monthly-sla': {
    marketingSla: (models, { from, to, timeZone, at }) =>
      marketingSla(models, { period: monthOf(from, timeZone), timeZone, at: at < to ? at : to }),
    sla: (models, { from, to, timeZone, at }) => slaReport(models, { from, to, timeZone, at, by: ['rep'] }),
    pipeline: (models) => pipeline(models),
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
    overdue: async (models, { at }) =>
      (await overdueReviews(models, { at })).map(({ kind, number, reviewBy }) => ({ kind, number, reviewBy })),
    velocityBySource: (models, { from, to, timeZone }) => velocity(models, { from, to, timeZone, by: 'source' }),
    objections: (models, { from, to }) => feedbackTopics(models, { topic: 'objections', from, to, top: 10 }),
    content: async (models, asked) => {
      const report = await contentReport(models, asked);
      return { ...report, rows: report.rows.slice(0, MOST_CONTENT) }; // an append has a limit
    },
  },
};

/**
 * A review with its figures as they were known at a position of the log.
 * @param at when it is held: the instant whose definitions are in force
 * @throws Refused as `periodOfDays`
 */
export const reviewFacts = async (
  models: ReadModels,
  question: Extract<ReviewInputCommand, { type: 'HoldReview' }>['data'],
  position: Position,
  at: Instant,
): Promise<ReviewFacts> => {
  const asked: ReviewQuestion = { ...periodOfDays(question), at };
  const past = models.asOf({ knownAt: position });
  const figures: Record<string, unknown> = {};
  for (const [name, figure] of Object.entries(reviewFigures[question.kind])) figures[name] = await figure(past, asked);
  return {
    ...question,
    startsAt: asked.from,
    endsAt: asked.to,
    figures: JSON.parse(JSON.stringify(figures)) as Json, // as it will be read back: nothing undefined in it
    position,
    definitions: (await versionsInForce(past, at)).map(({ kind: one, number }) => `${one}@${number}`),
  };
};
