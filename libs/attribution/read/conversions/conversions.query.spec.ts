import { NoDefinitions, type AnyEvent, type Instant } from '@baton/kernel';
import { recorded } from '@baton/kernel/testing';
import { deals, touches } from '@baton/opportunities';
import { modelsOf } from '../../../../test/support/read-models';
import { attribution, methodAt } from '../attribution/attribution.query';
import { journeys, type JourneyDocument } from '../journeys/journeys.projection';
import { people, visitors, visits } from './people.projection';
import { journeysOf, openJourneys } from './conversions.query';
import type { ConversionKind } from './conversions.rules';

const at = (day: number): Instant => new Date(Date.UTC(2024, 0, 1) + day * 86_400_000).toISOString();
type Line = readonly [day: number, type: string, data: object];
const lead = (leadId: string, day: number, type: string, data: object = {}): Line => [day, type, { leadId, ...data }];
const touch = (leadId: string, day: number, page: string) =>
  lead(leadId, day, 'TouchRecorded', { action: 'page-view', team: 'marketing', page, opportunityIds: ['deal'] });
const visit = (day: number, page: string, leadId?: string): Line => [
  day,
  'VisitRecorded',
  { visitorId: 'v', action: 'page-view', team: 'marketing', page, ...(leadId && { leadId }) },
];
const identified = (leadId: string): readonly Line[] => [
  [90, 'VisitorIdentified', { visitorId: 'v', leadId }],
  lead(leadId, 90, 'LeadVisitorLinked', { visitorId: 'v' }),
];
const deal = (day: number, type: string, data: object = {}): Line => [day, type, { opportunityId: 'deal', ...data }];

const eventsOf = (lines: readonly Line[]) =>
  lines.map(([day, type, data]) => recorded<AnyEvent>({ type, data }, { occurredAt: at(day) }));
const holding = (...lines: readonly Line[]) =>
  modelsOf([people, visitors, visits, touches, deals, journeys], eventsOf(lines));
const all = async (found: AsyncIterable<JourneyDocument>): Promise<JourneyDocument[]> => {
  const list: JourneyDocument[] = [];
  for await (const one of found) list.push(one);
  return list;
};
const ask = async (kind: ConversionKind, lines: readonly Line[], period = {}) =>
  all(journeysOf(await holding(...lines), kind, period));
const pages = ({ touches }: JourneyDocument) => touches.map(({ page }) => page);

describe('the journey to an earlier conversion', () => {
  const ada: readonly Line[] = [
    lead('ada', 3, 'LeadCaptured', { source: 'web', owner: 'rep' }),
    touch('ada', 2, 'two'),
    touch('ada', 9, 'nine'),
    touch('ada', 12, 'twelve'),
    lead('ada', 10, 'LeadQualified', { definition: 'mql@1' }),
    lead('ada', 20, 'LeadQualified', { definition: 'mql@1' }),
    lead('ada', 30, 'LeadSalesQualified', { definition: 'sql@1' }),
  ];
  it('counts no qualification that was removed by an unmerge', async () => {
    const events = eventsOf([
      lead('ada', 3, 'LeadCaptured'),
      touch('ada', 5, 'five'),
      lead('ada', 10, 'LeadQualified', { definition: 'mql@1' }),
    ]);
    const undone = (takenBack: string) =>
      eventsOf([lead('ada', 12, 'LeadUnmerged', { mergedLeadId: 'bea', mergeNumber: 0, takenBack })]);
    const again = eventsOf([lead('ada', 20, 'LeadQualified', { definition: 'mql@1' })]).map((event) => ({
      ...event,
      id: 'again',
    }));
    const closed = async (...all: Parameters<typeof modelsOf>[1]) => {
      const models = await modelsOf([people, visitors, visits, touches, deals, journeys], all);
      const found: string[] = [];
      for await (const one of journeysOf(models, 'mql', {})) found.push(one.closedAt);
      return found;
    };
    const { id } = events[2]!;
    expect(await closed(...events)).toEqual([at(10)]);
    expect(await closed(...events, ...undone(id))).toEqual([]);
    expect(await closed(...events, ...undone(id), ...again)).toEqual([at(20)]);
  });
  it('contains the contacts up to the first conversion, oldest first', async () => {
    const [mql, ...others] = await ask('mql', ada);
    expect(others).toEqual([]);
    expect(mql).toMatchObject({
      journeyId: 'ada',
      closedAt: at(10),
      leadCreatedAt: at(3),
      firstContactAt: at(2),
      outcome: null,
      amountMinor: null,
      source: 'web',
      owner: 'rep',
      leadIds: ['ada'],
    });
    expect(mql!.touches[0]).toEqual({
      touchId: expect.any(String) as string,
      occurredAt: at(2),
      leadId: 'ada',
      action: 'page-view',
      team: 'marketing',
      page: 'two',
    });
    expect(pages(mql!)).toEqual(['two', 'nine']);
    expect(pages((await ask('lead-created', ada))[0]!)).toEqual(['two']);
    expect(pages((await ask('sql', ada))[0]!)).toEqual(['two', 'nine', 'twelve']);
  });
  it('to a lead includes touches recorded by the capture, though dated a moment later', async () => {
    const within = (type: string, seconds: number, $correlationId: string, page?: string) =>
      recorded<AnyEvent>(
        { type, data: { leadId: 'eve', ...(page && { action: 'form', team: 'marketing', page }) } },
        { occurredAt: new Date(Date.parse(at(3)) + seconds * 1000).toISOString(), meta: { $correlationId } },
      );
    const events = [
      within('LeadCaptured', 0, 'row-1'),
      within('TouchRecorded', 40, 'row-1', 'own'),
      within('TouchRecorded', 61, 'row-1', 'too late'),
      within('TouchRecorded', 40, 'row-2', 'of another row'),
    ];
    const [created] = await all(
      journeysOf(await modelsOf([people, visitors, visits, touches, deals, journeys], events), 'lead-created'),
    );
    expect(created!.touches).toMatchObject([{ page: 'own', occurredAt: at(3), atCapture: true }]);
  });
  it('is selected by the time of conversion, from inclusive to exclusive', async () => {
    expect(await ask('mql', ada, { from: at(10), to: at(10.1) })).toHaveLength(1);
    expect(await ask('mql', ada, { to: at(10) })).toEqual([]);
    expect(await ask('mql', ada, { from: at(15) })).toEqual([]); // the second time does not count
  });
  it('contains visits before the identification, but only those of the person', async () => {
    const visits = [visit(1, 'one'), visit(4, 'four'), visit(5, 'of bob', 'bob')];
    expect(pages((await ask('mql', [...ada, ...visits]))[0]!)).toEqual(['two', 'nine']);
    const [known] = await ask('mql', [...ada, ...visits, ...identified('ada')]);
    expect(pages(known!)).toEqual(['one', 'two', 'four', 'nine']);
    expect(known!.touches[0]).toMatchObject({ leadId: 'ada', visitorId: 'v' });
  });

  const bob: readonly Line[] = [
    lead('bob', 1, 'LeadCaptured'),
    touch('bob', 5, 'bobs'),
    lead('bob', 7, 'LeadQualified', { definition: 'mql@1' }),
  ];
  const merged = lead('ada', 40, 'LeadMerged', { mergedLeadId: 'bob', mergeNumber: 0 });
  it('is one for a person with several leads, at the earliest time, under the survivor', async () => {
    const found = await ask('mql', [...ada, ...bob, merged]);
    expect(found).toMatchObject([{ journeyId: 'ada', closedAt: at(7), leadCreatedAt: at(1), leadIds: ['bob', 'ada'] }]);
    expect(pages(found[0]!)).toEqual(['two', 'bobs']);
    expect(await ask('mql', [...ada, ...bob, merged], { from: at(8) })).toEqual([]);
  });
  it('is two after an unmerge', async () => {
    const found = await ask('mql', [
      ...ada,
      ...bob,
      merged,
      lead('ada', 41, 'LeadUnmerged', { mergedLeadId: 'bob', mergeNumber: 0 }),
    ]);
    expect(found.map(({ journeyId, closedAt }) => [journeyId, closedAt])).toEqual([
      ['ada', at(10)],
      ['bob', at(7)],
    ]);
  });
  it('supports leads merged into each other', async () => {
    const both = [merged, lead('bob', 40, 'LeadMerged', { mergedLeadId: 'ada', mergeNumber: 0 })];
    expect(await ask('mql', [...ada, ...bob, ...both])).toMatchObject([{ journeyId: 'ada', closedAt: at(7) }]);
  });

  const opened: readonly Line[] = [
    deal(11, 'OpportunityOpened', { stage: 'open', amount: { minor: 500, currency: 'EUR' }, product: 'gtx' }),
    deal(11, 'ContactRoleAdded', { leadId: 'ada', role: 'champion' }),
    deal(11, 'ContactRoleAdded', { leadId: 'bob' }),
  ];
  it('of a deal ends when it was opened, and continues while the deal is open', async () => {
    const lines = [...ada, ...bob, ...opened];
    const [opportunity] = await ask('opportunity', lines, { currency: 'EUR' });
    expect(opportunity).toMatchObject({ journeyId: 'deal', closedAt: at(11), openedAt: at(11), product: 'gtx' });
    expect(opportunity!.touches.map(({ page, role }) => [page, role])).toEqual([
      ['two', 'champion'],
      ['bobs', undefined],
      ['nine', 'champion'],
    ]);
    expect(await ask('opportunity', lines, { currency: 'USD' })).toEqual([]);
    const models = await holding(...lines);
    expect((await all(openJourneys(models, at(50)))).map(pages)).toEqual([['two', 'bobs', 'nine', 'twelve']]);
    expect(await all(openJourneys(models, at(10)))).toEqual([]);
    const closed = await holding(...lines, deal(60, 'OpportunityLost', { reason: 'price', leadIds: [] }));
    expect(await all(openJourneys(closed, at(70)))).toEqual([]);
  });
});

describe('attribution of an earlier conversion', () => {
  const lines: readonly Line[] = [
    lead('ada', 3, 'LeadCaptured'),
    lead('ada', 10, 'LeadQualified', { definition: 'mql@1' }),
    ...[
      [1, 'search'],
      [5, 'email'],
      [20, 'call'],
    ].map(([day, channel]): Line =>
      lead('ada', day as number, 'TouchRecorded', { action: 'any', team: 'marketing', channel }),
    ),
  ];
  const by = async (question: object) =>
    attribution(await holding(...lines), {
      by: 'channel',
      conversion: 'mql',
      ...(await methodAt(new NoDefinitions(), at(0))),
      ...question,
    });
  it('credits the touches before it, without revenue', async () => {
    expect(await by({ from: at(5) })).toMatchObject({
      rows: [
        { key: 'email', conversions: 0.5, revenue: [] },
        { key: 'search', conversions: 0.5, revenue: [] },
      ],
      total: { conversions: 1, revenue: [] },
    });
    expect((await by({ conversion: 'sql' })).total.conversions).toBe(0);
    expect((await by({ to: at(10) })).total.conversions).toBe(0);
    expect(await by({ model: 'lead-creation' })).toMatchObject({ rows: [{ key: 'search', conversions: 1 }] });
  });
  it('is learnt by data-driven models from conversions alone, with a warning', async () => {
    const report = await by({ model: 'shapley' });
    expect(report.rows.map(({ key, conversions }) => [key, conversions])).toEqual([
      ['email', 0.5],
      ['search', 0.5],
    ]);
    expect(report.warnings).toContainEqual(expect.stringContaining('conversions alone'));
  });
});

describe('the contacts of a person', () => {
  it('all count, in the order of time, whatever the order in which they were recorded', async () => {
    const days = Array.from({ length: 2_500 }, (_, n) => (n * 7919) % 2_500);
    const lines = [lead('ada', 2_500, 'LeadCaptured'), ...days.map((day) => touch('ada', day, `${day}`))];
    const [journey] = await ask('lead-created', lines);
    expect(pages(journey!)).toEqual(Array.from({ length: 2_500 }, (_, day) => `${day}`));
  });
});
