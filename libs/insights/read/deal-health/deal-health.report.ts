import { definitionInForce, type Pipelines } from '@baton/definitions';
import { DAY_MS, enumeration, field, fromMs, objectFields, roles, type Fields, type Instant } from '@baton/kernel';
import { pageOf, type ReadModels } from '@baton/platform/documents';
import { report, type ReportContext } from '@baton/platform/report';
import { figureOf } from '../../figures/catalogue.rules';
import { openDealFact } from '../../figures/facts/open-deals.fact';
import { quantileOf } from '../../figures/evaluate.rules';
import { openDealsAt, type OpenDeal } from '../../figures/facts/open-deals.rules';
import {
  openQuestion,
  rowsBehindIn,
  type MethodOfFigures,
  type OpenedQuestion,
  type Scope,
} from '../../figures/figures.query';
import {
  answeredFigure,
  calendarArguments,
  filterArguments,
  methodOfScope,
  scopeOf,
} from '../../figures/figures.report';
import { rangeOf } from '../../figures/scope.rules';
import { shownFigures } from '../../figures/shown-figures.query';

const openFilters = filterArguments(Object.keys(openDealFact.dimensions));
const groupedBy = (name: string, what: string, names: readonly string[]) =>
  field.enum(
    enumeration<string>(name, what, Object.fromEntries(names.map((one) => [one, `The ${one} of the deals.`]))),
    'One group per value of this.',
    { optional: true },
  );
type Asked = Parameters<typeof scopeOf>[0];

const table = <F extends Fields>(name: string, description: string, more: F) =>
  objectFields(name, description, {
    ...more,
    from: field.instant('The beginning of the period.'),
    to: field.instant('Its end, itself not in it.'),
    complete: field.flag('False while the period has not ended.'),
    position: field.text('The position up to which the log is in it.'),
    figures: field.object(answeredFigure, 'Its figures.', { list: true }),
  });
const tableOf = async (codes: readonly string[], question: object, context: ReportContext) => {
  const scope = scopeOf(question as Asked);
  const method = methodOfScope(scope, context);
  const found = await shownFigures(context.models, codes, scope, context.at, method);
  const { comparedFrom: _, comparedTo: __, ...answer } = found;
  return answer;
};

const healthFigures = [
  ...['open-deals', 'open-amount', 'active-deals', 'active-rate', 'silent-deals', 'long-stay-deals'],
  ...['stuck-deals', 'stuck-rate', 'stuck-amount', 'quality-deals', 'quality-rate', 'overdue-deals', 'overdue-amount'],
];
export const pipelineHealthReport = report({
  name: 'pipelineHealth',
  description: 'How the open deals are at the end of a period: active, stuck, of quality, overdue.',
  ...{ allow: roles, heavy: 'period' },
  arguments: {
    ...calendarArguments,
    by: groupedBy('PipelineHealthGrouping', 'What open deals are grouped by.', Object.keys(openDealFact.dimensions)),
    ...openFilters,
  },
  answer: field.object(table('PipelineHealth', 'How open deals are at an instant.', {}), 'The report.'),
  ask: (question, context) => tableOf(healthFigures, question, context),
});

const winLossDimensions = [
  ...['lossReason', 'competitor', 'priceBand', 'segment', 'industry', 'size', 'region', 'product'],
  ...['channel', 'source', 'rep', 'manager', 'owner', 'pipeline'],
];
const closedFigures = [
  ...['won-deals', 'lost-deals', 'win-rate', 'won-amount', 'lost-amount', 'deal-cycle', 'proposal-to-close'],
];
const closeTarget = objectFields('CloseTarget', 'A target of a pipeline.', {
  pipeline: field.text('The pipeline.'),
  proposalToClose: field.number('Won deals among the closed ones that had a proposal, 0…1.'),
});
export const winLossReport = report({
  name: 'winLoss',
  description:
    'Deals won and lost in a period, by the reason of the rep, the competitor, the price or the segment of the customer.',
  ...{ allow: roles, heavy: 'period' },
  arguments: {
    ...calendarArguments,
    by: groupedBy('WinLossGrouping', 'What closed deals are grouped by.', winLossDimensions),
    ...filterArguments([...winLossDimensions, 'currency']),
  },
  answer: field.object(
    table('WinLoss', 'Deals won and lost in a period.', {
      targets: field.object(closeTarget, 'The targets of the pipelines in force at the end of the period.', {
        list: true,
      }),
    }),
    'The report.',
  ),
  ask: async (question, context) => {
    const { models, at } = context;
    const found = await tableOf(closedFigures, question, context);
    const inForce = await definitionInForce(models, { kind: 'pipeline', at: found.to < at ? found.to : at });
    const { pipelines = [] } = (inForce?.body ?? {}) as unknown as Partial<Pipelines>;
    return {
      ...found,
      targets: pipelines.flatMap(({ code, thresholds }) =>
        thresholds?.proposalToClose === undefined
          ? []
          : [{ pipeline: code, proposalToClose: thresholds.proposalToClose }],
      ),
    };
  },
});

const checks = enumeration('DealCheck', 'Which open deals.', {
  all: 'All of them.',
  stuck: 'Those that are too long in their stage, or silent.',
  'too-long': 'Those that are too long in their stage.',
  silent: 'Those that nobody was in touch with for too long.',
  overdue: 'Those whose expected close date has passed.',
  'below-quality': 'Those that do not meet the criteria of quality.',
});
const figureOfCheck = {
  ...{ all: 'open-deals', stuck: 'stuck-deals', 'too-long': 'long-stay-deals', silent: 'silent-deals' },
  ...{ overdue: 'overdue-deals', 'below-quality': 'below-quality-deals' },
} as const;
const nullable = { nullable: true } as const;
export const dealRow = objectFields('DealHealth', 'How an open deal is.', {
  id: field.id('The id of the row.'),
  opportunityId: field.id('The deal.', { entity: 'Opportunity' }),
  pipeline: field.text('Its pipeline; empty without one.'),
  stage: field.text('Its stage.'),
  owner: field.text('Its owner.', nullable),
  amount: field.money('Its amount.', nullable),
  expectedCloseOn: field.day('Its expected close date.', nullable),
  daysInStage: field.number('Days in its stage, all stays together.', { unit: 'days' }),
  limitDays: field.number('Days after which it is there too long; null without a limit.', {
    ...nullable,
    unit: 'days',
  }),
  lastActivityAt: field.instant('The last touch of its people, or event of the deal.'),
  silenceDays: field.number('Days without one after which it is silent; null without a limit.', {
    ...{ ...nullable, unit: 'days' },
  }),
  stuckReason: field.text('Why it is stuck; null if it is not.', nullable),
  overdue: field.flag('Whether its expected close date has passed.'),
  quality: field.flag('Whether it meets the criteria of quality; null without criteria.', nullable),
  missingQuality: field.text('What it lacks of them; null for nothing.', nullable),
  missingForExit: field.text('What it lacks to leave its stage; null for nothing.', nullable),
  definition: field.text('The version of the pipelines, `pipeline@2`; null without one.', nullable),
});
const shownDeal = (id: string, deal: OpenDeal) => ({
  ...{ id, opportunityId: deal.opportunityId, pipeline: deal.pipeline, stage: deal.stage },
  owner: deal.state.owner ?? null,
  amount:
    deal.state.minor === undefined || deal.state.currency === undefined
      ? null
      : { minor: deal.state.minor, currency: deal.state.currency },
  ...{ expectedCloseOn: deal.state.closesOn ?? null, daysInStage: deal.stageMs / DAY_MS },
  limitDays: deal.limitMs === undefined ? null : deal.limitMs / DAY_MS,
  lastActivityAt: fromMs(deal.lastActivityAt),
  silenceDays: deal.silenceMs === undefined ? null : deal.silenceMs / DAY_MS,
  ...{ stuckReason: deal.stuckReason ?? null, overdue: deal.isOverdue, quality: deal.quality ?? null },
  ...{ missingQuality: deal.missingQuality ?? null, missingForExit: deal.missingForExit ?? null },
  definition: deal.definition ?? null,
});

/** The open deals and stages at the end of the period of a question about them. */
const openAtEnd = ({ madeAt, period }: OpenedQuestion) => openDealsAt(madeAt([rangeOf(period).to]))[0]!;
/**
 * The open deals under a check with all that is known of them, those that are longest in their stage first.
 * @param limit only so many; all by default
 */
export const dealsUnderCheck = async (
  models: ReadModels,
  check: keyof typeof figureOfCheck,
  scope: Scope,
  at: Instant,
  methodOf: MethodOfFigures,
  limit = Infinity,
) => {
  const figure = figureOf(figureOfCheck[check]);
  const question = await openQuestion(models, [figure], scope, at, methodOf);
  const known = new Map(openAtEnd(question).deals.map((deal) => [deal.opportunityId, deal]));
  return rowsBehindIn(figure, question, { side: 'denominator' })
    .map(({ id, entityId }) => ({ id, deal: known.get(entityId)!, stageMs: known.get(entityId)!.stageMs }))
    .sort((a, b) => b.stageMs - a.stageMs || (a.id < b.id ? -1 : 1))
    .slice(0, limit)
    .map(({ id, deal }) => shownDeal(id, deal));
};
export const dealHealthReport = report({
  name: 'dealHealth',
  description:
    'Open deals at the end of a period, those that are longest in their stage first: how long, against which limit, whether they are stuck and why, and what they lack.',
  ...{ allow: roles, heavy: 'period', page: true },
  arguments: {
    check: field.enum(checks, 'Which of them.', { default: 'all' }),
    ...calendarArguments,
    ...openFilters,
  },
  answer: field.object(dealRow, 'The deals.'),
  ask: async ({ check, ...question }, context: ReportContext) => {
    const scope = scopeOf(question as Asked);
    const method = methodOfScope(scope, context);
    const found = await dealsUnderCheck(context.models, check, scope, context.at, method);
    return pageOf(found, context.page, ({ id }) => id);
  },
});

const limits = enumeration('StageLimitSource', 'Where the limit of a stage is from.', {
  'won-deals': 'From how long won deals were in it.',
  definition: 'From the pipeline, because too few were won.',
});
const stageLimit = objectFields('StageLimit', 'How long won deals were in a stage, all stays of a deal together.', {
  pipeline: field.text('The pipeline; empty without one.'),
  stage: field.text('The stage.'),
  wonDeals: field.integer('Won deals that were in it.', { unit: 'deals' }),
  medianDays: field.number('The median of their days; null without any.', nullable),
  quantile: field.number('The share of them that counts as the limit, 0…1.'),
  quantileDays: field.number('Their days at that quantile; null without any.', nullable),
  p90Days: field.number('Their 90th percentile; null without any.', nullable),
  limitDays: field.number('Days after which a deal is stuck in it; null without a limit.', nullable),
  limitIs: field.enum(limits, 'Where that is from; null without a limit.', nullable),
  definition: field.text('The version of the pipelines; null without one.', nullable),
});
export const stageLimitsReport = report({
  name: 'stageLimits',
  description: 'By stage, how long won deals were in it, and after how many days a deal is stuck there.',
  ...{ allow: roles, heavy: 'period' },
  arguments: calendarArguments,
  answer: field.object(
    objectFields('StageLimits', 'How long won deals were in the stages.', {
      stages: field.object(stageLimit, 'By pipeline and stage.', { list: true }),
    }),
    'The report.',
  ),
  ask: async (asked, context) => {
    const scope = scopeOf(asked);
    const figures = [figureOf('open-deals')];
    const question = await openQuestion(context.models, figures, scope, context.at, methodOfScope(scope, context));
    const shown = openAtEnd(question)
      .stageLimits()
      .map(({ pipeline, stage, wonMs, limitMs, limitIs, quantile, definition }) => {
        const days = (share: number) => (wonMs.length === 0 ? null : quantileOf(wonMs, share).toNumber() / DAY_MS);
        return {
          ...{ pipeline, stage, wonDeals: wonMs.length, medianDays: days(0.5), quantile, quantileDays: days(quantile) },
          ...{ p90Days: days(0.9), limitDays: limitMs === undefined ? null : limitMs / DAY_MS },
          ...{ limitIs: limitIs ?? null, definition: definition ?? null },
        };
      })
      .sort((a, b) => (a.pipeline === b.pipeline ? (a.stage < b.stage ? -1 : 1) : a.pipeline < b.pipeline ? -1 : 1));
    return { stages: shown };
  },
});
