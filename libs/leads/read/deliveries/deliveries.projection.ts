import { projection, type Instant, type StoredEvent } from '@baton/kernel';
import type { LeadEvent } from '../../write/lead/lead.events';
import type { PackagePart } from '../../write/lead/package.rules';

export type DeliveryKind = 'qualified' | 'handed-off' | 'sales-qualified' | 'taken-back';

/** One step of a lead towards sales that marketing answers for. Unknown is null. */
export interface Delivery {
  readonly eventId: string;
  readonly leadId: string;
  readonly kind: DeliveryKind;
  readonly at: Instant;
  /** The version that was met, `mql@3`, or `external:<source>`. */
  readonly definition: string;
  /** Of a handoff. */
  readonly rep: string | null;
  /** Of a handoff: did the package hold all that was promised? null: it went without a package. */
  readonly complete: boolean | null;
  /** What the package lacks. */
  readonly missing: readonly PackagePart[];
}

const deliveryOf = (
  doc: Delivery,
  kind: DeliveryKind,
  {
    data: { leadId, definition },
    occurredAt,
  }: StoredEvent<{ type: string; data: { leadId: string; definition: string } }>,
): Delivery => ({ ...doc, leadId, kind, at: occurredAt, definition });

/** What a package says of itself; other systems' handoffs have none. */
const completenessOf = (found: unknown): Pick<Delivery, 'complete' | 'missing'> => {
  const { complete, missing } = (found ?? {}) as { complete?: unknown; missing?: unknown };
  return {
    complete: typeof complete === 'boolean' ? complete : null,
    missing: Array.isArray(missing) ? missing.filter((part): part is PackagePart => typeof part === 'string') : [],
  };
};

const withTakenBack = (doc: Delivery): Delivery => ({ ...doc, kind: 'taken-back' });

/** One document per qualification, handoff and sales qualification; a qualification goes with an undone merge. */
export const deliveries = projection<Delivery, LeadEvent>({
  name: 'deliveries',
  version: 2,
  columns: { leadId: 'text', kind: 'text', at: 'instant', definition: 'text', complete: 'flag' },
  keys: ({ id, type, data }) => {
    if (type !== 'LeadUnmerged' && type !== 'MergedFactsRemoved') return [id];
    return data.takenBack === undefined ? [] : [data.takenBack];
  },
  initial: (eventId) => ({
    eventId,
    leadId: '', // its one event says all
    kind: 'qualified',
    at: '',
    definition: '',
    rep: null,
    complete: null,
    missing: [],
  }),
  on: {
    LeadQualified: (doc, event) => deliveryOf(doc, 'qualified', event),
    LeadHandedOff: (doc, event) => ({
      ...deliveryOf(doc, 'handed-off', event),
      rep: event.data.rep,
      ...completenessOf(event.data.package),
    }),
    LeadSalesQualified: (doc, event) => deliveryOf(doc, 'sales-qualified', event),
    LeadUnmerged: withTakenBack,
    MergedFactsRemoved: withTakenBack,
  },
});
