import { field, Refused, roles } from '@baton/kernel';
import { report } from '@baton/platform/report';
import { periodDelta } from './periods.query';
import { delta } from './periods.rules';

export const periodDeltaReport = report({
  name: 'periodDelta',
  description: 'What became of a frozen period: the same question now, and every restatement since.',
  ...{ allow: roles, heavy: 'period' },
  arguments: { periodId: field.id('The frozen period.') },
  answer: field.object(delta, 'The delta.'),
  ask: async ({ periodId }, { models, live, cut, sources: { journal, context } }) => {
    if (cut?.happenedBy)
      throw new Refused(
        'period/known-only',
        'A frozen period cannot be cut by happenedBy; use knownBy or knownAt.',
        'asOf.happenedBy',
      );
    const past = (knownAt: string) => live.asOf({ knownAt });
    const found = await periodDelta(models, past, journal, context.definitions, periodId);
    return { ...found, periodId, restated: found.restatements.length };
  },
});
