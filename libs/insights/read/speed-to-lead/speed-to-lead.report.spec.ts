import { fromMs, toMs } from '@baton/kernel';
import { recorded } from '@baton/kernel/testing';
import { leads, type LeadEvent } from '@baton/leads';
import { handoffs } from '@baton/sales-sla';
import { modelsOf } from '../../../../test/support/read-models';
import { speedToLeadReport } from './speed-to-lead.report';

const NOW = '2024-07-01T00:00:00.000Z';
const at = (minute: number) => fromMs(toMs('2024-01-01T00:00:00.000Z') + minute * 60_000);
const event = (leadId: string, type: LeadEvent['type'], minute: number, data: object = {}) =>
  recorded({ type, data: { leadId, definition: 'mql@1', ...data } } as unknown as LeadEvent, {
    occurredAt: at(minute),
  });
const handedOff = (leadId: string, minute = 0) => event(leadId, 'LeadHandedOff', minute, { rep: 'rita', count: 1 });
const called = (leadId: string, minute: number, outcome?: string) =>
  event(leadId, 'TouchRecorded', minute, {
    action: 'call',
    team: 'sales',
    direction: 'outbound',
    ...(outcome && { outcome }),
  });

interface Shown {
  readonly value: string | null;
  readonly numerator: string | null;
}
type Row = Readonly<Record<'handoffs' | 'contacted' | 'becameSql' | 'becameCustomer', Shown>> & {
  readonly answered: string | null;
};
const asked = async (events: readonly ReturnType<typeof event>[], question: object = {}) =>
  (await speedToLeadReport.ask(
    question as never,
    { models: await modelsOf([leads, handoffs], events), at: NOW } as never,
  )) as {
    readonly rows: readonly Row[];
    readonly total: Row;
  };
const short = ({ answered, handoffs: all, contacted, becameSql, becameCustomer }: Row) => [
  ...[answered, all.value, contacted.value, becameSql.value, becameCustomer.value],
];

describe('speed to lead', () => {
  it('says what became of handoffs by how fast sales answered', async () => {
    const { rows, total } = await asked([
      ...[
        handedOff('a'),
        called('a', 5, 'connected'),
        event('a', 'LeadSalesQualified', 9),
        event('a', 'LeadBecameCustomer', 99),
      ],
      ...[handedOff('b'), called('b', 5, 'voicemail'), handedOff('c'), called('c', 6, 'replied')],
      ...[handedOff('d'), called('d', 48 * 60 + 1), handedOff('e')],
    ]);
    expect(rows.map(short)).toEqual([
      ['within 5 minutes', '2', '0.5', '0.5', '0.5'],
      ['within 1 hour', '1', '1', '0', '0'],
      ['within 24 hours', '0', null, null, null],
      ['within 48 hours', '0', null, null, null],
      ['later', '1', '0', '0', '0'],
      ['never', '1', '0', '0', '0'],
    ]);
    expect(short(total)).toEqual([null, '5', '0.4', '0.2', '0.2']);
  });
  it('is of the handoffs in the period', async () => {
    const { total } = await asked([handedOff('a'), handedOff('b', 24 * 60)], { from: '2024-01-02' });
    expect(total.handoffs.value).toBe('1');
  });
  it('refuses what handoffs do not have', () =>
    expect(asked([], { product: { in: ['x'] } })).rejects.toMatchObject({
      code: 'figures/unknown-dimension',
      path: 'product',
    }));
});
