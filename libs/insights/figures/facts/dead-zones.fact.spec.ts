import fc from 'fast-check';
import { definitions, type DefinitionEvent } from '@baton/definitions';
import { toMs, type Instant, type Json } from '@baton/kernel';
import { recorded, repetitions } from '@baton/kernel/testing';
import { leads, leadStageStays, type LeadEvent } from '@baton/leads';
import {
  dealChanges,
  deals,
  supportRequests,
  touches,
  type OpportunityEvent,
  type SupportRequestEvent,
} from '@baton/opportunities';
import { modelsOf } from '../../../../test/support/read-models';
import { figureOf } from '../catalogue.rules';
import { textOfExact } from '../exact.rules';
import { askFigures, builtInOfFigures, rowsBehind, type Scope } from '../figures.query';

const PROJECTIONS = [deals, dealChanges, leads, leadStageStays, touches, supportRequests, definitions];
const DAY = 86_400_000;
const on = (day: number): Instant => new Date(Date.UTC(2024, 0, day)).toISOString();
const NOW = on(100);
const ofLead = (leadId: string, type: LeadEvent['type'], day: number, data: object = {}) =>
  recorded({ type, data: { leadId, ...data } } as unknown as LeadEvent, {
    ...{ occurredAt: on(day), stream: `lead-${leadId}` },
  });
const touch = (leadId: string, day: number, more: object = {}) =>
  ofLead(leadId, 'TouchRecorded', day, { team: 'sales', action: 'call', ...more });
const ofDeal = (opportunityId: string, type: OpportunityEvent['type'], day: number, data: object = {}) =>
  recorded({ type, data: { opportunityId, ...data } } as unknown as OpportunityEvent, { occurredAt: on(day) });
const agreed = (body: object, number = 1, day = 1) =>
  [
    {
      type: 'DefinitionProposed',
      data: { definitionId: 'pipeline', number, body: body as Json, reason: 'x', reviewBy: '2025-01-01' },
    },
    { type: 'DefinitionPutInForce', data: { definitionId: 'pipeline', number, from: on(day) } },
  ].map((one) => recorded(one as DefinitionEvent, { occurredAt: on(day), stream: 'definition-pipeline' }));
const body = {
  pipelines: [
    {
      code: 'sales',
      stages: [
        { code: 'demo', category: 'pipeline', silenceDays: 5 },
        { code: 'proposal', category: 'commit' },
      ],
    },
  ],
  silence: [
    { stage: 'handed-off', days: 2 },
    { stage: 'sal', days: 7 },
    { stage: 'opportunity', days: 30 },
  ],
};

describe('dead zones', () => {
  const handedOff = [
    ofLead('ann', 'LeadCaptured', 1),
    ofLead('ann', 'LeadQualified', 2, { definition: 'mql@1' }),
    ofLead('ann', 'LeadHandedOff', 3, { rep: 'rita', definition: 'mql@1', count: 1 }),
  ];
  const asked = async (
    events: readonly Parameters<typeof recorded>[0][],
    scope: Partial<Scope> = {},
    withBody: object | null = body,
  ) => {
    const models = await modelsOf(PROJECTIONS, [...(withBody ? agreed(withBody) : []), ...events] as never);
    const all = { filters: {}, ...scope };
    const { figures } = await askFigures(
      models,
      ['dead-zones', 'dead-zone-days'].map(figureOf),
      all,
      NOW,
      builtInOfFigures,
    );
    const rows = await rowsBehind(models, figureOf('dead-zones'), all, { side: 'denominator' }, NOW, builtInOfFigures);
    const [count, days] = figures.map(({ total }) => textOfExact(total[0]!.value!));
    return { count, days, from: rows.map(({ at }) => new Date(at).getTime() / DAY - toMs(on(1)) / DAY + 1), figures };
  };

  it('are the gaps between two acts of our teams that are longer than the limit of the stage', async () => {
    const events = [
      ...handedOff,
      touch('ann', 6), // three days after the handoff, with a limit of two
      ofLead('ann', 'LeadAccepted', 8, { rep: 'rita', definition: 'mql@1' }), // two days: no longer than the limit
      touch('ann', 10, { direction: 'inbound' }), // what the person does ends no gap
      touch('ann', 11, { team: 'marketing', action: 'page-view' }),
      touch('ann', 16, { team: 'marketing', direction: 'outbound' }), // eight days, with a limit of seven
      ofLead('ann', 'LeadDisqualified', 17, { reason: 'x' }), // afterwards nothing is expected of us
    ];
    expect(await asked(events)).toMatchObject({ count: '2', days: '11', from: [3, 8] });
    const { figures } = await asked(events, { by: 'leg' });
    expect(figures[1]!.groups.map(({ group, values }) => [group.key, textOfExact(values[0]!.value!)])).toEqual([
      ['handed-off', '3'],
      ['sal', '8'],
    ]);
    expect(await asked(events, { from: '2024-01-05' })).toMatchObject({ count: '1', days: '8' });
  });

  it('that last run to the instant of the question', async () =>
    expect(await asked(handedOff)).toMatchObject({ count: '1', days: '97', from: [3] }));

  it('need a limit, of a version in force', async () => {
    expect(await asked(handedOff, {}, { pipelines: body.pipelines })).toMatchObject({ count: '0', days: '0' });
  });

  it('have the limit that was in force when they began', async () => {
    const of = (days: number) => ({ ...body, silence: [{ stage: 'handed-off', days }] });
    const versions = [agreed(of(10), 1, 10), agreed(of(20), 2, 40)].flat();
    const acts = [8, 25, 45, 60, 85].map((day) => touch('ann', day));
    const { figures, ...found } = await asked([...versions, ...handedOff, ...acts], {}, null);
    // Nothing was agreed on the 3rd and 8th; 20 days from the 25th exceed 10; 15 and 25 from the 45th and 60th are judged by 20.
    expect(found).toEqual({ count: '2', days: '45', from: [25, 60] });
    expect(figures[0]!.definitions).toEqual(['pipeline@1', 'pipeline@2']);
  });

  it('count touches of leads that were merged, what marketing delivered, and each person once', async () => {
    const merged = [
      ...handedOff,
      ofLead('bob', 'LeadCaptured', 1),
      touch('bob', 4),
      ofLead('ann', 'LeadMerged', 5, { mergedLeadId: 'bob', mergeNumber: 0 }),
      ofLead('bob', 'LeadMergedInto', 5, { survivorId: 'ann', mergeNumber: 0 }),
      ...[
        { type: 'SupportRequested', data: { supportId: 's', opportunityId: 'd', leadId: 'ann', kind: 'asset' } },
        { type: 'SupportDelivered', data: { supportId: 's', opportunityId: 'd', delivered: 'guide' } },
      ].map((one, index) => recorded(one as unknown as SupportRequestEvent, { occurredAt: on(5 + index) })),
    ];
    expect(await asked(merged)).toMatchObject({ count: '1', days: '94', from: [6] });
  });

  it('of a person with an open deal have the limit of its stage', async () => {
    const events = [
      ...handedOff,
      touch('ann', 4),
      ofLead('ann', 'LeadConverted', 5, { opportunityId: 'd' }),
      ofDeal('d', 'OpportunityOpened', 5, { stage: 'demo', pipeline: 'sales' }),
      ofDeal('d', 'ContactRoleAdded', 5, { leadId: 'ann' }),
      touch('ann', 11), // six days, with five in the stage demo
      ofDeal('d', 'OpportunityStageMoved', 11, { from: 'demo', to: 'proposal' }),
      touch('ann', 41), // thirty days: a stage without a limit has that of the lifecycle
      touch('ann', 72),
      touch('ann', 100),
    ];
    expect(await asked(events)).toMatchObject({ count: '2', days: '37', from: [5, 41] });
  });

  it('are those that are counted one by one', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.integer({ min: 4, max: 99 }), { minLength: 1, maxLength: 12 }),
        async (days) => {
          const acts = [3, ...[...days].sort((a, b) => a - b), 100];
          const gaps = acts.slice(1).map((day, index) => day - acts[index]!);
          const dead = gaps.filter((gap) => gap > 2);
          const found = await asked([...handedOff, ...days.map((day) => touch('ann', day))]);
          expect(found).toMatchObject({
            ...{ count: String(dead.length), days: String(dead.reduce((sum, gap) => sum + gap, 0)) },
          });
        },
      ),
      { numRuns: repetitions(15, 300) },
    );
  });
});
