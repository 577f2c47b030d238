import fc from 'fast-check';
import { Refused, type CommandMeta, type Context, type Instant, type StoredEvent } from '@baton/kernel';
import { foldAll, recorded, repetitions } from '@baton/kernel/testing';
import { handoffs } from '@baton/sales-sla';
import { leads } from '../libs/leads/read/leads/leads.read-model';
import { leadStageStays } from '../libs/leads/read/stage-stays/lead-stage-stays.read-model';
import { scoreFacts } from '@baton/scoring';
import { leadDecider } from '../libs/leads/write/lead/lead.decider';
import type { LeadCommand, LeadEvent } from '../libs/leads/write/lead/lead.events';
import { isCapturedLead, type Lead } from '../libs/leads/write/lead/lead.model';

const leadId = 'ada';
const at = (day: number): Instant => new Date(Date.UTC(2024, 0, 1) + day * 86_400_000).toISOString();
const meta: CommandMeta = { commandId: 'c', actor: 'import:crm', origin: 'connector', mode: 'backfill' };
const context = (day: number): Context => ({
  now: at(day),
  mode: 'backfill',
  definition: () => undefined,
  idOf: String,
});

/** A fact from a day on. */
interface Word {
  readonly day: number;
  readonly type: LeadCommand['type'];
  readonly data: object;
}
const told = (words: readonly Word[]) => {
  const events = [
    recorded({ type: 'LeadCaptured', data: { leadId, title: 'first', industry: 'Steel' } } as LeadEvent, {
      occurredAt: at(0),
    }),
  ];
  let state: Lead = leadDecider.evolve(leadDecider.initialState(), events[0]!);
  for (const { day, type, data } of words) {
    const command = { type, data: { leadId, ...data }, meta } as unknown as LeadCommand;
    const decided = leadDecider.decide(state, command, context(day));
    if (decided instanceof Refused) throw new Error(`${type}: ${decided.code}`);
    expect(decided).toHaveLength(1);
    for (const fact of decided) {
      const event = recorded(fact, { occurredAt: fact.occurredAt ?? at(day) });
      events.push(event);
      state = leadDecider.evolve(state, event);
    }
  }
  if (!isCapturedLead(state)) throw new Error('the lead was captured');
  return { events: events as readonly StoredEvent<LeadEvent>[], lead: state };
};
const shuffled = (words: fc.Arbitrary<readonly Word[]>) =>
  words.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray([...all], { minLength: all.length })));
const byDay = (words: readonly Word[]) => [...words].sort((a, b) => a.day - b.day);
const dayOf = (instant: Instant) => Math.round((Date.parse(instant) - Date.UTC(2024, 0, 1)) / 86_400_000);

const outcomeIn = (events: Parameters<typeof foldAll>[1]) =>
  foldAll(scoreFacts, events).get(leadId) as { readonly industry?: string };

describe('the profile of a lead, recorded in any order', () => {
  const names = ['title', 'company', 'industry', 'country', 'employees'] as const;
  const values: Readonly<Record<(typeof names)[number], readonly (string | number)[]>> = {
    title: Array.from({ length: 10 }, (_, n) => `Title ${n}`),
    company: Array.from({ length: 10 }, (_, n) => `Company ${n}`),
    industry: Array.from({ length: 10 }, (_, n) => `Industry ${n}`),
    country: ['DE', 'FR', 'IT', 'ES', 'PT', 'NL', 'BE', 'PL', 'SE', 'FI'],
    employees: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  };
  const words = fc
    .uniqueArray(fc.record({ day: fc.integer({ min: 1, max: 40 }), some: fc.subarray([...names], { minLength: 1 }) }), {
      selector: ({ day }) => day,
      maxLength: 8,
    })
    .chain((facts) => fc.record({ facts: fc.constant(facts), cleared: fc.boolean() }))
    .map(({ facts, cleared }) => [
      ...facts.map(({ day, some }, n): Word => ({
        ...{ day, type: 'UpdateLead' },
        data: Object.fromEntries(some.map((name) => [name, values[name][n]])),
      })),
      // The facts of the capture are known on every day; the others only after they were recorded.
      ...(cleared ? [{ day: 20.5, type: 'ClearLeadFact' as const, data: { facts: ['title'] } }] : []),
    ]);
  /** By the rules alone: of each fact the latest value up to a day. */
  const profileBy = (all: readonly Word[], day: number) => {
    const known: Record<string, unknown> = { title: 'first', industry: 'Steel' };
    for (const word of byDay(all).filter((one) => one.day <= day))
      if (word.type === 'UpdateLead') Object.assign(known, word.data);
      else delete known['title'];
    return known;
  };
  it('has the latest value of each fact, on every day', () =>
    fc.assert(
      fc.property(shuffled(words), ([all, order]) => {
        const { events, lead: state } = told(order);
        expect(state.person.profile).toEqual(profileBy(all, 99));
        for (const day of [1, 10, 20, 21, 30, 40]) {
          const cut = events.filter(({ occurredAt }) => occurredAt <= at(day));
          const doc = foldAll(leads, cut).get(leadId)! as unknown as Readonly<Record<string, unknown>>;
          const shown = Object.fromEntries(
            names.flatMap((name) => (doc[name] === undefined ? [] : [[name, doc[name]]])),
          );
          expect(shown).toEqual(profileBy(all, day));
          expect(outcomeIn(cut).industry).toBe(profileBy(all, day)['industry']);
        }
      }),
      { numRuns: repetitions(150, 5_000) },
    ));
});

describe('decisions of another system about a lead, recorded in any order', () => {
  const path = ['QualifyLead', 'HandOffLead', 'AcceptLead', 'SalesQualifyLead'] as const;
  const stages = { QualifyLead: 'mql', HandOffLead: 'handed-off', AcceptLead: 'sal', SalesQualifyLead: 'sql' } as const;
  const ends = { RejectLead: 'rejected', RecycleLead: 'recycled' } as const;
  const external = { external: 'crm' };
  const dataOf = (type: string) => ({
    ...external,
    ...(type === 'HandOffLead' && { rep: 'rita' }),
    ...(type in ends && { reason: type }),
  });
  /** Once or twice forward, some steps left out, on days that may be equal for steps of one way. */
  const words = fc
    .record({
      first: fc.subarray([...path], { minLength: 1 }),
      end: fc.constantFrom(undefined, 'RejectLead', 'RecycleLead'),
      second: fc.subarray([...path]),
      gaps: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 10, maxLength: 10 }),
    })
    .map(({ first, end, second, gaps }): readonly Word[] => {
      let day = 1;
      // Each step once: a repetition changes nothing.
      const again = second.filter((step) => !first.includes(step));
      const types = [...first, ...(end ? [end, ...again] : [])];
      return types.map((type, n) => {
        const turns = type in ends || types[n - 1]! in ends; // the order within one instant is unknown
        day += (gaps[n] ?? 1) + (turns ? 1 : 0);
        return { day, type: type as Word['type'], data: dataOf(type) };
      });
    });
  const stageBy = (all: readonly Word[], day: number) => {
    const last = all.filter((word) => word.day <= day).at(-1);
    return last ? { ...stages, ...ends }[last.type as keyof typeof stages] : 'lead';
  };
  it('newest first: the lead is at the latest stage, and its handoff has the outcome', () => {
    const word = (day: number, type: Word['type']): Word => ({ day, type, data: dataOf(type) });
    const { events, lead: state } = told([
      ...[word(40, 'SalesQualifyLead'), word(31, 'AcceptLead'), word(20, 'HandOffLead'), word(14, 'QualifyLead')],
    ]);
    expect(state.stage).toBe('sql');
    const { history, stageSince } = foldAll(leads, events).get(leadId)!;
    expect(history.map(({ stage }) => stage)).toEqual(['lead', 'mql', 'handed-off', 'sal', 'sql']);
    expect(stageSince).toBe(at(40));
    expect(foldAll(handoffs, events).get(leadId)).toMatchObject({
      waiting: false,
      handoffs: [{ at: at(20), disposition: 'accepted', disposedAt: at(31) }],
    });
    expect(outcomeIn(events)).toMatchObject({ stage: 'sql', sqlAt: at(40) });
  });
  it('end in the same stage, and had on each day the stage as if recorded oldest first', () =>
    fc.assert(
      fc.property(shuffled(words), ([all, order]) => {
        const { events, lead: state } = told(order);
        expect(state.stage).toBe(stageBy(all, 99));
        for (const day of all.map((word) => word.day)) {
          const cut = events.filter(({ occurredAt }) => occurredAt <= at(day));
          expect(foldAll(leads, cut).get(leadId)).toMatchObject({ stage: stageBy(all, day) });
          expect(foldAll(handoffs, cut).get(leadId)).toMatchObject({ stage: stageBy(all, day) });
          expect(outcomeIn(cut)).toMatchObject({ stage: stageBy(all, day) });
        }
      }),
      { numRuns: repetitions(150, 5_000) },
    ));
  it('make the same stays, which tile the time of the lead', () =>
    fc.assert(
      fc.property(shuffled(words), ([all, order]) => {
        const placeOf = (stage: string) => ['lead', ...Object.values(stages)].indexOf(stage as 'lead');
        const dayIn = (instant: Instant | null) => (instant === null ? null : dayOf(instant));
        const staysOf = (events: readonly StoredEvent[]) =>
          [...foldAll(leadStageStays, events).values()]
            .map(({ stage, visit, enteredAt, leftAt, exit, previousStage, nextStage }) => ({
              ...{
                stage,
                visit,
                from: dayOf(enteredAt),
                to: dayIn(leftAt),
                exit,
                previousStage,
                nextStage,
              },
            }))
            .sort((a, b) => a.from - b.from || (a.to ?? 999) - (b.to ?? 999) || placeOf(a.stage) - placeOf(b.stage));
        const { events, lead: state } = told(order);
        const stays = staysOf(events);
        expect(stays).toEqual(staysOf(told(all).events));
        expect(stays[0]).toMatchObject({ stage: 'lead', from: 0, previousStage: null });
        expect(stays.at(-1)).toMatchObject({ stage: state.stage, to: null, nextStage: null });
        for (const [index, { to, nextStage }] of stays.slice(0, -1).entries())
          expect(stays[index + 1]).toMatchObject({ from: to, stage: nextStage, previousStage: stays[index]!.stage });
        for (const { day } of all) expect(stays.findLast(({ from }) => from <= day)!.stage).toBe(stageBy(all, day));
      }),
      { numRuns: repetitions(150, 5_000) },
    ));
  it('make the same handoffs, each with its outcome', () =>
    fc.assert(
      fc.property(shuffled(words), ([all, order]) => {
        const handoffsOf = (some: readonly Word[]) =>
          foldAll(handoffs, told(some).events)
            .get(leadId)
            ?.handoffs.map(({ at: since, disposition, disposedAt, reason }) => ({
              ...{ day: dayOf(since), disposition, reason },
              disposedOn: disposedAt && dayOf(disposedAt),
            }));
        expect(handoffsOf(order)).toEqual(handoffsOf(all));
      }),
      { numRuns: repetitions(150, 5_000) },
    ));
});
