import type { StoredEvent } from '@baton/kernel';
import { recorded } from '@baton/kernel/testing';
import { leads, type LeadEvent } from '@baton/leads';
import { definitions } from '@baton/definitions';
import { dealChanges, deals, dealStageStays, touches, type OpportunityEvent } from '@baton/opportunities';
import { modelsOf } from '../../../../test/support/read-models';
import { pipeline } from './pipeline.query';

const open = (opportunityId: string, stage: string, minor?: number, currency = 'USD', owner = 'Moses'): StoredEvent =>
  recorded<OpportunityEvent>({
    type: 'OpportunityOpened',
    data: { opportunityId, stage, owner, ...(minor !== undefined && { amount: { minor, currency } }) },
  });
const lead = (event: LeadEvent): StoredEvent => recorded(event, { stream: `lead-${event.data.leadId}` });

describe('the pipeline', () => {
  const models = modelsOf(
    [deals, dealChanges, dealStageStays, touches, definitions, leads],
    [
      open('a', 'open', 100),
      open('b', 'open', 50),
      open('c', 'open', 7, 'EUR'),
      open('d', 'demo'),
      open('e', 'demo', 20, 'USD', 'Eve'),
      open('f', 'demo', 1000),
      recorded({ type: 'OpportunityWon', data: { opportunityId: 'f', leadIds: [] } }),
      lead({ type: 'LeadCaptured', data: { leadId: 'ann', owner: 'Eve' } }),
      lead({ type: 'LeadCaptured', data: { leadId: 'bob' } }),
      lead({ type: 'LeadCaptured', data: { leadId: 'bobby' } }),
      lead({ type: 'LeadCaptured', data: { leadId: 'cy' } }),
      lead({ type: 'LeadQualified', data: { leadId: 'cy', definition: 'mql@1' } }),
      lead({ type: 'LeadMerged', data: { leadId: 'bob', mergedLeadId: 'bobby', mergeNumber: 0 } }),
      lead({ type: 'LeadMergedInto', data: { leadId: 'bobby', survivorId: 'bob', mergeNumber: 0 } }),
    ],
  );

  it('counts open deals by stage, and people by lifecycle stage, each once', async () =>
    expect(await pipeline(await models, '2024-02-01T00:00:00.000Z')).toEqual({
      stages: [
        { stage: 'demo', deals: 2, amounts: [{ minor: 20, currency: 'USD' }], withoutAmount: 1 },
        {
          stage: 'open',
          deals: 3,
          amounts: [
            { minor: 7, currency: 'EUR' },
            { minor: 150, currency: 'USD' },
          ],
          withoutAmount: 0,
        },
      ],
      open: {
        deals: 5,
        amounts: [
          { minor: 7, currency: 'EUR' },
          { minor: 170, currency: 'USD' },
        ],
        withoutAmount: 1,
      },
      leads: [
        { stage: 'lead', leads: 2, erased: 0 },
        { stage: 'mql', leads: 1, erased: 0 },
      ],
    }));
});
