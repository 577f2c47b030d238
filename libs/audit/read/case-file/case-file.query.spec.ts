import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { catalogueOf, events, list, optional, personal, ref, START, text } from '@baton/kernel';
import { FixedClock } from '@baton/kernel/testing';
import { EmbeddedEventLog, SealedJournal } from '@baton/platform/event-log';
import { MemoryKeyStore } from '@baton/platform/keys';
import { modelsOf } from '../../../../test/support/read-models';
import { eventsAfter, type EventPage } from '../events/events.query';
import { caseFile } from './case-file.projection';
import { caseFileOf, caseFilePage } from './case-file.query';

const leadId = ref('lead');
const catalogue = catalogueOf([
  events({
    LeadCaptured: { version: 1, leadId, name: optional(personal(text())), company: optional(text()) },
    LeadProfileChanged: { version: 1, leadId, name: optional(personal(text())), company: optional(text()) },
    LeadHandedOff: { version: 1, leadId, rep: text(), definition: ref('definition') },
    LeadMerged: { version: 1, leadId, mergedLeadId: leadId },
    LeadUnmerged: { version: 1, leadId, mergedLeadId: leadId },
    LeadVisitorLinked: { version: 1, leadId, visitorId: ref('visitor') },
    VisitRecorded: { version: 1, visitorId: ref('visitor') },
    OpportunityWon: { version: 1, opportunityId: ref('opportunity'), leadIds: list(leadId) },
  }),
]);
type Line = readonly [stream: string, type: string, data: object];

const folder = mkdtempSync(join(tmpdir(), 'baton-audit-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let logs = 0;

/** A log with these events, their personal fields sealed, and the case files folded from it. */
const holding = async (...lines: readonly Line[]) => {
  const log = EmbeddedEventLog.open(join(folder, `${logs++}.db`), new FixedClock());
  const keys = new MemoryKeyStore();
  const journal = new SealedJournal(log, catalogue, keys);
  const revisions = new Map<string, number>();
  for (const [stream, type, data] of lines) {
    const id = randomUUID();
    const meta = {
      actor: 'ann',
      origin: 'person' as const,
      occurredAt: '2023-06-01T00:00:00.000Z',
      commandId: id,
      commandHash: '',
      mode: 'live' as const,
      $correlationId: id,
      $causationId: 'cause',
    };
    const { revision } = await journal.append(stream, [{ id, type, data, meta }], revisions.get(stream) ?? 'none');
    revisions.set(stream, revision);
  }
  const { events } = await log.readAll(START);
  const models = await modelsOf(
    [caseFile(catalogue)],
    events.map((event) => journal.decode(event)),
  );
  return { log, keys, models, journal };
};
type Held = Awaited<ReturnType<typeof holding>>;
const read = (
  { models, journal }: Held,
  subject: string,
  page: { first?: number; after?: string; personal?: boolean } = {},
) => caseFilePage(models, journal, subject, { first: 100, personal: false, ...page });
const typesOf = async (held: Held, subject: string) =>
  (await read(held, subject)).entries.map(({ type, stream }) => `${stream} ${type}`);

describe('a case file', () => {
  const captured: Line = ['lead-ada', 'LeadCaptured', { leadId: 'ada', company: 'Acme' }];
  const handedOff: Line = ['lead-ada', 'LeadHandedOff', { leadId: 'ada', rep: 'bo', definition: 'mql@3' }];
  const won: Line = ['opportunity-1', 'OpportunityWon', { opportunityId: '1', leadIds: ['ada', 'eve'] }];

  it('holds every event that concerns the subject, whatever its stream, in the order of the log', async () => {
    const held = await holding(captured, ['lead-bob', 'LeadCaptured', { leadId: 'bob' }], handedOff, won);
    expect(await typesOf(held, 'lead-ada')).toEqual([
      'lead-ada LeadCaptured',
      'lead-ada LeadHandedOff',
      'opportunity-1 OpportunityWon',
    ]);
    expect(await typesOf(held, 'lead-eve')).toEqual(['opportunity-1 OpportunityWon']);
    expect(await typesOf(held, 'definition-mql')).toEqual(['lead-ada LeadHandedOff']);
  });
  it('says who, when, why and under which definition', async () => {
    const { entries } = await read(await holding(handedOff), 'lead-ada');
    expect(entries[0]).toMatchObject({
      actor: 'ann',
      origin: 'person',
      causationId: 'cause',
      definition: 'mql@3',
      personal: 'none',
      occurredAt: '2023-06-01T00:00:00.000Z',
      recordedAt: '2024-01-01T00:00:00.000Z',
    });
  });
  const moved: Line = ['lead-ada', 'LeadProfileChanged', { leadId: 'ada', company: 'Ajax' }];
  it('says what each event changed, from the last value of the same stream', async () => {
    const same: Line = ['lead-ada', 'LeadProfileChanged', { leadId: 'ada', company: 'Acme' }];
    const { entries } = await read(await holding(captured, same, moved), 'lead-ada');
    expect(entries.map(({ changes }) => changes)).toEqual([
      [{ field: 'company', after: 'Acme' }],
      [],
      [{ field: 'company', before: 'Acme', after: 'Ajax' }],
    ]);
  });
  it('is read in pages, and a page knows what was before it', async () => {
    const held = await holding(captured, handedOff, moved);
    const first = await read(held, 'lead-ada', { first: 2 });
    expect(first).toMatchObject({ totalCount: 3, hasNextPage: true });
    const after = first.entries[1]!.position;
    expect(await read(held, 'lead-ada', { first: 2, after })).toMatchObject({
      hasNextPage: false,
      entries: [{ changes: [{ field: 'company', before: 'Acme', after: 'Ajax' }] }],
    });
  });
  it('is read whole as well, entry by entry, and is empty for a subject that nothing concerns', async () => {
    const held = await holding(captured, handedOff);
    const whole = async (subject: string) => {
      const entries = [];
      for await (const entry of caseFileOf(held.models, held.journal, subject, { personal: false }))
        entries.push(entry);
      return entries;
    };
    expect(await whole('lead-ada')).toEqual((await read(held, 'lead-ada')).entries);
    expect(await whole('lead-nobody')).toEqual([]);
    await expect(read(held, 'lead-nobody')).rejects.toMatchObject({ code: 'case-file/unknown' });
  });
  it('opens personal fields only for who may see them, and says when they are forgotten', async () => {
    const held = await holding(
      ['lead-ada', 'LeadCaptured', { leadId: 'ada', name: 'Ada' }],
      ['lead-ada', 'LeadProfileChanged', { leadId: 'ada', name: 'Ada L.' }],
    );
    const told = async (personal: boolean) =>
      (await read(held, 'lead-ada', { personal })).entries.map((entry) => [entry.personal, entry.changes]);
    expect(await told(true)).toEqual([
      ['open', [{ field: 'name', after: 'Ada' }]],
      ['open', [{ field: 'name', before: 'Ada', after: 'Ada L.' }]],
    ]);
    expect(await told(false)).toEqual([
      ['sealed', []],
      ['sealed', []],
    ]);
    const elsewhere = { ...held, journal: new SealedJournal(held.log, catalogue, new MemoryKeyStore()) };
    expect((await read(elsewhere, 'lead-ada', { personal: true })).entries.map(({ personal }) => personal)).toEqual([
      'sealed',
      'sealed',
    ]);
    await held.keys.destroy('ada');
    expect(await told(true)).toEqual([
      ['forgotten', []],
      ['forgotten', []],
    ]);
  });
});

describe('the log itself', () => {
  it('is read after a position, by type or by stream, sealed', async () => {
    const { log } = await holding(
      ['lead-ada', 'LeadCaptured', { leadId: 'ada', name: 'Ada' }],
      ['lead-bob', 'LeadCaptured', { leadId: 'bob' }],
      ['lead-ada', 'LeadHandedOff', { leadId: 'ada', rep: 'bo', definition: 'mql@3' }],
    );
    const names = ({ events }: EventPage) => events.map(({ stream, type }) => `${stream} ${type}`);
    const captured = await eventsAfter(log, { types: ['LeadCaptured'], first: 1 });
    expect(names(captured)).toEqual(['lead-ada LeadCaptured']);
    expect(JSON.stringify(captured)).not.toContain('"Ada"');
    const rest = await eventsAfter(log, { types: ['LeadCaptured'], after: captured.position, first: 9 });
    expect(names(rest)).toEqual(['lead-bob LeadCaptured']);
    expect(rest.atTip).toBe(true);

    const one = await eventsAfter(log, { stream: 'lead-ada', first: 1 });
    expect([names(one), one.atTip]).toEqual([['lead-ada LeadCaptured'], false]);
    const two = await eventsAfter(log, { stream: 'lead-ada', after: one.position, first: 1 });
    expect([names(two), two.atTip]).toEqual([['lead-ada LeadHandedOff'], true]);
    const none = await eventsAfter(log, { stream: 'lead-ada', after: two.position, first: 1 });
    expect(none).toEqual({ events: [], position: two.position, atTip: true });
  });
});

describe('merged people', () => {
  const past: Line[] = [
    ['lead-ada', 'LeadCaptured', { leadId: 'ada' }],
    ['lead-eve', 'LeadCaptured', { leadId: 'eve' }],
    ['visitor-v', 'VisitRecorded', { visitorId: 'v' }],
    ['lead-eve', 'LeadVisitorLinked', { leadId: 'eve', visitorId: 'v' }],
  ];
  const merged: Line = ['lead-ada', 'LeadMerged', { leadId: 'ada', mergedLeadId: 'eve' }];
  const unmerged: Line = ['lead-ada', 'LeadUnmerged', { leadId: 'ada', mergedLeadId: 'eve' }];

  it('appear as one from either side, each event once, with the merge and the visits', async () => {
    const held = await holding(...past, merged);
    const expected = [
      'lead-ada LeadCaptured',
      'lead-eve LeadCaptured',
      'visitor-v VisitRecorded',
      'lead-eve LeadVisitorLinked',
      'lead-ada LeadMerged',
    ];
    expect(await typesOf(held, 'lead-ada')).toEqual(expected);
    expect(await typesOf(held, 'lead-eve')).toEqual(expected);
  });
  it('are two again after an unmerge, and both case files tell of it', async () => {
    const held = await holding(...past, merged, unmerged);
    const [told, ...rest] = [await typesOf(held, 'lead-ada'), await typesOf(held, 'lead-eve')];
    expect(told).toEqual(['lead-ada LeadCaptured', 'lead-ada LeadMerged', 'lead-ada LeadUnmerged']);
    expect(rest[0]).toEqual([
      'lead-eve LeadCaptured',
      'visitor-v VisitRecorded',
      'lead-eve LeadVisitorLinked',
      'lead-ada LeadMerged',
      'lead-ada LeadUnmerged',
    ]);
  });
});
