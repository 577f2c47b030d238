import { field, moneyIn, objectFields, roles } from '@baton/kernel';
import { report } from '@baton/platform/report';
import { attributionModels, creditModels } from '../../models/models.rules';
import { dataDrivenModels } from '../../models/data-driven.model';
import { methodFields } from '../attribution/attribution.rules';
import { askedMethod, journeyArgument, methodArguments, modelArgument } from '../report-arguments';
import { credit } from './credit.query';
import { journeyFields, journeyTouch, modelCreditsFields, touchCreditFields } from './explanation.rules';

export const creditReport = report({
  name: 'credit',
  description: 'Why each touch of a closed deal earns what it earns, or one of them.',
  ...{ allow: roles, heavy: 'period' },
  arguments: {
    ...journeyArgument,
    ...methodArguments,
    model: modelArgument('The model; by default that of the definition.'),
    touchId: field.id('Only the credit of this touch.', { optional: true }),
  },
  answer: field.object(
    objectFields('DealCredit', 'The credits of a deal under one model, with all that it takes to compute them again.', {
      ...journeyFields,
      ...methodFields,
      ...modelCreditsFields,
      credits: field.object(
        objectFields('ExplainedTouchCredit', 'What one touch earns under one model, why, and the touch itself.', {
          ...touchCreditFields,
          touch: field.object(journeyTouch, 'The touch.'),
        }),
        'One per touch, in the order of the touches, or the one asked.',
        { list: true },
      ),
    }),
    'The credits.',
  ),
  ask: async ({ journeyId, model, touchId, ...asked }, context) => {
    const { journey, ...explained } = await credit(context.models, journeyId, {
      ...(await askedMethod(asked, context)),
      ...(model !== undefined && { model }),
      ...(touchId !== undefined && { touchId }),
    });
    return { ...explained, journeyId, closedAt: journey.closedAt, amount: moneyIn(journey, 'amount') };
  },
});

export const modelsReport = report({
  name: 'attributionModels',
  description: 'Every model, those that learn from all deals of a period last.',
  ...{ allow: roles, asOf: false },
  arguments: {},
  answer: field.object(
    objectFields('AttributionModelInfo', 'A way in which credit is shared over touches.', {
      model: field.enum(creditModels, 'What to ask for.'),
      code: field.text('Its code on the command line and in definitions: `last-touch`.'),
      name: field.text('Its name.'),
      description: field.text('How it shares.'),
      additive: field.flag('Do the credits of a deal sum to the deal? What is not additive is never summed.'),
      dataDriven: field.flag('Does it learn from all deals of a period? Then it credits no deal by itself.'),
      parameters: field.text('What a definition or a question may set: weights, halfLife, excludedChannels …', {
        list: true,
      }),
    }),
    'The models.',
    { list: true },
  ),
  ask: () => [
    ...attributionModels.map(({ code, name, description, additive, parameters = [] }) => ({
      ...{ model: code, code, name, description, additive },
      dataDriven: false,
      parameters: parameters.map((one) => (one === 'halfLifeMs' ? 'halfLife' : one)),
    })),
    ...dataDrivenModels.map(({ code, name, description }) => ({
      ...{ model: code, code, name, description },
      ...{ additive: true, dataDriven: true, parameters: [] },
    })),
  ],
});
