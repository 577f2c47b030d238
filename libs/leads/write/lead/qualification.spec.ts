import { DAY_MS, fromMs, Refused, toMs, type Definition, type Json } from '@baton/kernel';
import { specFor } from '@baton/kernel/testing';
import type { Criterion } from '@baton/definitions';
import { leadDecider } from './lead.decider';
import type { LeadEvent } from './lead.events';
import { isCapturedLead } from './lead.model';
import type { LeadTouch } from './merged-facts.events';

const given = specFor(leadDecider);
const NOW = '2024-03-31T12:00:00.000Z';
const daysAgo = (days: number) => fromMs(toMs(NOW) - days * DAY_MS);
const leadId = 'ada';
const agreed = (kind: string, body: unknown, version = 1): Definition => ({
  ...{ kind, version, ref: `${kind}@${version}` },
  body: body as Json,
});
const touchOf = (data: object) => ({ leadId, team: 'marketing', ...data }) as const;
const touched = (days: number, data: object) =>
  ({ type: 'TouchRecorded', data: touchOf(data), occurredAt: daysAgo(days) }) as LeadEvent & { occurredAt: string };
const record = (data: object) => ({ type: 'RecordTouch', data: touchOf(data) }) as never;
const page = { action: 'page-view', page: '/product/forecast' };

/** Downloaded our pricing guide AND works for a company with 50+ employees AND has visited our product pages three times in the past month. */
const criteria = {
  all: [
    { touches: { action: 'download', content: 'pricing-guide' }, gte: 1 },
    { field: 'employees', gte: 50 },
    { touches: { action: 'page-view', page: '/product*' }, gte: 3, within: 'P30D' },
  ],
} satisfies Criterion;
const mql = agreed('mql', { criteria });
const captured = (employees?: number) =>
  ({
    type: 'LeadCaptured',
    data: { leadId, ...(employees !== undefined && { employees }) },
    occurredAt: daysAgo(300),
  }) as const;
const guide = touched(90, { action: 'download', content: 'pricing-guide' });
const decidedBy = (scene: ReturnType<typeof given>, command: unknown) => scene.when(command as never).decided();
const types = (facts: unknown) => (facts as { type: string }[]).map(({ type }) => type);

describe('a lead', () => {
  const ready = (employees: number, first = 29) =>
    given(captured(employees), guide, touched(first, page), touched(10, page)).at(NOW).under(mql);
  it('is qualified on its third visit, in the same append, with the three visits as evidence', () => {
    const facts = decidedBy(ready(50), record(page));
    expect(facts).toMatchObject([
      { type: 'TouchRecorded' },
      {
        type: 'LeadQualified',
        data: {
          leadId,
          definition: 'mql@1',
          evidence: {
            because: ['all.0', 'all.1', 'all.2'],
            leaves: [
              { touches: ['event-1'] },
              { value: 50 },
              { value: 3, touches: ['event-2', 'event-3', 'decided-0'] },
            ],
          },
        },
      },
    ]);
    for (const { type, data } of facts as LeadEvent[])
      expect(leadDecider.events.schemas.get(type)!.faultOf(data)).toBeUndefined();
  });
  it('of a company of 49 is not, nor one whose first visit is 31 days old', () => {
    expect(types(decidedBy(ready(49), record(page)))).toEqual(['TouchRecorded']);
    expect(types(decidedBy(ready(50, 31), record(page)))).toEqual(['TouchRecorded']);
    expect(types(decidedBy(ready(50, 30), record(page)))).toEqual(['TouchRecorded', 'LeadQualified']);
  });
  it('cannot be qualified by people, and the refusal names the leaf that failed', () => {
    const refused = decidedBy(ready(49), { type: 'QualifyLead', data: { leadId } });
    expect(refused).toBeInstanceOf(Refused);
    expect(refused).toMatchObject({ code: 'lead/criteria-not-met', details: { because: ['all.1', 'all.2'] } });
    expect((refused as Refused).message).toContain('employees gte 50');
  });
  it.each(['', '   '])('has no company if it is called "%s"', (company) => {
    const known = agreed('mql', { criteria: { field: 'company', exists: true } });
    const capture = (name: string) =>
      ({ type: 'CaptureLead', data: { leadId, source: 'web', company: name } }) as const;
    expect(types(given().at(NOW).under(known).when(capture(company)).decided())).toEqual(['LeadCaptured']);
    expect(types(given().at(NOW).under(known).when(capture('Example')).decided())).toContain('LeadQualified');
    const changed = { type: 'LeadProfileChanged', data: { leadId, company } } as LeadEvent;
    const before = { type: 'LeadCaptured', data: { leadId, company: 'Example' } } as LeadEvent;
    const again = given(before, changed)
      .at(NOW)
      .under(known)
      .when({ type: 'ReevaluateLead', data: { leadId } } as never);
    expect(again.decided()).toEqual([]);
  });
  it('cannot be qualified by another system either', () => {
    const meta = { actor: 'connector:crm', origin: 'connector' };
    const qualify = { type: 'QualifyLead', data: { leadId, external: 'crm' }, meta };
    expect(decidedBy(ready(49), qualify)).toMatchObject({ code: 'lead/criteria-not-met' });
  });
  it('is qualified by a change of its profile', () => {
    const scene = given(captured(49), guide, ...[20, 10, 5].map((days) => touched(days, page)))
      .at(NOW)
      .under(mql);
    const change = { type: 'UpdateLead', data: { leadId, employees: 80 } };
    expect(types(decidedBy(scene, change))).toEqual(['LeadProfileChanged', 'LeadQualified']);
  });
  it('is qualified by its capture alone, if that is all that was agreed', () => {
    const fit = agreed('mql', { criteria: { field: 'employees', gte: 50 } });
    const capture = { type: 'CaptureLead', data: { leadId, employees: 50 } };
    expect(types(decidedBy(given().under(fit), capture))).toEqual(['LeadCaptured', 'LeadQualified']);
  });
  it('is evaluated again when the definitions change, once', () => {
    const scene = given(captured(30), touched(200, page))
      .at(NOW)
      .under(agreed('mql', { criteria: { touches: {}, gte: 1 } }, 2));
    const again = { type: 'ReevaluateLead', data: { leadId } };
    expect(decidedBy(scene, again)).toMatchObject([{ type: 'LeadQualified', data: { definition: 'mql@2' } }]);
    const qualified = { type: 'LeadQualified', data: { leadId, definition: 'mql@2' } } as const;
    expect(decidedBy(given(captured(30), touched(200, page), qualified).under(mql), again)).toEqual([]);
    expect(decidedBy(given(), again)).toMatchObject({ code: 'lead/unknown' });
  });
  it('counts a visit recorded late together with the later ones', () => {
    const scene = given(captured(50), guide, touched(9, page), touched(8, page)).at(daysAgo(12)).under(mql);
    expect(decidedBy(scene, record(page))).toMatchObject([
      { type: 'TouchRecorded' },
      {
        type: 'LeadQualified',
        occurredAt: daysAgo(8),
        data: { evidence: { leaves: [{}, {}, { touches: ['event-2', 'event-3', 'decided-0'] }] } },
      },
    ]);
  });
  it('that was rejected is qualified again with the next touch, and not before', () => {
    const handedOff = { type: 'LeadHandedOff', data: { leadId, rep: 'rita', definition: 'mql@1', count: 1 } } as const;
    const rejected = { type: 'LeadRejected', data: { leadId, definition: 'mql@1', reason: 'no-need' } } as const;
    const past = [captured(50), guide, ...[9, 8, 7].map((days) => touched(days, page)), handedOff, rejected];
    const scene = given(...past.map((event) => ({ occurredAt: daysAgo(5), ...event })))
      .at(NOW)
      .under(mql);
    expect(decidedBy(scene, { type: 'ReevaluateLead', data: { leadId } })).toEqual([]);
    expect(types(decidedBy(scene, record({ action: 'e-mail-click' })))).toEqual([
      'TouchRecorded',
      'LeadReengaged',
      'LeadQualified',
    ]);
  });
  it('that is re-engaged at its date is qualified at that instant', () => {
    const reengageAt = daysAgo(3);
    const recycled = {
      type: 'LeadRecycled',
      data: { leadId, reason: 'no-timing', reengageAt },
      occurredAt: daysAgo(6),
    } as const;
    const past = [captured(50), guide, ...[20, 15, 10].map((days) => touched(days, page)), recycled];
    expect(
      decidedBy(
        given(...past)
          .at(NOW)
          .under(mql),
        { type: 'AdvanceClock', data: { leadId } },
      ),
    ).toMatchObject([
      { type: 'LeadReengaged', occurredAt: reengageAt },
      { type: 'LeadQualified', occurredAt: reengageAt },
    ]);
  });
  it('that was merged waits for the survivor, and is evaluated again when it is separate', () => {
    const merged = { type: 'LeadMergedInto', data: { leadId, survivorId: 'bea', mergeNumber: 0 } } as const;
    const scene = given(captured(50), guide, touched(9, page), touched(8, page), { ...merged, occurredAt: daysAgo(7) });
    expect(types(decidedBy(scene.at(NOW).under(mql), record(page)))).toEqual(['TouchRecorded']);
    const alone = given(captured(50), guide, ...[9, 8, 7].map((days) => touched(days, page)), {
      ...merged,
      occurredAt: daysAgo(6),
    });
    const unmerge = { type: 'FollowUnmerge', data: { leadId, survivorId: 'bea', mergeNumber: 0 } };
    expect(types(decidedBy(alone.at(NOW).under(mql), unmerge))).toEqual(['LeadUnmergedFrom', 'LeadQualified']);
  });
  it('is left to people if only a statement is agreed', () =>
    expect(
      decidedBy(given(captured(5)).under(agreed('mql', { statement: 'Worth a call.' })), {
        type: 'QualifyLead',
        data: { leadId, evidence: { said: 'at the fair' } },
      }),
    ).toEqual([{ type: 'LeadQualified', data: { leadId, definition: 'mql@1', statement: { said: 'at the fair' } } }]));
});

describe('the scoring model in force', () => {
  const body = {
    threshold: 30,
    fit: { rules: [{ code: 'size', when: { field: 'employees', gte: 50 }, points: 10 }] },
    engagement: { rules: [{ code: 'pricing', touches: { page: '/pricing' }, points: 15, halfLife: 'P10D' }] },
  };
  const model = agreed('scoring-model', body, 4);
  const visit = { action: 'page-view', page: '/pricing' };
  it('qualifies at its threshold, in the same append, with its explanation', () => {
    const scene = given(captured(50), touched(10, visit)).at(NOW).under(model);
    expect(decidedBy(scene, record(visit))).toMatchObject([
      { type: 'TouchRecorded' },
      {
        type: 'LeadQualified',
        data: {
          definition: 'scoring-model@4',
          evidence: {
            hundredths: 3250,
            lines: [
              { code: 'size', hundredths: 1000 },
              { code: 'pricing', hundredths: 2250, hits: 2, touches: ['event-1', 'decided-0'] },
            ],
          },
        },
      },
    ]);
    expect(
      types(decidedBy(given(captured(50), touched(20, visit)).at(NOW).under(model), record({ action: 'call' }))),
    ).toEqual(['TouchRecorded']);
  });
  it('is used by a leaf of the criteria', () => {
    const warm = agreed('mql', { criteria: { score: 'engagement', gte: 15 } });
    const cold = { ...body, threshold: undefined };
    const scene = given(captured(5)).at(NOW);
    expect(types(decidedBy(scene.under(warm, agreed('scoring-model', cold)), record(visit)))).toContain(
      'LeadQualified',
    );
    expect(types(decidedBy(scene.under(warm), record(visit)))).not.toContain('LeadQualified');
  });
});

describe('the definitions of sales stages', () => {
  const handedOff = { type: 'LeadHandedOff', data: { leadId, rep: 'rita', definition: 'mql@1', count: 1 } } as const;
  const accepted = { type: 'LeadAccepted', data: { leadId, rep: 'rita', definition: 'mql@1' } } as const;
  const sql = agreed('sql', {
    criteria: { all: [{ answer: 'need' }, { any: [{ answer: 'budget' }, { answer: 'timeline' }] }] },
  });
  const scene = given(captured(50), handedOff, accepted).under(sql);
  const qualify = (answers: object) => ({ type: 'SalesQualifyLead', data: { leadId, ...answers } });
  it('require the answers, and keep them as evidence', () => {
    expect(decidedBy(scene, qualify({ need: 'speed', timeline: 'May' }))).toMatchObject([
      {
        type: 'LeadSalesQualified',
        data: { definition: 'sql@1', need: 'speed', evidence: { because: ['all.0', 'all.1.any.1'] } },
      },
    ]);
    // The answers are personal: evidence says only that they exist.
    const [fact] = decidedBy(scene, qualify({ need: 'speed', timeline: 'May' })) as readonly LeadEvent[];
    expect(JSON.stringify((fact!.data as { evidence: Json }).evidence)).not.toMatch(/speed|May/);
    expect(decidedBy(scene, qualify({ need: 'speed', budget: ' ' }))).toMatchObject({
      code: 'lead/criteria-not-met',
      details: { definition: 'sql@1', because: ['all.1.any.0', 'all.1.any.1'] },
    });
  });
  it('decide what a rep may accept', () => {
    const sal = agreed('sal', { criteria: { field: 'country', in: ['Germany'] } });
    const accept = { type: 'AcceptLead', data: { leadId } };
    expect(decidedBy(given(captured(50), handedOff).under(sal), accept)).toMatchObject({
      code: 'lead/criteria-not-met',
      details: { definition: 'sal@1' },
    });
    expect(types(decidedBy(given(captured(50), handedOff), accept))).toEqual(['LeadAccepted']);
  });
});

describe('the touches of a lead', () => {
  it('do not change, whatever is recorded after', () => {
    const before = given(captured(50), touched(9, page)).state();
    const at = (id: string, state = before) =>
      leadDecider.evolve(state, { ...touched(1, page), id } as Parameters<typeof leadDecider.evolve>[1]);
    const [one, other] = [at('a'), at('b')];
    const ids = (state: typeof before) =>
      'person' in state
        ? Array.from({ length: state.person.touches.length }, (_, index) => state.person.touches.at(index)!.id)
        : [];
    expect([before, one, other, at('c', one), at('a')].map(ids)).toEqual([
      ['event-1'],
      ['event-1', 'a'],
      ['event-1', 'b'],
      ['event-1', 'a', 'c'],
      ['event-1', 'a'],
    ]);
  });
});

describe('a visit of a visitor identified as the person', () => {
  const visit = (id: string, days: number, data: object) =>
    ({ id, at: daysAgo(days), team: 'marketing', ...data }) as LeadTouch;
  const join = (...visits: readonly LeadTouch[]) => ({ type: 'JoinVisits', data: { leadId, visitorId: 'v', visits } });
  const first = visit('v-1', 90, { action: 'download', content: 'pricing-guide', source: 'fair' });
  const pages = [29, 10, 5].map((days, n) => visit(`v-${n + 2}`, days, page));
  const state = (...past: readonly LeadEvent[]) => {
    const known = given(...past).state();
    if (!isCapturedLead(known)) throw new Error('the lead was captured');
    return known.person;
  };

  it('qualifies as a touch does, with equal events', () => {
    const byVisits = decidedBy(given(captured(50)).at(NOW).under(mql), join(first, ...pages));
    const byTouches = decidedBy(
      given(captured(50), guide, touched(29, page), touched(10, page)).at(NOW).under(mql),
      record(page),
    );
    expect(types(byVisits)).toEqual(['LeadVisitsJoined', 'LeadQualified']);
    const evidence = (facts: unknown) =>
      JSON.stringify((facts as { data: object }[])[1]!.data).replaceAll(/"(v|event|decided)-\d+"/g, '"touch"');
    expect(evidence(byVisits)).toBe(evidence(byTouches));
  });
  it('has its place in time: the first touch is the earliest of all, and counts include each once', () => {
    const late = touched(80, { action: 'call' });
    const [joined] = decidedBy(given(captured(5), late).at(NOW), join(pages[0]!, first)) as LeadEvent[];
    expect(joined).toMatchObject({ type: 'LeadVisitsJoined', data: { visits: [{ id: 'v-1' }, { id: 'v-2' }] } });
    const person = state(captured(5), late, joined!);
    expect(person.firstTouch).toMatchObject({ id: 'v-1', at: daysAgo(90), source: 'fair' });
    expect(person.touches.length).toBe(3);
    expect(decidedBy(given(captured(5), late, joined!).at(NOW), join(first))).toEqual([]);
  });
  it('re-engages a lead that was returned before it, at its own instant', () => {
    const recycled = {
      type: 'LeadRecycled',
      data: { leadId, reason: 'no-timing' },
      occurredAt: daysAgo(20),
    } as const;
    const past = [captured(5), { type: 'LeadHandedOff', data: handedOff, occurredAt: daysAgo(30) }, recycled] as const;
    expect(decidedBy(given(...past).at(NOW), join(first))).toMatchObject([{ type: 'LeadVisitsJoined' }]);
    expect(decidedBy(given(...past).at(NOW), join(...pages))).toMatchObject([
      { type: 'LeadVisitsJoined' },
      { type: 'LeadReengaged', occurredAt: daysAgo(10), data: { cause: 'touch' } },
    ]);
  });
  it('of a merged lead is copied to the survivor', () => {
    const merged = { type: 'LeadMergedInto', data: { leadId, survivorId: 'bea', mergeNumber: 0 } } as const;
    expect(decidedBy(given(captured(50), merged).at(NOW).under(mql), join(first, ...pages))).toMatchObject([
      { type: 'LeadVisitsJoined', data: { survivorId: 'bea' } },
    ]);
  });
});
const handedOff = { leadId, rep: 'rep', definition: 'mql@1', count: 1 };
