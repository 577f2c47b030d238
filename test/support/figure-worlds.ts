import fc from 'fast-check';
import { definitions, type DefinitionDocument } from '@baton/definitions';
import { fromMs, toMs, withValue, type Documents, type Projection, type Team } from '@baton/kernel';
import { journeys, type JourneyDocument } from '@baton/attribution';
import { directory, type Colleague, type Entries } from '@baton/directory';
import { leads, leadStageStays, type LeadDocument, type LeadStageStay } from '@baton/leads';
import {
  dealChanges,
  deals,
  dealStageStays,
  touches,
  type Deal,
  type DealChange,
  type Touch,
} from '@baton/opportunities';
import { MemoryDocuments, ReadModels } from '@baton/platform/documents';
import { handoffs, slaClocks, type HandoffsDocument, type SlaClock } from '@baton/sales-sla';

/** After everything that happens in these worlds. */
export const NOW = '2024-07-01T00:00:00.000Z';

/** A store with these documents. */
export const storeOf = async (
  documents: readonly (readonly [Projection, readonly (readonly [id: string, doc: object])[]])[],
  store: Documents = new MemoryDocuments(),
): Promise<ReadModels> => {
  const models = new ReadModels(store);
  for (const [projection, docs] of documents) {
    const collection = await models.collection(projection);
    await store.prepare(collection);
    await store.commit({
      writes: { collection, documents: docs.map(([id, doc]) => ({ id, doc, position: '1' })), fresh: true },
      follower: collection.name,
      checkpoint: { position: '1', count: 1, digest: '' },
      fence: { lease: collection.name, token: 1 },
    });
  }
  return models;
};

export const START = toMs('2024-01-01T00:00:00.000Z');
const instant = fc.integer({ min: 0, max: 180 * 24 }).map((hours) => fromMs(START + hours * 3_600_000));
const maybe = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(one, { freq: 3 });
export const word = fc.constantFrom('a', 'b', 'c');
export const anyDeal = (opportunityId: string): fc.Arbitrary<Deal> =>
  fc
    .record({
      ...{ opened: instant, closed: instant, status: fc.constantFrom('open', 'won', 'lost') },
      ...{
        owner: maybe(word),
        source: maybe(word),
        product: maybe(word),
        account: maybe(word),
        lossReason: maybe(word),
      },
      ...{ competitor: maybe(word), amount: maybe(fc.integer({ min: 0, max: 1e7 })), lead: maybe(word) },
      ...{ currency: fc.constantFrom('EUR', 'USD'), proposals: fc.integer({ min: 0, max: 2 }), stage: word },
    })
    .map(({ opened, closed, status, amount, currency, lead, ...rest }) => {
      const closedAt = status === 'open' ? null : closed;
      const early = closedAt !== null && closedAt < opened;
      return {
        ...({ opportunityId, openedAt: opened, closedAt, status, ...rest } as unknown as Deal),
        ...{ amountMinor: amount, currency: amount === null ? null : currency },
        cycleMs: closedAt === null || early ? null : toMs(closedAt) - toMs(opened),
        ...{ closedBeforeOpening: early, reopenings: 0, roles: lead === null ? [] : [{ leadId: lead, current: true }] },
        contacts: lead === null ? [] : [{ leadId: lead, role: null }],
      } as unknown as Deal;
    });
const stages = ['lead', 'mql', 'handed-off', 'sal', 'sql', 'opportunity', 'customer', 'rejected', 'recycled'] as const;
const anyLead = (leadId: string): fc.Arbitrary<LeadDocument> =>
  fc
    .record({
      ...{ moves: fc.array(fc.tuple(fc.constantFrom(...stages), instant), { maxLength: 6 }), captured: instant },
      ...{ source: maybe(word), region: maybe(word), industry: maybe(word), owner: maybe(word), rep: maybe(word) },
      ...{ country: maybe(word), employees: maybe(fc.integer({ min: 1, max: 3000 })), merged: fc.boolean() },
    })
    .map(({ moves, captured, merged, ...rest }) => {
      const history = [['lead', captured] as const, ...moves]
        .sort((a, b) => (a[1] < b[1] ? -1 : 1))
        .map(([stage, at]) => ({ stage, at, by: 'x', external: false }));
      const known = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null));
      return {
        ...{ leadId, capturedAt: captured, history, stage: history.at(-1)!.stage, ...known },
        ...(merged && { mergedInto: 'other' }),
      } as unknown as LeadDocument;
    });
/** The stays that the moves of a lead make. */
const staysOf = ({ leadId, history, source, rep }: LeadDocument): readonly LeadStageStay[] => {
  const entries = history.filter(({ stage }, index) => stage !== history[index - 1]?.stage);
  return entries.map(({ stage, at }, index) => {
    const next = entries[index + 1];
    return {
      ...{ stayId: `${leadId}-${index}`, leadId, stage, place: index + 1, enteredAt: at, leftAt: next?.at ?? null },
      ...{ visit: entries.slice(0, index + 1).filter((one) => one.stage === stage).length, rep, source },
      ...{ nextStage: next?.stage ?? null, previousStage: entries[index - 1]?.stage ?? null },
      ...{ exit: next ? 'moved' : null, stayMs: next ? toMs(next.at) - toMs(at) : null, by: 'x', external: false },
    } as LeadStageStay;
  });
};
export const storedStays = (all: readonly LeadDocument[]) =>
  all.flatMap(staysOf).map((stay) => [`${stay.leadId}/${stay.stayId}`, stay] as const);
const anyHandoffs = (leadId: string): fc.Arbitrary<HandoffsDocument> =>
  fc
    .array(
      fc.record({
        ...{
          at: instant,
          rep: word,
          queue: fc.option(word, { nil: undefined }),
          definition: fc.constantFrom('mql@1', 'mql@2'),
        },
        disposition: fc.constantFrom('accepted', 'rejected', 'recycled', 'disqualified', 'waiting'),
        ...{ reason: fc.option(word, { nil: undefined }), givenBack: fc.constantFrom(undefined, 'rejected') },
        ...{ attempts: fc.integer({ min: 0, max: 2 }), disposedAt: fc.option(instant, { nil: undefined }) },
        attemptedAt: fc.option(instant, { nil: undefined }),
      }),
      { maxLength: 3 },
    )
    .map((all) => {
      const rows = all.map((one, index) => ({ ...one, leadId, count: index + 1, eventId: `${leadId}-${index}` }));
      return { leadId, handoffs: rows, moves: [] } as unknown as HandoffsDocument;
    });
const anyClock = (clockId: string): fc.Arbitrary<SlaClock> =>
  fc
    .record({
      ...{ startedAt: instant, metAt: fc.option(instant, { nil: undefined }), leadId: word, rep: word },
      ...{ kind: fc.constantFrom('first-response', 'attempts'), definition: fc.constant('sla-policy@1') },
      outcome: fc.constantFrom('open', 'met', 'met late', 'cancelled'),
      ...{ answerBy: maybe(instant), breachRecorded: fc.boolean() },
    })
    .map((clock) => ({ clockId, ...clock }) as unknown as SlaClock);
const anyTouch = (touchId: string): fc.Arbitrary<Touch> =>
  fc
    .record({
      ...{ at: instant, leadId: word, team: fc.constantFrom('marketing', 'sales'), action: word },
      ...{ direction: maybe(word), source: maybe(word), campaign: maybe(word), content: maybe(word) },
      minutes: maybe(fc.integer({ min: 0, max: 90 })),
    })
    .map((touch) => ({ touchId, ...touch }) as unknown as Touch);
const anyStay = (stayId: string) =>
  fc
    .record({
      ...{ enteredAt: instant, stayMs: maybe(fc.integer({ min: 0, max: 90 * 86_400_000 })), leadId: word },
      ...{ opportunityId: fc.constantFrom('deal-0', 'deal-1'), stage: word, nextStage: maybe(word), rep: maybe(word) },
      ...{ owner: maybe(word), product: maybe(word), source: maybe(word) },
    })
    .map((stay) => ({
      ...{ stayId, ...stay },
      leftAt: stay.stayMs === null ? null : fromMs(toMs(stay.enteredAt) + stay.stayMs),
    }));
const day = fc.constantFrom('2024-02-01', '2024-03-01', '2024-04-01');
const anyChange = (changeId: string): fc.Arbitrary<DealChange> =>
  fc
    .record({
      ...{ at: instant, opportunityId: fc.constantFrom('deal-0', 'deal-1'), stage: word, owner: maybe(word) },
      ...{ what: fc.constantFrom('opened', 'stage', 'amount', 'close-date', 'owner', 'won', 'people') },
      status: fc.constantFrom('open', 'open', 'won', 'lost'),
      ...{
        amountMinor: maybe(fc.integer({ min: 0, max: 1e6 })),
        previousMinor: maybe(fc.integer({ min: 0, max: 1e6 })),
      },
      ...{ currency: fc.constantFrom('EUR', 'USD'), previousDay: maybe(day), expectedCloseOn: maybe(day) },
    })
    .map(({ previousDay, amountMinor, currency, ...rest }) => ({
      ...{ changeId, turn: 0, by: 'x', pipeline: null, ...rest, amountMinor, previousCurrency: 'EUR' },
      currency: amountMinor === null ? null : currency,
      previous: rest.what === 'close-date' ? previousDay : rest.what === 'stage' ? 'a' : null,
      push: rest.what === 'close-date' && previousDay && (rest.expectedCloseOn ?? '') > previousDay ? 1 : null,
    })) as unknown as fc.Arbitrary<DealChange>;
const anyPipeline = {
  ...{ version: 'pipeline@1', kind: 'pipeline', number: 1, from: '2024-01-01T00:00:00.000Z' },
  body: {
    pipelines: [
      {
        code: 'p',
        stages: ['a', 'b'].map((code) => ({ code, category: 'commit', limitDays: 10, silenceDays: 20 })),
        quality: {
          any: [
            { deal: 'owner', eq: 'a' },
            { touches: { action: 'a' }, gte: 1 },
          ],
        },
        thresholds: { stuckDeals: 2 },
      },
    ],
  },
} as unknown as DefinitionDocument;
/** The entry of one of the owners and reps over time. */
const anyColleague = (personId: string): fc.Arbitrary<Colleague> =>
  fc
    .array(fc.tuple(instant, fc.record({ team: word, manager: maybe(word) })), { minLength: 1, maxLength: 3 })
    .map((all) => {
      const entries = all.reduce<Entries>(
        (known, [from, { team, manager }]) => withValue(known, from, { team, ...(manager !== null && { manager }) }),
        [],
      );
      return { personId, entries } as unknown as Colleague;
    });
/** The journey of a deal that has closed; without touches for some. */
const anyJourney = (journeyId: string): fc.Arbitrary<JourneyDocument> =>
  fc
    .array(
      fc.record({
        at: instant,
        team: fc.constantFrom('marketing', 'sales'),
        source: maybe(word),
        campaign: maybe(word),
      }),
      {
        maxLength: 3,
      },
    )
    .map((touches) => ({
      ...({ journeyId, status: 'closed', outcome: 'won', closedAt: NOW, openedAt: NOW, leadIds: [] } as const),
      ...{ leadCreatedAt: null, firstContactAt: null, product: null, owner: null, source: null },
      ...{ amounts: [], amountMinor: null, currency: null, restatements: [] },
      touches: touches
        .map(({ at, team, source, campaign }, index) => ({
          ...{ touchId: `${journeyId}-${index}`, occurredAt: at, leadId: 'a', action: 'call', team: team as Team },
          ...{ ...(source !== null && { source }), ...(campaign !== null && { campaign }) },
        }))
        .sort((one, other) => (one.occurredAt < other.occurredAt ? -1 : 1)),
    }));
export const ids = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix}${index}`);
export const anyWorld = fc.record({
  deals: fc.tuple(...ids('deal-', 14).map(anyDeal)),
  leads: fc.tuple(...['a', 'b', 'c', ...ids('lead-', 9)].map(anyLead)),
  handoffs: fc.tuple(...ids('lead-', 9).map(anyHandoffs)),
  clocks: fc.tuple(...ids('clock-', 12).map(anyClock)),
  touches: fc.tuple(...ids('touch-', 12).map(anyTouch)),
  stays: fc.tuple(...ids('stay-', 12).map(anyStay)),
  changes: fc.tuple(...ids('change-', 12).map(anyChange)),
  colleagues: fc.tuple(...['a', 'b'].map(anyColleague)),
  journeys: fc.tuple(...ids('deal-', 9).map(anyJourney)),
});
export type AnyWorld = typeof anyWorld extends fc.Arbitrary<infer W> ? W : never;
export const storeOfWorld = (world: AnyWorld, store?: Documents) =>
  storeOf(
    [
      [deals, world.deals.map((doc) => [doc.opportunityId, doc] as const)],
      [leads, world.leads.map((doc) => [doc.leadId, doc] as const)],
      [handoffs, world.handoffs.map((doc) => [doc.leadId, doc] as const)],
      [slaClocks, world.clocks.map((doc) => [doc.clockId, doc] as const)],
      [directory, world.colleagues.map((doc) => [doc.personId, doc] as const)],
      [journeys, world.journeys.map((doc) => [doc.journeyId, doc] as const)],
      [touches, world.touches.map((doc) => [doc.touchId, doc] as const)],
      [leadStageStays, storedStays(world.leads)],
      [dealStageStays, world.stays.map((doc) => [`${doc.opportunityId}/${doc.stayId}`, doc] as const)],
      [definitions, [['pipeline@1', anyPipeline] as const]],
      [dealChanges, world.changes.map((doc) => [`${doc.opportunityId}/${doc.changeId}`, doc] as const)],
    ],
    store,
  );
