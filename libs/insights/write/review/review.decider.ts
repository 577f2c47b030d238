import { decider, refuse } from '@baton/kernel';
import { reviewCommands, reviewEvents, type ReviewCommand, type ReviewEvent } from './review.events';

interface Action {
  readonly what: string;
  readonly owner: string;
  readonly dueOn: string;
  readonly done: boolean;
}
type Review =
  | { readonly held: false }
  | {
      readonly held: true;
      readonly hash: string;
      readonly timeZone: string;
      readonly actions: readonly Action[];
    };

const MAX_ACTIONS = 200;
const unknownReview = () => refuse('review/unknown', 'There is no review with this id; hold it first.', 'reviewId');

export const reviewDecider = decider<Review, ReviewCommand, ReviewEvent>({
  commands: reviewCommands,
  events: reviewEvents,
  initialState: () => ({ held: false }),
  decide: {
    HoldReview: (state, { data }) => {
      if (state.held)
        return state.hash === data.hash
          ? []
          : refuse(
              'review/already-held',
              'A review with this id exists already and cannot change; choose another reviewId.',
              'reviewId',
            );
      return [{ type: 'ReviewHeld', data }];
    },
    AgreeReviewAction: (state, { data: { reviewId, ...action } }) => {
      if (!state.held) return unknownReview();
      const { what, owner, dueOn } = action;
      if (state.actions.some((one) => one.what === what && one.owner === owner && one.dueOn === dueOn)) return [];
      if (state.actions.length >= MAX_ACTIONS)
        return refuse(
          'review/too-many-actions',
          `A review has at most ${MAX_ACTIONS} actions; hold another review for more.`,
          'what',
        );
      const { timeZone, actions } = state;
      return [{ type: 'ReviewActionAgreed', data: { reviewId, number: actions.length + 1, ...action, timeZone } }];
    },
    CompleteReviewAction: (state, { data }) => {
      if (!state.held) return unknownReview();
      const action = state.actions[data.number - 1];
      if (!action) return refuse('review/unknown-action', 'The review has no action with this number.', 'number');
      return action.done ? [] : [{ type: 'ReviewActionCompleted', data }];
    },
  },
  evolve: {
    ReviewHeld: (_, { data: { hash, timeZone } }) => ({ held: true, hash, timeZone, actions: [] }),
    ReviewActionAgreed: (state, { data: { what, owner, dueOn } }) =>
      state.held ? { ...state, actions: [...state.actions, { what, owner, dueOn, done: false }] } : state,
    ReviewActionCompleted: (state, { data: { number } }) =>
      state.held
        ? {
            ...state,
            actions: state.actions.map((one, index) => (index === number - 1 ? { ...one, done: true } : one)),
          }
        : state,
  },
});
