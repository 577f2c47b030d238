import { START, type EventMeta, type StoredEvent } from '@baton/kernel';
import { foldAll, recorded } from '@baton/kernel/testing';
import { collectionOf, firstGeneration, MemoryDocuments, ReadModels } from '@baton/platform/documents';
import { leadEvents, type LeadEvent } from '../../write/lead/lead.events';
import { leadsDue } from '../leads-due/leads-due.projection';
import { leads } from './leads.read-model';
import { leadById, whereOf } from './leads.query';

const on = (day: string) => `2024-${day}T00:00:00.000Z`;
type DataOf<T extends LeadEvent['type']> = Omit<Extract<LeadEvent, { type: T }>['data'], 'leadId'>;
const happened = <T extends LeadEvent['type']>(
  leadId: string,
  day: string,
  type: T,
  data: DataOf<T>,
  meta: Partial<EventMeta> = {},
): StoredEvent => {
  const event = { type, data: { leadId, ...data } };
  expect(leadEvents.schemas.get(type)!.faultOf(event.data)).toBeUndefined();
  return recorded(event, { occurredAt: on(day), meta });
};
const touch = (leadId: string, day: string, team: 'marketing' | 'sales' = 'marketing') =>
  happened(leadId, day, 'TouchRecorded', { action: 'page-view', team });
const ada = [
  happened('ada', '01-01', 'LeadCaptured', { email: 'ada@x.org', name: 'Ada', source: 'web', owner: 'mia' }),
  touch('ada', '01-03'),
  touch('ada', '01-02', 'sales'), // recorded late
  happened('ada', '01-04', 'LeadProfileChanged', { country: 'DE', email: 'ada@y.org' }),
  happened('ada', '01-05', 'LeadQualified', { definition: 'mql@3' }, { actor: 'mia' }),
  happened('ada', '01-06', 'LeadHandedOff', { definition: 'mql@3', rep: 'rita', count: 1 }, { actor: 'mia' }),
  happened(
    'ada',
    '01-07',
    'LeadRejected',
    { definition: 'mql@3', reason: 'other', note: 'on leave' },
    { actor: 'rita' },
  ),
];

describe('the read model of leads', () => {
  it('contains what is known of the person now', () =>
    expect(foldAll(leads, ada).get('ada')).toMatchObject({
      leadId: 'ada',
      email: 'ada@y.org',
      name: 'Ada',
      source: 'web',
      owner: 'mia',
      country: 'DE',
      capturedAt: on('01-01'),
      stage: 'rejected',
      stageSince: on('01-07'),
      rep: 'rita',
      handoffs: 1,
      touches: { marketing: 1, sales: 1 },
      firstTouchAt: on('01-02'),
      lastTouchAt: on('01-03'),
      opportunityIds: [],
      visitorIds: [],
      mergedLeadIds: [],
      history: [
        { stage: 'lead', at: on('01-01'), by: 'tester' },
        { stage: 'mql', at: on('01-05'), by: 'mia', definition: 'mql@3' },
        { stage: 'handed-off', at: on('01-06'), by: 'mia', definition: 'mql@3', rep: 'rita' },
        { stage: 'rejected', at: on('01-07'), by: 'rita', definition: 'mql@3', reason: 'other', note: 'on leave' },
      ],
    }));

  it('finds a person by tokens of e-mail, name and phone, and by no other personal field', () => {
    const personal = new Set([...leadEvents.schemas.values()].flatMap((schema) => schema.personal));
    expect([...personal].sort()).toEqual([
      'authority',
      'budget',
      'email',
      'interests',
      'name',
      'need',
      'note',
      'phone',
      'problems',
      'statement',
      'timeline',
    ]);
    const columns = Object.entries(leads.columns).filter(([column]) => personal.has(column));
    expect(Object.fromEntries(columns)).toEqual({ email: 'tokens', name: 'tokens', phone: 'tokens' });
  });

  it('shows the latest sealed value by its instant too, and no cleared value', () => {
    const sealed = (context: string) => ({ $sealed: `v1.${context}`, subject: 'ada', context });
    const said = (day: string, type: string, data: object) =>
      recorded({ type, data: { leadId: 'ada', ...data } }, { occurredAt: on(day) });
    const history = [
      said('01-01', 'LeadCaptured', { email: sealed('a'), title: 'Analyst' }),
      said('01-20', 'LeadProfileChanged', { email: sealed('c'), title: 'CFO' }),
      said('01-10', 'LeadProfileChanged', { email: sealed('b'), title: 'Manager', phone: sealed('d') }),
    ];
    expect(foldAll(leads, history).get('ada')).toMatchObject({ email: sealed('c'), title: 'CFO', phone: sealed('d') });
    const cleared = said('01-15', 'LeadFactsCleared', { facts: ['email', 'phone'] });
    const doc = foldAll(leads, [...history, cleared]).get('ada')!;
    expect(doc.email).toEqual(sealed('c'));
    expect(doc).not.toHaveProperty('phone');
  });
  it('a late past move of another system is added to the history and changes no later time', () => {
    const external = { external: true, definition: 'external:crm' } as const;
    const history = [
      happened('ada', '01-01', 'LeadCaptured', { source: 'web' }),
      happened('ada', '01-20', 'LeadRecycled', { reason: 'no-timing', reengageAt: on('03-01'), external: true }),
      happened('ada', '01-10', 'LeadAccepted', { rep: 'rita', ...external }),
    ];
    const doc = foldAll(leads, history).get('ada')!;
    expect(doc).toMatchObject({ stage: 'recycled', stageSince: on('01-20'), reengageAt: on('03-01') });
    expect(doc.history.map(({ stage }) => stage)).toEqual(['lead', 'sal', 'recycled']);
    expect(foldAll(leadsDue, history).get('ada')).toMatchObject({ dueAt: on('03-01') });
    const late = happened('ada', '01-15', 'LeadRecycled', {
      reason: 'no-budget',
      reengageAt: on('02-01'),
      external: true,
    });
    expect(foldAll(leadsDue, [...history, late]).get('ada')).toMatchObject({ dueAt: on('03-01') });
  });
  it('keeps sealed values unchanged, and removes them when the person is erased', () => {
    const sealed = (context: string, subject = 'ada') => ({
      $sealed: `v1.${context}`,
      subject,
      context,
      tokens: ['t'],
    });
    const said = (type: string, data: object) => recorded({ type, data: { leadId: 'ada', ...data } });
    const history = [
      said('LeadCaptured', { email: sealed('a'), name: sealed('b'), company: 'Acme' }),
      said('LeadProfileChanged', { name: sealed('c') }),
      said('LeadQualified', { definition: 'mql@3', statement: sealed('d') }),
      said('LeadRejected', { definition: 'mql@3', reason: 'other', note: sealed('e') }),
      said('FeedbackGiven', { feedbackId: 'f1', note: sealed('f') }),
    ];
    const before = foldAll(leads, history).get('ada')!;
    expect(before).toMatchObject({ email: sealed('a'), name: sealed('c'), statement: sealed('d') });
    expect(before.history.at(-1)!.note).toEqual(sealed('e'));
    expect(before.feedbackNotes).toEqual({ f1: sealed('f') });
    const after = foldAll(leads, [...history, said('PersonErased', {})]).get('ada')!;
    expect(JSON.stringify(after)).not.toMatch(/sealed|tokens|v1/);
    expect(after).toMatchObject({ company: 'Acme', stage: 'rejected', handoffs: 0, feedbackNotes: {} });
    expect([before.erasedAt, after.erasedAt]).toEqual([undefined, expect.any(String)]);
    expect(after.history).toHaveLength(before.history.length);
  });

  it('handles every lead event except released ids, references before the capture, forecasts, alerts, routing and clock events', () =>
    expect([...leadEvents.schemas.keys()].filter((type) => !leads.types!.includes(type))).toEqual([
      'QualificationScheduled',
      'LeadBecameHot',
      'LeadRoutingCancelled',
      'LeadOpportunityLost',
      'LeadOpportunityWon',
      'LeadOpportunityReopened',
      'LeadNamed',
      ...[...leadEvents.schemas.keys()].filter((type) => type.startsWith('Obligation')),
      'LeadIdReleased',
    ]));

  it('follows deals, visitors and stages to the end', () => {
    const deal = { opportunityId: 'o1' };
    const events = [
      ...ada,
      happened('ada', '02-01', 'LeadReengaged', { cause: 'touch' }),
      happened('ada', '02-02', 'LeadSalesQualified', { definition: 'external:crm', external: true }),
      happened('ada', '02-03', 'LeadConverted', { ...deal, definition: 'external:crm', external: true }),
      happened('ada', '02-03', 'LeadJoinedOpportunity', deal),
      happened('ada', '02-03', 'LeadJoinedOpportunity', { opportunityId: 'o2', role: 'user' }),
      happened('ada', '02-04', 'LeadLeftOpportunity', { opportunityId: 'o2' }),
      happened('ada', '02-05', 'LeadVisitorLinked', { visitorId: 'v1' }),
      happened('ada', '02-06', 'LeadBecameCustomer', deal),
    ];
    const document = foldAll(leads, events).get('ada')!;
    expect(document).toMatchObject({ stage: 'customer', opportunityIds: ['o1'], visitorIds: ['v1'] });
    expect(document.history.slice(-4)).toEqual([
      { stage: 'lead', at: on('02-01'), by: 'tester', reason: 'touch', external: false },
      { stage: 'sql', at: on('02-02'), by: 'tester', definition: 'external:crm', external: true },
      { stage: 'opportunity', at: on('02-03'), by: 'tester', definition: 'external:crm', external: true },
      { stage: 'customer', at: on('02-06'), by: 'tester', external: false },
    ]);
  });

  it('keeps a customer a customer, whatever other deals another system reports', () => {
    const told = { definition: 'external:crm', external: true };
    const events = [
      ...ada,
      happened('ada', '02-06', 'LeadConverted', { opportunityId: 'o1', ...told }),
      happened('ada', '02-07', 'LeadBecameCustomer', { opportunityId: 'o1' }),
      happened('ada', '02-08', 'LeadConverted', { opportunityId: 'o2', ...told }),
    ];
    expect(foldAll(leads, events).get('ada')).toMatchObject({ stage: 'customer', opportunityIds: ['o1', 'o2'] });
  });

  it('keeps the last 100 moves', () => {
    const moves = Array.from({ length: 60 }, () => [
      happened('ada', '03-01', 'LeadRecycled', { reason: 'no-answer' }),
      happened('ada', '03-02', 'LeadReengaged', { cause: 'touch' }),
    ]).flat();
    const { history } = foldAll(leads, [...ada, ...moves]).get('ada')!;
    expect(history).toHaveLength(100);
    expect(history.at(-1)!.stage).toBe('lead');
  });

  it('shows until when a recycled lead waits', () => {
    const recycled = happened('ada', '03-01', 'LeadRecycled', { reason: 'no-timing', reengageAt: on('06-01') });
    const due = (...events: StoredEvent[]) => [
      foldAll(leadsDue, [...ada, ...events]).get('ada')?.dueAt ?? null,
      foldAll(leads, [...ada, ...events]).get('ada')?.reengageAt ?? null,
    ];
    expect(due(recycled)).toEqual([on('06-01'), on('06-01')]);
    expect(due(recycled, touch('ada', '03-02'))).toEqual([on('06-01'), on('06-01')]);
    expect(due(recycled, happened('ada', '03-02', 'LeadReengaged', { cause: 'touch' }))).toEqual([null, null]);
    expect(due(recycled, happened('ada', '03-02', 'LeadDisqualified', { reason: 'spam' }))).toEqual([null, null]);
  });
});

describe('merged leads', () => {
  const person = (leadId: string, ...days: string[]) => [
    happened(leadId, '01-01', 'LeadCaptured', { source: 'web' }),
    ...days.map((day) => touch(leadId, day, 'sales')),
  ];
  const told = (id: string, day: string, team = 'sales') => ({ id, at: on(day), action: 'call', team });
  const merged = (leadId: string, mergedLeadId: string) =>
    happened(leadId, '05-01', 'LeadMerged', { mergedLeadId, mergeNumber: 0 });
  const mergedInto = (leadId: string, survivorId: string) =>
    happened(leadId, '05-01', 'LeadMergedInto', { survivorId, mergeNumber: 0 });
  const united = (leadId: string, mergedLeadId: string, data: object) =>
    happened(leadId, '05-01', 'MergedFactsAdded', { mergedLeadId, touches: [], ...data });
  const people = [
    ...person('ada', '02-02'),
    ...person('bea', '02-01', '02-04'),
    ...person('cy', '02-09'),
    ...person('dan'),
  ];
  /** Bea is merged into Ada, and Cy into Bea before. */
  const one = [
    ...people,
    ...[merged('bea', 'cy'), mergedInto('cy', 'bea'), united('bea', 'cy', { touches: [told('c', '02-09')] })],
    ...[merged('ada', 'bea'), mergedInto('bea', 'ada')],
    united('ada', 'bea', {
      touches: [told('b1', '02-01'), told('b2', '02-04', 'marketing')],
      profile: { company: 'Acme', source: 'fair' },
      opportunityIds: ['o1'],
      visitorIds: ['v1'],
    }),
    united('ada', 'bea', { through: ['cy'], touches: [told('c', '02-09')], opportunityIds: ['o2'] }),
  ];
  const store = async (events: readonly StoredEvent[]) => {
    const documents = new MemoryDocuments();
    await documents.commit({
      writes: {
        collection: collectionOf(leads, firstGeneration(leads)),
        documents: [...foldAll(leads, events)].map(([id, doc]) => ({ id, doc, position: '1' })),
      },
      follower: 'leads',
      checkpoint: { position: START, count: 0, digest: '' },
      fence: { lease: 'test', token: 1 },
    });
    return new ReadModels(documents);
  };

  it('are one person, in lists and alone: touches, deals and visitors combined, and facts that the survivor lacks', async () => {
    const models = await store(one);
    expect(await leadById(models, { leadId: 'ada' })).toMatchObject({
      touches: { marketing: 1, sales: 3 },
      firstTouchAt: on('02-01'),
      lastTouchAt: on('02-09'),
      opportunityIds: ['o1', 'o2'],
      visitorIds: ['v1'],
      company: 'Acme',
      source: 'web',
    });
    expect(await leadById(models, { leadId: 'cy' })).toMatchObject({ mergedInto: 'bea', touches: { sales: 1 } });
    expect(await leadById(models, { leadId: 'eve' })).toBeUndefined();
    expect(await models.count(leads, whereOf())).toBe(2);
  });
  it('stay one: later events of either are added, and lists of deals are current', () => {
    const later = [
      touch('ada', '06-01', 'sales'),
      happened('ada', '06-02', 'LeadJoinedOpportunity', { opportunityId: 'o3' }),
      united('ada', 'bea', { touches: [told('b3', '06-03')], opportunityIds: [] }),
    ];
    expect(foldAll(leads, [...one, ...later]).get('ada')).toMatchObject({
      touches: { marketing: 1, sales: 5 },
      lastTouchAt: on('06-03'),
      opportunityIds: ['o3', 'o2'],
    });
  });
  it('have the key of the company that is shown, of whichever of them it is', () => {
    const shown = (...more: StoredEvent[]) => foldAll(leads, [...one, ...more]).get('ada');
    const profile = (company: string) => happened('ada', '06-01', 'LeadProfileChanged', { company });
    expect(shown()).toMatchObject({ company: 'Acme', companyKey: 'acme' });
    expect(shown(profile('Own  LTD'))).toMatchObject({ company: 'Own  LTD', companyKey: 'own ltd' });
    const cleared = happened('ada', '06-02', 'LeadFactsCleared', { facts: ['company'] });
    expect(shown(profile('Own LTD'), cleared)).toMatchObject({ company: 'Acme', companyKey: 'acme' });
    const apart = happened('ada', '06-03', 'LeadUnmerged', { mergedLeadId: 'bea', mergeNumber: 0 });
    expect(shown(profile('Own LTD'), apart)).toMatchObject({ companyKey: 'own ltd' });
    expect(shown(profile('Own LTD'), apart, { ...cleared, occurredAt: on('06-04') })).not.toHaveProperty('companyKey');
  });
  it('can be separated again, completely or partly', () => {
    const parted = [...one, happened('ada', '05-02', 'MergedFactsRemoved', { mergedLeadId: 'bea', through: ['cy'] })];
    expect(foldAll(leads, parted).get('ada')).toMatchObject({
      touches: { marketing: 1, sales: 2 },
      lastTouchAt: on('02-04'),
      opportunityIds: ['o1'],
    });
    const unmerged = [...one, happened('ada', '05-02', 'LeadUnmerged', { mergedLeadId: 'bea', mergeNumber: 0 })];
    expect(foldAll(leads, unmerged).get('ada')).toEqual(foldAll(leads, people).get('ada'));
  });

  it('are found by what the filters say', async () => {
    const models = await store([...people, happened('dan', '03-01', 'LeadQualified', { definition: 'mql@1' })]);
    expect(await models.count(leads, whereOf({ stage: 'mql' }))).toBe(1);
    expect(await models.count(leads, whereOf({ source: 'web', stage: 'lead' }))).toBe(3);
    expect(await models.count(leads, whereOf({ capturedFrom: on('01-01'), capturedTo: on('01-02') }))).toBe(4);
    expect(await models.count(leads, whereOf({ capturedTo: on('01-01') }))).toBe(0);
  });
});
