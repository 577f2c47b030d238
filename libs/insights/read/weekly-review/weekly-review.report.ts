import { field, objectFields, Refused, roles } from '@baton/kernel';
import { feedbackTopicNames } from '@baton/leads';
import { report } from '@baton/platform/report';
import { answeredFigure, calendarArguments, figureTotal, methodOfScope, value } from '../../figures/figures.report';
import { scopePeriod } from '../../figures/scope.rules';
import { dealRow } from '../deal-health/deal-health.report';
import { waterfallCell } from '../waterfall/waterfall.report';
import { weeklyReviewOf } from './weekly-review.query';

const list = { list: true } as const;
const topic = objectFields('ReviewFeedback', 'What sales reported on one topic.', {
  topic: field.enum(feedbackTopicNames, 'The topic.'),
  feedback: field.integer('Number of items of feedback, including those that name nothing on the topic.'),
  top: field.object(
    objectFields('ReviewFeedbackCode', 'How many items of feedback name one code.', {
      code: field.text('The code or phrase, in the spelling used first.'),
      feedback: field.integer('Number of items of feedback that name it.'),
    }),
    'The five most frequent.',
    list,
  ),
});

const { cell, formula } = waterfallCell.fields;
const movement = objectFields('WeeklyMovement', 'A cell of the waterfall of a week.', {
  ...{ cell, formula },
  total: field.object(value, 'One value per currency, by code.', list),
});

export const weeklyReviewReport = report({
  name: 'weeklyReview',
  description:
    'What both teams look at each week: new leads and handoffs, movement of the pipeline, stuck deals, SLA, feedback, open actions. A review that is held (`holdReview`) keeps the same.',
  ...{ allow: roles, heavy: 'period' },
  arguments: calendarArguments,
  answer: field.object(
    objectFields('WeeklyReview', 'What both teams look at each week.', {
      from: field.instant('The beginning of the period; by default of this week.'),
      to: field.instant('Its end, itself not in it.'),
      complete: field.flag('False while the period has not ended.'),
      leads: field.object(figureTotal, 'New leads, handoffs, and their rates, compared with the period before.', list),
      movement: field.object(movement, 'What changed in the open pipeline, as `waterfall` answers it.', list),
      stuck: field.object(
        answeredFigure,
        'Open deals at the end of the period, and those that are stuck, by the reason.',
        list,
      ),
      stuckDeals: field.object(
        dealRow,
        'The stuck deals, those that are longest in their stage first; at most 50, as `dealHealth` lists them.',
        list,
      ),
      velocity: field.object(figureTotal, 'The velocity and what it is made of.', list),
      sla: field.object(answeredFigure, 'How sales kept its obligations, by rep.', list),
      feedback: field.object(topic, 'By topic.', list),
      actionIds: field.id('Actions of reviews that are still to be done, those that are due first; at most 100.', {
        ...{ list: true, entity: 'ReviewAction', entityName: 'actions' },
      }),
    }),
    'The review.',
  ),
  ask: async (question, context) => {
    const { models, at } = context;
    const isWeek = question.period === undefined && question.from === undefined && question.to === undefined;
    const asked = scopePeriod({ ...question, ...(isWeek && { period: 'this-week' }) }, at);
    if (!asked.step)
      throw new Refused('figures/open-period', 'A review needs both ends of its period; give from and to.', 'from');
    const method = methodOfScope(question, context);
    return {
      ...{ from: asked.from, to: asked.to, complete: asked.to <= at },
      ...(await weeklyReviewOf(models, asked, at, method)),
    };
  },
});
