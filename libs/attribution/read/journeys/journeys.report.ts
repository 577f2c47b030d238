import { enumField, idField, instantField, moneyIn, objectField, objectFields, roles, textField } from '@baton/kernel';
import { report } from '@baton/platform/report';
import { creditModels } from '../../models/models.rules';
import { dataDrivenModel } from '../../models/data-driven.model';
import { methodFields } from '../attribution/attribution.rules';
import { explainJourney } from '../credit/credit.query';
import { journeyFields, journeyTouch, modelCredits } from '../credit/explanation.rules';
import { askedMethod, journeyArgument, methodArguments } from '../report-arguments';

const nullable = { nullable: true } as const;
const journey = objectFields('Journey', 'The touches of a closed deal and what they earn.', {
  ...journeyFields,
  ...methodFields,
  status: textField('closed; or reopened: the deal is open again and its close earns nothing.'),
  outcome: textField('won or lost.', nullable),
  openedAt: instantField('When the deal opened.'),
  leadCreatedAt: instantField('The earliest creation of a lead among the people.', nullable),
  firstContactAt: instantField('The earliest contact, also one after the close.', nullable),
  leadIds: idField('The people of the deal.', { list: true, entity: 'Lead' }),
  touches: objectField(journeyTouch, 'Oldest first, up to the close.', { list: true }),
  models: objectField(modelCredits, 'The credits by model; empty while the deal is reopened.', { list: true }),
  restatements: objectField(
    objectFields('Restatement', 'Why a journey was recorded anew.', {
      reasons: textField('late-touch, late-visit, merge, unmerge, visitor-identified, role, amount.', { list: true }),
      at: instantField('When the latest of what it states happened.'),
    }),
    'Why it was recorded anew, oldest first.',
    { list: true },
  ),
});

export const journeyReport = report({
  name: 'journey',
  description: 'The journey of one closed deal, with the credit of each touch explained.',
  ...{ allow: roles, heavy: 'period' },
  arguments: {
    ...journeyArgument,
    ...methodArguments,
    models: enumField(creditModels, 'The models; by default that of the definition, if it credits a deal by itself.', {
      list: true,
      optional: true,
    }),
  },
  answer: objectField(journey, 'The journey.'),
  ask: async ({ journeyId, models, ...asked }, context) => {
    const method = await askedMethod(asked, context);
    const usual = [method.definition.body.model].filter((code) => !dataDrivenModel(code));
    const explained = await explainJourney(context.models, journeyId, { ...method, models: models ?? usual });
    return { ...explained.journey, ...explained, amount: moneyIn(explained.journey, 'amount') };
  },
});
