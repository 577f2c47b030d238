import { boundsOf, type PeriodArgs } from '@baton/kernel';
import { handoffReport, slaReport, type HandoffQuestion, type SlaQuestion } from '@baton/sales-sla';
import type { View } from './view';

/** A question with the bounds of its period. */
const withBounds = <Q extends PeriodArgs>({ from, to, timeZone, ...question }: Q, at: string) => ({
  ...{ ...question, ...boundsOf({ from, to, timeZone }), at },
  ...(timeZone && { timeZone }),
});

/** Their JSON groups and counts in objects; the tables are those of the declared answers. */
export const views: Readonly<Record<string, View>> = {
  'sla-report': {
    exact: (question: SlaQuestion, { models, at }) => slaReport(models, withBounds(question, at)),
  },
  'handoff-report': {
    arguments: ({ by, ...others }) => ({
      by: { ...by!, options: { ...by!.options, default: ['definition'] } },
      ...others,
    }),
    exact: (question: HandoffQuestion, { models, at }) => handoffReport(models, withBounds(question, at)),
  },
};
