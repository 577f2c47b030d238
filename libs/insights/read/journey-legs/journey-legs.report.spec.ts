import fc from 'fast-check';
import { DAY_MS, fromMs, toMs, type StoredEvent } from '@baton/kernel';
import { recorded, repetitions } from '@baton/kernel/testing';
import { leads, leadStageStays, type LeadEvent } from '@baton/leads';
import { deals, dealStageStays, type OpportunityEvent } from '@baton/opportunities';
import { modelsOf } from '../../../../test/support/read-models';
import { figureOf } from '../../figures/catalogue.rules';
import { legs, type Leg } from '../../figures/facts/won-journeys.fact';
import { askFigures, rowsBehind, type Scope, builtInOfFigures } from '../../figures/figures.query';
import { journeyFigures } from '../../figures/journey-legs.figure';

const NOW = '2025-01-01T00:00:00.000Z';
const at = (hour: number) => fromMs(toMs('2024-01-01T00:00:00.000Z') + hour * 3_600_000);
const lead = (leadId: string, type: LeadEvent['type'], hour: number, data: object = {}) =>
  recorded({ type, data: { leadId, ...data } } as unknown as LeadEvent, { occurredAt: at(hour) });
const deal = (id: string, type: OpportunityEvent['type'], hour: number, data: object = {}) =>
  recorded({ type, data: { opportunityId: id, leadIds: [], ...data } } as unknown as OpportunityEvent, {
    occurredAt: at(hour),
  });
const definition = 'mql@1';
/** What makes the beginning of a leg. */
const begin: Readonly<Record<Leg, (id: string, hour: number) => StoredEvent>> = {
  'first-touch': (id, hour) => lead(id, 'TouchRecorded', hour, { action: 'visit', team: 'marketing' }),
  lead: (id, hour) => lead(id, 'LeadCaptured', hour),
  mql: (id, hour) => lead(id, 'LeadQualified', hour, { definition }),
  handoff: (id, hour) => lead(id, 'LeadHandedOff', hour, { definition, rep: 'rita', count: 1 }),
  sal: (id, hour) => lead(id, 'LeadAccepted', hour, { definition, rep: 'rita' }),
  sql: (id, hour) => lead(id, 'LeadSalesQualified', hour, { definition }),
  opportunity: (id, hour) => deal(id, 'OpportunityOpened', hour, { stage: 'demo' }),
  proposal: (id, hour) => deal(id, 'ProposalSent', hour),
};
const withContact = (id: string, hour: number) => deal(id, 'ContactRoleAdded', hour, { leadId: id });
const won = (id: string, hour: number) => deal(id, 'OpportunityWon', hour);
const modelsFrom = (events: readonly StoredEvent[]) => modelsOf([leads, leadStageStays, deals, dealStageStays], events);

/** Days of each leg, or null where it was skipped, by figures of one deal. */
const legsOf = async (events: readonly StoredEvent[], scope: Partial<Scope> = {}) => {
  const { figures: answers } = await askFigures(
    await modelsFrom(events),
    journeyFigures,
    { filters: {}, ...scope },
    NOW,
    builtInOfFigures,
  );
  const value = (code: string) => answers.find(({ figure }) => figure.code === code)!.total[0]!;
  return {
    legs: legs.map((leg) => ({
      ...{ days: value(`${leg}-leg-mean`).value?.toNumber(), ms: value(`${leg}-leg-mean`).numerator! },
      skipped: value(`${leg}-leg-skipped`).numerator!,
    })),
    cycle: value('journey-mean'),
  };
};

describe('the journey by leg', () => {
  it('goes from the first touch to the win, by what came last before the next', async () => {
    const hours = [0, 24, 72, 96, 120, 168, 192, 240];
    const events = legs.map((leg, place) => begin[leg]('a', hours[place]!));
    const all = [
      ...[events[0]!, lead('a', 'TouchRecorded', 30, { action: 'visit', team: 'marketing' }), ...events.slice(1, 3)],
      ...[...events.slice(3, 7), withContact('a', 200), events[7]!, won('a', 312)],
    ];
    const found = await legsOf(all);
    expect(found.legs.map(({ days, skipped }) => [days, skipped])).toEqual(
      [1, 2, 1, 1, 2, 1, 2, 3].map((days) => [days, 0n]),
    );
    expect(found.cycle.value?.toNumber()).toBe(13);
  });

  it('has a leg of 0, marked, for what was skipped', async () => {
    const found = await legsOf([
      ...[begin.lead('a', 24), begin.sql('a', 48), begin.opportunity('a', 72), withContact('a', 72), won('a', 120)],
    ]);
    expect(found.legs.map(({ days, skipped }) => [days, Number(skipped)])).toEqual([
      ...[
        [0, 1],
        [1, 0],
        [0, 1],
        [0, 1],
        [0, 1],
        [1, 0],
        [2, 0],
      ],
      [0, 1],
    ]);
    expect(found.cycle.value?.toNumber()).toBe(4);
  });

  it('of a deal without people begins with its opening', async () => {
    const { cycle, legs: its } = await legsOf([begin.opportunity('a', 24), won('a', 48)]);
    expect([cycle.value?.toNumber(), its.filter(({ skipped }) => skipped === 0n).length]).toEqual([1, 1]);
  });

  it('has means that add up to that of the journey, and legs as they are found one by one', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            stages: fc.array(
              fc.tuple(fc.constantFrom<Leg>('mql', 'sql', 'mql', 'sql'), fc.integer({ min: 1, max: 400 })),
              {
                maxLength: 5,
              },
            ),
            ...{ touch: fc.option(fc.integer({ min: 0, max: 300 })), opened: fc.integer({ min: 0, max: 400 }) },
            ...{ proposal: fc.option(fc.integer({ min: 0, max: 500 })), closed: fc.integer({ min: 0, max: 500 }) },
          }),
          { minLength: 1, maxLength: 6 },
        ),
        async (all) => {
          const wanted = new Map<Leg, number>(legs.map((leg) => [leg, 0]));
          let whole = 0;
          const events = all.flatMap(({ stages, touch, opened, proposal, closed }, index) => {
            const id = `d${index}`;
            // Each stage once, so that a lead has been there: the events of a lead are in the order of their times.
            const moves = [['lead', 0] as const, ...stages.toSorted((a, b) => a[1] - b[1])];
            const entries = moves.filter(([stage], place) => stage !== moves[place - 1]?.[0]);
            const known = {
              ...{ 'first-touch': touch === null ? [] : [touch], opportunity: [opened] },
              proposal: proposal === null ? [] : [proposal],
              ...Object.fromEntries(
                (['lead', 'mql', 'sql'] as const).map((leg) => [
                  leg,
                  entries.filter(([stage]) => stage === leg).map(([, hour]) => hour),
                ]),
              ),
            } as Partial<Record<Leg, readonly number[]>>;
            let next = closed;
            for (const leg of legs.toReversed()) {
              const before = Math.max(...(known[leg] ?? []).filter((hour) => hour <= next));
              const start = before === -Infinity ? next : before;
              wanted.set(leg, wanted.get(leg)! + next - start);
              next = start;
            }
            whole += closed - next;
            return [
              ...moves.map(([stage, hour]) => begin[stage](id, hour)),
              ...(touch === null ? [] : [begin['first-touch'](id, touch)]),
              ...[begin.opportunity(id, opened), withContact(id, opened)],
              ...(proposal === null ? [] : [begin.proposal(id, proposal)]),
              won(id, closed),
            ];
          });
          const found = await legsOf(events);
          const hours = (ms: bigint) => Number(ms) / 3_600_000;
          expect(found.legs.map(({ ms }) => hours(ms))).toEqual(legs.map((leg) => wanted.get(leg)!));
          expect(found.legs.reduce((sum, { ms }) => sum + ms, 0n)).toBe(found.cycle.numerator);
          expect(hours(found.cycle.numerator!)).toBe(whole);
        },
      ),
      { numRuns: repetitions(40, 1_000) },
    ));

  it('is of the deals won in the period, with the deals behind it', async () => {
    const events = [24, 48].flatMap((hour, index) => [begin.opportunity(`d${index}`, 0), won(`d${index}`, hour)]);
    const scope = { from: at(40), to: at(60), filters: {} };
    expect((await legsOf(events, scope)).cycle.value?.toNumber()).toBe(2);
    const rows = await rowsBehind(
      await modelsFrom(events),
      figureOf('journey-mean'),
      scope,
      { side: 'denominator' },
      NOW,
      builtInOfFigures,
    );
    expect(rows.map(({ id, at: instant }) => [id, instant])).toEqual([['d1', fromMs(toMs(at(0)) + 2 * DAY_MS)]]);
  });
});
