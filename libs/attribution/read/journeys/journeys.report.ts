import { enumeration, field, moneyIn, objectFields, roles, type EnumerationValue } from '@baton/kernel';
import { dealOutcomes } from '@baton/opportunities';
import { report } from '@baton/platform/report';
import { creditModels } from '../../models/models.rules';
import { dataDrivenModel } from '../../models/data-driven.model';
import { methodFields } from '../attribution/attribution.rules';
import { explainJourney } from '../credit/credit.query';
import { journeyFields, journeyTouch, modelCredits } from '../credit/explanation.rules';
import { restatementReasons } from '../../write/journey/journey.events';
import { askedMethod, journeyArgument, methodArguments } from '../report-arguments';

const nullable = { nullable: true } as const;
const journeyStatuses = enumeration('JourneyStatus', 'Whether the deal is still closed.', {
  closed: 'The deal is closed.',
  reopened: 'The deal is open again and its close earns nothing.',
});
const journey = objectFields('Journey', 'The touches of a closed deal and what they earn.', {
  ...journeyFields,
  ...methodFields,
  status: field.enum(journeyStatuses, 'Whether the close counts.'),
  outcome: field.enum(dealOutcomes, 'How the deal closed.', nullable),
  openedAt: field.instant('When the deal opened.'),
  leadCreatedAt: field.instant('The earliest creation of a lead among the people.', nullable),
  firstContactAt: field.instant('The earliest contact, also one after the close.', nullable),
  leadIds: field.id('The people of the deal.', { list: true, entity: 'Lead' }),
  touches: field.object(journeyTouch, 'Oldest first, up to the close.', { list: true }),
  models: field.object(modelCredits, 'The credits by model; empty while the deal is reopened.', { list: true }),
  restatements: field.object(
    objectFields('Restatement', 'Why a journey was recorded anew.', {
      reasons: field.enum(restatementReasons, 'Why it was recorded anew.', { list: true }),
      at: field.instant('When the latest of what it states happened.'),
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
    models: field.enum(creditModels, 'The models; by default that of the definition, if it credits a deal by itself.', {
      list: true,
      optional: true,
    }),
  },
  answer: field.object(journey, 'The journey.'),
  ask: async ({ journeyId, models, ...asked }, context) => {
    const method = await askedMethod(asked, context);
    const usual = [method.definition.body.model].filter((code) => !dataDrivenModel(code));
    const explained = await explainJourney(context.models, journeyId, { ...method, models: models ?? usual });
    // A journey that is not complete yet is not explained.
    const status = explained.journey.status as EnumerationValue<typeof journeyStatuses>;
    return { ...explained.journey, ...explained, status, amount: moneyIn(explained.journey, 'amount') };
  },
});
