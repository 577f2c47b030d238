import { field, roles, type ObjectOf } from '@baton/kernel';
import { report, type ReportContext } from '@baton/platform/report';
import { ORDER_RANGE } from '../../models/markov.model';
import { repeatHandlings } from '../../models/path-table.rules';
import { conversionKinds } from '../conversions/conversions.rules';
import { attributionAnswerOf } from '../data-driven/data-driven.rules';
import { askedPeriod, byArgument, modelArgument, periodArguments } from '../report-arguments';
import { compareModels } from './attribution.query';
import { attributionAnswer } from './attribution.rules';

/** Resamples of one question through GraphQL; the command line takes more. */
const RESAMPLES = 200;
const OF = 'Of data-driven models: ';

const questionArguments = {
  ...periodArguments,
  ...byArgument,
  conversion: field.enum(
    conversionKinds,
    'What the journeys lead to; `from` and `to` are about when they did. Only won deals carry revenue.',
    { default: 'won' },
  ),
  model: modelArgument('The model; by default that of the definition in force.'),
  order: field.integer(`${OF}of how many last channels a state of the Markov chain is made, 1 (default) to 4.`, {
    ...{ optional: true, min: ORDER_RANGE.least, max: ORDER_RANGE.most },
  }),
  seed: field.integer(`${OF}what is drawn at random is the same for the same seed; 1 by default.`, { optional: true }),
  bootstrap: field.integer(`${OF}how often to resample for 95 % intervals, at most ${RESAMPLES}; 0 by default.`, {
    optional: true,
    min: 0,
    max: RESAMPLES,
  }),
  repeats: field.enum(repeatHandlings, `${OF}what becomes of repeats; by default what is usual for the model.`, {
    optional: true,
  }),
  includeOpen: field.flag(`${OF}deals that are open at the end of the period count as not converted.`, {
    optional: true,
  }),
} as const;

/**
 * The reports for the arguments of `attribution`, under several models; by default under that of the definition.
 * @returns one per model, in their order
 */
export const askAttribution = async (
  {
    by,
    conversion,
    order,
    seed,
    bootstrap,
    repeats,
    includeOpen,
    models,
    ...asked
  }: Omit<ObjectOf<typeof questionArguments>, 'model'> & { readonly models?: readonly string[] | undefined },
  context: ReportContext,
) => {
  const question = await askedPeriod(asked, context);
  const end = question.to !== undefined && question.to < context.at ? question.to : context.at;
  const learning = Object.entries({ order, seed, bootstrap, repeats, openAt: includeOpen ? end : undefined });
  return compareModels(context.models, {
    ...question,
    ...{ by, conversion, models: models ?? [question.definition.body.model] },
    learning: Object.fromEntries(learning.filter(([, value]) => value !== undefined)),
  });
};

export const attributionReport = report({
  name: 'attribution',
  description:
    'Credited conversions and revenue of the deals won in a period. Each deal is shared exactly; data-driven models, which learn from the lost deals too, share their sum exactly.',
  ...{ allow: roles, heavy: 'period' },
  arguments: questionArguments,
  answer: field.object(attributionAnswer, 'The report.'),
  ask: async ({ model, ...question }, context) => {
    const [answer] = await askAttribution({ ...question, models: model === undefined ? undefined : [model] }, context);
    return attributionAnswerOf(answer!);
  },
});
