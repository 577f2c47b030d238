import { decider, refuse } from '@baton/kernel';
import {
  supportRequestCommands,
  supportRequestEvents,
  type SupportRequestCommand,
  type SupportRequestEvent,
} from './support-request.events';

type SupportRequest =
  | { readonly status: 'unknown' }
  | { readonly status: 'requested'; readonly opportunityId: string }
  | { readonly status: 'taken'; readonly opportunityId: string; readonly taker: string }
  | { readonly status: 'delivered'; readonly opportunityId: string; readonly delivered: string }
  | { readonly status: 'closed' };

const unknownRequest = () =>
  refuse('support/unknown', 'There is no support request with this id; request the support first.', 'supportId');
const requestClosed = () => refuse('support/closed', 'The request is closed; create a new one.', 'supportId');

export const supportRequestDecider = decider<SupportRequest, SupportRequestCommand, SupportRequestEvent>({
  commands: supportRequestCommands,
  events: supportRequestEvents,
  initialState: () => ({ status: 'unknown' }),
  decide: {
    RequestSupport: (state, { data }) =>
      state.status === 'unknown'
        ? [{ type: 'SupportRequested', data }]
        : refuse(
            'support/already-requested',
            'A request with this id exists already; choose another supportId.',
            'supportId',
          ),
    TakeSupportRequest: (state, { data: { supportId, taker: named }, meta }) => {
      const taker = named ?? meta.actor;
      if (state.status === 'unknown') return unknownRequest();
      if (state.status === 'closed') return requestClosed();
      if (state.status === 'delivered')
        return refuse(
          'support/already-delivered',
          'The request was delivered already; it cannot be taken any more.',
          'supportId',
        );
      if (state.status === 'taken')
        return state.taker === taker
          ? []
          : refuse('support/already-taken', `${state.taker} has taken the request already.`, 'supportId', {
              taker: state.taker,
            });
      return [{ type: 'SupportRequestTaken', data: { supportId, opportunityId: state.opportunityId, taker } }];
    },
    DeliverSupport: (state, { data: { supportId, delivered } }) => {
      if (state.status === 'unknown') return unknownRequest();
      if (state.status === 'closed') return requestClosed();
      if (state.status === 'requested')
        return refuse('support/not-taken', 'Nobody has taken the request; take it before you deliver.', 'supportId');
      if (state.status === 'delivered' && state.delivered === delivered) return [];
      return [{ type: 'SupportDelivered', data: { supportId, opportunityId: state.opportunityId, delivered } }];
    },
    CloseSupportRequest: (state, { data: { supportId, reason } }) => {
      if (state.status === 'unknown') return unknownRequest();
      if (state.status === 'closed') return [];
      const { status, opportunityId } = state;
      const outcome = status === 'delivered' ? 'served' : 'withdrawn';
      return [
        {
          type: 'SupportRequestClosed',
          data: { supportId, opportunityId, outcome, ...(reason !== undefined && { reason }) },
        },
      ];
    },
  },
  evolve: {
    SupportRequested: (_, { data: { opportunityId } }) => ({ status: 'requested', opportunityId }),
    SupportRequestTaken: (_, { data: { opportunityId, taker } }) => ({ status: 'taken', opportunityId, taker }),
    SupportDelivered: (_, { data: { opportunityId, delivered } }) => ({
      status: 'delivered',
      opportunityId,
      delivered,
    }),
    SupportRequestClosed: () => ({ status: 'closed' }),
  },
});
