import { decider, refuse } from '@baton/kernel';
import { periodCommands, periodEvents, type PeriodCommand, type PeriodEvent } from './period.events';

/** The hash of the frozen facts; undefined before. */
type Period = { readonly hash?: string };

export const periodDecider = decider<Period, PeriodCommand, PeriodEvent>({
  commands: periodCommands,
  events: periodEvents,
  initialState: () => ({}),
  decide: {
    FreezePeriod: ({ hash }, { data }) => {
      if (hash !== undefined)
        return hash === data.hash
          ? []
          : refuse(
              'period/already-frozen',
              'A period with this id is frozen already and cannot change; choose another periodId.',
              'periodId',
            );
      return [{ type: 'PeriodFrozen', data }];
    },
  },
  evolve: { PeriodFrozen: (_, { data: { hash } }) => ({ hash }) },
});
