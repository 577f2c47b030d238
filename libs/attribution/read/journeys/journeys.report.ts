import {
  enumeration,
  enumField,
  idField,
  instantField,
  moneyIn,
  objectField,
  objectFields,
  roles,
  type EnumerationValue,
} from '@baton/kernel';
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
  status: enumField(journeyStatuses, 'Whether the close counts.'),
  outcome: enumField(dealOutcomes, 'How the deal closed.', nullable),
  openedAt: instantField('When the deal opened.'),
  leadCreatedAt: instantField('The earliest creation of a lead among the people.', nullable),
  firstContactAt: instantField('The earliest contact, also one after the close.', nullable),
  leadIds: idField('The people of the deal.', { list: true, entity: 'Lead' }),
  touches: objectField(journeyTouch, 'Oldest first, up to the close.', { list: true }),
  models: objectField(modelCredits, 'The credits by model; empty while the deal is reopened.', { list: true }),
  restatements: objectField(
    objectFields('Restatement', 'Why a journey was recorded anew.', {
      reasons: enumField(restatementReasons, 'Why it was recorded anew.', { list: true }),
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
    // A journey that is not complete yet is not explained.
    const status = explained.journey.status as EnumerationValue<typeof journeyStatuses>;
    return { ...explained.journey, ...explained, status, amount: moneyIn(explained.journey, 'amount') };
  },
});
