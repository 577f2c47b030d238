import { checkData, type Json, type StoredEvent, lookThrough } from '@baton/kernel';
import { recorded } from '@baton/kernel/testing';
import type { LeadEvent } from '@baton/leads';
import { routingCommands, ToRouting } from '../write/routing/routing.events';
import { unassignReturnedLeads } from './unassign.policy';

const leadId = 'ada';
const handedOff = (count: number, chosen: object = { queue: 'all', choice: `choice-${count}` }): LeadEvent => ({
  type: 'LeadHandedOff',
  data: { leadId, rep: 'rita', definition: 'mql@1', count, ...chosen },
});
const rejected = (reason: string, more: object = {}): LeadEvent => ({
  type: 'LeadRejected',
  data: { leadId, definition: 'mql@1', reason, ...more },
});
const accepted: LeadEvent = { type: 'LeadAccepted', data: { leadId, rep: 'rita', definition: 'mql@1' } };
const merged: LeadEvent = { type: 'LeadMergedInto', data: { leadId, survivorId: 'bea', mergeNumber: 0 } };
const giveBack = (choice: string) => [
  { to: ToRouting, id: 'all', type: 'UnassignLead', data: { routingId: 'all', leadId, choice } },
];
/** The commands that follow from the last of the events. */
const after = async (past: readonly LeadEvent[], reasons: readonly StoredEvent[] = []) => {
  const history = past.map((event) => recorded(event));
  const streams: Record<string, readonly StoredEvent[]> = {
    [`lead-${leadId}`]: history,
    'definition-rejection-reasons': reasons,
  };
  const sent = await unassignReturnedLeads.react(
    history.at(-1)!,
    lookThrough((stream) => Promise.resolve(streams[stream] ?? [])),
  );
  for (const reaction of sent) expect(checkData(routingCommands, reaction)).toBeUndefined();
  return sent;
};

describe('the turn of a rep', () => {
  it('comes back if the lead did not count', async () =>
    expect(await after([handedOff(1), rejected('wrong-person')])).toEqual(giveBack('choice-1')));
  it('comes back for the handoff that was rejected, not for an earlier one', async () =>
    expect(await after([handedOff(1), rejected('no-need'), handedOff(2), rejected('duplicate')])).toEqual(
      giveBack('choice-2'),
    ));
  it('is used by a lead that counted', async () =>
    expect(await after([handedOff(1), rejected('no-need')])).toEqual([]));
  it('follows the agreed reasons', async () => {
    const said = { definitionId: 'rejection-reasons', number: 1 };
    const body: Json = { reasons: [{ code: 'no-need', immediate: true }, { code: 'duplicate' }] };
    const agreed = [
      recorded({ type: 'DefinitionProposed', data: { ...said, body, reason: 'r', reviewBy: '2024-04-01' } }),
      recorded({ type: 'DefinitionPutInForce', data: { ...said, from: '2023-01-01T00:00:00.000Z' } }),
    ];
    expect(await after([handedOff(1), rejected('no-need')], agreed)).toEqual(giveBack('choice-1'));
    expect(await after([handedOff(1), rejected('duplicate')], agreed)).toEqual([]);
  });
  it('comes back for a lead merged into a known one before an answer', async () => {
    expect(await after([handedOff(1), merged])).toEqual(giveBack('choice-1'));
    expect(await after([handedOff(1), accepted, merged])).toEqual([]);
    expect(await after([merged])).toEqual([]);
  });
  it("comes back if the lead was handed off before the queue's choice", async () =>
    expect(await after([{ type: 'LeadRoutingCancelled', data: { leadId, queue: 'all', choice: 'choice-3' } }])).toEqual(
      giveBack('choice-3'),
    ));
  it('was not used by handoffs of people, or rejections of another system', async () => {
    expect(await after([handedOff(1, {}), rejected('duplicate')])).toEqual([]);
    expect(await after([handedOff(1), rejected('duplicate', { external: true })])).toEqual([]);
  });
});
