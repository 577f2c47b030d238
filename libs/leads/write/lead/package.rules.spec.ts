import { DAY_MS, fromMs, toMs, type Definition, type DatedEvent, type Json } from '@baton/kernel';
import { specFor } from '@baton/kernel/testing';
import { leadDecider } from './lead.decider';
import type { LeadEvent } from './lead.events';
import type { CapturedLead } from './lead.model';
import { handoffPackage, PACKAGE_LIMIT, type HandoffPackage } from './package.rules';

const leadId = 'ada';
const NOW = '2024-03-01T12:00:00.000Z';
const ago = (days: number) => fromMs(toMs(NOW) - days * DAY_MS);
const definition = (kind: string, body: unknown): Definition => ({
  ...{ kind, version: 2, ref: `${kind}@2` },
  body: body as Json,
});
type Told = LeadEvent & { readonly occurredAt?: string };
const captured = (facts: object = {}): Told =>
  ({ type: 'LeadCaptured', data: { leadId, ...facts }, occurredAt: ago(90) }) as Told;
const touched = (days: number, facts: object): Told =>
  ({
    type: 'TouchRecorded',
    data: { leadId, action: 'page-view', team: 'marketing', ...facts },
    occurredAt: ago(days),
  }) as Told;
const qualified = (evidence?: Json): Told => ({
  type: 'LeadQualified',
  data: { leadId, definition: 'mql@2', ...(evidence !== undefined && { evidence }) },
  occurredAt: ago(0.5),
});
const handOff = { type: 'HandOffLead', data: { leadId, rep: 'rita' } } as const;
const given = specFor(leadDecider);

const packageOf = (past: readonly Told[], ...agreed: readonly Definition[]): HandoffPackage => {
  const decided = given(...past)
    .at(NOW)
    .under(...agreed)
    .when(handOff)
    .decided() as readonly LeadEvent[];
  const handed = decided.find(({ type }) => type === 'LeadHandedOff') as Extract<LeadEvent, { type: 'LeadHandedOff' }>;
  expect(leadDecider.events.schemas.get('LeadHandedOff')!.faultOf(handed.data)).toBeUndefined();
  return handed.data.package as unknown as HandoffPackage;
};

describe('the handoff package', () => {
  const whole = {
    company: 'Lovelace Ltd',
    employees: 60,
    country: 'UK',
    source: 'web',
    personalFacts: ['email', 'name'],
  };
  const history = [
    captured(whole),
    touched(20, { action: 'download', content: 'pricing guide', source: 'google', medium: 'cpc', campaign: 'spring' }),
    touched(3, { page: '/pricing' }),
    touched(2, { page: '/product' }),
    touched(1, { page: '/pricing' }),
    touched(40, { action: 'e-mail-click', content: 'newsletter', channel: 'email' }), // recorded late
    touched(0.9, { action: 'download', content: 'pricing guide' }),
  ];

  it('contains the profile, source and touches, latest first', () =>
    expect(packageOf([...history, qualified({ because: ['all.0'] })])).toMatchObject({
      complete: true,
      missing: [],
      known: ['email', 'name'],
      firmographics: { company: 'Lovelace Ltd', employees: 60, country: 'UK' },
      source: 'web',
      firstTouch: { at: ago(40), action: 'e-mail-click', channel: 'email', content: 'newsletter' },
      touches: 6,
      content: [
        { name: 'pricing guide', count: 2, lastAt: ago(0.9) },
        { name: 'newsletter', count: 1, lastAt: ago(40) },
      ],
      pages: [
        { name: '/pricing', count: 2, lastAt: ago(1) },
        { name: '/product', count: 1, lastAt: ago(2) },
      ],
      qualification: { definition: 'mql@2', at: ago(0.5), evidence: { because: ['all.0'] } },
      earlierHandoffs: [],
      openOpportunityIds: [],
      account: null,
      score: null,
      shortened: false,
    }));
  it('lists buying signals with their times', () =>
    expect(
      packageOf([...history, touched(0.8, { action: 'form', content: 'Demo request' }), qualified()]),
    ).toMatchObject({
      signalsBy: 'routing@0',
      signals: [
        { code: 'pricing-view', count: 4, times: [ago(0.9), ago(1), ago(3), ago(20)] },
        { code: 'demo-request', count: 1, times: [ago(0.8)] },
        { code: 'repeated-visits', count: 1, times: [ago(1)] },
      ],
    }));
  it('uses the agreed signals', () => {
    const signals = [{ code: 'two-a-day', touches: [{ page: '*' }], times: 2, within: 'P1D' }];
    const routing = definition('routing', { handoffOwner: 'h', rules: [], otherwise: 'all', signals });
    const { signals: seen, signalsBy } = packageOf([...history, qualified()], routing);
    // Exactly a day apart is within a day; each visit counts for one signal only.
    expect([signalsBy, seen]).toEqual(['routing@2', [{ code: 'two-a-day', count: 1, times: [ago(2)] }]]);
  });
  it('explains the score by rule, with lines that sum to it', () => {
    const model = definition('scoring-model', {
      threshold: 5,
      fit: { rules: [{ code: 'large', when: { field: 'employees', gte: 50 }, points: 10 }] },
      engagement: { rules: [{ code: 'pricing', touches: { page: '/pricing' }, points: 4, halfLife: 'P1D' }] },
    });
    expect(packageOf([...history, qualified()], model).score).toMatchObject({
      definition: 'scoring-model@2',
      hundredths: 1250,
      threshold: 5,
      lines: [
        { code: 'large', hundredths: 1000 },
        { code: 'pricing', hundredths: 250, hits: 2 },
      ],
    });
  });
  it('lists missing parts', () => {
    expect(packageOf([captured(), qualified()])).toMatchObject({
      complete: false,
      missing: ['contact', 'firmographics', 'source', 'first-touch', 'evidence'],
    });
    const { missing } = packageOf([captured({ personalFacts: ['phone'] }), touched(1, { source: 'ads' }), qualified()]);
    expect(missing).toEqual(['firmographics', 'evidence']);
  });
  it('states that somebody qualified the lead in words, before and after they are sealed, without the words', () => {
    const sealed = { $sealed: 'v1.x', subject: leadId, context: 'event-1 LeadQualified.statement' };
    for (const statement of ['met at the fair', sealed]) {
      const said = { type: 'LeadQualified', data: { leadId, definition: 'mql@2', statement } } as Told;
      const pack = packageOf([captured(), said]);
      expect(pack.missing).not.toContain('evidence');
      expect(pack.qualification).toMatchObject({ stated: true, evidence: null });
      expect(JSON.stringify(pack)).not.toMatch(/fair|v1\.x/);
    }
  });
  it('lists the outcomes of earlier handoffs, latest first', () => {
    const handedOff = (rep: string, count: number): Told =>
      ({
        type: 'LeadHandedOff',
        data: { leadId, rep, count, definition: 'mql@2' },
        occurredAt: ago(10 - count),
      }) as Told;
    const back: Told = { type: 'LeadReengaged', data: { leadId, cause: 'touch' } };
    const past = [
      ...[...history, qualified(), handedOff('sam', 1)],
      { type: 'LeadRejected', data: { leadId, definition: 'mql@2', reason: 'no-need' }, occurredAt: ago(8) } as Told,
      ...[back, qualified(), handedOff('rita', 2)],
      { type: 'LeadAccepted', data: { leadId, definition: 'mql@2', rep: 'rita' }, occurredAt: ago(7) } as Told,
      { type: 'LeadRecycled', data: { leadId, reason: 'no-timing' }, occurredAt: ago(6) } as Told,
      ...[back, qualified()],
    ];
    expect(packageOf(past).earlierHandoffs).toEqual([
      { count: 2, rep: 'rita', at: ago(8), outcome: 'recycled', reason: 'no-timing', outcomeAt: ago(6) },
      { count: 1, rep: 'sam', at: ago(9), outcome: 'rejected', reason: 'no-need', outcomeAt: ago(8) },
    ]);
  });
  it('lists the open deals of the person', () => {
    const deal = (type: LeadEvent['type'], opportunityId: string) =>
      ({ type, data: { leadId, opportunityId } }) as Told;
    const deals = [
      ...['o1', 'o2', 'o3'].map((id) => deal('LeadJoinedOpportunity', id)),
      deal('LeadOpportunityLost', 'o1'),
      deal('LeadLeftOpportunity', 'o2'),
    ];
    expect(packageOf([...history, ...deals, qualified()]).openOpportunityIds).toEqual(['o3']);
  });
  it('is not built for decisions of another system', () => {
    const meta = { actor: 'connector:crm', origin: 'connector' } as const;
    const past = { ...handOff, meta, data: { ...handOff.data, external: 'crm' } };
    const decided = given(...history, qualified())
      .when(past)
      .decided() as readonly LeadEvent[];
    expect(decided[0]!.data).not.toHaveProperty('package');
  });
  it('lists encrypted facts only if there are some', () => {
    const capture = { type: 'CaptureLead', data: { leadId, email: 'ada@example.org', name: ' \u200b' } } as const;
    const [fact] = given().when(capture).decided() as readonly LeadEvent[];
    expect(fact!.data).toMatchObject({ personalFacts: ['email'] });
  });
});

describe('a package of a long history', () => {
  const odd = (index: number) => `${'ж€💶'.repeat(60)}${index}`;
  const state = (touches: number, evidence: Json, name = odd): Extract<CapturedLead, { stage: 'mql' }> => {
    const past = [
      captured({ company: odd(0).slice(0, 300), personalFacts: ['email'] }),
      ...Array.from({ length: touches }, (_, index) =>
        touched(index % 400, { page: name(index % 3000), content: name(index % 700), source: name(index) }),
      ),
      qualified(evidence),
    ];
    return past.reduce(
      (folded, event, index) =>
        leadDecider.evolve(folded, { occurredAt: NOW, ...event, id: `event-${index}` } as DatedEvent<LeadEvent>),
      leadDecider.initialState(),
    ) as Extract<CapturedLead, { stage: 'mql' }>;
  };
  const named = Array.from({ length: 100 }, (_, index) => `5e3a9d9e-0000-4000-8000-${String(index).padStart(12, '0')}`);
  const leaves = Array.from({ length: 200 }, (_, index) => ({ path: `all.${index}`, met: true, touches: named }));
  const none = { now: NOW, definition: () => undefined };

  it.each([
    ['with evidence of 200 leaves', { because: ['all.0'], leaves } as Json],
    ['with a person’s long words', 'word '.repeat(40_000)],
    [
      'with evidence too wide to shorten',
      Object.fromEntries(
        named
          .concat(named.map((one) => `${one}x`))
          .flatMap((one) => Array.from({ length: 10 }, (_, part) => [`${one}${part}`, one])),
      ),
    ],
  ])('stays below its limit %s', (_, evidence) => {
    const pack = handoffPackage(state(10_000, evidence), none);
    expect(Buffer.byteLength(JSON.stringify(pack))).toBeLessThanOrEqual(PACKAGE_LIMIT);
    expect(pack.pages.length).toBeGreaterThan(0);
    expect(pack.touches).toBe(10_000);
    expect(pack.missing).not.toContain('evidence');
    expect(pack.shortened).toBe(true);
    expect(Buffer.from(JSON.stringify(pack)).toString()).toBe(JSON.stringify(pack)); // no split characters
  });
});
