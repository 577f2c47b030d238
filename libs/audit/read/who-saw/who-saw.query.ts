import {
  field,
  callerOrigins,
  objectFields,
  type ClosedJournal,
  type Day,
  type EventLog,
  type ObjectOf,
  type StoredEvent,
} from '@baton/kernel';
import { accessIndex, CHUNK_EVENTS, mayName, type AccessEvent } from '@baton/platform/access';
import type { ReadModels } from '@baton/platform/documents';
import { leadsOfPerson } from '../case-file/case-file.query';

export const sighting = objectFields(
  'Sighting',
  'Answers in which somebody was shown personal values of a person; those to one question within a second are one.',
  {
    at: field.instant('When.'),
    caller: field.text('Who: the actor of what this caller does.'),
    origin: field.enum(callerOrigins, 'What the caller is.'),
    operation: field.text('What was asked: `Query.leads`, `Subscription.caseFileEvents`, `export leads`, `case-file`.'),
    opened: field.flag('Whether the caller sees such values sealed otherwise, and had them opened.'),
    reason: field.text('Why; always given where they were opened.', { nullable: true }),
    leadIds: field.id('Which leads of the person were shown.', { list: true, entity: 'Lead' }),
    people: field.integer('How many people they showed, this one among them.'),
    answers: field.integer('How many answers: each showed some of these people.'),
    position: field.text('Its place in the log.'),
    eventId: field.id('The event that records it.'),
  },
);
export type Sighting = ObjectOf<typeof sighting.fields>;

/** Where it is answered from. */
export interface AccessSources {
  readonly models: ReadModels;
  readonly log: EventLog;
  readonly journal: Pick<ClosedJournal, 'decode'>;
}
export interface WhoSawQuestion {
  readonly leadId: string;
  /** Only this caller. */
  readonly caller?: string | undefined;
  /** Only this operation. */
  readonly operation?: string | undefined;
  /** The first and the last day (UTC), both included. */
  readonly from?: Day | undefined;
  readonly to?: Day | undefined;
}

type ReadEvent =
  | StoredEvent<Extract<AccessEvent, { readonly type: 'PersonalDataRead' }>>
  | StoredEvent<Extract<AccessEvent, { readonly type: 'PersonalDataOpened' }>>;
const isRead = (event: StoredEvent): event is ReadEvent =>
  event.type === 'PersonalDataRead' || event.type === 'PersonalDataOpened';

const sightingOf = ({ id, type, data, position, meta, occurredAt }: ReadEvent, leads: readonly string[]): Sighting => ({
  ...{ at: occurredAt, caller: meta.actor, origin: meta.origin, operation: data.operation },
  ...{ opened: type === 'PersonalDataOpened', reason: data.reason ?? null },
  ...{ leadIds: leads.map((lead) => lead.slice('lead-'.length)), people: data.people, position, eventId: id },
  answers: type === 'PersonalDataRead' ? data.answers : 1,
});

/**
 * Its place among sightings, which sorts as they are answered: by the day of its stream, then as the log has them. Where a
 * clock was set back over midnight, or what a crashed process had deferred came later, that is not the order of the log.
 */
export const placeOfSighting = ({ at, position }: Pick<Sighting, 'at' | 'position'>): string =>
  `${at.slice(0, 'yyyy-mm-dd'.length)} ${position}`;

const [FIRST_DAY, LAST_DAY] = ['0000-00-00', '9999-99-99'];
const CHUNKS_AT_ONCE = 100;

/**
 * The answers that showed one of these leads, the newest first; only parts of the log that may name one are read.
 * @param leads those of one person, see `leadsSeen`
 * @param below only those before this place, see `placeOfSighting`
 */
export async function* sightingsOf(
  { models, log, journal }: AccessSources,
  leads: readonly string[],
  { caller, operation, from = FIRST_DAY, to = LAST_DAY }: Omit<WhoSawQuestion, 'leadId'>,
  below?: string,
): AsyncGenerator<Sighting> {
  const where = { chunk: { gte: `access-${from}`, lt: `access-${to}0` } }; // behind every chunk of that day
  const orderBy = [{ column: 'chunk', descending: true }];
  for await (const chunks of models.pages(accessIndex, where, orderBy, CHUNKS_AT_ONCE))
    for (const { doc } of chunks) {
      if (!leads.some((lead) => mayName(doc, lead))) continue;
      for (const raw of [...(await log.read(doc.stream, doc.from, CHUNK_EVENTS))].reverse()) {
        if (below !== undefined && placeOfSighting({ at: raw.meta.occurredAt, position: raw.position }) >= below)
          continue;
        if (caller !== undefined && raw.meta.actor !== caller) continue;
        const event = journal.decode(raw);
        if (!isRead(event) || (operation !== undefined && event.data.operation !== operation)) continue;
        const shown = leads.filter((lead) => event.data.subjects.includes(lead));
        if (shown.length > 0) yield sightingOf(event, shown);
      }
    }
}

/**
 * Whose sightings are those of a person: merged leads are one, whichever is asked for.
 * @throws as `leadsOfPerson`
 */
export const leadsSeen = async (sources: AccessSources, leadId: string): Promise<readonly string[]> =>
  [...(await leadsOfPerson(sources, `lead-${leadId}`))].sort();
