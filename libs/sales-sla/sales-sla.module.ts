import type { ContextParts } from '@baton/kernel';
import { notifications } from './policies/notifications.policy';
import { handoffs } from './read/handoffs/handoffs.projection';
import { slaClocks } from './read/sla-board/sla-clocks.projection';

export const salesSlaParts: ContextParts = {
  name: 'sales-sla',
  aggregates: [],
  projections: [handoffs, slaClocks],
  policies: [notifications],
};
