import { projection, type Instant } from '@baton/kernel';
import type { LeadEvent } from '@baton/leads';
import type { HandoffPackage } from '@baton/leads';

/** What sales got with a lead when it was last handed off; without names and addresses. */
export interface HandoffPackageDocument {
  readonly leadId: string;
  readonly rep: string;
  readonly handedOffAt: Instant;
  /** Which handoff of the lead it was. */
  readonly count: number;
  readonly respondBy?: Instant;
  readonly queue?: string;
  /** Absent for a lead that no package was ever built for. */
  readonly package?: HandoffPackage;
}

/** The latest package of each lead; a handoff that another system made has none and changes nothing. */
export const handoffPackages = projection<HandoffPackageDocument, LeadEvent>({
  name: 'handoff-packages',
  version: 2,
  keys: ({ data }) => [data.leadId],
  initial: (leadId) => ({ leadId, rep: '', handedOffAt: '', count: 0 }),
  on: {
    LeadHandedOff: (doc, { data: { leadId, rep, count, respondBy, queue, package: pack }, occurredAt }) =>
      pack === undefined
        ? doc
        : {
            ...{ leadId, rep, handedOffAt: occurredAt, count, package: pack as unknown as HandoffPackage },
            ...(respondBy !== undefined && { respondBy }),
            ...(queue !== undefined && { queue }),
          },
  },
});
