import { IANAZone } from 'luxon';
import { conditionsFault, touchConditions, type TouchConditions } from './channel.rules';
import { durationMs, integer, list, object, oneOf, optional, real, text, type Fault, type Static } from '@baton/kernel';

/** Every attribution model by its code; the models themselves are in the context attribution. */
export const attributionModelCodes = [
  'first-touch',
  'last-touch',
  'last-non-direct',
  'lead-creation',
  'opportunity-creation',
  'linear',
  'u-shaped',
  'u-50',
  'position-based',
  'w-shaped',
  'w-milestones',
  'full-path',
  'j-shaped',
  'inverse-j',
  'time-decay',
  'step-decay',
  'custom',
  'participation',
  'markov',
  'shapley',
  'shapley-simplified',
  'shapley-ordered',
  'leave-one-out',
  'leave-channel-out',
] as const;

const share = (description: string) => real(description, { min: 0, max: 1 });
const names = (description: string) => optional(list(text('', { max: 300 }), description, { max: 100 }));
const steps = (description: string) => optional(integer(description, { min: 1, max: 100_000 }));

/** What a transform of a path does; see the parameters it takes. */
export const transformKinds = [
  'exposure',
  'first-occurrence',
  'unique',
  'remove-if-not-all',
  'remove-if-last-and-not-all',
  'trim',
  'lookback',
  'include',
  'exclude',
] as const;

const WHEN = 'Conditions as those of channel rules: touches of which any of these holds.';

/** Which touches of a path are weighed; transforms are applied one after the other. */
export const pathTransform = object({
  kind: oneOf(
    transformKinds,
    'exposure: of consecutive touches of a channel the first; first-occurrence: the first touch of each channel; unique: all, repeats too; remove-if-not-all: those of `channels` go unless there are no others; remove-if-last-and-not-all: those of `channels` at the end go, unless there are no others; trim: the last `steps`; lookback: those within `within`, or the last `steps`; include, exclude: by `channels`, `campaigns` and `when`.',
  ),
  channels: names('Channels after the channel rules, in any case.'),
  campaigns: names('Campaigns that touches state, in any case.'),
  when: optional(list(touchConditions, WHEN, { max: 50 })),
  steps: steps('How many touches before the conversion.'),
  within: optional(text('How long before the conversion, ISO 8601 (`P30D`).', { max: 50 })),
});
export type PathTransform = Static<typeof pathTransform>;

/** A stage of the custom model: a milestone of the deal, or the first touch that fits. */
export const customStage = object({
  stage: text('first-touch, lead-creation, opportunity-creation, closed-won, or a name of your own.', {
    pattern: '^[a-z0-9][a-z0-9-]{0,49}$',
    says: 'a code: 1 to 50 small letters, digits and hyphens',
  }),
  share: share('Its part of the deal.'),
  action: optional(text('A stage of your own: the action of its touch, in any case.', { max: 100 })),
  channel: optional(text('A stage of your own: the channel of its touch, in any case.', { max: 100 })),
  campaign: optional(text('A stage of your own: the campaign of its touch, in any case.', { max: 300 })),
});
export const dealStages = ['first-touch', 'lead-creation', 'opportunity-creation', 'closed-won'] as const;

const selection = (description: string) =>
  optional(
    object(
      {
        channels: names('After the channel rules, in any case.'),
        campaigns: names('As stated, in any case.'),
        when: optional(list(touchConditions, WHEN, { max: 50 })),
      },
      description,
    ),
  );

/** What an attribution report assumes where its question does not say otherwise. */
export const attribution = object({
  model: text('Code of the model: linear, first-touch, time-decay …', {
    pattern: '^[a-z0-9-]{1,50}$',
    says: 'a code: 1 to 50 small letters, digits and hyphens',
  }),
  lookback: optional(
    text('How long before the close a touch counts, ISO 8601 (`P90D`), or `none` for any time, which is the default.'),
  ),
  lookbackSteps: steps('How many touches before the close count at most.'),
  afterConversion: optional(
    oneOf(
      ['continue', 'restart'],
      'restart: touches of a person before an earlier conversion of that person do not count; continue: they do.',
    ),
  ),
  include: selection('Only touches of these channels and of these campaigns, and of which a condition holds, count.'),
  exclude: selection('Touches of these channels or of these campaigns, or of which a condition holds, do not count.'),
  transforms: optional(list(pathTransform, 'Applied in this order, after the look-back.', { max: 20 })),
  excludedChannels: optional(list(text('', { max: 100 }), 'Channels that last-non-direct passes over.')),
  weights: optional(
    object(
      { first: share('Of the first touch.'), last: share('Of the last.'), mid: share('Of all between them.') },
      'Shares of the position-based model; together 1.',
    ),
  ),
  stages: optional(list(customStage, 'Of the model custom; with `mid` together 1.', { max: 20 })),
  mid: optional(share('Of the model custom: the part of all touches that hold no stage.')),
  halfLife: optional(text('After what age a touch weighs half in time-decay, ISO 8601.')),
  timeZone: optional(text('IANA zone in which months begin.')),
});
export type Attribution = Static<typeof attribution>;

export const builtInAttribution: Attribution = {
  model: 'linear',
  excludedChannels: ['direct', 'direct traffic'],
};

const validateDuration = (value: string | undefined, path: string): Fault | undefined => {
  try {
    if (value === undefined || durationMs(value) > 0) return undefined;
    return { path, message: 'Give a duration above zero.' };
  } catch (error) {
    return { path, message: (error as Error).message };
  }
};

const isWhole = (shares: readonly number[]): boolean => Math.abs(shares.reduce((sum, one) => sum + one, 0) - 1) <= 1e-9;

/** The parameters that a transform needs, one of each list, and no others. */
const needs: Readonly<Record<PathTransform['kind'], readonly (keyof PathTransform)[]>> = {
  exposure: [],
  'first-occurrence': [],
  unique: [],
  'remove-if-not-all': ['channels'],
  'remove-if-last-and-not-all': ['channels'],
  trim: ['steps'],
  lookback: ['within', 'steps'],
  include: ['channels', 'campaigns', 'when'],
  exclude: ['channels', 'campaigns', 'when'],
};
const validateWhen = (when: readonly TouchConditions[] | undefined, path: string): Fault | undefined => {
  for (const [index, conditions] of (when ?? []).entries()) {
    const fault = conditionsFault(conditions, `${path}.when.${index}`);
    if (fault) return fault;
  }
  return undefined;
};
const validateTransform = (transform: PathTransform, path: string): Fault | undefined => {
  const { kind, ...given } = transform;
  const needed = needs[kind];
  const foreign = (Object.keys(given) as (keyof typeof given)[]).find((name) => !needed.includes(name));
  if (foreign) return { path: `${path}.${foreign}`, message: `${kind} does not take it.` };
  if (needed.length > 0 && Object.keys(given).length === 0)
    return { path: `${path}.${needed[0]!}`, message: `${kind} takes ${needed.join(' or ')}.` };
  return validateWhen(transform.when, path) ?? validateDuration(transform.within, `${path}.within`);
};

const validateStages = ({ model, stages, mid = 0 }: Attribution): Fault | undefined => {
  if (!stages)
    return model === 'custom' ? { path: 'stages', message: 'The model custom needs its stages.' } : undefined;
  for (const [index, { stage, action, channel, campaign }] of stages.entries()) {
    const path = `stages.${index}.stage`;
    if (stages.findIndex((one) => one.stage === stage) < index) return { path, message: 'The stage stands twice.' };
    const own = action !== undefined || channel !== undefined || campaign !== undefined;
    if ((dealStages as readonly string[]).includes(stage) === own)
      return { path, message: `Give one of ${dealStages.join(', ')}, or a name and what its touch is.` };
  }
  if (isWhole([mid, ...stages.map((stage) => stage.share)])) return undefined;
  return { path: 'stages', message: 'The shares of the stages and `mid` together are 1.' };
};

/** What the shape alone does not say of a body: sums, durations, zones, models. */
export const validateAttribution = (body: Attribution): Fault | undefined => {
  const { model, lookback, halfLife, timeZone, weights, transforms = [] } = body;
  if (!(attributionModelCodes as readonly string[]).includes(model))
    return { path: 'model', message: `Choose one of ${attributionModelCodes.join(', ')}.` };
  if (weights && !isWhole([weights.first, weights.last, weights.mid]))
    return { path: 'weights', message: 'The three shares together are 1.' };
  if (timeZone !== undefined && !IANAZone.isValidZone(timeZone))
    return { path: 'timeZone', message: 'Give an IANA zone such as Europe/Berlin.' };
  for (const [index, transform] of transforms.entries()) {
    const fault = validateTransform(transform, `transforms.${index}`);
    if (fault) return fault;
  }
  return (
    validateWhen(body.include?.when, 'include') ??
    validateWhen(body.exclude?.when, 'exclude') ??
    validateStages(body) ??
    validateDuration(lookback === 'none' ? undefined : lookback, 'lookback') ??
    validateDuration(halfLife, 'halfLife')
  );
};
