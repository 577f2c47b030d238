import { flag, list, object, oneOf, optional, text, type Fault, type Static } from '@baton/kernel';
import { indexOfRepeatedCode } from './codes.rules';

const externalStage = {
  system: text('Name of the other system, as in `external:<system>`: hubspot.', { min: 1, max: 100 }),
  stage: text('Stage as that system names it: salesqualifiedlead.', { min: 1, max: 200 }),
};
const leadStages = [
  ...(['lead', 'mql', 'handed-off', 'sal', 'sql', 'opportunity', 'customer'] as const),
  ...(['rejected', 'recycled', 'disqualified'] as const),
] as const;

/** Maps the stages of other systems to lifecycle stages and deal statuses. */
export const stageMap = object({
  leads: optional(
    list(
      object({
        ...externalStage,
        means: oneOf(leadStages, 'Lifecycle stage that it stands for.'),
        external: optional(
          flag(
            'If the lifecycle refuses a move to the stage, record it as the decision of that system; otherwise the move waits.',
          ),
        ),
      }),
      'Stages of leads.',
      { max: 500 },
    ),
  ),
  deals: optional(
    list(
      object({ ...externalStage, means: oneOf(['open', 'won', 'lost'], 'Status of the deal that it stands for.') }),
      'Stages of deals.',
      {
        max: 500,
      },
    ),
  ),
});

export type StageMap = Static<typeof stageMap>;

/** @returns the first fault that the schema cannot find: no stages at all, or a repeated one */
export const validateStageMap = (body: StageMap): Fault | undefined => {
  const { leads = [], deals = [] } = body;
  if (leads.length + deals.length === 0) return { path: '', message: 'List at least one stage in leads or deals.' };
  for (const [name, rows] of Object.entries({ leads, deals })) {
    const again = indexOfRepeatedCode(rows.map(({ system, stage }) => JSON.stringify([system, stage])));
    if (again >= 0)
      return { path: `${name}.${again}.stage`, message: 'This stage of this system is listed twice; list it once.' };
  }
  return undefined;
};
