import { field, Refused, roles } from '@baton/kernel';
import { report } from '@baton/platform/report';
import { conversionKinds } from '../conversions/conversions.rules';
import { askedPeriod, periodArguments } from '../report-arguments';
import { paths } from './paths.query';
import { pathsAnswer } from './paths.rules';

export const pathsReport = report({
  name: 'paths',
  description: 'The paths of channels to the conversions of a period, how long they are, and how long they took.',
  ...{ allow: roles, heavy: 'period' },
  arguments: {
    ...periodArguments,
    conversion: field.enum(conversionKinds, 'What the paths lead to; LOST are those of WON.', { default: 'won' }),
    top: field.integer('How many paths to name, up to 1000.', { default: 20, min: 1, max: 1000 }),
    collapse: field.flag('Count consecutive touches of one channel as one step.', { default: false }),
  },
  answer: field.object(pathsAnswer, 'The report.'),
  ask: async ({ conversion, top, collapse, ...asked }, context) => {
    if (conversion === 'lost')
      throw new Refused('graphql/invalid-argument', 'conversion must not be LOST: ask for WON.', 'conversion');
    return paths(context.models, { ...(await askedPeriod(asked, context)), conversion, top, collapse });
  },
});
