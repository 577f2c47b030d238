import { flag, list, object, oneOf, optional, text, type Fault, type Static } from '@baton/kernel';
import { repeatedCode } from './codes.rules';

const theirs = {
  system: text('The other system, as `external:<system>` will name it: hubspot.', { min: 1, max: 100 }),
  stage: text('The stage, in the words of that system: salesqualifiedlead.', { min: 1, max: 200 }),
};
const leadStages = [
  ...(['lead', 'mql', 'handed-off', 'sal', 'sql', 'opportunity', 'customer'] as const),
  ...(['rejected', 'recycled', 'disqualified'] as const),
] as const;

/** What the stages of other systems mean here. */
export const stageMap = object({
  leads: optional(
    list(
      object({
        ...theirs,
        means: oneOf(leadStages, 'The stage of the lifecycle.'),
        external: optional(
          flag('A move to it that the lifecycle refuses is recorded as that system’s own decision; else it waits.'),
        ),
      }),
      'Stages of people.',
      { max: 500 },
    ),
  ),
  deals: optional(
    list(object({ ...theirs, means: oneOf(['open', 'won', 'lost'], 'How the deal stands.') }), 'Stages of deals.', {
      max: 500,
    }),
  ),
});

export type StageMap = Static<typeof stageMap>;

/** @returns a stage that is named twice, or a map that names none */
export const validateStageMap = (body: StageMap): Fault | undefined => {
  const { leads = [], deals = [] } = body;
  if (leads.length + deals.length === 0) return { path: '', message: 'Name at least one stage of leads or deals.' };
  for (const [name, rows] of Object.entries({ leads, deals })) {
    const again = repeatedCode(rows.map(({ system, stage }) => JSON.stringify([system, stage])));
    if (again >= 0) return { path: `${name}.${again}.stage`, message: 'This stage is named before.' };
  }
  return undefined;
};
