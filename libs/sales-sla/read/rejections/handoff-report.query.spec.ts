import type { StoredEvent } from '@baton/kernel';
import { rowFilterFor, recorded } from '@baton/kernel/testing';
import fc from 'fast-check';
import { modelsOf } from '../../../../test/support/read-models';
import { dispositions } from '@baton/leads';
import type { LeadEvent } from '@baton/leads';
import { handoffs } from '../handoffs/handoffs.read-model';
import { handoffReport, listHandoffs, NEEDS_WORK, type HandoffQuestion, type HandoffRow } from './handoff-report.query';

let told = 0;
const event = (leadId: string, at: string, type: LeadEvent['type'], data: object = {}): StoredEvent =>
  recorded({ type, data: { leadId, ...data } } as LeadEvent, { id: `e${told++}`, occurredAt: `2024-${at}:00.000Z` });
const handed = (leadId: string, at: string, definition = 'mql@1', rep = 'rita', queue?: string) =>
  event(leadId, at, 'LeadHandedOff', { rep, definition, count: 1, ...(queue && { queue }) });
const rejected = (leadId: string, at: string, reason: string) =>
  event(leadId, at, 'LeadRejected', { definition: 'rejection-reasons@1', reason });
const call = (leadId: string, at: string) =>
  event(leadId, at, 'TouchRecorded', { team: 'sales', direction: 'outbound', action: 'call' });
const report = async (events: readonly StoredEvent[], question: Partial<HandoffQuestion> = {}) =>
  handoffReport(await modelsOf([handoffs], events), { at: '2024-12-31T00:00:00.000Z', ...question });

/** That many handoffs under a definition, that many of them rejected. */
const many = (definition: string, all: number, refused: number, month = '03') =>
  Array.from({ length: all }, (_, index) => {
    const leadId = `${definition}-${month}-${index}`;
    const handoff = handed(leadId, `${month}-01T10:00`, definition);
    return index < refused
      ? [handoff, rejected(leadId, `${month}-02T10:00`, index % 2 ? 'no-fit' : 'no-answer')]
      : [handoff];
  }).flat();

describe('the report of handoffs', () => {
  it('counts each handoff once, by its latest disposition', async () => {
    const events = [
      handed('ada', '01-01T10:00'),
      rejected('ada', '01-02T10:00', 'no-answer'),
      event('ada', '01-03T10:00', 'LeadReengaged', { cause: 'touch' }),
      handed('ada', '01-04T10:00'),
      event('ada', '01-05T10:00', 'LeadAccepted', { rep: 'rita', definition: 'sal@1' }),
      event('ada', '01-06T10:00', 'LeadRecycled', { reason: 'no-timing' }),
      handed('bob', '01-04T10:00'),
      event('bob', '01-05T10:00', 'LeadDisqualified', { reason: 'spam' }),
      handed('cy', '01-04T10:00'),
      event('cy', '01-05T10:00', 'LeadAccepted', { rep: 'rita', definition: 'sal@1' }),
      handed('dan', '01-04T10:00'),
      // A lost deal is not a disposition of the handoff.
      handed('eve', '01-04T10:00'),
      event('eve', '01-05T10:00', 'LeadAccepted', { rep: 'rita', definition: 'sal@1' }),
      event('eve', '01-06T10:00', 'LeadConverted', { opportunityId: 'deal', definition: 'sql@1' }),
      event('eve', '01-07T10:00', 'LeadRecycled', { reason: 'deal-lost' }),
    ];
    expect((await report(events)).total).toMatchObject({
      handoffs: 6,
      counts: { accepted: 3, rejected: 1, recycled: 0, disqualified: 1, waiting: 1 },
      ...{ givenBack: 1, limbo: 1, rejectionRate: 1 / 6, reasons: [{ reason: 'no-answer', rejected: 1, rate: 1 / 6 }] },
    });
    expect((await report(events, { at: '2024-01-06T09:59:59.999Z' })).total.limbo).toBe(0);
  });
  it('shows the rate by definition and reason, and which definition needs work', async () => {
    const events = [
      ...many('mql@1', 10, 3),
      ...many('mql@2', 10, 4),
      ...many('mql@3', 9, 9),
      ...many('external:crm', 20, 20),
    ];
    const { rows, total } = await report(events, { by: ['definition'] });
    expect(rows.map(({ group, rejectionRate, warnings }) => [group.definition, rejectionRate, warnings])).toEqual([
      ['external:crm', 1, []], // not ours to work on
      ['mql@1', 0.3, []], // not over
      ['mql@2', 0.4, [NEEDS_WORK]],
      ['mql@3', 1, []], // too few to judge
    ]);
    expect(rows[2]!.reasons).toEqual([
      { reason: 'no-answer', rejected: 2, rate: 0.2 },
      { reason: 'no-fit', rejected: 2, rate: 0.2 },
    ]);
    expect(total.warnings).toEqual([]);
  });
  it('is broken down by several at once, with months in the time zone', async () => {
    const events = [...many('mql@1', 10, 4, '03'), ...many('mql@1', 2, 1, '04'), handed('zoe', '03-31T22:30', 'mql@2')];
    const groups = async (timeZone: string) =>
      (await report(events, { by: ['definition', 'month'], timeZone })).rows.map(
        ({ group, handoffs: all, warnings }) => [...[group.month, group.definition, all, warnings.length]],
      );
    expect(await groups('UTC')).toEqual([
      ['2024-03', 'mql@1', 10, 1],
      ['2024-03', 'mql@2', 1, 0],
      ['2024-04', 'mql@1', 2, 0],
    ]);
    expect((await groups('Europe/Berlin'))[2]).toEqual(['2024-04', 'mql@2', 1, 0]);
    await expect(report(events, { timeZone: 'Mars/Base' })).rejects.toMatchObject({ code: 'time/unknown-zone' });
  });
  it('counts the contacts before a negative outcome, each for the handoff at that time', async () => {
    const events = [
      ...[handed('ada', '01-01T10:00'), call('ada', '01-01T11:00'), call('ada', '01-01T12:00')],
      rejected('ada', '01-02T10:00', 'no-answer'),
      call('ada', '01-02T11:00'), // after the disposition
      call('ada', '01-01T13:00'), // recorded late
      event('ada', '01-03T10:00', 'LeadReengaged', { cause: 'touch' }),
      ...[handed('ada', '01-04T10:00'), call('ada', '01-04T11:00')],
      ...[handed('bob', '01-01T10:00'), event('bob', '01-02T10:00', 'LeadRecycled', { reason: 'no-timing' })],
    ];
    const found = await listHandoffs(await modelsOf([handoffs], events), { at: '2024-12-31T00:00:00.000Z' });
    expect(found.map(({ leadId, attempts }) => [leadId, attempts])).toEqual([
      ['ada', 3],
      ['bob', 0],
      ['ada', 1],
    ]);
    expect((await report(events)).total.medianAttempts).toBe(1.5);
    expect((await report([handed('zoe', '01-01T10:00')])).total.medianAttempts).toBeNull();
  });

  const step = fc.record({
    leadId: fc.constantFrom('ada', 'bob', 'cy'),
    what: fc.constantFrom('hand', 'accept', 'sql', 'reject', 'recycle', 'again', 'never', 'call'),
    definition: fc.constantFrom('mql@1', 'mql@2'),
    rep: fc.constantFrom('rita', 'sam'),
    queue: fc.constantFrom('emea', undefined),
  });
  const happened = ({ leadId, what, definition, rep, queue }: Record<string, string | undefined>, index: number) => {
    const at = `${String(1 + (index % 12)).padStart(2, '0')}-15T10:00`;
    const lead = leadId!;
    if (what === 'hand') return handed(lead, at, definition, rep, queue);
    if (what === 'reject') return rejected(lead, at, index % 2 ? 'no-fit' : 'no-answer');
    if (what === 'call') return call(lead, at);
    if (what === 'accept') return event(lead, at, 'LeadAccepted', { rep, definition: 'sal@1' });
    if (what === 'sql') return event(lead, at, 'LeadSalesQualified', { definition: 'sql@1' });
    if (what === 'recycle') return event(lead, at, 'LeadRecycled', { reason: 'no-timing' });
    if (what === 'again') return event(lead, at, 'LeadReengaged', { cause: 'touch' });
    return event(lead, at, 'LeadDisqualified', { reason: 'spam' });
  };
  it('keeps accepted handoffs accepted, and counts later returns separately', () =>
    fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), async (steps) => {
        const events = steps.map(happened);
        // Computed independently: whether sales ever accepted the handoff before the lead returned to marketing.
        const taken = events.filter(({ type, stream, data }, place) => {
          if (type !== 'LeadHandedOff') return false;
          const later = events
            .slice(place + 1)
            .filter((one) => one.stream === stream && one.data.leadId === data.leadId);
          const end = later.findIndex((one) => one.type === 'LeadHandedOff' || one.type === 'LeadReengaged');
          return later
            .slice(0, end < 0 ? undefined : end)
            .some((one) => one.type === 'LeadAccepted' || one.type === 'LeadSalesQualified');
        }).length;
        const { total } = await report(events);
        expect(total.counts.accepted).toBe(taken);
        expect(total.givenBack).toBeLessThanOrEqual(taken);
      }),
      { numRuns: 60 },
    ));
  it('adds up at every event, in every breakdown, and lists as many as it counts', () =>
    fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), async (steps) => {
        const events = steps.map(happened);
        const at = '2024-08-01T00:00:00.000Z';
        for (let end = 1; end <= events.length; end++) {
          const models = await modelsOf([handoffs], events.slice(0, end));
          const all = events.slice(0, end).filter(({ type }) => type === 'LeadHandedOff').length;
          const { total, rows } = await handoffReport(models, { at, by: ['queue', 'rep', 'definition'] });
          expect([total.handoffs, sum(rows, (row) => row.handoffs)]).toEqual([all, all]);
          for (const row of [total, ...rows]) {
            expect(sum(dispositions.values, (one) => row.counts[one])).toBe(row.handoffs);
            expect(row.limbo).toBeLessThanOrEqual(row.counts.waiting);
          }
          if (end < events.length) continue;
          for (const row of [total, ...rows]) await expectBehind(models, row, at);
        }
      }),
      { numRuns: 40 },
    ));
});

const sum = <T>(of: readonly T[], value: (one: T) => number): number => of.reduce((all, one) => all + value(one), 0);
const expectBehind = async (models: Awaited<ReturnType<typeof modelsOf>>, row: HandoffRow, at: string) => {
  const { rep, queue, definition } = row.group;
  const group = { ...(rep && { rep }), queue: rowFilterFor(queue), ...(definition && { definition }) };
  const behind = async (more: object) => (await listHandoffs(models, { ...group, ...more, at })).length;
  expect([await behind({}), await behind({ limbo: true })]).toEqual([row.handoffs, row.limbo]);
  expect(await behind({ limbo: false })).toBe(row.handoffs - row.limbo);
  expect(await behind({ givenBack: true })).toBe(row.givenBack);
  expect(await behind({ givenBack: false })).toBe(row.handoffs - row.givenBack);
  for (const disposition of dispositions.values) expect(await behind({ disposition })).toBe(row.counts[disposition]);
  for (const { reason, rejected: refused } of row.reasons)
    expect(await behind({ disposition: 'rejected', reason })).toBe(refused);
};
