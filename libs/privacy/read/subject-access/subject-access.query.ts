import {
  isSealed,
  NotFound,
  Refused,
  UnknownType,
  withoutSecrets,
  type EventLog,
  type EventSchema,
  type Instant,
  type ClosedJournal,
  type RawEvent,
  type Sealed,
} from '@baton/kernel';
import { caseEntries } from '@baton/audit';
import { leads } from '@baton/leads';
import type { PersonalReads } from '@baton/platform/access';
import type { ReadModels } from '@baton/platform/documents';
import { leadsOfPerson } from '../../write/person/person.reader';
import { consents, type ConsentDocument } from '../consents/consents.read-model';
import { privacyRecords, type PrivacyRecord } from '../records/privacy-records.read-model';

/** Where it is read from. */
export interface SubjectAccessSources {
  readonly live: ReadModels;
  readonly journal: ClosedJournal;
  /** Opens personal values, and records that it did. */
  readonly reads: Pick<PersonalReads, 'open'>;
  readonly log: EventLog;
  readonly catalogue: ReadonlyMap<string, EventSchema>;
}
type Fields = Readonly<Record<string, unknown>>;
/** One event that concerns the person, with the personal values opened. */
export interface AccessedEvent {
  readonly type: string;
  readonly stream: string;
  readonly occurredAt: Instant;
  readonly recordedAt: Instant;
  readonly sentence: string;
  readonly data: Fields;
}
/** All that is held about a person. */
export interface SubjectAccess {
  readonly leadIds: readonly string[];
  readonly visitorIds: readonly string[];
  /** The facts of each lead as they stand. */
  readonly facts: readonly Fields[];
  readonly consents: readonly ConsentDocument[];
  readonly records: readonly PrivacyRecord[];
  /** Oldest first. */
  readonly events: readonly AccessedEvent[];
}

/** The facts about a person; what else a document has follows from the events. */
const factNames = [
  ...['leadId', 'name', 'email', 'phone', 'title', 'company', 'industry', 'employees', 'country', 'region'],
  ...['interests', 'problems', 'externalId', 'source', 'owner', 'rep', 'stage', 'capturedAt', 'firstTouchAt'],
  ...['lastTouchAt', 'opportunityIds'],
];

/**
 * All that is held about a person, with personal values in clear: to be handed to the person.
 * @throws NotFound `lead/unknown`; Refused `lead/erased`; UnknownType `event/unreadable` for a value that was altered
 */
export const subjectAccess = async (sources: SubjectAccessSources, leadId: string): Promise<SubjectAccess> => {
  const { live, journal, reads } = sources;
  const person = await leadsOfPerson(journal, leadId);
  if (!person) throw new NotFound('lead/unknown', 'No lead has this leadId; name a captured lead.', 'leadId');
  const { leadIds, visitorIds } = person;
  const records = [...(await live.getMany(privacyRecords, leadIds)).values()];
  if (records.some(({ leadId: id, erasure }) => id === leadId && erasure === 'done'))
    throw new Refused('lead/erased', 'The person was erased: nothing that could be handed over is left.', 'leadId');
  const opener = openerFor(reads, new Set(leadIds));
  const documents = [...(await live.getMany(leads, leadIds)).values()] as readonly Fields[];
  const facts = documents.map((doc) =>
    Object.fromEntries(factNames.filter((name) => doc[name] !== undefined).map((name) => [name, doc[name]])),
  );
  const said = await live.find(consents, { where: { leadId: { in: leadIds } }, orderBy: [{ column: 'at' }] });
  const subjects = [...leadIds.map((id) => `lead-${id}`), ...visitorIds.map((id) => `visitor-${id}`)];
  return {
    ...{ leadIds, visitorIds, records },
    facts: await Promise.all(facts.map(opener)),
    consents: said.map(({ doc }) => doc),
    events: await eventsOf(sources, subjects, opener),
  };
};

type Opener = (data: Fields) => Promise<Fields>;
/** Opens the values of these people; those of others are left out. */
const openerFor =
  (reads: SubjectAccessSources['reads'], own: ReadonlySet<string>): Opener =>
  async (data) => {
    const names = Object.keys(data).filter((name) => isSealed(data[name]));
    const open = names.filter((name) => own.has((data[name] as Sealed).subject));
    const values = await reads.open(open.map((name) => data[name] as Sealed));
    const fault = values.find((value) => value instanceof UnknownType);
    if (fault) throw fault;
    const { ...rest } = data as Record<string, unknown>;
    for (const name of names) delete rest[name];
    open.forEach((name, index) => values[index] !== undefined && (rest[name] = values[index]));
    return rest;
  };

const eventsOf = async (
  { live, log, journal, catalogue }: SubjectAccessSources,
  subjects: readonly string[],
  opener: Opener,
): Promise<readonly AccessedEvent[]> => {
  const entries = (await Promise.all(subjects.map((subject) => live.entries(caseEntries, subject)))).flat();
  const places = [...new Map(entries.map((entry) => [entry.position, entry])).values()];
  const events: AccessedEvent[] = [];
  for (const { stream, revision } of places) {
    const [stored] = (await log.read(stream, revision, 1)) as [RawEvent];
    const { type, occurredAt, recordedAt, data } = journal.decode(stored);
    const shown = await opener(withoutSecrets(catalogue, { type, data }));
    events.push({
      type,
      stream,
      occurredAt,
      recordedAt,
      sentence: catalogue.get(type)!.sentence.render(shown),
      data: shown,
    });
  }
  return events.sort((a, b) => (a.occurredAt < b.occurredAt ? -1 : a.occurredAt > b.occurredAt ? 1 : 0));
};
