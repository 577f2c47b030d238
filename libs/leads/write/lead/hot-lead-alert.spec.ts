import type { Definition, Instant, Json } from '@baton/kernel';
import { specFor } from '@baton/kernel/testing';
import type { ScoringModel } from '@baton/definitions';
import { leadDecider } from './lead.decider';
import type { LeadEvent } from './lead.events';

const leadId = 'ada';
const model = (cutOffs = true): Definition => {
  const cuts = cutOffs && { cutOffs: { high: 20, middle: 10 } };
  const body: ScoringModel = {
    fit: { rules: [{ code: 'large', when: { field: 'employees', gte: 500 } as unknown as Json, points: 20 }], ...cuts },
    engagement: {
      rules: [{ code: 'pricing', touches: { page: '/pricing*' }, points: 10, halfLife: 'P7D' }],
      ...cuts,
    },
  };
  return { kind: 'scoring-model', version: 3, ref: 'scoring-model@3', body: body as unknown as Json };
};
const on = (day: number, hour = 0): Instant =>
  `2024-01-${String(day).padStart(2, '0')}T${String(hour).padStart(2, '0')}:00:00.000Z`;
const captured = (employees = 900) =>
  ({ type: 'LeadCaptured', data: { leadId, employees }, occurredAt: on(1) }) as const;
const qualified = { type: 'LeadQualified', data: { leadId, definition: 'mql@1' }, occurredAt: on(2) } as const;
const handedOff = {
  type: 'LeadHandedOff',
  data: { leadId, rep: 'rita', definition: 'mql@1', count: 1 },
  occurredAt: on(2),
} as const;
const pricing = { leadId, action: 'page-view', page: '/pricing', team: 'marketing' } as const;
const seen = (day: number, hour = 0): LeadEvent & { occurredAt: Instant } => ({
  type: 'TouchRecorded',
  data: pricing,
  occurredAt: on(day, hour),
});
const hot = (more: object = {}) =>
  ({
    type: 'LeadBecameHot',
    data: { leadId, grade: 'A1', definition: 'scoring-model@3', touch: 'decided-0', ...more },
  }) as LeadEvent;

const given = specFor(leadDecider);
type Given = readonly (LeadEvent & { readonly occurredAt?: Instant })[];
const says = (at: Instant, past: Given, more: object = {}, under = [model()]) => {
  const decided = given(...past)
    .at(at)
    .under(...under)
    .when({ type: 'RecordTouch', data: { ...pricing, ...more } })
    .decided();
  if (!Array.isArray(decided)) throw new Error('refused');
  return (decided as LeadEvent[]).filter(({ type }) => type === 'LeadBecameHot');
};
const warm: Given = [captured(), qualified, handedOff, seen(3)];

describe('a lead with the best grade', () => {
  it('is hot in the append of the touch, for its rep', () =>
    given(...warm)
      .at(on(3))
      .under(model())
      .when({ type: 'RecordTouch', data: pricing })
      .then({ type: 'TouchRecorded', data: pricing }, hot({ rep: 'rita' })));
  it('includes the touch itself: two views of prices make twenty points, unless one has decayed', () => {
    expect(says(on(3), warm)).toEqual([hot({ rep: 'rita' })]);
    expect(says(on(3), warm.slice(0, 3))).toEqual([]);
    expect(says(on(4), warm)).toEqual([]);
  });
  it('is hot for nobody in particular without a rep', () =>
    expect(says(on(3), [captured(), qualified, seen(3)])).toEqual([hot()]));
  it('is not hot before it is qualified', () => expect(says(on(3), [captured(), seen(3)])).toEqual([]));
  it('is not hot if its company is not of the best grade', () =>
    expect(says(on(3), [captured(10), qualified, handedOff, seen(3)])).toEqual([]));
  it('is not hot by an action of a team', () => {
    expect(says(on(3), warm, { direction: 'outbound' })).toEqual([]);
    expect(says(on(3), warm, { team: 'sales' })).toEqual([]);
  });
  it('is not hot if no grades are agreed', () => {
    expect(says(on(3), warm, {}, [])).toEqual([]);
    expect(says(on(3), warm, {}, [model(false)])).toEqual([]);
  });
  it('is hot once in twenty-four hours', () => {
    const told: Given = [...warm, { ...hot(), occurredAt: on(3) }, seen(3), seen(3), seen(3)];
    expect(says(on(3, 23), told)).toEqual([]);
    expect(says(on(4), told)).toEqual([hot({ rep: 'rita' })]);
  });
  it('is not hot by a visit recorded more than a day late', () => {
    const past: Given = [...warm, seen(9), seen(9), seen(9)];
    expect(says(on(8), past)).toEqual([hot({ rep: 'rita' })]);
    expect(says(on(7, 23), past)).toEqual([]);
  });
});
