import { directory, type PersonEvent } from '@baton/directory';
import { recorded } from '@baton/kernel/testing';
import { leads } from '@baton/leads';
import { deals, type OpportunityEvent } from '@baton/opportunities';
import { handoffs } from '@baton/sales-sla';
import { modelsOf } from '../../../../test/support/read-models';
import { unlistedReport } from './unlisted.report';

describe('people without an entry in the directory', () => {
  const open = (opportunityId: string, owner?: string) =>
    recorded<OpportunityEvent>({
      type: 'OpportunityOpened',
      data: { opportunityId, stage: 'new', ...(owner && { owner }) },
    });
  it('are listed by how often records name them', async () => {
    const listed = recorded<PersonEvent>({ type: 'DirectoryEntrySet', data: { personId: 'ada', team: 'sales' } });
    const handedOff = { leadId: 'lea', rep: 'bob', definition: 'mql@1', count: 1, respondBy: null };
    const events = [
      listed,
      ...[open('d1', 'ada'), open('d2', 'bob'), open('d3', 'cyd'), open('d4', 'cyd'), open('d5', 'cyd'), open('d6')],
      recorded({ type: 'LeadCaptured', data: { leadId: 'lea', owner: 'ada' } }, { stream: 'lead-lea' }),
      recorded({ type: 'LeadHandedOff', data: handedOff }, { stream: 'lead-lea' }),
    ];
    const models = await modelsOf([deals, leads, handoffs, directory], events);
    const { nodes } = (await unlistedReport.ask({} as never, { models, page: { first: 10 } } as never)) as {
      nodes: object[];
    };
    expect(nodes).toEqual([
      { personId: 'cyd', deals: 3, handoffs: 0, leads: 0 },
      { personId: 'bob', deals: 1, handoffs: 1, leads: 0 },
    ]);
  });
});
