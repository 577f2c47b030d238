import { field, objectFields, roles, type ConservationCheck, type Report } from '@baton/kernel';
import { checkConservation } from '@baton/platform/health';
import { report } from '@baton/platform/report';

const difference = objectFields('ConservationDifference', 'Two numbers that should be equal.', {
  of: field.text('What they are numbers of: a stage, a currency, a figure and a dimension.'),
  left: field.text('The number of the left side.'),
  right: field.text('That of the right side.'),
  difference: field.text('Left less right.'),
});
/** Whether the numbers that must be equal are, by these checks. */
export const conservationReport = (checks: readonly ConservationCheck[]): Report =>
  report({
    name: 'conservation',
    description: 'Compares, on the data of now, numbers that must be equal: rows with totals, credits with revenue.',
    ...{ allow: roles, heavy: 'period' },
    arguments: {},
    answer: field.object(
      objectFields('ConservationCheck', 'What one check found.', {
        check: field.text('Its name.'),
        description: field.text('What must hold.'),
        left: field.text('What the left side is.'),
        right: field.text('What the right side is.'),
        holds: field.flag('True if all pairs are equal.'),
        compared: field.integer('How many pairs of numbers were compared.'),
        differences: field.object(difference, 'Those that are not equal, at most 20.', { list: true }),
        checkedAt: field.instant('When.'),
      }),
      'One per check.',
      { list: true },
    ),
    ask: async (_, { models, at, sources: { log } }) => checkConservation(checks, models, at, await log.tip()),
  });
