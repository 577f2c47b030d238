import type { ReadModels } from '@baton/platform/documents';
import { leads, type LeadDocument } from './leads.read-model';

/** Bytes of an entry with two ids. */
const ENTRY_BYTES = 200;

/** The leads whose person was erased, for reports that say how many erased people they count. */
export class ErasedLeads {
  /** By lead: the one that it is merged into, or itself. */
  private readonly into = new Map<string, string>();

  get bytes(): number {
    return this.into.size * ENTRY_BYTES;
  }
  put(id: string, { erasedAt, mergedInto }: LeadDocument): void {
    if (erasedAt === undefined) this.into.delete(id);
    else this.into.set(id, mergedInto ?? id);
  }
  get isEmpty(): boolean {
    return this.into.size === 0;
  }
  /** The lead as which an erased person is counted; undefined if the person is not erased. */
  personOf(leadId: string): string | undefined {
    const seen = new Set<string>();
    let [lead, into] = [leadId, this.into.get(leadId)];
    while (into !== undefined && into !== lead && !seen.has(lead)) {
      seen.add(lead);
      [lead, into] = [into, this.into.get(into)];
    }
    return this.into.has(leadId) ? lead : undefined;
  }
}
const columns = { of: leads, where: { erasedAt: { ne: null } }, empty: () => new ErasedLeads() };
export const erasedLeads = (models: ReadModels): Promise<ErasedLeads> => models.columns(columns);

/** Counts erased people among leads, each once and as the survivor of its merges. */
export class ErasedCount {
  private readonly people = new Set<string>();

  constructor(private readonly erased: ErasedLeads) {}

  add(leadId: string): void {
    const person = this.erased.personOf(leadId);
    if (person !== undefined) this.people.add(person);
  }
  get count(): number {
    return this.people.size;
  }
}
