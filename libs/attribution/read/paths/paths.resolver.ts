import { Args, ArgsType, Field, Int, ObjectType, OmitType, Query, Resolver } from '@nestjs/graphql';
import { Clock, DecisionContext } from '@baton/kernel';
import { ReadModels } from '@baton/platform/documents';
import { Allow, everyRole, MoneyType, Heavy } from '@baton/platform/graphql';
import { IsBoolean, IsIn, IsInt, Max, Min } from 'class-validator';
import {
  AttributionDefinitions,
  outsideField,
  OutsideWindowType,
  PeriodArgs,
  questionOf,
} from '../attribution/attribution.resolver';
import { ConversionEnum } from '../conversions/conversion.args';
import { conversionKinds, type ConversionKind } from '../conversions/conversions.rules';
import { paths, type PathsReport } from './paths.query';

@ObjectType({ description: 'How journeys ended.' })
class PathOutcomes {
  @Field(() => Int, { description: 'Journeys that converted.' })
  conversions!: number;
  @Field(() => Int, {
    nullable: true,
    description: 'Journeys that ended without it: deals lost. Null for conversions whose failures are not recorded.',
  })
  nonConversions!: number | null;
  @Field(() => [MoneyType], { description: 'Of won deals, one sum a currency; none without amounts.' })
  revenue!: readonly MoneyType[];
}
@ObjectType({ description: 'One path, and how its journeys ended.' })
class ConversionPath extends PathOutcomes {
  @Field(() => [String], {
    description: 'Its channels, oldest first; none for journeys without a touch in the window.',
  })
  channels!: readonly string[];
}
@ObjectType({ description: 'The paths that are not named.' })
class OtherPaths extends PathOutcomes {
  @Field(() => Int, { description: 'How many paths.' })
  paths!: number;
}
@ObjectType({ description: 'Journeys of one length.' })
class PathLength extends PathOutcomes {
  @Field(() => Int, { description: 'How many steps.' })
  steps!: number;
}
@ObjectType({ description: 'Journeys that took equally long.' })
class TimeLag extends PathOutcomes {
  @Field(() => Int, { description: 'Whole days from the first touch to the end.' })
  days!: number;
}
@ObjectType('Paths', { description: 'The paths that led to conversions.' })
class PathsType {
  @Field(() => ConversionEnum, { description: 'What they led to.' })
  conversion!: string;
  @Field(() => String, { description: 'The window before the end in which touches count, `P90D`, or `none`.' })
  lookback!: string;
  @Field(() => OutsideWindowType, {
    ...outsideField,
    description: `${outsideField.description} Credit by equal shares.`,
  })
  outsideWindow!: OutsideWindowType | null;
  @Field(() => AttributionDefinitions, { description: 'The definitions that were applied.' })
  definitions!: AttributionDefinitions;
  @Field(() => [ConversionPath], { description: 'The most frequent: by conversions, then non-conversions, then name.' })
  paths!: readonly ConversionPath[];
  @Field(() => OtherPaths, { description: 'All others together.' })
  others!: OtherPaths;
  @Field(() => PathOutcomes, { description: 'All journeys.' })
  total!: PathOutcomes;
  @Field(() => [PathLength], { description: 'By length, shortest first.' })
  lengths!: readonly PathLength[];
  @Field(() => [TimeLag], { description: 'By time from the first touch to the end, of journeys with a touch.' })
  lags!: readonly TimeLag[];
  @Field(() => [String], { description: 'What to know before using the figures.' })
  warnings!: readonly string[];
}

@ArgsType()
class PathsArgs extends OmitType(PeriodArgs, ['by'] as const, ArgsType) {
  @IsIn(conversionKinds.filter((kind) => kind !== 'lost'))
  @Field(() => ConversionEnum, { defaultValue: 'won', description: 'What the paths lead to; LOST are those of WON.' })
  conversion!: Exclude<ConversionKind, 'lost'>;

  @IsInt()
  @Min(1)
  @Max(1000)
  @Field(() => Int, { defaultValue: 20, description: 'How many paths to name, up to 1000.' })
  top!: number;

  @IsBoolean()
  @Field(() => Boolean, { defaultValue: false, description: 'Count consecutive touches of one channel as one step.' })
  collapse!: boolean;
}

@Resolver()
export class PathsResolver {
  constructor(
    private readonly models: ReadModels,
    private readonly context: DecisionContext,
    private readonly clock: Clock,
  ) {}

  @Query(() => PathsType, {
    name: 'paths',
    description: 'The paths of channels to the conversions of a period, how long they are, and how long they took.',
  })
  @Heavy()
  @Allow(...everyRole)
  async paths(@Args() { conversion, top, collapse, ...args }: PathsArgs): Promise<PathsReport> {
    const asked = { ...args, by: 'channel' as const };
    const { by: _, ...question } = await questionOf(asked, this.context.definitions, this.models, this.clock);
    return paths(this.models.asOf(args.asOf), { ...question, conversion, top, collapse });
  }
}
