import fc from 'fast-check';
import { DAY_MS, fromMs, Refused, type NewEvent, type Instant } from '@baton/kernel';
import { repetitions } from '@baton/kernel/testing';
import type { TouchFact } from '@baton/definitions';
import { agreedOn, anyHistory, plainlyMet, START } from '../../../../test/support/judging';
import { leadDecider } from './lead.decider';
import type { LeadCommand, LeadEvent } from './lead.events';
import type { Lead } from './lead.model';

const day = (days: number): Instant => fromMs(START + days * DAY_MS);
const criteria = { touches: { page: '/pricing' }, gte: 3, within: 'P7D' };
const mql = agreedOn('mql', { criteria });

/** Records a history of one lead in this order, each touch at its own instant. */
const play = (touches: readonly TouchFact[], definition = (kind: string) => (kind === 'mql' ? mql : undefined)) => {
  let state: Lead = leadDecider.initialState();
  let written = 0;
  const qualified: Instant[] = [];
  const send = (type: string, data: object, now: Instant): void => {
    const meta = { commandId: `c${written}`, actor: 'import:facts', origin: 'connector' };
    const before = written;
    const context = { now, mode: 'backfill' as const, definition, idOf: (index: number) => `event-${before + index}` };
    const facts = leadDecider.decide(
      state,
      { type, data: { leadId: 'ada', ...data }, meta } as never as LeadCommand,
      context,
    );
    if (facts instanceof Refused) throw facts;
    for (const fact of facts as readonly NewEvent<LeadEvent>[]) {
      const event = { occurredAt: now, ...fact, id: `event-${written++}` };
      if (event.type === 'LeadQualified') qualified.push(event.occurredAt);
      state = leadDecider.evolve(state, event);
    }
  };
  send('CaptureLead', { source: 'web' }, day(-1));
  for (const { action, page, at } of touches) send('RecordTouch', { action, page, team: 'marketing' }, at);
  return { stage: state.stage, qualified };
};
const inOrder = (touches: readonly TouchFact[]) => touches.toSorted((a, b) => (a.at < b.at ? -1 : 1));
const page = (at: number): TouchFact => ({
  ...{ id: `t${at}`, at: day(at), action: 'page-view', page: '/pricing' },
  ...{ channel: undefined, content: undefined, campaign: undefined },
});

describe('a touch recorded late', () => {
  it('qualifies at the later touch with which the criteria are met, not as of the latest of all', () => {
    expect(play([page(1), page(2), page(40), page(3)])).toEqual({ stage: 'mql', qualified: [day(3)] });
    expect(play([page(3), page(2), page(40), page(1)])).toEqual({ stage: 'mql', qualified: [day(3)] });
    // Further apart than the period.
    expect(play([page(1), page(2), page(40), page(10)])).toEqual({ stage: 'lead', qualified: [] });
  });
  it('leads to the same stage in any order of recording', () => {
    const reached = { mql: 0, lead: 0 };
    fc.assert(
      fc.property(anyHistory(24), (touches) => {
        const [ordered, told] = [play(inOrder(touches)), play(touches)];
        expect(told.stage).toBe(ordered.stage);
        reached[told.stage as 'mql']++;
        // The move has an instant at which the touches do meet the criteria.
        for (const at of told.qualified)
          expect(plainlyMet(criteria as never, undefined, 0, touches, Date.parse(at))).toBe(true);
      }),
      { numRuns: repetitions(400, 4_000) },
    );
    expect(Math.min(reached.mql, reached.lead)).toBeGreaterThan(20);
  });
});
