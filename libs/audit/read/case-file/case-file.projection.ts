import { eventIndex, isAccessStream, type EventSchema, type StoredEvent } from '@baton/kernel';
import { type CaseEntry, ruleOf, statesIn } from './case-file.rules';

/** The stream of what a field refers to; of a definition it is that of its kind: `mql@3` → `definition-mql`. */
const subjectOf = (kind: string, id: string): string =>
  `${kind}-${kind === 'definition' ? id.replace(/@\d+$/, '') : id}`;

/** Everybody whom an event concerns: its own stream, and what its schema says that it refers to. */
export const subjectsOf = (
  catalogue: ReadonlyMap<string, EventSchema>,
  { type, stream, data }: StoredEvent,
): string[] => {
  const subjects = new Set([stream]);
  for (const { field, kind } of catalogue.get(type)?.refs ?? [])
    for (const id of [(data as Record<string, unknown>)[field]].flat())
      if (typeof id === 'string') subjects.add(subjectOf(kind, id));
  return [...subjects];
};

/** The other lead of a merge, from either side, or the visitor that turned out to be the person. */
const otherOf = (subject: string, { type, data }: StoredEvent): string | undefined => {
  const { leadId, mergedLeadId, visitorId } = data as Readonly<Record<string, string>>;
  const lead = `lead-${leadId}`;
  if (type === 'LeadVisitorLinked') return subject === lead ? `visitor-${visitorId}` : undefined;
  if (type !== 'LeadMerged' && type !== 'LeadUnmerged') return undefined;
  const pair = [lead, `lead-${mergedLeadId}`];
  return pair.includes(subject) ? pair.find((one) => one !== subject) : undefined;
};

/**
 * Of each subject the list of its events. A new context needs no code here: its event schemas say whom its events concern,
 * of which states they speak and which rules decide them.
 * @param catalogue of all contexts
 */
export const caseFile = (catalogue: ReadonlyMap<string, EventSchema>) =>
  eventIndex<CaseEntry>({
    name: 'case-file',
    version: 6,
    // What was shown to whom is answered by `whoSaw`: an entry for each person of each page would be most of the index.
    keys: (event) => (isAccessStream(event.stream) ? [] : subjectsOf(catalogue, event)),
    entry: (event, subject) => {
      const { id, type, stream, revision, position, occurredAt, recordedAt, meta } = event;
      const rule = ruleOf(catalogue, event);
      const states = [...new Set(statesIn(catalogue, event).map(({ key }) => key))];
      const other = otherOf(subject, event);
      return {
        ...{ position, eventId: id, stream, revision, type, occurredAt, recordedAt },
        ...{ actor: meta.actor, commandId: meta.commandId },
        ...(rule && { rule }),
        ...(states.length > 0 && { states }),
        ...(other !== undefined && { other }),
      };
    },
  });

/** To read the case file with: queries need no catalogue. */
export const caseEntries = caseFile(new Map());
