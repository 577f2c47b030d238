import { projection, type Instant } from '@baton/kernel';
import type { PeriodEvent } from '../../write/period/period.events';

/** A frozen period: what was frozen, by whom and when. */
export type PeriodDocument = PeriodEvent['data'] & { readonly frozenAt: Instant; readonly frozenBy: string };

/** One document per frozen period. */
export const periods = projection<PeriodDocument, PeriodEvent>({
  name: 'periods',
  version: 2,
  columns: { frozenAt: 'text' },
  keys: ({ data }) => [data.periodId],
  initial: (periodId) => ({ periodId }) as PeriodDocument, // PeriodFrozen is its first and only event
  on: { PeriodFrozen: (_, { data, occurredAt, meta }) => ({ ...data, frozenAt: occurredAt, frozenBy: meta.actor }) },
});
