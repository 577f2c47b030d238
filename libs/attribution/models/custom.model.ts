import { wordKey } from '@baton/kernel';
import { positionalModel, type Shares } from './credit.model';
import type { TouchFacts } from './model-journey.rules';

const milestones: Readonly<Record<string, string>> = {
  'first-touch': 'FT',
  'lead-creation': 'LC',
  'opportunity-creation': 'OC',
  'closed-won': 'CW',
};
const equalsText = (wanted: string | undefined, found: string | undefined) =>
  wanted === undefined || (found !== undefined && wordKey(wanted) === wordKey(found));

/**
 * Stages and percentages of the definition (`parameters.stages`, `mid`): milestones of the deal, and custom stages,
 * which belong to their first matching touch. Without stages, equal parts.
 */
export const custom = positionalModel(
  ({ stages = [], mid = 0 }): Shares => ({
    milestones: Object.fromEntries(stages.map(({ stage, share }) => [milestones[stage] ?? stage, share])),
    mid,
    own: Object.fromEntries(
      stages.flatMap(({ stage, action, channel, campaign }) =>
        milestones[stage]
          ? []
          : [
              [
                stage,
                (touch: TouchFacts) =>
                  equalsText(action, touch.action) &&
                  equalsText(channel, touch.channel) &&
                  equalsText(campaign, touch.campaign),
              ],
            ],
      ),
    ),
  }),
  {
    code: 'custom',
    name: 'Custom',
    description: 'The stages and percentages of the definition; the others share the rest.',
    parameters: ['stages', 'mid'],
  },
);
