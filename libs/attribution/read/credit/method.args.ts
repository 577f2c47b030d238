import { ArgsType, Field, Float, InputType, Int, registerEnumType } from '@nestjs/graphql';
import { afterConversions, transformKinds, type Attribution } from '@baton/definitions';
import { enumOf, ReadArgs } from '@baton/platform/graphql';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import type { Method } from '../attribution/attribution.rules';

const optionalField = (description: string) => ({ nullable: true, description });

const AfterConversionEnum = enumOf(afterConversions);
const nameOf = (kind: string) => kind.toUpperCase().replaceAll('-', '_');
const TransformKind = Object.fromEntries(transformKinds.map((kind) => [nameOf(kind), kind]));
const effects: Readonly<Record<(typeof transformKinds)[number], string>> = {
  exposure: 'Of consecutive touches of one channel the first stays.',
  'first-occurrence': 'The first touch of each channel stays.',
  unique: 'Every touch stays, repeats too.',
  'remove-if-not-all': 'Touches of `channels` go, unless there are no others.',
  'remove-if-last-and-not-all': 'Touches of `channels` at the end of the path go, unless there are no others.',
  trim: 'The last `steps` touches stay.',
  lookback: 'Touches `within` a duration before the conversion stay, or the last `steps`.',
  include: 'Only touches of `channels`, and of `campaigns`, and of which one of `when` holds, where given, stay.',
  exclude: 'Touches of `channels`, those of `campaigns`, and those of which one of `when` holds, go.',
};
registerEnumType(TransformKind, {
  name: 'PathTransformKind',
  description: 'What a transform does to the path of a deal before it is weighed.',
  valuesMap: Object.fromEntries(transformKinds.map((kind) => [nameOf(kind), { description: effects[kind] }])),
});

const anyOf = (what: string) =>
  optionalField(`${what} Any of these, in any case; \`*\` for any characters, \`(none)\` for absent.`);
@InputType({ description: 'Conditions on a touch, as channel rules have them; all that are given hold.' })
class TouchConditionsInput {
  @Field(() => [String], anyOf('The channel after the channel rules.'))
  channel?: string[];
  @Field(() => [String], anyOf('The sub-channel after the channel rules.'))
  subChannel?: string[];
  @Field(() => [String], anyOf('utm_source or its like.'))
  source?: string[];
  @Field(() => [String], anyOf('utm_medium or its like.'))
  medium?: string[];
  @Field(() => [String], anyOf('utm_campaign, or the id of a campaign.'))
  campaign?: string[];
  @Field(
    () => [String],
    optionalField('Lists of sites of the channel rules: one has the source, or else the referrer.'),
  )
  site?: string[];
  @Field(
    () => [String],
    optionalField('Where the person came from, as sites; `*` for any that is stated, `(none)` for absent.'),
  )
  referrer?: string[];
  @Field(() => [String], anyOf('The page of a visit.'))
  page?: string[];
  @Field(() => [String], anyOf('The page at which the visit began.'))
  landingPage?: string[];
  @Field(() => [String], anyOf('What was done.'))
  action?: string[];
  @Field(() => [String], anyOf('marketing or sales.'))
  team?: string[];
  @Field(() => [String], anyOf('inbound or outbound.'))
  direction?: string[];
}
const WHEN = 'Touches of which any of these conditions holds.';

@InputType({ description: 'A transform of the path of a deal.' })
class PathTransformInput {
  @Field(() => TransformKind, { description: 'What it does.' })
  kind!: string;
  @Field(() => [String], optionalField('Channels as the channel rules name them; case is ignored.'))
  channels?: string[];
  @Field(() => [String], optionalField('Campaigns as the touches state them; case is ignored.'))
  campaigns?: string[];
  @Field(() => [TouchConditionsInput], optionalField(WHEN))
  when?: TouchConditionsInput[];
  @Field(() => Int, optionalField('How many touches before the conversion.'))
  steps?: number;
  @Field(() => String, optionalField('How long before the conversion, as an ISO 8601 duration (`P30D`).'))
  within?: string;
}
@InputType({ description: 'Touches by their channel, their campaign, and conditions.' })
class TouchSelection {
  @Field(() => [String], optionalField('Channels as the channel rules name them; case is ignored.'))
  channels?: string[];
  @Field(() => [String], optionalField('Campaigns as the touches state them; case is ignored.'))
  campaigns?: string[];
  @Field(() => [TouchConditionsInput], optionalField(WHEN))
  when?: TouchConditionsInput[];
}
@InputType({ description: 'Shares of the position-based model, 0 to 1, together 1.' })
class PositionWeights {
  @Field(() => Float, { description: 'Of the first touch.' })
  first!: number;
  @Field(() => Float, { description: 'Of the last touch.' })
  last!: number;
  @Field(() => Float, { description: 'Of all touches between them.' })
  mid!: number;
}
@InputType({ description: 'A stage of the custom model.' })
class CustomStage {
  @Field(() => String, {
    description: 'first-touch, lead-creation, opportunity-creation, closed-won, or a name of your own.',
  })
  stage!: string;
  @Field(() => Float, { description: 'Its part of the deal, 0 to 1.' })
  share!: number;
  @Field(() => String, optionalField('A stage of your own: the action of its touch.'))
  action?: string;
  @Field(() => String, optionalField('A stage of your own: the channel of its touch.'))
  channel?: string;
  @Field(() => String, optionalField('A stage of your own: the campaign of its touch.'))
  campaign?: string;
}
@InputType({ description: 'What a question says instead of the attribution definition; all else stays as defined.' })
class AttributionParameters {
  @Field(() => Int, optionalField('How many of the last touches before the close count at most.'))
  lookbackSteps?: number;
  @Field(() => AfterConversionEnum, optionalField('Whether touches before an earlier conversion of the person count.'))
  afterConversion?: Attribution['afterConversion'];
  @Field(() => TouchSelection, optionalField('Only these touches count.'))
  include?: TouchSelection;
  @Field(() => TouchSelection, optionalField('These touches do not count.'))
  exclude?: TouchSelection;
  @Field(() => [PathTransformInput], optionalField('Applied in this order, after the look-back.'))
  transforms?: PathTransformInput[];
  @Field(() => [String], optionalField('Channels that LAST_NON_DIRECT passes over.'))
  excludedChannels?: string[];
  @Field(() => PositionWeights, optionalField('Shares of POSITION_BASED.'))
  weights?: PositionWeights;
  @Field(() => [CustomStage], optionalField('Stages of CUSTOM; with `mid` together 1.'))
  stages?: CustomStage[];
  @Field(() => Float, optionalField('Of CUSTOM: the part of all touches that hold no stage.'))
  mid?: number;
  @Field(() => String, optionalField('Half-life of TIME_DECAY, ISO 8601 (`P7D`).'))
  halfLife?: string;
}

/** What may be asked of the method, besides the definitions in force. */
@ArgsType()
export class MethodArgs extends ReadArgs {
  @IsOptional()
  @IsString()
  @MaxLength(20)
  @Field(() => String, {
    nullable: true,
    description:
      'How long before the close touches count, ISO 8601 (`P90D`), or `none`; by default the definition’s, else none.',
  })
  lookback?: string;

  @IsOptional()
  @IsString()
  @MaxLength(50)
  @Field(
    () => String,
    optionalField('A version of the attribution definition, `attribution@3`; by default that in force.'),
  )
  definition?: string;

  @IsOptional()
  @IsString()
  @MaxLength(50)
  @Field(() => String, optionalField('A version of the channel rules, `channel-rules@2`; by default that in force.'))
  channelRules?: string;

  @IsOptional()
  @Field(() => AttributionParameters, optionalField('What to take instead of the definition.'))
  parameters?: AttributionParameters;
}

/** Plain data without what was left out or given as null. */
const withoutNulls = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, one]) =>
      one === null || one === undefined ? [] : [[name, withoutNulls(one)]],
    ),
  );
};

/** What the arguments say instead of the definition. */
export const methodQuestionOf = ({
  lookback,
  parameters,
}: Pick<MethodArgs, 'lookback' | 'parameters'>): Pick<Method, 'lookback' | 'parameters'> => ({
  ...(lookback && { lookback }),
  ...(parameters && { parameters: withoutNulls(parameters) as Partial<Attribution> }),
});
