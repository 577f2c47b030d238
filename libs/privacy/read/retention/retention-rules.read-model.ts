import { field, readModel, type DocumentOf } from '@baton/kernel';
import { leadStages } from '@baton/leads';
import type { RetentionEvent } from '../../write/retention/retention.events';

const fields = {
  retentionId: field.id('The purpose.', { filter: true }),
  stages: field.enum(leadStages, 'People in these stages are kept for it.', { list: true }),
  days: field.integer('Days that they are kept for after they were last active; null once the rule has ended.', {
    nullable: true,
    filter: true,
    unit: 'days',
  }),
  since: field.instant('Since when it is so.', { sort: true }),
} as const;
export type RetentionRule = DocumentOf<typeof fields>;

/** One document per purpose. */
export const retentionRules = readModel<RetentionRule, RetentionEvent>({
  name: 'retention-rules',
  version: 1,
  node: 'RetentionRule',
  description: 'How long people are kept for a purpose.',
  key: 'retentionId',
  fields,
  lists: { retentionRules: { description: 'How long people are kept, by purpose.', orderBy: 'since' } },
  allow: ['admin', 'revops', 'auditor'],
  questions: [],
  keys: ({ data }) => [data.retentionId],
  initial: (retentionId) => ({ retentionId, stages: [], days: null, since: '' }),
  on: {
    RetentionRuleSet: (doc, { data: { stages, days }, occurredAt }) => ({ ...doc, stages, days, since: occurredAt }),
    RetentionRuleEnded: (doc, { occurredAt }) => ({ ...doc, stages: [], days: null, since: occurredAt }),
  },
});
