import { field, enumeration, objectFields, durationMs, type ObjectOf } from '@baton/kernel';
import { afterConversions, type Attribution, type PathTransform } from '@baton/definitions';
import type { ReportContext } from '@baton/platform/report';
import { creditModels } from '../models/models.rules';
import { dimensions, type Method } from './attribution/attribution.rules';
import type { Period } from './conversions/conversions.query';
import { methodForPeriod, methodOf, versionCheck } from './credit/method.query';

const optional = { optional: true } as const;
const many = { list: true, optional: true } as const;

const transformKinds = enumeration<PathTransform['kind']>(
  'PathTransformKind',
  'What a transform does to the path of a deal before it is weighed.',
  {
    exposure: 'Of consecutive touches of one channel the first stays.',
    'first-occurrence': 'The first touch of each channel stays.',
    unique: 'Every touch stays, repeats too.',
    'remove-if-not-all': 'Touches of `channels` go, unless there are no others.',
    'remove-if-last-and-not-all': 'Touches of `channels` at the end of the path go, unless there are no others.',
    trim: 'The last `steps` touches stay.',
    lookback: 'Touches `within` a duration before the conversion stay, or the last `steps`.',
    include: 'Only touches of `channels`, and of `campaigns`, and of which one of `when` holds, where given, stay.',
    exclude: 'Touches of `channels`, those of `campaigns`, and those of which one of `when` holds, go.',
  },
);
const anyOf = (what: string) =>
  field.text(`${what} Any of these, in any case; \`*\` for any characters, \`(none)\` for absent.`, many);
const conditions = objectFields(
  'TouchConditionsInput',
  'Conditions on a touch, as channel rules have them; all that are given hold.',
  {
    channel: anyOf('The channel after the channel rules.'),
    subChannel: anyOf('The sub-channel after the channel rules.'),
    source: anyOf('utm_source or its like.'),
    medium: anyOf('utm_medium or its like.'),
    campaign: anyOf('utm_campaign, or the id of a campaign.'),
    site: field.text('Lists of sites of the channel rules: one has the source, or else the referrer.', many),
    referrer: field.text(
      'Where the person came from, as sites; `*` for any that is stated, `(none)` for absent.',
      many,
    ),
    page: anyOf('The page of a visit.'),
    landingPage: anyOf('The page at which the visit began.'),
    action: anyOf('What was done.'),
    team: anyOf('marketing or sales.'),
    direction: anyOf('inbound or outbound.'),
  },
);
const selectionFields = {
  channels: field.text('Channels as the channel rules name them; case is ignored.', many),
  campaigns: field.text('Campaigns as the touches state them; case is ignored.', many),
  when: field.object(conditions, 'Touches of which any of these conditions holds.', many),
} as const;
const selection = objectFields(
  'TouchSelection',
  'Touches by their channel, their campaign, and conditions.',
  selectionFields,
);
const parameters = objectFields(
  'AttributionParameters',
  'What a question says instead of the attribution definition; all else stays as defined.',
  {
    lookbackSteps: field.integer('How many of the last touches before the close count at most.', optional),
    afterConversion: field.enum(
      afterConversions,
      'Whether touches before an earlier conversion of the person count.',
      optional,
    ),
    include: field.object(selection, 'Only these touches count.', optional),
    exclude: field.object(selection, 'These touches do not count.', optional),
    transforms: field.object(
      objectFields('PathTransformInput', 'A transform of the path of a deal.', {
        kind: field.enum(transformKinds, 'What it does.'),
        ...selectionFields,
        steps: field.integer('How many touches before the conversion.', optional),
        within: field.text('How long before the conversion, as an ISO 8601 duration (`P30D`).', optional),
      }),
      'Applied in this order, after the look-back.',
      many,
    ),
    excludedChannels: field.text('Channels that LAST_NON_DIRECT passes over.', many),
    weights: field.object(
      objectFields('PositionWeights', 'Shares of the position-based model, 0 to 1, together 1.', {
        first: field.number('Of the first touch.'),
        last: field.number('Of the last touch.'),
        mid: field.number('Of all touches between them.'),
      }),
      'Shares of POSITION_BASED.',
      optional,
    ),
    stages: field.object(
      objectFields('CustomStage', 'A stage of the custom model.', {
        stage: field.text('first-touch, lead-creation, opportunity-creation, closed-won, or a name of your own.'),
        share: field.number('Its part of the deal, 0 to 1.'),
        action: field.text('A stage of your own: the action of its touch.', optional),
        channel: field.text('A stage of your own: the channel of its touch.', optional),
        campaign: field.text('A stage of your own: the campaign of its touch.', optional),
      }),
      'Stages of CUSTOM; with `mid` together 1.',
      many,
    ),
    mid: field.number('Of CUSTOM: the part of all touches that hold no stage.', optional),
    halfLife: field.text('Half-life of TIME_DECAY, ISO 8601 (`P7D`).', optional),
  },
);

/** What may be asked of the method, besides the definitions in force. */
export const methodArguments = {
  lookback: field.text(
    'How long before the close touches count, ISO 8601 (`P90D`), or `none`; by default the definition’s, else none.',
    { optional: true, max: 20, check: (text: string, path: string) => text === 'none' || durationMs(text, path) },
  ),
  definition: field.text('A version of the attribution definition, `attribution@3`; by default that in force.', {
    ...{ optional: true, max: 50, check: versionCheck('attribution') },
  }),
  channelRules: field.text('A version of the channel rules, `channel-rules@2`; by default that in force.', {
    ...{ optional: true, max: 50, check: versionCheck('channel-rules') },
  }),
  parameters: field.object(parameters, 'What to take instead of the definition.', optional),
} as const;
/** The same for a period. */
export const periodArguments = {
  ...methodArguments,
  from: field.dayOrInstant('Only what closed on this day, at this instant or after.', optional),
  to: field.dayOrInstant('Only what closed before this day or instant.', optional),
  timeZone: field.zone('IANA zone in which days and months begin; by default the definition’s, or UTC.'),
  currency: field.currency('Only deals in this currency (ISO 4217).'),
} as const;
export const byArgument = { by: field.enum(dimensions, 'What to sum by.', { default: 'channel' }) } as const;
export const modelArgument = (description: string) => field.enum(creditModels, description, optional);

export const journeyArgument = { journeyId: field.id('The deal’s id.') } as const;

const overrides = ({
  lookback,
  parameters: asked,
}: Pick<ObjectOf<typeof methodArguments>, 'lookback' | 'parameters'>): Pick<Method, 'lookback' | 'parameters'> => ({
  ...(lookback !== undefined && { lookback }),
  ...(asked && { parameters: asked as Partial<Attribution> }),
});

/** The definitions that answer a question, and what it says instead of them. @throws Refused as `methodOf` */
export const askedMethod = async (
  { lookback, parameters: asked, ...versions }: ObjectOf<typeof methodArguments>,
  { sources, live, at }: ReportContext,
): Promise<Method> => ({
  ...(await methodOf(sources.context.definitions, live, at, versions)),
  ...overrides({ lookback, parameters: asked }),
});

/** The same for a period, with its bounds. @throws Refused as `methodForPeriod` */
export const askedPeriod = async (
  { lookback, parameters: asked, currency, ...period }: ObjectOf<typeof periodArguments>,
  { sources, live, at }: ReportContext,
): Promise<Method & Period> => ({
  ...(await methodForPeriod(sources.context.definitions, live, at, period)),
  ...overrides({ lookback, parameters: asked }),
  ...(currency !== undefined && { currency }),
});
