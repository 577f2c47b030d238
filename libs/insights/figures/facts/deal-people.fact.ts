import { leads, type LeadDocument } from '@baton/leads';
import { deals, type Deal } from '@baton/opportunities';
import { fact, textIn, textOf, type PackedRows } from '../fact.rules';

type Role = { readonly opportunityId: string; readonly leadId: string; readonly role: string | null };
/** Everybody with a role in a deal. */
export const dealPersonFact = fact<Deal, Role>({
  name: 'people of deals',
  description: 'Everybody who has a role in a deal.',
  entity: 'Opportunity',
  of: deals,
  rows: ({ opportunityId, contacts }) =>
    contacts.map(({ leadId, role }) => ({
      ...{ id: `${opportunityId}:${leadId}`, entity: opportunityId },
      row: { opportunityId, leadId, role },
    })),
  columns: {
    opportunityId: textOf(({ opportunityId }) => opportunityId),
    leadId: textOf(({ leadId }) => leadId),
    role: textOf(({ role }) => role),
  },
  dimensions: { role: 'role' },
});

/** Leads that were merged into others. */
export const mergedLeadFact = fact<LeadDocument, LeadDocument>({
  name: 'merged leads',
  description: 'Every lead that was merged into another.',
  entity: 'Lead',
  of: leads,
  rows: (lead) => (lead.mergedInto === undefined ? [] : [{ id: lead.leadId, entity: lead.leadId, row: lead }]),
  columns: { mergedInto: textOf(({ mergedInto }) => mergedInto) },
  dimensions: {},
});

/** The lead as which a person is counted. @param merged the rows of merged leads */
export const survivorIn =
  (merged: PackedRows) =>
  (leadId: string): string => {
    let survivor = leadId;
    const seen = new Set<string>();
    for (
      let place = merged.placeOf(survivor);
      place !== undefined && !seen.has(survivor);
      place = merged.placeOf(survivor)
    ) {
      seen.add(survivor);
      survivor = textIn(merged, 'mergedInto', place)!;
    }
    return survivor;
  };
