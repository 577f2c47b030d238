import { lookThrough, type StoredEvent } from '@baton/kernel';
import { recorded } from '@baton/kernel/testing';
import type { LeadEvent } from '@baton/leads';
import { ToOpportunity } from '../write/opportunity/opportunity.events';
import { conversionPolicy } from './conversion.policy';

const lead = (event: LeadEvent): StoredEvent => recorded(event, { stream: 'lead-ann' });
const converted = lead({ type: 'LeadConverted', data: { leadId: 'ann', opportunityId: 'deal-1' } });
const react = (...history: StoredEvent[]) =>
  conversionPolicy.react(
    converted,
    lookThrough(async (stream) => (stream === 'lead-ann' ? [...history, converted] : [])),
  );

describe('a converted lead', () => {
  it('opens its deal and gets a role in it', async () => {
    expect(await react(lead({ type: 'LeadCaptured', data: { leadId: 'ann' } }))).toEqual([
      { to: ToOpportunity, id: 'deal-1', type: 'OpenOpportunity', data: { opportunityId: 'deal-1' } },
      { to: ToOpportunity, id: 'deal-1', type: 'AddContactRole', data: { opportunityId: 'deal-1', leadId: 'ann' } },
    ]);
  });

  it('passes on its source, its company and its last rep', async () => {
    const [open] = await react(
      lead({ type: 'LeadCaptured', data: { leadId: 'ann', source: 'web', owner: 'desk', company: 'Acme' } }),
      lead({ type: 'LeadProfileChanged', data: { leadId: 'ann', company: 'Acme Ltd' } }),
      lead({ type: 'LeadHandedOff', data: { leadId: 'ann', rep: 'Moses', definition: 'mql@1', count: 1 } }),
      lead({ type: 'LeadAccepted', data: { leadId: 'ann', rep: 'Moses', definition: 'mql@1' } }),
    );
    expect(open!.data).toEqual({ opportunityId: 'deal-1', source: 'web', owner: 'Moses', account: 'Acme Ltd' });
  });

  it('passes on no empty values', async () => {
    const [open] = await react(lead({ type: 'LeadCaptured', data: { leadId: 'ann', source: '', company: '' } }));
    expect(open!.data).toEqual({ opportunityId: 'deal-1' });
  });
});
