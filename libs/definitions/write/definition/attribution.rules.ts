import { IANAZone } from 'luxon';
import { validateConditions, touchConditions, type TouchConditions } from './channel.rules';
import {
  durationMs,
  enumeration,
  integer,
  list,
  object,
  oneOf,
  optional,
  real,
  text,
  type Fault,
  type Static,
} from '@baton/kernel';

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

const shareField = (description: string) => real(description, { min: 0, max: 1 });
const nameList = (description: string) => optional(list(text('', { max: 300 }), description, { max: 100 }));
const stepCount = (description: string) => optional(integer(description, { min: 1, max: 100_000 }));

/** The kinds of path transforms; `transformParameters` lists the parameters of each. */
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

const WHEN = 'Conditions as in channel rules; a touch matches if any of them holds.';

/** Selects the touches of a path that get credit; transforms are applied one after the other. */
export const pathTransform = object({
  kind: oneOf(
    transformKinds,
    'exposure: keeps the first of consecutive touches of one channel; first-occurrence: keeps the first touch of each channel; unique: keeps all touches, repeats included; remove-if-not-all: removes touches of `channels`, unless there are no others; remove-if-last-and-not-all: removes touches of `channels` at the end of the path, unless there are no others; trim: keeps the last `steps` touches; lookback: keeps touches within `within` before the conversion, or the last `steps`; include, exclude: keeps or removes touches by `channels`, `campaigns` and `when`.',
  ),
  channels: nameList('Channels as the channel rules name them; case is ignored.'),
  campaigns: nameList('Campaigns as the touches state them; case is ignored.'),
  when: optional(list(touchConditions, WHEN, { max: 50 })),
  steps: stepCount('How many touches before the conversion.'),
  within: optional(text('How long before the conversion, as an ISO 8601 duration (`P30D`).', { max: 50 })),
});
export type PathTransform = Static<typeof pathTransform>;

/** A stage of the custom model: a milestone of the deal, or the first matching touch. */
export const customStage = object({
  stage: text('first-touch, lead-creation, opportunity-creation, closed-won, or a name of your own.', {
    pattern: '^[a-z0-9][a-z0-9-]{0,49}$',
    requirement: 'a code: 1 to 50 small letters, digits and hyphens',
  }),
  share: shareField('Share of the revenue that this stage gets, 0 to 1.'),
  action: optional(text('For a stage of your own: the action of its touch; case is ignored.', { max: 100 })),
  channel: optional(text('For a stage of your own: the channel of its touch; case is ignored.', { max: 100 })),
  campaign: optional(text('For a stage of your own: the campaign of its touch; case is ignored.', { max: 300 })),
});
export const dealStages = ['first-touch', 'lead-creation', 'opportunity-creation', 'closed-won'] as const;

const selection = (description: string) =>
  optional(
    object(
      {
        channels: nameList('Channels as the channel rules name them; case is ignored.'),
        campaigns: nameList('Campaigns as the touches state them; case is ignored.'),
        when: optional(list(touchConditions, WHEN, { max: 50 })),
      },
      description,
    ),
  );

export const afterConversions = enumeration('AfterConversion', 'What an earlier conversion of a person changes.', {
  continue: 'Touches before it count.',
  restart: 'Touches before it do not count.',
});
/** Defaults of attribution reports. */
export const attribution = object({
  model: text('Code of the model: linear, first-touch, time-decay …', {
    pattern: '^[a-z0-9-]{1,50}$',
    requirement: 'a code: 1 to 50 small letters, digits and hyphens',
  }),
  lookback: optional(
    text(
      'Look-back: how long before the close a touch counts, as an ISO 8601 duration (`P90D`), or `none` (the default) for no limit.',
    ),
  ),
  lookbackSteps: stepCount('How many of the last touches before the close count at most.'),
  afterConversion: optional(
    oneOf(
      afterConversions,
      'restart: touches of a person before an earlier conversion of that person do not count; continue: they do.',
    ),
  ),
  include: selection('Only touches of these channels and these campaigns that meet one of the conditions count.'),
  exclude: selection('Touches of these channels or these campaigns, or that meet one of the conditions, do not count.'),
  transforms: optional(list(pathTransform, 'Applied in this order, after the look-back.', { max: 20 })),
  excludedChannels: optional(list(text('', { max: 100 }), 'Channels that the model last-non-direct skips.')),
  weights: optional(
    object(
      {
        first: shareField('Share of the first touch, 0 to 1.'),
        last: shareField('Share of the last touch, 0 to 1.'),
        mid: shareField('Share of all touches between them, 0 to 1.'),
      },
      'Shares of the position-based model; they add up to 1.',
    ),
  ),
  stages: optional(list(customStage, 'Stages of the model custom; their shares and `mid` add up to 1.', { max: 20 })),
  mid: optional(shareField('For the model custom: the share of all touches that are no stage, 0 to 1.')),
  halfLife: optional(
    text('Age at which a touch has half its weight in the model time-decay, as an ISO 8601 duration.'),
  ),
  timeZone: optional(text('IANA time zone in which months begin.')),
});
export type Attribution = Static<typeof attribution>;

export const builtInAttribution: Attribution = {
  model: 'linear',
  excludedChannels: ['direct', 'direct traffic'],
};

const validateDuration = (value: string | undefined, path: string): Fault | undefined => {
  try {
    if (value === undefined || durationMs(value) > 0) return undefined;
    return { path, message: 'The duration must be longer than zero, such as P30D.' };
  } catch (error) {
    return { path, message: (error as Error).message };
  }
};

const addUpToOne = (shares: readonly number[]): boolean =>
  Math.abs(shares.reduce((sum, one) => sum + one, 0) - 1) <= 1e-9;

/** The parameters that each transform takes: at least one of its list, and no others. */
const transformParameters: Readonly<Record<PathTransform['kind'], readonly (keyof PathTransform)[]>> = {
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
    const fault = validateConditions(conditions, `${path}.when.${index}`);
    if (fault) return fault;
  }
  return undefined;
};
const validateTransform = (transform: PathTransform, path: string): Fault | undefined => {
  const { kind, ...given } = transform;
  const needed = transformParameters[kind];
  const foreign = (Object.keys(given) as (keyof typeof given)[]).find((name) => !needed.includes(name));
  if (foreign)
    return {
      path: `${path}.${foreign}`,
      message: `A transform of kind ${kind} does not take this parameter; remove it.`,
    };
  if (needed.length > 0 && Object.keys(given).length === 0)
    return { path: `${path}.${needed[0]!}`, message: `A transform of kind ${kind} needs ${needed.join(' or ')}.` };
  return validateWhen(transform.when, path) ?? validateDuration(transform.within, `${path}.within`);
};

const validateStages = ({ model, stages, mid = 0 }: Attribution): Fault | undefined => {
  if (!stages)
    return model === 'custom'
      ? { path: 'stages', message: 'The model custom needs stages; list them with their shares.' }
      : undefined;
  for (const [index, { stage, action, channel, campaign }] of stages.entries()) {
    const path = `stages.${index}.stage`;
    if (stages.findIndex((one) => one.stage === stage) < index)
      return { path, message: 'This stage is listed twice; list each stage once.' };
    const own = action !== undefined || channel !== undefined || campaign !== undefined;
    if ((dealStages as readonly string[]).includes(stage) === own)
      return {
        path,
        message: `stage must be one of ${dealStages.join(', ')}, or a name of your own with the action, channel or campaign of its touch.`,
      };
  }
  if (addUpToOne([mid, ...stages.map((stage) => stage.share)])) return undefined;
  return { path: 'stages', message: 'The shares of all stages and `mid` must add up to 1.' };
};

/** @returns the first fault that the schema cannot find: sums of shares, durations, time zones, model codes */
export const validateAttribution = (body: Attribution): Fault | undefined => {
  const { model, lookback, halfLife, timeZone, weights, transforms = [] } = body;
  if (!(attributionModelCodes as readonly string[]).includes(model))
    return { path: 'model', message: `model must be one of ${attributionModelCodes.join(', ')}.` };
  if (weights && !addUpToOne([weights.first, weights.last, weights.mid]))
    return { path: 'weights', message: 'first, last and mid must add up to 1.' };
  if (timeZone !== undefined && !IANAZone.isValidZone(timeZone))
    return { path: 'timeZone', message: 'timeZone must be an IANA time zone, such as Europe/Berlin.' };
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
