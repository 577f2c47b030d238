import {
  enumeration,
  flag,
  integer,
  json,
  list,
  object,
  oneOf,
  optional,
  real,
  text,
  type EnumerationValue,
  type Fault,
  type Json,
  type Static,
} from '@baton/kernel';
import { indexOfRepeatedCode } from './codes.rules';
import { validateDealCriteria, type DealCriterion } from './deal-criteria.rules';

export const forecastCategories = enumeration('ForecastCategory', 'How sure the close of a deal in a stage is.', {
  pipeline: 'It may close.',
  'best-case': 'It closes if all goes well.',
  commit: 'The rep expects it to close.',
  omitted: 'It is not forecast.',
});
export type ForecastCategory = EnumerationValue<typeof forecastCategories>;

const shortCode = (description: string) => text(description, { min: 1, max: 300 });
const label = optional(text('Label for people.', { max: 200 }));
const dayLimit = (description: string) => optional(integer(description, { min: 1, max: 3650 }));

const exit = object({
  criteria: json(
    'Criteria on the deal: a tree of all, any and not over `deal`, `role`, `days` and, unless enforced, `touches`.',
  ),
  enforced: optional(
    flag('Refuse to move the deal on while they are not met; otherwise the move says what is missing.'),
  ),
});
const stage = object({
  code: shortCode('The stage, as deals name it.'),
  label,
  category: oneOf(forecastCategories, 'Forecast category of its deals.'),
  proposal: optional(flag('A deal that comes to it has been sent a proposal.')),
  exit: optional(exit),
  limitDays: dayLimit('Days in the stage after which a deal is stuck, where too few won deals say how long it takes.'),
  silenceDays: dayLimit('Days without a touch or an event after which a deal is silent.'),
});
const share = (description: string) => optional(real(description, { min: 0, max: 1 }));
const thresholds = object({
  stuckQuantile: share('Quantile of the days of won deals in a stage beyond which a deal is stuck; 0.8 by default.'),
  stuckDeals: optional(integer('Won deals that it takes for that; 30 by default.', { min: 1, max: 100_000 })),
  proposalToClose: share('The target for won deals among the closed ones that had a proposal.'),
});
const onePipeline = object({
  code: shortCode('The pipeline, as deals name it.'),
  label,
  stages: list(stage, 'In the order in which a deal goes through them.', { max: 100 }),
  quality: optional(json('Criteria that a deal of quality meets: as those of an exit, `touches` included.')),
  thresholds: optional(thresholds),
});
/** The lifecycle stages of a person before there is a deal. */
const silentStages = ['lead', 'mql', 'handed-off', 'sal', 'sql', 'opportunity'] as const;
export type SilentStage = (typeof silentStages)[number];

/** The pipelines of deals, with the stages of each. A deal that names none is in the first. */
export const pipeline = object({
  pipelines: list(onePipeline, 'The pipelines.', { max: 50 }),
  silence: optional(
    list(
      object({
        stage: oneOf(silentStages, 'A lifecycle stage.'),
        days: integer('Days without an act of ours after which a person waits too long.', {
          ...{ min: 1, max: 3650 },
        }),
      }),
      'How long we may be silent to people in lifecycle stages; stages of deals have limits of their own.',
      { max: 10 },
    ),
  ),
});
type Stored = Static<typeof pipeline>;
type StoredPipeline = Stored['pipelines'][number];
/** A stage of a pipeline. */
export type PipelineStage = Omit<StoredPipeline['stages'][number], 'exit'> & {
  readonly exit?: { readonly criteria: DealCriterion; readonly enforced?: boolean };
};
/** One pipeline. */
export type DealPipeline = Omit<StoredPipeline, 'stages' | 'quality'> & {
  readonly stages: readonly PipelineStage[];
  readonly quality?: DealCriterion;
};
/** The body of a version. */
export type Pipelines = Omit<Stored, 'pipelines'> & { readonly pipelines: readonly DealPipeline[] };

const repeated = (codes: readonly string[], path: string, what: string): Fault | undefined => {
  const again = indexOfRepeatedCode(codes);
  return again < 0 ? undefined : { path: `${path}.${again}.code`, message: `Another ${what} has this code.` };
};
/** @returns the first fault that the schema cannot find: no pipelines or stages, a repeated code, a fault of criteria */
export const validatePipelines = ({ pipelines, silence = [] }: Pipelines): Fault | undefined => {
  if (pipelines.length === 0) return { path: 'pipelines', message: 'List at least one pipeline.' };
  const fault = repeated(
    pipelines.map(({ code }) => code),
    'pipelines',
    'pipeline',
  );
  if (fault) return fault;
  const twice = indexOfRepeatedCode(silence.map(({ stage: name }) => name));
  if (twice >= 0) return { path: `silence.${twice}.stage`, message: 'This stage is listed twice; list it once.' };
  for (const [index, one] of pipelines.entries()) {
    const found = validatePipeline(one, `pipelines.${index}`);
    if (found) return found;
  }
  return undefined;
};
const validatePipeline = ({ stages, quality }: DealPipeline, path: string): Fault | undefined => {
  if (stages.length === 0) return { path: `${path}.stages`, message: 'List at least one stage.' };
  const twice = repeated(
    stages.map(({ code }) => code),
    `${path}.stages`,
    'stage of the pipeline',
  );
  if (twice) return twice;
  for (const [index, { exit: leaving }] of stages.entries()) {
    const at = `${path}.stages.${index}.exit.criteria`;
    const touches = !leaving?.enforced; // a deal alone does not know the touches of its people
    const fault = leaving && validateDealCriteria(leaving.criteria as unknown as Json, at, { touches });
    if (fault) return fault;
  }
  return quality && validateDealCriteria(quality as unknown as Json, `${path}.quality`, { touches: true });
};

/** The pipeline of a deal: the one that it names, or the first; undefined for one that is not among them. */
export const pipelineOf = ({ pipelines }: Pipelines, code: string | undefined): DealPipeline | undefined =>
  code === undefined ? pipelines[0] : pipelines.find((one) => one.code === code);
/** The place of a stage in its pipeline; -1 for one that is not in it. */
export const placeOfStage = ({ stages }: DealPipeline, code: string | undefined): number =>
  stages.findIndex((one) => one.code === code);
