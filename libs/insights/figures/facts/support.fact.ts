import { supportRequests, type SupportRequestDocument } from '@baton/opportunities';
import { fact, instantOf, textOf } from '../fact.rules';

/** Every request for support of a deal by marketing. */
export const supportFact = fact<SupportRequestDocument, SupportRequestDocument>({
  name: 'support requests',
  description: 'Every request for support of a deal by marketing.',
  entity: 'Opportunity',
  of: supportRequests,
  rows: (request) =>
    request.requestedAt === '' ? [] : [{ id: request.supportId, entity: request.opportunityId, row: request }],
  columns: {
    leadId: textOf(({ leadId }) => leadId),
    deliveredAt: instantOf(({ deliveredAt }) => deliveredAt),
  },
  dimensions: {},
});
