import fc from 'fast-check';
import { DAY_MS, fromMs, toMs, type Instant } from '@baton/kernel';
import { specFor } from '@baton/kernel/testing';
import type { FindDefinition } from '@baton/definitions';
import { agreedOn, anyCriteria, anyHistory, anyModel, plainlyQualified, START } from '../../../../test/support/judging';
import { nextQualified } from './qualification-forecast.rules';
import { leadDecider } from './lead.decider';
import type { LeadEvent } from './lead.events';
import { isQualified } from './qualification.rules';
import { TouchLog } from './touch-log.model';

const leadId = 'ada';
const given = specFor(leadDecider);
const day = (days: number): Instant => fromMs(START + days * DAY_MS);
const model = {
  threshold: 30,
  fit: { rules: [] },
  engagement: {
    rules: [
      { code: 'demo', touches: { action: 'demo' }, points: 40 },
      { code: 'careers', touches: { page: '/careers' }, points: -20, halfLife: 'P10D' },
    ],
  },
};
const quiet = { not: { touches: { action: 'complaint' }, gte: 1, within: 'P30D' } };
const captured = { type: 'LeadCaptured', data: { leadId }, occurredAt: day(0) } as const;
const touched = (days: number, data: object) =>
  ({ type: 'TouchRecorded', data: { leadId, team: 'marketing', ...data }, occurredAt: day(days) }) as LeadEvent & {
    occurredAt: Instant;
  };
const record = (data: object) =>
  ({ type: 'RecordTouch', data: { leadId, team: 'marketing', action: 'page-view', ...data } }) as never;
const advanceClock = { type: 'AdvanceClock', data: { leadId } } as never;
const careers = { action: 'page-view', page: '/careers' };
const qualifiesAt = (at: Instant | undefined, definitions: string[]) =>
  ({
    type: 'QualificationScheduled',
    data: { leadId, ...(at !== undefined && { at }), definitions },
    occurredAt: day(2),
  }) as const;
// −20 points are −10 after ten days, and a half of a hundredth sooner: 40 − 10.00 is reached at −1000.5 hundredths.
const crossing = fromMs(Math.ceil(START + 2 * DAY_MS + 10 * DAY_MS * Math.log2(2000 / 1000.5)));

describe('a lead that time alone qualifies', () => {
  const scene = given(captured, touched(1, { action: 'demo' })).under(agreedOn('scoring-model', model));
  it('is forecast in the same append, to the millisecond', () =>
    expect(scene.at(day(2)).when(record(careers)).decided()).toMatchObject([
      { type: 'TouchRecorded' },
      { type: 'QualificationScheduled', data: { at: crossing, definitions: ['scoring-model@1'] } },
    ]));
  const waiting = given(captured, touched(1, { action: 'demo' }), touched(2, careers), {
    ...qualifiesAt(crossing, ['scoring-model@1']),
  });
  it('is qualified at that instant and not before', () => {
    const under = waiting.under(agreedOn('scoring-model', model));
    expect(
      under
        .at(fromMs(toMs(crossing) - 1))
        .when(advanceClock)
        .decided(),
    ).toEqual([]);
    expect(under.at(day(40)).when(advanceClock).decided()).toMatchObject([
      { type: 'LeadQualified', occurredAt: crossing, data: { definition: 'scoring-model@1' } },
    ]);
  });
  it('is evaluated under the definitions in force by then', () => {
    const stricter = agreedOn('scoring-model', { ...model, threshold: 35 }, 2);
    expect(waiting.under(stricter).at(day(13)).when(advanceClock).decided()).toMatchObject([
      { type: 'QualificationScheduled', occurredAt: crossing, data: { definitions: ['scoring-model@2'] } },
    ]);
    expect(
      waiting
        .under(agreedOn('scoring-model', { ...model, threshold: 50 }, 3))
        .at(day(13))
        .when(advanceClock)
        .decided(),
    ).toEqual([
      { type: 'QualificationScheduled', occurredAt: crossing, data: { leadId, definitions: ['scoring-model@3'] } },
    ]);
  });
  it('is forecast again when something happens, and no longer once it has left', () => {
    const under = waiting.under(agreedOn('scoring-model', model)).at(day(5));
    const again = under.when(record(careers)).decided() as readonly { type: string; data: { at?: Instant } }[];
    expect(again.map(({ type }) => type)).toEqual(['TouchRecorded', 'QualificationScheduled']);
    expect(again[1]!.data.at! > crossing).toBe(true);
    const gone = given(...[captured, touched(1, { action: 'demo' }), touched(2, careers), qualifiesAt(crossing, [])], {
      type: 'LeadDisqualified',
      data: { leadId, reason: 'spam' },
      occurredAt: day(3),
    });
    expect(gone.under(agreedOn('scoring-model', model)).at(day(40)).when(advanceClock).decided()).toEqual([]);
  });
  it('needs no search if the score can only decay', () => {
    const fading = { ...model, engagement: { rules: [{ ...model.engagement.rules[0], halfLife: 'P10D' }] } };
    const facts = given(captured).under(agreedOn('scoring-model', fading)).at(day(2)).when(record(careers)).decided();
    expect((facts as readonly LeadEvent[]).map(({ type }) => type)).toEqual(['TouchRecorded']);
  });
  it('may be one without any further event', () => {
    const scene = given(captured).under(agreedOn('mql', { criteria: quiet }));
    expect(
      scene
        .at(day(2))
        .when(record({ action: 'complaint' }))
        .decided(),
    ).toMatchObject([
      { type: 'TouchRecorded' },
      { type: 'QualificationScheduled', data: { at: fromMs(START + 32 * DAY_MS + 1) } },
    ]);
  });

  const grid = (DAY_MS * 3) / 4;
  it('is forecast where checking each instant finds it', () => {
    let found = 0;
    fc.assert(
      fc.property(
        fc.option(anyCriteria, { nil: undefined }),
        fc.option(anyModel, { nil: undefined }),
        anyHistory(12),
        fc.integer({ min: 30, max: 70 }),
        (tree, scoring, touches, employees) => {
          const definition = ((kind) => {
            if (kind === 'mql') return tree && agreedOn(kind, { criteria: tree });
            return kind === 'scoring-model' && scoring ? agreedOn(kind, scoring) : undefined;
          }) as FindDefinition;
          const touchLog = touches.reduce((log, touch) => log.with(touch), TouchLog.empty());
          const facts = { profile: { employees }, touches: touchLog };
          const after = START + 61 * DAY_MS;
          const plainly = (at: number) => plainlyQualified(tree, scoring, employees, touches, at);
          const next = nextQualified(facts, after, definition);
          for (let at = after + 1; at < Math.min(next ?? Infinity, after + 100 * DAY_MS); at += grid)
            if (plainly(at)) throw new Error(`qualified at ${fromMs(at)}, foreseen ${next && fromMs(next)}`);
          if (next === undefined) return;
          if (next > after + 1) expect(isQualified(facts, fromMs(next - 1), definition)).toBe(false);
          if (plainly(next)) found++;
          else expect(isQualified(facts, fromMs(next), definition)).toBe(false); // the search continues later
        },
      ),
      { numRuns: 250 },
    );
    expect(found).toBeGreaterThan(10);
  });
});
