import { decider, refuse } from '@baton/kernel';
import { visitorCommands, visitorEvents, type VisitorCommand, type VisitorEvent } from './visitor.events';

type Visitor = { readonly leadId?: string };

export const visitorDecider = decider<Visitor, VisitorCommand, VisitorEvent>({
  commands: visitorCommands,
  events: visitorEvents,
  initialState: () => ({}),
  decide: {
    RecordVisit: ({ leadId }, { data }) => [{ type: 'VisitRecorded', data: { ...data, ...(leadId && { leadId }) } }],
    IdentifyVisitor: ({ leadId }, { data }) => {
      if (leadId === data.leadId) return [];
      if (leadId)
        return refuse(
          'visitor/already-identified',
          'The visitor is identified as another lead; merge the two leads if they are the same person.',
          'leadId',
          {
            leadId,
          },
        );
      return [{ type: 'VisitorIdentified', data }];
    },
  },
  evolve: {
    VisitRecorded: (state) => state,
    VisitorIdentified: (_, { data: { leadId } }) => ({ leadId }),
  },
});
