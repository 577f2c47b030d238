import { decider, refuse } from '@baton/kernel';
import { retentionCommands, retentionEvents, type RetentionCommand, type RetentionEvent } from './retention.events';

type Terms = Pick<Extract<RetentionEvent, { type: 'RetentionRuleSet' }>['data'], 'stages' | 'days'>;
interface Rule {
  /** Absent: there is no rule for the purpose. */
  readonly terms?: Terms;
}

/** How long people are kept for one purpose. */
export const retentionDecider = decider<Rule, RetentionCommand, RetentionEvent>({
  commands: retentionCommands,
  events: retentionEvents,
  initialState: () => ({}),
  decide: {
    SetRetentionRule: ({ terms }, { data }) => {
      const stages = [...new Set(data.stages)].sort();
      if (stages.length === 0) return refuse('privacy/no-stages', 'stages must name at least one.', 'stages');
      const isSame = terms?.days === data.days && terms.stages.join() === stages.join();
      return isSame ? [] : [{ type: 'RetentionRuleSet', data: { ...data, stages } }];
    },
    EndRetentionRule: ({ terms }, { data }) =>
      terms
        ? [{ type: 'RetentionRuleEnded', data }]
        : refuse(
            'privacy/no-such-rule',
            'No retention rule of this purpose stands; `retentionRules` lists them.',
            'retentionId',
          ),
  },
  evolve: {
    RetentionRuleSet: (_, { data: { stages, days } }) => ({ terms: { stages, days } }),
    RetentionRuleEnded: () => ({}),
  },
});
