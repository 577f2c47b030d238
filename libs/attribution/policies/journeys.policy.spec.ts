import { type Instant, type Reaction, type StoredEvent, lookThrough } from '@baton/kernel';
import { recorded } from '@baton/kernel/testing';
import { journeyCommands } from '../write/journey/journey.events';
import { journeyPolicy } from './journeys.policy';

type Line = readonly [stream: string, day: string, type: string, data: object, id?: string];
const at = (day: string): Instant => `2024-${day}T00:00:00.000Z`;

/** A log with these events, and the commands of the policy for the last one. */
const after = async (...lines: readonly Line[]): Promise<readonly Reaction[]> => {
  const log: StoredEvent[] = lines.map(([stream, day, type, data, id]) =>
    recorded({ type, data }, { occurredAt: at(day), stream, ...(id !== undefined && { id }) }),
  );
  const last = log.at(-1)!;
  if (!journeyPolicy.types.includes(last.type)) return [];
  const reactions = await journeyPolicy.react(
    last,
    lookThrough(async (stream) => log.filter((event) => event.stream === stream)),
  );
  for (const { type, data } of reactions) expect(journeyCommands.schemas.get(type)!.faultOf(data)).toBeUndefined();
  return reactions;
};
const lead = (leadId: string, day: string, type: string, data: object = {}): Line => [
  `lead-${leadId}`,
  day,
  type,
  { leadId, ...data },
];
const captured = (leadId: string, day: string) => lead(leadId, day, 'LeadCaptured');
const touched = (leadId: string, day: string, page: string) =>
  lead(leadId, day, 'TouchRecorded', { action: 'page-view', team: 'marketing', page });
const deal = (day: string, type: string, data: object = {}): Line => [
  'opportunity-deal',
  day,
  type,
  { opportunityId: 'deal', ...data },
];
const opened = deal('02-01', 'OpportunityOpened', {
  ...{ stage: 'open', amount: { minor: 500, currency: 'EUR' } },
  ...{ owner: 'rep', product: 'gtx' },
});
const role = (leadId: string, name?: string) =>
  deal('02-02', 'ContactRoleAdded', { leadId, ...(name && { role: name }) });
const won = deal('03-01', 'OpportunityWon', { leadIds: ['ada'], owner: 'rep', product: 'gtx' });
const joined = (leadId: string, day = '02-02') => lead(leadId, day, 'LeadJoinedOpportunity', { opportunityId: 'deal' });
const visit = (day: string, page: string, leadId?: string): Line => [
  'visitor-v',
  day,
  'VisitRecorded',
  { visitorId: 'v', action: 'page-view', team: 'marketing', page, ...(leadId && { leadId }) },
];

const pages = (reactions: readonly Reaction[]) =>
  (reactions.at(-1)!.data as { touches: { page: string }[] }).touches.map(({ page }) => page);

describe('when a deal closes', () => {
  it('its journey is recorded with the facts of the deal and the touches up to the close', async () => {
    const [reaction, ...others] = await after(
      captured('ada', '01-02'),
      touched('ada', '01-01', 'first'),
      touched('ada', '03-02', 'after'),
      opened,
      role('ada', 'champion'),
      won,
    );
    expect(others).toEqual([]);
    expect(reaction).toMatchObject({
      id: 'deal',
      type: 'StateJourney',
      occurredAt: at('03-01'),
      data: {
        journeyId: 'deal',
        outcome: 'won',
        openedAt: at('02-01'),
        closedAt: at('03-01'),
        leadCreatedAt: at('01-02'),
        firstContactAt: at('01-01'),
        amounts: [{ at: at('03-01'), amount: { minor: 500, currency: 'EUR' } }],
        leadIds: ['ada'],
        owner: 'rep',
        product: 'gtx',
        touches: [{ leadId: 'ada', role: 'champion', page: 'first', occurredAt: at('01-01') }],
      },
    });
  });
  it('an event of the deal dated before the close and recorded late changes the closing facts, and nothing else', async () => {
    const story = [captured('ada', '01-02'), opened, role('ada'), won];
    const [owner] = await after(...story, deal('02-10', 'OpportunityOwnerChanged', { to: 'amy' }));
    expect(owner).toMatchObject({ type: 'StateJourney', data: { owner: 'amy', product: 'gtx' } });
    const [source] = await after(...story, deal('02-10', 'OpportunityUpdated', { source: 'fair', product: 'gtx 2' }));
    expect(source).toMatchObject({ data: { owner: 'rep', source: 'fair', product: 'gtx 2' } });
    const worth = { to: { minor: 900, currency: 'EUR' } };
    const [amount] = await after(...story, deal('02-10', 'OpportunityAmountChanged', worth));
    expect(amount).toMatchObject({ data: { amounts: [{ at: at('03-01'), amount: worth.to }] } });
    const [signed] = await after(
      ...[captured('ada', '01-02'), opened, role('ada')],
      deal('03-01', 'OpportunityWon', { leadIds: ['ada'], amount: worth.to, signedAmount: worth.to }),
      deal('02-10', 'OpportunityAmountChanged', { to: { minor: 1, currency: 'EUR' } }),
    );
    expect(signed).toMatchObject({ data: { amounts: [{ at: at('03-01'), amount: worth.to }] } });
  });
  it('a first contact after the close is recorded as such and gets no credit', async () => {
    const [atClose, since] = await after(touched('ada', '04-01', 'after'), opened, role('ada'), won);
    expect(atClose!.data).not.toHaveProperty('firstContactAt');
    expect(since).toMatchObject({ occurredAt: at('04-01'), data: { firstContactAt: at('04-01'), touches: [] } });
  });
  it('touches of the same instant have the same order, in whatever order they were recorded', async () => {
    const told = [
      ['bob', '01-02', 'b1'],
      ['ada', '01-02', 'a'],
      ['bob', '01-02', 'b2'],
      ['bob', '01-01', 'b0'],
    ] as const;
    const ordered = async (lines: readonly (typeof told)[number][]) => {
      const touches = lines.map(([leadId, day, page]): Line => {
        const [stream, on, type, data] = touched(leadId, day, page);
        return [stream, on, type, data, page];
      });
      return pages(await after(...touches, opened, role('ada'), role('bob'), won));
    };
    const [first, ...others] = await ordered(told);
    expect(first).toBe('b0');
    expect(await ordered([...told].reverse())).toEqual([first, ...others]);
  });
  it('a touch recorded by the capture is marked', async () => {
    const [first, second] = [lead('ada', '01-05', 'LeadCaptured'), touched('ada', '01-05', 'own')].map(
      ([stream, , type, data], n) =>
        recorded(
          { type, data },
          { stream, occurredAt: `2024-01-05T00:00:${n}0.000Z`, meta: { $correlationId: 'row' } },
        ),
    );
    const others = [opened, role('ada'), won].map(([stream, day, type, data]) =>
      recorded({ type, data }, { stream, occurredAt: at(day) }),
    );
    const log = [first!, second!, ...others];
    const reactions = await journeyPolicy.react(
      log.at(-1)!,
      lookThrough(async (stream) => log.filter((event) => event.stream === stream)),
    );
    expect(reactions[0]!.data).toMatchObject({ touches: [{ page: 'own', atCapture: true }] });
  });
  it('a person who left the deal contributes no touches', async () =>
    expect(
      pages(
        await after(
          touched('ada', '01-01', 'a'),
          touched('bob', '01-02', 'b'),
          opened,
          role('ada'),
          role('bob'),
          deal('02-03', 'ContactRoleRemoved', { leadId: 'bob' }),
          won,
        ),
      ),
    ).toEqual(['a']));
  it('visits before identification belong to the person', async () => {
    const reactions = await after(
      visit('01-01', 'anonymous'),
      visit('01-03', 'known', 'ada'),
      visit('01-04', 'of another', 'eve'),
      lead('ada', '01-02', 'LeadVisitorLinked', { visitorId: 'v' }),
      opened,
      role('ada'),
      won,
    );
    expect(pages(reactions)).toEqual(['anonymous', 'known']);
    expect(reactions[0]!.data).toMatchObject({ touches: [{ visitorId: 'v', leadId: 'ada' }, {}] });
  });
  it('merged leads are one person, from either side, until they are unmerged', async () => {
    const before = [touched('ada', '01-01', 'a'), touched('ada-2', '01-02', 'a2'), opened];
    const merged = lead('ada', '01-05', 'LeadMerged', { mergedLeadId: 'ada-2', mergeNumber: 0 });
    const noted = lead('ada-2', '01-05', 'LeadMergedInto', { survivorId: 'ada', mergeNumber: 0 });
    const unmerged = lead('ada', '01-06', 'LeadUnmerged', { mergedLeadId: 'ada-2', mergeNumber: 0 });
    expect(pages(await after(...before, merged, noted, role('ada'), won))).toEqual(['a', 'a2']);
    expect(pages(await after(...before, merged, noted, role('ada-2'), won))).toEqual(['a', 'a2']);
    expect(pages(await after(...before, merged, noted, unmerged, role('ada'), won))).toEqual(['a']);
    expect(pages(await after(...before, merged, noted, unmerged, role('ada-2'), won))).toEqual(['a2']);
  });
  it('a lost deal has a journey too', async () =>
    expect(await after(opened, deal('03-01', 'OpportunityLost', { reason: 'price', leadIds: [] }))).toMatchObject([
      { type: 'StateJourney', data: { outcome: 'lost', leadIds: [], touches: [] } },
    ]));
});

describe('when a deal is reopened', () => {
  it('so is its journey', async () =>
    expect(
      await after(opened, won, deal('03-02', 'OpportunityReopened', { stage: 'open', reason: 'error' })),
    ).toMatchObject([{ type: 'ReopenJourney', id: 'deal', data: { journeyId: 'deal' } }]));
});

describe('the time of a state of a journey', () => {
  const story = [
    captured('ada', '01-02'),
    touched('ada', '01-05', 'first'),
    opened,
    role('ada', 'user'),
    joined('ada'),
  ];
  const latest = async (...lines: readonly Line[]) => (await after(...lines)).at(-1)!.occurredAt;

  it('is that of the latest fact, not of the one recorded last', async () => {
    expect(await latest(...story, won, touched('ada', '01-03', 'late'))).toBe(at('03-01'));
    const refund = deal('03-09', 'OpportunityAmountChanged', { to: { minor: 0, currency: 'EUR' } });
    expect(await latest(...story, won, refund, touched('ada', '01-03', 'late'))).toBe(at('03-09'));
    const merged = lead('ada', '03-05', 'LeadMerged', { mergedLeadId: 'ada-2', mergeNumber: 0 });
    expect(await latest(...story, won, merged)).toBe(at('03-05'));
  });
  it('of a close comes first: later events of the deal are recorded after it', async () => {
    const champion = deal('03-04', 'ContactRoleAdded', { leadId: 'ada', role: 'champion' });
    const reactions = await after(...story, champion, won);
    expect(reactions).toMatchObject([
      { occurredAt: at('03-01'), data: { touches: [{ role: 'user' }] } },
      { occurredAt: at('03-04'), data: { touches: [{ role: 'champion' }] } },
    ]);
  });
  it('decides which role a person has', async () => {
    const [early, late] = [
      deal('02-03', 'ContactRoleAdded', { leadId: 'ada', role: 'blocker' }),
      deal('02-10', 'ContactRoleRemoved', { leadId: 'ada' }),
    ];
    expect(pages(await after(...story, early, late, won))).toEqual([]);
    expect(pages(await after(...story, late, early, won))).toEqual([]);
  });
});

describe('later knowledge about a closed deal', () => {
  const past = [touched('ada', '01-05', 'first'), opened, role('ada'), joined('ada')];
  const closed = [...past, won];

  it.each<[string, string, Line]>([
    ['a late touch', 'late-touch', touched('ada', '01-06', 'late')],
    ['a late visit', 'late-visit', visit('01-06', 'late', 'ada')],
    ['an amount', 'amount', deal('03-02', 'OpportunityAmountChanged', { to: { minor: 700, currency: 'EUR' } })],
    ['a role', 'role', deal('03-02', 'ContactRoleAdded', { leadId: 'bob' })],
    ['a lead that heard of its role', 'role', joined('ada')],
    ['a lost role', 'role', deal('03-02', 'ContactRoleRemoved', { leadId: 'ada' })],
    ['a merge', 'merge', lead('ada', '03-02', 'LeadMerged', { mergedLeadId: 'bob', mergeNumber: 0 })],
    [
      'a merge noted by the merged lead',
      'merge',
      lead('ada', '03-02', 'LeadMergedInto', { survivorId: 'eve', mergeNumber: 0 }),
    ],
    ['an unmerge', 'unmerge', lead('ada', '03-02', 'LeadUnmerged', { mergedLeadId: 'bob', mergeNumber: 0 })],
    ['an identified visitor', 'visitor-identified', lead('ada', '03-02', 'LeadVisitorLinked', { visitorId: 'v' })],
  ])('%s restates the journey once per page, and nothing while the deal is open', async (_, reason, line) => {
    expect(await after(...closed, line)).toMatchObject([
      { type: 'StateJourney', id: 'deal', once: { key: 'journey-deal', reasons: [reason] } },
    ]);
    expect(await after(...past, line)).toEqual([]);
    const again = deal('03-01', 'OpportunityReopened', { stage: 'open', reason: 'error' });
    expect(await after(...closed, again, line)).toEqual([]);
  });

  it('states a late touch alone, with the facts of the journey, and keeps the others', async () => {
    const [reaction] = await after(...closed, touched('ada', '01-01', 'late'));
    expect(reaction!.data).toMatchObject({
      firstContactAt: at('01-01'),
      touches: [{ page: 'late' }],
      keepsOthers: true,
    });
  });
  it('states in one page what each of its events says', async () => {
    const [first, second] = ['01-06', '01-01'].map((day) => touched('ada', day, day));
    const left = deal('03-02', 'ContactRoleRemoved', { leadId: 'ada' });
    const of = async (...lines: readonly Line[]) => (await after(...closed, ...lines))[0]!;
    const joinedBy = async (earlier: Reaction, later: Reaction) => later.once!.after!(earlier.data);
    const two = await joinedBy(await of(first!), await of(first!, second!));
    expect(two).toMatchObject({ firstContactAt: at('01-01'), keepsOthers: true });
    expect(two).toMatchObject({ touches: [{ page: '01-01' }, { page: '01-06' }] });
    const role = await of(deal('03-02', 'ContactRoleAdded', { leadId: 'ada', role: 'champion' }));
    const whole = await joinedBy(role, await of(first!));
    expect(whole).toMatchObject({ firstContactAt: at('01-05') });
    expect(whole).toMatchObject({ touches: [{ page: 'first', role: 'champion' }, { page: '01-06' }] });
    expect(whole).not.toHaveProperty('keepsOthers');
    expect(await joinedBy(await of(first!), await of(first!, left))).toEqual((await of(first!, left)).data);
  });
  it('the corrected amount is restated', async () => {
    const [reaction] = await after(
      ...closed,
      deal('03-02', 'OpportunityAmountChanged', { to: { minor: 700, currency: 'EUR' } }),
    );
    expect(reaction!.occurredAt).toBe(at('03-02'));
    expect(reaction!.data).toMatchObject({
      amounts: [
        { at: at('03-01'), amount: { minor: 500, currency: 'EUR' } },
        { at: at('03-02'), amount: { minor: 700, currency: 'EUR' } },
      ],
    });
  });
  it('ignores a touch of a customer', async () => {
    expect(await after(...closed, touched('ada', '05-01', 'support'))).toEqual([]);
    expect(await after(...closed, visit('04-01', 'x', 'ada'), visit('05-01', 'y', 'ada'))).toEqual([]);
  });
  it('includes the first contact, even after the close', async () =>
    expect(await after(opened, role('ada'), joined('ada'), won, touched('ada', '05-01', 'first'))).toMatchObject([
      { type: 'StateJourney', data: { firstContactAt: at('05-01'), touches: [] } },
    ]));
  it('includes a touch of any lead of the person, whichever has the role', async () => {
    const merged = lead('ada', '02-05', 'LeadMerged', { mergedLeadId: 'ada-2', mergeNumber: 0 });
    const noted = lead('ada-2', '02-05', 'LeadMergedInto', { survivorId: 'ada', mergeNumber: 0 });
    const story = [...past, merged, noted, won];
    expect(pages(await after(...story, touched('ada-2', '01-06', 'late')))).toEqual(['late']);
    const onMerged = [opened, role('ada-2'), joined('ada-2'), merged, noted, won];
    expect(pages(await after(...onMerged, touched('ada', '01-06', 'late')))).toEqual(['late']);
  });
  it('includes a merge with a lead that had left the deal', async () => {
    const left = lead('ada', '03-02', 'LeadLeftOpportunity', { opportunityId: 'deal' });
    const removed = deal('03-02', 'ContactRoleRemoved', { leadId: 'ada' });
    const both = [touched('bob', '01-06', 'second'), ...past, role('bob'), joined('bob'), won, removed, left];
    const merged = lead('ada', '03-03', 'LeadMerged', { mergedLeadId: 'bob', mergeNumber: 0 });
    const noted = lead('bob', '03-03', 'LeadMergedInto', { survivorId: 'ada', mergeNumber: 0 });
    expect(pages(await after(...both, merged))).toEqual(['second']);
    expect(pages(await after(...both, merged, noted))).toEqual(['first', 'second']);
  });
  it('the rest of a journey that one append does not hold', async () => {
    const facts = { journeyId: 'deal', touches: [], added: [], changed: [], removed: [] };
    const [stated, restated] = (['JourneyClosed', 'JourneyRestated'] as const).map((type): Line => [
      'journey-deal',
      '03-01',
      type,
      { ...facts, reasons: ['merge'], more: true },
    ]);
    expect(await after(...closed, stated!)).toMatchObject([{ once: { key: 'journey-deal', reasons: [] } }]);
    expect(await after(...closed, restated!)).toMatchObject([{ once: { key: 'journey-deal', reasons: ['merge'] } }]);
    const whole: Line = ['journey-deal', '03-01', 'JourneyClosed', facts];
    expect(await after(...closed, whole)).toEqual([]);
  });
});
