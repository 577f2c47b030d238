import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  catalogueOf,
  events,
  json,
  list,
  optional,
  ref,
  START,
  state,
  text,
  type EventMeta,
  type RawEvent,
} from '@baton/kernel';
import { FixedClock } from '@baton/kernel/testing';
import fc from 'fast-check';
import { EmbeddedDocuments, ReadModels, writeCursor, type AsOf } from '@baton/platform/documents';
import { EmbeddedEventLog, SealedJournal } from '@baton/platform/event-log';
import { MemoryKeyStore } from '@baton/platform/keys';
import { replay } from '@baton/platform/runner';
import { entriesOfSubject, joinEntries, type CaseFileEntries, type EntrySource } from './case-file.entries';
import { caseFile } from './case-file.projection';
import { caseFilePage } from './case-file.report';
import type { CaseEntry, CaseFileTime } from './case-file.rules';

const leadId = ref('lead');
const kind = text();
const catalogue = catalogueOf([
  events({
    LeadProfileChanged: { version: 1, sentence: 'Facts', leadId, company: state('lead.company', text()) },
    TouchRecorded: { version: 1, sentence: 'A touch', leadId },
    LeadQualified: {
      version: 1,
      sentence: 'Qualified',
      decidedBy: { definition: 'definition', when: 'evidence' },
      leadId,
      definition: text(),
      evidence: optional(json()),
    },
    ClockStarted: {
      version: 1,
      sentence: 'Due',
      decidedBy: { definition: 'definition', per: ['kind'], cause: 'by' },
      ...{ leadId, kind, definition: optional(text()), by: text() },
    },
    ClockBreached: {
      version: 1,
      sentence: 'Late',
      decidedBy: { definition: 'definition', per: ['kind'], cause: 'by' },
      ...{ leadId, kind, definition: optional(text()), by: optional(text()) },
    },
    LeadMerged: { version: 1, sentence: 'One', leadId, mergedLeadId: leadId },
    LeadUnmerged: { version: 1, sentence: 'Two', leadId, mergedLeadId: leadId },
    LeadVisitorLinked: { version: 1, sentence: 'Linked', leadId, visitorId: ref('visitor') },
    VisitRecorded: { version: 1, sentence: 'A visit', visitorId: ref('visitor') },
    StageMoved: {
      version: 1,
      sentence: 'Moved',
      opportunityId: ref('opportunity'),
      leadIds: list(leadId),
      stage: state('opportunity.stage', text()),
    },
  }),
]);
/** Rows and blocks so short that a history of a few events has several. */
const index = { ...caseFile(catalogue), listSizes: { row: 2, block: 4 } };

const LEADS = ['ada', 'eve', 'kim'];
const SUBJECTS = [...LEADS.map((lead) => `lead-${lead}`), 'visitor-v', 'opportunity-o', 'lead-nobody'];
const lead = fc.constantFrom('ada', ...LEADS);
const day = (n: number) => `2023-01-0${n}T00:00:00.000Z`;

/** An event to append; `cause` and `by` are the number of an event before it, from the last one. */
const happenings = fc
  .record({
    // Most of them set a state, because that is what late events are likely to break.
    type: fc.oneof(fc.constantFrom(...catalogue.keys()), fc.constant('LeadProfileChanged')),
    lead,
    others: fc.uniqueArray(lead, { maxLength: 3 }),
    value: fc.constantFrom('x', 'y', 'z'),
    named: fc.boolean(),
    day: fc.integer({ min: 1, max: 6 }),
    actor: fc.constantFrom('ann', 'bob'),
    command: fc.constantFrom('c1', 'c2', 'c3'),
    cause: fc.option(fc.nat({ max: 12 }), { nil: undefined }),
  })
  .filter(({ type, lead, others }) => !/Merged|Unmerged/.test(type) || others.some((other) => other !== lead));
type Happening = typeof happenings extends fc.Arbitrary<infer H> ? H : never;

const questions = fc.record({
  subject: fc.constantFrom(...SUBJECTS),
  by: fc.constantFrom('occurred' as const, 'recorded' as const),
  newestFirst: fc.boolean(),
  size: fc.integer({ min: 1, max: 7 }),
  backwards: fc.boolean(),
  /** Which entry the page begins behind; undefined: the first page. */
  from: fc.option(fc.nat({ max: 30 }), { nil: undefined }),
  cut: fc.option(fc.record({ day: fc.integer({ min: 1, max: 6 }), known: fc.nat({ max: 40 }), both: fc.boolean() }), {
    nil: undefined,
    freq: 3,
  }),
});
type Question = typeof questions extends fc.Arbitrary<infer Q> ? Q : never;

const steps = fc.array(
  fc.record({
    happen: fc.array(happenings, { minLength: 1, maxLength: 9 }),
    rebuilds: fc.boolean(),
    ask: fc.array(questions, { minLength: 1, maxLength: 4 }),
  }),
  { minLength: 1, maxLength: 7 },
);

const folder = mkdtempSync(join(tmpdir(), 'baton-case-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A log, and one file of documents that two processes have open: one folds, the other answers. */
const opened = async () => {
  const log = EmbeddedEventLog.open(':memory:', new FixedClock());
  const path = join(folder, `${randomUUID()}.db`);
  const [folding, answering] = [await EmbeddedDocuments.open(path), await EmbeddedDocuments.open(path)];
  const journal = new SealedJournal(log, catalogue, new MemoryKeyStore());
  const fence = () => ({ lease: 'test', token: 1 });
  let generation = 'case-file-v6';
  const fold = () => replay({ log, journal, documents: folding }, index, generation, fence);
  return {
    ...{ log, journal, documents: answering, fold },
    rebuild: async (number: number) => {
      const before = generation;
      generation = `case-file-v6-${number}`;
      await fold();
      await folding.activate('case-file', generation);
      await folding.drop(before);
    },
    close: async () => {
      for (const one of [log, folding, answering]) await one.close();
    },
  };
};
type Opened = Awaited<ReturnType<typeof opened>>;

const dataOf = (
  { type, lead, others, value, named, cause }: Happening,
  idBefore: (n: number) => string | undefined,
) => {
  const definition = named ? { definition: `d@${value}` } : {};
  const by = cause === undefined ? undefined : idBefore(cause);
  const other = others.find((one) => one !== lead);
  const data: Readonly<Record<string, readonly [stream: string, data: object]>> = {
    LeadProfileChanged: [`lead-${lead}`, { leadId: lead, company: value }],
    TouchRecorded: [`lead-${lead}`, { leadId: lead }],
    LeadQualified: [`lead-${lead}`, { leadId: lead, definition: 'mql@1', ...(named && { evidence: {} }) }],
    ClockStarted: [`lead-${lead}`, { leadId: lead, kind: value, ...definition, by: by ?? randomUUID() }],
    ClockBreached: [`lead-${lead}`, { leadId: lead, kind: value, ...definition, ...(by && { by }) }],
    LeadMerged: [`lead-${lead}`, { leadId: lead, mergedLeadId: other }],
    LeadUnmerged: [`lead-${lead}`, { leadId: lead, mergedLeadId: other }],
    LeadVisitorLinked: [`lead-${lead}`, { leadId: lead, visitorId: 'v' }],
    VisitRecorded: ['visitor-v', { visitorId: 'v' }],
    StageMoved: ['opportunity-o', { opportunityId: 'o', leadIds: others, stage: value }],
  };
  return data[type]!;
};

const append = async ({ log, journal }: Opened, happen: readonly Happening[]) => {
  for (const one of happen) {
    const before = (await log.readAll(START, {}, 1000)).events;
    const idBefore = (n: number) => before.at(-1 - n)?.id;
    const [stream, data] = dataOf(one, idBefore);
    const caused = (one.cause !== undefined && idBefore(one.cause)) || one.command;
    const meta: EventMeta = {
      ...{ actor: one.actor, origin: 'person', mode: 'live', occurredAt: day(one.day), schema: 1 },
      ...{ commandId: one.command, commandHash: '', $correlationId: one.command, $causationId: caused },
    };
    const revision = before.findLast((event) => event.stream === stream)?.revision ?? 'none';
    await journal.append(stream, [{ id: randomUUID(), type: one.type, data, meta }], revision);
  }
};

type Fields = Readonly<Record<string, string | undefined>>;
const fieldsOf = (event: RawEvent) => event.data as Fields;

/** What a reader finds who goes through the whole log for each page. */
const readByHand = (log: readonly RawEvent[], subject: string, cut: AsOf, by: 'occurred' | 'recorded') => {
  const { happenedBy = '9', knownAt = '9' } = cut;
  const known = log.filter(({ meta, position }) => meta.occurredAt <= happenedBy && position <= knownAt);
  const concerns = (event: RawEvent, one: string): boolean => {
    const { leadId, mergedLeadId, visitorId, opportunityId, leadIds } = event.data as Fields & { leadIds?: string[] };
    const leads = [leadId, mergedLeadId, ...(leadIds ?? [])].map((id) => `lead-${id}`);
    return [event.stream, ...leads, `visitor-${visitorId}`, `opportunity-${opportunityId}`].includes(one);
  };
  const people = [subject];
  for (const one of people) {
    const same = new Set<string>();
    for (const event of known) {
      const { leadId, mergedLeadId, visitorId } = fieldsOf(event);
      if (event.type === 'LeadVisitorLinked' && one === `lead-${leadId}`) same.add(`visitor-${visitorId}`);
      if (event.type !== 'LeadMerged' && event.type !== 'LeadUnmerged') continue;
      const pair = [`lead-${leadId}`, `lead-${mergedLeadId}`];
      if (!pair.includes(one)) continue;
      const other = pair.find((lead) => lead !== one)!;
      if (event.type === 'LeadMerged') same.add(other);
      else same.delete(other);
    }
    for (const other of same) if (!people.includes(other)) people.push(other);
  }
  const file = known.filter((event) => people.some((one) => concerns(event, one)));

  const isDecidedByRule = ({ type, data }: RawEvent) =>
    /^Clock/.test(type) || (type === 'LeadQualified' && 'evidence' in (data as object));
  const actorOf = (event: RawEvent): string => {
    if (!isDecidedByRule(event)) return event.meta.actor;
    const { definition, kind } = fieldsOf(event);
    const earlier = file.filter(
      (one) =>
        one.stream === event.stream &&
        one.position < event.position &&
        /^Clock/.test(one.type) &&
        fieldsOf(one)['kind'] === kind,
    );
    return `system:${definition ?? earlier.map((one) => fieldsOf(one)['definition']).findLast(Boolean) ?? 'lead'}`;
  };
  const asCause = (id: string) => {
    const found = file.find((event) => event.id === id);
    return { eventId: id, type: found?.type ?? null, actor: found ? actorOf(found) : null };
  };
  const causeOf = (event: RawEvent) => {
    const { $causationId: caused, commandId, actor } = event.meta;
    const wanted = caused === commandId ? null : asCause(caused);
    if (!isDecidedByRule(event)) return wanted;
    const clock = { eventId: null, type: null, actor: 'clock' };
    const { by } = fieldsOf(event);
    if (/^Clock/.test(event.type)) return by === undefined ? clock : asCause(by);
    const beside = file.filter(
      (one) =>
        one.stream === event.stream &&
        one.meta.commandId === commandId &&
        one.meta.actor === actor &&
        !isDecidedByRule(one),
    );
    const before = beside.findLast(({ position }) => position < event.position);
    if (before) return asCause(before.id);
    return beside.length > 0 ? clock : (wanted ?? { eventId: null, type: null, actor });
  };

  const values = new Map<string, string>();
  const ordered = [...file];
  if (by === 'occurred')
    ordered.sort((a, b) => (a.meta.occurredAt + a.position < b.meta.occurredAt + b.position ? -1 : 1));
  return ordered.map((event) => {
    const { company, stage } = fieldsOf(event);
    const value = company ?? stage;
    const name = company === undefined ? 'stage' : 'company';
    const before = values.get(event.stream);
    if (value !== undefined) values.set(event.stream, value);
    const isChange = value !== undefined && value !== before;
    return {
      eventId: event.id,
      actor: actorOf(event),
      cause: causeOf(event),
      changes: isChange ? [before === undefined ? `${name}: ${value}` : `${name}: ${before} → ${value}`] : [],
    };
  });
};

const cutOf = ({ cut }: Question, log: readonly RawEvent[]): AsOf => {
  if (!cut) return {};
  const knownAt = log[Math.min(cut.known, log.length - 1)]!.position;
  return {
    ...((cut.both || cut.day % 2 === 0) && { knownAt }),
    ...((cut.both || cut.day % 2) && { happenedBy: day(cut.day) }),
  };
};

const answer = async ({ log, journal }: Opened, models: ReadModels, question: Question, asOf: AsOf, after?: string) => {
  const { subject, by, newestFirst, backwards, size } = question;
  const cursor = after && writeCursor({ id: after, values: [] });
  const page = backwards ? { last: size, before: cursor } : { first: size, after: cursor };
  const view = { by, newestFirst, ...(Object.keys(asOf).length > 0 && { asOf }) };
  return caseFilePage({ log, journal, catalogue, models }, subject, view, page).then(
    ({ pageInfo: { startCursor, endCursor, hasNextPage, hasPreviousPage }, ...shown }) => ({
      ...shown,
      pageInfo: { startCursor, endCursor, hasNextPage, hasPreviousPage },
    }),
    ({ code }: { code: string }) => code,
  );
};

it('gives the same pages while histories grow, however entries were kept before', () =>
  fc.assert(
    fc.asyncProperty(steps, async (history) => {
      const world = await opened();
      const models = new ReadModels(world.documents);
      for (const [number, { happen, rebuilds, ask }] of history.entries()) {
        await append(world, happen);
        await world.fold();
        if (rebuilds && number % 3 === 2) await world.rebuild(number);
        const { events: log } = await world.log.readAll(START, {}, 1000);
        for (const question of ask) {
          const asOf = cutOf(question, log);
          const { subject, by, newestFirst, backwards, size, from } = question;
          const expected = readByHand(log, subject, asOf, by);
          if (newestFirst) expected.reverse();
          const positions = new Map(log.map(({ id, position }) => [id, position]));
          const place = from === undefined || expected.length === 0 ? undefined : from % expected.length;
          const after = place === undefined ? undefined : positions.get(expected[place]!.eventId);
          const kept = await answer(world, models, question, asOf, after);
          expect(kept).toEqual(await answer(world, new ReadModels(world.documents), question, asOf, after));
          if (typeof kept === 'string') {
            expect([kept, expected]).toEqual(['case-file/unknown', []]);
            continue;
          }
          const page = backwards
            ? expected.slice(Math.max(0, (place ?? expected.length) - size), place ?? expected.length)
            : expected.slice((place ?? -1) + 1, (place ?? -1) + 1 + size);
          const shown = kept.nodes.map(({ eventId, actor, cause, changes }) => ({
            ...{ eventId, actor, cause },
            changes: changes.map(({ text }) => text),
          }));
          expect(shown).toEqual(page);
          expect(kept.totalCount).toBe(expected.length);
        }
      }
      await world.close();
    }),
    { numRuns: 100 },
  ));

describe('entries that were opened before others were added', () => {
  /** Of the n-th event: its day, and what else is of interest. */
  const entry = (n: number, day: number, more: Partial<CaseEntry> = {}): CaseEntry => ({
    ...{
      position: String(n).padStart(4, '0'),
      eventId: `e${n}`,
      stream: 'lead-ada',
      revision: n,
      type: 'TouchRecorded',
    },
    ...{ occurredAt: `2023-01-0${day}T00:00:00.000Z`, recordedAt: '2024-01-01T00:00:00.000Z' },
    ...{ actor: 'ann', commandId: 'c', states: ['lead.company'], ...more },
  });
  const listOf = (entries: readonly CaseEntry[], origin: object): EntrySource & { origin: object } => ({
    ...{ origin, length: entries.length },
    at: (number) => entries[number]!,
    get: (number, field) => entries[number]![field],
    scan: (field, from, visit) =>
      entries.forEach((one, number) => {
        if (number >= from && one[field] !== undefined) visit(one[field] as never, number);
      }),
  });
  const idsOf = (file: CaseFileEntries, by: CaseFileTime = 'recorded') =>
    file.slice(0, 100, by).map(({ eventId }) => eventId);

  it('stay as they were, in both orders and in all that is looked up among them', () => {
    const list = {};
    const first = [entry(1, 2), entry(2, 4), entry(3, 3, { rule: { per: ['sla'] } })];
    const before = entriesOfSubject(listOf(first, list));
    const setter = (file: CaseFileEntries, of: CaseEntry) => file.setterBefore(of, 'lead.company', 'occurred')?.eventId;
    expect([setter(before, first[1]!), before.definitionBefore(first[2]!)]).toEqual(['e3', undefined]);
    const added = [
      entry(4, 3),
      entry(5, 1, { type: 'PersonErased', rule: { definition: 'mql@1', per: ['sla'] } }),
      entry(6, 5, { rule: { per: ['sla'] }, other: 'lead-eve' }),
    ];
    const after = entriesOfSubject(listOf([...first, ...added], list));
    expect([setter(after, first[1]!), after.definitionBefore(added[2]!)]).toEqual(['e4', 'mql@1']);
    expect(idsOf(after, 'occurred')).toEqual(['e5', 'e1', 'e3', 'e4', 'e2', 'e6']);
    expect([after.erased, after.samePerson]).toEqual([new Set(['ada']), new Set(['lead-eve'])]);
    expect(after.ofCommand('c').map(({ eventId }) => eventId)).toEqual(['e1', 'e2', 'e3', 'e4', 'e5', 'e6']);
    expect([after.withId('e5')?.eventId, after.placeOf('0005', 'occurred')]).toEqual(['e5', 0]);
    expect(after.after('0004').map(({ eventId }) => eventId)).toEqual(['e5', 'e6']);

    expect([setter(before, first[1]!), setter(before, first[0]!)]).toEqual(['e3', undefined]);
    expect(idsOf(before, 'occurred')).toEqual(['e1', 'e3', 'e2']);
    expect([before.erased, before.samePerson]).toEqual([new Set(), new Set()]);
    expect(before.ofCommand('c').map(({ eventId }) => eventId)).toEqual(['e1', 'e2', 'e3']);
    expect([before.withId('e5'), before.placeOf('0005', 'occurred')]).toEqual([undefined, -1]);
  });

  it('are not taken for those of a question that read more, or less', () => {
    const all = [entry(1, 3), entry(2, 2), entry(3, 1)];
    const list = {};
    const read = (count: number) => idsOf(entriesOfSubject(listOf(all.slice(0, count), list)), 'occurred');
    expect([2, 3, 1, 3].map(read)).toEqual([['e2', 'e1'], ['e3', 'e2', 'e1'], ['e1'], ['e3', 'e2', 'e1']]);
  });

  it.each([
    ['in order', [1, 2, 3], [4, 5]],
    ['one of which is late', [1, 2, 4], [3, 5]],
    ['that are late among themselves', [1, 2, 3], [5, 4]],
    ['of one instant', [2, 2, 2], [2, 1]],
    ['after late ones', [3, 1, 2], [4, 5]],
  ])('are in order of time with later ones %s', (_, days, later) => {
    const all = [...days, ...later].map((day, n) => entry(n, day));
    const list = {};
    idsOf(entriesOfSubject(listOf(all.slice(0, days.length), list)), 'occurred');
    const ordered = all.map(({ eventId, occurredAt }) => `${occurredAt} ${eventId}`).sort();
    const grown = entriesOfSubject(listOf(all, list));
    expect(idsOf(grown, 'occurred')).toEqual(ordered.map((one) => one.slice(-2)));
    expect(all.map(({ position }) => grown.placeOf(position, 'occurred')).sort()).toEqual(all.map((_, n) => n));
  });

  it('of two people are one file in log order, also where one list was read before the other had an event', () => {
    const [ada, eve] = [
      [entry(1, 1), entry(4, 4)],
      [entry(2, 2), entry(3, 3), entry(5, 5)],
    ];
    const lists = [{}, {}] as const;
    const join = (fromAda: number, fromEve: number) =>
      idsOf(
        joinEntries([
          entriesOfSubject(listOf(ada.slice(0, fromAda), lists[0])),
          entriesOfSubject(listOf(eve.slice(0, fromEve), lists[1])),
        ]),
      );
    expect(join(1, 1)).toEqual(['e1', 'e2']);
    expect(join(2, 1)).toEqual(['e1', 'e2', 'e4']);
    expect(join(2, 2)).toEqual(['e1', 'e2', 'e3', 'e4']);
    expect(join(2, 3)).toEqual(['e1', 'e2', 'e3', 'e4', 'e5']);
    expect(join(1, 3)).toEqual(['e1', 'e2', 'e3', 'e5']);
  });

  it('of two people have an event of both once, whichever list had it first', () => {
    const both = entry(3, 3);
    const [ada, eve] = [
      [entry(1, 1), both],
      [entry(2, 2), { ...both }],
    ];
    const lists = [{}, {}] as const;
    const join = (fromAda: number, fromEve: number) =>
      joinEntries([
        entriesOfSubject(listOf(ada.slice(0, fromAda), lists[0])),
        entriesOfSubject(listOf(eve.slice(0, fromEve), lists[1])),
      ]).length;
    expect([join(1, 1), join(2, 1), join(2, 2)]).toEqual([2, 3, 3]);
    expect([join(1, 1), join(2, 2)]).toEqual([2, 3]);
  });

  it('of two people are put together anew once a list was read anew, or another person belongs to them', () => {
    const [ada, others] = [{}, [{}, {}, {}] as const];
    const join = (...eve: number[][]) =>
      idsOf(
        joinEntries([
          entriesOfSubject(listOf([entry(1, 1), entry(3, 3)], ada)),
          ...eve.map((numbers, n) => {
            const entries = numbers.map((number) => entry(number, 2));
            return entriesOfSubject(listOf(entries, others[numbers.length === 2 ? n : 2]!));
          }),
        ]),
      );
    expect(join([2, 4])).toEqual(['e1', 'e2', 'e3', 'e4']);
    expect(join([4, 5, 6])).toEqual(['e1', 'e3', 'e4', 'e5', 'e6']);
    expect(join([2, 4], [5, 6])).toEqual(['e1', 'e2', 'e3', 'e4', 'e5', 'e6']);
    expect(join([2, 4])).toEqual(['e1', 'e2', 'e3', 'e4']);
  });
});
