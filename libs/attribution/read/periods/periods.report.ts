import {
  idField,
  instantField,
  integerField,
  objectField,
  objectFields,
  Refused,
  roles,
  textField,
} from '@baton/kernel';
import { report } from '@baton/platform/report';
import { warningsField } from '../attribution/attribution.rules';
import { OUTSIDE, outsideField } from '../attribution/window.rules';
import { periodDelta } from './periods.query';
import { periodFigures } from './periods.rules';

const restatement = objectFields(
  'PeriodRestatement',
  'A change of one deal since the period was frozen, and what it did to the figures.',
  {
    journeyId: idField('The deal’s id.', { entity: 'Opportunity', entityName: 'opportunity' }),
    reasons: textField(
      'closed, reopened, late-touch, late-visit, merge, unmerge, visitor-identified, role, amount, or earlier-conversion: another deal of its people changed.',
      { list: true },
    ),
    at: instantField('When what changed it happened; null for what follows from another deal.', { nullable: true }),
    position: textField('The log up to here tells of it.'),
    difference: objectField(periodFigures, 'What it did; only keys that it changed.'),
  },
);

export const periodDeltaReport = report({
  name: 'periodDelta',
  description: 'What became of a frozen period: the same question now, and every restatement since.',
  ...{ allow: roles, heavy: 'period' },
  arguments: { periodId: idField('The frozen period.') },
  answer: objectField(
    objectFields('PeriodDelta', 'A frozen period, the same question now, and all that changed in between.', {
      periodId: idField('What was frozen.', { entity: 'FrozenPeriod' }),
      now: objectField(periodFigures, 'The same question now, under the same versions of the definitions.'),
      difference: objectField(periodFigures, 'Now less frozen; only keys that changed.'),
      outsideWindow: outsideField(`Of the answer now: ${OUTSIDE}`),
      restated: integerField('How many restatements there are.'),
      restatements: objectField(
        restatement,
        'In the order of the log; they sum to the difference: money exactly, conversions to 1e-9.',
        { list: true },
      ),
      warnings: warningsField,
    }),
    'The delta.',
  ),
  ask: async ({ periodId }, { models, live, cut, sources: { journal, context } }) => {
    if (cut?.happenedBy)
      throw new Refused(
        'period/known-only',
        'A frozen period cannot be cut by happenedBy; use knownBy or knownAt.',
        'asOf.happenedBy',
      );
    const past = (knownAt: string) => live.asOf({ knownAt });
    const delta = await periodDelta(models, past, journal, context.definitions, periodId);
    return { ...delta, periodId, restated: delta.restatements.length };
  },
});
