import fc from 'fast-check';
import { DAY_MS, fromMs, type Definition, type Instant } from '@baton/kernel';
import { foldAll, repetitions } from '@baton/kernel/testing';
import { handoffs } from '@baton/sales-sla';
import { agreedOn, anyHistory, anyModel, START } from './support/judging';
import { mergeWorld } from './support/merge-world';
import { isCapturedLead, type CapturedLead } from '../libs/leads/write/lead/lead.model';
import { isQualified } from '../libs/leads/write/lead/qualification.rules';
import { scoreAt } from '../libs/leads/write/lead/score.model';
import { deliveries } from '../libs/leads/read/deliveries/deliveries.projection';
import { leads } from '../libs/leads/read/leads/leads.read-model';

const day = (days: number): Instant => fromMs(START + days * DAY_MS);

type World = ReturnType<typeof mergeWorld>;
const touch = (it: World, leadId: string, days: number, page = '/pricing') =>
  it.send(leadId, 'RecordTouch', { action: 'page-view', team: 'marketing', page }, day(days));
const merge = (it: World, survivor: string, mergedLeadId: string, days: number) =>
  it.send(survivor, 'MergeLead', { mergedLeadId }, day(days));
const unmerge = (it: World, survivor: string, mergedLeadId: string, days: number) =>
  it.send(survivor, 'UnmergeLead', { mergedLeadId }, day(days));
/** What the list of leads shows of a person. */
const shown = (it: World, leadId: string) => {
  const { touches, firstTouchAt, lastTouchAt, employees, source } = foldAll(leads, it.log).get(leadId)!;
  return { touches, firstTouchAt, lastTouchAt, employees, source };
};
const judgement = ({ person }: CapturedLead, it: World, now: Instant) => {
  const model = it.definition('scoring-model');
  const { hundredths, fit, engagement } = scoreAt(model!.body as never, person, now);
  return { hundredths, fit, engagement, met: isQualified(person, now, it.definition), profile: person.profile };
};

describe('leads of one person', () => {
  const criteria = { touches: { page: '/pricing' }, gte: 3, within: 'P30D' };
  const mql = agreedOn('mql', { criteria });
  const two = async (...definitions: readonly Definition[]) => {
    const it = mergeWorld(...definitions);
    await it.send('ada', 'CaptureLead', { country: 'Norway' }, day(0));
    await it.send('ada-2', 'CaptureLead', { country: 'Sweden', employees: 80 }, day(0));
    return it;
  };
  it('are evaluated on the touches of both, in the append that adds them', async () => {
    const it = await two(mql);
    for (const [id, days] of [
      ['ada', 1],
      ['ada-2', 2],
      ['ada-2', 3],
    ] as const)
      await touch(it, id, days);
    await merge(it, 'ada', 'ada-2', 4);
    expect(it.types('ada').slice(-3)).toEqual(['LeadMerged', 'MergedFactsAdded', 'LeadQualified']);
    expect(it.lead('ada').person.profile).toEqual({ country: 'Norway', employees: 80 });
    await unmerge(it, 'ada', 'ada-2', 5);
    expect(it.lead('ada').stage).toBe('lead'); // nobody had acted on it
    expect(it.lead('ada').person.profile).toEqual({ country: 'Norway' });
    expect(it.log.findLast(({ type }) => type === 'LeadUnmerged')!.data).toMatchObject({ becomes: { stage: 'lead' } });
  });
  it('record later events of the merged lead', async () => {
    const it = await two(mql);
    await merge(it, 'ada', 'ada-2', 1);
    for (const days of [2, 3, 4]) await touch(it, 'ada-2', days);
    expect(it.lead('ada').stage).toBe('mql');
    expect(it.lead('ada-2').stage).toBe('lead');
  });
  it('have the higher stage, and their own stages after an unmerge', async () => {
    const it = await two();
    for (const [type, data] of [
      ['QualifyLead', { external: 'crm' }],
      ['HandOffLead', { rep: 'rita' }],
      ['AcceptLead', {}],
    ] as const)
      await it.send('ada-2', type, data, day(1));
    await merge(it, 'ada', 'ada-2', 2);
    expect(it.lead('ada')).toMatchObject({ stage: 'sal', rep: 'rita', definition: 'external:crm' });
    await unmerge(it, 'ada', 'ada-2', 3);
    expect(it.lead('ada').stage).toBe('lead');
    expect(it.lead('ada-2').stage).toBe('sal');
    await merge(it, 'ada', 'ada-2', 4);
    await it.send('ada', 'RecycleLead', { reason: 'no-budget' }, day(5));
    await unmerge(it, 'ada', 'ada-2', 6);
    expect(it.lead('ada')).toMatchObject({ stage: 'recycled', since: day(5) }); // its own move stays
  });
  it('take over a qualification as their own, so that a rep is chosen', async () => {
    const it = await two(agreedOn('mql', { statement: 'Worth a call.' }));
    await it.send('ada-2', 'QualifyLead', {}, day(1));
    await merge(it, 'ada', 'ada-2', 2);
    expect(it.log.at(-1)).toMatchObject({ type: 'LeadQualified', data: { leadId: 'ada', definition: 'mql@1' } });
    await unmerge(it, 'ada', 'ada-2', 3);
    expect(it.lead('ada').stage).toBe('lead');
  });
  it('count as returned only if all were', async () => {
    for (const days of [1, 5]) {
      const it = await two();
      await it.send('ada-2', 'QualifyLead', { external: 'crm' }, day(1));
      await it.send('ada-2', 'HandOffLead', { rep: 'rita' }, day(2));
      await it.send('ada-2', 'RecycleLead', { reason: 'no-budget' }, day(3));
      await touch(it, 'ada', days);
      await merge(it, 'ada', 'ada-2', 6);
      expect(it.lead('ada').stage).toBe('lead');
      await unmerge(it, 'ada', 'ada-2', 7);
      expect(it.lead('ada').stage).toBe('lead');
    }
  });
  it('are qualified if one is and the other was returned, in either direction', async () => {
    for (const survivor of ['ada', 'ada-2'] as const) {
      const it = await two(agreedOn('mql', { statement: 'Worth a call.' }));
      await it.send('ada', 'QualifyLead', {}, day(1));
      await it.send('ada', 'HandOffLead', { rep: 'rita' }, day(1));
      await it.send('ada', 'RecycleLead', { reason: 'no-budget' }, day(2));
      await it.send('ada-2', 'QualifyLead', {}, day(3));
      await merge(it, survivor, survivor === 'ada' ? 'ada-2' : 'ada', 4);
      expect([survivor, it.lead(survivor).stage]).toEqual([survivor, 'mql']);
      await unmerge(it, survivor, survivor === 'ada' ? 'ada-2' : 'ada', 5);
      expect([it.lead('ada').stage, it.lead('ada-2').stage]).toEqual(['recycled', 'mql']);
    }
  });
  it('are disqualified if one is, unless one is a customer', async () => {
    for (const survivor of ['ada', 'ada-2'] as const) {
      const other = survivor === 'ada' ? 'ada-2' : 'ada';
      const it = await two();
      await it.send('ada-2', 'DisqualifyLead', { reason: 'competitor' }, day(1));
      await merge(it, survivor, other, 2);
      expect(it.lead(survivor).stage).toBe('disqualified');
      await unmerge(it, survivor, other, 3);
      expect([it.lead('ada').stage, it.lead('ada-2').stage]).toEqual(['lead', 'disqualified']);
      await it.send('ada', 'ConvertLead', { external: 'crm', opportunityId: 'deal' }, day(4));
      await it.send('ada', 'NoteOpportunityWon', { opportunityId: 'deal' }, day(5));
      await merge(it, survivor, other, 6);
      expect(it.lead(survivor).stage).toBe('customer');
    }
  });
  it('answer for the handoff of the merged lead', async () => {
    const it = await two();
    await it.send('ada-2', 'QualifyLead', { external: 'crm' }, day(1));
    await it.send('ada-2', 'HandOffLead', { rep: 'rita' }, day(2));
    await merge(it, 'ada', 'ada-2', 3);
    const handoffOf = () =>
      foldAll(handoffs, it.log)
        .get('ada-2')!
        .handoffs.map(({ disposition, givenBack }) => [disposition, givenBack]);
    expect(foldAll(handoffs, it.log).get('ada')).toMatchObject({ since: day(2), limboAt: day(4), handoffs: [] });
    expect(handoffOf()).toEqual([['waiting', undefined]]);
    await it.send('ada', 'AcceptLead', {}, day(4));
    expect(it.log.at(-1)!.data).toMatchObject({ leadId: 'ada', handoffOf: 'ada-2' });
    expect(handoffOf()).toEqual([['accepted', undefined]]);
    await it.send('ada', 'RecycleLead', { reason: 'no-budget' }, day(5));
    expect(handoffOf()).toEqual([['accepted', 'recycled']]);
    expect(foldAll(handoffs, it.log).get('ada')).toMatchObject({ stage: 'recycled', waiting: false, handoffs: [] });
    expect(foldAll(handoffs, it.log).get('ada-2')!.stage).toBe('handed-off'); // by itself
  });
  it('no longer count a qualification that followed from a merge, once it is undone', async () => {
    const it = await two(mql);
    for (const [id, days] of [
      ['ada', 1],
      ['ada-2', 2],
      ['ada-2', 3],
    ] as const)
      await touch(it, id, days);
    const kinds = () => [...foldAll(deliveries, it.log).values()].map(({ leadId, kind }) => [leadId, kind]);
    await merge(it, 'ada', 'ada-2', 4);
    expect(kinds()).toEqual([['ada', 'qualified']]);
    await unmerge(it, 'ada', 'ada-2', 5);
    expect(kinds()).toEqual([['ada', 'taken-back']]);
  });
  it('return to the stage that each had, with its time, and to the same limbo', async () => {
    const it = await two();
    for (const id of ['ada', 'ada-2'] as const) {
      await it.send(id, 'QualifyLead', { external: 'crm' }, day(1));
      await it.send(id, 'HandOffLead', { rep: 'rita' }, day(id === 'ada' ? 2 : 3));
    }
    await it.send('ada-2', 'AcceptLead', {}, day(4));
    const standing = () =>
      (['ada', 'ada-2'] as const).map((id) => {
        const { stage, stageSince, rep } = foldAll(leads, it.log).get(id)!;
        const { waiting, limboAt } = foldAll(handoffs, it.log).get(id)!;
        return { stage, stageSince, rep, waiting, limboAt };
      });
    const before = standing();
    await merge(it, 'ada', 'ada-2', 5);
    expect(standing()[0]).toMatchObject({ stage: 'sal', stageSince: day(4), limboAt: null });
    await unmerge(it, 'ada', 'ada-2', 6);
    expect(standing()).toEqual(before);
  });
  it('record the deals of each other', async () => {
    const it = await two();
    await it.send('ada-2', 'JoinOpportunity', { opportunityId: 'deal' }, day(1));
    for (const [type, data] of [
      ['QualifyLead', { external: 'crm' }],
      ['SalesQualifyLead', { external: 'crm' }],
      ['ConvertLead', { external: 'crm', opportunityId: 'deal' }],
    ] as const)
      await it.send('ada-2', type, data, day(2));
    await merge(it, 'ada', 'ada-2', 3);
    expect(it.lead('ada').stage).toBe('opportunity');
    await it.send('ada-2', 'NoteOpportunityWon', { opportunityId: 'deal' }, day(4));
    expect(it.lead('ada').stage).toBe('customer');
  });
  it('show the deals and visitors of each, as of now, on the survivor', async () => {
    const it = await two();
    await it.send('ada-2', 'JoinOpportunity', { opportunityId: 'before' }, day(1));
    await it.send('ada', 'LinkVisitor', { visitorId: 'own' }, day(1));
    await it.send('ada-2', 'LinkVisitor', { visitorId: 'early' }, day(1));
    const list = () => foldAll(leads, it.log).get('ada')!;
    const ids = () => [list().opportunityIds, list().visitorIds];
    await merge(it, 'ada', 'ada-2', 2);
    expect(ids()).toEqual([['before'], ['own', 'early']]);
    await it.send('ada-2', 'LinkVisitor', { visitorId: 'late' }, day(3));
    expect(ids()).toEqual([['before'], ['own', 'early', 'late']]);
    await it.send('ada-2', 'JoinOpportunity', { opportunityId: 'after' }, day(3));
    expect(ids()[0]).toEqual(['before', 'after']);
    await it.send('ada-2', 'LeaveOpportunity', { opportunityId: 'before' }, day(4));
    expect(ids()[0]).toEqual(['after']);
    await it.send('ada-2', 'UpdateLead', { industry: 'Steel' }, day(4));
    expect(list().industry).toBe('Steel');
    await unmerge(it, 'ada', 'ada-2', 5);
    expect(list()).toMatchObject({ opportunityIds: [], visitorIds: ['own'] });
    expect(list()).not.toHaveProperty('industry');
  });
  it('pass on the deals and visitors of a merged lead along a chain', async () => {
    const it = await two();
    await it.send('eve', 'CaptureLead', { country: 'Chad' }, day(0));
    await it.send('eve', 'JoinOpportunity', { opportunityId: 'deal' }, day(1));
    await it.send('eve', 'LinkVisitor', { visitorId: 'visits' }, day(1));
    await merge(it, 'ada-2', 'eve', 2);
    await merge(it, 'ada', 'ada-2', 3);
    const ids = () => foldAll(leads, it.log).get('ada')!;
    expect(ids()).toMatchObject({ opportunityIds: ['deal'], visitorIds: ['visits'] });
    await it.send('eve', 'JoinOpportunity', { opportunityId: 'another' }, day(4));
    expect(ids()).toMatchObject({ opportunityIds: ['deal', 'another'] });
    await unmerge(it, 'ada-2', 'eve', 5);
    expect(ids()).toMatchObject({ opportunityIds: [], visitorIds: [] });
  });
  it('pass on the current value of each fact, however late it was recorded, and remove cleared ones', async () => {
    const it = await two();
    await merge(it, 'ada', 'ada-2', 2);
    const industry = () => [foldAll(leads, it.log).get('ada')!.industry, it.lead('ada').person.profile.industry];
    await it.send('ada-2', 'UpdateLead', { industry: 'Steel' }, day(6));
    await it.send('ada-2', 'UpdateLead', { industry: 'Wood' }, day(4));
    expect(industry()).toEqual(['Steel', 'Steel']);
    await it.send('ada-2', 'ClearLeadFact', { facts: ['industry'] }, day(7));
    expect(industry()).toEqual([undefined, undefined]);
    await it.send('ada', 'UpdateLead', { industry: 'Glass' }, day(8));
    expect(industry()).toEqual(['Glass', 'Glass']);
  });
  it('may have more touches than one event contains', async () => {
    const it = await two();
    for (let n = 0; n < 1001; n++) await touch(it, 'ada-2', n / 100);
    await merge(it, 'ada', 'ada-2', 20);
    expect(it.types('ada').filter((type) => type === 'MergedFactsAdded')).toHaveLength(3);
    expect(it.lead('ada').person.touches).toHaveLength(1001);
    await unmerge(it, 'ada', 'ada-2', 21);
    expect(it.lead('ada').person.touches).toHaveLength(0);
  });
  it('may have long page names', async () => {
    const it = await two();
    for (let n = 0; n < 450; n++) await touch(it, 'ada-2', n / 100, `/${'x'.repeat(480)}`);
    await merge(it, 'ada', 'ada-2', 20);
    const told = it.log.filter(({ type }) => type === 'MergedFactsAdded');
    expect(told.length).toBeGreaterThan(1);
    for (const { data } of told) expect(JSON.stringify(data).length).toBeLessThan(256 * 1024);
    expect(it.lead('ada').person.touches).toHaveLength(450);
  });

  const ids = ['ada', 'bea', 'cem'] as const;
  /** Which lead is merged into which, in this order: chains in both directions, and two into one. */
  const orders = fc.constantFrom(
    [['ada', 'bea']],
    [
      ['ada', 'bea'],
      ['ada', 'cem'],
    ],
    [
      ['bea', 'cem'],
      ['ada', 'bea'],
    ],
    [
      ['ada', 'bea'],
      ['cem', 'ada'],
    ],
  ) as fc.Arbitrary<[string, string][]>;
  const told = fc.tuple(
    anyHistory(24),
    fc.array(fc.constantFrom(...ids), { minLength: 24, maxLength: 24 }),
    fc.nat(24),
  );
  const now = day(75);
  const end = day(70);
  it('return to the stage that each would have had alone, with its time', async () => {
    const reached = new Set<string>();
    await fc.assert(
      fc.asyncProperty(told, orders, fc.nat(1), async ([drawn, on, before], order, undone) => {
        const touches = drawn.toSorted((a, b) => (a.at < b.at ? -1 : 1));
        const [together, apart] = [mergeWorld(mql), mergeWorld(mql)];
        for (const it of [together, apart])
          for (const id of ids) await it.send(id, 'CaptureLead', { source: 'web' }, day(-1));
        const join = async (at: Instant) => {
          for (const [to, mergedLeadId] of order) await together.send(to, 'MergeLead', { mergedLeadId }, at);
        };
        for (const [index, { at, page }] of touches.entries()) {
          if (index === before) await join(at);
          const contact = { action: 'page-view', team: 'marketing', page };
          for (const it of [together, apart]) await it.send(on[index]!, 'RecordTouch', contact, at);
        }
        if (before >= touches.length) await join(day(61));
        for (const [to, mergedLeadId] of undone ? order : [...order].reverse())
          await together.send(to, 'UnmergeLead', { mergedLeadId }, end);
        for (const id of ids) {
          const [stands, would] = [together, apart].map((it) => {
            const { stage, stageSince } = foldAll(leads, it.log).get(id)!;
            return { id, stage, stageSince, limboAt: foldAll(handoffs, it.log).get(id)?.limboAt ?? null };
          });
          expect(stands).toEqual(would);
          reached.add(would!.stage);
        }
      }),
      { numRuns: 150 },
    );
    expect([...reached].sort()).toEqual(['lead', 'mql']);
  });
  it('score and qualify like one lead with all their histories, and after an unmerge like leads never merged', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyModel,
        told,
        orders,
        fc.constantFrom(...ids),
        fc.nat(1),
        async (model, history, order, rich, undone) => {
          const definitions = [agreedOn('scoring-model', model), agreedOn('mql', { criteria })];
          const [together, one, apart] = [
            mergeWorld(...definitions),
            mergeWorld(...definitions),
            mergeWorld(...definitions),
          ];
          const survivor = order.at(-1)![0];
          const known = new Set(order.flat());
          const worlds = [together, apart] as const;
          for (const id of ids)
            for (const it of worlds)
              await it.send(
                id,
                'CaptureLead',
                id === rich ? { employees: 60, source: 'web' } : { source: 'web' },
                day(-1),
              );
          await one.send(
            survivor,
            'CaptureLead',
            known.has(rich) ? { employees: 60, source: 'web' } : { source: 'web' },
            day(-1),
          );
          const [touches, on, before] = history;
          // Every third contact is a visit, which is copied to the lead as recorded.
          const record = async (it: World, id: string, index: number) => {
            const { at, page } = touches[index]!;
            const contact = { action: 'page-view', team: 'marketing', page };
            const visits = [{ id: `visit-${index}`, at, ...contact }];
            return index % 3 === 0
              ? it.send(id, 'JoinVisits', { visitorId: `v-${id}`, visits }, at)
              : it.send(id, 'RecordTouch', contact, at);
          };
          const firstOf = ({ person: { firstTouch } }: CapturedLead) => firstTouch && [firstTouch.at, firstTouch.page];
          for (const index of touches.keys()) {
            if (index === before) for (const [to, from] of order) await merge(together, to, from, 0);
            const id = on[index]!;
            await Promise.all(worlds.map((it) => record(it, id, index)));
            if (known.has(id)) await record(one, survivor, index);
          }
          if (before >= touches.length) for (const [to, from] of order) await merge(together, to, from, 60);
          expect(judgement(together.lead(survivor), together, now)).toEqual(judgement(one.lead(survivor), one, now));
          expect(firstOf(together.lead(survivor))?.[0]).toBe(firstOf(one.lead(survivor))?.[0]);
          expect(shown(together, survivor)).toEqual(shown(one, survivor));

          // Undone from the near or the far end of a chain, completely or partly.
          for (const [to, from] of undone ? order : [...order].reverse())
            await together.send(to, 'UnmergeLead', { mergedLeadId: from }, end);
          for (const id of ids) {
            expect(judgement(together.lead(id), together, now)).toEqual(judgement(apart.lead(id), apart, now));
            expect(firstOf(together.lead(id))).toEqual(firstOf(apart.lead(id)));
            expect(shown(together, id)).toEqual(shown(apart, id));
            const { person } = together.lead(id);
            const seen = (it: CapturedLead['person']) => it.touches.length;
            expect([seen(person), person.latest, person.mergedFacts]).toEqual([
              seen(apart.lead(id).person),
              apart.lead(id).person.latest,
              undefined,
            ]);
          }
          expect(isCapturedLead(together.lead(survivor))).toBe(true);
        },
      ),
      { numRuns: repetitions(50, 1_500) },
    );
  });
});
