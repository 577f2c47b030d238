import type { CaseEntry } from './case-file.projection';

/** A field that an event set, and what it was before; an absent `before` was never set. */
export interface Change {
  readonly field: string;
  readonly before?: unknown;
  readonly after: unknown;
}

/**
 * Who else is the same person as a subject, by its own entries in log order: leads merged with it and not unmerged
 * since, from either side, and the visitors that turned out to be it.
 */
export const samePerson = (subject: string, entries: readonly CaseEntry[]): ReadonlySet<string> => {
  const others = new Set<string>();
  for (const { type, data } of entries) {
    const pair = [`lead-${String(data['leadId'])}`, `lead-${String(data['mergedLeadId'])}`];
    const other = pair.find((lead) => lead !== subject);
    if (type === 'LeadMerged' && other && pair.includes(subject)) others.add(other);
    else if (type === 'LeadUnmerged' && other) others.delete(other);
    else if (type === 'LeadVisitorLinked' && pair[0] === subject) others.add(`visitor-${String(data['visitorId'])}`);
  }
  return others;
};

/** Does the field only say whose stream it is? `leadId: 'ada'` on `lead-ada`. */
const namesStream = ({ stream }: CaseEntry, field: string, value: unknown): boolean =>
  field.endsWith('Id') && stream === `${field.slice(0, -2)}-${String(value)}`;

/**
 * What each entry changed: the fields that it sets to something else than the last entry of the same stream that set
 * them. An absent field was not spoken of and stays as it was.
 * @param entries in log order, from the first one on
 */
export const changesOf = (entries: readonly CaseEntry[]): readonly (readonly Change[])[] => {
  const last = new Map<string, { readonly value: unknown; readonly text: string }>();
  return entries.map((entry) =>
    Object.entries(entry.data).flatMap(([field, after]): Change[] => {
      if (after === undefined || namesStream(entry, field, after)) return [];
      const name = `${entry.stream}\n${field}`;
      const before = last.get(name);
      const text = JSON.stringify(after);
      if (before?.text === text) return [];
      last.set(name, { value: after, text });
      return [{ field, ...(before && { before: before.value }), after }];
    }),
  );
};
