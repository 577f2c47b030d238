import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  catalogueOf,
  clears,
  Conflict,
  day,
  erasureEvents,
  events,
  integer,
  json,
  list,
  money,
  optional,
  personal,
  ref,
  state,
  text,
  type EventMeta,
} from '@baton/kernel';
import { FixedClock } from '@baton/kernel/testing';
import fc from 'fast-check';
import { EmbeddedEventLog, SealedJournal } from '@baton/platform/event-log';
import { MemoryDocuments, ReadModels, writeCursor } from '@baton/platform/documents';
import { MemoryKeyStore } from '@baton/platform/keys';
import { replay } from '@baton/platform/runner';
import { eventsAfter, type EventPage } from '../events/events.query';
import { caseFile } from './case-file.projection';
import { caseFileOf, type CaseFileEntry, type CaseFileView } from './case-file.query';
import { caseFilePage } from './case-file.report';

const leadId = ref('lead');
const opportunityId = ref('opportunity');
const name = state('lead.name', optional(personal(text())));
const company = state('lead.company', optional(text()));
const source = state('lead.source', optional(text()));
const catalogue = catalogueOf([
  erasureEvents,
  events({
    LeadCaptured: {
      version: 1,
      sentence: 'The lead was captured[ from {source}][: {name}]',
      leadId,
      name,
      company,
      source,
    },
    LeadProfileChanged: {
      version: 1,
      sentence: 'Facts changed',
      leadId,
      name,
      company,
      note: optional(personal(text())),
    },
    LeadFactsCleared: {
      version: 1,
      sentence: 'Facts are not known any more',
      leadId,
      facts: clears({ company: 'lead.company' }, list(text())),
    },
    TouchRecorded: {
      version: 1,
      sentence: 'A {action:words} by {team}[ on {page}]',
      leadId,
      action: text(),
      team: text(),
      source: optional(text()),
      page: optional(text()),
      minutes: optional(integer('', { unit: 'min' })),
    },
    LeadQualified: {
      version: 1,
      sentence: 'The lead qualified',
      decidedBy: { definition: 'definition', when: 'evidence' },
      leadId,
      definition: ref('definition'),
      evidence: optional(json()),
    },
    LeadHandedOff: { version: 1, sentence: 'Handed to {rep}', leadId, rep: text(), definition: ref('definition') },
    ClockStarted: {
      version: 1,
      sentence: '{budgetMs} to answer',
      decidedBy: { definition: 'definition', per: ['kind'], cause: 'by' },
      leadId,
      kind: text(),
      by: text(),
      definition: ref('definition'),
      budgetMs: integer('', { unit: 'ms' }),
    },
    ClockBreached: {
      version: 1,
      sentence: 'Not answered in time',
      decidedBy: { definition: 'definition', per: ['kind'], cause: 'by' },
      leadId,
      kind: text(),
      by: optional(text()),
    },
    LeadReengaged: { version: 1, sentence: 'Active again', decidedBy: {}, leadId },
    LeadMerged: { version: 1, sentence: '{mergedLeadId} is the same person', leadId, mergedLeadId: leadId },
    LeadUnmerged: { version: 1, sentence: '{mergedLeadId} is another person', leadId, mergedLeadId: leadId },
    LeadVisitorLinked: { version: 1, sentence: 'Visits belong to the person', leadId, visitorId: ref('visitor') },
    VisitRecorded: { version: 1, sentence: 'A visit', visitorId: ref('visitor') },
    OpportunityOpened: {
      version: 1,
      sentence: 'Opened at {stage}',
      opportunityId,
      stage: state('opportunity.stage', text()),
      amount: state('opportunity.amount', optional(money())),
      expectedCloseOn: state('opportunity.expected-close', optional(day())),
    },
    StageMoved: {
      version: 1,
      sentence: 'Moved to {to}',
      opportunityId,
      from: text(),
      to: state('opportunity.stage', text()),
    },
    AmountChanged: { version: 1, sentence: 'Worth {to}', opportunityId, to: state('opportunity.amount', money()) },
    CloseDateChanged: {
      version: 1,
      sentence: 'Closes on {to}',
      opportunityId,
      to: state('opportunity.expected-close', day()),
    },
    SpendRecorded: {
      version: 1,
      sentence: 'Cost {amount} on {day}',
      campaignId: ref('campaign'),
      day: day(),
      amount: state('campaign.spend', money(), ['day']),
    },
    OpportunityWon: { version: 1, sentence: 'Won', opportunityId, leadIds: list(leadId) },
  }),
]);
type HistoryOf<A> = A extends fc.Arbitrary<readonly (infer T)[]> ? T : never;
/** An event, and the relevant metadata. */
type Line = readonly [stream: string, type: string, data: object, meta?: Partial<EventMeta>];

const folder = mkdtempSync(join(tmpdir(), 'baton-audit-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let logs = 0;

/** A log with these events, their personal fields sealed, and the case files folded from it. */
const holding = async (...lines: readonly Line[]) => {
  const log = EmbeddedEventLog.open(join(folder, `${logs++}.db`), new FixedClock());
  const keys = new MemoryKeyStore();
  const journal = new SealedJournal(log, catalogue, keys);
  const revisions = new Map<string, number>();
  for (const [stream, type, data, other] of lines) {
    const id = randomUUID();
    const meta = {
      actor: 'ann',
      origin: 'person' as const,
      occurredAt: '2023-06-01T00:00:00.000Z',
      commandId: id,
      commandHash: '',
      mode: 'live' as const,
      $correlationId: id,
      $causationId: id,
      ...other,
    };
    const { revision } = await journal.append(
      stream,
      [{ id: other?.commandHash ?? id, type, data, meta }],
      revisions.get(stream) ?? 'none',
    );
    revisions.set(stream, revision);
  }
  const documents = new MemoryDocuments();
  await replay({ log, journal, documents }, caseFile(catalogue), 'case-file-v6', () => ({ lease: 'test', token: 1 }));
  return { log, keys, models: new ReadModels(documents), journal };
};
type Held = Awaited<ReturnType<typeof holding>>;
interface Asked extends Omit<CaseFileView, 'reads'> {
  /** Whether the reader may see personal fields. */
  readonly personal?: boolean;
  readonly first?: number;
  /** The last entry seen. */
  readonly after?: Pick<CaseFileEntry, 'position'> | undefined;
}
const read = async (held: Held, subject: string, { first = 100, after, personal = false, ...view }: Asked = {}) => {
  const cursor = after && writeCursor({ id: after.position, values: [] });
  const page = { first, after: cursor };
  const { nodes, pageInfo, totalCount } = await caseFilePage(
    { ...held, catalogue },
    subject,
    { ...view, reads: { maySee: () => personal, open: (values) => held.journal.open(values) } },
    page,
  );
  return { entries: nodes, hasNextPage: pageInfo.hasNextPage, totalCount };
};
const changesIn = async (held: Held, subject: string, page?: Asked) =>
  (await read(held, subject, page)).entries.map(({ changes }) => changes.map(({ text }) => text));
const typesOf = async (held: Held, subject: string) =>
  (await read(held, subject)).entries.map(({ type, stream }) => `${stream} ${type}`);

describe('a case file', () => {
  const captured: Line = ['lead-ada', 'LeadCaptured', { leadId: 'ada', company: 'Acme' }];
  const handedOff: Line = ['lead-ada', 'LeadHandedOff', { leadId: 'ada', rep: 'bo', definition: 'mql@3' }];
  const won: Line = ['opportunity-1', 'OpportunityWon', { opportunityId: '1', leadIds: ['ada', 'eve'] }];

  it('contains every event that concerns the subject, from any stream, in the order of the log', async () => {
    const held = await holding(captured, ['lead-bob', 'LeadCaptured', { leadId: 'bob' }], handedOff, won);
    expect(await typesOf(held, 'lead-ada')).toEqual([
      'lead-ada LeadCaptured',
      'lead-ada LeadHandedOff',
      'opportunity-1 OpportunityWon',
    ]);
    expect(await typesOf(held, 'lead-eve')).toEqual(['opportunity-1 OpportunityWon']);
    expect(await typesOf(held, 'definition-mql')).toEqual(['lead-ada LeadHandedOff']);
  });
  it('shows all data of an event, in a sentence and in facts, who, when, why and under which definition', async () => {
    const { entries } = await read(await holding(handedOff), 'lead-ada');
    expect(entries[0]).toMatchObject({
      sentence: 'Handed to bo',
      data: { leadId: 'ada', rep: 'bo', definition: 'mql@3' },
      facts: [{ field: 'definition', text: 'mql@3' }],
      changes: [],
      actor: 'ann',
      sender: 'ann',
      cause: null,
      origin: 'person',
      mode: 'live',
      definition: 'mql@3',
      personal: 'none',
      occurredAt: '2023-06-01T00:00:00.000Z',
      recordedAt: '2024-01-01T00:00:00.000Z',
    });
  });
  const moved: Line = ['lead-ada', 'LeadProfileChanged', { leadId: 'ada', company: 'Ajax' }];
  it('shows what each event changed, from the last value in the same stream', async () => {
    const same: Line = ['lead-ada', 'LeadProfileChanged', { leadId: 'ada', company: 'Acme' }];
    const { entries } = await read(await holding(captured, same, moved), 'lead-ada');
    expect(entries.map(({ changes }) => changes)).toEqual([
      [{ state: 'lead.company', field: 'company', after: 'Acme', text: 'company: Acme' }],
      [],
      [{ state: 'lead.company', field: 'company', before: 'Acme', after: 'Ajax', text: 'company: Acme → Ajax' }],
    ]);
  });
  it('shows changes of states marked in the schemas only, whatever the names of fields', async () => {
    const deal = (type: string, data: object): Line => ['opportunity-k1', type, { opportunityId: 'k1', ...data }];
    const usd = (minor: number) => ({ minor, currency: 'USD' });
    const held = await holding(
      deal('OpportunityOpened', { stage: 'demo', amount: usd(100_000), expectedCloseOn: '2024-03-01' }),
      deal('StageMoved', { from: 'demo', to: 'contract' }),
      deal('CloseDateChanged', { to: '2024-04-01' }),
      deal('AmountChanged', { to: usd(90_000) }),
    );
    expect(await changesIn(held, 'opportunity-k1')).toEqual([
      ['stage: demo', 'amount: 1,000.00 USD', 'expected close: 2024-03-01'],
      ['stage: demo → contract'],
      ['expected close: 2024-03-01 → 2024-04-01'],
      ['amount: 1,000.00 USD → 900.00 USD'],
    ]);
  });
  it('shows which facts were cleared', async () => {
    const cleared: Line = ['lead-ada', 'LeadFactsCleared', { leadId: 'ada', facts: ['company'] }];
    const held = await holding(captured, cleared, moved);
    expect(await changesIn(held, 'lead-ada')).toEqual([
      ['company: Acme'],
      ['company: Acme → –'],
      ['company: – → Ajax'],
    ]);
  });
  it('shows a touch completely, and not as a change: two equal ones in the same way', async () => {
    const touch: Line = [
      'lead-ada',
      'TouchRecorded',
      { leadId: 'ada', action: 'page-view', team: 'marketing', source: 'google', page: '/pricing', minutes: 125 },
    ];
    const first: Line = ['lead-ada', 'LeadCaptured', { leadId: 'ada', source: 'trade fair' }];
    const { entries } = await read(await holding(first, touch, touch), 'lead-ada');
    for (const entry of entries.slice(1))
      expect(entry).toMatchObject({
        sentence: 'A page view by marketing on /pricing',
        facts: [
          { field: 'source', text: 'google' },
          { field: 'minutes', text: '2 h 5 min' },
        ],
        changes: [],
      });
  });
  it('separates states of one stream for several days', async () => {
    const spend = (of: string, minor: number): Line => [
      'campaign-c',
      'SpendRecorded',
      { campaignId: 'c', day: of, amount: { minor, currency: 'EUR' } },
    ];
    const held = await holding(spend('2024-01-01', 100), spend('2024-01-02', 700), spend('2024-01-01', 200));
    expect(await changesIn(held, 'campaign-c')).toEqual([
      ['spend: 1.00 EUR'],
      ['spend: 7.00 EUR'],
      ['spend: 1.00 EUR → 2.00 EUR'],
    ]);
  });
  const on = (date: string): Partial<EventMeta> => ({ occurredAt: `${date}T00:00:00.000Z` });
  it('is ordered by when events occurred or were recorded, in both directions; changes follow the order', async () => {
    const held = await holding(
      ['lead-ada', 'LeadProfileChanged', { leadId: 'ada', company: 'Ajax' }, on('2023-03-01')],
      ['lead-ada', 'LeadProfileChanged', { leadId: 'ada', company: 'Acme' }, on('2023-02-01')],
    );
    const occurred = [['company: Acme'], ['company: Acme → Ajax']];
    const recorded = [['company: Ajax'], ['company: Ajax → Acme']];
    expect(await changesIn(held, 'lead-ada')).toEqual(occurred);
    expect(await changesIn(held, 'lead-ada', { newestFirst: true })).toEqual([...occurred].reverse());
    expect(await changesIn(held, 'lead-ada', { by: 'recorded' })).toEqual(recorded);
    expect(await changesIn(held, 'lead-ada', { by: 'recorded', newestFirst: true })).toEqual([...recorded].reverse());
  });
  it('is read in pages, in both directions, with previous values from other pages', async () => {
    const held = await holding(captured, handedOff, moved);
    const first = await read(held, 'lead-ada', { first: 2 });
    expect(first).toMatchObject({ totalCount: 3, hasNextPage: true });
    expect(await read(held, 'lead-ada', { first: 2, after: first.entries[1] })).toMatchObject({
      hasNextPage: false,
      entries: [{ changes: [{ field: 'company', before: 'Acme', after: 'Ajax' }] }],
    });
    const newest = await read(held, 'lead-ada', { first: 1, newestFirst: true });
    expect(newest).toMatchObject({ hasNextPage: true, entries: [{ type: 'LeadProfileChanged' }] });
    expect(await read(held, 'lead-ada', { newestFirst: true, after: newest.entries[0] })).toMatchObject({
      hasNextPage: false,
      entries: [{ type: 'LeadHandedOff' }, { type: 'LeadCaptured' }],
    });
  });
  it('is available as of a cut, with events of other streams', async () => {
    const held = await holding(
      ['lead-ada', 'LeadCaptured', { leadId: 'ada' }, on('2023-01-01')],
      [won[0], won[1], won[2], on('2023-02-01')],
      ['lead-ada', 'LeadHandedOff', { leadId: 'ada', rep: 'bo', definition: 'mql@3' }, on('2023-03-01')],
    );
    const { entries } = await read(held, 'lead-ada');
    const types = async (asOf: object) => (await read(held, 'lead-ada', { asOf })).entries.map(({ type }) => type);
    expect(await types({ happenedBy: '2023-02-01T00:00:00.000Z' })).toEqual(['LeadCaptured', 'OpportunityWon']);
    expect(await types({ knownAt: entries[1]!.position })).toEqual(['LeadCaptured', 'OpportunityWon']);
    expect(await types({ knownBy: entries[0]!.recordedAt })).toHaveLength(3);
    await expect(types({ knownBy: '2023-12-31T00:00:00.000Z' })).rejects.toMatchObject({ code: 'case-file/unknown' });
    await expect(types({ knownAt: 'nowhere' })).rejects.toMatchObject({ code: 'log/not-a-position' });
  });
  it('can be streamed completely, entry by entry, and is empty for an unknown subject', async () => {
    const held = await holding(captured, handedOff);
    const whole = async (subject: string) => {
      const entries = [];
      for await (const entry of caseFileOf({ ...held, catalogue }, subject, {})) entries.push(entry);
      return entries;
    };
    expect(await whole('lead-ada')).toEqual((await read(held, 'lead-ada')).entries);
    expect(await whole('lead-nobody')).toEqual([]);
    await expect(read(held, 'lead-nobody')).rejects.toMatchObject({ code: 'case-file/unknown' });
  });
  it('decrypts personal fields only for permitted readers, and shows when they are forgotten', async () => {
    const held = await holding(
      ['lead-ada', 'LeadCaptured', { leadId: 'ada', name: 'Ada' }],
      ['lead-ada', 'LeadProfileChanged', { leadId: 'ada', name: 'Ada L.' }],
      ['lead-ada', 'LeadProfileChanged', { leadId: 'ada', name: 'Ada L.' }],
    );
    const told = async (personal: boolean, of = held) =>
      (await read(of, 'lead-ada', { personal })).entries.map((entry) => [
        entry.personal,
        (entry.data as Record<string, unknown>)['name'],
        ...entry.changes.map(({ text }) => text),
      ]);
    expect(await told(true)).toEqual([
      ['open', 'Ada', 'name: Ada'],
      ['open', 'Ada L.', 'name: Ada → Ada L.'],
      ['open', 'Ada L.'],
    ]);
    const closed = (personal: string) => [
      [personal, { personal }, `name: (${personal})`],
      [personal, { personal }, `name: (${personal}) → (${personal})`],
      [personal, { personal }, `name: (${personal}) → (${personal})`],
    ];
    expect(await told(false)).toEqual(closed('sealed'));
    const elsewhere = { ...held, journal: new SealedJournal(held.log, catalogue, new MemoryKeyStore()) };
    expect(await told(true, elsewhere)).toEqual(closed('sealed'));
    await held.keys.destroy('ada');
    expect(await told(true)).toEqual(closed('forgotten'));
  });
  it('shows no personal data to readers without permission, in a sentence or elsewhere, and shows an erasure', async () => {
    const held = await holding(
      ['lead-ada', 'LeadCaptured', { leadId: 'ada', name: 'Ada' }],
      ['lead-ada', 'PersonErased', { leadId: 'ada' }],
    );
    const { entries } = await read(held, 'lead-ada');
    expect(entries[0]).toMatchObject({ sentence: 'The lead was captured', personal: 'forgotten' });
    expect(JSON.stringify(entries)).not.toMatch(/Ada|\$sealed/);
    expect((await read(held, 'lead-ada', { personal: true })).entries[0]!.sentence).toBe('The lead was captured: Ada');
  });
});

describe('a page of a long case file', () => {
  const facts = (n: number): Line => [
    'lead-ada',
    n === 0 ? 'LeadCaptured' : 'LeadProfileChanged',
    {
      leadId: 'ada',
      ...(n % 100 === 0 && { company: `Acme ${n}` }),
      ...(n % 2 === 0 && { name: `Ada ${n}`, ...(n > 0 && { note: 'Ada said so' }) }),
    },
  ];
  const count = 600;
  let held: Held;
  beforeAll(async () => {
    held = await holding(...Array.from({ length: count }, (_, n) => facts(n)), [
      'opportunity-1',
      'OpportunityWon',
      { opportunityId: '1', leadIds: ['ada'] },
    ]);
  });
  /** What a page of so many entries behind one reads of the log, and how many values it opens. */
  const reads = async (page: Asked, of = held) => {
    const logRead = jest.spyOn(of.log, 'read');
    const open = jest.spyOn(of.journal, 'open');
    const readAll = jest.spyOn(of.log, 'readAll');
    const { entries } = await read(of, 'lead-ada', { first: 5, personal: true, ...page });
    const asked = logRead.mock.calls.map(([stream, from, limit]) => [stream, from, limit]);
    const opened = open.mock.calls.map(([values]) => values.length);
    expect(readAll).not.toHaveBeenCalled();
    for (const spy of [logRead, open, readAll]) spy.mockRestore();
    return { entries, asked, opened };
  };
  const all = async () => (await held.log.readAll('', {}, 1000)).events;

  it('reads its own events and those that set previous values, and no others', async () => {
    const after = (await all())[348]!;
    const { entries, asked, opened } = await reads({ after });
    expect(entries.map(({ revision }) => revision)).toEqual([349, 350, 351, 352, 353]);
    expect(asked).toEqual([['lead-ada', 348, 6]]); // 348 set the name that 350 changes
    expect(opened).toEqual([5]); // two of 350, two of 352, and the name set by 348
    expect(entries.map(({ changes }) => changes.map(({ text }) => text))).toEqual([
      [],
      ['name: Ada 348 → Ada 350'],
      [],
      ['name: Ada 350 → Ada 352'],
      [],
    ]);
  });
  it('reads an old previous value in a read of its own, and events of other streams', async () => {
    const after = (await all())[598]!;
    const { entries, asked } = await reads({ after });
    expect(entries.map(({ type }) => type)).toEqual(['LeadProfileChanged', 'OpportunityWon']);
    expect(asked).toEqual([
      ['lead-ada', 599, 1],
      ['opportunity-1', 0, 1],
    ]);
    const middle = await reads({
      after: (await all())[399]!,
      first: 1,
    });
    expect(middle.asked).toEqual([
      ['lead-ada', 300, 1],
      ['lead-ada', 398, 1],
      ['lead-ada', 400, 1],
    ]);
    expect(middle.entries[0]!.changes.map(({ text }) => text)).toEqual([
      'name: Ada 398 → Ada 400',
      'company: Acme 300 → Acme 400',
    ]);
  });
  it('keeps nothing personal in its index', async () => {
    const documents = await held.models.documents.find({ name: 'case-file-v6', columns: {} }, { limit: 1000 });
    expect(documents.length).toBeGreaterThan(5);
    expect(JSON.stringify(documents)).not.toMatch(/Ada|sealed|Acme/);
  });
  it('is refused if the log is not the one of the index', async () => {
    const lines = [0, 1, 2].map((n): Line => {
      const [stream, type, data] = facts(n);
      return [stream, type, data, { commandHash: `00000000-0000-4000-8000-00000000000${n}` }];
    });
    const one = await holding(...lines);
    for (const others of [lines.slice(0, 2), [lines[0]!, facts(1), lines[2]!]]) {
      const { log, journal } = await holding(...others);
      await expect(read({ ...one, log, journal }, 'lead-ada')).rejects.toMatchObject({
        name: 'Conflict',
        code: 'case-file/other-log',
      });
    }
  });
  it('is `log/unavailable` if the log is unavailable, after one call, whether or not the subject is known', async () => {
    const away = jest.fn(() => Promise.reject(new Conflict('log/unavailable', 'It does not answer.')));
    const log = Object.assign(Object.create(held.log) as EmbeddedEventLog, { read: away, readAll: away, tip: away });
    for (const subject of ['lead-ada', 'lead-nobody']) {
      away.mockClear();
      await expect(read({ ...held, log }, subject)).rejects.toMatchObject({ code: 'log/unavailable' });
      expect(away).toHaveBeenCalledTimes(1);
    }
  });

  /** A history of one lead, in any order of dates: the company and source in each event. */
  const histories = fc.array(
    fc.record({
      day: fc.integer({ min: 1, max: 5 }),
      company: fc.option(fc.constantFrom('Acme', 'Ajax', 'Loom'), { nil: undefined }),
      source: fc.option(fc.constantFrom('web', 'fair'), { nil: undefined }),
      clears: fc.boolean(),
    }),
    { minLength: 1, maxLength: 25 },
  );
  const lineOf = ({ day, company, source, clears }: HistoryOf<typeof histories>): Line => {
    const meta = { occurredAt: `2023-01-0${day}T00:00:00.000Z` };
    if (clears) return ['lead-ada', 'LeadFactsCleared', { leadId: 'ada', facts: ['company'] }, meta];
    return ['lead-ada', 'LeadCaptured', { leadId: 'ada', company, source }, meta];
  };
  /** The previous values for a reader who remembers everything read before. */
  const remembered = (history: HistoryOf<typeof histories>[], by: 'occurred' | 'recorded'): string[][] => {
    const order = history.map((one, n) => ({ ...one, n }));
    if (by === 'occurred') order.sort((a, b) => a.day - b.day || a.n - b.n);
    const known = new Map<string, string>();
    return order.map(({ company, source, clears }) => {
      const said = clears
        ? [['company', '–'] as const]
        : ([
            ['company', company],
            ['source', source],
          ] as const);
      return said.flatMap(([field, value]) => {
        const before = known.get(field);
        if (value === undefined || value === before) return [];
        known.set(field, value);
        return [`${field}: ${before === undefined ? '' : `${before} → `}${value}`];
      });
    });
  };
  it("shows the previous value in the reader's order, as of any cut, in any order and page size", () =>
    fc.assert(
      fc.asyncProperty(
        histories,
        fc.constantFrom('occurred' as const, 'recorded' as const),
        fc.boolean(),
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 0, max: 5 }),
        async (whole, by, newestFirst, first, later) => {
          const history = whole.slice(0, Math.max(1, whole.length - later));
          const of = await holding(...whole.map(lineOf));
          const asOf = { knownAt: (await of.log.readAll('')).events[history.length - 1]!.position };
          const told: string[][] = [];
          for (let after: CaseFileEntry | undefined, more = true; more;) {
            const page = await read(of, 'lead-ada', { first, by, newestFirst, after, asOf });
            told.push(...page.entries.map(({ changes }) => changes.map(({ text }) => text)));
            expect(page.totalCount).toBe(history.length);
            expect(page.entries.length).toBe(Math.min(first, history.length - told.length + page.entries.length));
            [after, more] = [page.entries.at(-1), page.hasNextPage];
          }
          expect(newestFirst ? told.reverse() : told).toEqual(remembered(history, by));
        },
      ),
      { numRuns: 60 },
    ));
});

describe('who decided', () => {
  const by = (actor: string, commandId: string, more: Partial<EventMeta> = {}): Partial<EventMeta> => ({
    actor,
    commandId,
    $causationId: commandId,
    ...more,
  });
  const id = (n: number) => `00000000-0000-4000-8000-00000000000${n}`;
  const withId = (n: number, meta: Partial<EventMeta>) => ({ ...meta, commandHash: id(n) });
  const touch = (meta: Partial<EventMeta>): Line => [
    'lead-ada',
    'TouchRecorded',
    { leadId: 'ada', action: 'call', team: 'sales' },
    meta,
  ];
  const decided = async (...lines: Line[]) =>
    (await read(await holding(...lines), 'lead-ada', { by: 'recorded' })).entries.map(({ actor, cause }) => [
      actor,
      cause && [cause.type, cause.actor],
    ]);
  const qualified = (data: object, meta: Partial<EventMeta>): Line => [
    'lead-ada',
    'LeadQualified',
    { leadId: 'ada', definition: 'mql@1', ...data },
    meta,
  ];
  const clock = (type: string, data: object, meta: Partial<EventMeta>): Line => [
    'lead-ada',
    type,
    { leadId: 'ada', kind: 'answer', ...data },
    meta,
  ];

  it('is the rule, with the touch that met it and its recorder as the cause', async () => {
    expect(
      await decided(touch(by('ann', 'c')), qualified({ evidence: {} }, by('ann', 'c')), touch(by('bob', 'd'))),
    ).toEqual([
      ['ann', null],
      ['system:mql@1', ['TouchRecorded', 'ann']],
      ['bob', null],
    ]);
  });
  it('is the person without an agreed rule, and the rule with the person as cause otherwise', async () => {
    expect(await decided(qualified({}, by('ann', 'c')))).toEqual([['ann', null]]);
    expect(await decided(qualified({ evidence: {} }, by('ann', 'c')))).toEqual([['system:mql@1', [null, 'ann']]]);
  });
  it('is the policy or connector that sent the command, with the causing event', async () => {
    const handed: Line = [
      'lead-ada',
      'LeadHandedOff',
      { leadId: 'ada', rep: 'bo', definition: 'mql@1' },
      by('policy:handoff', 'e', { $causationId: id(2) }),
    ];
    expect(
      await decided(
        touch(withId(1, by('connector:hubspot', 'c'))),
        qualified({ evidence: {} }, withId(2, by('connector:hubspot', 'c'))),
        handed,
      ),
    ).toEqual([
      ['connector:hubspot', null],
      ['system:mql@1', ['TouchRecorded', 'connector:hubspot']],
      ['policy:handoff', ['LeadQualified', 'system:mql@1']],
    ]);
  });
  it('is the definition of the clock for all its events, caused by an event or by time alone', async () => {
    const [begin, late] = [by('ann', 'c'), by('bob', 'd')];
    expect(
      await decided(
        touch(withId(3, begin)),
        clock('ClockStarted', { by: id(3), definition: 'sla-policy@2', budgetMs: 7_500_000 }, begin),
        clock('ClockBreached', {}, late),
        ['lead-ada', 'LeadReengaged', { leadId: 'ada' }, late],
        touch(late),
        ['lead-ada', 'LeadReengaged', { leadId: 'ada' }, late],
      ),
    ).toEqual([
      ['ann', null],
      ['system:sla-policy@2', ['TouchRecorded', 'ann']],
      ['system:sla-policy@2', [null, 'clock']],
      ['system:lead', [null, 'clock']],
      ['bob', null],
      ['system:lead', ['TouchRecorded', 'bob']],
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

  it('appear as one from either lead, each event once, with the merge and the visits', async () => {
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
  it('keep separate facts: a previous value is from the same lead', async () => {
    const of = (lead: string, company: string): Line => [
      `lead-${lead}`,
      'LeadProfileChanged',
      { leadId: lead, company },
    ];
    const held = await holding(of('ada', 'Acme'), of('eve', 'Ajax'), merged, of('ada', 'Loom'), of('eve', 'Acme'));
    expect(await changesIn(held, 'lead-eve')).toEqual([
      ['company: Acme'],
      ['company: Ajax'],
      [],
      ['company: Acme → Loom'],
      ['company: Ajax → Acme'],
    ]);
  });
  it('are separate after an unmerge, which both case files show', async () => {
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
