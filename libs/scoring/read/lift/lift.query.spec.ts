import type { Instant, Journal, Json, StoredEvent } from '@baton/kernel';
import { recorded } from '@baton/kernel/testing';
import { definitions, type DefinitionEvent } from '@baton/definitions';
import { modelsOf } from '../../../../test/support/read-models';
import type { LeadEvent } from '@baton/leads';
import { leads } from '@baton/leads';
import { lift, type LiftQuestion } from './lift.query';
import { scoreFacts } from '../list-scores/score-facts.projection';
import { leadProbability } from './probability.query';

const day = (monthDay: string): Instant => `2024-${monthDay}T12:00:00.000Z`;
type Told = [at: string, type: LeadEvent['type'], data?: object];
const told = (leadId: string, events: readonly Told[]): StoredEvent[] =>
  events.map(([at, type, data = {}]) =>
    recorded({ type, data: { leadId, ...data } } as LeadEvent, { stream: `lead-${leadId}`, occurredAt: day(at) }),
  );
const demo: Told[2] = { action: 'demo', team: 'marketing' };
const page: Told[2] = { action: 'page-view', team: 'marketing' };
const sql: Told = ['02-10', 'LeadSalesQualified', { definition: 'sql@1' }];
const won: Told = ['02-20', 'LeadBecameCustomer', { opportunityId: 'deal' }];
const lost: Told = ['02-20', 'LeadDisqualified', { reason: 'student' }];
const germany = { country: 'Germany', employees: 80 };
const norway = { country: 'Norway', employees: 20 };

const stories: Readonly<Record<string, readonly Told[]>> = {
  ada: [['01-01', 'LeadCaptured', germany], ['02-01', 'TouchRecorded', demo], sql, won],
  bea: [['01-01', 'LeadCaptured', germany], ['02-01', 'TouchRecorded', demo], sql, lost],
  cem: [['01-01', 'LeadCaptured', germany], ['02-01', 'TouchRecorded', page], lost],
  // The demo came after sales had accepted the lead: it explains nothing.
  dan: [['01-01', 'LeadCaptured', norway], sql, ['02-15', 'TouchRecorded', demo]],
  eve: [
    ['01-01', 'LeadCaptured', norway],
    ['02-01', 'TouchRecorded', page],
  ],
  // Another system decided about this one.
  fay: [
    ['01-01', 'LeadCaptured', germany],
    ['02-10', 'LeadSalesQualified', { definition: 'external:crm', external: true }],
  ],
  // The same person as ada.
  gus: [
    ['01-01', 'LeadCaptured', germany],
    ['02-01', 'TouchRecorded', demo],
    ['03-01', 'LeadMergedInto', { survivorId: 'ada', mergeNumber: 0 }],
  ],
  hal: [
    ['03-01', 'LeadCaptured', germany],
    ['03-02', 'TouchRecorded', demo],
  ],
};
const model = {
  fit: { rules: [{ code: 'size', when: { field: 'employees', gte: 50 }, points: 10 }] },
  engagement: { rules: [{ code: 'demo', touches: { action: 'demo' }, points: 20 }] },
};
const agreed: DefinitionEvent[] = [
  {
    type: 'DefinitionProposed',
    data: { definitionId: 'scoring-model', number: 1, body: model as Json, reason: 'r', reviewBy: '2025-01-01' },
  },
  { type: 'DefinitionPutInForce', data: { definitionId: 'scoring-model', number: 1, from: day('01-01') } },
];

describe('outcomes of leads', () => {
  const streams = new Map(Object.entries(stories).map(([id, events]) => [`lead-${id}`, told(id, events)]));
  const journal = { read: async (stream: string) => streams.get(stream) ?? [] } as unknown as Journal;
  const models = modelsOf(
    [definitions, scoreFacts, leads],
    [...agreed.map((event) => recorded(event, { occurredAt: day('01-01') })), ...[...streams.values()].flat()],
  );
  const ask = async (more: Partial<LiftQuestion> = {}) =>
    (await lift(await models, journal, { at: day('04-01'), to: day('02-01'), ...more }))!;

  it('are compared for each rule, with and without it', async () => {
    const { total, external, immature, ageMs, warnings, rules, definition } = await ask();
    expect({ total, external, immature, ageMs, warnings, definition }).toEqual({
      total: { leads: 6, sql: 4, customers: 1 },
      ...{ external: 1, immature: 0, ageMs: 40 * 86_400_000, warnings: [] },
      definition: 'scoring-model@1',
    });
    expect(rules).toEqual([
      {
        code: 'size',
        with: { leads: 4, sql: 3, customers: 1 },
        without: { leads: 2, sql: 1, customers: 0 },
        sqlLift: 3 / 4 / (1 / 2),
        customerLift: null,
      },
      {
        code: 'demo',
        with: { leads: 2, sql: 2, customers: 1 },
        without: { leads: 4, sql: 2, customers: 0 },
        sqlLift: 2,
        customerLift: null,
      },
    ]);
  });
  it('are compared for each band, and every lead is in one', async () => {
    const { bands, total } = await ask();
    expect(bands.map(({ code, with: its }) => [code, its.leads, its.sql])).toEqual([
      ['0', 2, 1],
      ['10', 2, 1],
      ['30', 2, 2],
    ]);
    expect(bands.reduce((sum, { with: its }) => sum + its.leads, 0)).toBe(total.leads);
  });
  it('cover the leads of a period, under an existing version', async () => {
    const march = await ask({ from: day('02-01'), to: day('04-01') });
    expect([march.total, march.ageMs]).toEqual([{ leads: 1, sql: 0, customers: 0 }, null]);
    await expect(ask({ definition: 'scoring-model@7' })).rejects.toMatchObject({ code: 'definition/unknown-version' });
    expect(await lift(await models, journal, { at: day('01-01').replace('2024', '2023') })).toBeUndefined();
  });
  it('exclude leads younger than those that became SQL, with a warning', async () => {
    const { total, immature, warnings } = await ask({ to: day('04-01') });
    expect([total.leads, immature]).toEqual([6, 1]); // hal is 31 days old
    expect(warnings).toEqual([expect.stringMatching(/^1 people are left out: .* 40\.0 days/)]);
    expect(await ask({ to: day('04-01'), at: day('04-20') })).toMatchObject({ immature: 0, warnings: [] });
  });
  it('score leads without a move at the age of the others, whatever came later', async () => {
    // A touch after the age of 40 days does not raise eve's score.
    const late = told('eve', [...stories['eve']!, ['03-25', 'TouchRecorded', demo]]);
    const others = { read: async (stream: string) => (stream === 'lead-eve' ? late : (streams.get(stream) ?? [])) };
    const found = await lift(await models, others as unknown as Journal, { at: day('04-01'), to: day('02-01') });
    expect(found!.rules.find(({ code }) => code === 'demo')!.with.leads).toBe(2);
  });
  it('count a customer of an imported history whose move is dated before the capture', async () => {
    const ivo = told('ivo', [
      ['01-20', 'LeadCaptured', germany],
      ['01-10', 'LeadConverted', { opportunityId: 'deal', external: true }],
      ['01-15', 'LeadBecameCustomer', { opportunityId: 'deal' }],
    ]);
    const past = await modelsOf(
      [definitions, scoreFacts, leads],
      [...agreed.map((event) => recorded(event, { occurredAt: day('01-01') })), ...ivo],
    );
    const found = await lift(past, { read: async () => ivo } as unknown as Journal, { at: day('04-01') });
    expect(found).toMatchObject({ total: { leads: 1, sql: 1, customers: 1 }, external: 1, ageMs: 0 });
  });
  it('change the probability of other leads', async () => {
    const of = async (leadId: string) => (await leadProbability(await models, { leadId }))!;
    const { probability, past, because } = await of('hal');
    expect(past).toEqual({ won: 1, lost: 2 });
    expect(because).toEqual([
      { field: 'country', value: 'Germany', past: { won: 1, lost: 2 } },
      { field: 'size', value: '50-249', past: { won: 1, lost: 2 } },
    ]);
    // All earlier leads had that country and size: the result is the overall rate.
    expect(probability).toBeCloseTo(1.1 / 3.2, 10);
    expect((await of('eve')).because.map(({ past: its }) => its)).toEqual([
      { won: 0, lost: 0 },
      { won: 0, lost: 0 },
    ]);
    expect(await leadProbability(await models, { leadId: 'nobody' })).toBeUndefined();
  });
});
